//! The conformance check passes a sound store, and catches each of several that are broken on purpose.

use std::cell::Cell;
use std::collections::BTreeMap;

use ledger::conformance::{Step, Workload, check};
use ledger::{
    Adjustment, Decision, Entry, FanAccount, FanId, FanPoints, FanState, Lot, MemoryLedger, OpId, Operation,
    OperationKind, PartnerId, Posted, Recorded, RecordedOutcome, Refusal, ReservationChange, Rules, State,
    StateMut, StatusAccount, StatusPoints, Timestamp, execute,
};

use crate::common::seed;

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    ForgetsBurns,
    ForgetsReversedItems,
    PostsTwice,
    LosesEveryTenthEntry,
    KeepsSpentLots,
    HoldsForEver,
    HoldsEndLate,
    MixesLabels,
    LimitsGrow,
    StaleBalances,
    ReceivableSign,
    ForgetsResolved,
    BurnsWithoutDigest,
    MixesPartners,
}

const FLAWS: [Flaw; 14] = [
    Flaw::ForgetsBurns,
    Flaw::ForgetsReversedItems,
    Flaw::PostsTwice,
    Flaw::LosesEveryTenthEntry,
    Flaw::KeepsSpentLots,
    Flaw::HoldsForEver,
    Flaw::HoldsEndLate,
    Flaw::MixesLabels,
    Flaw::LimitsGrow,
    Flaw::StaleBalances,
    Flaw::ReceivableSign,
    Flaw::ForgetsResolved,
    Flaw::BurnsWithoutDigest,
    Flaw::MixesPartners,
];

/// A store as plain as can be: tables as maps, balances added up from the postings at every question.
struct Tables {
    flaw: Option<Flaw>,
    fans: Vec<FanId>,
    entries: Vec<(Operation, [u8; 32], Entry)>,
    by_id: BTreeMap<OpId, usize>,
    of_fan: BTreeMap<FanId, Vec<usize>>,
    burned: BTreeMap<OpId, ([u8; 32], bool)>,
    reversed: Vec<(OpId, u16)>,
    limited: BTreeMap<(PartnerId, String), i64>,
    lots: BTreeMap<(FanId, OpId), Lot>,
    holds: BTreeMap<OpId, (FanId, FanPoints, Timestamp)>,
    asked: Cell<u64>,
}

