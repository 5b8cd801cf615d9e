//! The world of the simulation: devices, the platform, the network between them, and what must hold in the end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fanpass::{FanPointsId, FanRef};
use ledger::conformance::Dice;
use ledger::{
    Currency, Decision, FanId, FanPoints, Item, MemoryLedger, Modules, Money, OfflinePolicy, OpId, Operation,
    OperationKind as Asked, PartnerRules, Rate, RateRule, Rules, Scope, State, StatusPoints, Tender,
    Timestamp, Trust, execute,
};
use outbox::{
    AppAction, Booked, Commit, Connection, DatabaseKey, Environment, OperationKind, OperationRow,
    OperationState, PlatformFan, ProgramConfig, Proposal, Proposed, PurchaseItem, Reach, Route, Store,
};
use uuid::Uuid;

use crate::settle::{self, Outcome};
use crate::{Answer, ClientError, DelayRange, Delays, OfflineKind, Platform, ReadBack};

const DEVICES: usize = 2;
const FANS: u64 = 3;
const OPENING: i64 = 600;
const SECOND: i64 = 1_000;
const NOON: i64 = 1_790_000_000_000;

/// How much happens in one history.
pub struct Length {
    pub steps: u64,
}

impl Length {
    pub const SHORT: Self = Self { steps: 18 };
    pub const LONG: Self = Self { steps: 1_200 };
}

struct Device {
    store: Store,
    /// What was said while nobody listened: it comes in later.
    late: Option<Outcome>,
    _folder: tempfile::TempDir,
}

pub struct World {
    devices: Vec<Device>,
    runtime: tokio::runtime::Runtime,
    delays: Delays,
    now: i64,
}

fn config() -> ProgramConfig {
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
        rates: PartnerRules { default_rate: percent(2), rates: BTreeMap::new() },
        actions: vec![AppAction {
            category: "match_visit".into(),
            title: "Match visit".into(),
            status_points: StatusPoints(50),
        }],
        thresholds: Vec::new(),
        tiers: Vec::new(),
        offline_policy: OfflinePolicy {
            max_grants_per_hour: u32::MAX,
            max_device_redemptions: u32::MAX,
            fan_refuse_from: 1_000,
            fan_try_online_from: 1_000,
            max_fan_share_percent: 100,
            ..OfflinePolicy::default()
        },
        pass_root_key: None,
        pass_key_list: Vec::new(),
        batch_limit: 50,
        fetched_at: Timestamp(NOON),
        complete: true,
    }
}

fn connection() -> Connection {
    Connection {
        endpoint: "https://platform.example".into(),
        token_endpoint: "https://platform.example/oauth2/token".into(),
        partner_id: "club-shop".into(),
        client_id: "till".into(),
        environment: Environment::Development,
    }
}

/// Memory that looks like a disk, where there is one: nothing here is about disks.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

impl World {
    pub fn new() -> Self {
        let make = |n: u8| {
            let folder = folder();
            let store =
                Store::open(&folder.path().join("device.db"), &DatabaseKey::from_bytes([n; 32])).unwrap();
            assert!(store.set_connection(&connection()).unwrap());
            store.set_config(&config()).unwrap();
            Device { store, late: None, _folder: folder }
        };
        Self {
            devices: (1..).take(DEVICES).map(make).collect(),
            runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
            delays: Delays::new(DelayRange::default(), Arc::new(|most: Duration| most)),
            now: NOON,
        }
    }

    /// Lives through one history; how many operations were confirmed in it.
    pub fn live(&mut self, seed: u64, length: &Length) -> u64 {
        let mut history = History::new(seed);
        self.now += 3_600 * SECOND;
        for device in &mut self.devices {
            device.late = None;
            device.store.note_sync(Timestamp(self.now)).unwrap();
            for fan in history.fans() {
                history.tell(&device.store, fan, self.now);
            }
        }
        for _ in 0..length.steps {
            self.now += history.dice.between(1, 20 * SECOND);
            self.step(&mut history);
        }
        history.platform.heal();
        self.heal(&history);
        self.check(&history);
        u64::try_from(history.confirmed.len()).unwrap()
    }

