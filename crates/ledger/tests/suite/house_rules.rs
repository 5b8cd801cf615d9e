//! What the crate promises about its own sources: that it looks nowhere, and that every guard that can be skipped is
//! on the list of those that the suite must miss.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

fn crate_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_crate_looks_nowhere() {
    // Clippy refuses these by their paths too; this holds where nobody runs it.
    let outside = [
        "std::fs",
        "std::net",
        "std::io",
        "std::process",
        "std::thread",
        "std::time",
        "SystemTime",
        "Instant",
        "async fn",
        ".await",
        "f32",
        "f64",
        "rand::",
        "getrandom",
        "RandomState",
        "println!",
        "unsafe",
    ];
    for (path, text) in sources(&crate_folder().join("src")) {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code.filter(|line| !line.contains("forbid(unsafe_code)")) {
            for word in outside {
                assert!(!line.contains(word), "{}: {line}", path.display());
            }
            let env = line.contains("std::env") && !path.ends_with("mutant.rs");
            assert!(!env, "{}: {line}", path.display());
        }
    }
}

#[test]
fn files_are_short_and_say_why_they_exist() {
    for folder in ["src", "tests", "benches"] {
        for (path, text) in sources(&crate_folder().join(folder)) {
            assert!(text.starts_with("//!"), "{}", path.display());
            assert!(text.lines().count() < 600, "{}", path.display());
        }
    }
}

#[test]
fn the_list_of_mutants_is_the_list_of_guards() {
    let list = fs::read_to_string(crate_folder().join("mutants.txt")).unwrap();
    let listed: Vec<&str> = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let mut guards = BTreeSet::new();
    for (path, text) in sources(&crate_folder().join("src")) {
        if path.ends_with("mutant.rs") {
            continue;
        }
        for opening in ["skipped(", "guard!("] {
            for (at, _) in text.match_indices(opening) {
                let rest = text[at + opening.len()..].trim_start();
                if let Some(name) = rest.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                    guards.insert(name.to_owned());
                }
            }
        }
    }
    assert_eq!(listed.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>(), guards);
    assert_eq!(listed.len(), guards.len(), "a name is listed twice");
    assert!(listed.is_sorted());
    assert!(guards.len() >= 15);
}
