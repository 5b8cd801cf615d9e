//! The books in memory: for tests, simulations and figures, and the measure of every other implementation.

mod fans;
mod index;

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasherDefault, DefaultHasher},
};

use thiserror::Error;

use crate::{
    Books, CanonicalError, Entry, FanAccount, FanId, FanPoints, FanState, Lot, OpId, Operation,
    OperationKind, PartnerId, Posted, Recorded, RecordedOutcome, Refusal, ReservationChange, State, StateMut,
    StatusAccount, StatusPoints, Timestamp, mutant::skipped,
};
use fans::FanTable;
use index::OpIndex;

/// The same order of buckets in every run: nothing here is random.
type Map<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// Why an entry does not fit the books. None of these follows from an operation that was decided on the same state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MemoryFault {
    /// The fan is not registered.
    #[error("fan {0:?} is not registered")]
    UnknownFan(FanId),
    /// The id was used before.
    #[error("operation {0} is recorded already")]
    AlreadyRecorded(OpId),
    /// What is corrected, resolved or ended is not there.
    #[error("operation {0} is not recorded")]
    NotRecorded(OpId),
    /// The postings of a book do not sum to zero.
    #[error("the postings of {0} do not sum to zero")]
    Unbalanced(OpId),
    /// The entry is that of another operation.
    #[error("the entry is that of another operation, {0}")]
    OtherOperation(OpId),
    /// The journal can not grow any more.
    #[error("the journal is full")]
    Full,
    /// An account of another fan.
    #[error("the postings of {0} touch another fan")]
    OtherFan(OpId),
    /// A wallet, a debt or a standing would be below zero.
    #[error("a balance of fan {0:?} would be below zero")]
    BelowZero(FanId),
    /// A balance would not fit.
    #[error("a balance of fan {0:?} does not fit")]
    Overflow(FanId),
    /// Bytes of the journal that can not be read back.
    #[error("the journal is damaged: {0}")]
    Damaged(#[from] CanonicalError),
}

#[derive(Clone, Copy, Debug)]
struct Hold {
    fan: FanId,
    points: FanPoints,
    until: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Burned {
    digest: [u8; 32],
    resolved: bool,
}

/// The books of one program in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryLedger {
    fans: FanTable,
    house: BTreeMap<FanAccount, i128>,
    status_issuer: i128,
    /// For each operation posted: its canonical bytes and those of its entry, each after its length.
    journal: Vec<u8>,
    /// Where in the journal.
    posted: OpIndex,
    burned: Map<OpId, Burned>,
    reversed: Map<OpId, Vec<u16>>,
    limited: BTreeMap<PartnerId, Vec<(Option<String>, FanPoints)>>,
    lots: Map<FanId, Vec<Lot>>,
    holds: Map<OpId, Hold>,
    /// By their end, the last to end last.
    holds_of: Map<FanId, Vec<(Timestamp, OpId)>>,
}

impl MemoryLedger {
    /// Empty books.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a fan with nothing in any account. False where it is registered already.
    pub fn register_fan(&mut self, fan: FanId) -> bool {
        self.fans.insert(fan)
    }

    /// Every fan with its balances at a moment, in no order that means anything.
    pub fn fans(&self, now: Timestamp) -> impl Iterator<Item = (FanId, FanState)> {
        self.fans.iter().map(move |(fan, row)| {
            let reserved = self.reserved(fan, now);
            (fan, FanState { reserved, ..row.balances() })
        })
    }

    /// The balance of an account of the Fan Points book.
    #[must_use]
    pub fn balance(&self, account: FanAccount) -> i128 {
        let of = |fan| self.fans.get(fan).map(fans::Row::balances).unwrap_or_default();
        match account {
            FanAccount::Wallet(fan) => i128::from(of(fan).wallet.0),
            FanAccount::Receivable(fan) => i128::from(of(fan).receivable.0).saturating_neg(),
            _ => self.house.get(&account).copied().unwrap_or_default(),
        }
    }

