//! The first databases of a process are opened at the same moment: each is opened.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::process::Command;
use std::sync::Barrier;

use common::key;
use outbox::Store;

const FOLDER: &str = "FANPOINTS_FIRST_FOLDER";
const AT_ONCE: usize = 8;
const PROCESSES: usize = 24;

/// Only in a process of its own: there is one first time.
#[test]
fn first_databases_of_a_process() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let barrier = Barrier::new(AT_ONCE);
    std::thread::scope(|scope| {
        for n in 0..AT_ONCE {
            let (barrier, path) = (&barrier, Path::new(&folder).join(format!("{n}.db")));
            scope.spawn(move || {
                barrier.wait();
                Store::open(&path, &key()).unwrap();
            });
        }
    });
}

#[test]
fn databases_opened_beside_the_very_first_one_are_opened() {
    for n in 0..PROCESSES {
        let folder = tempfile::tempdir().unwrap();
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["first_databases_of_a_process", "--exact"])
            .env(FOLDER, folder.path())
            .output()
            .unwrap();
        assert!(process.status.success(), "process {n}: {}", String::from_utf8_lossy(&process.stdout));
    }
}
