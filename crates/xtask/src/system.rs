//! What the system must have: looked at on every system, installed on Debian and its kin, named elsewhere.

use std::path::Path;
use std::process::Command;

use crate::place::on_path;
use crate::problem::{Outcome, Problem};
use crate::step;

/// Debian's packages that build, run and test the app.
const PACKAGES: &[&str] = &[
    "build-essential",
    "pkg-config",
    "perl", // builds OpenSSL for the encrypted database
    "libwebkit2gtk-4.1-dev",
    "libdbus-1-dev",
    "libsecret-1-dev",
    "librsvg2-dev",
    "libclang-dev", // the camera's bindings
    "libv4l-dev",
    "gstreamer1.0-plugins-base", // the verdicts' sounds
    "gstreamer1.0-plugins-good",
    "fonts-dejavu-core",
    "webkit2gtk-driver", // from here on: the window tests
    "xvfb",
    "dbus",
    "gnome-keyring",
    "xclip",
    "xdotool",
    "openbox",       // a desktop around the window, which a kiosk has to hold against
    "x11-xkb-utils", // setxkbmap: keyboards of other countries
    "procps",        // the `kill` program
    "postgresql",    // the platform's other database, for its tests: each run starts a server of its own
];

/// On another Linux the same things, found by what they provide.
const LIBRARIES: &[&str] = &["webkit2gtk-4.1", "dbus-1", "libsecret-1", "librsvg-2.0"];
const PROGRAMS: &[&str] = &[
    "cc",
    "pkg-config",
    "perl",
    "WebKitWebDriver",
    "Xvfb",
    "dbus-run-session",
    "gnome-keyring-daemon",
    "xclip",
    "xdotool",
    "openbox",
    "setxkbmap",
    "initdb", // PostgreSQL
];

/// The oldest Node.js that the UI's tools run on.
const NODE: u32 = 20;

pub fn prepare() -> Outcome<String> {
    node()?;
    if cfg!(not(target_os = "linux")) {
        return Ok("not a Linux: nothing looked at".to_owned());
    }
    if on_path("dpkg-query").is_some() && on_path("apt-get").is_some() {
        return install(&missing_packages());
    }
    let missing = missing_provisions();
    if missing.is_empty() {
        return Ok("all there".to_owned());
    }
    Err(Problem::new(format!("this system lacks: {}", missing.join(", "))).cure(format!(
        "Install them with your package manager. On Debian they come with: {}",
        PACKAGES.join(" ")
    )))
}

fn node() -> Outcome {
    let cure = format!("Install Node.js {NODE} or later, with npm: https://nodejs.org");
    let ask = |program: &str| {
        let mut command = Command::new(program);
        command.arg("--version");
        step::ask(command)
    };
    let version = ask("node").ok_or_else(|| Problem::new("Node.js is missing").cure(&cure))?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE) {
        return Err(Problem::new(format!("Node.js {version} is too old")).cure(cure));
    }
    if on_path("npm").is_none() && ask("npm").is_none() {
        return Err(Problem::new("npm is missing").cure(cure));
    }
    Ok(())
}

fn missing_packages() -> Vec<&'static str> {
    let mut query = Command::new("dpkg-query");
    // dpkg-query fails when one of them is unknown and still lists the others, hence no look at its status.
    query.args(["-W", "-f=${Package} ${db:Status-Status}\n"]).args(PACKAGES);
    let listed =
        query.output().map(|out| String::from_utf8_lossy(&out.stdout).into_owned()).unwrap_or_default();
    missing_from(&listed)
}

fn missing_from(listed: &str) -> Vec<&'static str> {
    let installed = |name: &str| listed.lines().any(|line| line.split_once(' ') == Some((name, "installed")));
    PACKAGES.iter().copied().filter(|name| !installed(name)).collect()
}

fn install(missing: &[&str]) -> Outcome<String> {
    if missing.is_empty() {
        return Ok("all there".to_owned());
    }
    let names = missing.join(" ");
    let Some(before) = as_root() else {
        return Err(Problem::new(format!("this system lacks: {names}"))
            .cure(format!("Neither root nor sudo here. As root: apt-get install {names}")));
    };
    apt(before, &["update", "-qq"], "updating the package lists")?;
    let mut words = vec!["install", "-y", "-qq", "--no-install-recommends"];
    words.extend(missing);
    apt(before, &words, &format!("installing {names}"))?;
    Ok(format!("installed {}", missing.len()))
}

fn apt(before: &[&str], words: &[&str], what: &str) -> Outcome {
    let mut all = before.to_vec();
    all.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    all.extend(words);
    let (program, args) = all.split_first().ok_or_else(|| Problem::new("no command"))?;
    let mut command = Command::new(program);
    command.args(args);
    step::run(what, command)?.or_fail(what)?;
    Ok(())
}

/// The words that make a command run as root: none where we are.
fn as_root() -> Option<&'static [&'static str]> {
    if is_root() {
        return Some(&[]);
    }
    on_path("sudo").map(|_| ["sudo"].as_slice())
}

pub fn is_root() -> bool {
    let mut id = Command::new("id");
    id.arg("-u");
    step::ask(id).is_some_and(|id| id == "0")
}

fn missing_provisions() -> Vec<String> {
    let mut missing: Vec<String> =
        PROGRAMS.iter().filter(|name| on_path(name).is_none()).map(|&name| name.to_owned()).collect();
    for library in LIBRARIES {
        let known = step::ask(step::command("pkg-config", ["--exists", library], Path::new("/")));
        if known.is_none() {
            missing.push(format!("{library} (with headers)"));
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_installed_counts_as_there() {
        let everything: String = PACKAGES.iter().map(|name| format!("{name} installed\n")).collect();
        assert!(missing_from(&everything).is_empty());
        let removed = everything.replace("xvfb installed", "xvfb config-files");
        assert_eq!(missing_from(&removed), ["xvfb"]);
        assert_eq!(missing_from("").len(), PACKAGES.len());
        assert!(missing_from("xvfb-extras installed").contains(&"xvfb"));
    }
}