    /// The balance of an account of the Status Points book.
    #[must_use]
    pub fn status_balance(&self, account: StatusAccount) -> i128 {
        match account {
            StatusAccount::Standing(fan) => {
                self.fans.get(fan).map_or(0, |row| i128::from(row.balances().standing.0))
            }
            StatusAccount::Issuer => self.status_issuer,
        }
    }

    /// The canonical bytes of each posted operation and its entry, oldest first.
    pub fn journal(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut rest = self.journal.as_slice();
        core::iter::from_fn(move || {
            let (operation, after) = framed(rest)?;
            let (entry, after) = framed(after)?;
            rest = after;
            Some((operation, entry))
        })
    }

    /// Reads the whole journal back and derives every balance from it.
    ///
    /// # Errors
    /// [`MemoryFault::Damaged`] or [`MemoryFault::Unbalanced`] at the first entry that is not as it was posted.
    pub fn replay(&self) -> Result<Books, MemoryFault> {
        let mut books = Books::new();
        for (_, bytes) in self.journal() {
            let entry = Entry::from_canonical(bytes)?;
            if !entry.is_balanced() {
                return Err(MemoryFault::Unbalanced(entry.op));
            }
            books.add(&entry);
        }
        Ok(books)
    }

    /// Bytes of the fan table (free rows included): what a fan costs who has done nothing yet.
    /// Journal, lots and reservations come with operations and are not counted.
    #[must_use]
    pub const fn fan_table_bytes(&self) -> usize {
        self.fans.bytes()
    }

    /// Where in the journal an operation stands.
    fn place(&self, id: OpId) -> Option<usize> {
        self.posted.get(id, |place| id_in(self.journal.get(place..)?))
    }

    fn reserved(&self, fan: FanId, now: Timestamp) -> FanPoints {
        if self.holds_of.is_empty() {
            return FanPoints::ZERO;
        }
        let holds = self.holds_of.get(&fan).map(Vec::as_slice).unwrap_or_default();
        let active = holds.iter().rev().take_while(|(until, _)| *until > now || skipped("hold-ends"));
        let points = active.filter_map(|(_, id)| self.holds.get(id)).map(|hold| hold.points);
        points.fold(FanPoints::ZERO, |sum, points| FanPoints(sum.0.saturating_add(points.0)))
    }

    /// Every reason for which an entry could not be applied, before anything is.
    fn check(&self, operation: &Operation, posted: &Posted) -> Result<FanState, MemoryFault> {
        let entry = &posted.entry;
        if self.place(entry.op).is_some() || self.burned.contains_key(&entry.op) {
            return Err(MemoryFault::AlreadyRecorded(entry.op));
        }
        if entry.op != operation.id {
            return Err(MemoryFault::OtherOperation(entry.op));
        }
        if !entry.is_balanced() && !skipped("post-balanced") {
            return Err(MemoryFault::Unbalanced(entry.op));
        }
        let row = self.fans.get(entry.fan).ok_or(MemoryFault::UnknownFan(entry.fan))?;
        let foreign = entry.fan_postings.iter().any(|posting| match posting.account {
            FanAccount::Wallet(fan) | FanAccount::Receivable(fan) => fan != entry.fan,
            _ => false,
        });
        let foreign_standing = entry.status_postings.iter().any(|posting| match posting.account {
            StatusAccount::Standing(fan) => fan != entry.fan,
            StatusAccount::Issuer => false,
        });
        if (foreign || foreign_standing) && !skipped("post-one-fan") {
            return Err(MemoryFault::OtherFan(entry.op));
        }
        let after = row.balances().after(entry).map_err(|_| MemoryFault::Overflow(entry.fan))?;
        let below = after.wallet < FanPoints::ZERO
            || after.receivable < FanPoints::ZERO
            || after.standing < StatusPoints::ZERO;
        if below && !skipped("post-not-below-zero") {
            return Err(MemoryFault::BelowZero(entry.fan));
        }
        match operation.kind {
            OperationKind::Reverse { of, .. } if self.place(of).is_none() => {
                Err(MemoryFault::NotRecorded(of))
            }
            OperationKind::Resolve { refused, .. } if !self.burned.contains_key(&refused) => {
                Err(MemoryFault::NotRecorded(refused))
            }
            _ => match posted.reservation {
                Some(ReservationChange::Ended { id, .. }) if !self.holds.contains_key(&id) => {
                    Err(MemoryFault::NotRecorded(id))
                }
                _ => Ok(after),
            },
        }
    }

