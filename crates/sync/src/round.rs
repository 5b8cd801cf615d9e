//! One round of the loop after the other: is the platform there, what goes out, what came back.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fanpass::FanRef;
use futures_util::future::join_all;
use ledger::Timestamp;
use ledger::mutant::skipped;
use outbox::{Batch, OperationRow, Reach, Settlement, Store, StoreError};
use tokio::time::Instant;
use uuid::Uuid;

use crate::drain::{Options, Shared};
use crate::{ClientError, Delays, Link, Platform, Progress};
use crate::{engagement, settle};

/// A fan's figures are fetched anew after operations of theirs were accepted; of so many at once.
const FANS_AT_ONCE: usize = 50;
/// That the platform answered is written down at most so often.
const NOTE_SYNC_EVERY: Duration = Duration::from_secs(15);
/// After the database has failed.
const DATABASE_REST: Duration = Duration::from_secs(5);

/// What the loop does next.
enum Next {
    /// The next round at once.
    Again,
    /// Nothing to do before this.
    Rest { until: Instant, news_wakes: bool },
}

pub(crate) struct Round<P> {
    shared: Arc<Shared>,
    platform: Arc<P>,
    options: Options,
    delays: Delays,
    /// Failed batches in a row.
    failures: u32,
    /// The platform has failed: not before this, unless a person asks.
    held_until: Option<Instant>,
    /// The way has just come back: not before this, unless somebody stands and waits.
    spread_until: Option<Instant>,
    /// Not before this, whoever waits: the platform said so.
    platform_wait: Option<Instant>,
    /// When the way was lost.
    lost_at: Option<Instant>,
    last_contact: Option<Instant>,
    noted_sync: Option<Instant>,
    /// What the platform said and the database has not taken yet.
    unwritten: Vec<(Uuid, Settlement)>,
    /// The last batch went well: its answers are written when the next is taken, in one step.
    flows: bool,
    /// Taken while the last was out, and not sent yet.
    ahead: Vec<Batch>,
    /// Fans whose figures moved.
    touched: HashSet<FanRef>,
    /// The server can not tell of fans.
    without_fans: bool,
    /// The server has no change feed: fans are asked for.
    without_feed: bool,
    /// The server takes no events.
    without_events: bool,
    /// The feed is not asked before this.
    feed_due: Option<Instant>,
}

impl<P: Platform> Round<P> {
    pub(crate) fn new(shared: Arc<Shared>, platform: Arc<P>, options: Options) -> Self {
        let delays = Delays::new(options.delays, Arc::clone(&options.dice));
        Self {
            shared,
            platform,
            options,
            delays,
            failures: 0,
            held_until: None,
            spread_until: None,
            platform_wait: None,
            lost_at: None,
            last_contact: None,
            noted_sync: None,
            unwritten: Vec::new(),
            flows: false,
            ahead: Vec::new(),
            touched: HashSet::new(),
            without_fans: false,
            without_feed: false,
            without_events: false,
            feed_due: None,
        }
    }

    pub(crate) async fn run(mut self) {
        let last = self.shared.ask(|store| {
            store.return_interrupted()?;
            store.last_sync()
        });
        match last.await {
            Ok(last) => self.tell(|state| state.last_success = last),
            Err(error) => self.note_database(&error),
        }
        while !self.shared.stopping.load(Ordering::Acquire) {
            match self.round().await {
                Next::Again => {}
                Next::Rest { until, news_wakes } => self.rest(until, news_wakes).await,
            }
        }
        self.put_back();
        let unwritten = std::mem::take(&mut self.unwritten);
        if !unwritten.is_empty() {
            let now = (self.options.clock)();
            let _last_try = self.shared.ask(move |store| store.settle(unwritten, now)).await;
        }
    }

    async fn rest(&self, until: Instant, news_wakes: bool) {
        let is_offline = matches!(self.shared.state.borrow().link, Link::Offline { .. });
        tokio::select! {
            () = self.shared.hurry.notified() => {}
            () = self.shared.news.notified(), if news_wakes => {}
            () = tokio::time::sleep_until(until) => {}
            () = self.way_back(), if is_offline => {}
        }
    }

