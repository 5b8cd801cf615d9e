//! Shifts and figures, and the files of reports and for support.

use partner::rights::Right;
use partner::view::{
    Figures, FiguresRequest, ReportWords, SavedFile, ShiftCount, ShiftDesk, ShiftFormat, ShiftView,
};
use tauri::State;

use super::{Answer, App};
use crate::files::Folder;

/// The shift that is under way.
#[tauri::command]
#[specta::specta]
pub async fn shift(app: App<'_>) -> Answer<ShiftDesk> {
    app.require(Right::CloseShift).await?;
    app.shift().await
}

#[tauri::command]
#[specta::specta]
pub async fn open_shift(app: App<'_>, count: ShiftCount) -> Answer<ShiftDesk> {
    app.require(Right::CloseShift).await?;
    app.open_shift(count).await
}

/// Whoever is at work takes the shift over.
#[tauri::command]
#[specta::specta]
pub async fn hand_over_shift(app: App<'_>, count: ShiftCount) -> Answer<ShiftDesk> {
    app.require(Right::CloseShift).await?;
    app.hand_over_shift(count).await
}

/// Closes the shift and makes its report; what waits stays in the queue.
#[tauri::command]
#[specta::specta]
pub async fn close_shift(app: App<'_>, count: ShiftCount) -> Answer<ShiftView> {
    app.require(Right::CloseShift).await?;
    app.close_shift(count).await
}

/// Closed shifts, the last one first.
#[tauri::command]
#[specta::specta]
pub async fn shifts(app: App<'_>, before: Option<i64>) -> Answer<Vec<ShiftView>> {
    app.require(Right::CloseShift).await?;
    app.shifts(before).await
}

/// A closed shift, and whether the audit chain still says the same.
#[tauri::command]
#[specta::specta]
pub async fn shift_report(app: App<'_>, id: String) -> Answer<ShiftView> {
    app.require(Right::CloseShift).await?;
    app.shift_report(&id).await
}

/// Writes the report of a shift into the folder for downloads.
#[tauri::command]
#[specta::specta]
pub async fn shift_file(
    app: App<'_>,
    folder: State<'_, Folder>,
    id: String,
    format: ShiftFormat,
    words: ReportWords,
) -> Answer<SavedFile> {
    app.require(Right::CloseShift).await?;
    let (name, bytes) = app.shift_file(&id, format, words).await?;
    folder.save(name, bytes).await
}

/// Writes what support asks for into the folder for downloads.
#[tauri::command]
#[specta::specta]
pub async fn save_diagnostics(app: App<'_>, folder: State<'_, Folder>) -> Answer<SavedFile> {
    app.require(Right::Settings).await?;
    let (name, bytes) = app.diagnostics_bundle().await?;
    folder.save(name, bytes).await
}

/// Sums over time, for pictures.
#[tauri::command]
#[specta::specta]
pub async fn figures(app: App<'_>, request: FiguresRequest) -> Answer<Figures> {
    app.require(Right::Review).await?;
    app.figures(request).await
}
