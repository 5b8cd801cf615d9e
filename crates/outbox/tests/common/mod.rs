//! A device with a program, a few fans, and proposals.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use fanpass::{FanPass, FanPointsId, FanRef, PassKind, Pseudonym};
use ledger::{
    Currency, FanPoints, Modules, Money, OfflinePolicy, PartnerRules, Rate, RateRule, StatusPoints,
    Timestamp, Trust,
};
use outbox::{
    AppAction, Booked, Commit, Connection, DatabaseKey, Decline, Environment, OperationRow, PlatformFan,
    ProgramConfig, Proposal, Proposed, PurchaseItem, Route, Settlement, Store, StoreError,
};
use tempfile::TempDir;
use uuid::Uuid;

/// A moment on a match day.
pub const NOON: Timestamp = Timestamp(1_790_000_000_000);
pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;

pub fn later(millis: i64) -> Timestamp {
    Timestamp(NOON.0 + millis)
}

pub fn key() -> DatabaseKey {
    DatabaseKey::from_bytes([7; 32])
}

pub struct Device {
    pub store: Store,
    pub path: PathBuf,
    pub folder: TempDir,
}

impl Device {
    /// Connected, configured and just synced.
    pub fn new() -> Self {
        let device = Self::blank();
        assert!(device.store.set_connection(&connection()).unwrap());
        device.store.set_config(&config()).unwrap();
        device.store.note_sync(NOON).unwrap();
        device
    }

    pub fn blank() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("device.db");
        Self { store: Store::open(&path, &key()).unwrap(), path, folder }
    }

    /// What a crash and a new start make of it.
    pub fn reopen(self) -> Self {
        let Self { store, path, folder } = self;
        drop(store);
        Self { store: Store::open(&path, &key()).unwrap(), path, folder }
    }

    pub fn commit(&self, proposal: Proposal) -> OperationRow {
        match self.store.commit(proposal).unwrap() {
            Commit::Committed(row) => *row,
            Commit::Declined(decline) => panic!("declined: {decline:?}"),
        }
    }

    pub fn decline(&self, proposal: Proposal) -> Decline {
        match self.store.commit(proposal).unwrap() {
            Commit::Committed(row) => panic!("committed: {row:?}"),
            Commit::Declined(decline) => decline,
        }
    }

    /// An operation as it stands.
    pub fn row(&self, id: Uuid) -> OperationRow {
        self.store.operation(id).unwrap().unwrap()
    }

    /// Sends what is due and settles all of it with `settlement`.
    pub fn settle_next(&self, settlement: &Settlement, now: Timestamp) -> Vec<OperationRow> {
        let batch = self.store.next_batch(&outbox::Reach::default(), now).unwrap();
        let all = batch.operations.iter().map(|row| (row.id, settlement.clone())).collect();
        self.store.settle(all, now).unwrap();
        batch.operations.iter().map(|row| self.row(row.id)).collect()
    }

    pub fn raw(&self) -> rusqlite::Connection {
        let db = rusqlite::Connection::open(&self.path).unwrap();
        let hex: String = key().expose().iter().map(|byte| format!("{byte:02x}")).collect();
        db.execute_batch(&format!("PRAGMA key = \"x'{hex}'\"")).unwrap();
        db
    }
}

pub fn connection() -> Connection {
    Connection {
        endpoint: "https://platform.example".into(),
        token_endpoint: "https://platform.example/oauth2/token".into(),
        partner_id: "club-shop".into(),
        client_id: "till-2".into(),
        environment: Environment::Development,
    }
}

