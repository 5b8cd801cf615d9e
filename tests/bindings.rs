//! The TypeScript bindings that are checked in are those that the Rust code makes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use specta_typescript::Typescript;

#[test]
fn the_checked_in_bindings_are_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/src/ipc/bindings.ts");
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    let fresh = tempfile::NamedTempFile::with_suffix(".ts").unwrap();
    fanpoints_partner::bindings()
        .export(Typescript::default(), fresh.path())
        .expect("the bindings can be written");
    let fresh = std::fs::read_to_string(fresh.path()).unwrap();
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        std::fs::write(path, &fresh).unwrap();
        return;
    }
    assert!(checked_in == fresh, "run `UPDATE_BINDINGS=1 cargo test --test bindings` and commit the result");
}
