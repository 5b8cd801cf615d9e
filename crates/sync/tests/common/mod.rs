//! A device with something to send, and a platform that fails on demand.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use fanpass::{FanPointsId, FanRef};
use ledger::{
    Currency, FanPoints, Modules, Money, OfflinePolicy, PartnerRules, Rate, RateRule, StatusPoints,
    Timestamp, Trust,
};
use outbox::{
    AppAction, Booked, Commit, Connection, DatabaseKey, Environment, OperationKind, OperationRow,
    PlatformFan, ProgramConfig, Proposal, Proposed, PurchaseItem, Route, Store,
};
use sync::{Answer, Changes, ClientError, Drain, OfflineKind, Options, Platform, ReadBack};
use tempfile::TempDir;
use tokio::time::Instant;
use uuid::Uuid;

pub const NOON: Timestamp = Timestamp(1_790_000_000_000);
/// Longer than any fault lasts, in the tests' own time.
const PATIENCE: Duration = Duration::from_secs(3600);

pub struct Device {
    pub store: Store,
    pub path: PathBuf,
    pub folder: TempDir,
}

impl Device {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("device.db");
        let store = Store::open(&path, &DatabaseKey::from_bytes([7; 32])).unwrap();
        assert!(store.set_connection(&connection("https://platform.example")).unwrap());
        store.set_config(&config()).unwrap();
        store.note_sync(NOON).unwrap();
        Self { store, path, folder }
    }

    pub fn commit(&self, fan: FanRef, kind: Proposed) -> OperationRow {
        self.propose(proposal(fan, kind))
    }

    /// Gives points until the disk takes no more; how many were kept.
    pub fn give_until_full(&self) -> usize {
        let give = |n| proposal(fan(n), Proposed::Give { items: vec![item(25_00)] });
        let kept = |n: &u64| matches!(self.store.commit(give(*n)), Ok(Commit::Committed(_)));
        (1000..).take_while(kept).count()
    }

    pub fn propose(&self, proposal: Proposal) -> OperationRow {
        match self.store.commit(proposal).unwrap() {
            Commit::Committed(row) => *row,
            Commit::Declined(decline) => panic!("declined: {decline:?}"),
        }
    }

    pub fn give(&self, n: u64, minor: i64) -> OperationRow {
        self.commit(fan(n), Proposed::Give { items: vec![item(minor)] })
    }

    pub fn undo(&self, row: &OperationRow) -> OperationRow {
        self.commit(row.fan, Proposed::Undo { of: row.id })
    }

    pub fn award(&self, n: u64) -> OperationRow {
        let (title, description) = ("Match visit".into(), "round 3".into());
        self.commit(fan(n), Proposed::Award { action: "match_visit".into(), title, description })
    }

    pub fn row(&self, id: Uuid) -> OperationRow {
        self.store.operation(id).unwrap().unwrap()
    }
}

fn proposal(fan: FanRef, kind: Proposed) -> Proposal {
    Proposal {
        id: Uuid::now_v7(),
        fan,
        trust: Trust::Live,
        kind,
        route: Route::Local,
        now: NOON,
        staff: None,
        raised_by: None,
    }
}

pub fn connection(endpoint: &str) -> Connection {
    Connection {
        endpoint: endpoint.into(),
        token_endpoint: format!("{endpoint}/oauth2/token"),
        partner_id: "club-shop".into(),
        client_id: "till-2".into(),
        environment: Environment::Development,
    }
}

pub fn config() -> ProgramConfig {
    ProgramConfig {
        project_id: "fc-example".into(),
        project_number: Some(7),
        project_name: "FC Example".into(),
        environment: Environment::Development,
        partner_id: "club-shop".into(),
        partner_name: "Club Shop".into(),
        currency: Currency::Chf,
        modules: Modules { user: true, fan_points: true, status_points: true },
        rates: PartnerRules { default_rate: RateRule::flat(Rate::percent(2)), rates: BTreeMap::new() },
        actions: vec![AppAction {
            category: "match_visit".into(),
            title: "Match visit".into(),
            status_points: StatusPoints(50),
        }],
        thresholds: Vec::new(),
        tiers: Vec::new(),
        offline_policy: OfflinePolicy { max_grants_per_hour: 100_000, ..OfflinePolicy::default() },
        pass_root_key: None,
        pass_key_list: Vec::new(),
        batch_limit: 50,
        fetched_at: NOON,
        complete: true,
    }
}

