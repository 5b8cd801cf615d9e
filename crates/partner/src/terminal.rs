//! A partner's terminal: one device with its database, its line to the platform and its camera.
//!
//! Starting it returns at once, so that the window is there before the keychain and the database have answered;
//! every use case waits for them. What stands in the way is told by `status` and tried again.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ledger::Timestamp;
use outbox::{DatabaseKey, Store, StoreError};
use sync::{Drain, Link, PlatformClient};
use tokio::sync::{Mutex, Notify, watch};

use crate::camera::CameraDesk;
use crate::export::ExportDesk;
use crate::gate::GateDesk;
use crate::handheld::SerialDesk;
use crate::identify::PresentFans;
use crate::keychain::{Keychain, Secret};
use crate::people::People;
use crate::provider::ProviderDesk;
use crate::review::Watched;
use crate::upkeep::{self, Upkeep};
use crate::view::{
    CameraSignal, ErrorNote, FanCard, GateSignal, OperationView, Preferences, ScanSignal, Status,
};
use crate::{AppError, ErrorCode};

/// What is under way at the end may take so long.
const LET_GO: Duration = Duration::from_secs(5);
/// So long after the start a terminal that held the database may still be going.
const GOES_WITHIN: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

const DATABASE_FILE: &str = "partner.db";
const DEVICE_FILE: &str = "device-id";

/// Shows an address; the text tells why it could not be.
pub type OpenBrowser = Arc<dyn Fn(&str) -> Result<(), String> + Send + Sync>;

/// What a terminal is built from.
pub struct Options {
    pub data_dir: PathBuf,
    pub log_dir: PathBuf,
    pub app_version: String,
    /// When the process started: the log tells how long the window took.
    pub started: Instant,
    /// Connects at start with what this file says, unless the device is connected already.
    pub pairing_file: Option<PathBuf>,
    /// Frames that stand in for a camera.
    pub frames: Option<FrameFolder>,
    pub keychain: Arc<dyn Keychain>,
    pub announce: Arc<dyn Fn(News) + Send + Sync>,
    pub recent_errors: Arc<dyn Fn() -> Vec<ErrorNote> + Send + Sync>,
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// The system's browser.
    pub open_browser: OpenBrowser,
}

/// A folder of pictures, shown at a rate (frames a second).
#[derive(Clone, Debug)]
pub struct FrameFolder {
    pub folder: PathBuf,
    pub rate: u32,
}

/// What a terminal tells unasked.
#[derive(Clone, Debug)]
pub enum News {
    Status(Box<Status>),
    Operation(Box<OperationView>),
    Fan(Box<FanCard>),
    Camera(CameraSignal),
    Scan(Box<ScanSignal>),
    Gate(Box<GateSignal>),
}

/// The time of the system's clock.
pub fn system_clock() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_millisecond())
}

/// A terminal; clones are the same one.
#[derive(Clone)]
pub struct Terminal(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub options: Options,
    opened: Mutex<Option<Opened>>,
    /// Nothing opens the database any more.
    closed: AtomicBool,
    /// One connect or disconnect at a time.
    pub connecting: Mutex<()>,
    pub fans: PresentFans,
    pub camera: CameraDesk,
    pub serial: SerialDesk,
    pub gate: GateDesk,
    /// One PIN at a time.
    pub pins: Mutex<()>,
    pub watched: Watched,
    pub people: People,
    pub provider: ProviderDesk,
    /// How many cards and statuses were begun.
    editions: AtomicU64,
    /// The last status told; None: nothing was told yet.
    pub told: watch::Sender<Option<Status>>,
    /// Rings when a status should be told.
    bell: Notify,
    /// Rings when the database has changed.
    pub changed: Notify,
    shown: std::sync::Once,
    pub upkeep: Upkeep,
    /// Rings when a shift's report is to be delivered.
    pub reports: Notify,
    pub exports: ExportDesk,
}

/// What is there once the database is open.
#[derive(Clone)]
pub(crate) struct Opened {
    pub store: Store,
    pub device_id: Arc<str>,
    pub line: Option<Line>,
}

/// The line to the platform while the terminal is connected.
#[derive(Clone)]
pub(crate) struct Line {
    pub client: Arc<PlatformClient>,
    pub drain: Arc<Drain>,
}

impl Line {
    pub fn is_online(&self) -> bool {
        matches!(self.drain.state().borrow().link, Link::Online { .. })
    }
}

