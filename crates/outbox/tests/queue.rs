//! The queue: lanes, batches, transitions, against a model that knows nothing of SQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{HashMap, HashSet};

use common::*;
use outbox::{OperationKind, OperationState, Reach, Settlement, StoreError};
use proptest::prelude::*;
use uuid::Uuid;

fn ids(batch: &outbox::Batch) -> Vec<Uuid> {
    batch.operations.iter().map(|row| row.id).collect()
}

fn next(device: &Device, calls: usize) -> outbox::Batch {
    device.store.next_batch(&Reach { calls, ..Reach::default() }, later(HOUR)).unwrap()
}

#[test]
fn earn_then_redeem_of_a_fan_never_swap() {
    let device = Device::new();
    device.store.note_pass(&pass(1, 5000, NOON)).unwrap();
    let earn = device.commit(give(masked(1), 25_00));
    let spend = device.commit(redeem(masked(1), 10_00));
    assert_eq!(ids(&next(&device, 50)), [earn.id]);
    assert_eq!(ids(&next(&device, 50)), [] as [Uuid; 0], "nothing else of the lane while one is out");
    device.store.settle(vec![(earn.id, retry())], later(0)).unwrap();
    assert_eq!(ids(&next(&device, 50)), [earn.id], "it goes out again before what stands behind it");
    device.store.settle(vec![(earn.id, accepted(later(0)))], later(0)).unwrap();
    assert_eq!(ids(&next(&device, 50)), [spend.id]);
}

#[test]
fn a_batch_takes_runs_of_gives_and_one_redemption_a_lane() {
    let device = Device::new();
    for n in 1..=2 {
        device.store.note_pass(&pass(n, 5000, NOON)).unwrap();
    }
    let first = device.commit(give(masked(1), 1_00));
    let second = device.commit(award(masked(1)));
    let spend = device.commit(redeem(masked(2), 1_00));
    let behind = device.commit(give(masked(2), 1_00));
    let third = device.commit(give(masked(1), 2_00));
    let undo = device.commit(undo(&first));
    let after_undo = device.commit(give(masked(1), 3_00));
    let batch = next(&device, 50);
    assert_eq!(ids(&batch), [first.id, second.id, spend.id, third.id]);
    let all = batch.operations.iter().map(|row| (row.id, accepted(later(0)))).collect();
    device.store.settle(all, later(0)).unwrap();
    assert_eq!(ids(&next(&device, 50)), [behind.id, undo.id]);
    let rest = [behind.id, undo.id].map(|id| (id, accepted(later(0)))).to_vec();
    device.store.settle(rest, later(0)).unwrap();
    assert_eq!(ids(&next(&device, 50)), [after_undo.id]);
}

#[test]
fn a_poisoned_operation_delays_no_other_fan() {
    let device = Device::new();
    let poisoned = device.commit(give(fan(1), 1_00));
    let behind = device.commit(give(fan(1), 2_00));
    assert_eq!(ids(&next(&device, 1)), [poisoned.id]);
    let wait = Settlement::Retry { error: "internal".into(), not_before: Some(later(HOUR + MINUTE)) };
    device.store.settle(vec![(poisoned.id, wait)], later(HOUR)).unwrap();
    let row = device.row(poisoned.id);
    assert_eq!(
        (row.tries, row.last_error.as_deref(), row.next_try),
        (1, Some("internal"), Some(later(HOUR + MINUTE)))
    );
    let other = device.commit(give(fan(2), 1_00));
    let batch = next(&device, 50);
    assert_eq!(ids(&batch), [other.id]);
    assert_eq!(batch.next_due, Some(later(HOUR + MINUTE)));
    device.store.settle(vec![(other.id, accepted(later(0)))], later(0)).unwrap();
    let due = device.store.next_batch(&Reach::default(), later(HOUR + MINUTE)).unwrap();
    assert_eq!(ids(&due), [poisoned.id, behind.id]);
}