    fn append(&mut self, operation: &Operation, entry: &Entry) -> Result<(), MemoryFault> {
        let (place, journal) = (self.journal.len(), &self.journal);
        if !self.posted.insert(entry.op, place, places(journal)) {
            return Err(MemoryFault::Full);
        }
        frame(&mut self.journal, |bytes| operation.put_canonical(bytes));
        frame(&mut self.journal, |bytes| entry.put_canonical(bytes));
        Ok(())
    }

    fn apply_house(&mut self, entry: &Entry) {
        for posting in &entry.fan_postings {
            if !matches!(posting.account, FanAccount::Wallet(_) | FanAccount::Receivable(_)) {
                let balance = self.house.entry(posting.account).or_default();
                *balance = balance.saturating_add(i128::from(posting.amount.0));
            }
        }
        for posting in &entry.status_postings {
            if posting.account == StatusAccount::Issuer {
                self.status_issuer = self.status_issuer.saturating_add(i128::from(posting.amount.0));
            }
        }
    }

    fn apply_lots(&mut self, fan: FanId, changed: &[Lot]) {
        if changed.is_empty() {
            return;
        }
        let lots = self.lots.entry(fan).or_default();
        for lot in changed {
            lots.retain(|known| known.source != lot.source);
            if lot.left > FanPoints::ZERO {
                lots.push(*lot);
            }
        }
    }

    fn apply_reservation(&mut self, fan: FanId, change: ReservationChange) {
        let (id, made) = match change {
            ReservationChange::Made { id, points, until } => (id, Some(Hold { fan, points, until })),
            ReservationChange::Ended { id, .. } => (id, None),
        };
        let holds = self.holds_of.entry(fan).or_default();
        if let Some(hold) = made {
            let at = holds.partition_point(|(until, _)| *until <= hold.until);
            holds.insert(at, (hold.until, id));
            self.holds.insert(id, hold);
        } else {
            holds.retain(|(_, known)| *known != id);
            self.holds.remove(&id);
        }

        if holds.is_empty() {
            self.holds_of.remove(&fan);
        }
    }

    fn apply_limited(&mut self, given: &[(PartnerId, Option<String>, FanPoints)]) {
        for (partner, label, points) in given {
            let labels = self.limited.entry(*partner).or_default();
            match labels.iter_mut().find(|(known, _)| known == label) {
                Some((_, sum)) => *sum = FanPoints(sum.0.saturating_add(points.0)),
                None => labels.push((label.clone(), *points)),
            }
        }
    }
}

impl State for MemoryLedger {
    type Error = MemoryFault;

    fn fan(&self, fan: FanId, now: Timestamp) -> Result<Option<FanState>, MemoryFault> {
        Ok(self.fans.get(fan).map(|row| {
            let reserved = self.reserved(fan, now);
            FanState { reserved, ..row.balances() }
        }))
    }

    fn recorded(&self, id: OpId) -> Result<Option<Recorded>, MemoryFault> {
        let Some(at) = self.place(id) else {
            return Ok(self.burned.get(&id).map(|burned| Recorded {
                digest: burned.digest,
                outcome: if burned.resolved { RecordedOutcome::Resolved } else { RecordedOutcome::Burned },
            }));
        };
        let cut = MemoryFault::Damaged(CanonicalError::Cut);
        let (operation, rest) = self.journal.get(at..).and_then(framed).ok_or(cut)?;
        let (entry, _) = framed(rest).ok_or(cut)?;
        let operation = Operation::from_canonical(operation)?;
        Ok(Some(Recorded {
            digest: operation.digest(),
            outcome: RecordedOutcome::Posted {
                operation,
                entry: Entry::from_canonical(entry)?,
                reversed: self.reversed.get(&id).cloned().unwrap_or_default(),
            },
        }))
    }

