//! Real keys, through the display server: what a handheld scanner is to the app.

use std::process::{Command, Stdio};

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

    fn type_at(&self, text: &str, delay_ms: u32) {
        let focused = xdotool(&["getwindowfocus"]);
        assert_eq!(focused.as_deref(), Some(self.window.as_str()), "another window has the keyboard");
        xdotool(&["type", "--delay", &delay_ms.to_string(), "--", text]).expect("keys are pressed");
    }
}

fn xdotool(words: &[&str]) -> Option<String> {
    let output =
        Command::new("xdotool").args(words).stdin(Stdio::null()).output().expect("xdotool is installed");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
