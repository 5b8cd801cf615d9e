//! The chain over everything that was decided here: what was edited, deleted, swapped or cut is found
//! and named.
//!
//! An entry holds the digest of an operation's content or what became of it. Verifying goes over the
//! chain and compares each entry with what the tables say now. Cutting off the newest entries together
//! with their operations can only be noticed by someone who kept the head: see [`AuditHead`].

use ledger::audit::{ChainHash, GENESIS, link};
use ledger::mutant::skipped;
use ledger::{OpId, Timestamp};
use rusqlite::{Connection as Db, OptionalExtension, params};
use uuid::Uuid;

use crate::canon::Canon;
use crate::journal::Effect;
use crate::{OperationState, StoreError, archive, commit, intake, journal};

/// Length and hash of the chain. Kept elsewhere (in the keychain), it tells that an old copy of the
/// database was put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditHead {
    pub entries: u64,
    pub hash: [u8; 32],
}

/// Where the chain breaks, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {entry}: {fault}")]
pub struct AuditBreak {
    /// From 1.
    pub entry: u64,
    pub fault: AuditFault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AuditFault {
    /// The hash does not follow from the entry and the one before: edited, swapped or inserted.
    #[error("the entry does not follow from the one before")]
    NotLinked,
    #[error("an entry is missing here")]
    Missing,
    /// The operation that the entry is about is gone.
    #[error("the operation of this entry is gone")]
    OperationGone,
    /// The operation reads differently from when it was decided.
    #[error("the operation was changed after it was decided")]
    OperationEdited,
    /// What the balances are summed from is not what the entry of the operation says.
    #[error("the journal's sums were changed")]
    JournalEdited,
    /// The operation's state is not the one that the chain tells of.
    #[error("the operation's state was changed")]
    StateEdited,
    /// There are operations that the chain does not know: the end of the chain was cut off.
    #[error("the chain is shorter than the journal")]
    Cut,
    /// The archived operation reads differently from when it was archived.
    #[error("the archive was changed")]
    ArchiveEdited,
    #[error("the entry can not be read")]
    Unreadable,
    /// The chain is not the continuation of the head that was kept: an old copy was put back.
    #[error("an older copy of the database was put back")]
    PutBack,
}

/// What is written down.
pub(crate) enum Entry {
    Committed {
        id: Uuid,
        seq: i64,
        digest: [u8; 32],
        at: Timestamp,
    },
    Settled {
        id: Uuid,
        state: OperationState,
        code: Option<String>,
        /// Fan Points and Status Points as the platform booked them.
        booked: (Option<i64>, Option<i64>),
        at: Timestamp,
    },
    /// An accepted operation went into the archive, where it reads so.
    Archived {
        id: Uuid,
        digest: [u8; 32],
        at: Timestamp,
    },
    /// Something about the device itself, such as a clock that jumped.
    Noted {
        what: String,
        at: Timestamp,
    },
}

const COMMITTED: u8 = 1;
const SETTLED: u8 = 2;
const NOTED: u8 = 3;
const ARCHIVED: u8 = 4;

impl Entry {
    fn canonical(&self) -> Vec<u8> {
        match self {
            Self::Committed { id, seq, digest, at } => {
                Canon::new(COMMITTED).bytes(id.as_bytes()).int(*seq).bytes(digest).int(at.0).finish()
            }
            Self::Settled { id, state, code, booked, at } => Canon::new(SETTLED)
                .bytes(id.as_bytes())
                .int(state.to_number())
                .option(code.as_deref())
                .number(booked.0)
                .number(booked.1)
                .int(at.0)
                .finish(),
            Self::Archived { id, digest, at } => {
                Canon::new(ARCHIVED).bytes(id.as_bytes()).bytes(digest).int(at.0).finish()
            }
            Self::Noted { what, at } => Canon::new(NOTED).text(what).int(at.0).finish(),
        }
    }
}

/// The place of the next entry.
#[derive(Clone, Copy)]
pub(crate) struct Next {
    pub n: i64,
    previous: ChainHash,
}

impl Next {
    /// The place after an entry.
    pub(crate) fn after(n: i64, hash: ChainHash) -> Self {
        Self { n: n + 1, previous: hash }
    }

