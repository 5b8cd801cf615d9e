//! Remembers what a step was done with, so that it is done again only when that changed.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher;
use std::path::{Path, PathBuf};

use crate::problem::{Outcome, Problem};

/// A fingerprint of files: names and contents, not times, so that a fresh clone counts as unchanged.
pub fn fingerprint(files: &[PathBuf]) -> Outcome<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        let bytes = fs::read(file).map_err(Problem::while_doing(format!("reading {}", file.display())))?;
        hasher.write(file.as_os_str().as_encoded_bytes());
        hasher.write_usize(bytes.len());
        hasher.write(&bytes);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// Every file below `folder` in name order, but for the folders named in `without`.
pub fn files_below(folder: &Path, without: &[&str]) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        let entries =
            fs::read_dir(&next).map_err(Problem::while_doing(format!("listing {}", next.display())))?;
        for entry in entries.flatten() {
            let path = entry.path();
            if !path.is_dir() {
                found.push(path);
            } else if !without.iter().any(|name| entry.file_name() == *name) {
                open.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

pub struct Stamp {
    file: PathBuf,
}

impl Stamp {
    pub fn new(folder: &Path, name: &str) -> Self {
        Self { file: folder.join(name) }
    }

    pub fn matches(&self, print: &str) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|stored| stored == print)
    }

    pub fn set(&self, print: &str) -> Outcome {
        if let Some(folder) = self.file.parent() {
            crate::place::make_folder(folder)?;
        }
        fs::write(&self.file, print).map_err(Problem::while_doing(format!("writing {}", self.file.display())))
    }

    pub fn clear(&self) {
        // A stamp that is not there is as good as a removed one.
        let _ = fs::remove_file(&self.file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-stamp-{name}-{}", std::process::id()));
        crate::place::fresh_folder(&folder).unwrap();
        folder
    }

    #[test]
    fn a_changed_byte_or_name_changes_the_fingerprint() {
        let folder = folder("print");
        let (a, b) = (folder.join("a"), folder.join("b"));
        fs::write(&a, "one").unwrap();
        let before = fingerprint(std::slice::from_ref(&a)).unwrap();
        assert_eq!(before, fingerprint(std::slice::from_ref(&a)).unwrap());
        fs::write(&a, "two").unwrap();
        assert_ne!(before, fingerprint(std::slice::from_ref(&a)).unwrap());
        fs::write(&b, "one").unwrap();
        assert_ne!(before, fingerprint(&[b]).unwrap());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn skipped_folders_are_not_listed() {
        let folder = folder("list");
        for path in ["x/y", "node_modules/z"] {
            let file = folder.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        assert_eq!(files_below(&folder, &["node_modules"]).unwrap(), vec![folder.join("x/y")]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_stamp_holds_until_it_is_cleared() {
        let folder = folder("hold");
        let stamp = Stamp::new(&folder.join("deep"), "ui");
        assert!(!stamp.matches("1"));
        stamp.set("1").unwrap();
        assert!(stamp.matches("1") && !stamp.matches("2"));
        stamp.clear();
        assert!(!stamp.matches("1"));
        fs::remove_dir_all(folder).unwrap();
    }
}
