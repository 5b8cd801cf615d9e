//! Opening the database: lock, key, version, repair of what a crash left, and what to do with damage.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ledger::mutant::skipped;
use rusqlite::{Connection as Db, OpenFlags};

use crate::writer::{Health, Writer};
use crate::{DatabaseKey, StoreError, migrate, queue, salvage};

/// Up to this size a database is checked whole before it is used; a larger one is read as it is
/// used, and every page is authenticated by the cipher anyway.
const CHECK_UP_TO_BYTES: u64 = 16 * 1024 * 1024;

/// What the writer keeps of the database in memory, at the most.
const WRITER_CACHE_KIB: u32 = 8 * 1024;

/// The lock that keeps a second window or process out. It goes with the file handle, so a crash
/// frees it.
pub(crate) struct Lock {
    file: File,
}

pub(crate) struct Opened {
    pub lock: Lock,
    pub writer: Writer,
    pub health: Arc<Health>,
}

pub(crate) fn open(path: &Path, key: &DatabaseKey) -> Result<Opened, StoreError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(io("making the folder of the database"))?;
    }
    let mut lock = Lock::take(&beside(path, "lock"))?;
    let is_new = !path.exists();
    let proven = lock.knows_key(key, is_new)?;
    ready()?;
    let db = match prepare(path, key) {
        Ok(db) => db,
        Err(StoreError::Corrupt) if proven => return Err(set_aside(path, key)),
        Err(StoreError::Corrupt) => return Err(StoreError::WrongKey),
        Err(other) => return Err(other),
    };
    if !proven {
        lock.keep_key(key)?;
    }
    let health = Arc::new(Health::default());
    let writer = Writer::start(db, Arc::clone(&health))?;
    writer.write(queue::return_all)?;
    Ok(Opened { lock, writer, health })
}

/// A connection that only reads.
pub(crate) fn reader(path: &Path, key: &DatabaseKey) -> Result<Db, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Db::open_with_flags(path, flags)?;
    unlock(&db, key)?;
    db.execute_batch("PRAGMA query_only = ON; PRAGMA busy_timeout = 2000; PRAGMA temp_store = MEMORY")?;
    // The first read sets up the cipher.
    db.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0))?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// Waits until the cipher is ready, once in a process. SQLite calls itself initialized just before it initializes the
/// cipher: whoever opens a database beside the very first one could be told that there is none (`SQLITE_ERROR`).
fn ready() -> Result<(), StoreError> {
    static READY: Mutex<bool> = Mutex::new(false);
    let mut is_ready = READY.lock().unwrap_or_else(PoisonError::into_inner);
    if !*is_ready {
        drop(Db::open_in_memory()?);
        *is_ready = true;
    }
    Ok(())
}

fn prepare(path: &Path, key: &DatabaseKey) -> Result<Db, StoreError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Db::open_with_flags(path, flags)?;
    unlock(&db, key)?;
    // The first read: it fails where the key is wrong or the file is none.
    db.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0))?;
    migrate::refuse_newer(&db)?;
    set_pragmas(&db)?;
    check_whole(&db, path)?;
    migrate::migrate(&mut db)?;
    // A page that is not kept has to be decrypted again; deciding goes over a few hundred of them in turns.
    db.execute_batch(&format!("PRAGMA cache_size = -{WRITER_CACHE_KIB}"))?;
    db.set_prepared_statement_cache_capacity(128);
    Ok(db)
}

fn unlock(db: &Db, key: &DatabaseKey) -> Result<(), StoreError> {
    // The cipher reports on the standard error output, which is not its to write to.
    db.execute_batch("PRAGMA cipher_log_level = NONE")?;
    db.execute_batch(&key.pragma()).map_err(|error| match error {
        // The text of the statement holds the key: it must not reach a log.
        rusqlite::Error::SqlInputError { error, .. } => StoreError::Unexpected { code: error.extended_code },
        other => other.into(),
    })
}

fn set_pragmas(db: &Db) -> Result<(), StoreError> {
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StoreError::Io { what: "the disk does not support a write-ahead log" });
    }
    db.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
         PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;
         PRAGMA busy_timeout = 2000; PRAGMA trusted_schema = OFF",
    )?;
    if skipped("synchronous-full") {
        db.execute_batch("PRAGMA synchronous = OFF")?;
    }
    Ok(())
}

fn check_whole(db: &Db, path: &Path) -> Result<(), StoreError> {
    if fs::metadata(path).map_or(0, |file| file.len()) > CHECK_UP_TO_BYTES {
        return Ok(());
    }
    let said: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if said == "ok" { Ok(()) } else { Err(StoreError::Corrupt) }
}

/// Moves a damaged database out of the way, with all that belongs to it, under the first free name.
fn set_aside(path: &Path, key: &DatabaseKey) -> StoreError {
    let free = (1_u32..).map(|n| beside(path, &format!("damaged-{n}"))).find(|name| !name.exists());
    let Some(target) = free else { return StoreError::Corrupt };
    for tail in ["-wal", "-shm", ""] {
        let (from, to) = (with_tail(path, tail), with_tail(&target, tail));
        if from.exists() && fs::rename(&from, &to).is_err() {
            return StoreError::Io { what: "setting the damaged database aside" };
        }
    }
    tracing::error!(file = %target.display(), "the database is damaged and was set aside");
    let (export, operations) = match salvage::export(&target, key) {
        Ok((file, operations)) => (Some(file), operations),
        Err(error) => {
            tracing::error!(code = error.code(), "nothing could be exported of it");
            (None, 0)
        }
    };
    StoreError::Damaged { set_aside: target, export, operations }
}

pub(crate) fn with_tail(path: &Path, tail: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(tail);
    PathBuf::from(name)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    with_tail(path, &format!(".{ending}"))
}

fn io(what: &'static str) -> impl Fn(std::io::Error) -> StoreError {
    move |error| {
        tracing::error!(%error, what);
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::Full,
            std::io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly,
            _ => StoreError::Io { what },
        }
    }
}

impl Lock {
    fn take(path: &Path) -> Result<Self, StoreError> {
        let what = "locking the database";
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(io(what))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) if skipped("one-writer") => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
            Err(TryLockError::Error(error)) => Err(io(what)(error)),
        }
    }

    /// The lock file also holds the key's check value: SQLCipher answers alike to a wrong key and to
    /// a damaged first page, and only the latter may be set aside. True: the key is the right one.
    fn knows_key(&mut self, key: &DatabaseKey, is_new: bool) -> Result<bool, StoreError> {
        let mut kept = Vec::new();
        self.file.read_to_end(&mut kept).map_err(io("reading the lock file"))?;
        let expected = key.check_value();
        if kept == expected.as_bytes() || skipped("key-proven") {
            return Ok(true);
        }
        if !is_new && kept.len() == expected.len() {
            return Err(StoreError::WrongKey);
        }
        Ok(false)
    }

    /// Remembers a key that has opened the database.
    fn keep_key(&mut self, key: &DatabaseKey) -> Result<(), StoreError> {
        let what = "writing the lock file";
        self.file.set_len(0).map_err(io(what))?;
        self.file.rewind().map_err(io(what))?;
        self.file.write_all(key.check_value().as_bytes()).map_err(io(what))?;
        self.file.sync_all().map_err(io(what))
    }
}
