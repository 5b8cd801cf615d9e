//! Real-time changes of one environment: one task reads what each commit brought, whoever follows gets it from memory.
//! A follower that falls behind reads the change feed from the database again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::{self, error::RecvError};
use tokio::task::JoinHandle;

use crate::environment::Environment;
use crate::store::StoreError;
use crate::store::changes::{self, Change};

/// Changes that a follower may be behind before it has to read again.
const ROOM: usize = 4096;
/// Changes in one reading.
pub const PAGE: u32 = 500;
/// After a failed reading.
const PAUSE: Duration = Duration::from_millis(250);

type Sender = broadcast::Sender<Arc<Change>>;

/// Where followers of an environment subscribe.
pub struct Feed(Sender);

impl Default for Feed {
    fn default() -> Self {
        Self(broadcast::channel(ROOM).0)
    }
}

impl Feed {
    /// All changes from now on.
    pub fn follow(&self) -> broadcast::Receiver<Arc<Change>> {
        self.0.subscribe()
    }
}

/// Starts reading. The task ends when it is aborted.
pub fn start(environment: Arc<Environment>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut commits = environment.store.last_commit();
        let mut cursor = *commits.borrow_and_update();
        while commits.changed().await.is_ok() {
            let newest = *commits.borrow_and_update();
            let sender = &environment.feed.0;
            if sender.receiver_count() == 0 {
                // Whoever comes later reads what was before from the database.
                cursor = newest;
                continue;
            }
            if let Err(error) = tell(&environment, sender, &mut cursor).await {
                tracing::warn!(%error, "changes were not read; trying again");
                tokio::time::sleep(PAUSE).await;
                commits.mark_changed();
            }
        }
    })
}

async fn tell(environment: &Environment, sender: &Sender, cursor: &mut i64) -> Result<(), StoreError> {
    loop {
        let from = *cursor;
        let page = environment.store.read(move |connection| changes::after(connection, from, PAGE)).await?;
        let full = page.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
        for change in page {
            *cursor = change.date_us;
            // Nobody may follow any more: then nobody misses it.
            let _nobody = sender.send(Arc::new(change));
        }
        if !full {
            return Ok(());
        }
    }
}

/// The next change for a follower.
pub enum Next {
    Change(Arc<Change>),
    /// Some were missed: read them from the database.
    Behind,
    /// Nothing came in this time.
    Quiet,
    Stopped,
}

/// Waits for the next change, at most for `patience`.
pub async fn next(receiver: &mut broadcast::Receiver<Arc<Change>>, patience: Duration) -> Next {
    match tokio::time::timeout(patience, receiver.recv()).await {
        Err(_) => Next::Quiet,
        Ok(Ok(change)) => Next::Change(change),
        Ok(Err(RecvError::Lagged(_))) => Next::Behind,
        Ok(Err(RecvError::Closed)) => Next::Stopped,
    }
}
