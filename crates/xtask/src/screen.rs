//! A desktop session of its own for the real window where there is no display, and for every window test: a virtual
//! screen, a message bus and an unlocked keyring, with a home of its own, so that a developer's own is never touched.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::leash::{Leash, Leashed, Words};
use crate::place::{Place, fresh_folder, make_folder, on_path};
use crate::problem::{Outcome, Problem};
use crate::step;
use crate::system;

/// A common laptop's screen.
const SIZE: &str = "1440x900x24";

/// Starts the message bus, whose own remarks go to a log, and passes the terminal on to the command.
const BUS: &str = r#"
exec 5>&1 6>&2 >"$HOME/bus.log" 2>&1
exec dbus-run-session -- /bin/sh -c "$0" session "$@"
"#;

/// Runs inside the message bus: unlocks a new keyring, then becomes the command. Its password guards nothing but
/// the example's secrets, for as long as the session lasts.
const UNLOCK: &str = r#"
printf 'example' | gnome-keyring-daemon --unlock --components=secrets >/dev/null || exit 70
exec "$@" >&5 2>&6 5>&- 6>&-
"#;

pub struct Screen {
    // Dropped in this order: the display first, then the folders.
    _xvfb: Leash,
    display: String,
    home: PathBuf,
    sockets: Sockets,
}

/// A short path: the address of a socket may have 108 characters, and a clone may stand deep.
struct Sockets(PathBuf);

impl Drop for Sockets {
    fn drop(&mut self) {
        // A folder of dead sockets that stays behind harms nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Whether there is a screen that a person may be looking at.
pub fn person_has_one() -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(target_os = "linux")) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

impl Screen {
    /// Opens a display on the first free number; `name` tells its folders from those of other tasks.
    pub fn open(place: &Place, name: &str) -> Outcome<Self> {
        let home = place.target().join("session").join(name);
        fresh_folder(&home)?;
        for folder in ["config", "data", "cache", "state"] {
            make_folder(&home.join(folder))?;
        }
        let sockets = Sockets(env::temp_dir().join(format!("fanpoints-{}", std::process::id())));
        fresh_folder(&sockets.0)?;
        only_for_us(&sockets.0)?;
        let mut xvfb = Leashed::new("Xvfb", place.root())
            .args(["-displayfd", "1", "-screen", "0", SIZE, "-nolisten", "tcp", "-noreset"])
            .start(Words::Piped)?;
        let mut number = String::new();
        if let Some(out) = xvfb.take_stdout() {
            BufReader::new(out).read_line(&mut number).map_err(Problem::while_doing("starting Xvfb"))?;
        }
        if number.trim().is_empty() {
            return Err(Problem::new("the virtual display (Xvfb) did not start"));
        }
        Ok(Self { _xvfb: xvfb, display: format!(":{}", number.trim()), home, sockets })
    }

    /// The same command, but in this session.
    pub fn dress(&self, command: Leashed) -> Leashed {
        let mut before: Vec<&str> = Vec::new();
        if !may_mount() {
            // The full-disk test mounts a small disk; in a user namespace everybody may.
            before.extend(["unshare", "--user", "--map-root-user", "--mount", "--"]);
        }
        before.extend(["/bin/sh", "-c", BUS, UNLOCK]);
        let mut command = command
            .inside(before)
            .env("DISPLAY", &self.display)
            .env("GDK_BACKEND", "x11")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("NO_AT_BRIDGE", "1")
            // What is pictured must not depend on where the machine stands.
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .without_env("LC_ALL")
            .without_env("LANGUAGE")
            // A failed test says what it saw and where; how it got there is in its text.
            .env("RUST_BACKTRACE", "0")
            .env("HOME", &self.home)
            .env("XDG_RUNTIME_DIR", &self.sockets.0)
            .without_env("WAYLAND_DISPLAY")
            .without_env("XAUTHORITY")
            .without_env("DBUS_SESSION_BUS_ADDRESS")
            .without_env("GNOME_KEYRING_CONTROL");
        for (name, folder) in [
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_STATE_HOME", "state"),
        ] {
            command = command.env(name, self.home.join(folder));
        }
        // Cargo and rustup live in the real home.
        for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            if let Some(path) = env::var_os(name).or_else(|| real_home(folder)) {
                command = command.env(name, path);
            }
        }
        command
    }
}

fn real_home(folder: &str) -> Option<OsString> {
    env::home_dir().map(|home| home.join(folder).into_os_string())
}

fn may_mount() -> bool {
    let sudo_asks_nothing = || step::ask(step::command("sudo", ["-n", "true"], Path::new("/"))).is_some();
    system::is_root() || (on_path("sudo").is_some() && sudo_asks_nothing())
}

#[cfg(unix)]
pub fn only_for_us(path: &Path) -> Outcome {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = if path.is_dir() { 0o700 } else { 0o600 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(Problem::while_doing(format!("closing {} to others", path.display())))
}

#[cfg(not(unix))]
pub fn only_for_us(_path: &Path) -> Outcome {
    Ok(())
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn a_session_has_a_display_and_an_unlocked_keyring_and_no_persons_home() {
        const LOOK: &str = "echo home $HOME; echo display $DISPLAY; xdotool getdisplaygeometry; dbus-send --session \
            --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets/collection/login \
            org.freedesktop.DBus.Properties.Get string:org.freedesktop.Secret.Collection string:Locked";
        let place = Place::find().unwrap();
        let screen = Screen::open(&place, "xtask-test").unwrap();
        let command = Leashed::new("/bin/sh", place.root()).args(["-c", LOOK]);
        let mut running = screen.dress(command).start(Words::Piped).unwrap();
        let mut said = String::new();
        running.take_stdout().unwrap().read_to_string(&mut said).unwrap();
        assert!(running.wait().unwrap().success(), "{said}");
        assert!(said.contains(&format!("home {}", screen.home.display())), "{said}");
        assert!(said.contains(&format!("display {}\n1440 900", screen.display)), "{said}");
        assert!(said.contains("boolean false"), "the keyring is locked: {said}");
    }
}
