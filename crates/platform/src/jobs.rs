//! What the server does by itself, again and again, while it answers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::environment::Environment;
use crate::feed;
use crate::http::Shared;
use crate::store::events;
use crate::store::keys::TokenKey;
use crate::store::{StoreError, now_us};
use crate::webhooks;

/// Far shorter than a new key is published before it signs: another process may have made it.
const LOOK_AT_KEYS: Duration = Duration::from_secs(60);

const FORGET_EVENTS: Duration = Duration::from_secs(3600);

/// The server's recurring work; it ends with this.
pub struct Jobs {
    /// May end anywhere.
    beats: Vec<JoinHandle<()>>,
    /// Note down where they stand before they end.
    calls: Vec<JoinHandle<()>>,
    stopping: watch::Sender<bool>,
}

impl Jobs {
    pub fn start(server: &Shared) -> Self {
        let keys = Arc::clone(server);
        let events = Arc::clone(server);
        let mut beats = vec![
            tokio::spawn(every(LOOK_AT_KEYS, move || renew_all(Arc::clone(&keys)))),
            tokio::spawn(every(FORGET_EVENTS, move || forget_all(Arc::clone(&events)))),
        ];
        beats.extend(server.environments.iter().map(|environment| feed::start(Arc::clone(environment))));
        let stopping = watch::Sender::new(false);
        let call = |environment| webhooks::start(Arc::clone(environment), stopping.subscribe());
        let calls = server.environments.iter().map(call).collect();
        Self { beats, calls, stopping }
    }

    pub async fn stop(mut self) {
        for beat in &self.beats {
            beat.abort();
        }
        self.stopping.send_replace(true);
        for calls in std::mem::take(&mut self.calls) {
            if calls.await.is_err() {
                tracing::error!("the webhooks ended abnormally");
            }
        }
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        for job in self.beats.iter().chain(&self.calls) {
            job.abort();
        }
    }
}

async fn every<F: Future<Output = ()>>(period: Duration, work: impl Fn() -> F) {
    let mut beat = tokio::time::interval(period);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first one is now, and the start has just done the work.
    beat.tick().await;
    loop {
        beat.tick().await;
        work().await;
    }
}

async fn renew_all(server: Shared) {
    for environment in &server.environments {
        if let Err(error) = renew_token_keys(&server, environment, false).await {
            tracing::error!(environment = %environment.name, %error, "the token keys were not looked at");
        }
    }
}

async fn forget_all(server: Shared) {
    for environment in &server.environments {
        match forget_events(&server, environment, now_us()).await {
            Ok(0) => {}
            Ok(number) => {
                tracing::info!(environment = %environment.name, number, "old events were forgotten");
            }
            Err(error) => {
                tracing::error!(environment = %environment.name, %error, "old events are still there");
            }
        }
    }
}

/// Forgets the events that are too old at a time, and tells how many there were.
pub async fn forget_events(
    server: &Shared,
    environment: &Environment,
    now_us: i64,
) -> Result<u64, StoreError> {
    let kept = i64::try_from(server.event_retention.as_micros()).unwrap_or(i64::MAX);
    let before = now_us.saturating_sub(kept);
    environment.store.commit(move |turn| events::forget_before(turn.connection, before)).await
}

/// Takes over the environment's token keys, after doing what is due about them.
pub async fn renew_token_keys(
    server: &Shared,
    environment: &Environment,
    at_once: bool,
) -> Result<(), StoreError> {
    let rotation = server.tokens.rotation();
    let fresh = TokenKey::fresh(now_us())?;
    let store = &environment.store;
    let keys = store.commit(move |turn| rotation.apply(turn.connection, &fresh, at_once)).await?;
    server.tokens.set_keys(environment.name, &keys);
    Ok(())
}