impl Tables {
    fn new(fans: &[FanId], flaw: Option<Flaw>) -> Self {
        Self {
            flaw,
            fans: fans.to_vec(),
            entries: Vec::new(),
            by_id: BTreeMap::new(),
            of_fan: BTreeMap::new(),
            burned: BTreeMap::new(),
            reversed: Vec::new(),
            limited: BTreeMap::new(),
            lots: BTreeMap::new(),
            holds: BTreeMap::new(),
            asked: Cell::new(0),
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn label(&self, label: Option<&str>) -> String {
        if self.has(Flaw::MixesLabels) { String::new() } else { format!("{label:?}") }
    }

    fn partner(&self, partner: PartnerId) -> PartnerId {
        if self.has(Flaw::MixesPartners) { PartnerId(0) } else { partner }
    }
}

impl State for Tables {
    type Error = String;

    fn fan(&self, fan: FanId, now: Timestamp) -> Result<Option<FanState>, String> {
        if !self.fans.contains(&fan) {
            return Ok(None);
        }
        let mut state = FanState::default();
        let rows = self.of_fan.get(&fan).map(Vec::as_slice).unwrap_or_default();
        let stale = usize::from(self.has(Flaw::StaleBalances) && rows.len() % 97 == 96);
        for row in &rows[..rows.len() - stale] {
            let entry = &self.entries[*row].2;
            for posting in &entry.fan_postings {
                if posting.account == FanAccount::Wallet(fan) {
                    state.wallet.0 += posting.amount.0;
                } else if posting.account == FanAccount::Receivable(fan) {
                    let sign = if self.has(Flaw::ReceivableSign) { 1 } else { -1 };
                    state.receivable.0 += sign * posting.amount.0;
                }
            }
            for posting in &entry.status_postings {
                if posting.account == StatusAccount::Standing(fan) {
                    state.standing = StatusPoints(state.standing.0 + posting.amount.0);
                }
            }
        }
        let late = if self.has(Flaw::HoldsEndLate) { 60_000 } else { 0 };
        let active = self
            .holds
            .values()
            .filter(|(of, _, until)| *of == fan && (until.0 + late > now.0 || self.has(Flaw::HoldsForEver)));
        state.reserved = FanPoints(active.map(|(_, points, _)| points.0).sum());
        Ok(Some(state))
    }

    fn recorded(&self, id: OpId) -> Result<Option<Recorded>, String> {
        self.asked.set(self.asked.get() + 1);
        if let Some((digest, resolved)) = self.burned.get(&id) {
            let outcome = if *resolved { RecordedOutcome::Resolved } else { RecordedOutcome::Burned };
            return Ok(Some(Recorded { digest: *digest, outcome }));
        }
        if self.has(Flaw::PostsTwice) && self.asked.get() % 301 == 300 {
            return Ok(None);
        }
        Ok(self.by_id.get(&id).map(|row| {
            let (operation, digest, entry) = self.entries[*row].clone();
            let of = |(corrected, item): &(OpId, u16)| (*corrected == id).then_some(*item);
            let reversed = self.reversed.iter().filter_map(of).collect();
            Recorded { digest, outcome: RecordedOutcome::Posted { operation, entry, reversed } }
        }))
    }

    fn limited_given(&self, partner: PartnerId, label: Option<&str>) -> Result<FanPoints, String> {
        let key = (self.partner(partner), self.label(label));
        Ok(FanPoints(self.limited.get(&key).copied().unwrap_or_default()))
    }

    fn lots(&self, fan: FanId) -> Result<Vec<Lot>, String> {
        // In the order of their ids, which is not the order of their time.
        let lots = self.lots.iter().filter(|((of, _), _)| *of == fan).map(|(_, lot)| *lot);
        Ok(lots.filter(|lot| lot.left.0 > 0).collect())
    }

    fn reservation(&self, id: OpId) -> Result<Option<(FanId, FanPoints, Timestamp)>, String> {
        Ok(self.holds.get(&id).copied())
    }
}

impl StateMut for Tables {
    fn post(&mut self, operation: &Operation, posted: &Posted) -> Result<(), String> {
        let row = self.entries.len();
        if self.has(Flaw::LosesEveryTenthEntry) && row % 10 == 9 && !posted.entry.fan_postings.is_empty() {
            return Ok(());
        }
        let entry = posted.entry.clone();
        self.by_id.insert(entry.op, row);
        self.of_fan.entry(entry.fan).or_default().push(row);
        if let Some(of) = entry.corrects
            && !self.has(Flaw::ForgetsReversedItems)
        {
            self.reversed.extend(posted.reversed_items.iter().map(|item| (of, *item)));
        }
        self.entries.push((operation.clone(), posted.digest, entry));
        for lot in &posted.lots {
            if lot.left.0 > 0 || !self.has(Flaw::KeepsSpentLots) {
                self.lots.insert((operation.fan, lot.source), *lot);
            }
        }
        for (partner, label, points) in &posted.limited {
            let times = if self.has(Flaw::LimitsGrow) { 2 } else { 1 };
            let key = (self.partner(*partner), self.label(label.as_deref()));
            *self.limited.entry(key).or_default() += times * points.0;
        }
        match posted.reservation {
            Some(ReservationChange::Made { id, points, until }) => {
                self.holds.insert(id, (operation.fan, points, until));
            }
            Some(ReservationChange::Ended { id, .. }) => drop(self.holds.remove(&id)),
            None => {}
        }
        if let OperationKind::Resolve { refused, .. } = operation.kind
            && !self.has(Flaw::ForgetsResolved)
        {
            self.burned.get_mut(&refused).ok_or("nothing to resolve")?.1 = true;
        }
        Ok(())
    }

    fn burn(&mut self, operation: &Operation, _: Refusal) -> Result<(), String> {
        let digest = if self.has(Flaw::BurnsWithoutDigest) { [0; 32] } else { operation.digest() };
        if !self.has(Flaw::ForgetsBurns) {
            self.burned.insert(operation.id, (digest, false));
        }
        Ok(())
    }
}

#[test]
fn a_sound_store_answers_as_memory_does() {
    let seed = seed();
    for seed in [seed | 1, seed & !1] {
        let report = check(seed, 4_000, |fans| Tables::new(fans, None))
            .unwrap_or_else(|difference| panic!("{difference}"));
        assert_eq!(report.steps, 4_000);
        assert!(report.posted > 2_000 && report.already_done > 50, "{report:?}");
        assert!(report.refused.iter().filter(|count| **count > 0).count() > 14, "{report:?}");
    }
}

#[test]
fn every_broken_store_is_caught() {
    for flaw in FLAWS {
        let difference = check(3, 20_000, |fans| Tables::new(fans, Some(flaw)));
        let difference = difference.expect_err(&format!("{flaw:?} was not noticed"));
        assert!(!difference.what.is_empty(), "{difference}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| check(seed, 500, |fans| Tables::new(fans, None)).unwrap();
    assert_eq!(run(41), run(41));
    assert_ne!(run(41), run(43));
}

/// What a device decided alone, sent later: with the same books before it, the server's are the same after it; and where
/// they were others, whatever is not accepted is refused by name.
#[test]
fn a_devices_operations_replayed_on_a_server_end_in_equal_books_or_a_named_refusal() {
    let seed = seed();
    for (spent_elsewhere, seed) in [(false, seed), (true, seed ^ 1)] {
        let mut workload = Workload::new(seed);
        let (mut device, mut server) = (MemoryLedger::new(), MemoryLedger::new());
        for fan in workload.fans() {
            device.register_fan(*fan);
            server.register_fan(*fan);
        }
        let mut last = Timestamp(0);
        let (mut equal, mut refused) = (0, 0);
        for number in 0..3_000 {
            let Step { operation, rules, now } = workload.next_step();
            last = now;
            let here = execute(&operation, &rules, &mut device, now).unwrap();
            // What burned an id is sent too: a later settlement refers to it.
            if !matches!(here, Decision::Post(_) | Decision::Refuse(Refusal::TooFewPoints)) {
                continue;
            }
            if spent_elsewhere && number % 10 == 0 {
                spend_everything(&mut server, operation.fan, &rules, number, now);
            }
            match execute(&operation, &rules, &mut server, now).unwrap() {
                Decision::Post(_) => equal += 1,
                Decision::Refuse(Refusal::TooFewPoints)
                    if here == Decision::Refuse(Refusal::TooFewPoints) => {}
                Decision::Refuse(refusal) => {
                    assert!(spent_elsewhere, "{refusal} on equal books: {operation:?}");
                    refused += 1;
                }
                again => panic!("{again:?}"),
            }
        }
        assert!(equal > 1_000);
        assert_eq!(refused > 0, spent_elsewhere);
        assert!(server.replay().unwrap().is_balanced());
        if !spent_elsewhere {
            for fan in workload.fans() {
                assert_eq!(device.fan(*fan, last).unwrap(), server.fan(*fan, last).unwrap());
            }
            assert!(device.journal().eq(server.journal()));
        }
    }
}

fn spend_everything(server: &mut MemoryLedger, fan: FanId, rules: &Rules, number: u64, now: Timestamp) {
    let points = server.fan(fan, now).unwrap().unwrap().available();
    let mut id = [0xee; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    let amount = Adjustment::FanPoints(FanPoints(-points.0));
    let kind = OperationKind::Adjust { amount, reason: "spent at another shop".to_owned() };
    let operation = Operation { id: OpId(id), partner: PartnerId(1), fan, at: now, kind };
    execute(&operation, rules, server, now).unwrap();
}
