//! Random operations in the books, beside a naive oracle that keeps its own: they never disagree.
//!
//! `FANPOINTS_SEED` and `FANPOINTS_STEPS` set what is run.

use std::collections::BTreeMap;

use crate::oracle::{self, Answer, Oracle};
use ledger::conformance::{Step, Workload};
use ledger::{
    Decision, FanAccount, FanPoints, FanState, MemoryLedger, Refusal, State, StatusAccount, StatusPoints,
    execute,
};

struct Run {
    seed: u64,
    step: usize,
    books: MemoryLedger,
    oracle: Oracle,
    counts: BTreeMap<String, usize>,
    /// By content: refused for good.
    refused: BTreeMap<[u8; 32], Refusal>,
}

fn run(seed: u64, steps: usize) -> Run {
    let mut workload = Workload::new(seed);
    let (books, oracle) = (MemoryLedger::new(), Oracle::default());
    let mut run = Run { seed, step: 0, books, oracle, counts: BTreeMap::new(), refused: BTreeMap::new() };
    for fan in workload.fans() {
        run.books.register_fan(*fan);
        run.oracle.fans.insert(*fan, oracle::Fan::default());
    }
    for step in 0..steps {
        run.step = step;
        run.take(&workload.next_step());
        if step % 20_000 == 0 || step + 1 == steps {
            run.check_all();
        }
    }
    run
}

impl Run {
    fn take(&mut self, step: &Step) {
        let Step { operation, rules, now } = step;
        let expected = self.oracle.answer(operation, rules, *now);
        let decision = execute(operation, rules, &mut self.books, *now).unwrap();
        let at = format!("seed {}, step {}: {operation:?}", self.seed, self.step);
        let found = match &decision {
            Decision::Post(posted) => {
                assert!(posted.entry.is_balanced(), "{at}");
                let points = posted.entry.item_points.iter().map(|points| i128::from(points.0));
                Answer::Done { item_points: points.collect() }
            }
            Decision::AlreadyDone(entry) => {
                assert_eq!(entry.op, operation.id, "{at}");
                Answer::Again
            }
            Decision::Refuse(refusal) => Answer::No(*refusal),
        };
        assert_eq!(found, expected, "{at}");
        self.check_final(&decision, operation.digest(), &at);
        let name = match &decision {
            Decision::Post(_) => format!("posted {}", variant(&operation.kind)),
            Decision::AlreadyDone(_) => "already done".to_owned(),
            Decision::Refuse(refusal) => refusal.code().to_owned(),
        };
        *self.counts.entry(name).or_default() += 1;
        let Some(fan) = self.oracle.fans.get(&operation.fan) else { return };
        let known = self.books.fan(operation.fan, *now).unwrap().unwrap();
        let narrow = |n: i128| i64::try_from(n).unwrap();
        let expected = FanState {
            wallet: FanPoints(narrow(fan.wallet)),
            reserved: FanPoints(narrow(self.oracle.reserved(operation.fan, now.0))),
            receivable: FanPoints(narrow(fan.owes)),
            standing: StatusPoints(narrow(fan.standing)),
        };
        assert_eq!(known, expected, "{at}");
        assert!(known.wallet >= FanPoints::ZERO && known.receivable >= FanPoints::ZERO, "{at}");
    }

    /// A refusal for good is one: the same content is never accepted later. (A reservation that ended may be made
    /// after all where the clock is set back.)
    fn check_final(&mut self, decision: &Decision, digest: [u8; 32], at: &str) {
        if let Decision::Refuse(refusal) = decision
            && !refusal.retry_could_succeed()
            && *refusal != Refusal::ReservationExpired
        {
            self.refused.insert(digest, *refusal);
        }
        if let (Decision::Post(_), Some(refusal)) = (decision, self.refused.get(&digest)) {
            panic!("{at}: accepted after {refusal}");
        }
    }

    fn check_all(&self) {
        let at = format!("seed {}, step {}", self.seed, self.step);
        let replayed = self.books.replay().unwrap();
        assert!(replayed.is_balanced(), "{at}");
        for (fan, expected) in &self.oracle.fans {
            let mut lots = self.books.lots(*fan).unwrap();
            lots.sort_by_key(|lot| (lot.expires, lot.source));
            let lots: Vec<_> =
                lots.iter().map(|lot| ((lot.expires.0, lot.source), i128::from(lot.left.0))).collect();
            let expected_lots: Vec<_> = expected.lots.iter().map(|(lot, left)| (*lot, *left)).collect();
            assert_eq!(lots, expected_lots, "{at}: {fan:?}");
            assert_eq!(replayed.balance(FanAccount::Wallet(*fan)), expected.wallet, "{at}");
            assert_eq!(replayed.balance(FanAccount::Receivable(*fan)), -expected.owes, "{at}");
            assert_eq!(replayed.status_balance(StatusAccount::Standing(*fan)), expected.standing, "{at}");
        }
        for (account, balance) in &self.oracle.house {
            assert_eq!(replayed.balance(*account), *balance, "{at}: {account:?}");
            assert_eq!(self.books.balance(*account), *balance, "{at}: {account:?}");
        }
        assert_eq!(self.books.status_balance(StatusAccount::Issuer), -self.oracle.status_issued, "{at}");
        for ((partner, label), given) in &self.oracle.limited {
            let known = self.books.limited_given(*partner, label.as_deref()).unwrap();
            assert_eq!(i128::from(known.0), *given, "{at}: {partner:?} {label:?}");
        }
    }
}

fn variant(kind: &ledger::OperationKind) -> String {
    format!("{kind:?}").chars().take_while(|letter| letter.is_alphanumeric()).collect()
}

#[test]
fn the_books_agree_with_the_oracle_over_a_hundred_thousand_operations() {
    let seed = crate::common::seed();
    let steps = crate::common::setting("FANPOINTS_STEPS", 100_000);
    // Lots and limits take part with odd seeds only; both kinds are run.
    let with_lots = run(seed | 1, steps);
    let without = run(seed & !1, steps / 2);
    println!("{:#?}", with_lots.counts);
    if steps < 50_000 {
        return;
    }
    for run in [&with_lots, &without] {
        for refusal in Refusal::ALL {
            assert!(run.counts.contains_key(refusal.code()), "seed {}: {refusal} never came up", run.seed);
        }
        assert!(run.counts.len() > Refusal::ALL.len() + 8, "{:?}", run.counts);
    }
}
