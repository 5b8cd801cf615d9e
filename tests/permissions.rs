//! The commands that exist, those that the web view may call and those that the screens know are the same.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The functions marked as commands.
fn handlers() -> BTreeSet<String> {
    let folder = format!("{}/src-tauri/src/commands", env!("CARGO_MANIFEST_DIR"));
    let areas = std::fs::read_dir(folder).into_iter().flatten();
    let areas = areas.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let source: String = std::iter::once(read("src-tauri/src/commands.rs")).chain(areas).collect();
    source
        .split("#[tauri::command]")
        .skip(1)
        .map(|rest| rest.split_once("fn ").unwrap().1.split(['(', '<']).next().unwrap().to_owned())
        .collect()
}

/// Every double-quoted word of a text, by what stands before it.
fn quoted_after<'a>(text: &'a str, before: &str) -> impl Iterator<Item = String> + 'a {
    let before = before.to_owned();
    text.match_indices('"')
        .filter(move |(at, _)| text[..*at].ends_with(&before))
        .map(|(at, _)| text[at + 1..].split('"').next().unwrap().to_owned())
        .collect::<Vec<_>>()
        .into_iter()
}

#[test]
fn handlers_permissions_and_bindings_name_the_same_commands() {
    let handlers = handlers();
    let allowed: BTreeSet<_> = quoted_after(&read("src-tauri/permissions/staff.toml"), "\n    ").collect();
    let bindings = read("ui/src/ipc/bindings.ts");
    let bound: BTreeSet<_> = bindings
        .lines()
        .filter_map(|line| line.split_once("__TAURI_INVOKE<"))
        .filter_map(|(_, call)| call.split_once(">(\""))
        .map(|(_, name)| name.split('"').next().unwrap().to_owned())
        .collect();
    assert!(handlers.len() >= 20, "{handlers:?}");
    assert_eq!(handlers, allowed, "handlers and permissions differ");
    assert_eq!(handlers, bound, "handlers and bindings differ");
}

#[test]
fn the_window_may_only_listen_and_call_the_app() {
    let capability = read("src-tauri/capabilities/main.json");
    let granted: BTreeSet<_> = capability
        .split_once("\"permissions\":")
        .unwrap()
        .1
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    let expected = ["core:event:allow-listen", "core:event:allow-unlisten", "staff"];
    assert_eq!(granted, expected.iter().map(ToString::to_string).collect());
}
