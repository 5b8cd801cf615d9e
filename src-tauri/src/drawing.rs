//! How the web view draws on a Linux machine without a graphics card: by the processor at once.
//!
//! By default WebKit hands its layers to OpenGL, and where Mesa plays the card in software that costs ten times as much:
//! a till with the camera on was busy with little else, and a picture was on the screen a tenth of a second late. See
//! `hardware-acceleration-policy` in <https://webkitgtk.org/reference/webkit2gtk/stable/class.Settings.html>.

use std::ffi::OsStr;
use std::path::Path;

use tauri::{App, Manager as _};
use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt as _, WebViewExt as _};

/// Where the kernel lists graphics cards.
const CARDS: &str = "/dev/dri";
/// Tells Mesa to play the card in software even where there is one.
const IN_SOFTWARE: &str = "LIBGL_ALWAYS_SOFTWARE";

/// Chooses for all windows that are open.
pub fn suit(app: &App) {
    if draws_with_card(Path::new(CARDS), std::env::var_os(IN_SOFTWARE).as_deref()) {
        return;
    }
    tracing::info!("no graphics card: the processor draws");
    for window in app.webview_windows().values() {
        let done = window.with_webview(|view| {
            if let Some(settings) = view.inner().settings() {
                settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
            }
        });
        if let Err(error) = done {
            tracing::debug!(%error, "a window draws as it did");
        }
    }
}

/// Whether there is a card that can draw (one that only shows pictures has no render node) and it may be used.
fn draws_with_card(cards: &Path, in_software: Option<&OsStr>) -> bool {
    let forbidden =
        in_software.is_some_and(|value| !["", "0", "false"].iter().any(|no| value == OsStr::new(no)));
    let can_draw = |name: &OsStr| name.to_string_lossy().starts_with("renderD");
    let found = std::fs::read_dir(cards)
        .is_ok_and(|entries| entries.flatten().any(|entry| can_draw(&entry.file_name())));
    found && !forbidden
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_draws_when_it_can_and_may() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!draws_with_card(&folder.path().join("none"), None), "no cards at all");
        std::fs::write(folder.path().join("card0"), "").unwrap();
        assert!(!draws_with_card(folder.path(), None), "it only shows pictures");
        std::fs::write(folder.path().join("renderD128"), "").unwrap();
        for (value, allowed) in [(None, true), (Some("0"), true), (Some("false"), true), (Some("1"), false)] {
            assert_eq!(draws_with_card(folder.path(), value.map(OsStr::new)), allowed, "{value:?}");
        }
    }
}