#[test]
fn a_clock_set_back_does_not_put_a_next_try_off_for_ever() {
    let device = Device::new();
    let row = device.commit(give(fan(1), 1_00));
    next(&device, 50);
    let wait = Settlement::Retry { error: "internal".into(), not_before: Some(later(24 * HOUR)) };
    device.store.settle(vec![(row.id, wait)], later(24 * HOUR)).unwrap();
    assert_eq!(ids(&device.store.next_batch(&Reach::default(), later(0)).unwrap()), [row.id]);
}

#[test]
fn a_person_who_asks_waits_for_no_next_try() {
    let device = Device::new();
    let row = device.commit(give(fan(1), 1_00));
    next(&device, 50);
    let wait = Settlement::Retry { error: "internal".into(), not_before: Some(later(HOUR + MINUTE)) };
    device.store.settle(vec![(row.id, wait)], later(HOUR)).unwrap();
    let reach = Reach { ignore_next_try: true, ..Reach::default() };
    assert_eq!(ids(&device.store.next_batch(&reach, later(HOUR)).unwrap()), [row.id]);
}

#[test]
fn a_refusal_frees_its_lane_and_a_held_operation_parks_it() {
    let device = Device::new();
    let (one, behind_one) = (device.commit(give(fan(1), 1_00)), device.commit(undo_later(&device, 1)));
    let (two, behind_two) = (device.commit(give(fan(2), 1_00)), device.commit(undo_later(&device, 2)));
    assert_eq!(ids(&next(&device, 50)), [one.id, two.id]);
    device.store.settle(vec![(one.id, refused()), (two.id, held())], later(0)).unwrap();
    assert_eq!(ids(&next(&device, 50)), [behind_one.id]);
    device.store.release(two.id, later(0)).unwrap();
    assert_eq!(ids(&next(&device, 50)), [two.id]);
    device.store.settle(vec![(two.id, accepted(later(0)))], later(0)).unwrap();
    assert_eq!(ids(&next(&device, 50)), [behind_two.id]);
    assert!(device.store.verify_audit(None).unwrap().is_ok());
}

/// An undo of the fan's newest operation: never in one batch with what stands before it.
fn undo_later(device: &Device, n: u64) -> outbox::Proposal {
    let filter = outbox::Filter { fan: Some(fan(n)), ..outbox::Filter::default() };
    undo(&device.store.operations(&filter, outbox::Page { after: None, limit: 1 }).unwrap()[0])
}

#[test]
fn calls_and_bytes_bound_a_batch_but_the_first_always_goes() {
    let device = Device::new();
    let mut large = give(fan(1), 1_00);
    large.kind = outbox::Proposed::Give { items: (1..=120).map(item).collect() };
    let purchase = device.commit(large);
    next(&device, 50);
    device.store.settle(vec![(purchase.id, accepted(later(0)))], later(0)).unwrap();
    let undo = device.commit(undo(&purchase));
    assert_eq!(undo.calls(), 120);
    for n in 2..9 {
        device.commit(give(fan(n), 1_00));
    }
    assert_eq!(ids(&next(&device, 50)), [undo.id]);
    assert_eq!(next(&device, 3).operations.len(), 3);
    let mut small = config();
    small.batch_limit = 1;
    device.store.set_config(&small).unwrap();
    assert_eq!(next(&device, 3).operations.len(), 1, "the program says how much it takes");
    device.store.set_config(&config()).unwrap();
    let narrow = Reach { bytes: 2000, ..Reach::default() };
    assert_eq!(device.store.next_batch(&narrow, later(HOUR)).unwrap().operations.len(), 2);
}

#[test]
fn those_somebody_waits_for_come_first_with_what_stands_before_them() {
    let device = Device::new();
    for n in 0..20 {
        device.commit(give(fan(n), 1_00));
    }
    let wanted = device.commit(give(fan(15), 2_00));
    let reach = Reach { calls: 3, urgent: vec![wanted.id], ..Reach::default() };
    let batch = device.store.next_batch(&reach, later(0)).unwrap();
    let seqs: Vec<u64> = batch.operations.iter().map(|row| row.seq).collect();
    assert_eq!(seqs, [1, 16, 21]);
}

