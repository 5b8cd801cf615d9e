//! Looking after the device: is its journal untouched, was anything set aside, does it agree with the platform, and
//! what leaves the daily tables.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ledger::Timestamp;
use outbox::{AuditFault, AuditHead, Store, StoreError};
use serde::{Deserialize, Serialize};
use specta::Type;
use sync::{Action, Pair, Transaction, Verdict};
use tokio::sync::Notify;

use crate::history::checked_note;
use crate::identify::label;
use crate::keychain::{Keychain, Secret};
use crate::review::operation_view;
use crate::rights::Right;
use crate::terminal::{Opened, blocking};
use crate::view::{DifferenceInput, OperationKindView, OperationView};
use crate::{AppError, ErrorCode, Terminal};

/// How often the end of the audit chain is kept in the keychain, and old operations are archived.
const EVERY: Duration = Duration::from_secs(60);
const SET_ASIDE: &str = "set-aside";
/// The longest period that is reconciled at once.
const LONGEST_PERIOD_MS: i64 = 92 * 24 * 60 * 60 * 1000;

/// How the device is, beside its line and queue.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    pub audit: AuditView,
    /// A damaged database was set aside; stays until dismissed.
    pub set_aside: Option<SetAsideView>,
    /// The disk failed: nothing more is kept until the app is started again.
    pub read_only: bool,
    pub clock: ClockView,
    /// Operations that another device has taken over.
    pub moved: u32,
    pub archived: u32,
    /// Accepted operations are archived after so many days.
    pub retention_days: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum AuditState {
    Unchecked,
    Checking,
    Sound,
    Broken,
}

/// The chain over everything that was decided here.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AuditView {
    pub state: AuditState,
    pub entries: u64,
    pub checked_at: Option<i64>,
    /// The first entry that is not as it was written.
    pub broken_entry: Option<u64>,
    pub fault: Option<AuditFaultView>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum AuditFaultView {
    NotLinked,
    Missing,
    OperationGone,
    OperationEdited,
    JournalEdited,
    ArchiveEdited,
    StateEdited,
    Cut,
    Unreadable,
    /// An older copy of the database was put back.
    PutBack,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SetAsideView {
    pub file: String,
    /// What could be read, as JSON Lines; None: nothing could.
    pub export: Option<String>,
    pub operations: u64,
    pub at: i64,
}

/// The device's clock beside what the device has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ClockView {
    Steady,
    /// It shows a time before what the device has already seen.
    SetBack,
    /// It went ahead by more than the time that passed.
    SetForward,
}