    /// Comes back once this device has another way to the network than before: then it is tried at once.
    async fn way_back(&self) {
        let before = self.platform.route();
        loop {
            tokio::time::sleep(self.options.look).await;
            let now = self.platform.route();
            if now.is_some() && now != before {
                tracing::info!("there is a way to the network again");
                return;
            }
        }
    }

    async fn round(&mut self) -> Next {
        let (urgent, new_urgent) = self.shared.urgent();
        let asked = self.shared.now_wanted.swap(false, Ordering::AcqRel) || new_urgent;
        if !std::mem::take(&mut self.flows)
            && let Err(rest) = self.write_rest().await
        {
            return rest;
        }
        if let Some(until) = self.platform_wait.filter(|until| Instant::now() < *until) {
            return Next::Rest { until, news_wakes: false };
        }
        if !self.shared.state.borrow().link.is_online()
            && let Err(error) = self.probe().await
        {
            return self.lost(error);
        }
        let somebody_waits = asked || !urgent.is_empty();
        let spread = self.spread_until.filter(|_| !somebody_waits);
        let held = self.held_until.filter(|_| !asked);
        if let Some(until) = spread.max(held).filter(|until| Instant::now() < *until) {
            return self.keep_in_touch(until, false).await;
        }
        (self.held_until, self.spread_until) = (None, None);
        self.send(urgent, asked).await
    }

    /// Delivers what comes next. While it is out, the answers to what was out before are written, and what goes out
    /// after it is taken from lanes that nothing is out of: network and database do not wait for each other.
    async fn send(&mut self, urgent: Vec<Uuid>, ignore_next_try: bool) -> Next {
        let careful = self.failures >= self.options.careful_after && !skipped("careful-after-failures");
        let calls = if careful { 1 } else { self.options.calls };
        let reach = Reach { calls, bytes: self.options.bytes, urgent, ignore_next_try };
        let now = (self.options.clock)();
        if ignore_next_try {
            // Somebody stands and waits: what was taken before they came does not go first.
            self.put_back();
        }
        let mut batches = std::mem::take(&mut self.ahead);
        if batches.is_empty() {
            batches = match self.exchange(&reach, 1, now).await {
                Ok(batches) => batches,
                Err(error) => return self.database_failed(&error),
            };
            self.unwritten.clear();
        }
        self.tell(|state| state.careful = careful);
        let sending = batches.iter().map(|batch| batch.operations.len()).sum();
        if sending == 0 {
            return self.idle(batches.first().and_then(|batch| batch.next_due), now).await;
        }
        self.begin_progress(sending).await;
        let goes_on = batches.last().is_some_and(|last| last.is_full) && self.failures == 0 && !careful;
        let deliver = |batch| settle::deliver(&*self.platform, &self.delays, batch, now);
        let (outcomes, ahead) =
            tokio::join!(join_all(batches.iter().map(|batch| deliver(&batch.operations))), async {
                if goes_on { Some(self.exchange(&reach, self.options.requests, now).await) } else { None }
            });
        let database = match ahead.transpose() {
            Ok(ahead) => {
                if let Some(ahead) = ahead {
                    self.unwritten.clear();
                    self.ahead = ahead;
                    self.ahead.retain(|batch| !batch.operations.is_empty());
                }
                None
            }
            Err(error) => Some(error),
        };
        let (mut done, mut moved, mut failure) = (0, 0, None);
        for (batch, outcome) in batches.iter().zip(outcomes) {
            let (settled, put_off) = self.note_outcome(&batch.operations, &outcome.settlements);
            (done, moved) = (done + settled, moved + settled + put_off);
            self.unwritten.extend(outcome.settlements);
            failure = failure.or(outcome.failure);
        }
        if failure.is_some() || moved == 0 {
            self.put_back();
            if let Err(rest) = self.write_rest().await {
                return rest;
            }
        }
        self.advance_progress(done);
        match (failure, database) {
            (Some(error), _) => self.lost(error),
            (None, Some(error)) => self.database_failed(&error),
            (None, None) => {
                self.contact().await;
                self.after_batch(moved > 0)
            }
        }
    }

