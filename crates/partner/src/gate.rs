//! The gate: a rule that somebody with the right prepared, and fan after fan judged by it without a tap in between.
//!
//! The answer comes from what this device knows; the platform is asked only where that could change the answer. A
//! passage is taken down before it is shown.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fanpass::FanRef;
use ledger::{StatusPoints, ThresholdAnswer, ThresholdRule, Timestamp, Trust};
use outbox::{
    Engagement, Filter, KnownFan, OperationKind, OperationRow, Page, PassageCount, ProgramConfig, Proposed,
    Route,
};
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use crate::identify::{label, tier_of};
use crate::passage::{Run, Showing, ending};
use crate::pin::Holder;
use crate::rights::Right;
use crate::sell::standing;
use crate::terminal::News;
use crate::view::{
    CodeSource, GatePlan, GateRule, GateRun, GateSignal, GateView, Passage, PinView, ThresholdAnswerView,
};
use crate::{AppError, ErrorCode, Terminal};

const PLAN: &str = "gate plan";
const RUN: &str = "gate run";
/// How long a queue waits for the platform where the device alone can not say yes.
const PATIENCE: Duration = Duration::from_millis(1200);
const LONGEST_TITLE: usize = 60;
const LONGEST_REASON: usize = 200;

/// The gate of a terminal.
#[derive(Default)]
pub(crate) struct GateDesk {
    /// One passage at a time. None: nothing was read from the database yet.
    state: Mutex<Option<State>>,
    /// Whether what the camera reads goes to the gate.
    attended: AtomicBool,
}

impl GateDesk {
    pub fn attended(&self) -> bool {
        self.attended.load(Ordering::Acquire)
    }
}

#[derive(Default)]
struct State {
    plan: Option<GatePlan>,
    run: Option<Run>,
}

impl Terminal {
    /// The gate as it is.
    ///
    /// # Errors
    /// When the database can not be read.
    pub async fn gate(&self) -> Result<GateView, AppError> {
        let mut desk = self.desk().await?;
        self.gate_view(state(&mut desk)).await
    }

    /// Prepares the gate. Where a manager's PIN is set, it is asked for.
    ///
    /// # Errors
    /// For a wrong PIN (`PinWrong`, `PinWait`, `PinLocked`), a missing title, and a rule, tier or action that the
    /// program has not; a kiosk needs a PIN to get out of it.
    pub async fn prepare_gate(&self, plan: GatePlan, pin: Option<String>) -> Result<GateView, AppError> {
        self.as_manager(Right::PrepareGate, pin).await?;
        if plan.kiosk && !self.pin_view(&Holder::Manager).await?.set {
            return Err(ErrorCode::PinNeeded.into());
        }
        let config = self.config().await?;
        let plan = checked(plan, &config)?;
        let text = serde_json::to_string(&plan).map_err(|_| ErrorCode::Internal)?;
        let mut desk = self.desk().await?;
        self.store(move |store| store.set_setting(PLAN, &text)).await?;
        state(&mut desk).plan = Some(plan);
        self.note_device("the gate was prepared").await?;
        self.changed_gate(state(&mut desk)).await
    }

    /// Opens the gate: the counts start at zero.
    ///
    /// # Errors
    /// When nobody has prepared it.
    pub async fn open_gate(&self) -> Result<GateView, AppError> {
        self.require(Right::Identify).await?;
        let mut desk = self.desk().await?;
        let state = state(&mut desk);
        if state.plan.is_none() {
            return Err(ErrorCode::GateNotPrepared.into());
        }
        if state.run.is_none() {
            let run = Run::opened(self.now());
            self.keep_run(&run.shown).await?;
            state.run = Some(run);
            self.note_device("the gate was opened").await?;
        }
        self.changed_gate(state).await
    }

