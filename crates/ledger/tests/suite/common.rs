//! What several test files use: seeds that can be set, and a program with one shop.

use std::hash::{BuildHasher, RandomState};

use ledger::{
    Currency, Decision, Entry, FanId, FanPoints, FanState, Item, MemoryLedger, Money, OpId, Operation,
    OperationKind, PartnerId, Posted, Rate, RateRule, Refusal, Rules, Scope, State, StatusPoints, Tender,
    Timestamp, execute,
};

pub const SHOP: PartnerId = PartnerId(1);
pub const KIOSK: PartnerId = PartnerId(2);
pub const FAN: FanId = FanId(7);

/// `FANPOINTS_SEED`, or another one in every run; printed, so that a failure can be run again.
pub fn seed() -> u64 {
    let seed = match std::env::var("FANPOINTS_SEED") {
        Ok(text) => text.parse().expect("FANPOINTS_SEED is a number"),
        Err(_) => RandomState::new().hash_one(0),
    };
    println!("FANPOINTS_SEED={seed}");
    seed
}

/// A number from the environment, or this one.
pub fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

pub fn rules() -> Rules {
    let mut rules = Rules::new(Currency::Chf)
        .with_partner(SHOP, RateRule::flat(Rate::percent(2)))
        .with_partner(KIOSK, RateRule::flat(Rate::percent(3)));
    for (action, points) in [("match_visit", 50), ("quiz", 10)] {
        rules.actions.insert(action.to_owned(), StatusPoints(points));
    }
    rules
}

pub fn item(minor: i64) -> Item {
    Item { price: Money::new(minor, Currency::Chf), rate_label: None }
}

pub fn op(id: u8, kind: OperationKind) -> Operation {
    Operation { id: OpId([id; 16]), partner: SHOP, fan: FAN, at: Timestamp(0), kind }
}

pub fn distribute(prices: &[i64]) -> OperationKind {
    OperationKind::Distribute { items: prices.iter().map(|minor| item(*minor)).collect() }
}

pub fn redeem(prices: &[i64]) -> OperationKind {
    let items = prices.iter().map(|minor| item(*minor)).collect();
    OperationKind::Redeem { items, tender: Tender::Whole, reservation: None }
}

pub fn undo(of: u8) -> OperationKind {
    OperationKind::Reverse { of: OpId([of; 16]), scope: Scope::Whole }
}

pub fn undo_item(of: u8, item: u16) -> OperationKind {
    OperationKind::Reverse { of: OpId([of; 16]), scope: Scope::Item(item) }
}

pub fn award(action: &str) -> OperationKind {
    OperationKind::Award { action: action.to_owned() }
}

/// Books with one fan, and a clock that a test turns.
pub struct Till {
    pub books: MemoryLedger,
    pub rules: Rules,
    pub now: Timestamp,
}

impl Till {
    pub fn open(rules: Rules) -> Self {
        let mut books = MemoryLedger::new();
        assert!(books.register_fan(FAN));
        Self { books, rules, now: Timestamp(1_000) }
    }

    pub fn ask(&mut self, operation: &Operation) -> Decision {
        execute(operation, &self.rules, &mut self.books, self.now).expect("memory does not fail")
    }

    pub fn accept(&mut self, id: u8, kind: OperationKind) -> Posted {
        match self.ask(&op(id, kind)) {
            Decision::Post(posted) => posted,
            other => panic!("not accepted: {other:?}"),
        }
    }

    pub fn refuse(&mut self, id: u8, kind: OperationKind) -> Refusal {
        match self.ask(&op(id, kind)) {
            Decision::Refuse(refusal) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }

    pub fn done_before(&mut self, id: u8, kind: OperationKind) -> Entry {
        match self.ask(&op(id, kind)) {
            Decision::AlreadyDone(entry) => entry,
            other => panic!("not done before: {other:?}"),
        }
    }

    pub fn fan(&self) -> FanState {
        self.books.fan(FAN, self.now).expect("memory does not fail").expect("the fan is registered")
    }

    pub fn wallet(&self) -> i64 {
        self.fan().wallet.0
    }

    pub fn owed(&self) -> FanPoints {
        self.fan().receivable
    }

    /// Every figure again from the journal alone.
    pub fn check_books(&self) {
        let replayed = self.books.replay().expect("the journal can be read");
        assert!(replayed.is_balanced());
        let fan = replayed.fan(FAN).expect("it fits");
        assert_eq!(FanState { reserved: FanPoints::ZERO, ..self.fan() }, fan);
    }
}

/// So many cases, and no file left behind: a failure prints what it takes to repeat it, and a guard that is skipped on
/// purpose must not leave a trace.
pub fn cases(cases: u32) -> proptest::prelude::ProptestConfig {
    proptest::prelude::ProptestConfig { cases, failure_persistence: None, ..Default::default() }
}
