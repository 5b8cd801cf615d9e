//! The loop that delivers what is queued, and the handle to it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use ledger::Timestamp;
use outbox::{OperationRow, OperationState, Store, StoreError};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

use crate::delays::system_dice;
use crate::round::Round;
use crate::{DelayRange, Dice, Platform, SyncState, values};

/// Reads the wall clock.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How the loop goes about it. The default is what the design asks for.
#[derive(Clone)]
pub struct Options {
    pub clock: Clock,
    pub dice: Dice,
    /// Calls in one request, at the most.
    pub calls: usize,
    /// Bytes of one request, at the most, estimated.
    pub bytes: usize,
    /// Requests that are out at once while a backlog drains: never two with operations of the same fan.
    pub requests: usize,
    /// Between tries after the platform has failed.
    pub delays: DelayRange,
    /// How often the way is tried while there is nothing to send, or no way.
    pub probe: Duration,
    /// ... and shortly after it was lost.
    pub quick_probe: Duration,
    pub quick_for: Duration,
    /// How often the way to the network is looked at while the platform can not be reached: that sends nothing.
    pub look: Duration,
    /// How often the platform is asked what has changed, while there is nothing to send.
    pub feed: Duration,
    /// After an outage the devices come back spread over so long, or over its own length if it was shorter.
    pub spread: Duration,
    /// After so many failed batches in a row single operations go out until one succeeds.
    pub careful_after: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(values::wall_clock),
            dice: system_dice(),
            calls: 50,
            bytes: 128 * 1024,
            requests: 3,
            delays: DelayRange::default(),
            probe: Duration::from_secs(12),
            quick_probe: Duration::from_secs(2),
            quick_for: Duration::from_secs(30),
            look: Duration::from_secs(1),
            feed: Duration::from_secs(10),
            spread: Duration::from_secs(30),
            careful_after: 5,
        }
    }
}

/// What handle and loop share.
pub(crate) struct Shared {
    pub store: Store,
    pub state: watch::Sender<SyncState>,
    /// Something was committed here.
    pub news: Notify,
    /// A person waits: nothing but the platform's own word holds the loop back.
    pub hurry: Notify,
    pub now_wanted: AtomicBool,
    pub stopping: AtomicBool,
    /// Operations somebody waits for; true: not tried since that was said.
    urgent: Mutex<HashMap<Uuid, bool>>,
    version: watch::Sender<u64>,
}

impl Shared {
    fn urgent_ids(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, bool>> {
        self.urgent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The operations that come first, and whether one of them is new.
    pub(crate) fn urgent(&self) -> (Vec<Uuid>, bool) {
        let mut urgent = self.urgent_ids();
        let is_new = urgent.values().any(|new| *new);
        urgent.values_mut().for_each(|new| *new = false);
        (urgent.keys().copied().collect(), is_new)
    }

    pub(crate) fn somebody_waits(&self) -> bool {
        !self.urgent_ids().is_empty()
    }

    /// Asks the database on a thread that may block.
    pub(crate) async fn ask<T, F>(&self, question: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || question(&store)).await.unwrap_or(Err(StoreError::Closed))
    }
}

/// The handle to the loop. The loop ends when it is stopped or the handle is dropped.
pub struct Drain {
    shared: Arc<Shared>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Drain {
    /// Starts delivering. Must be called within a tokio runtime, once per store.
    pub fn start<P: Platform>(store: Store, platform: Arc<P>, options: Options) -> Self {
        let (state, _) = watch::channel(SyncState::starting(None));
        let (version, _) = watch::channel(store.version());
        let shared = Arc::new(Shared {
            store,
            state,
            news: Notify::new(),
            hurry: Notify::new(),
            now_wanted: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            urgent: Mutex::new(HashMap::new()),
            version,
        });
        // The store outlives the loop: what it calls must not hold the loop's things alive.
        let weak: Weak<Shared> = Arc::downgrade(&shared);
        shared.store.on_change(move |version| {
            if let Some(shared) = weak.upgrade() {
                shared.version.send_replace(version);
                shared.news.notify_one();
            }
        });
        let task = tokio::spawn(Round::new(Arc::clone(&shared), platform, options).run());
        Self { shared, task: Mutex::new(Some(task)) }
    }

    /// What is going on, now and whenever it changes.
    pub fn state(&self) -> watch::Receiver<SyncState> {
        self.shared.state.subscribe()
    }

    /// Sends what waits at once: no spread, no backoff. Only a platform that asked to wait is waited for.
    pub fn send_now(&self) {
        self.shared.now_wanted.store(true, Ordering::Release);
        self.shared.hurry.notify_one();
    }

    /// Delivers one operation, and what stands before it in its lane, ahead of everything else. Comes
    /// back once it is accepted, refused or held, or after `timeout` as it stands then.
    ///
    /// # Errors
    /// [`StoreError::UnknownOperation`], or where the database can not be read.
    pub async fn deliver(&self, id: Uuid, timeout: Duration) -> Result<OperationRow, StoreError> {
        let _urgent = Urgent::new(&self.shared, id);
        let mut version = self.shared.version.subscribe();
        let end = Instant::now() + timeout;
        loop {
            version.mark_unchanged();
            let row = self
                .shared
                .ask(move |store| store.operation(id))
                .await?
                .ok_or(StoreError::UnknownOperation)?;
            if !row.state.is_open() || row.state == OperationState::Held {
                return Ok(row);
            }
            tokio::select! {
                changed = version.changed() => if changed.is_err() { return Ok(row) },
                () = tokio::time::sleep_until(end) => return Ok(row),
            }
        }
    }

    /// Ends the loop after the request that is out, if one is: its answer still counts. The handle keeps
    /// the database open until it is dropped.
    pub async fn stop(&self) {
        self.end();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            let _ended = task.await;
        }
    }

    fn end(&self) {
        self.shared.stopping.store(true, Ordering::Release);
        self.shared.hurry.notify_one();
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        self.end();
    }
}

/// Somebody waits for this operation, as long as this lives.
struct Urgent<'a> {
    shared: &'a Shared,
    id: Uuid,
}

impl<'a> Urgent<'a> {
    fn new(shared: &'a Shared, id: Uuid) -> Self {
        shared.urgent_ids().insert(id, true);
        shared.hurry.notify_one();
        Self { shared, id }
    }
}

impl Drop for Urgent<'_> {
    fn drop(&mut self) {
        self.shared.urgent_ids().remove(&self.id);
    }
}
