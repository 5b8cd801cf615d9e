//! Real keys, through the display server: what a handheld scanner is to the app.

use std::process::{Command, Stdio};

use super::wait::eventually;

pub struct Keyboard {
    window: String,
}

/// The layout of the display's keyboard, until this is dropped.
pub struct Layout(());

impl Layout {
    pub fn of(country: &str) -> Self {
        setxkbmap(country);
        Self(())
    }
}

impl Drop for Layout {
    fn drop(&mut self) {
        setxkbmap("us");
    }
}

fn setxkbmap(country: &str) {
    let status = Command::new("setxkbmap").arg(country).stdin(Stdio::null()).status();
    assert!(status.expect("setxkbmap is installed").success(), "the layout {country} is not to be had");
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

    /// The same by the places of the keys, as a scanner does that is set to a US keyboard, whatever the layout here.
    pub fn scan_by_places(&self, text: &str) {
        let presses: Vec<String> = text.chars().map(place_on_us_keyboard).collect();
        let presses = presses.iter().map(String::as_str).chain(["Return"]);
        xdotool(&["key", "--delay", "2"].into_iter().chain(presses).collect::<Vec<_>>())
            .expect("the keys are pressed");
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

/// The key's number at the display server, eight more than at the kernel.
fn place_on_us_keyboard(char: char) -> String {
    const ROWS: [(u32, &str, &str); 4] = [
        (10, "1234567890-=", "!@#$%^&*()_+"),
        (24, "qwertyuiop[]", "QWERTYUIOP{}"),
        (38, "asdfghjkl;'`", "ASDFGHJKL:\"~"),
        (52, "zxcvbnm,./", "ZXCVBNM<>?"),
    ];
    if char == ' ' {
        return "65".into();
    }
    let place = ROWS.iter().find_map(|(first, plain, shifted)| {
        let at = |row: &str| row.chars().position(|key| key == char);
        let (shift, place) =
            at(plain).map(|place| ("", place)).or_else(|| at(shifted).map(|place| ("shift+", place)))?;
        Some(format!("{shift}{}", first + u32::try_from(place).ok()?))
    });
    place.unwrap_or_else(|| panic!("no key of a US keyboard writes {char}"))
}

fn xdotool(words: &[&str]) -> Option<String> {
    let output =
        Command::new("xdotool").args(words).stdin(Stdio::null()).output().expect("xdotool is installed");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
