//! Reports and the file for support: the web view has no disk, so the shell writes them. Exports are written by
//! `partner`, row by row.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use partner::view::SavedFile;
use partner::{AppError, ErrorCode};

/// Where they go: the person's downloads, or beside the database of a till with a folder of its own.
pub struct Folder(pub PathBuf);

/// As many of one name as anybody asks for.
const MOST: u32 = 1000;

impl Folder {
    /// Writes a new file; one that is there already stays, and the new one gets a number.
    pub async fn save(&self, name: String, bytes: Vec<u8>) -> Result<SavedFile, AppError> {
        let folder = self.0.clone();
        let written = tauri::async_runtime::spawn_blocking(move || write(&folder, &name, &bytes)).await;
        let path = written.map_err(|_| ErrorCode::Internal)?.map_err(|error| failed(&error))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(SavedFile { name, path: path.display().to_string() })
    }
}

fn failed(error: &io::Error) -> AppError {
    let code = match error.kind() {
        io::ErrorKind::StorageFull => ErrorCode::StorageFull,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorCode::StorageReadOnly,
        _ => ErrorCode::StorageFailed,
    };
    AppError::new(code).retryable().detail(error.kind().to_string())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let (mut file, path) = create(folder, name)?;
    let done = file.write_all(bytes).and_then(|()| file.sync_all());
    if done.is_err() {
        // Half a report is none.
        drop(file);
        fs::remove_file(&path)?;
    }
    done.map(|()| path)
}

fn create(folder: &Path, name: &str) -> io::Result<(File, PathBuf)> {
    let (stem, end) = name.rsplit_once('.').unwrap_or((name, ""));
    for n in 0..MOST {
        let name = if n == 0 { name.to_owned() } else { format!("{stem} ({n}).{end}") };
        let path = folder.join(name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (file, path)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_file_that_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let first = write(folder.path(), "shift.pdf", b"one").unwrap();
        let second = write(folder.path(), "shift.pdf", b"two").unwrap();
        assert_eq!((fs::read(first).unwrap(), fs::read(&second).unwrap()), (b"one".into(), b"two".into()));
        assert!(second.ends_with("shift (1).pdf"));
    }
}
