//! Counters for whoever watches the server, in the text format of OpenMetrics. No ids, no personal data.

mod operations;

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::environment::EnvironmentName;
use crate::store::Load;
use crate::store::house::HouseTotal;

pub use operations::PerOperation;

/// The media type of what [`Metrics::render`] writes.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the histograms, in seconds: the product promises 50 ms, 200 ms and no more.
const BOUNDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0];

type Durations<L> = Family<L, Histogram, fn() -> Histogram>;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    /// As the router knows it: `/fan/{id}`, never with somebody's id.
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Ended {
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Operation {
    operation: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Failed {
    operation: String,
    code: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Within {
    environment: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Account {
    environment: &'static str,
    program: String,
    book: String,
    account: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SignIn {
    worked: &'static str,
}

/// What the server has done since it started.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    request_durations: Durations<Route>,
    turned_away: Family<Reason, Counter>,
    booked: Family<Ended, Counter>,
    operation_durations: Durations<Operation>,
    operation_errors: Family<Failed, Counter>,
    sign_ins: Family<SignIn, Counter>,
    panics: Counter,
    uptime: Gauge,
    writer_queue: Family<Within, Gauge>,
    readers_busy: Family<Within, Gauge>,
    readers: Family<Within, Gauge>,
    ledger: Family<Account, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        let bounds: fn() -> Histogram = || Histogram::new(BOUNDS);
        let mut metrics = Self {
            registry: Registry::with_prefix("fanpoints"),
            requests: Family::default(),
            request_durations: Family::new_with_constructor(bounds),
            turned_away: Family::default(),
            booked: Family::default(),
            operation_durations: Family::new_with_constructor(bounds),
            operation_errors: Family::default(),
            sign_ins: Family::default(),
            panics: Counter::default(),
            uptime: Gauge::default(),
            writer_queue: Family::default(),
            readers_busy: Family::default(),
            readers: Family::default(),
            ledger: Family::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("requests", "Requests answered", self.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "From the request's head to the answer's",
            Unit::Seconds,
            self.request_durations.clone(),
        );
        registry.register("turned_away", "Requests refused before they were run", self.turned_away.clone());
        registry.register("operations", "Operations on the books, by their end", self.booked.clone());
        registry.register_with_unit(
            "operation_duration",
            "Of one operation of the API, until its answer is known",
            Unit::Seconds,
            self.operation_durations.clone(),
        );
        registry.register(
            "operation_errors",
            "Operations of the API that ended with an error rather than an answer or a refusal",
            self.operation_errors.clone(),
        );
        registry.register("sign_ins", "Client secrets presented", self.sign_ins.clone());
        registry.register("panics", "Requests that ended in a fault of the server", self.panics.clone());
        registry.register("writer_queue", "Changes that wait for the writer", self.writer_queue.clone());
        registry.register("readers_busy", "Connections that somebody reads with", self.readers_busy.clone());
        registry.register("readers", "Connections to read with", self.readers.clone());
        registry.register(
            "ledger_balance",
            "Points on the accounts of the house; what fans have is the negative of a book's sum",
            self.ledger.clone(),
        );
        registry.register_with_unit("uptime", "Since the server started", Unit::Seconds, self.uptime.clone());
    }

    /// A request was answered with this HTTP status.
    pub fn answered(&self, route: &str, status: u16, took: Duration) {
        self.requests.get_or_create(&Answered { route: route.to_owned(), status }).inc();
        self.request_durations.get_or_create(&Route { route: route.to_owned() }).observe(took.as_secs_f64());
    }

    /// A request was turned away before it was run.
    pub fn refused(&self, reason: &'static str) {
        self.turned_away.get_or_create(&Reason { reason }).inc();
    }

    /// An operation on the books ended: `outcome` is `done` or `refused`.
    pub fn operation(&self, operation: &'static str, outcome: &'static str) {
        self.booked.get_or_create(&Ended { operation, outcome }).inc();
    }

    /// A field at the top of a request was resolved, or failed with a code.
    fn resolved(&self, operation: &str, took: Duration, error: Option<&str>) {
        let label = Operation { operation: operation.to_owned() };
        self.operation_durations.get_or_create(&label).observe(took.as_secs_f64());
        if let Some(code) = error {
            let label = Failed { operation: operation.to_owned(), code: code.to_owned() };
            self.operation_errors.get_or_create(&label).inc();
        }
    }

    pub fn sign_in(&self, worked: bool) {
        self.sign_ins.get_or_create(&SignIn { worked: if worked { "true" } else { "false" } }).inc();
    }

    pub fn panicked(&self) {
        self.panics.inc();
    }

    /// How busy an environment's storage is right now.
    pub fn storage(&self, environment: EnvironmentName, load: Load) {
        let within = Within { environment: environment.name() };
        let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.writer_queue.get_or_create(&within).set(whole(load.waiting));
        self.readers_busy.get_or_create(&within).set(whole(load.reading));
        self.readers.get_or_create(&within).set(whole(load.readers));
    }

    /// What the books of a program come to right now.
    pub fn balance(&self, environment: EnvironmentName, program: &str, total: &HouseTotal) {
        let account = Account {
            environment: environment.name(),
            program: program.to_owned(),
            book: total.book.clone(),
            account: total.account.clone(),
        };
        self.ledger.get_or_create(&account).set(total.amount);
    }

    /// All figures.
    pub fn render(&self, uptime: Duration) -> String {
        self.uptime.set(i64::try_from(uptime.as_secs()).unwrap_or(i64::MAX));
        let mut text = String::new();
        // Writing to a String can not fail.
        let _infallible = encode(&mut text, &self.registry);
        text
    }
}