#[test]
fn an_answer_that_comes_too_late_changes_nothing() {
    let device = Device::new();
    let row = device.commit(give(fan(1), 1_00));
    device.store.settle(vec![(row.id, accepted(later(0)))], later(0)).unwrap();
    assert_eq!(device.row(row.id).state, OperationState::Queued, "it was not out");
    next(&device, 50);
    device.store.settle(vec![(row.id, accepted(later(0)))], later(0)).unwrap();
    device.store.settle(vec![(row.id, refused())], later(0)).unwrap();
    let again = device.row(row.id);
    assert_eq!((again.state, again.refusal), (OperationState::Accepted, None));
    assert_eq!(
        device.store.settle(vec![(Uuid::now_v7(), refused())], later(0)),
        Err(StoreError::UnknownOperation)
    );
}

#[test]
fn what_was_out_when_the_app_died_is_queued_again() {
    let device = Device::new();
    let row = device.commit(give(fan(1), 1_00));
    next(&device, 50);
    assert_eq!(device.store.operation(row.id).unwrap().unwrap().state, OperationState::Sending);
    let device = device.reopen();
    let row = device.store.operation(row.id).unwrap().unwrap();
    assert_eq!(
        (row.state, row.tries, row.last_error.as_deref()),
        (OperationState::Queued, 1, Some("interrupted"))
    );
    assert_eq!(ids(&next(&device, 50)), [row.id]);
}

#[test]
fn an_empty_queue_makes_no_change() {
    let device = Device::new();
    let before = device.store.version();
    next(&device, 50);
    assert_eq!(device.store.version(), before);
    device.commit(give(fan(1), 1_00));
    assert!(device.store.version() > before);
}

/// What happens to the queue, drawn at random.
#[derive(Clone, Debug)]
enum Step {
    Give(u64),
    Redeem(u64),
    Undo(usize),
    Send(usize),
    /// Answers for the oldest operations that are out: 0 accepted, 1 refused, 2 held, 3 not sent, 4 and more retry.
    Answer(Vec<u8>),
    Release,
    Crash,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_u64..4).prop_map(Step::Give),
        3 => (0_u64..4).prop_map(Step::Redeem),
        2 => (0_usize..30).prop_map(Step::Undo),
        4 => (1_usize..6).prop_map(Step::Send),
        4 => prop::collection::vec(0_u8..6, 1..8).prop_map(Step::Answer),
        1 => Just(Step::Release),
        1 => Just(Step::Crash),
    ];
    prop::collection::vec(step, 1..60)
}

/// What the model knows of an operation.
#[derive(Clone, Debug)]
struct Known {
    id: Uuid,
    fan: u64,
    kind: OperationKind,
    state: OperationState,
    tries: u32,
}

struct Model {
    device: Option<Device>,
    known: Vec<Known>,
    /// In the order of acceptance.
    accepted: Vec<usize>,
}

impl Model {
    fn device(&self) -> &Device {
        self.device.as_ref().unwrap()
    }

    fn apply(&mut self, step: &Step) {
        match step {
            Step::Give(n) => {
                let row = self.device().commit(give(masked(*n), 1_00));
                self.add(row, *n);
            }
            Step::Redeem(n) => self.try_add(redeem(masked(*n), 1_00), *n),
            Step::Undo(index) => {
                let Some(known) = self.known.get(*index) else { return };
                let (n, row) = (known.fan, self.device().store.operation(known.id).unwrap().unwrap());
                self.try_add(undo(&row), n);
            }
            Step::Send(calls) => self.send(*calls),
            Step::Answer(answers) => self.answer(answers),
            Step::Release => self.release(),
            Step::Crash => {
                self.device = self.device.take().map(Device::reopen);
                for known in self.known.iter_mut().filter(|k| k.state == OperationState::Sending) {
                    known.state = OperationState::Queued;
                }
            }
        }
    }

    fn try_add(&mut self, proposal: outbox::Proposal, n: u64) {
        if let outbox::Commit::Committed(row) = self.device().store.commit(proposal).unwrap() {
            self.add(*row, n);
        }
    }

    fn add(&mut self, row: outbox::OperationRow, fan: u64) {
        assert_eq!(row.seq, u64::try_from(self.known.len()).unwrap() + 1, "dense numbers");
        let state = OperationState::Queued;
        self.known.push(Known { id: row.id, fan, kind: row.kind, state, tries: 0 });
    }

