//! Real keys, through the display server: what a handheld scanner is to the app.

use std::process::{Command, Stdio};

use x11rb::protocol::xproto::{ClientMessageEvent, ConnectionExt as _, EventMask};

use super::wait::eventually;

pub struct Keyboard {
    window: String,
}

impl Keyboard {
    /// Gives the app's window the keyboard.
    pub async fn at_window(title: &str) -> Self {
        let window = eventually(&format!("a window named {title}"), || {
            let found = xdotool(&["search", "--onlyvisible", "--name", title]);
            std::future::ready(found.and_then(|ids| ids.lines().next_back().map(str::to_owned)))
        })
        .await;
        xdotool(&["windowfocus", "--sync", &window]).expect("the window takes the keyboard");
        Self { window }
    }

    /// How many windows with this in their title are on the screen.
    pub fn windows(title: &str) -> usize {
        xdotool(&["search", "--onlyvisible", "--name", title]).map_or(0, |ids| ids.lines().count())
    }

    /// Types as fast as a handheld scanner does, and ends with Enter as it does.
    pub fn scan(&self, text: &str) {
        self.type_at(text, 2);
        xdotool(&["key", "Return"]).expect("Enter is pressed");
    }

    /// A person types, and a moment after the last key a handheld scanner goes off.
    pub fn type_and_scan(&self, typed: &str, text: &str) {
        self.has_keyboard();
        let person = ["type", "--delay", "90", "--args", "1", typed];
        let scanner = ["sleep", "0.05", "type", "--delay", "2", text];
        xdotool(&[person, scanner].concat()).expect("keys are pressed");
        xdotool(&["key", "Return"]).expect("Enter is pressed");
    }

    /// Types as fast as a handheld scanner does, with an ending of its own: `\t` is Tab.
    pub fn write_fast(&self, text: &str) {
        self.type_at(text, 2);
    }

    /// Types as a person does.
    pub fn type_slowly(&self, text: &str) {
        self.type_at(text, 120);
    }

    /// Presses one key or a chord, such as `ctrl+v`.
    pub fn press(&self, chord: &str) {
        xdotool(&["key", chord]).expect("the keys are pressed");
    }

    /// The window's number.
    pub fn window(&self) -> u32 {
        self.window.parse().expect("a number")
    }

    /// Asks the window to close, as the button in its frame and the desktop's own keys do.
    pub fn ask_to_close(&self) {
        let window = self.window();
        let (line, _) = x11rb::connect(None).expect("a display");
        let atom = |name: &str| {
            let asked = line.intern_atom(false, name.as_bytes()).expect("a request");
            asked.reply().expect("the display answers").atom
        };
        let data = [atom("WM_DELETE_WINDOW"), x11rb::CURRENT_TIME, 0, 0, 0];
        let wish = ClientMessageEvent::new(32, window, atom("WM_PROTOCOLS"), data);
        line.send_event(false, window, EventMask::NO_EVENT, wish).expect("a request");
        // An answer comes only after everything before it is done.
        line.get_input_focus().expect("a request").reply().expect("the display answers");
    }

    fn type_at(&self, text: &str, delay_ms: u32) {
        self.has_keyboard();
        xdotool(&["type", "--delay", &delay_ms.to_string(), "--", text]).expect("keys are pressed");
    }

    fn has_keyboard(&self) {
        let focused = xdotool(&["getwindowfocus"]);
        assert_eq!(focused.as_deref(), Some(self.window.as_str()), "another window has the keyboard");
    }
}

fn xdotool(words: &[&str]) -> Option<String> {
    let output =
        Command::new("xdotool").args(words).stdin(Stdio::null()).output().expect("xdotool is installed");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
