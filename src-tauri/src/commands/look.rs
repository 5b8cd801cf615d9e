//! How large the window draws.

use partner::{AppError, ErrorCode};

use super::Answer;

/// Draws the window at so many percent, from 100 to 200. A phone's system does that itself.
#[tauri::command]
#[specta::specta]
pub async fn set_zoom(window: tauri::WebviewWindow, percent: u32) -> Answer<()> {
    let factor = f64::from(percent.clamp(100, 200)) / 100.0;
    #[cfg(desktop)]
    window.set_zoom(factor).map_err(|error| AppError::new(ErrorCode::Internal).detail(error.to_string()))?;
    #[cfg(mobile)]
    let _ = (window, factor);
    Ok(())
}