    /// Closes the gate. In kiosk mode that takes the manager's PIN.
    ///
    /// # Errors
    /// For a wrong PIN, as [`Terminal::prepare_gate`].
    pub async fn close_gate(&self, pin: Option<String>) -> Result<GateView, AppError> {
        let mut desk = self.desk().await?;
        let state = state(&mut desk);
        if state.plan.as_ref().is_some_and(|plan| plan.kiosk) && state.run.is_some() {
            self.check_pin(&Holder::Manager, pin.as_deref()).await?;
        } else if state.run.is_some() {
            self.require(Right::Identify).await?;
        }
        if let Some(run) = state.run.take() {
            self.store(|store| store.remove_setting(RUN)).await?;
            let GateRun { passed, refused, unknown, .. } = run.shown;
            self.note_device(&format!("the gate was closed: {passed} in, {refused} no, {unknown} unknown"))
                .await?;
        }
        self.changed_gate(state).await
    }

    /// Whether what the camera reads goes to the gate: while the gate is on the screen.
    ///
    /// # Errors
    /// None at present.
    pub async fn attend_gate(&self, attended: bool) -> Result<(), AppError> {
        self.0.gate.attended.store(attended, Ordering::Release);
        Ok(())
    }

    /// Judges what a scanner or a person typed. None: the same code is still held there.
    ///
    /// # Errors
    /// When the gate is closed, and for a text that is none of ours; a code of ours that is refused is a passage.
    pub async fn gate_text(&self, text: &str, source: CodeSource) -> Result<Option<Passage>, AppError> {
        let mut desk = self.desk().await?;
        let State { plan: Some(plan), run: Some(run) } = state(&mut desk) else {
            return Err(ErrorCode::GateClosed.into());
        };
        let judged = match self.recognise(text, source).await {
            Ok((fan, trust, config)) => self.judge(run, plan, fan, trust, &config).await?,
            Err(error) if is_foreign(&error) => return Err(error),
            Err(error) => turned_away(run, plan, text, error, self.now().0),
        };
        let Some((showing, passage)) = judged else { return Ok(None) };
        run.add(showing, &passage);
        self.note_coming_in(&passage);
        let counts: Vec<_> = passage.again.is_none().then(|| count_of(&passage, 1)).into_iter().collect();
        if let Err(error) = self.keep_passages(&run.shown, counts).await {
            // A full disk must not stop the queue at the door; the counts are right until the app ends.
            tracing::warn!(code = ?error.code, "a passage could not be kept");
        }
        let signal = GateSignal::Passage { passage: passage.clone(), run: run.shown.clone() };
        self.announce(News::Gate(Box::new(signal)));
        Ok(Some(passage))
    }

    /// A person lets in or turns away whatever the answer was; the audit chain says so, with the reason. Where the gate
    /// could not tell, anybody at it decides: it stays open while the device is locked.
    ///
    /// # Errors
    /// When the passage is not among the last ten, and when an answer is overruled without a reason.
    pub async fn decide_passage(
        &self,
        number: u32,
        admit: bool,
        reason: String,
    ) -> Result<Passage, AppError> {
        let reason: String = reason.trim().chars().take(LONGEST_REASON).collect();
        let mut desk = self.desk().await?;
        let State { plan: Some(plan), run: Some(run) } = state(&mut desk) else {
            return Err(ErrorCode::GateClosed.into());
        };
        let before = run.shown.last.iter().find(|passage| passage.number == number).cloned();
        let before = before.ok_or(ErrorCode::UnknownPassage)?;
        if before.admitted == Some(admit) {
            return Ok(before);
        }
        if reason.is_empty() && before.answer != ThresholdAnswerView::CannotTell {
            return Err(ErrorCode::ReasonMissing.into());
        }
        if before.answer != ThresholdAnswerView::CannotTell {
            self.require(Right::OverrideGate).await?;
        }
        let (fan, title) = (before.fan.as_deref().unwrap_or("unknown"), &plan.title);
        let (answer, word) = (before.answer, if admit { "let in" } else { "turned away" });
        self.note_device(&format!("gate {title:?}: {fan} {word} by a person, answer {answer:?}: {reason}"))
            .await?;
        let mut passage = run.decide(number, admit).ok_or(ErrorCode::UnknownPassage)?;
        self.settle_award(plan, &mut passage, run.shown.opened_at).await;
        run.replace(passage.clone());
        self.note_coming_in(&passage);
        let counts = vec![count_of(&before, -1), count_of(&passage, 1)];
        self.keep_passages(&run.shown, counts).await?;
        let signal = GateSignal::Passage { passage: passage.clone(), run: run.shown.clone() };
        self.announce(News::Gate(Box::new(signal)));
        Ok(passage)
    }

