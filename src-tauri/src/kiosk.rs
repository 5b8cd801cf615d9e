//! The window of a gate in kiosk mode: full screen, above all else, kept awake, and not to be closed.
//!
//! `partner` decides who may leave it; this follows.

#[cfg(desktop)]
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};

use partner::view::GateSignal;
use tauri::{AppHandle, Manager as _, Window, WindowEvent};

/// What a kiosk holds while it lasts.
#[derive(Default)]
pub struct Kiosk(Mutex<Held>);

#[derive(Default)]
struct Held {
    locked: bool,
    /// Letting go of it lets the screen sleep again.
    #[cfg(desktop)]
    awake: Option<Awake>,
}

impl Kiosk {
    fn is_locked(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).locked
    }
}

/// Follows the gate into the kiosk and out of it. Every open gate keeps the screen awake.
pub fn follow(app: &AppHandle, signal: &GateSignal) {
    let GateSignal::Changed { gate } = signal else { return };
    let open = gate.run.is_some();
    let locked = open && gate.plan.as_ref().is_some_and(|plan| plan.kiosk);
    let Some(kiosk) = app.try_state::<Kiosk>() else { return };
    let mut held = kiosk.0.lock().unwrap_or_else(PoisonError::into_inner);
    #[cfg(desktop)]
    match (open, held.awake.is_some()) {
        (true, false) => held.awake = awake(),
        (false, true) => held.awake = None,
        _ => {}
    }
    if held.locked == locked {
        return;
    }
    held.locked = locked;
    drop(held);
    #[cfg(desktop)]
    if let Some(window) = app.get_webview_window("main") {
        let done = window
            .set_fullscreen(locked)
            .and_then(|()| window.set_always_on_top(locked))
            .and_then(|()| window.set_visible_on_all_workspaces(locked))
            .and_then(|()| window.set_closable(!locked))
            .and_then(|()| window.set_minimizable(!locked));
        if let Err(error) = done {
            tracing::warn!(%error, "the window does not follow the kiosk");
        }
    }
}

/// A kiosk is not closed by closing its window, and comes back when the desktop puts something before it.
pub fn guard(window: &Window, event: &WindowEvent) {
    let locked = || window.try_state::<Kiosk>().is_some_and(|kiosk| kiosk.is_locked());
    match event {
        WindowEvent::CloseRequested { api, .. } if locked() => api.prevent_close(),
        #[cfg(desktop)]
        WindowEvent::Focused(false) if locked() => {
            if let Err(error) = window.unminimize().and_then(|()| window.set_focus()) {
                tracing::warn!(%error, "the kiosk does not come back");
            }
        }
        _ => {}
    }
}

/// As long as it is held, the screen stays awake.
#[cfg(desktop)]
struct Awake {
    /// Dropped, it ends the thread that asks for it: some systems bind the wish to a thread, and asking may block.
    _end: mpsc::Sender<()>,
}

#[cfg(desktop)]
fn awake() -> Option<Awake> {
    let (end, ended) = mpsc::channel::<()>();
    // Who dims the screen and who puts the machine to sleep are not the same on every system, and not every system has
    // both: what one of them refuses must not take back what the other one promised.
    let ask = |display, idle| {
        keepawake::Builder::default()
            .display(display)
            .idle(idle)
            .reason("A gate is open")
            .app_name("FanPoints Partner")
            .app_reverse_domain("app.fanpoints.partner")
            .create()
    };
    let hold = move || {
        #[cfg(target_os = "linux")]
        let display = calm_display();
        #[cfg(not(target_os = "linux"))]
        let display = None::<()>;
        let [screen, machine] = [ask(true, false), ask(false, true)];
        if let (None, Err(screen), Err(machine)) = (&display, &screen, &machine) {
            tracing::warn!(%screen, %machine, "the screen can not be kept awake");
            return;
        }
        // An error is the word to end: the other side is gone.
        ended.recv().unwrap_or_default();
    };
    std::thread::Builder::new().name("awake".into()).spawn(hold).ok()?;
    Some(Awake { _end: end })
}

/// Where no desktop dims the screen, the display server itself does. It does not as long as this line to it is open.
#[cfg(target_os = "linux")]
fn calm_display() -> Option<x11rb::rust_connection::RustConnection> {
    use x11rb::protocol::screensaver::ConnectionExt as _;
    let (line, _) = x11rb::connect(None).ok()?;
    line.screensaver_query_version(1, 1).ok()?.reply().ok()?;
    line.screensaver_suspend(1).ok()?.check().ok()?;
    Some(line)
}