    fn step(&mut self, history: &mut History) {
        let who = usize::try_from(history.dice.below(DEVICES as u64)).unwrap();
        match history.dice.below(20) {
            0..10 => history.work(who, &self.devices[who].store, self.now),
            10..16 => self.deliver(who, history),
            16 => {
                // The app is killed: what was out is not known to have arrived; the answer is gone.
                self.devices[who].late = None;
                self.devices[who].store.return_interrupted().unwrap();
            }
            17 => {
                // A new connection while the old answer is still on its way.
                self.devices[who].store.return_interrupted().unwrap();
            }
            18 => {
                let fan = history.fan();
                history.tell(&self.devices[who].store, fan, self.now);
            }
            _ => self.hand_over(who, history),
        }
    }

    fn deliver(&mut self, who: usize, history: &mut History) {
        if let Some(late) = self.devices[who].late.take() {
            self.devices[who].store.settle(late.settlements, Timestamp(self.now)).unwrap();
        }
        let now = Timestamp(self.now);
        let store = &self.devices[who].store;
        let calls = usize::try_from(history.dice.between(1, 8)).unwrap();
        let reach = Reach { calls, ignore_next_try: true, ..Reach::default() };
        let batch = store.next_batch(&reach, now).unwrap();
        if batch.operations.is_empty() {
            return;
        }
        history.platform.roll(history.dice.roll(), self.now);
        let outcome =
            self.runtime.block_on(settle::deliver(&history.platform, &self.delays, &batch.operations, now));
        if history.dice.one_in(6) {
            self.devices[who].late = Some(outcome);
        } else {
            store.settle(outcome.settlements, now).unwrap();
        }
    }

    /// A device is about to be taken away: another one takes over what waits.
    fn hand_over(&mut self, from: usize, history: &mut History) {
        if !history.dice.one_in(8) {
            return;
        }
        let to = (from + 1) % DEVICES;
        let handed = self.devices[from].store.outgoing().unwrap();
        if handed.is_empty() {
            return;
        }
        let ids: Vec<Uuid> = handed.iter().map(|one| one.row.id).collect();
        let (id, now) = (history.uuid(), Timestamp(self.now));
        self.devices[from].store.note_handover(id, [1; 32], ids, now).unwrap();
        self.devices[to].store.take_over(id, [1; 32], handed.clone(), now).unwrap();
        if history.dice.one_in(2) {
            self.devices[from].store.confirm_handover(id, now).unwrap();
        }
        history.moved(handed.iter().map(|one| one.row.id), to);
    }

    /// The network is whole, and people look at what is held.
    fn heal(&mut self, history: &History) {
        let reach = Reach { ignore_next_try: true, ..Reach::default() };
        for device in &mut self.devices {
            if let Some(late) = device.late.take() {
                device.store.settle(late.settlements, Timestamp(self.now)).unwrap();
            }
            device.store.return_interrupted().unwrap();
            for round in 0.. {
                assert!(round < 5_000, "seed {}: a queue that never ends", history.seed);
                self.now += SECOND;
                let now = Timestamp(self.now);
                let batch = device.store.next_batch(&reach, now).unwrap();
                if batch.operations.is_empty() {
                    let held = history.held(&device.store);
                    if held.is_empty() {
                        break;
                    }
                    for id in held {
                        device.store.release(id, now).unwrap();
                    }
                    continue;
                }
                let outcome = self.runtime.block_on(settle::deliver(
                    &history.platform,
                    &self.delays,
                    &batch.operations,
                    now,
                ));
                assert_eq!(outcome.failure, None);
                device.store.settle(outcome.settlements, now).unwrap();
            }
        }
    }