    fn send(&mut self, calls: usize) {
        let batch = next(self.device(), calls);
        let mut lanes: HashMap<u64, bool> = HashMap::new();
        let blocked: HashSet<u64> = self
            .known
            .iter()
            .filter(|k| matches!(k.state, OperationState::Sending | OperationState::Held))
            .map(|k| k.fan)
            .collect();
        for row in &batch.operations {
            let index = usize::try_from(row.seq - 1).unwrap();
            let fan = self.known[index].fan;
            let grant = matches!(row.kind, OperationKind::Give | OperationKind::Award);
            assert_eq!(self.known[index].state, OperationState::Queued);
            assert!(!blocked.contains(&fan), "a lane with something out or held sends nothing");
            let open_before =
                self.known[..index].iter().any(|k| k.fan == fan && k.state == OperationState::Queued);
            assert!(!open_before, "in order within the lane");
            let others = lanes.insert(fan, grant);
            assert!(others.is_none_or(|only_grants| only_grants && grant), "a redemption or undo goes alone");
            self.known[index].state = OperationState::Sending;
            self.known[index].tries += 1;
        }
        if batch.operations.is_empty() {
            let free =
                self.known.iter().any(|k| k.state == OperationState::Queued && !blocked.contains(&k.fan));
            assert!(!free, "something could have gone out");
        }
    }

    fn answer(&mut self, answers: &[u8]) {
        let mut settlements = Vec::new();
        let out: Vec<usize> =
            (0..self.known.len()).filter(|i| self.known[*i].state == OperationState::Sending).collect();
        for (index, answer) in out.into_iter().zip(answers) {
            let (settlement, state) = match answer {
                0 => (accepted(later(0)), OperationState::Accepted),
                1 => (refused(), OperationState::Refused),
                2 => (held(), OperationState::Held),
                3 => (Settlement::Unsent, OperationState::Queued),
                _ => (retry(), OperationState::Queued),
            };
            self.known[index].tries -= u32::from(settlement == Settlement::Unsent);
            settlements.push((self.known[index].id, settlement));
            self.known[index].state = state;
            if state == OperationState::Accepted {
                self.accepted.push(index);
            }
        }
        self.device().store.settle(settlements, later(0)).unwrap();
    }

    fn release(&mut self) {
        let Some(index) = self.known.iter().position(|k| k.state == OperationState::Held) else { return };
        self.device().store.release(self.known[index].id, later(0)).unwrap();
        self.known[index].state = OperationState::Queued;
    }

    fn check(&self) {
        let store = &self.device().store;
        for known in &self.known {
            let row = store.operation(known.id).unwrap().unwrap();
            assert_eq!((row.state, row.tries), (known.state, known.tries));
        }
        let count = |state| u64::try_from(self.known.iter().filter(|k| k.state == state).count()).unwrap();
        let counts = store.counts().unwrap();
        assert_eq!(counts.queued, count(OperationState::Queued));
        assert_eq!(counts.sending, count(OperationState::Sending));
        assert_eq!(counts.accepted, count(OperationState::Accepted));
        assert_eq!(counts.refused, count(OperationState::Refused));
        assert_eq!(counts.held, count(OperationState::Held));
        // A redemption or undo never overtakes, and is never overtaken, within its lane.
        for (place, index) in self.accepted.iter().enumerate() {
            for earlier in &self.accepted[..place] {
                let (one, two) = (&self.known[*earlier], &self.known[*index]);
                let grants = [one.kind, two.kind]
                    .iter()
                    .all(|k| matches!(k, OperationKind::Give | OperationKind::Award));
                assert!(one.fan != two.fan || earlier < index || grants);
            }
        }
        assert!(store.verify_audit(None).unwrap().is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn lanes_and_states_hold_for_any_sequence(steps in steps()) {
        let device = Device::new();
        for n in 0..4 {
            device.store.note_pass(&pass(n, 50_000, NOON)).unwrap();
        }
        let mut model = Model { device: Some(device), known: Vec::new(), accepted: Vec::new() };
        for step in &steps {
            model.apply(step);
        }
        model.check();
    }
}
