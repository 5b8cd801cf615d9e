//! What a desktop expects of an app: one window however often it is started, its size and place remembered, and the
//! number of what waits on its icon and in its title.

#[cfg(desktop)]
use std::sync::{Mutex, PoisonError, mpsc};
#[cfg(desktop)]
use std::time::Duration;

use tauri::{AppHandle, Builder, Manager as _, Wry};
#[cfg(desktop)]
use tauri::{Window, WindowEvent};
#[cfg(desktop)]
use tauri_plugin_window_state::{AppHandleExt as _, StateFlags};

use crate::arguments::Arguments;

const WINDOW_FILE: &str = "window.json";
/// As in `tauri.conf.json`.
#[cfg(desktop)]
const TITLE: &str = "FanPoints Partner";
/// Not the full screen: that belongs to the kiosk.
#[cfg(desktop)]
const REMEMBERED: StateFlags = StateFlags::SIZE.union(StateFlags::POSITION).union(StateFlags::MAXIMIZED);
/// A window that was not moved for so long has found its place.
#[cfg(desktop)]
const REST: Duration = Duration::from_millis(300);

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
    tauri_plugin_window_state::Builder::default().with_filename(file).with_state_flags(REMEMBERED).build()
}

/// Tells that the window moves.
#[cfg(desktop)]
struct Moves(Mutex<mpsc::Sender<()>>);

/// Writes the window's place down whenever it comes to rest: the plugin does so when the app ends in good order, but a
/// till is switched off.
#[cfg(desktop)]
pub fn keep_place(app: &AppHandle) -> std::io::Result<()> {
    let (moves, moved) = mpsc::channel();
    let handle = app.clone();
    let write = move || {
        while moved.recv().is_ok() {
            while moved.recv_timeout(REST).is_ok() {}
            let app = handle.clone();
            // Where windows move: the plugin holds its lock while it asks them for their place.
            let done = handle.run_on_main_thread(move || {
                if let Err(error) = app.save_window_state(REMEMBERED) {
                    tracing::debug!(%error, "the window's place was not written down");
                }
            });
            if done.is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("window place".into()).spawn(write)?;
    app.manage(Moves(Mutex::new(moves)));
    Ok(())
}

#[cfg(desktop)]
pub fn follow(window: &Window, event: &WindowEvent) {
    if let WindowEvent::Moved(_) | WindowEvent::Resized(_) = event
        && let Some(moves) = window.try_state::<Moves>()
    {
        // The other side is gone only when the app ends, which writes it, too.
        let _ = moves.0.lock().unwrap_or_else(PoisonError::into_inner).send(());
    }
}

#[cfg(desktop)]
fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window("main") else { return };
    if let Err(error) = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus()) {
        tracing::debug!(%error, "the window could not be brought to the front");
    }
}

/// The number of what waits, on the icon in the dock or the task bar, and in the window's title: not every desktop has a
/// place for a number on an icon, and all of them list windows by their titles.
pub fn badge(app: &AppHandle, waiting: u32) {
    let Some(window) = app.get_webview_window("main") else { return };
    #[cfg(desktop)]
    if let Err(error) = window.set_title(&title(waiting)) {
        tracing::debug!(%error, "the window's title stays");
    }
    #[cfg(target_os = "linux")]
    if let Some(launcher) = app.try_state::<crate::launcher::Launcher>() {
        launcher.show(waiting);
    }
    // Windows has no number for an icon, only a mark on it.
    #[cfg(target_os = "windows")]
    let done = window.set_overlay_icon((waiting > 0).then(mark));
    #[cfg(any(target_os = "macos", target_os = "ios"))]
    let done = window.set_badge_count((waiting > 0).then_some(i64::from(waiting)));
    #[cfg(any(target_os = "windows", target_os = "macos", target_os = "ios"))]
    if let Err(error) = done {
        tracing::debug!(%error, "the icon carries no number here");
    }
}

/// An amber dot.
#[cfg(any(target_os = "windows", test))]
fn mark() -> tauri::image::Image<'static> {
    const SIDE: u32 = 16;
    let pixel = |at: u32| {
        // Twice the distance from the middle, so that it lies on whole numbers.
        let (x, y) = ((2 * (at % SIDE) + 1).abs_diff(SIDE), (2 * (at / SIDE) + 1).abs_diff(SIDE));
        if x * x + y * y <= (SIDE - 1) * (SIDE - 1) { [0xff, 0xb9, 0x38, 0xff] } else { [0; 4] }
    };
    tauri::image::Image::new_owned((0..SIDE * SIDE).flat_map(pixel).collect(), SIDE, SIDE)
}

#[cfg(desktop)]
fn title(waiting: u32) -> String {
    if waiting > 0 { format!("({waiting}) {TITLE}") } else { TITLE.to_owned() }
}

#[cfg(all(test, desktop))]
mod tests {
    use super::{mark, title};

    #[test]
    fn the_title_carries_what_waits() {
        assert_eq!(title(0), "FanPoints Partner");
        assert_eq!(title(17), "(17) FanPoints Partner");
    }

    #[test]
    fn the_mark_is_a_dot_in_the_middle() {
        let mark = mark();
        let pixel = |x: usize, y: usize| mark.rgba().chunks(4).nth(y * 16 + x).unwrap().to_owned();
        assert_eq!(mark.rgba().len(), 16 * 16 * 4);
        assert_eq!(pixel(8, 8), [0xff, 0xb9, 0x38, 0xff]);
        assert_eq!([pixel(0, 0), pixel(15, 0), pixel(0, 15), pixel(15, 15)].concat(), [0; 16]);
    }
}
