//! The handle's part for those who look back: the list of everything, cases, other devices' operations.

use fanpass::FanRef;
use ledger::Timestamp;
use uuid::Uuid;

use super::Store;
use crate::export::{self, ExportError, Form};
use crate::review::{self, Deed, Listed, Place, Wanted};
use crate::{
    CaseCounts, Decline, Difference, Foreign, Handling, OperationRow, Origin, StoreError, Untold, Way, cases,
    elsewhere, journal,
};

/// The list of everything.
impl Store {
    /// The rows after `after`, newest first, leaving out the first `skip` of them.
    ///
    /// # Errors
    /// Where the database can not be read; so for all that follow.
    pub fn review(
        &self,
        wanted: &Wanted,
        after: Option<Place>,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<Listed>, StoreError> {
        self.read(|db| review::list(db, wanted, after, skip, limit))
    }

    /// How many rows there are; [`crate::COUNTED`] + 1 stands for more than that.
    pub fn review_count(&self, wanted: &Wanted) -> Result<u64, StoreError> {
        self.read(|db| review::count(db, wanted, review::COUNTED + 1))
    }

    /// How many rows there are, however many: a million take a fifth of a second.
    pub fn review_total(&self, wanted: &Wanted) -> Result<u64, StoreError> {
        self.read(|db| review::count(db, wanted, i64::MAX.unsigned_abs()))
    }

    /// Goes over all rows as they are at this moment, newest first, until `take` says that it is enough.
    pub fn review_each(&self, wanted: &Wanted, take: impl FnMut(Listed) -> bool) -> Result<(), StoreError> {
        self.read(|db| review::each(db, wanted, take))
    }

    /// Writes all rows as they are at this moment; how many. `go_on` hears now and then how many there are already,
    /// and may end it.
    ///
    /// # Errors
    /// Where the database can not be read, the file takes no more, or `go_on` ended it.
    pub fn export(
        &self,
        wanted: &Wanted,
        form: Form,
        sink: impl std::io::Write,
        go_on: impl FnMut(u64) -> bool,
    ) -> Result<u64, ExportError> {
        self.read(|db| Ok(export::write(db, wanted, form, sink, go_on)))?
    }

    /// The rows at these places.
    pub fn review_at(&self, places: &[Place]) -> Result<Vec<Listed>, StoreError> {
        self.read(|db| review::at(db, places))
    }

    /// Everybody who did something on this device.
    pub fn people(&self) -> Result<Vec<String>, StoreError> {
        self.read(review::people)
    }

    /// The newest deeds of a period on this device, no more than `most`.
    pub fn deeds(&self, from: Timestamp, to: Timestamp, most: u32) -> Result<Vec<Deed>, StoreError> {
        self.read(|db| review::deeds(db, from, to, most))
    }

    /// The number that stands for a fan in [`Deed`]; None: never met.
    pub fn fan_number(&self, fan: FanRef) -> Result<Option<i64>, StoreError> {
        self.read(|db| review::number_of(db, fan))
    }

    /// The postings of an operation: what the ledger has booked here, void or not.
    pub fn entry(&self, id: Uuid) -> Result<Option<ledger::Entry>, StoreError> {
        self.read(|db| Ok(journal::any(db, ledger::OpId(id.into_bytes()))?.map(|kept| kept.entry)))
    }

    /// The entry of the audit chain that tells of an operation as it stands, and its hash.
    pub fn audit_link(&self, id: Uuid) -> Result<Option<(u64, [u8; 32])>, StoreError> {
        self.read(|db| cases::audit_link(db, id))
    }
}

/// Cases: what was refused or is held, until a person has dealt with it.
impl Store {
    /// The cases after `after`, the oldest first.
    pub fn cases(&self, after: Option<Place>, limit: u32) -> Result<Vec<OperationRow>, StoreError> {
        self.read(|db| cases::list(db, after, limit))
    }

    /// How many there are, and how many of them were made before `overdue`.
    pub fn case_counts(&self, overdue: Timestamp) -> Result<CaseCounts, StoreError> {
        self.read(|db| cases::counts(db, overdue))
    }

    /// Deals with a case, once. `entry`: the id of what is posted, where something is.
    pub fn handle_case(
        &self,
        id: Uuid,
        way: Way,
        note: &str,
        staff: Option<&str>,
        entry: Uuid,
        now: Timestamp,
    ) -> Result<Result<(), Decline>, StoreError> {
        let program = self.program();
        let (note, staff) = (note.to_owned(), staff.map(str::to_owned));
        self.write(move |db| {
            cases::handle(db, id, (way, &note, staff.as_deref()), entry, now, program.as_deref())
        })
    }

    /// How the case of an operation was dealt with.
    pub fn handling(&self, id: Uuid) -> Result<Option<Handling>, StoreError> {
        self.read(|db| cases::of(db, id))
    }

    /// Decisions that the platform does not know yet, the oldest first.
    pub fn untold(&self, limit: u32) -> Result<Vec<Untold>, StoreError> {
        self.read(|db| cases::untold(db, limit))
    }

    /// The platform knows the decision, or will never take it.
    pub fn note_told(&self, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| cases::told(db, id, now))
    }
}

/// What other devices did.
impl Store {
    /// Keeps those of the partner's transactions that this device did not make; how many are new.
    pub fn note_foreign(&self, told: Vec<Foreign>) -> Result<usize, StoreError> {
        self.write(move |db| elsewhere::note(db, &told))
    }

    /// Every device and store that something was done with elsewhere.
    pub fn origins(&self) -> Result<Vec<Origin>, StoreError> {
        self.read(elsewhere::origins)
    }

    /// A person has settled these differences to the platform's books.
    pub fn settle_differences(
        &self,
        differences: Vec<Difference>,
        note: &str,
        staff: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (note, staff) = (note.to_owned(), staff.map(str::to_owned));
        self.write(move |db| elsewhere::settle(db, &differences, (&note, staff.as_deref()), now))
    }

    /// Whether a person has settled each of these differences.
    pub fn are_settled(&self, differences: &[Difference]) -> Result<Vec<bool>, StoreError> {
        self.read(|db| {
            let is = |one: &Difference| {
                Ok(elsewhere::settled(db, &one.id, one.is_undo)?.as_deref() == Some(one.verdict.as_str()))
            };
            differences.iter().map(is).collect()
        })
    }
}
