//! The queue and the day: operations as people read them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ledger::{Refusal, Timestamp};
use outbox::{Filter, OperationKind, OperationRow, OperationState, Page};
use uuid::Uuid;

use crate::figures::totals_view;
use crate::identify::{label, trust_view};
use crate::rights::Right;
use crate::terminal::News;
use crate::view::{
    OperationFilter, OperationKindView, OperationPage, OperationStateView, OperationView, Status, Totals,
};
use crate::{AppError, ErrorCode, Terminal};

const LARGEST_PAGE: u32 = 200;

impl Terminal {
    /// Operations of this device, newest first, a page at a time.
    ///
    /// # Errors
    /// When the database can not be read.
    pub async fn operations(&self, filter: OperationFilter) -> Result<OperationPage, AppError> {
        self.require(Right::Identify).await?;
        let limit = filter.limit.clamp(1, LARGEST_PAGE);
        let after = filter.after.and_then(|seq| u64::try_from(seq).ok());
        let filter = store_filter(&filter);
        // One more than asked for tells whether there is a next page.
        let page = Page { after, limit: limit + 1 };
        let mut rows = self.store(move |store| store.operations(&filter, page)).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).and_then(|row| i64::try_from(row.seq).ok());
        Ok(OperationPage { rows: rows.iter().map(operation_view).collect(), next })
    }

    /// The sums of a period: `from` inclusive, `to` exclusive.
    ///
    /// # Errors
    /// When the database can not be read.
    pub async fn totals(&self, from: i64, to: i64) -> Result<Totals, AppError> {
        self.require(Right::Identify).await?;
        let totals = self.store(move |store| store.totals(Timestamp(from), Timestamp(to))).await?;
        Ok(totals_view(&totals))
    }

    /// Tries to send at once what waits.
    ///
    /// # Errors
    /// When the device is not connected.
    pub async fn send_now(&self) -> Result<Status, AppError> {
        let line = self.opened().await?.line.ok_or(ErrorCode::NotConnected)?;
        line.drain.send_now();
        self.status().await
    }

    /// After each change of the database: tells how the operations of this session moved on, the fans they
    /// concern, and the counts.
    pub(crate) async fn tell_changes(self) {
        loop {
            self.0.changed.notified().await;
            self.ring();
            for id in self.0.watched.ids() {
                let Ok(Some(row)) = self.store(move |store| store.operation(id)).await else { continue };
                if self.0.watched.moved(&row) {
                    self.announce(News::Operation(Box::new(operation_view(&row))));
                    self.tell_fan(row.fan).await;
                }
            }
        }
    }
}

/// The operations of this session that are not settled yet, as they were last told.
#[derive(Default)]
pub(crate) struct Watched(Mutex<HashMap<Uuid, OperationState>>);

impl Watched {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, OperationState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, row: &OperationRow) {
        if row.state.is_open() {
            self.lock().insert(row.id, row.state);
        }
    }

    fn ids(&self) -> Vec<Uuid> {
        self.lock().keys().copied().collect()
    }

    /// Whether the operation stands differently than before.
    fn moved(&self, row: &OperationRow) -> bool {
        let mut watched = self.lock();
        if !row.state.is_open() {
            return watched.remove(&row.id).is_some();
        }
        watched.insert(row.id, row.state).is_some_and(|before| before != row.state)
    }
}

fn store_filter(filter: &OperationFilter) -> Filter {
    Filter {
        states: filter.states.iter().map(|state| state_of(*state)).collect(),
        kinds: filter.kinds.iter().map(|kind| stored_kind(*kind)).collect(),
        from: filter.from.map(Timestamp),
        to: filter.to.map(Timestamp),
        ..Filter::default()
    }
}

pub(crate) fn state_of(state: OperationStateView) -> OperationState {
    match state {
        OperationStateView::Waiting => OperationState::Queued,
        OperationStateView::Sending => OperationState::Sending,
        OperationStateView::Accepted => OperationState::Accepted,
        OperationStateView::Refused => OperationState::Refused,
        OperationStateView::Held => OperationState::Held,
        OperationStateView::Moved => OperationState::Moved,
    }
}