    fn limited_given(&self, partner: PartnerId, label: Option<&str>) -> Result<FanPoints, MemoryFault> {
        let labels = self.limited.get(&partner).into_iter().flatten();
        let mut given = labels.filter(|(known, _)| known.as_deref() == label).map(|(_, points)| *points);
        Ok(given.next().unwrap_or_default())
    }

    fn lots(&self, fan: FanId) -> Result<Vec<Lot>, MemoryFault> {
        if self.lots.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.lots.get(&fan).cloned().unwrap_or_default())
    }

    fn reservation(&self, id: OpId) -> Result<Option<(FanId, FanPoints, Timestamp)>, MemoryFault> {
        Ok(self.holds.get(&id).map(|hold| (hold.fan, hold.points, hold.until)))
    }
}

impl StateMut for MemoryLedger {
    fn post(&mut self, operation: &Operation, posted: &Posted) -> Result<(), MemoryFault> {
        let after = self.check(operation, posted)?;
        let entry = &posted.entry;
        self.append(operation, entry)?;
        self.apply_house(entry);
        self.apply_lots(entry.fan, &posted.lots);
        self.apply_limited(&posted.limited);
        if let Some(row) = self.fans.get_mut(entry.fan) {
            row.set(&after);
        }
        if let Some(change) = posted.reservation {
            self.apply_reservation(entry.fan, change);
        }
        match (&operation.kind, entry.corrects) {
            (OperationKind::Resolve { refused, .. }, _) => {
                if let Some(burned) = self.burned.get_mut(refused) {
                    burned.resolved = true;
                }
            }
            (OperationKind::Reverse { .. }, Some(of)) => {
                self.reversed.entry(of).or_default().extend(&posted.reversed_items);
            }
            _ => {}
        }
        debug_assert!(after.wallet >= FanPoints::ZERO || cfg!(feature = "mutants"));
        Ok(())
    }

    fn burn(&mut self, operation: &Operation, _refusal: Refusal) -> Result<(), MemoryFault> {
        if self.place(operation.id).is_some() {
            return Err(MemoryFault::AlreadyRecorded(operation.id));
        }
        let digest = operation.digest();
        let resolved = false;
        self.burned.entry(operation.id).or_insert(Burned { digest, resolved });
        Ok(())
    }
}

/// Appends what `put` writes, after its length.
fn frame(journal: &mut Vec<u8>, put: impl FnOnce(&mut Vec<u8>)) {
    let start = journal.len();
    journal.extend_from_slice(&[0; 4]);
    put(journal);
    let length = journal.len().saturating_sub(start).saturating_sub(4);
    // A purchase has at most 1,000 items, so that a length is far below 4 GiB.
    let length = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    if let Some(head) = journal.get_mut(start..).and_then(<[u8]>::first_chunk_mut) {
        *head = length;
    }
}

/// The first frame of a journal, and what follows it.
fn framed(journal: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = journal.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// The operation at the head of a journal: its id stands behind the length and the version.
fn id_in(journal: &[u8]) -> Option<OpId> {
    journal.get(5..)?.first_chunk().map(|id| OpId(*id))
}

/// Every operation of a journal, and where it stands.
fn places(journal: &[u8]) -> impl Iterator<Item = (OpId, usize)> {
    let mut rest = journal;
    core::iter::from_fn(move || {
        let place = journal.len().saturating_sub(rest.len());
        let id = id_in(rest)?;
        (_, rest) = framed(rest)?;
        (_, rest) = framed(rest)?;
        Some((id, place))
    })
}
