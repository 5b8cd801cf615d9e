//! Where things are: the root of the project, cargo's output, the built programs.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::problem::{Outcome, Problem};

pub struct Place {
    root: PathBuf,
    target: PathBuf,
}

impl Place {
    /// The project that holds the current folder.
    pub fn find() -> Outcome<Self> {
        let here = env::current_dir().map_err(Problem::while_doing("reading the current folder"))?;
        let root = here
            .ancestors()
            .find(|folder| folder.join("crates/xtask/Cargo.toml").is_file())
            .ok_or_else(|| {
                Problem::new("this is not inside the project").cure("Change into the cloned folder.")
            })?
            .to_path_buf();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// The OpenID Connect provider of the tests.
    pub fn provider(&self) -> PathBuf {
        self.root.join("tests/oidc")
    }

    pub fn target(&self) -> &Path {
        &self.target
    }

    pub fn demo(&self) -> PathBuf {
        self.target.join("demo")
    }

    /// Screenshots and logs of the window tests.
    pub fn e2e(&self) -> PathBuf {
        self.target.join("e2e")
    }

    pub fn stamps(&self) -> PathBuf {
        self.target.join("stamps")
    }

    /// The folder of the built programs.
    pub fn programs(&self, profile: Profile) -> PathBuf {
        self.target.join(profile.folder())
    }

    pub fn program(&self, profile: Profile, name: &str) -> PathBuf {
        self.programs(profile).join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    pub fn example(&self, profile: Profile, name: &str) -> PathBuf {
        self.programs(profile).join("examples").join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Debug,
    Release,
}

impl Profile {
    fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }
}

/// Finds a program the way a shell would.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path: OsString = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(format!("{name}{}", env::consts::EXE_SUFFIX)))
        .find(|p| p.is_file())
}

pub fn fresh_folder(folder: &Path) -> Outcome {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Problem::while_doing(format!("emptying {}", folder.display())))?;
    }
    make_folder(folder)
}

pub fn make_folder(folder: &Path) -> Outcome {
    fs::create_dir_all(folder).map_err(Problem::while_doing(format!("making {}", folder.display())))
}