/// Both sides of a period.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Reconciliation {
    /// All that does not simply match.
    pub rows: Vec<ReconcileRow>,
    pub matched: u32,
    /// False: the platform holds more of the period than was fetched.
    pub complete: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReconcileRow {
    pub verdict: ReconcileVerdict,
    pub action: ReconcileAction,
    pub operation: Option<OperationView>,
    pub there: Option<PlatformTransaction>,
    /// What names the difference when a person settles it.
    pub id: String,
    pub is_undo: bool,
    /// A person has settled it.
    pub settled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ReconcileVerdict {
    Matched,
    MissingThere,
    MissingHere,
    Different,
    Waiting,
    AnswerLost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ReconcileAction {
    None,
    /// Tell the platform's operator, with the id.
    Report,
    /// Another device of the partner made it, or it was lost here.
    FindDevice,
    Compare,
    /// Send now: it is delivered, or confirmed.
    Send,
}

/// A transaction as the platform lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PlatformTransaction {
    pub id: String,
    pub kind: OperationKindView,
    pub fan_label: String,
    pub fan_points: i64,
    pub status_points: i64,
    pub at: i64,
}

/// What upkeep knows between two looks.
pub(crate) struct Upkeep {
    audit: Mutex<AuditView>,
    begun: Notify,
}

impl Default for Upkeep {
    fn default() -> Self {
        let audit = AuditView {
            state: AuditState::Unchecked,
            entries: 0,
            checked_at: None,
            broken_entry: None,
            fault: None,
        };
        Self { audit: Mutex::new(audit), begun: Notify::new() }
    }
}

impl Upkeep {
    /// The database was opened: it is looked at once in the background.
    pub fn begin(&self) {
        self.begun.notify_one();
    }

    fn audit(&self) -> AuditView {
        self.audit.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_audit(&self, change: impl FnOnce(&mut AuditView)) {
        change(&mut self.audit.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Remembers in the new database that the old one was set aside.
pub(crate) fn note_set_aside(
    store: &Store,
    file: &Path,
    export: Option<&Path>,
    operations: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let told = SetAsideView {
        file: file.display().to_string(),
        export: export.map(|path| path.display().to_string()),
        operations,
        at: now.0,
    };
    store.set_setting(SET_ASIDE, &serde_json::to_string(&told).unwrap_or_default())?;
    store.note("a damaged database was set aside before this one was begun", now)
}

impl Terminal {
    /// How the device is, beside its line and queue.
    ///
    /// # Errors
    /// When the database can not be read.
    pub async fn health(&self) -> Result<Health, AppError> {
        let now = self.now();
        let (set_aside, counts, retention_days, clock, read_only) = self
            .store(move |store| {
                Ok((
                    store.setting(SET_ASIDE)?,
                    store.counts()?,
                    store.retention()?,
                    store.clock(now)?,
                    store.is_read_only(),
                ))
            })
            .await?;
        let number = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        Ok(Health {
            audit: self.0.upkeep.audit(),
            set_aside: set_aside.and_then(|text| serde_json::from_str(&text).ok()),
            read_only,
            clock: match clock {
                outbox::ClockState::Steady => ClockView::Steady,
                outbox::ClockState::SetBack => ClockView::SetBack,
                outbox::ClockState::SetForward => ClockView::SetForward,
            },
            moved: number(counts.moved),
            archived: number(counts.archived),
            retention_days,
        })
    }

    /// Goes over the whole audit chain now.
    ///
    /// # Errors
    /// When the database can not be read.
    pub async fn verify_audit(&self) -> Result<AuditView, AppError> {
        self.require(Right::Identify).await?;
        let opened = self.opened().await?;
        self.check_audit(&opened).await?;
        Ok(self.0.upkeep.audit())
    }

    /// The person has read that a database was set aside.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn dismiss_set_aside(&self) -> Result<Health, AppError> {
        self.require(Right::Settings).await?;
        self.store(|store| store.remove_setting(SET_ASIDE)).await?;
        self.health().await
    }

    /// Compares the device's journal with the platform's transactions of a period: `from` inclusive, `to` exclusive.
    ///
    /// # Errors
    /// Without a line, when the platform can not be asked, and for a period of more than three months.
    pub async fn reconcile(&self, from: i64, to: i64) -> Result<Reconciliation, AppError> {
        self.require(Right::Review).await?;
        if to <= from || to.saturating_sub(from) > LONGEST_PERIOD_MS {
            return Err(AppError::new(ErrorCode::MissingField).detail("period"));
        }
        let line = self.opened().await?.line.ok_or(ErrorCode::NotConnected)?;
        let (from, to) = (Timestamp(from), Timestamp(to));
        let listed = line.client.transactions(from, to).await?;
        let here = self.store(move |store| store.to_reconcile(from, to)).await?;
        let foreign = listed.transactions.iter().cloned().map(outbox::Foreign::from).collect();
        self.store(move |store| store.note_foreign(foreign)).await?;
        let pairs = blocking(move || sync::compare(&here, &listed.transactions)).await?;
        let matched = pairs.iter().filter(|pair| pair.verdict == Verdict::Matched).count();
        Ok(Reconciliation {
            rows: self.with_settled(pairs.iter().filter(|pair| pair.verdict != Verdict::Matched)).await?,
            matched: u32::try_from(matched).unwrap_or(u32::MAX),
            complete: listed.complete,
        })
    }

    async fn with_settled(
        &self,
        pairs: impl Iterator<Item = &Pair> + Send,
    ) -> Result<Vec<ReconcileRow>, AppError> {
        let mut rows: Vec<ReconcileRow> = pairs.map(reconcile_row).collect();
        let differences: Vec<_> =
            rows.iter().map(|row| difference(&row.id, row.is_undo, row.verdict)).collect();
        let settled = self.store(move |store| store.are_settled(&differences)).await?;
        rows.iter_mut().zip(settled).for_each(|(row, settled)| row.settled = settled);
        Ok(rows)
    }

    /// A person has settled differences to the platform's books, and says how.
    ///
    /// # Errors
    /// Without a note, and without the right to decide.
    pub async fn settle_differences(
        &self,
        differences: Vec<DifferenceInput>,
        note: &str,
        pin: Option<String>,
    ) -> Result<(), AppError> {
        self.as_manager(Right::Decide, pin).await?;
        let note = checked_note(note)?;
        if note.is_empty() {
            return Err(ErrorCode::ReasonMissing.into());
        }
        let differences: Vec<_> =
            differences.iter().map(|one| difference(&one.id, one.is_undo, one.verdict)).collect();
        let (now, staff) = (self.now(), self.acting_id());
        self.store(move |store| store.settle_differences(differences, &note, staff.as_deref(), now)).await
    }

    /// Accepted operations are archived after so many days; None: never.
    ///
    /// # Errors
    /// For zero days, and when the database does not take it.
    pub async fn set_retention(&self, days: Option<u32>, pin: Option<String>) -> Result<Health, AppError> {
        self.as_manager(Right::Settings, pin).await?;
        if days == Some(0) {
            return Err(AppError::new(ErrorCode::MissingField).detail("days"));
        }
        self.store(move |store| store.set_retention(days)).await?;
        self.0.upkeep.begin();
        self.health().await
    }

    /// In the background: the audit chain once after opening, and from time to time what does not hurry.
    pub(crate) async fn keep_up(self) {
        let mut checked = None;
        loop {
            tokio::select! {
                () = self.0.upkeep.begun.notified() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
            let Some(opened) = self.if_open().await else { continue };
            if checked.as_deref() != Some(&*opened.device_id) {
                checked = Some(opened.device_id.to_string());
                if let Err(error) = self.check_audit(&opened).await {
                    tracing::warn!(code = ?error.code, "the audit chain could not be checked");
                }
            }
            self.keep_head(&opened.store, &opened.device_id).await;
            self.archive(&opened.store).await;
            self.tell_decisions().await;
        }
    }

    async fn archive(&self, store: &Store) {
        loop {
            let (store, now) = (store.clone(), self.now());
            match blocking(move || store.archive_old(now)).await {
                Ok(Ok(0)) => return,
                // The counter's own changes come in between.
                Ok(Ok(_)) => tokio::task::yield_now().await,
                Ok(Err(error)) => {
                    tracing::warn!(code = error.code(), "old operations could not be archived");
                    return;
                }
                Err(_) => return,
            }
        }
    }

    async fn check_audit(&self, opened: &Opened) -> Result<(), AppError> {
        self.0.upkeep.set_audit(|audit| {
            // A break stays in sight until the chain is found sound.
            if audit.state != AuditState::Broken {
                audit.state = AuditState::Checking;
            }
        });
        self.ring();
        let (store, keychain) = (opened.store.clone(), self.0.options.keychain.clone());
        let device = opened.device_id.clone();
        let verified = blocking(move || {
            let kept = kept_head(&*keychain, &device);
            store.verify_audit(kept)
        })
        .await?;
        let at = self.now().0;
        self.0.upkeep.set_audit(|audit| {
            audit.checked_at = Some(at);
            match &verified {
                Ok(Ok(head)) => {
                    (audit.state, audit.entries) = (AuditState::Sound, head.entries);
                    (audit.broken_entry, audit.fault) = (None, None);
                }
                Ok(Err(broken)) => {
                    tracing::error!(entry = broken.entry, fault = ?broken.fault, "the audit chain is broken");
                    audit.state = AuditState::Broken;
                    audit.broken_entry = Some(broken.entry);
                    audit.fault = Some(fault_view(broken.fault));
                }
                Err(_) => audit.state = AuditState::Unchecked,
            }
        });
        self.ring();
        verified?.ok();
        Ok(())
    }

    /// Keeps the end of the chain outside of the database, unless the chain is broken: what was put back must not
    /// pass for the truth.
    pub(crate) async fn keep_head(&self, store: &Store, device: &str) {
        if self.0.upkeep.audit().state != AuditState::Sound {
            return;
        }
        let (store, keychain, device) = (store.clone(), self.0.options.keychain.clone(), device.to_owned());
        let kept = blocking(move || -> Result<(), AppError> {
            let head = store.audit_head()?;
            if kept_head(&*keychain, &device) != Some(head) {
                let bytes = [head.entries.to_be_bytes().as_slice(), &head.hash].concat();
                keychain.write(&head_name(&device), &Secret::new(bytes))?;
            }
            Ok(())
        });
        if let Ok(Err(error)) | Err(error) = kept.await {
            tracing::warn!(code = ?error.code, "the end of the audit chain could not be kept");
        }
    }
}

fn head_name(device: &str) -> String {
    format!("audit-head {device}")
}

fn kept_head(keychain: &dyn Keychain, device: &str) -> Option<AuditHead> {
    let secret = keychain.read(&head_name(device)).ok().flatten()?;
    let (entries, hash) = secret.expose().split_first_chunk::<8>()?;
    Some(AuditHead { entries: u64::from_be_bytes(*entries), hash: hash.try_into().ok()? })
}

fn fault_view(fault: AuditFault) -> AuditFaultView {
    match fault {
        AuditFault::NotLinked => AuditFaultView::NotLinked,
        AuditFault::Missing => AuditFaultView::Missing,
        AuditFault::OperationGone => AuditFaultView::OperationGone,
        AuditFault::OperationEdited => AuditFaultView::OperationEdited,
        AuditFault::JournalEdited => AuditFaultView::JournalEdited,
        AuditFault::ArchiveEdited => AuditFaultView::ArchiveEdited,
        AuditFault::StateEdited => AuditFaultView::StateEdited,
        AuditFault::Cut => AuditFaultView::Cut,
        AuditFault::Unreadable => AuditFaultView::Unreadable,
        AuditFault::PutBack => AuditFaultView::PutBack,
    }
}

fn reconcile_row(pair: &Pair) -> ReconcileRow {
    ReconcileRow {
        verdict: match pair.verdict {
            Verdict::Matched => ReconcileVerdict::Matched,
            Verdict::MissingThere => ReconcileVerdict::MissingThere,
            Verdict::MissingHere => ReconcileVerdict::MissingHere,
            Verdict::Different => ReconcileVerdict::Different,
            Verdict::Waiting => ReconcileVerdict::Waiting,
            Verdict::AnswerLost => ReconcileVerdict::AnswerLost,
        },
        action: match pair.verdict.action() {
            Action::None => ReconcileAction::None,
            Action::Report => ReconcileAction::Report,
            Action::FindDevice => ReconcileAction::FindDevice,
            Action::Compare => ReconcileAction::Compare,
            Action::Send => ReconcileAction::Send,
        },
        operation: pair.here.as_ref().map(operation_view),
        there: pair.there.as_ref().map(transaction_view),
        id: match (&pair.here, &pair.there) {
            (Some(here), _) => here.wire_id().to_string(),
            (None, Some(there)) => there.id.clone(),
            (None, None) => String::new(),
        },
        is_undo: pair.here.as_ref().map_or_else(
            || pair.there.as_ref().is_some_and(Transaction::is_undo),
            |here| here.kind == outbox::OperationKind::Undo,
        ),
        settled: false,
    }
}

fn difference(id: &str, is_undo: bool, verdict: ReconcileVerdict) -> outbox::Difference {
    let verdict = match verdict {
        ReconcileVerdict::Matched => "matched",
        ReconcileVerdict::MissingThere => "missing_there",
        ReconcileVerdict::MissingHere => "missing_here",
        ReconcileVerdict::Different => "different",
        ReconcileVerdict::Waiting => "waiting",
        ReconcileVerdict::AnswerLost => "answer_lost",
    };
    outbox::Difference { id: id.to_owned(), is_undo, verdict: verdict.to_owned() }
}

fn transaction_view(transaction: &Transaction) -> PlatformTransaction {
    PlatformTransaction {
        id: transaction.id.clone(),
        kind: crate::review::kind_view(transaction.kind),
        fan_label: transaction.user_id.map(|id| label(Some(id), fanpass::FanRef::Id(id))).unwrap_or_default(),
        fan_points: transaction.fan_points,
        status_points: transaction.status_points,
        at: transaction.at.0,
    }
}