    /// Coming in once is one event, however often the code is shown.
    fn note_coming_in(&self, passage: &Passage) {
        let fan = passage.fan.as_deref().and_then(|fan| fan.parse().ok());
        if let Some(fan) = fan.filter(|_| passage.admitted == Some(true) && passage.again.is_none()) {
            self.engaged(fan, Engagement::GatePassage, None);
        }
    }

    /// What the camera read while the gate is on the screen. Codes of others: not a word.
    pub(crate) async fn show_at_gate(&self, text: &str) {
        if let Err(error) = self.gate_text(text, CodeSource::Camera).await {
            tracing::debug!(code = ?error.code, "not for the gate");
        }
    }

    /// Tells a gate that was open when the app ended.
    pub(crate) async fn tell_gate(&self) {
        let Ok(mut desk) = self.desk().await else { return };
        let state = state(&mut desk);
        if state.run.is_some()
            && let Err(error) = self.changed_gate(state).await
        {
            tracing::warn!(code = ?error.code, "the gate could not be told");
        }
    }

    async fn desk(&self) -> Result<MutexGuard<'_, Option<State>>, AppError> {
        let mut desk = self.0.gate.state.lock().await;
        if desk.is_none() {
            let (plan, run) = self.store(|store| Ok((store.setting(PLAN)?, store.setting(RUN)?))).await?;
            *desk = Some(State {
                plan: plan.and_then(|text| serde_json::from_str(&text).ok()),
                run: run.and_then(|text| serde_json::from_str(&text).ok()).map(Run::resumed),
            });
        }
        Ok(desk)
    }

    async fn changed_gate(&self, state: &State) -> Result<GateView, AppError> {
        let gate = self.gate_view(state).await?;
        self.announce(News::Gate(Box::new(GateSignal::Changed { gate: gate.clone() })));
        Ok(gate)
    }

    async fn gate_view(&self, state: &State) -> Result<GateView, AppError> {
        let config = self.store(|store| Ok(store.config())).await?;
        let mut tiers = config.map(|config| config.tiers).unwrap_or_default();
        tiers.sort_by_key(|tier| tier.from);
        let pin: PinView = self.pin_view(&Holder::Manager).await?;
        Ok(GateView {
            plan: state.plan.clone(),
            tiers: tiers.into_iter().map(|tier| tier.name).collect(),
            pin,
            run: state.run.as_ref().map(|run| run.shown.clone()),
        })
    }

    async fn keep_run(&self, run: &GateRun) -> Result<(), AppError> {
        let text = serde_json::to_string(run).map_err(|_| ErrorCode::Internal)?;
        self.store(move |store| store.set_setting(RUN, &text)).await
    }

    /// Keeps the run, and counts in the minutes of the gate.
    async fn keep_passages(&self, run: &GateRun, counts: Vec<PassageCount>) -> Result<(), AppError> {
        let text = serde_json::to_string(run).map_err(|_| ErrorCode::Internal)?;
        self.store(move |store| store.keep_passages(RUN, &text, &counts)).await
    }

    /// None: still held.
    async fn judge(
        &self,
        run: &mut Run,
        plan: &GatePlan,
        fan: FanRef,
        trust: Trust,
        config: &ProgramConfig,
    ) -> Result<Option<(Showing, Passage)>, AppError> {
        let showing = Showing::Fan(fan);
        if run.is_held(&showing, self.now()) {
            return Ok(None);
        }
        let rule = rule_of(&plan.rule, config)?;
        let mut known = self.store(move |store| store.fan(fan)).await?;
        let mut missing_fan = None;
        if !matches!(self.answer(rule.as_ref(), &known, config), ThresholdAnswer::Yes { .. }) {
            match tokio::time::timeout(PATIENCE, self.refresh(fan)).await {
                Ok(Err(error)) if error.code == ErrorCode::UnknownFan => missing_fan = Some(error),
                _ => known = self.store(move |store| store.fan(fan)).await?,
            }
        }
        let number = run.next_number();
        let mut passage = self.passage(number, plan, rule.as_ref(), fan, &known, config);
        if let Some(error) = missing_fan {
            passage.answer = ThresholdAnswerView::No;
            passage.error = Some(error);
            (passage.admitted, passage.decided_by) = ending(passage.answer, plan.unsure);
        }
        if let Some((at, first)) = run.came_in(fan) {
            (passage.again, passage.number) = (Some(at.0), first);
        } else {
            tracing::info!(answer = ?passage.answer, ?trust, "a fan is at the gate");
            self.settle_award(plan, &mut passage, run.shown.opened_at).await;
        }
        Ok(Some((showing, passage)))
    }

    fn answer(
        &self,
        rule: Option<&ThresholdRule>,
        known: &KnownFan,
        config: &ProgramConfig,
    ) -> ThresholdAnswer {
        let standing = standing(known, config, self.now());
        match rule {
            Some(rule) => rule.evaluate(&config.tiers, &standing),
            None => ThresholdAnswer::Yes { age: standing.age },
        }
    }

    fn passage(
        &self,
        number: u32,
        plan: &GatePlan,
        rule: Option<&ThresholdRule>,
        fan: FanRef,
        known: &KnownFan,
        config: &ProgramConfig,
    ) -> Passage {
        let now = self.now();
        let standing = standing(known, config, now);
        let (answer, missing) = match self.answer(rule, known, config) {
            ThresholdAnswer::Yes { .. } => (ThresholdAnswerView::Yes, None),
            ThresholdAnswer::No { missing, .. } => (ThresholdAnswerView::No, Some(missing)),
            ThresholdAnswer::CannotTell { missing, .. } => (ThresholdAnswerView::CannotTell, missing),
        };
        let (admitted, decided_by) = ending(answer, plan.unsure);
        Passage {
            number,
            at: now.0,
            fan: Some(fan.to_string()),
            label: Some(label(known.user_id, fan)),
            tier: standing.points.and_then(|points| tier_of(&config.tiers, points)),
            answer,
            admitted,
            decided_by,
            status_points: standing.points.map(|points| points.0),
            needed: rule.and_then(|rule| needed(rule, config)),
            missing: missing.map(|points| points.0),
            age: standing.age.0,
            again: None,
            awarded: None,
            award_operation: None,
            error: None,
        }
    }

    /// Awards whoever comes in, and takes the award back from whoever is turned away after all. What goes wrong is
    /// told with the passage and does not stop the queue.
    async fn settle_award(&self, plan: &GatePlan, passage: &mut Passage, since: i64) {
        let done = match (&plan.award, passage.admitted, passage.award_operation.clone()) {
            (Some(action), Some(true), None) => self.award_once(action, passage, since).await,
            (_, Some(false), Some(operation)) => self.take_back(&operation, passage).await,
            _ => Ok(()),
        };
        if let Err(error) = done {
            passage.error = Some(error);
        }
    }

    async fn take_back(&self, operation: &str, passage: &mut Passage) -> Result<(), AppError> {
        let of = Uuid::try_parse(operation).map_err(|_| ErrorCode::UnknownOperation)?;
        let award = self.store(move |store| store.operation(of)).await?.ok_or(ErrorCode::UnknownOperation)?;
        self.keep(award.fan, award.trust, Proposed::Undo { of }, Route::Local, None).await??;
        (passage.awarded, passage.award_operation) = (None, None);
        self.hurry().await;
        Ok(())
    }

    async fn award_once(&self, action: &str, passage: &mut Passage, since: i64) -> Result<(), AppError> {
        let Some(fan) = passage.fan.clone() else { return Ok(()) };
        let (fan, trust) = self.present(&fan)?;
        let config = self.config().await?;
        let known = config.actions.iter().find(|known| known.category == action);
        let title = known.ok_or(ErrorCode::UnknownAction)?.title.clone();
        let filter = Filter {
            kinds: vec![OperationKind::Award],
            fan: Some(fan),
            from: Some(Timestamp(since)),
            ..Filter::default()
        };
        // The run may have gone through the end of the app: what was awarded is in the journal.
        let earlier =
            self.store(move |store| store.operations(&filter, Page { after: None, limit: 50 })).await?;
        let same = |row: &OperationRow| row.action.as_ref().is_some_and(|done| done.category == action);
        if earlier.iter().any(|row| !row.is_reversed() && same(row)) {
            return Ok(());
        }
        let kind = Proposed::Award { action: action.to_owned(), description: title.clone(), title };
        let row = self.keep(fan, trust, kind, Route::Local, None).await??;
        passage.awarded = Some(row.status_points.0);
        passage.award_operation = Some(row.id.to_string());
        self.hurry().await;
        Ok(())
    }
}

