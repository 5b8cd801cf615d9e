//! One test's folder, and where the built programs are.

use std::path::{Path, PathBuf};

pub struct Stage {
    name: String,
    folder: PathBuf,
}

impl Stage {
    /// An empty folder of this name below `target/e2e`; screenshots and logs stay there afterwards.
    pub fn new(name: &str) -> Self {
        let all = std::env::var_os("FANPOINTS_E2E").map_or_else(|| programs().join("../e2e"), PathBuf::from);
        let folder = all.join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).expect("the last run's folder can be removed");
        }
        Self::existing(name, folder)
    }

    /// A folder that somebody else has prepared.
    pub fn existing(name: &str, folder: PathBuf) -> Self {
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        Self { name: name.to_owned(), folder: folder.canonicalize().expect("the folder exists") }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file and gives its path.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("a file can be written");
        path
    }
}

/// The folder of the built app and platform: named by whoever runs us, or the one our own program was built into.
pub fn programs() -> PathBuf {
    if let Some(folder) = std::env::var_os("FANPOINTS_PROGRAMS") {
        return PathBuf::from(folder);
    }
    let own = std::env::current_exe().expect("a program knows its own path");
    let built = |folder: &&Path| folder.join("fanpoints-platform").is_file();
    own.ancestors().find(built).expect("app and platform are built: run `cargo xtask test`").to_path_buf()
}

pub fn program(name: &str) -> PathBuf {
    programs().join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}