    /// Writes what the platform said last, and takes what goes out next.
    async fn exchange(
        &self,
        reach: &Reach,
        batches: usize,
        now: Timestamp,
    ) -> Result<Vec<Batch>, StoreError> {
        let (settlements, reach) = (self.unwritten.clone(), reach.clone());
        self.shared.ask(move |store| store.exchange(settlements, &reach, batches, now)).await
    }

    /// What was taken ahead is not sent.
    fn put_back(&mut self) {
        let unsent = self.ahead.drain(..).flat_map(|batch| batch.operations);
        self.unwritten.extend(unsent.map(|row| (row.id, Settlement::Unsent)));
    }

    fn after_batch(&mut self, moved: bool) -> Next {
        if moved {
            self.failures = 0;
            self.flows = true;
            self.delays.reset();
            self.tell(|state| (state.next_try, state.last_error) = (None, None));
            return Next::Again;
        }
        // Answers came, and the same batch would go out again: no hurry.
        self.hold_off("no_progress")
    }

    /// Counts what is settled and what waits for a time of its own, and remembers whose figures moved.
    fn note_outcome(
        &mut self,
        operations: &[OperationRow],
        settlements: &[(Uuid, Settlement)],
    ) -> (usize, usize) {
        let (mut done, mut put_off) = (0, 0);
        for (id, settlement) in settlements {
            match settlement {
                Settlement::Accepted(_) => {
                    let row = operations.iter().find(|row| row.id == *id);
                    self.touched.extend(row.map(OperationRow::wire_fan));
                    done += 1;
                }
                Settlement::Refused { .. } | Settlement::Held { .. } => done += 1,
                Settlement::Retry { not_before, .. } => put_off += usize::from(not_before.is_some()),
                Settlement::Unsent => {}
            }
        }
        (done, put_off)
    }

    /// Nothing is due: fetch the figures that moved, keep in touch, and wait.
    async fn idle(&mut self, next_due: Option<Timestamp>, now: Timestamp) -> Next {
        self.fetch_touched().await;
        self.follow_feed().await;
        self.tell_engagement().await;
        self.tell(|state| state.progress = None);
        let due = next_due.and_then(|due| u64::try_from(due.0.saturating_sub(now.0)).ok());
        if let Some(millis) = due {
            self.tell(|state| state.next_try = next_due);
            let until = Instant::now() + Duration::from_millis(millis.max(1));
            return self.keep_in_touch(until, true).await;
        }
        let until = Instant::now() + self.options.probe;
        self.keep_in_touch(until, true).await
    }

    /// Asks whether the platform is still there when it has not been heard for a while.
    async fn keep_in_touch(&mut self, until: Instant, news_wakes: bool) -> Next {
        let quiet = self.last_contact.is_none_or(|last| last.elapsed() >= self.options.probe);
        if quiet && let Err(error) = self.probe().await {
            return self.lost(error);
        }
        let next_probe = self.last_contact.unwrap_or_else(Instant::now) + self.jittered(self.options.probe);
        let next_feed = self.feed_due.filter(|_| news_wakes).unwrap_or(next_probe);
        Next::Rest { until: until.min(next_probe).min(next_feed), news_wakes }
    }

    /// A length within a quarter of the one given, so that devices do not march in step.
    fn jittered(&self, length: Duration) -> Duration {
        length - length / 4 + (self.options.dice)(length / 2)
    }

    async fn probe(&mut self) -> Result<(), ClientError> {
        self.platform.ping().await?;
        self.contact().await;
        Ok(())
    }