pub fn fan(n: u64) -> FanRef {
    FanRef::Id(FanPointsId::from_first_eleven(8_407_119_000 + n).unwrap())
}

pub fn item(minor: i64) -> PurchaseItem {
    PurchaseItem {
        title: "Scarf".into(),
        description: "red \"and\" white".into(),
        price: Money::new(minor, Currency::Chf),
        rate_label: None,
    }
}

/// What goes wrong with the next submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// It does not arrive.
    RequestLost,
    /// It is done, and nobody hears of it.
    AnswerLost,
    Fails(ClientError),
    /// Nothing is done and nothing said, for so long.
    Silence(Duration),
}

#[derive(Default)]
pub struct Books {
    /// What was done, in order.
    pub done: Vec<Uuid>,
    pub booked: BTreeMap<Uuid, Booked>,
    pub faults: VecDeque<Fault>,
    /// Every submission: when, and what was in it.
    pub submissions: Vec<(Duration, Vec<Uuid>)>,
    /// Submissions without an answer, now and at the most.
    pub out: usize,
    pub most_out: usize,
    pub pings: Vec<Duration>,
    pub down: Option<Option<ClientError>>,
    /// Answers with a mind of their own.
    pub answers: BTreeMap<Uuid, Answer>,
    pub poisoned: BTreeSet<Uuid>,
    pub different: BTreeSet<Uuid>,
    pub asked_fans: Vec<FanRef>,
    /// None: a server without a change feed.
    pub feed: Option<Vec<Changes>>,
    pub asked_feed: Vec<Option<String>>,
    pub route: Option<IpAddr>,
}

/// A platform in memory that fails on demand.
pub struct Faulty {
    books: Mutex<Books>,
    start: Instant,
}

impl Faulty {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { books: Mutex::new(Books::default()), start: Instant::now() })
    }

    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    pub fn fail_next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.books().faults.extend(faults);
    }

    pub fn go_down(&self, error: ClientError) {
        self.books().down = Some(Some(error));
    }

    pub fn come_back(&self) {
        self.books().down = None;
    }

    fn down(&self) -> Option<ClientError> {
        self.books().down.flatten()
    }

    fn execute(&self, operations: &[OperationRow]) -> Vec<(Uuid, Answer)> {
        let mut books = self.books();
        let answer = |row: &OperationRow| {
            if let Some(answer) = books.answers.get(&row.id) {
                return (row.id, answer.clone());
            }
            if books.booked.contains_key(&row.id) {
                return (row.id, Answer::AlreadyExecuted);
            }
            let time = NOON.0 + 1 + i64::try_from(books.done.len()).unwrap();
            let booked = Booked {
                server_time: Timestamp(time),
                items: row.items.iter().map(|item| item.points).collect(),
                status_points: (row.status_points.0 != 0).then_some(row.status_points),
                reference: None,
            };
            books.done.push(row.id);
            books.booked.insert(row.id, booked.clone());
            (row.id, Answer::Done(booked))
        };
        operations.iter().map(answer).collect()
    }
}

impl Platform for Faulty {
    async fn ping(&self) -> Result<(), ClientError> {
        let at = self.start.elapsed();
        self.books().pings.push(at);
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.down().map_or(Ok(()), Err)
    }