impl Terminal {
    /// Starts a terminal. Needs a tokio runtime; the work goes on in the background.
    pub fn start(options: Options) -> Self {
        let terminal = Self(Arc::new(Inner {
            options,
            opened: Mutex::new(None),
            closed: AtomicBool::new(false),
            connecting: Mutex::new(()),
            fans: PresentFans::default(),
            camera: CameraDesk::default(),
            serial: SerialDesk::default(),
            gate: GateDesk::default(),
            pins: Mutex::new(()),
            watched: Watched::default(),
            people: People::default(),
            provider: ProviderDesk::default(),
            editions: AtomicU64::new(0),
            told: watch::Sender::new(None),
            bell: Notify::new(),
            changed: Notify::new(),
            shown: std::sync::Once::new(),
            upkeep: Upkeep::default(),
            reports: Notify::new(),
            exports: ExportDesk::default(),
        }));
        tokio::spawn(terminal.clone().tell_status());
        tokio::spawn(terminal.clone().tell_changes());
        tokio::spawn(terminal.clone().keep_up());
        tokio::spawn(terminal.clone().deliver_reports());
        tokio::spawn(terminal.clone().watch_lock());
        tokio::spawn(terminal.clone().watch_grants());
        let opening = terminal.clone();
        tokio::spawn(async move {
            if opening.opened().await.is_ok() {
                opening.pair_at_start().await;
                opening.tell_gate().await;
            }
            opening.ring();
        });
        terminal
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.0.options.clock)()
    }

    pub(crate) fn announce(&self, news: News) {
        (self.0.options.announce)(news);
    }

    /// Asks for a fresh status to be told.
    pub(crate) fn ring(&self) {
        self.0.bell.notify_one();
    }

    /// The open database and the line, opened now where they are not.
    pub(crate) async fn opened(&self) -> Result<Opened, AppError> {
        let mut opened = self.0.opened.lock().await;
        if let Some(opened) = &*opened {
            return Ok(opened.clone());
        }
        if self.is_closed() {
            return Err(AppError::new(ErrorCode::Internal).detail("closed"));
        }
        let (folder, keychain) = (self.0.options.data_dir.clone(), self.0.options.keychain.clone());
        let now = self.now();
        let patience = self.0.options.started + GOES_WITHIN;
        let (store, device_id) = blocking(move || open_store(&folder, &*keychain, now, patience)).await??;
        store.watch_clock(time_that_passes());
        // The database must not keep the terminal alive that owns it.
        let terminal = Arc::downgrade(&self.0);
        store.on_change(move |_| {
            if let Some(terminal) = terminal.upgrade() {
                terminal.changed.notify_one();
            }
        });
        let mut fresh = Opened { store, device_id, line: None };
        let (people, known) = (self.clone(), fresh.clone());
        blocking(move || people.take_up_people(&known)).await??;
        // Without its secret the device can not send, but it can still sell.
        fresh.line = self.line_of(&fresh).await.unwrap_or_else(|error| {
            tracing::warn!(code = ?error.code, "the line to the platform could not be opened");
            None
        });
        *opened = Some(fresh.clone());
        self.0.upkeep.begin();
        Ok(fresh)
    }

    /// The database, if it is open; does not open it.
    pub(crate) async fn if_open(&self) -> Option<Opened> {
        self.0.opened.lock().await.clone()
    }

    /// Replaces the line; the old one stops.
    pub(crate) async fn set_line(&self, line: Option<Line>) {
        let old = match &mut *self.0.opened.lock().await {
            Some(opened) => std::mem::replace(&mut opened.line, line),
            None => None,
        };
        if let Some(old) = old {
            old.drain.stop().await;
        }
        self.ring();
    }

    /// Stops the camera and the line, and lets go of the database for good. Calls that are under way end first.
    pub async fn close(&self) {
        if let Err(error) = self.camera_stop().await {
            tracing::debug!(code = ?error.code, "the camera did not stop");
        }
        let opened = {
            let mut opened = self.0.opened.lock().await;
            self.0.closed.store(true, Ordering::Release);
            opened.take()
        };
        let Some(Opened { store, line, device_id }) = opened else { return };
        if let Some(line) = line {
            line.drain.stop().await;
        }
        self.keep_head(&store, &device_id).await;
        let closing = store.closing();
        drop(store);
        if !matches!(blocking(move || closing.wait(LET_GO)).await, Ok(true)) {
            tracing::warn!("the database is still held");
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::Acquire)
    }

    /// Runs a call to the database off the async threads.
    pub(crate) async fn store<T, F>(&self, call: F) -> Result<T, AppError>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.opened().await?.store;
        Ok(blocking(move || call(&store)).await??)
    }

    /// The first answer to a window: it is there and knows what to show.
    pub(crate) fn note_shown(&self) {
        self.0.shown.call_once(|| {
            let after = self.0.options.started.elapsed().as_millis();
            tracing::info!(usable_ms = u64::try_from(after).unwrap_or(u64::MAX), "startup");
        });
    }

    /// Tells a status whenever the bell rang and something differs from what was told.
    async fn tell_status(self) {
        loop {
            self.0.bell.notified().await;
            if self.is_closed() {
                return;
            }
            let status = self.current_status().await;
            let changed = self.0.told.send_if_modified(|told| {
                let same = |told: &Status| Status { edition: told.edition, ..status.clone() } == *told;
                let differs = !told.as_ref().is_some_and(same);
                if differs {
                    *told = Some(status.clone());
                }
                differs
            });
            if changed {
                self.announce(News::Status(Box::new(status)));
            }
        }
    }

    /// The number of what is about to be read for a screen: whatever has a higher one shows at least as much.
    pub(crate) fn next_edition(&self) -> u64 {
        self.0.editions.fetch_add(1, Ordering::Relaxed)
    }

    /// Saves what a person prefers.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn set_preferences(&self, preferences: Preferences) -> Result<Status, AppError> {
        let text = serde_json::to_string(&preferences).map_err(|_| ErrorCode::Internal)?;
        self.store(move |store| store.set_setting("preferences", &text)).await?;
        self.status().await
    }
}