    /// An entry at this place, as it is kept: its bytes and its hash.
    pub(crate) fn entry(self, entry: &Entry) -> (Vec<u8>, ChainHash) {
        let body = entry.canonical();
        let hash = link(self.previous, &body);
        (body, hash)
    }
}

pub(crate) fn next(db: &Db) -> Result<Next, StoreError> {
    let (n, previous) = tail(db)?;
    Ok(Next::after(n, previous))
}

/// The end of the chain, for several entries in a row.
#[derive(Default)]
pub(crate) struct End(Option<Next>);

impl End {
    /// Adds an entry; its number. Nobody else may add any as long as this end is used.
    ///
    /// # Errors
    /// `Full` while something that was decided has not gone over for want of room: it has its place in the chain
    /// already.
    pub(crate) fn append(&mut self, db: &Db, entry: &Entry) -> Result<i64, StoreError> {
        let place = match self.0 {
            Some(next) => next,
            None if !intake::is_empty(db)? => return Err(StoreError::Full),
            None => next(db)?,
        };
        self.0 = Some(append_at(db, place, entry)?);
        Ok(place.n)
    }
}

/// Adds one entry to the chain: see [`End::append`].
pub(crate) fn append(db: &Db, entry: &Entry) -> Result<i64, StoreError> {
    End::default().append(db, entry)
}

/// Adds an entry at the place that was asked for; the next place. Nothing may have been added since.
pub(crate) fn append_at(db: &Db, next: Next, entry: &Entry) -> Result<Next, StoreError> {
    if matches!(entry, Entry::Committed { .. }) && skipped("commit-is-audited") {
        return Ok(next);
    }
    let (body, hash) = next.entry(entry);
    db.prepare_cached("INSERT INTO audit (n, body, hash) VALUES (?1, ?2, ?3)")?.execute(params![
        next.n,
        body,
        hash.0.as_slice()
    ])?;
    Ok(Next::after(next.n, hash))
}

fn tail(db: &Db) -> Result<(i64, ChainHash), StoreError> {
    let last = db
        .prepare_cached("SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(last.map_or((0, GENESIS), |(n, hash)| (n, ChainHash(hash))))
}

pub(crate) fn head(db: &Db) -> Result<AuditHead, StoreError> {
    let (n, hash) = tail(db)?;
    Ok(AuditHead { entries: u64::try_from(n).unwrap_or(0), hash: hash.0 })
}

/// Goes over the whole chain. `kept`: a head that was kept elsewhere; the chain must pass through it.
pub(crate) fn verify(db: &Db, kept: Option<AuditHead>) -> Result<Result<AuditHead, AuditBreak>, StoreError> {
    let mut statement = db.prepare("SELECT n, body, hash FROM audit ORDER BY n")?;
    let mut rows = statement.query([])?;
    let (mut entries, mut hash, mut committed) = (0_i64, GENESIS, 0_i64);
    let at = |n: i64, fault| Ok(Err(AuditBreak { entry: u64::try_from(n).unwrap_or(0), fault }));
    while let Some(row) = rows.next()? {
        let (n, body): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        if n != entries + 1 {
            return at(entries + 1, AuditFault::Missing);
        }
        hash = link(hash, &body);
        if row.get::<_, Vec<u8>>(2)? != hash.0 && !skipped("chain-linked") {
            return at(n, AuditFault::NotLinked);
        }
        if let Some(fault) = compare(db, n, &body, &mut committed)? {
            return at(n, fault);
        }
        entries = n;
        if kept.is_some_and(|k| i64::try_from(k.entries) == Ok(n) && k.hash != hash.0) {
            return at(n, AuditFault::PutBack);
        }
    }
    let (operations, beyond): (i64, i64) = db.query_row(
        "SELECT (SELECT count(*) FROM operation) + (SELECT count(*) FROM archive),
                (SELECT count(*) FROM operation WHERE audit > ?1)
                + (SELECT count(*) FROM archive WHERE audit > ?1)",
        [entries],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if (operations != committed || beyond > 0) && !skipped("chain-whole") {
        return at(entries + 1, AuditFault::Cut);
    }
    let is_short = kept.is_some_and(|k| i64::try_from(k.entries).is_ok_and(|n| n > entries));
    if is_short && !skipped("chain-as-long-as-kept") {
        return at(entries + 1, AuditFault::PutBack);
    }
    Ok(Ok(AuditHead { entries: u64::try_from(entries).unwrap_or(0), hash: hash.0 }))
}

/// Compares an entry with the tables.
fn compare(db: &Db, n: i64, body: &[u8], committed: &mut i64) -> Result<Option<AuditFault>, StoreError> {
    let (Some(tag), Some(id)) = (body.first(), body.get(9..25)) else {
        return Ok(Some(AuditFault::Unreadable).filter(|_| body.first() != Some(&NOTED)));
    };
    if *tag == NOTED {
        return Ok(None);
    }
    let Some(stored) = Stored::find(db, id)? else {
        let Some(digest) = archive::digest(db, id)? else { return Ok(Some(AuditFault::OperationGone)) };
        *committed += i64::from(*tag == COMMITTED);
        let differs = *tag == ARCHIVED && body.get(33..65) != Some(digest.as_slice());
        return Ok(differs.then_some(AuditFault::ArchiveEdited));
    };
    if *tag == COMMITTED {
        *committed += 1;
        let expected = Entry::Committed {
            id: stored.id,
            seq: stored.seq,
            digest: commit::stored_digest(db, stored.seq)?,
            at: Timestamp(stored.created_at),
        };
        if expected.canonical() != body && !skipped("chain-content") {
            return Ok(Some(AuditFault::OperationEdited));
        }
        let untouched =
            stored.audit != n || matches!(stored.state, OperationState::Queued | OperationState::Sending);
        if !untouched {
            return Ok(Some(AuditFault::StateEdited));
        }
    } else if *tag != SETTLED {
        return Ok(Some(AuditFault::Unreadable));
    } else if skipped("chain-state") {
        return Ok(None);
    } else if stored.audit < n || (stored.audit == n && !stored.is_as_settled(body)) {
        return Ok(Some(AuditFault::StateEdited));
    }
    // A later entry tells of the state that stands.
    let is_sound = stored.audit != n || stored.is_as_journalled(db)?;
    Ok((!is_sound).then_some(AuditFault::JournalEdited))
}

/// What the tables say of an operation, as far as the chain tells of it.
struct Stored {
    seq: i64,
    id: Uuid,
    created_at: i64,
    state: OperationState,
    refusal: Option<String>,
    settled_at: Option<i64>,
    server_time: Option<i64>,
    booked: (Option<i64>, Option<i64>),
    audit: i64,
}

impl Stored {
    fn find(db: &Db, id: &[u8]) -> Result<Option<Self>, StoreError> {
        let mut statement = db.prepare_cached(
            "SELECT seq, created_at, state, refusal, settled_at, server_time, audit, booked_fan_points,
               booked_status_points FROM operation WHERE id = ?1",
        )?;
        let mut rows = statement.query([id])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(Self {
            seq: row.get(0)?,
            id: crate::load::id(id.to_vec())?,
            created_at: row.get(1)?,
            state: OperationState::from_number(row.get(2)?)
                .ok_or(StoreError::Unreadable { what: "state" })?,
            refusal: row.get(3)?,
            settled_at: row.get(4)?,
            server_time: row.get(5)?,
            audit: row.get(6)?,
            booked: (row.get(7)?, row.get(8)?),
        }))
    }

    /// Whether the journal counts the operation as its state and its entry have it.
    fn is_as_journalled(&self, db: &Db) -> Result<bool, StoreError> {
        let entry = journal::any(db, OpId(self.id.into_bytes()))?;
        let Some(((state, counted), kept)) = journal::effect(db, self.id)?.zip(entry) else {
            return Ok(false);
        };
        let mut expected = Effect::of(&kept.entry);
        let expected_state = match self.state {
            OperationState::Queued | OperationState::Sending | OperationState::Held => 0,
            OperationState::Accepted | OperationState::Moved => 1,
            OperationState::Refused => 2,
        };
        if self.state == OperationState::Accepted {
            let wallet = self.booked.0.map(|points| points.saturating_add(expected.debt));
            expected.wallet = wallet.unwrap_or(expected.wallet);
            expected.standing = self.booked.1.unwrap_or(expected.standing);
        }
        Ok(state == expected_state && counted == expected)
    }

    /// Released operations may be out again; what the chain then knows is that they are open.
    fn is_as_settled(&self, body: &[u8]) -> bool {
        let matches = |state: OperationState, time: Option<i64>| {
            let code = self.refusal.clone();
            let (booked, at) = (self.booked, Timestamp(time.unwrap_or(0)));
            let entry = Entry::Settled { id: self.id, state, code, booked, at };
            let bytes = entry.canonical();
            // A held or released operation keeps no time of its own: compare all but the last eight bytes.
            let end = if time.is_some() { bytes.len() } else { bytes.len().saturating_sub(8) };
            bytes.len() == body.len() && bytes.get(..end) == body.get(..end)
        };
        match self.state {
            OperationState::Accepted => matches(OperationState::Accepted, self.server_time),
            OperationState::Refused => matches(OperationState::Refused, self.settled_at),
            OperationState::Moved => matches(OperationState::Moved, self.settled_at),
            OperationState::Held => matches(OperationState::Held, None),
            OperationState::Queued | OperationState::Sending => matches(OperationState::Queued, None),
        }
    }
}
