//! Taking the list along as a file: written in the background, with progress, and given up when nobody wants it any more.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use outbox::{ExportError, Form, Store, Wanted};

use crate::rights::Right;
use crate::terminal::blocking;
use crate::view::{ExportForm, ExportState, ExportView, ReviewFilter};
use crate::{AppError, ErrorCode, Terminal};

/// The export of this session: one at a time.
#[derive(Default)]
pub(crate) struct ExportDesk(Mutex<Option<Arc<Job>>>);

struct Job {
    path: PathBuf,
    rows: AtomicU64,
    /// How many there will be; 0: not counted yet.
    total: AtomicU64,
    cancelled: AtomicBool,
    ended: Mutex<Option<(ExportState, Option<AppError>)>>,
}

impl ExportDesk {
    fn job(&self) -> Option<Arc<Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// False: one runs already.
    fn begin(&self, job: &Arc<Job>) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().is_some_and(|known| !known.has_ended()) {
            return false;
        }
        *known = Some(Arc::clone(job));
        true
    }
}

impl Job {
    fn has_ended(&self) -> bool {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn view(&self) -> ExportView {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (state, error) = ended.unwrap_or((ExportState::Running, None));
        let number = |of: &AtomicU64| u32::try_from(of.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
        ExportView {
            state,
            rows: number(&self.rows),
            total: Some(number(&self.total)).filter(|total| *total > 0),
            path: self.path.display().to_string(),
            error,
        }
    }

    fn run(&self, store: &Store, wanted: &Wanted, form: Form) {
        // Under its own name only when it is whole.
        let part = self.path.with_extension("part");
        let outcome = self.write(store, wanted, form, &part);
        if outcome.is_err() {
            // What is half is nobody's; where it can not be removed, its name says what it is.
            let _ = fs::remove_file(&part);
        }
        let ended = match outcome {
            Ok(()) => (ExportState::Done, None),
            Err(ExportError::Cancelled) => (ExportState::Cancelled, None),
            Err(ExportError::Store(error)) => (ExportState::Failed, Some(error.into())),
            Err(ExportError::File(error)) => (ExportState::Failed, Some(file_error(&error))),
        };
        tracing::info!(state = ?ended.0, rows = self.rows.load(Ordering::Relaxed), "export");
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
    }

    fn write(&self, store: &Store, wanted: &Wanted, form: Form, part: &Path) -> Result<(), ExportError> {
        self.total.store(store.review_total(wanted)?, Ordering::Relaxed);
        let file = File::create(part)?;
        store.export(wanted, form, &file, |rows| {
            self.rows.store(rows, Ordering::Relaxed);
            !self.cancelled.load(Ordering::Relaxed)
        })?;
        file.sync_all()?;
        Ok(fs::rename(part, &self.path)?)
    }
}

impl Terminal {
    /// Begins to write all that the filter lets through into a new file in `folder`.
    ///
    /// # Errors
    /// While another export runs, and where the folder takes no file.
    pub async fn begin_export(
        &self,
        filter: ReviewFilter,
        form: ExportForm,
        folder: PathBuf,
    ) -> Result<ExportView, AppError> {
        self.require(Right::Export).await?;
        let wanted = self.wanted(&filter).await?;
        let (ending, form) = match form {
            ExportForm::Csv => ("csv", Form::Csv),
            ExportForm::JsonLines => ("jsonl", Form::JsonLines),
        };
        let store = self.opened().await?.store;
        let day = jiff::Timestamp::from_millisecond(self.now().0)
            .map(|now| now.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d-%H%M").to_string())
            .unwrap_or_default();
        let path = blocking(move || free_name(&folder, &day, ending)).await?.map_err(|e| file_error(&e))?;
        let job = Arc::new(Job {
            path,
            rows: AtomicU64::new(0),
            total: AtomicU64::new(0),
            cancelled: AtomicBool::new(false),
            ended: Mutex::new(None),
        });
        if !self.0.exports.begin(&job) {
            return Err(AppError::new(ErrorCode::StorageInUse).detail("export"));
        }
        let running = Arc::clone(&job);
        tokio::task::spawn_blocking(move || running.run(&store, &wanted, form));
        Ok(job.view())
    }

    /// The export that runs, or the last one.
    pub fn export_state(&self) -> Option<ExportView> {
        self.0.exports.job().map(|job| job.view())
    }

    /// Gives up the export that runs; its file is removed.
    pub fn cancel_export(&self) {
        if let Some(job) = self.0.exports.job() {
            job.cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// The folder of the last export that is whole.
    pub fn export_folder(&self) -> Option<PathBuf> {
        let job = self.0.exports.job().filter(|job| job.view().state == ExportState::Done)?;
        job.path.parent().map(Path::to_path_buf)
    }
}

fn free_name(folder: &Path, day: &str, ending: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let name = |n: u32| match n {
        0 => format!("fanpoints-{day}.{ending}"),
        n => format!("fanpoints-{day}-{n}.{ending}"),
    };
    let free = (0..1000).map(|n| folder.join(name(n))).find(|path| !path.exists());
    free.ok_or_else(|| io::ErrorKind::AlreadyExists.into())
}

fn file_error(error: &io::Error) -> AppError {
    let code = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorCode::StorageFull,
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => ErrorCode::StorageReadOnly,
        _ => ErrorCode::StorageFailed,
    };
    AppError::new(code).retryable().detail(error.kind().to_string())
}