    async fn submit(&self, operations: &[OperationRow]) -> Result<Vec<(Uuid, Answer)>, ClientError> {
        let at = self.start.elapsed();
        let ids: Vec<Uuid> = operations.iter().map(|row| row.id).collect();
        let fault = {
            let mut books = self.books();
            books.submissions.push((at, ids.clone()));
            books.out += 1;
            books.most_out = books.most_out.max(books.out);
            books.faults.pop_front().unwrap_or(Fault::None)
        };
        tokio::time::sleep(Duration::from_millis(10)).await;
        self.books().out -= 1;
        if let Some(error) = self.down() {
            return Err(error);
        }
        if operations.len() > 1 && ids.iter().any(|id| self.books().poisoned.contains(id)) {
            return Err(ClientError::Rejected);
        }
        if ids.iter().any(|id| self.books().poisoned.contains(id)) {
            return Err(ClientError::Rejected);
        }
        match fault {
            Fault::None => Ok(self.execute(operations)),
            Fault::RequestLost => Err(ClientError::Offline(OfflineKind::ConnectionLost)),
            Fault::AnswerLost => {
                self.execute(operations);
                Err(ClientError::Offline(OfflineKind::ConnectionLost))
            }
            Fault::Fails(error) => Err(error),
            Fault::Silence(length) => {
                tokio::time::sleep(length).await;
                Err(ClientError::TimedOut)
            }
        }
    }

    async fn read_back(&self, operations: &[OperationRow]) -> Result<Vec<(Uuid, ReadBack)>, ClientError> {
        if let Some(error) = self.down() {
            return Err(error);
        }
        let books = self.books();
        let one = |row: &OperationRow| {
            let found = match books.booked.get(&row.id) {
                None => ReadBack::Missing,
                Some(_) if books.different.contains(&row.id) => ReadBack::Different,
                Some(booked) => ReadBack::Same(booked.clone()),
            };
            (row.id, found)
        };
        Ok(operations.iter().map(one).collect())
    }

    async fn changes(&self, after: Option<String>) -> Result<Changes, ClientError> {
        let mut books = self.books();
        books.asked_feed.push(after);
        match &mut books.feed {
            None => Err(ClientError::Unsupported),
            Some(feed) if feed.is_empty() => {
                let cursor = books.asked_feed.last().cloned().flatten().unwrap_or_else(|| "now".into());
                Ok(Changes { cursor, ..Changes::default() })
            }
            Some(feed) => Ok(feed.remove(0)),
        }
    }

    fn route(&self) -> Option<IpAddr> {
        self.books().route
    }

    async fn fans(&self, fans: &[FanRef]) -> Result<Vec<PlatformFan>, ClientError> {
        let mut books = self.books();
        books.asked_fans.extend(fans);
        let of = |fan: &FanRef| match fan {
            FanRef::Id(user_id) => Some(PlatformFan {
                user_id: *user_id,
                pseudonym: None,
                fan_points: FanPoints(7777),
                status_points: StatusPoints(77),
                as_of: Timestamp(NOON.0 + 1_000_000),
                consent: None,
            }),
            FanRef::Pseudonym(_) => None,
        };
        Ok(fans.iter().filter_map(of).collect())
    }
}

/// Options in which the wall clock goes with the virtual time, and every draw is the longest.
pub fn options() -> Options {
    let start = Instant::now();
    Options {
        clock: Arc::new(move || Timestamp(NOON.0 + i64::try_from(start.elapsed().as_millis()).unwrap())),
        dice: Arc::new(|most| most),
        ..Options::default()
    }
}

/// Waits until nothing waits any more.
pub async fn drained(device: &Device, drain: &Drain) {
    drained_but_for(device, drain, 0).await;
}

/// Waits until so many operations still wait, and nothing is on its way.
pub async fn drained_but_for(device: &Device, drain: &Drain, left: u64) {
    let mut state = drain.state();
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < PATIENCE, "something still waits");
        state.mark_unchanged();
        let store = device.store.clone();
        let counts = tokio::task::spawn_blocking(move || store.counts()).await.unwrap().unwrap();
        if counts.waiting() == left && state.borrow().progress.is_none() {
            return;
        }
        tokio::select! {
            changed = state.changed() => changed.unwrap(),
            () = tokio::time::sleep(Duration::from_millis(50)) => {}
        }
    }
}

pub fn kinds(rows: &[OperationRow]) -> Vec<OperationKind> {
    rows.iter().map(|row| row.kind).collect()
}
