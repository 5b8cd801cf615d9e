//! A disk of a few megabytes that can be filled to the last byte.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct SmallDisk {
    folder: PathBuf,
    mounted_by: &'static [&'static str],
}

impl SmallDisk {
    /// Mounts one on a folder. Wants the right to mount: `cargo xtask test` sees to it.
    pub fn mount(folder: PathBuf, megabytes: u32) -> Self {
        fs::create_dir_all(&folder).expect("a folder can be made");
        let options = format!("size={megabytes}m,mode=0777");
        for by in [[].as_slice(), ["sudo", "-n"].as_slice()] {
            let words = ["mount", "-t", "tmpfs", "-o", &options, "tmpfs"];
            if run(by, &words, &folder) {
                return Self { folder, mounted_by: by };
            }
        }
        panic!(
            "a small disk can not be mounted here: neither root, nor sudo without a password, nor a user namespace"
        );
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.join(name)
    }

    /// Takes what room is left.
    pub fn fill(&self) {
        let mut filler = File::create(self.filler()).expect("a file on the small disk");
        for size in [64 * 1024, 4096, 1] {
            let piece = vec![0xAA; size];
            while filler.write_all(&piece).is_ok() {}
        }
    }

    /// Gives the room back.
    pub fn empty(&self) {
        fs::remove_file(self.filler()).expect("the filler can be removed");
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the app may still hold a file.
        run(self.mounted_by, &["umount", "-l"], &self.folder);
    }
}

fn run(by: &[&str], words: &[&str], folder: &Path) -> bool {
    let all: Vec<&str> = by.iter().chain(words).copied().collect();
    let Some((program, args)) = all.split_first() else { return false };
    let mut command = Command::new(program);
    command.args(args).arg(folder).stdin(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
