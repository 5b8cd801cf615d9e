//! What a desktop expects of an app: one window however often it is started, its size and place remembered, and the
//! number of what waits on its icon and in its title.

use tauri::{AppHandle, Builder, Manager as _, Wry};

use crate::arguments::Arguments;

const WINDOW_FILE: &str = "window.json";
/// As in `tauri.conf.json`.
#[cfg(desktop)]
const TITLE: &str = "FanPoints Partner";

/// Adds the plugins. A data folder of its own is a till of its own: the database tells when two want the same one.
pub fn add(builder: Builder<Wry>, arguments: &Arguments) -> Builder<Wry> {
    #[cfg(desktop)]
    let builder = match &arguments.data_dir {
        Some(folder) => builder.plugin(remembered(&folder.join(WINDOW_FILE).to_string_lossy())),
        // This one has to be the first of all.
        None => builder
            .plugin(tauri_plugin_single_instance::init(|app, arguments, _| {
                for argument in arguments.iter().skip(1) {
                    crate::link::open(app, argument);
                }
                show(app);
            }))
            .plugin(remembered(WINDOW_FILE)),
    };
    builder.plugin(tauri_plugin_deep_link::init())
}

#[cfg(desktop)]
fn remembered(file: &str) -> tauri::plugin::TauriPlugin<Wry> {
    use tauri_plugin_window_state::StateFlags;
    // Not the full screen: that belongs to the kiosk.
    tauri_plugin_window_state::Builder::default()
        .with_filename(file)
        .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
        .build()
}

#[cfg(desktop)]
fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window("main") else { return };
    if let Err(error) = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus()) {
        tracing::debug!(%error, "the window could not be brought to the front");
    }
}

/// The number of what waits, on the dock or the launcher, and in the window's title: not every desktop has a place for
/// a number on an icon, and all of them list windows by their titles.
pub fn badge(app: &AppHandle, waiting: u32) {
    let Some(window) = app.get_webview_window("main") else { return };
    #[cfg(desktop)]
    if let Err(error) = window.set_title(&title(waiting)) {
        tracing::debug!(%error, "the window's title stays");
    }
    #[cfg(any(target_os = "macos", target_os = "linux", target_os = "ios"))]
    let done = window.set_badge_count((waiting > 0).then_some(i64::from(waiting)));
    #[cfg(target_os = "windows")]
    let done = window.set_overlay_icon((waiting > 0).then(|| app.default_window_icon().cloned()).flatten());
    #[cfg(target_os = "android")]
    let done: tauri::Result<()> = {
        let _ = (window, waiting);
        Ok(())
    };
    if let Err(error) = done {
        tracing::debug!(%error, "the icon carries no number here");
    }
}

#[cfg(desktop)]
fn title(waiting: u32) -> String {
    if waiting > 0 { format!("({waiting}) {TITLE}") } else { TITLE.to_owned() }
}

#[cfg(all(test, desktop))]
mod tests {
    use super::title;

    #[test]
    fn the_title_carries_what_waits() {
        assert_eq!(title(0), "FanPoints Partner");
        assert_eq!(title(17), "(17) FanPoints Partner");
    }
}
