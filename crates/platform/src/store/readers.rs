//! A handful of connections that only read, used away from the threads that serve requests. One that broke is made
//! anew before its next use.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::StoreError;
use super::sql::{Connection, Database};

pub(super) struct Readers {
    database: Database,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    /// The first connection is made at once, the others when they are needed.
    pub(super) fn open(database: &Database, count: usize) -> Result<Self, StoreError> {
        let idle = vec![connect(database)?];
        Ok(Self {
            database: database.clone(),
            idle: Arc::new(Mutex::new(idle)),
            permits: Arc::new(Semaphore::new(count)),
        })
    }

    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| StoreError::Stopped)?;
        let idle = Arc::clone(&self.idle);
        let database = self.database.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let permit = permit;
            let connection = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = viewing(&database, connection)?;
            let answer = work(&connection);
            // A read changes nothing: an error at its end takes nothing back.
            let ended = connection.rollback();
            let healthy = !matches!(answer, Err(StoreError::Postgres(_))) && !connection.is_lost();
            if ended.is_ok() && healthy {
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            }
            drop(permit);
            answer
        });
        reading.await.map_err(|_| StoreError::Stopped)?
    }

    /// Connections that nobody reads with at the moment, made or not.
    pub(super) fn free(&self) -> usize {
        self.permits.available_permits()
    }

    /// No new reads; the connections close when the last one is done.
    pub(super) fn close(&self) {
        self.permits.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A connection with one consistent view, a new one where the old one broke.
fn viewing(database: &Database, connection: Option<Connection>) -> Result<Connection, StoreError> {
    if let Some(connection) = connection {
        match connection.begin_read() {
            Ok(()) => return Ok(connection),
            Err(error) => tracing::info!(%error, "a reading connection is made anew"),
        }
    }
    let connection = connect(database)?;
    connection.begin_read()?;
    Ok(connection)
}

fn connect(database: &Database) -> Result<Connection, StoreError> {
    let connection = database.connect()?;
    if let Some(file) = connection.sqlite() {
        file.pragma_update(None, "query_only", true)?;
    }
    Ok(connection)
}
