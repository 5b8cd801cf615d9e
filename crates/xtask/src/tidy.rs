//! Rules about the tree that neither a compiler nor a linter knows; mostly about what is absent.

use std::fs;
use std::path::{Path, PathBuf};

use crate::place::Place;
use crate::problem::{Outcome, Problem};
use crate::stamp;

/// A file that is longer is rarely one thing.
const MAX_LINES: usize = 600;

/// Written by a program, not by a person.
const GENERATED: [&str; 1] = ["bindings.ts"];

/// What a finished change no longer holds. Put together here so that this file does not hold it either.
const UNFINISHED: [&str; 5] = [
    concat!("#[ig", "nore"),
    concat!("to", "do!("),
    concat!("unimpl", "emented!("),
    concat!("FIX", "ME"),
    concat!("TO", "DO"),
];

pub fn check(place: &Place) -> Outcome<String> {
    let mut faults = Vec::new();
    let mut looked_at = 0;
    for folder in ["crates", "src-tauri", "tests", "examples", "ui/src", "ui/tests"] {
        let folder = place.root().join(folder);
        if !folder.is_dir() {
            continue;
        }
        for path in stamp::files_below(&folder, &["node_modules", "target"])? {
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let name = path.strip_prefix(place.root()).unwrap_or(&path).to_path_buf();
            looked_at += 1;
            faults.extend(
                faults_of(&name, &text).into_iter().map(|fault| format!("{}: {fault}", name.display())),
            );
        }
    }
    if faults.is_empty() {
        return Ok(format!("{looked_at} files"));
    }
    Err(Problem::new(format!("{} untidy places:\n  {}", faults.len(), faults.join("\n  "))))
}

fn faults_of(name: &Path, text: &str) -> Vec<String> {
    let is = |kind: &str| name.extension().is_some_and(|extension| extension == kind);
    let mut faults = Vec::new();
    if name.file_name().is_some_and(|file| GENERATED.iter().any(|generated| file == *generated)) {
        return faults;
    }
    if is("rs") || is("ts") || is("svelte") {
        let lines = text.lines().count();
        if lines > MAX_LINES {
            faults.push(format!("{lines} lines, more than {MAX_LINES}"));
        }
        for unfinished in UNFINISHED {
            if let Some(line) = text.lines().position(|line| line.contains(unfinished)) {
                faults.push(format!("line {}: {unfinished}", line + 1));
            }
        }
    }
    if is("rs") && !text.starts_with("//!") {
        faults.push("no \"//!\" header that says why it exists".to_owned());
    }
    let at_the_border = below("ui/src/ipc", name) || below("ui/tests/ipc", name);
    if (is("ts") || is("svelte")) && !at_the_border && text.contains("@tauri-apps/") {
        faults.push("imports Tauri outside ui/src/ipc".to_owned());
    }
    if below("crates", name)
        && name.ends_with("Cargo.toml")
        && text.lines().any(|line| line.starts_with("tauri"))
    {
        faults.push("a crate that knows Tauri".to_owned());
    }
    faults
}

fn below(folder: &str, name: &Path) -> bool {
    let folder: PathBuf = folder.split('/').collect();
    name.starts_with(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(name: &str, text: &str) -> usize {
        faults_of(&name.split('/').collect::<PathBuf>(), text).len()
    }

    #[test]
    fn each_rule_finds_its_fault_and_only_its() {
        assert_eq!(faults("crates/a/src/lib.rs", "//! Why.\n"), 0);
        assert_eq!(faults("crates/a/src/lib.rs", "fn a() {}\n"), 1);
        assert_eq!(faults("crates/a/src/lib.rs", &format!("//! Why.\n{}]\n", UNFINISHED[0])), 1);
        assert_eq!(faults("ui/src/App.svelte", &"\n".repeat(MAX_LINES)), 0);
        assert_eq!(faults("ui/src/App.svelte", &"\n".repeat(MAX_LINES + 1)), 1);
        assert_eq!(faults("ui/src/ipc/bindings.ts", &"\n".repeat(MAX_LINES + 1)), 0);
        assert_eq!(faults("ui/src/queue.ts", "import { invoke } from '@tauri-apps/api/core'"), 1);
        assert_eq!(faults("ui/src/ipc/index.ts", "import { invoke } from '@tauri-apps/api/core'"), 0);
        assert_eq!(faults("crates/a/Cargo.toml", "[dependencies]\ntauri.workspace = true\n"), 1);
        assert_eq!(faults("crates/a/Cargo.toml", "# no Tauri here\n"), 0);
    }
}
