//! Proof that an implementation of the state port answers as the books in memory do, for any sequence.
//!
//! ```
//! # use ledger::{MemoryLedger, conformance::check};
//! let report = check(7, 500, |fans| {
//!     let mut books = MemoryLedger::new();
//!     for fan in fans {
//!         books.register_fan(*fan);
//!     }
//!     books
//! });
//! assert!(report.is_ok_and(|report| report.steps == 500));
//! ```

mod dice;
mod workload;

pub use dice::Dice;
pub use workload::{Step, Workload};

use core::fmt::Debug;

use thiserror::Error;

use crate::{
    Decision, FanId, FanState, Lot, MemoryFault, MemoryLedger, OpId, Operation, Refusal, State, StateMut,
    Timestamp, execute,
};

/// What a run went through, so that a test can see that it went through much.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Operations asked for.
    pub steps: usize,
    /// Those accepted.
    pub posted: usize,
    /// Those done before.
    pub already_done: usize,
    /// Those refused, by [`Refusal`] in its order.
    pub refused: [usize; Refusal::ALL.len()],
}

impl Report {
    fn count(&mut self, decision: &Decision) {
        let counter = match decision {
            Decision::Post(_) => Some(&mut self.posted),
            Decision::AlreadyDone(_) => Some(&mut self.already_done),
            Decision::Refuse(refusal) => {
                let at = Refusal::ALL.iter().position(|known| known == refusal);
                at.and_then(|at| self.refused.get_mut(at))
            }
        };
        if let Some(counter) = counter {
            *counter = counter.saturating_add(1);
        }
    }
}

/// The first answer that is another than that of the books in memory.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("seed {seed}, step {step}: {what}; operation {operation:?}")]
pub struct Difference {
    /// To run the same again.
    pub seed: u64,
    /// From 0.
    pub step: usize,
    /// What was asked.
    pub operation: Box<Operation>,
    /// What differs: expected first.
    pub what: String,
}

/// Runs a seeded sequence on an implementation and on the books in memory, and compares every decision, the balances
/// of the fan after each step, and all that the port can tell every hundred steps and at the end.
///
/// `make` makes an empty state in which these fans are registered. The partners, labels and actions in
/// [`Workload::rules`] must be usable in it.
///
/// # Errors
/// The first [`Difference`], be it another answer or an error of the implementation.
pub fn check<S: StateMut>(
    seed: u64,
    steps: usize,
    make: impl FnOnce(&[FanId]) -> S,
) -> Result<Report, Difference> {
    let mut workload = Workload::new(seed);
    let mut expected = MemoryLedger::new();
    for fan in workload.fans() {
        expected.register_fan(*fan);
    }
    let mut tested = make(workload.fans());
    let mut report = Report::default();
    for number in 0..steps {
        let step = workload.next_step();
        let outcome = one_step(&step, &mut expected, &mut tested);
        let whole = number % 100 == 99 || number.saturating_add(1) == steps;
        let outcome = outcome.and_then(|decision| {
            if whole {
                compare_all(&workload, step.now, &expected, &tested).map(|()| decision)
            } else {
                Ok(decision)
            }
        });
        match outcome {
            Ok(decision) => report.count(&decision),
            Err(what) => {
                let operation = Box::new(step.operation);
                return Err(Difference { seed, step: number, operation, what });
            }
        }
        report.steps = report.steps.saturating_add(1);
    }
    Ok(report)
}

fn one_step<S: StateMut>(
    step: &Step,
    expected: &mut MemoryLedger,
    tested: &mut S,
) -> Result<Decision, String> {
    let Step { operation, rules, now } = step;
    let a = execute(operation, rules, expected, *now).map_err(|fault| format!("memory failed: {fault}"))?;
    let b = execute(operation, rules, tested, *now).map_err(|fault| format!("failed: {fault:?}"))?;
    same("decision", &a, &b)?;
    let fan = operation.fan;
    same("balances", &fan_of(expected, fan, *now)?, &fan_of(tested, fan, *now)?)?;
    Ok(a)
}

fn compare_all<S: State>(
    workload: &Workload,
    now: Timestamp,
    expected: &MemoryLedger,
    tested: &S,
) -> Result<(), String> {
    for fan in workload.fans() {
        same("balances", &fan_of(expected, *fan, now)?, &fan_of(tested, *fan, now)?)?;
        same("lots", &lots_of(expected, *fan)?, &lots_of(tested, *fan)?)?;
    }
    for (partner, rules) in &workload.rules().partners {
        let labels = rules.rates.keys().map(|label| Some(label.as_str()));
        for label in labels.chain([None]) {
            let a = expected.limited_given(*partner, label).map_err(|fault| fault.to_string())?;
            let b = tested.limited_given(*partner, label).map_err(|fault| format!("{fault:?}"))?;
            same("points given at a limited rate", &a, &b)?;
        }
    }
    for id in workload.recent_ids() {
        same_record(id, expected, tested)?;
    }
    Ok(())
}

fn same_record<S: State>(id: OpId, expected: &MemoryLedger, tested: &S) -> Result<(), String> {
    let a = expected.recorded(id).map_err(|fault| fault.to_string())?;
    let b = tested.recorded(id).map_err(|fault| format!("{fault:?}"))?;
    same("record", &a, &b)?;
    let a = expected.reservation(id).map_err(|fault: MemoryFault| fault.to_string())?;
    let b = tested.reservation(id).map_err(|fault| format!("{fault:?}"))?;
    same("reservation", &a, &b)
}

fn fan_of<S: State>(state: &S, fan: FanId, now: Timestamp) -> Result<Option<FanState>, String> {
    state.fan(fan, now).map_err(|fault| format!("{fault:?}"))
}

fn lots_of<S: State>(state: &S, fan: FanId) -> Result<Vec<Lot>, String> {
    let mut lots = state.lots(fan).map_err(|fault| format!("{fault:?}"))?;
    lots.sort_unstable_by_key(|lot| (lot.expires, lot.source));
    Ok(lots)
}

fn same<T: PartialEq + Debug>(what: &str, expected: &T, found: &T) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, found {found:?}"))
}