    fn check(&self, history: &History) {
        let seed = history.seed;
        let books = history.platform.books.lock().unwrap();
        let mut moved: HashMap<FanRef, (i64, i64)> = HashMap::new();
        for (id, owner) in &history.confirmed {
            let row = self.devices[*owner].store.operation(*id).unwrap();
            let row = row.unwrap_or_else(|| panic!("seed {seed}: {id} was confirmed and is gone"));
            assert!(!row.state.is_open(), "seed {seed}: {id} is {:?}", row.state);
            let everywhere: Vec<_> = self
                .devices
                .iter()
                .filter_map(|device| device.store.operation(*id).unwrap())
                .filter(|row| row.state == OperationState::Accepted)
                .collect();
            let booked = books.has(&row);
            assert_eq!(
                booked,
                !everywhere.is_empty(),
                "seed {seed}: {id} is {:?} and the platform {}",
                row.state,
                if booked { "has it" } else { "does not have it" }
            );
            if let Some(row) = everywhere.first() {
                let sums = moved.entry(FanRef::Id(row.user_id.unwrap())).or_default();
                sums.0 += row.booked_fan_points.unwrap_or(row.fan_points).0;
                sums.1 += row.booked_status_points.unwrap_or(row.status_points).0;
            }
        }
        for fan in history.fans() {
            let there = books.ledger.fan(number(fan), Timestamp(self.now)).unwrap().unwrap();
            let (points, status) = moved.get(&fan).copied().unwrap_or_default();
            let wallet = there.wallet.0 - there.receivable.0;
            assert_eq!((OPENING + points, status), (wallet, there.standing.0), "seed {seed}: {fan}");
        }
        for device in &self.devices {
            assert_eq!(device.store.counts().unwrap().open(), 0, "seed {seed}");
        }
        // The whole chain of every device, now and then: it grows with each history.
        if seed.is_multiple_of(250) {
            for device in &self.devices {
                device
                    .store
                    .verify_audit(None)
                    .unwrap()
                    .unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
            }
        }
    }
}

/// What one seed brings.
struct History {
    seed: u64,
    dice: Dice,
    platform: SimPlatform,
    /// What a person was told is done, and the device it is on now.
    confirmed: Vec<(Uuid, usize)>,
}

fn number(fan: FanRef) -> FanId {
    let FanRef::Id(id) = fan else { panic!("fans are known by id here") };
    FanId(id.to_string().parse().unwrap())
}

impl History {
    fn new(seed: u64) -> Self {
        let mut books = Books {
            ledger: MemoryLedger::new(),
            rules: config().rules(),
            now: Timestamp(NOON),
            dates: HashMap::new(),
        };
        let mut history =
            Self { seed, dice: Dice::new(seed), platform: SimPlatform::default(), confirmed: Vec::new() };
        for fan in history.fans() {
            books.ledger.register_fan(number(fan));
            let opening = Operation {
                id: OpId(*history.uuid().as_bytes()),
                partner: ProgramConfig::PARTNER,
                fan: number(fan),
                at: Timestamp(NOON),
                kind: Asked::Adjust {
                    amount: ledger::Adjustment::FanPoints(FanPoints(OPENING)),
                    reason: "opening".into(),
                },
            };
            let decision = execute(&opening, &books.rules, &mut books.ledger, Timestamp(NOON)).unwrap();
            assert!(matches!(decision, Decision::Post(_)));
        }
        *history.platform.books.lock().unwrap() = books;
        history
    }

    fn fans(&self) -> Vec<FanRef> {
        let first = 10_000_000_000 + self.seed * 100;
        (0..FANS).map(|n| FanRef::Id(FanPointsId::from_first_eleven(first + n).unwrap())).collect()
    }

    fn fan(&mut self) -> FanRef {
        let fans = self.fans();
        *self.dice.pick(&fans).unwrap()
    }

    /// Ids follow from the seed too, and no two seeds share one.
    fn uuid(&mut self) -> Uuid {
        let high = u128::from(self.dice.roll()) << 64;
        Uuid::from_u128(high | u128::from(self.dice.roll() ^ self.seed))
    }

    fn tell(&self, store: &Store, fan: FanRef, now: i64) {
        let books = self.platform.books.lock().unwrap();
        let there = books.ledger.fan(number(fan), Timestamp(now)).unwrap().unwrap();
        let FanRef::Id(user_id) = fan else { return };
        let told = PlatformFan {
            user_id,
            pseudonym: None,
            fan_points: there.wallet,
            status_points: there.standing,
            as_of: Timestamp(now),
            consent: None,
        };
        store.note_platform_fan(&told).unwrap();
    }