/// Runs a blocking call on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AppError> {
    tokio::task::spawn_blocking(call).await.map_err(|_| AppError::new(ErrorCode::Internal))
}

/// Opens the database, and waits until `patience` for a terminal that is just closing or was ended by force.
fn open_store(
    folder: &Path,
    keychain: &dyn Keychain,
    now: Timestamp,
    patience: Instant,
) -> Result<(Store, Arc<str>), AppError> {
    let device_id = device_id(folder)?;
    let name = format!("database-key {device_id}");
    let path = folder.join(DATABASE_FILE);
    let key = match keychain.read(&name)? {
        Some(secret) => match <[u8; 32]>::try_from(secret.expose()) {
            Ok(bytes) => DatabaseKey::from_bytes(bytes),
            Err(_) => return Err(AppError::new(ErrorCode::StorageKeyMissing)),
        },
        // A database without its key must never be replaced: the key may come back with the keychain.
        None if path.exists() => return Err(AppError::new(ErrorCode::StorageKeyMissing)),
        None => {
            let key = DatabaseKey::generate().map_err(|_| ErrorCode::Internal)?;
            keychain.write(&name, &Secret::new(key.expose().to_vec()))?;
            key
        }
    };
    let mut opened = Store::open(&path, &key);
    while matches!(opened, Err(StoreError::InUse)) && Instant::now() < patience {
        std::thread::sleep(LOOK_AGAIN);
        opened = Store::open(&path, &key);
    }
    match opened {
        // What was damaged is out of the way, and the counter goes on; the person is told until they say so.
        Err(StoreError::Damaged { set_aside, export, operations }) => {
            let store = Store::open(&path, &key)?;
            upkeep::note_set_aside(&store, &set_aside, export.as_deref(), operations, now)?;
            Ok((store, device_id))
        }
        opened => Ok((opened?, device_id)),
    }
}

/// The name of this device: random, made once, not secret.
fn device_id(folder: &Path) -> Result<Arc<str>, AppError> {
    let failed = |error: std::io::Error| {
        let code = match error.kind() {
            std::io::ErrorKind::StorageFull => ErrorCode::StorageFull,
            std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
                ErrorCode::StorageReadOnly
            }
            _ => ErrorCode::StorageFailed,
        };
        AppError::new(code).retryable().detail(error.kind().to_string())
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let path = folder.join(DEVICE_FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) if uuid::Uuid::try_parse(text.trim()).is_ok() => Ok(text.trim().into()),
        Ok(_) => Err(AppError::new(ErrorCode::StorageDamaged).detail(DEVICE_FILE)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let id = uuid::Uuid::new_v4().to_string();
            std::fs::write(&path, &id).map_err(failed)?;
            Ok(id.into())
        }
        Err(error) => Err(failed(error)),
    }
}

/// A clock that nobody can set and that goes on while the machine sleeps: waking up is no jump of the wall clock. What
/// the standard library has for it stands still in sleep, but for Windows.
#[cfg(unix)]
fn time_that_passes() -> impl Fn() -> Duration + Send + Sync + 'static {
    use rustix::time::{ClockId, clock_gettime};

    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::Monotonic;
    || Duration::try_from(clock_gettime(CLOCK)).unwrap_or_default()
}

#[cfg(not(unix))]
fn time_that_passes() -> impl Fn() -> Duration + Send + Sync + 'static {
    let started = Instant::now();
    move || started.elapsed()
}