fn state(desk: &mut Option<State>) -> &mut State {
    desk.get_or_insert_default()
}

/// A code of ours that is refused: the fan is told why. None: it is still held.
fn turned_away(
    run: &mut Run,
    plan: &GatePlan,
    text: &str,
    error: AppError,
    now: i64,
) -> Option<(Showing, Passage)> {
    let showing = Showing::Refused(text.to_owned());
    if run.is_held(&showing, Timestamp(now)) {
        return None;
    }
    // Where the device itself lacks something, the fan has done nothing wrong.
    let answer = match error.code {
        ErrorCode::PassUnknownKey | ErrorCode::PassKeysTooOld | ErrorCode::PassNotYetValid => {
            ThresholdAnswerView::CannotTell
        }
        code if code.is_storage() => ThresholdAnswerView::CannotTell,
        _ => ThresholdAnswerView::No,
    };
    let (admitted, decided_by) = ending(answer, plan.unsure);
    let passage = Passage {
        number: run.next_number(),
        at: now,
        fan: None,
        label: None,
        tier: None,
        answer,
        admitted,
        decided_by,
        status_points: None,
        needed: None,
        missing: None,
        age: 0,
        again: None,
        awarded: None,
        award_operation: None,
        error: Some(error),
    };
    Some((showing, passage))
}