    /// Somebody stands at the counter.
    fn work(&mut self, who: usize, store: &Store, now: i64) {
        let fan = self.fan();
        let minor = self.dice.between(1, 30) * 50;
        let item = PurchaseItem {
            title: "Scarf".into(),
            description: String::new(),
            price: Money::new(minor, Currency::Chf),
            rate_label: None,
        };
        let here: Vec<Uuid> = self.confirmed.iter().filter(|(_, at)| *at == who).map(|(id, _)| *id).collect();
        let kind = match self.dice.below(10) {
            0..4 => Proposed::Give { items: vec![item] },
            4..7 => Proposed::Redeem {
                items: vec![PurchaseItem { price: Money::new(minor.min(250), Currency::Chf), ..item }],
            },
            7 => Proposed::Award {
                action: "match_visit".into(),
                title: "Match visit".into(),
                description: String::new(),
            },
            _ => match self.dice.pick(&here) {
                Some(of) => Proposed::Undo { of: *of },
                None => Proposed::Give { items: vec![item] },
            },
        };
        let proposal = Proposal {
            id: self.uuid(),
            fan,
            trust: Trust::Live,
            kind,
            route: if self.dice.one_in(10) { Route::Platform } else { Route::Local },
            now: Timestamp(now),
            staff: None,
            raised_by: None,
        };
        let id = proposal.id;
        // Whoever did not see the answer asks again.
        for _ in 0..=self.dice.below(2) {
            if let Commit::Committed(row) = store.commit(proposal.clone()).unwrap() {
                assert_eq!(row.id, id);
                if !self.confirmed.iter().any(|(known, _)| *known == id) {
                    self.confirmed.push((id, who));
                }
            }
        }
    }

    fn moved(&mut self, ids: impl Iterator<Item = Uuid>, to: usize) {
        for id in ids {
            for (known, owner) in &mut self.confirmed {
                if *known == id {
                    *owner = to;
                }
            }
        }
    }

    fn held(&self, store: &Store) -> Vec<Uuid> {
        let rows = self.confirmed.iter().filter_map(|(id, _)| store.operation(*id).unwrap());
        rows.filter(|row| row.state == OperationState::Held).map(|row| row.id).collect()
    }
}

/// The platform's books.
struct Books {
    ledger: MemoryLedger,
    rules: Rules,
    now: Timestamp,
    /// When each was booked: no two at the same time.
    dates: HashMap<OpId, Timestamp>,
}

impl Books {
    fn has(&self, row: &OperationRow) -> bool {
        self.dates.contains_key(&id_of(row))
    }

    fn take(&mut self, row: &OperationRow) -> Answer {
        let FanRef::Id(_) = row.wire_fan() else { panic!("a fan without an id") };
        let items = || {
            row.items
                .iter()
                .map(|item| Item { price: item.price, rate_label: item.rate_label.clone() })
                .collect()
        };
        let kind = match row.kind {
            OperationKind::Give => Asked::Distribute { items: items() },
            OperationKind::Redeem => {
                Asked::Redeem { items: items(), tender: Tender::Whole, reservation: None }
            }
            OperationKind::Award => Asked::Award { action: row.action.clone().unwrap().category },
            OperationKind::Undo => {
                Asked::Reverse { of: OpId(row.wire_id().into_bytes()), scope: Scope::Whole }
            }
        };
        self.now = Timestamp(self.now.0 + 1);
        let operation = Operation {
            id: id_of(row),
            partner: ProgramConfig::PARTNER,
            fan: number(row.wire_fan()),
            at: self.now,
            kind,
        };
        match execute(&operation, &self.rules, &mut self.ledger, self.now).unwrap() {
            Decision::Post(_) => {
                self.dates.insert(operation.id, self.now);
                Answer::Done(self.booked(row).unwrap())
            }
            Decision::AlreadyDone(_) => Answer::AlreadyExecuted,
            // The API has one name for an id that was used and for an undo that was done.
            Decision::Refuse(ledger::Refusal::IdConflict | ledger::Refusal::AlreadyReversed) => {
                Answer::AlreadyExecuted
            }
            Decision::Refuse(refusal) => Answer::Refused { code: refusal.code().into() },
        }
    }

