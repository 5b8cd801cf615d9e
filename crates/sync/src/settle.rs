//! From the platform's answers to what the queue keeps: reading back what it has already.

use std::collections::HashMap;

use ledger::Timestamp;
use ledger::mutant::skipped;
use outbox::{OperationRow, Settlement};
use uuid::Uuid;

use crate::{Answer, ClientError, Delays, Platform, ReadBack};

/// What became of a batch.
pub(crate) struct Outcome {
    /// One for each operation of the batch.
    pub settlements: Vec<(Uuid, Settlement)>,
    /// The platform could not be asked; the operations concerned go out again.
    pub failure: Option<ClientError>,
}

/// Sends a batch, and alone what could not be taken together.
pub(crate) async fn deliver<P: Platform>(
    platform: &P,
    delays: &Delays,
    operations: &[OperationRow],
    now: Timestamp,
) -> Outcome {
    match platform.submit(operations).await {
        Ok(answers) => judge(platform, delays, operations, answers, now).await,
        Err(ClientError::Rejected) if operations.len() > 1 && !skipped("poison-singled-out") => {
            one_by_one(platform, delays, operations, now).await
        }
        Err(ClientError::Rejected) => Outcome {
            settlements: operations
                .iter()
                .map(|row| (row.id, put_off(row, "request_rejected", delays, now)))
                .collect(),
            failure: None,
        },
        Err(error) => returned(operations, error),
    }
}

/// The platform does not take the request: one of its operations must be the cause, and it must not
/// hold up the others.
async fn one_by_one<P: Platform>(
    platform: &P,
    delays: &Delays,
    operations: &[OperationRow],
    now: Timestamp,
) -> Outcome {
    let mut outcome = Outcome { settlements: Vec::with_capacity(operations.len()), failure: None };
    let mut rest = operations.iter();
    for row in rest.by_ref() {
        let alone = Box::pin(deliver(platform, delays, std::slice::from_ref(row), now)).await;
        outcome.settlements.extend(alone.settlements);
        outcome.failure = alone.failure;
        if outcome.failure.is_some() {
            break;
        }
    }
    outcome.settlements.extend(rest.map(|row| (row.id, Settlement::Unsent)));
    outcome
}

fn returned(operations: &[OperationRow], error: ClientError) -> Outcome {
    Outcome {
        settlements: operations.iter().map(|row| (row.id, again(error.code()))).collect(),
        failure: Some(error),
    }
}

fn again(error: &str) -> Settlement {
    Settlement::Retry { error: error.into(), not_before: None }
}

/// The operation itself is what fails: its lane waits longer each time, the others go on.
fn put_off(row: &OperationRow, error: &str, delays: &Delays, now: Timestamp) -> Settlement {
    let wait = i64::try_from(delays.after(row.tries).as_millis()).unwrap_or(i64::MAX);
    Settlement::Retry { error: error.into(), not_before: Some(Timestamp(now.0.saturating_add(wait))) }
}

async fn judge<P: Platform>(
    platform: &P,
    delays: &Delays,
    operations: &[OperationRow],
    answers: Vec<(Uuid, Answer)>,
    now: Timestamp,
) -> Outcome {
    let mut answers: HashMap<Uuid, Answer> = answers.into_iter().collect();
    let mut outcome = Outcome { settlements: Vec::with_capacity(operations.len()), failure: None };
    let mut doubtful = Vec::new();
    for row in operations {
        let settlement = match answers.remove(&row.id).unwrap_or(Answer::Lost) {
            Answer::Done(booked) => Settlement::Accepted(booked),
            Answer::Refused { code } => Settlement::Refused { code },
            Answer::Unknown { code } if skipped("unknown-held") => Settlement::Refused { code },
            Answer::Unknown { code } => Settlement::Held { code },
            Answer::Failed { error } => put_off(row, &error, delays, now),
            Answer::Lost if skipped("silence-is-no-refusal") => Settlement::Refused { code: "lost".into() },
            Answer::Lost => again("answer_lost"),
            Answer::AlreadyExecuted => {
                doubtful.push(row.clone());
                continue;
            }
        };
        outcome.settlements.push((row.id, settlement));
    }
    if !doubtful.is_empty() {
        compare(platform, delays, &doubtful, now, &mut outcome).await;
    }
    outcome
}

/// The platform has these ids already: is it what was sent?
async fn compare<P: Platform>(
    platform: &P,
    delays: &Delays,
    doubtful: &[OperationRow],
    now: Timestamp,
    outcome: &mut Outcome,
) {
    let found = match platform.read_back(doubtful).await {
        Ok(found) => found,
        Err(ClientError::Rejected) => Vec::new(),
        Err(error) => {
            outcome.settlements.extend(returned(doubtful, error).settlements);
            outcome.failure = Some(error);
            return;
        }
    };
    let mut found: HashMap<Uuid, ReadBack> = found.into_iter().collect();
    for row in doubtful {
        let settlement = match found.remove(&row.id) {
            Some(ReadBack::Same(booked)) => Settlement::Accepted(booked),
            Some(ReadBack::Different) if skipped("different-held") => again("answer_lost"),
            Some(ReadBack::Different) => Settlement::Held { code: "already_executed_differs".into() },
            Some(ReadBack::Missing) => Settlement::Held { code: "already_executed_unverified".into() },
            Some(ReadBack::Failed { error }) => put_off(row, &error, delays, now),
            None => put_off(row, "answer_lost", delays, now),
        };
        outcome.settlements.push((row.id, settlement));
    }
}
