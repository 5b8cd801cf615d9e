//! The inbox of conflicts: what the platform refused or what is held stays there until a person has dealt with it.

use ledger::{Timestamp, Trust};
use outbox::{
    Commit, OperationKind, OperationRow, OperationState, Proposal, Proposed, PurchaseItem, Route, Way,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::history::{checked_note, fan_of, place};
use crate::review::operation_view;
use crate::rights::Right;
use crate::view::{CaseCounts, CaseDecision, CaseOutcome, CasePage, CaseView, CaseWay, ReviewPlace};
use crate::{AppError, ErrorCode, Terminal};

const LARGEST_PAGE: u32 = 100;
/// So many at once: the rest is a second press.
const MOST_AT_ONCE: usize = 500;
/// Older than that, a case is spoken of loudly.
pub(crate) const OVERDUE_MS: i64 = 24 * 60 * 60 * 1000;
/// Decisions that are told to the platform in one go.
const TELL: u32 = 50;

impl Terminal {
    /// The cases that wait for a person, the oldest first.
    ///
    /// # Errors
    /// When the database can not be read.
    pub async fn cases(&self, after: Option<ReviewPlace>, limit: u32) -> Result<CasePage, AppError> {
        self.require(Right::Review).await?;
        let limit = limit.clamp(1, LARGEST_PAGE);
        let after = after.map(place);
        let mut rows = self.store(move |store| store.cases(after, limit + 1)).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|row| ReviewPlace {
            at: row.created_at.0,
            number: i64::try_from(row.seq).unwrap_or(i64::MAX),
        });
        let overdue = overdue(self.now());
        Ok(CasePage { cases: rows.iter().map(|row| self.case_view(row, overdue)).collect(), next })
    }

    /// Deals with cases, each for itself.
    ///
    /// # Errors
    /// Without a note where one is needed, and for more than five hundred at once. What stands in the way of a single
    /// case is told with it.
    pub async fn decide_cases(
        &self,
        decision: CaseDecision,
        pin: Option<String>,
    ) -> Result<Vec<CaseOutcome>, AppError> {
        self.as_manager(Right::Decide, pin).await?;
        let note = checked_note(&decision.note)?;
        if decision.way == CaseWay::Note && note.is_empty() {
            return Err(ErrorCode::ReasonMissing.into());
        }
        if decision.operations.len() > MOST_AT_ONCE {
            return Err(ErrorCode::TooManyItems.into());
        }
        let mut outcomes = Vec::with_capacity(decision.operations.len());
        for operation in &decision.operations {
            let error = self.decide_case(operation, &decision, &note).await.err();
            outcomes.push(CaseOutcome { operation: operation.clone(), error });
        }
        self.hurry().await;
        let terminal = self.clone();
        // The platform hears of it at once where it can, else later.
        tokio::spawn(async move { terminal.tell_decisions().await });
        self.ring();
        Ok(outcomes)
    }

    async fn decide_case(&self, id: &str, decision: &CaseDecision, note: &str) -> Result<(), AppError> {
        let id = Uuid::parse_str(id).map_err(|_| ErrorCode::UnknownOperation)?;
        let row = self.store(move |store| store.operation(id)).await?.ok_or(ErrorCode::UnknownOperation)?;
        if !ways(&row).contains(&decision.way) {
            return Err(ErrorCode::NotReversible.into());
        }
        let way = match decision.way {
            CaseWay::Collect => Way::Collect,
            CaseWay::Forgive => Way::Forgive,
            CaseWay::Void => Way::Void,
            CaseWay::Note => Way::Note,
            CaseWay::Retry if goes_out_again(&row, decision) => {
                let now = self.now();
                let released = self.store(move |store| store.release(id, now)).await?;
                self.0.watched.add(&released);
                return Ok(());
            }
            CaseWay::Retry => Way::Retry(self.make_again(&row, decision).await?),
        };
        let (now, note, staff) = (self.now(), note.to_owned(), self.acting_id());
        let done = self
            .store(move |store| store.handle_case(id, way, &note, staff.as_deref(), Uuid::now_v7(), now))
            .await?;
        done.map_err(AppError::from)
    }

    /// The operation once more, corrected: under an id that follows from its own, so that it is made once
    /// whatever happens in between.
    async fn make_again(&self, row: &OperationRow, decision: &CaseDecision) -> Result<Uuid, AppError> {
        let fan = match decision.fan.as_deref().map(str::trim).filter(|fan| !fan.is_empty()) {
            Some(fan) => fan_of(fan)?,
            None => row.fan,
        };
        let items = || {
            let label = decision.rate_label.as_ref().filter(|label| !label.is_empty());
            row.items
                .iter()
                .map(|item| PurchaseItem {
                    title: item.title.clone(),
                    description: item.description.clone(),
                    price: item.price,
                    rate_label: label.cloned().or_else(|| item.rate_label.clone()),
                })
                .collect::<Vec<_>>()
        };
        let (kind, route) = match (row.kind, &row.action) {
            (OperationKind::Give, _) => (Proposed::Give { items: items() }, Route::Local),
            // Nobody hands anything out before the platform has said yes.
            (OperationKind::Redeem, _) => (Proposed::Redeem { items: items() }, Route::Platform),
            (OperationKind::Award, Some(action)) => {
                let (category, title) = (action.category.clone(), action.title.clone());
                let description = action.description.clone();
                (Proposed::Award { action: category, title, description }, Route::Local)
            }
            (OperationKind::Award, None) | (OperationKind::Undo, _) => {
                return Err(ErrorCode::NotReversible.into());
            }
        };
        let id = again_id(row.id);
        let proposal = Proposal {
            id,
            fan,
            trust: Trust::Unsigned,
            kind,
            route,
            now: self.now(),
            staff: self.acting_id(),
            raised_by: None,
        };
        match self.store(move |store| store.commit(proposal)).await? {
            Commit::Committed(made) => {
                self.0.watched.add(&made);
                Ok(id)
            }
            Commit::Declined(decline) => Err(decline.into()),
        }
    }

    fn case_view(&self, row: &OperationRow, overdue: Timestamp) -> CaseView {
        CaseView {
            operation: operation_view(row),
            staff: row.staff.as_deref().map(|staff| self.0.people.name_of(staff)),
            cost: cost(row),
            overdue: row.created_at < overdue,
            ways: ways(row),
        }
    }

    /// Tells the platform what was decided here and what it does not know yet.
    pub(crate) async fn tell_decisions(&self) {
        let Some(opened) = self.if_open().await else { return };
        let Some(line) = opened.line.filter(crate::terminal::Line::is_online) else { return };
        let Ok(untold) = self.store(|store| store.untold(TELL)).await else { return };
        for decision in untold {
            let (id, now) = (decision.operation, self.now());
            match line.client.decide(&decision).await {
                Ok(Ok(())) => {}
                // It knows of one already, or of no such fan: asking again changes nothing.
                Ok(Err(name)) => tracing::warn!(operation = %id, name, "the platform takes no decision"),
                Err(sync::ClientError::Unsupported) => {}
                Err(error) => {
                    tracing::info!(code = error.code(), "a decision is told later");
                    return;
                }
            }
            if self.store(move |store| store.note_told(id, now)).await.is_err() {
                return;
            }
        }
    }
}

