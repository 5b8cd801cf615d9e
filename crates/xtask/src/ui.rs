//! The web view's side: its packages, its build, its tests. Nothing is done twice for the same files.

use std::path::Path;
use std::process::Command;

use crate::place::Place;
use crate::problem::{Outcome, Problem};
use crate::stamp::{self, Stamp};
use crate::step;

pub fn install(place: &Place) -> Outcome<String> {
    install_in(place, &place.ui(), "npm", "installing the UI's packages: npm ci")
}

/// The OpenID Connect provider that the tests sign in at.
pub fn install_provider(place: &Place) -> Outcome<String> {
    install_in(place, &place.provider(), "npm-oidc", "installing the tests' sign-in provider: npm ci")
}

fn install_in(place: &Place, folder: &Path, name: &str, what: &str) -> Outcome<String> {
    let print = stamp::fingerprint(&[folder.join("package-lock.json"), folder.join("package.json")])?;
    let stamp = Stamp::new(&place.stamps(), name);
    // npm writes this file last: an interrupted installation has none.
    if stamp.matches(&print) && folder.join("node_modules/.package-lock.json").is_file() {
        return Ok("as before".to_owned());
    }
    stamp.clear();
    step::run(what, npm(folder, &["ci", "--no-fund", "--no-audit"]))?.or_fail("npm ci")?;
    stamp.set(&print)?;
    Ok("installed".to_owned())
}

pub fn build(place: &Place) -> Outcome<String> {
    let files = stamp::files_below(&place.ui(), &["node_modules", "dist"])?;
    let print = stamp::fingerprint(&files)?;
    let stamp = Stamp::new(&place.stamps(), "ui");
    if stamp.matches(&print) && place.ui().join("dist/index.html").is_file() {
        return Ok("as before".to_owned());
    }
    stamp.clear();
    step::run("building the UI: npm run build", npm(&place.ui(), &["run", "build"]))?
        .or_fail("the UI's build")?;
    stamp.set(&print)?;
    Ok("built".to_owned())
}

pub fn check(place: &Place) -> Outcome<String> {
    step::run("checking the UI's types and style: npm run check", npm(&place.ui(), &["run", "check"]))?
        .or_fail("the UI's check")?;
    Ok(String::new())
}

pub fn test(place: &Place) -> Outcome<String> {
    let finished = step::run_and_keep("testing the UI: npm test", npm(&place.ui(), &["test"]))?;
    let note = passed(&finished.lines);
    finished.or_fail("the UI's tests")?;
    Ok(note)
}

/// The runner's closing line, such as `Tests  12 passed (12)`, without its colours.
fn passed(lines: &[String]) -> String {
    let plain = |line: &String| -> String {
        let mut coloured = false;
        line.chars()
            .filter(|&c| {
                let escape = c == '\u{1b}';
                let visible = !coloured && !escape;
                coloured = escape || (coloured && c != 'm');
                visible
            })
            .collect()
    };
    lines
        .iter()
        .rev()
        .map(plain)
        .find_map(|line| line.trim().strip_prefix("Tests").map(|counts| counts.trim().to_owned()))
        .unwrap_or_default()
}

fn npm(folder: &Path, words: &[&str]) -> Command {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let mut command = step::command(program, words, folder);
    command.env("CI", "1").env("npm_config_update_notifier", "false");
    command
}

/// Bytes after gzip of what the window loads at its start, by Node's own zlib.
pub fn gzip_sizes(place: &Place) -> Outcome<Vec<(String, u64, u64)>> {
    const SCRIPT: &str = "const z=require('zlib'),f=require('fs');for(const p of process.argv.slice(1)){\
        const b=f.readFileSync(p);console.log(b.length+' '+z.gzipSync(b,{level:9}).length+' '+p)}";
    let dist = place.ui().join("dist");
    let files: Vec<_> = stamp::files_below(&dist, &[])?
        .into_iter()
        .filter(|file| {
            file.extension().is_some_and(|kind| ["js", "css", "html"].iter().any(|known| kind == *known))
        })
        .collect();
    let mut node = step::command("node", ["-e", SCRIPT], &dist);
    node.args(&files);
    let listed = step::ask(node).ok_or_else(|| Problem::new("node could not compress the UI's files"))?;
    let mut sizes = Vec::new();
    for line in listed.lines() {
        let mut words = line.splitn(3, ' ');
        if let (Some(Ok(raw)), Some(Ok(packed)), Some(path)) =
            (words.next().map(str::parse), words.next().map(str::parse), words.next())
        {
            let name = path.strip_prefix(&*dist.to_string_lossy()).unwrap_or(path).trim_start_matches('/');
            sizes.push((name.to_owned(), raw, packed));
        }
    }
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_is_found_under_its_colours() {
        let lines = [
            "\u{1b}[2m Test Files \u{1b}[22m 3 passed (3)",
            "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m41 passed\u{1b}[39m (41)",
            " Duration 2 s",
        ]
        .map(str::to_owned);
        assert_eq!(passed(&lines), "41 passed (41)");
        assert_eq!(passed(&[]), "");
    }
}