pub(crate) fn state_view(state: OperationState) -> OperationStateView {
    match state {
        OperationState::Queued => OperationStateView::Waiting,
        OperationState::Sending => OperationStateView::Sending,
        OperationState::Accepted => OperationStateView::Accepted,
        OperationState::Refused => OperationStateView::Refused,
        OperationState::Held => OperationStateView::Held,
        OperationState::Moved => OperationStateView::Moved,
    }
}

pub(crate) fn stored_kind(kind: OperationKindView) -> OperationKind {
    match kind {
        OperationKindView::Give => OperationKind::Give,
        OperationKindView::Redeem => OperationKind::Redeem,
        OperationKindView::Award => OperationKind::Award,
        OperationKindView::Undo => OperationKind::Undo,
    }
}

pub(crate) fn kind_view(kind: OperationKind) -> OperationKindView {
    match kind {
        OperationKind::Give => OperationKindView::Give,
        OperationKind::Redeem => OperationKindView::Redeem,
        OperationKind::Award => OperationKindView::Award,
        OperationKind::Undo => OperationKindView::Undo,
    }
}

pub(crate) fn operation_view(row: &OperationRow) -> OperationView {
    let kind = kind_view(row.kind);
    let state = state_view(row.state);
    let title = row.title();
    let price = row.items.iter().map(|item| item.price.minor).sum();
    let stands = !matches!(row.state, OperationState::Refused | OperationState::Held | OperationState::Moved);
    OperationView {
        id: row.id.to_string(),
        seq: i64::try_from(row.seq).unwrap_or(i64::MAX),
        kind,
        state,
        fan: row.fan.to_string(),
        fan_label: label(row.user_id, row.fan),
        fan_points: row.booked_fan_points.unwrap_or(row.fan_points).0,
        status_points: row.booked_status_points.unwrap_or(row.status_points).0,
        price_minor: (!row.items.is_empty()).then_some(price),
        title,
        made_at: row.created_at.0,
        settled_at: row.settled_at.map(|at| at.0),
        tries: row.tries,
        reason: reason(row),
        next_try: row.next_try.map(|at| at.0),
        undo_of: row.undo_of.map(|id| id.to_string()),
        undone: row.is_reversed(),
        can_undo: row.kind != OperationKind::Undo && !row.is_reversed() && !row.archived && stands,
        trust: trust_view(row.trust),
    }
}

/// Why it waits, or why it was refused or is held.
fn reason(row: &OperationRow) -> Option<AppError> {
    let code = match row.state {
        OperationState::Accepted | OperationState::Moved => return None,
        OperationState::Refused | OperationState::Held => row.refusal.as_deref()?,
        OperationState::Queued | OperationState::Sending => row.last_error.as_deref()?,
    };
    Some(reason_of(code, row.fan_points.0))
}

/// The reason that a code stands for, of an operation with these points.
pub(crate) fn reason_of(code: &str, fan_points: i64) -> AppError {
    match Refusal::from_code(code) {
        Some(Refusal::TooFewPoints) => {
            AppError::from(Refusal::TooFewPoints).points(Some(fan_points.saturating_neg()), None)
        }
        Some(refusal) => refusal.into(),
        None => AppError::new(sending_code(code)).detail(code),
    }
}

/// The sender's own codes; one that this version does not know keeps its name in `detail`.
fn sending_code(code: &str) -> ErrorCode {
    match code {
        "offline" | "dns" | "connect" | "connection_lost" => ErrorCode::Offline,
        "timed_out" => ErrorCode::TimedOut,
        "sign_in_refused" => ErrorCode::SignInRefused,
        "forbidden" => ErrorCode::NoAccess,
        "rate_limited" => ErrorCode::RateLimited,
        "server_error" => ErrorCode::PlatformFailed,
        "malformed" => ErrorCode::PlatformUnintelligible,
        "already_executed_differs" => ErrorCode::DifferentTransaction,
        _ => ErrorCode::UnknownAnswer,
    }
}