    /// The platform has answered.
    async fn contact(&mut self) {
        let now = (self.options.clock)();
        let instant = Instant::now();
        self.last_contact = Some(instant);
        if let Some(lost) = self.lost_at.take()
            && !skipped("reconnect-spread")
        {
            let spread = self.options.spread.min(instant - lost);
            self.spread_until = Some(instant + (self.options.dice)(spread));
        }
        self.tell(|state| {
            if !state.link.is_online() {
                state.link = Link::Online { since: now };
                (state.next_try, state.last_error) = (None, None);
            }
            state.last_success = Some(now);
        });
        if self.noted_sync.is_none_or(|noted| noted.elapsed() >= NOTE_SYNC_EVERY) {
            self.noted_sync = Some(instant);
            if let Err(error) = self.shared.ask(move |store| store.note_sync(now)).await {
                self.note_database(&error);
            }
        }
    }

    /// The platform could not be asked, or could not answer.
    fn lost(&mut self, error: ClientError) -> Next {
        let now = (self.options.clock)();
        tracing::info!(code = error.code(), "the platform could not be asked");
        match error {
            ClientError::Offline(_) | ClientError::TimedOut => {
                self.failures = self.failures.saturating_add(u32::from(error == ClientError::TimedOut));
                self.go_offline(now, error.code())
            }
            ClientError::SignInRefused => {
                self.tell(|state| {
                    if !matches!(state.link, Link::SignInRefused { .. }) {
                        state.link = Link::SignInRefused { since: now };
                    }
                });
                self.hold_off(error.code())
            }
            ClientError::RateLimited { retry_after } => {
                let asked = retry_after.filter(|_| !skipped("retry-after")).unwrap_or_default();
                let wait = self.delays.next().unwrap_or_default().max(asked);
                let until = Instant::now() + wait;
                self.platform_wait = Some(until);
                self.tell_failure(error.code(), wait);
                Next::Rest { until, news_wakes: false }
            }
            ClientError::Server(_)
            | ClientError::Forbidden
            | ClientError::Rejected
            | ClientError::Malformed
            | ClientError::Unsupported
            | ClientError::BadAddress => {
                self.failures = self.failures.saturating_add(1);
                self.hold_off(error.code())
            }
        }
    }

    fn go_offline(&mut self, now: Timestamp, code: &'static str) -> Next {
        let lost = *self.lost_at.get_or_insert_with(Instant::now);
        let quick = lost.elapsed() < self.options.quick_for || self.shared.somebody_waits();
        let probe = if quick { self.options.quick_probe } else { self.options.probe };
        let wait = self.jittered(probe);
        self.tell(|state| {
            let since = match state.link {
                Link::Offline { since, .. } => since,
                Link::Starting | Link::Online { .. } | Link::SignInRefused { .. } => now,
            };
            state.link = Link::Offline { since, reason: code };
        });
        self.tell_failure(code, wait);
        Next::Rest { until: Instant::now() + wait, news_wakes: false }
    }

    /// Full jitter until the next try.
    fn hold_off(&mut self, code: &'static str) -> Next {
        let wait = self.delays.next().unwrap_or_default();
        let until = Instant::now() + wait;
        self.held_until = Some(until);
        self.tell_failure(code, wait);
        Next::Rest { until, news_wakes: false }
    }

    /// Writes what the platform said. Nothing else is sent while that can not be written.
    async fn write_rest(&mut self) -> Result<(), Next> {
        if self.unwritten.is_empty() {
            return Ok(());
        }
        let settlements = self.unwritten.clone();
        let now = (self.options.clock)();
        match self.shared.ask(move |store| store.settle(settlements, now)).await {
            Ok(()) => {
                self.unwritten.clear();
                Ok(())
            }
            Err(error) => {
                if skipped("answers-kept") {
                    self.unwritten.clear();
                }
                Err(self.database_failed(&error))
            }
        }
    }

    fn database_failed(&mut self, error: &StoreError) -> Next {
        self.note_database(error);
        Next::Rest { until: Instant::now() + DATABASE_REST, news_wakes: false }
    }

    fn note_database(&self, error: &StoreError) {
        tracing::error!(code = error.code(), "the database failed while syncing");
        self.tell(|state| state.last_error = Some(error.code()));
    }