pub fn config() -> ProgramConfig {
    let percent = |n| RateRule::flat(Rate::percent(n));
    ProgramConfig {
        project_id: "fc-example".into(),
        project_number: Some(7),
        project_name: "FC Example".into(),
        environment: Environment::Development,
        partner_id: "club-shop".into(),
        partner_name: "Club Shop".into(),
        currency: Currency::Chf,
        modules: Modules { user: true, fan_points: true, status_points: true },
        rates: PartnerRules {
            default_rate: percent(2),
            rates: BTreeMap::from([("merchandise".into(), percent(5))]),
        },
        actions: vec![AppAction {
            category: "match_visit".into(),
            title: "Match visit".into(),
            status_points: StatusPoints(50),
        }],
        thresholds: Vec::new(),
        tiers: Vec::new(),
        offline_policy: OfflinePolicy::default(),
        pass_root_key: None,
        pass_key_list: Vec::new(),
        batch_limit: 50,
        fetched_at: NOON,
        complete: true,
    }
}

/// The n-th fan, by id.
pub fn fan(n: u64) -> FanRef {
    FanRef::Id(FanPointsId::from_first_eleven(8_407_119_000 + n).unwrap())
}

/// The n-th fan, by pseudonym.
pub fn pseudonym(n: u64) -> Pseudonym {
    Pseudonym(0xabc0_0000_0000_0000 + n)
}

pub fn masked(n: u64) -> FanRef {
    FanRef::Pseudonym(pseudonym(n))
}

/// A verified live pass of the n-th fan, issued at `at`.
pub fn pass(n: u64, points: u32, at: Timestamp) -> FanPass {
    FanPass {
        kind: PassKind::Live,
        pseudonym: pseudonym(n),
        issued_at: u32::try_from(at.0 / 1000).unwrap(),
        valid_until: u32::try_from(at.0 / 1000).unwrap() + 90 * 86_400,
        fan_points: points,
        status_points: 1240,
        offline_allowance: FanPoints(100_000),
        proof: None,
    }
}

pub fn platform_fan(n: u64, points: i64, as_of: Timestamp) -> PlatformFan {
    let FanRef::Id(user_id) = fan(n) else { unreachable!() };
    PlatformFan {
        user_id,
        pseudonym: Some(pseudonym(n)),
        fan_points: FanPoints(points),
        status_points: StatusPoints(1240),
        as_of,
        consent: None,
    }
}

pub fn item(minor: i64) -> PurchaseItem {
    PurchaseItem {
        title: "Scarf".into(),
        description: "red and white".into(),
        price: Money::new(minor, Currency::Chf),
        rate_label: None,
    }
}

pub fn proposal(fan: FanRef, kind: Proposed, now: Timestamp) -> Proposal {
    Proposal {
        id: Uuid::now_v7(),
        fan,
        trust: Trust::Live,
        kind,
        route: Route::Local,
        now,
        staff: Some("Noa".into()),
        raised_by: None,
    }
}

pub fn give(fan: FanRef, minor: i64) -> Proposal {
    proposal(fan, Proposed::Give { items: vec![item(minor)] }, later(MINUTE))
}

pub fn redeem(fan: FanRef, minor: i64) -> Proposal {
    proposal(fan, Proposed::Redeem { items: vec![item(minor)] }, later(MINUTE))
}

pub fn award(fan: FanRef) -> Proposal {
    let kind = Proposed::Award {
        action: "match_visit".into(),
        title: "Match visit".into(),
        description: "round 3".into(),
    };
    proposal(fan, kind, later(MINUTE))
}

pub fn undo(of: &OperationRow) -> Proposal {
    proposal(of.fan, Proposed::Undo { of: of.id }, later(2 * MINUTE))
}

pub fn accepted(at: Timestamp) -> Settlement {
    Settlement::Accepted(Booked { server_time: at, items: Vec::new(), status_points: None, reference: None })
}

pub fn refused() -> Settlement {
    Settlement::Refused { code: "too_few_points".into() }
}

pub fn held() -> Settlement {
    Settlement::Held { code: "brand_new_error".into() }
}

pub fn retry() -> Settlement {
    Settlement::Retry { error: "unreachable".into(), not_before: None }
}

pub fn open_error(device: &Device, key: &DatabaseKey) -> StoreError {
    match Store::open(&device.path, key) {
        Ok(_) => panic!("it was opened"),
        Err(error) => error,
    }
}
