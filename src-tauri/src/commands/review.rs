//! Looking back: the list of everything, the inbox of cases, signals, and exports.

use std::path::PathBuf;
use std::process::Command;

use partner::rights::Right;
use partner::view::{
    CaseDecision, CaseOutcome, CasePage, DifferenceInput, ExportForm, ExportView, Receipt, ReviewChoices,
    ReviewCount, ReviewDetail, ReviewFilter, ReviewPlace, ReviewQuery, ReviewRow, SavedView, SignalRules,
    SignalView,
};
use partner::{AppError, ErrorCode};
use tauri::State;

use super::{Answer, App};

/// Where exports are written to.
pub struct Exports(pub PathBuf);

/// A page of all operations of the partner, newest first.
#[tauri::command]
#[specta::specta]
pub async fn review_list(app: App<'_>, query: ReviewQuery) -> Answer<Vec<ReviewRow>> {
    app.review(query).await
}

/// How many operations a filter lets through.
#[tauri::command]
#[specta::specta]
pub async fn review_count(app: App<'_>, filter: ReviewFilter) -> Answer<ReviewCount> {
    app.review_count(filter).await
}

/// People and saved views.
#[tauri::command]
#[specta::specta]
pub async fn review_choices(app: App<'_>) -> Answer<ReviewChoices> {
    app.review_choices().await
}

#[tauri::command]
#[specta::specta]
pub async fn save_view(app: App<'_>, view: SavedView) -> Answer<ReviewChoices> {
    app.save_view(view).await
}

#[tauri::command]
#[specta::specta]
pub async fn forget_view(app: App<'_>, name: String) -> Answer<ReviewChoices> {
    app.forget_view(name).await
}

/// An operation with postings, audit link, and what the platform said.
#[tauri::command]
#[specta::specta]
pub async fn review_detail(app: App<'_>, place: ReviewPlace) -> Answer<ReviewDetail> {
    app.review_detail(place).await
}

/// Asks the platform for what the partner's other devices did.
#[tauri::command]
#[specta::specta]
pub async fn fetch_others(app: App<'_>, from: i64, to: i64) -> Answer<u32> {
    app.fetch_others(from, to).await
}

/// Takes an operation back, for a reason; asks for the manager's PIN where one is set.
#[tauri::command]
#[specta::specta]
pub async fn reverse_operation(
    app: App<'_>,
    operation: String,
    reason: String,
    pin: Option<String>,
) -> Answer<Receipt> {
    app.reverse(&operation, &reason, pin).await
}

/// What was refused or is held and waits for a person.
#[tauri::command]
#[specta::specta]
pub async fn cases(app: App<'_>, after: Option<ReviewPlace>, limit: u32) -> Answer<CasePage> {
    app.cases(after, limit).await
}

/// Deals with cases; asks for the manager's PIN where one is set.
#[tauri::command]
#[specta::specta]
pub async fn decide_cases(
    app: App<'_>,
    decision: CaseDecision,
    pin: Option<String>,
) -> Answer<Vec<CaseOutcome>> {
    app.decide_cases(decision, pin).await
}

/// Begins to write what a filter lets through into a file.
#[tauri::command]
#[specta::specta]
pub async fn begin_export(
    app: App<'_>,
    exports: State<'_, Exports>,
    filter: ReviewFilter,
    form: ExportForm,
) -> Answer<ExportView> {
    app.begin_export(filter, form, exports.0.clone()).await
}

/// The export that runs, or the last one.
#[tauri::command]
#[specta::specta]
pub async fn export_state(app: App<'_>) -> Answer<Option<ExportView>> {
    app.require(Right::Export).await?;
    Ok(app.export_state())
}

#[tauri::command]
#[specta::specta]
pub async fn cancel_export(app: App<'_>) -> Answer<()> {
    app.require(Right::Export).await?;
    app.cancel_export();
    Ok(())
}

/// Shows the folder of the last export in the system's own file manager.
#[tauri::command]
#[specta::specta]
pub async fn show_export(app: App<'_>) -> Answer<()> {
    app.require(Right::Export).await?;
    let folder = app.export_folder().ok_or(ErrorCode::UnknownOperation)?;
    let viewer = if cfg!(target_os = "windows") {
        "explorer"
    } else if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let shown = Command::new(viewer).arg(folder).spawn();
    shown
        .map(|_| ())
        .map_err(|error| AppError::new(ErrorCode::StorageFailed).detail(error.kind().to_string()))
}

/// The thresholds of signals.
#[tauri::command]
#[specta::specta]
pub async fn signal_rules(app: App<'_>) -> Answer<SignalRules> {
    app.signal_rules().await
}

/// Sets the thresholds of signals; asks for the manager's PIN where one is set.
#[tauri::command]
#[specta::specta]
pub async fn set_signal_rules(app: App<'_>, rules: SignalRules, pin: Option<String>) -> Answer<SignalRules> {
    app.set_signal_rules(rules, pin).await
}

/// What in a period a manager may want to look at.
#[tauri::command]
#[specta::specta]
pub async fn signals(app: App<'_>, from: i64, to: i64) -> Answer<Vec<SignalView>> {
    app.signals(from, to).await
}

/// A person has settled differences to the platform's books; asks for the manager's PIN where one is set.
#[tauri::command]
#[specta::specta]
pub async fn settle_differences(
    app: App<'_>,
    differences: Vec<DifferenceInput>,
    note: String,
    pin: Option<String>,
) -> Answer<()> {
    app.settle_differences(differences, &note, pin).await
}