pub(crate) fn overdue(now: Timestamp) -> Timestamp {
    Timestamp(now.0.saturating_sub(OVERDUE_MS))
}

pub(crate) fn counts_view(counts: &outbox::CaseCounts) -> CaseCounts {
    let number = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    CaseCounts {
        open: number(counts.open),
        overdue: number(counts.overdue),
        oldest: counts.oldest.map(|at| at.0),
    }
}

/// The same for the same operation.
fn again_id(of: Uuid) -> Uuid {
    let digest = Sha256::new_with_prefix(b"made again").chain_update(of.as_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, from)| *byte = from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Points whose worth was handed out for nothing: a redemption that staff were told is good.
fn cost(row: &OperationRow) -> i64 {
    if row.kind == OperationKind::Redeem && row.route == Route::Local {
        row.fan_points.0.saturating_neg()
    } else {
        0
    }
}

/// Somebody has to bear it only where goods were handed out; what was refused for good can not be undone once more.
fn ways(row: &OperationRow) -> Vec<CaseWay> {
    match (row.state, row.kind) {
        (OperationState::Held | OperationState::Refused, OperationKind::Redeem) if cost(row) > 0 => {
            vec![CaseWay::Collect, CaseWay::Forgive, CaseWay::Void, CaseWay::Retry, CaseWay::Note]
        }
        (OperationState::Refused, OperationKind::Undo) => vec![CaseWay::Note],
        (OperationState::Held | OperationState::Refused, _) => vec![CaseWay::Retry, CaseWay::Note],
        _ => Vec::new(),
    }
}

/// Whether trying again is sending the same once more: nothing is corrected, and its id is not another's there.
fn goes_out_again(row: &OperationRow, decision: &CaseDecision) -> bool {
    let said = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
    let corrected = said(&decision.fan) || said(&decision.rate_label);
    let taken = row.refusal.as_deref() == Some("already_executed_differs") && row.kind != OperationKind::Undo;
    row.state == OperationState::Held && !corrected && !taken
}