    /// Fetches the figures of fans whose operations were accepted. What fails here is no harm: the
    /// accepted operations are counted in anyway.
    async fn fetch_touched(&mut self) {
        if self.touched.is_empty() || self.without_fans {
            self.touched.clear();
            return;
        }
        let fans: Vec<FanRef> = self.touched.iter().copied().take(FANS_AT_ONCE).collect();
        for fan in &fans {
            self.touched.remove(fan);
        }
        match self.platform.fans(&fans).await {
            Ok(found) => {
                let written = self
                    .shared
                    .ask(move |store| found.iter().try_for_each(|fan| store.note_platform_fan(fan)));
                if let Err(error) = written.await {
                    self.note_database(&error);
                }
            }
            Err(ClientError::Unsupported) => self.without_fans = true,
            Err(error) => tracing::debug!(code = error.code(), "balances could not be fetched"),
        }
    }

    /// Brings in what moved elsewhere since the last time. What fails here is tried again later.
    async fn follow_feed(&mut self) {
        let is_due = self.feed_due.is_none_or(|due| Instant::now() >= due);
        if self.without_feed || !is_due || !self.shared.state.borrow().link.is_online() {
            return;
        }
        self.feed_due = Some(Instant::now() + self.jittered(self.options.feed));
        loop {
            let after = match self.shared.ask(Store::feed_cursor).await {
                Ok(after) => after,
                Err(error) => return self.note_database(&error),
            };
            let changes = match self.platform.changes(after.clone()).await {
                Ok(changes) => changes,
                Err(ClientError::Unsupported) => {
                    (self.without_feed, self.feed_due) = (true, None);
                    return;
                }
                Err(error) => return tracing::debug!(code = error.code(), "the change feed did not answer"),
            };
            self.contact().await;
            if changes.settings {
                self.tell(|state| state.settings = state.settings.wrapping_add(1));
            }
            let (moved, more) = (after.as_deref() != Some(&changes.cursor), changes.more);
            if moved
                && let Err(error) =
                    self.shared.ask(move |store| store.note_changes(&changes.cursor, changes.fans)).await
            {
                return self.note_database(&error);
            }
            if !(more && moved) {
                return;
            }
        }
    }

    /// Tells what fans have done, once nothing that moves points is left to send.
    async fn tell_engagement(&mut self) {
        if self.without_events || !self.shared.state.borrow().link.is_online() {
            return;
        }
        loop {
            let events = match self.shared.ask(|store| store.engagement(engagement::AT_ONCE)).await {
                Ok(events) if events.is_empty() => return,
                Ok(events) => events,
                Err(error) => return self.note_database(&error),
            };
            let told = match self.platform.engage(&events).await {
                Ok(told) if told.is_empty() => return,
                Ok(told) => told,
                Err(ClientError::Unsupported) => return self.without_events = true,
                Err(error) => return tracing::debug!(code = error.code(), "events could not be told"),
            };
            self.contact().await;
            if let Err(error) = self.shared.ask(move |store| store.told_engagement(told)).await {
                return self.note_database(&error);
            }
        }
    }

    async fn begin_progress(&self, sending: usize) {
        if self.shared.state.borrow().progress.is_some() {
            return;
        }
        let waiting = self.shared.ask(Store::counts).await.map_or(0, |counts| counts.waiting());
        let total = waiting.max(u64::try_from(sending).unwrap_or(u64::MAX));
        self.tell(|state| state.progress = Some(Progress { done: 0, total }));
    }

    fn advance_progress(&self, done: usize) {
        self.tell(|state| {
            if let Some(progress) = &mut state.progress {
                progress.done += u64::try_from(done).unwrap_or(0);
                // What is committed while the backlog drains belongs to it too.
                progress.total = progress.total.max(progress.done);
            }
        });
    }

    fn tell_failure(&self, code: &'static str, wait: Duration) {
        let millis = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        let next = Timestamp((self.options.clock)().0.saturating_add(millis));
        self.tell(|state| (state.last_error, state.next_try) = (Some(code), Some(next)));
    }

    fn tell(&self, change: impl FnOnce(&mut crate::SyncState)) {
        self.shared.state.send_if_modified(|state| {
            let before = *state;
            change(state);
            *state != before
        });
    }
}