/// Other people's codes and phantoms of the decoder, and a device without a program.
fn is_foreign(error: &AppError) -> bool {
    matches!(error.code, ErrorCode::NotOurCode | ErrorCode::CodeTooLong | ErrorCode::NotConnected)
}

fn checked(mut plan: GatePlan, config: &ProgramConfig) -> Result<GatePlan, AppError> {
    plan.title = plan.title.trim().chars().take(LONGEST_TITLE).collect();
    if plan.title.is_empty() {
        return Err(AppError::new(ErrorCode::MissingField).detail("title"));
    }
    rule_of(&plan.rule, config)?;
    if let Some(award) = &plan.award
        && !config.actions.iter().any(|action| action.category == *award)
    {
        return Err(ErrorCode::UnknownAction.into());
    }
    Ok(plan)
}

/// None: everyone comes in.
fn rule_of(rule: &GateRule, config: &ProgramConfig) -> Result<Option<ThresholdRule>, AppError> {
    Ok(match rule {
        GateRule::Everyone => None,
        GateRule::Threshold { id } => {
            let known = config.thresholds.iter().find(|known| known.id == *id);
            Some(known.ok_or(ErrorCode::UnknownRule)?.rule.clone())
        }
        GateRule::AtLeast { status_points } => {
            if !(1..=i64::from(u32::MAX)).contains(status_points) {
                return Err(ErrorCode::InvalidAmount.into());
            }
            Some(ThresholdRule::AtLeast { status_points: StatusPoints(*status_points) })
        }
        GateRule::Tier { name } => {
            if !config.tiers.iter().any(|tier| tier.name == *name) {
                return Err(ErrorCode::UnknownRule.into());
            }
            Some(ThresholdRule::Tier { name: name.clone() })
        }
    })
}

/// The Status Points that a rule asks for, where it is a single number.
fn needed(rule: &ThresholdRule, config: &ProgramConfig) -> Option<i64> {
    match rule {
        ThresholdRule::AtLeast { status_points } => Some(status_points.0),
        ThresholdRule::Tier { name } => {
            config.tiers.iter().find(|tier| tier.name == *name).map(|tier| tier.from.0)
        }
        ThresholdRule::All { .. } | ThresholdRule::Any { .. } => None,
    }
}

fn count_of(passage: &Passage, by: i32) -> PassageCount {
    PassageCount { at: Timestamp(passage.at), admitted: passage.admitted, by }
}