    fn booked(&self, row: &OperationRow) -> Option<Booked> {
        let recorded = self.ledger.recorded(id_of(row)).unwrap()?;
        let ledger::RecordedOutcome::Posted { entry, .. } = recorded.outcome else { return None };
        let status = entry.status_postings.iter().find_map(|posting| match posting.account {
            ledger::StatusAccount::Standing(_) => Some(posting.amount),
            ledger::StatusAccount::Issuer => None,
        });
        let is_award = row.wire_kind() == OperationKind::Award;
        Some(Booked {
            server_time: self.dates.get(&id_of(row)).copied()?,
            items: entry.item_points,
            status_points: is_award.then(|| status.unwrap_or_default()),
            reference: None,
        })
    }
}

/// The ledger's id: of an undo it follows from what is undone, as on the real platform.
fn id_of(row: &OperationRow) -> OpId {
    let mut id = row.wire_id().into_bytes();
    if row.kind == OperationKind::Undo {
        id[0] ^= 0xff;
    }
    OpId(id)
}

#[derive(Default)]
struct SimPlatform {
    books: Mutex<Books>,
    /// What the network does to the next requests; None: nothing any more.
    weather: Mutex<Option<Dice>>,
}

impl Default for Books {
    fn default() -> Self {
        Self {
            ledger: MemoryLedger::new(),
            rules: Rules::new(Currency::Chf),
            now: Timestamp(NOON),
            dates: HashMap::new(),
        }
    }
}

impl SimPlatform {
    fn roll(&self, seed: u64, now: i64) {
        *self.weather.lock().unwrap() = Some(Dice::new(seed));
        let mut books = self.books.lock().unwrap();
        books.now = Timestamp(books.now.0.max(now));
    }

    fn heal(&self) {
        *self.weather.lock().unwrap() = None;
    }

    /// A number below `limit`; the last one, which is fair weather, once all is healed.
    fn fate(&self, limit: u64) -> u64 {
        self.weather.lock().unwrap().as_mut().map_or(limit - 1, |dice| dice.below(limit))
    }
}

impl Platform for SimPlatform {
    async fn ping(&self) -> Result<(), ClientError> {
        Ok(())
    }

    async fn submit(&self, operations: &[OperationRow]) -> Result<Vec<(Uuid, Answer)>, ClientError> {
        let mut books = self.books.lock().unwrap();
        let fate = self.fate(20);
        match fate {
            0 => return Err(ClientError::Offline(OfflineKind::Unreachable)),
            1 => return Err(ClientError::Server(500)),
            2 if operations.len() > 1 => return Err(ClientError::Rejected),
            3 => return Err(ClientError::RateLimited { retry_after: None }),
            _ => {}
        }
        let reached = if fate == 4 { operations.len() / 2 } else { operations.len() };
        let mut answers: Vec<(Uuid, Answer)> =
            operations[..reached].iter().map(|row| (row.id, books.take(row))).collect();
        match fate {
            // Done, in part or whole, and the answer is lost.
            4 | 5 => return Err(ClientError::TimedOut),
            6 => return Err(ClientError::Malformed),
            // The request arrives twice, and the second answer is heard.
            7 => answers = operations.iter().map(|row| (row.id, books.take(row))).collect(),
            // Answers to some, in any order.
            8 => {
                answers.reverse();
                answers.truncate(operations.len().div_ceil(2));
            }
            9 => answers[0].1 = Answer::Unknown { code: "brand_new_error".into() },
            10 => answers[0].1 = Answer::Failed { error: "answer_malformed".into() },
            11 => answers[0].1 = Answer::Lost,
            _ => {}
        }
        Ok(answers)
    }

    async fn read_back(&self, operations: &[OperationRow]) -> Result<Vec<(Uuid, ReadBack)>, ClientError> {
        let books = self.books.lock().unwrap();
        match self.fate(12) {
            0 => return Err(ClientError::TimedOut),
            1 => return Ok(Vec::new()),
            _ => {}
        }
        let read = |row: &OperationRow| (row.id, books.booked(row).map_or(ReadBack::Missing, ReadBack::Same));
        Ok(operations.iter().map(read).collect())
    }

    async fn fans(&self, _fans: &[FanRef]) -> Result<Vec<PlatformFan>, ClientError> {
        Err(ClientError::Unsupported)
    }
}
