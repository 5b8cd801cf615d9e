//! Frames from a folder of pictures, in place of a camera: for tests and demonstrations, through the same path.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::{CameraFault, Frame, FrameSource, LumaFrame, SourceInfo, luma_from_picture};

/// A folder of PNG and JPEG files, shown in the order of their names, again and again.
#[derive(Debug)]
pub struct FrameFiles {
    folder: PathBuf,
    files: Vec<PathBuf>,
    frames_per_second: u32,
    /// Frames shown or skipped so far.
    position: u64,
    started: Option<Instant>,
    /// Decoded once: a camera does not pay for PNG either.
    cache: Vec<Option<LumaFrame>>,
}

/// Above this a folder's frames are decoded each time they are shown.
const CACHED_FILES: usize = 120;

impl FrameFiles {
    /// Opens a folder. At 0 frames a second every frame is shown, as fast as it is taken; else the frame whose time
    /// has come, so a slow reader misses frames as with a camera.
    ///
    /// # Errors
    /// `NoCamera` when the folder is missing or holds no PNG or JPEG file; `Denied`; `Failed`.
    pub fn open(folder: impl AsRef<Path>, frames_per_second: u32) -> Result<Self, CameraFault> {
        let folder = folder.as_ref().to_path_buf();
        let entries = std::fs::read_dir(&folder).map_err(|error| fault(&error))?;
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| fault(&error))?.path();
            if is_frame(&path) {
                files.push(path);
            }
        }
        if files.is_empty() {
            return Err(CameraFault::NoCamera);
        }
        files.sort();
        let cache = vec![None; files.len().min(CACHED_FILES)];
        Ok(Self { folder, files, frames_per_second, position: 0, started: None, cache })
    }

    /// Waits for the time of the next frame and answers its number since the start.
    fn wait(&mut self) -> u64 {
        let now = Instant::now();
        let started = *self.started.get_or_insert(now);
        if self.frames_per_second == 0 {
            return self.position;
        }
        let rate = u64::from(self.frames_per_second);
        let elapsed = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let due_now = elapsed.saturating_mul(rate) / 1_000_000;
        if due_now >= self.position {
            return due_now;
        }
        let due = Duration::from_micros(self.position.saturating_mul(1_000_000) / rate);
        std::thread::sleep(due.saturating_sub(started.elapsed()));
        self.position
    }

    fn load(&mut self, index: usize) -> Result<LumaFrame, CameraFault> {
        if let Some(Some(frame)) = self.cache.get(index) {
            return Ok(frame.clone());
        }
        let path = self.files.get(index).ok_or(CameraFault::Unplugged)?;
        let bytes = std::fs::read(path).map_err(|error| fault(&error))?;
        let frame = luma_from_picture(&bytes).map_err(|error| CameraFault::Unsupported(error.to_string()))?;
        if let Some(slot) = self.cache.get_mut(index) {
            *slot = Some(frame.clone());
        }
        Ok(frame)
    }
}

impl FrameSource for FrameFiles {
    fn next_frame(&mut self) -> Result<Frame, CameraFault> {
        let number = self.wait();
        self.position = number + 1;
        let count = u64::try_from(self.files.len()).unwrap_or(1).max(1);
        let index = usize::try_from(number % count).unwrap_or(0);
        let luma = self.load(index)?;
        Ok(Frame { luma, taken: Instant::now() })
    }

    fn describe(&self) -> SourceInfo {
        SourceInfo {
            name: self.folder.display().to_string(),
            width: 0,
            height: 0,
            frames_per_second: self.frames_per_second,
        }
    }
}

fn is_frame(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["png", "jpg", "jpeg"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

fn fault(error: &std::io::Error) -> CameraFault {
    match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => CameraFault::NoCamera,
        std::io::ErrorKind::PermissionDenied => CameraFault::Denied,
        _ => CameraFault::Failed(error.to_string()),
    }
}
