//! A desktop around the app's window: a window manager, and what its bars and keys ask of a window.

use std::path::Path;

use x11rb::connection::Connection as _;
use x11rb::protocol::screensaver::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    AtomEnum, Blanking, ClientMessageEvent, ConnectionExt as _, EventMask, Exposures, MapState, ScreenSaver,
    Window,
};
use x11rb::rust_connection::RustConnection;

use super::child::Program;
use super::stage::Stage;
use super::wait::eventually;

/// An empty desktop, for as long as this lives.
pub struct Desktop {
    _manager: Program,
    line: RustConnection,
    root: Window,
}

impl Desktop {
    pub async fn start(stage: &Stage) -> Self {
        let manager = Program::start(Path::new("openbox"), ["--sm-disable"], stage.path("openbox.log"));
        let (line, number) = x11rb::connect(None).expect("a display");
        let root = line.setup().roots[number].root;
        let desktop = Self { _manager: manager, line, root };
        eventually("a window manager", || {
            std::future::ready(desktop.numbers(root, "_NET_SUPPORTING_WM_CHECK").first().copied())
        })
        .await;
        desktop
    }

    /// The window that the desktop says is in use.
    pub fn in_use(&self) -> Option<Window> {
        self.numbers(self.root, "_NET_ACTIVE_WINDOW").first().copied().filter(|&window| window != 0)
    }

    /// Whether the window is drawn, and nothing but it.
    pub fn shows_only(&self, window: Window) -> bool {
        let size = |window| {
            let answer = self.line.get_geometry(window).expect("a request").reply().expect("an answer");
            (answer.width, answer.height)
        };
        let place = self.line.translate_coordinates(window, self.root, 0, 0).expect("a request");
        let place = place.reply().expect("an answer");
        let drawn = self.line.get_window_attributes(window).expect("a request").reply().expect("an answer");
        (place.dst_x, place.dst_y) == (0, 0)
            && size(window) == size(self.root)
            && drawn.map_state == MapState::VIEWABLE
    }

    /// Whether the window has a state, such as `FULLSCREEN`.
    pub fn is(&self, window: Window, state: &str) -> bool {
        let state = self.atom(&format!("_NET_WM_STATE_{state}"));
        self.numbers(window, "_NET_WM_STATE").contains(&state)
    }

    /// What the cross in a task bar asks.
    pub fn close(&self, window: Window) {
        self.ask(window, "_NET_CLOSE_WINDOW", [x11rb::CURRENT_TIME, 2, 0, 0, 0]);
    }

    /// What a click on its entry in a task bar asks.
    pub fn minimize(&self, window: Window) {
        const ICONIC: u32 = 3;
        self.ask(window, "WM_CHANGE_STATE", [ICONIC, 0, 0, 0, 0]);
    }

    /// What a switch of desktops asks.
    pub fn go_to(&self, desktop: u32) {
        self.ask(self.root, "_NET_CURRENT_DESKTOP", [desktop, x11rb::CURRENT_TIME, 0, 0, 0]);
    }

    /// The desktop that is on the screen, from 0.
    pub fn current(&self) -> Option<u32> {
        self.numbers(self.root, "_NET_CURRENT_DESKTOP").first().copied()
    }

    /// What the button that clears the desktop asks.
    pub fn clear(&self) {
        self.ask(self.root, "_NET_SHOWING_DESKTOP", [1, 0, 0, 0, 0]);
    }

    /// Lets the display go dark after a second in which nobody touches anything.
    pub fn dims_soon(&self) {
        self.line.set_screen_saver(1, 0, Blanking::PREFERRED, Exposures::DEFAULT).expect("a request");
        self.line.flush().expect("the display listens");
    }

    /// Whether the display is dark, and for how long nobody has touched anything, in milliseconds.
    pub fn dark(&self) -> (bool, u32) {
        let asked = self.line.screensaver_query_info(self.root).expect("a request");
        let told = asked.reply().expect("the display answers");
        (told.state == u8::from(screensaver::State::ON), told.ms_since_user_input)
    }

    fn ask(&self, window: Window, what: &str, data: [u32; 5]) {
        let wish = ClientMessageEvent::new(32, window, self.atom(what), data);
        let listens = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        self.line.send_event(false, self.root, listens, wish).expect("a request");
        self.line.flush().expect("the display listens");
    }

    fn atom(&self, name: &str) -> u32 {
        let asked = self.line.intern_atom(false, name.as_bytes()).expect("a request");
        asked.reply().expect("the display answers").atom
    }

    fn numbers(&self, window: Window, property: &str) -> Vec<u32> {
        let property = self.atom(property);
        let asked = self.line.get_property(false, window, property, AtomEnum::ANY, 0, 64).expect("a request");
        asked.reply().ok().and_then(|told| told.value32().map(Iterator::collect)).unwrap_or_default()
    }
}

impl Drop for Desktop {
    /// The next test has its display as it was.
    fn drop(&mut self) {
        let _ = self.line.set_screen_saver(-1, -1, Blanking::DEFAULT, Exposures::DEFAULT);
        let _ = self.line.force_screen_saver(ScreenSaver::RESET);
        if let Ok(asked) = self.line.get_input_focus() {
            let _ = asked.reply();
        }
    }
}
