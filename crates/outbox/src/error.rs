//! Why the device's database could not do what was asked: one closed list.

use std::path::PathBuf;

use rusqlite::{Error as Sql, ErrorCode};

use crate::IllegalTransition;

/// A failure of the store. A refusal of an operation is no failure: see [`crate::Decline`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file was written by a newer version of the app. It was not touched.
    #[error("the database has version {found}, this app knows up to {known}")]
    Newer { found: u32, known: u32 },
    /// The file can not be read although the key is right. It was moved to `set_aside`, whole;
    /// opening again starts an empty database.
    #[error("the database is damaged and was set aside")]
    Damaged {
        set_aside: PathBuf,
        /// What could be read of it, as JSON Lines, and how many operations that is.
        export: Option<PathBuf>,
        operations: u64,
    },
    /// Damage was found while the database was in use. Opening it again sets it aside.
    #[error("the database is damaged")]
    Corrupt,
    /// The key does not open this database. Nothing was changed.
    #[error("the key does not open the database")]
    WrongKey,
    /// Another process or window has the database open.
    #[error("the database is in use by another window or process")]
    InUse,
    /// The disk is full: nothing was written, what was stored before is intact.
    #[error("the disk is full")]
    Full,
    /// The disk failed while something was being made durable. Nothing more is written until the
    /// database is opened again.
    #[error("the database takes no more changes until the app is started again")]
    ReadOnly,
    /// The disk failed. What was to be written is not confirmed.
    #[error("the disk failed: {what}")]
    Io { what: &'static str },
    /// No operation has this id.
    #[error("unknown operation")]
    UnknownOperation,
    /// The operation's state does not allow this.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// A stored value can not be read by this version.
    #[error("a stored value can not be read: {what}")]
    Unreadable { what: &'static str },
    /// The database was closed.
    #[error("the database is closed")]
    Closed,
    /// SQLite said something that it should never say; the extended result code.
    #[error("the database failed unexpectedly (code {code})")]
    Unexpected { code: i32 },
}

impl StoreError {
    /// A stable code for messages and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Newer { .. } => "database_newer",
            Self::Damaged { .. } => "database_damaged",
            Self::Corrupt => "database_corrupt",
            Self::WrongKey => "database_wrong_key",
            Self::InUse => "database_in_use",
            Self::Full => "disk_full",
            Self::ReadOnly => "database_read_only",
            Self::Io { .. } => "disk_failed",
            Self::UnknownOperation => "unknown_operation",
            Self::Illegal(_) => "illegal_transition",
            Self::Unreadable { .. } => "value_unreadable",
            Self::Closed => "database_closed",
            Self::Unexpected { .. } => "database_failed",
        }
    }

    /// Whether trying the same again could succeed without starting the app anew.
    pub fn retry_could_succeed(&self) -> bool {
        matches!(self, Self::Full | Self::InUse | Self::Io { .. })
    }
}

impl From<Sql> for StoreError {
    fn from(error: Sql) -> Self {
        match &error {
            Sql::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Self::Full,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupt,
                ErrorCode::ReadOnly => Self::ReadOnly,
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::InUse,
                ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => {
                    Self::Io { what: "reading or writing the database" }
                }
                _ => {
                    tracing::error!(code = failure.extended_code, "the database failed");
                    Self::Unexpected { code: failure.extended_code }
                }
            },
            Sql::FromSqlConversionFailure(..)
            | Sql::InvalidColumnType(..)
            | Sql::IntegralValueOutOfRange(..) => Self::Unreadable { what: "column" },
            _ => {
                tracing::error!(%error, "the database failed");
                Self::Unexpected { code: -1 }
            }
        }
    }
}
