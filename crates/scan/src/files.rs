//! Frames from files in place of a camera: for tests and demonstrations, through the same path.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::{
    CameraFault, Frame, FrameSource, LumaFrame, PixelFormat, RawFrame, SourceInfo, luma_from_picture,
};

/// A folder of PNG and JPEG files in the order of their names, or a Y4M film; shown again and again.
#[derive(Debug)]
pub struct FrameFiles {
    name: String,
    store: Store,
    frames_per_second: u32,
    /// The next frame to show, counted from the start.
    position: u64,
    started: Option<Instant>,
}

#[derive(Debug)]
enum Store {
    /// The pictures are decoded once: a camera does not pay for PNG either.
    Folder {
        files: Vec<PathBuf>,
        decoded: Vec<Option<Shot>>,
    },
    Film(Film),
}

/// A picture of a folder; of a JPEG file the bytes are kept, as those of a camera that writes JPEG.
type Shot = (LumaFrame, Option<RawFrame>);

/// Above this a folder's frames are decoded each time they are shown.
const DECODED_FILES: usize = 120;

impl FrameFiles {
    /// Opens a folder or a Y4M film. At 0 frames a second every frame is shown, as fast as it is taken; else the frame
    /// whose time has come, so a slow reader misses frames as with a camera.
    ///
    /// # Errors
    /// `NoCamera` when there is no such path, or no PNG or JPEG file in the folder; `Denied`; `Unsupported` for a
    /// film that is none; `Failed`.
    pub fn open(path: impl AsRef<Path>, frames_per_second: u32) -> Result<Self, CameraFault> {
        let path = path.as_ref();
        let store = if path.is_file() { Store::Film(Film::open(path)?) } else { folder(path)? };
        let name = path.display().to_string();
        Ok(Self { name, store, frames_per_second, position: 0, started: None })
    }

    /// Waits for the time of the next frame and answers its number.
    fn wait(&mut self) -> u64 {
        let started = *self.started.get_or_insert_with(Instant::now);
        let (number, wait) = due(started.elapsed(), self.frames_per_second, self.position);
        if !wait.is_zero() {
            std::thread::sleep(wait);
        }
        number
    }
}

/// Which frame to show so long after the first, and how long to wait for it. Frames whose time has passed are skipped.
fn due(elapsed: Duration, frames_per_second: u32, position: u64) -> (u64, Duration) {
    if frames_per_second == 0 {
        return (position, Duration::ZERO);
    }
    let rate = u64::from(frames_per_second);
    let elapsed_micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    let current = elapsed_micros.saturating_mul(rate) / 1_000_000;
    if current >= position {
        return (current, Duration::ZERO);
    }
    let time = Duration::from_micros((position.saturating_mul(1_000_000)).div_ceil(rate));
    (position, time.saturating_sub(elapsed))
}

impl FrameSource for FrameFiles {
    fn next_frame(&mut self) -> Result<Frame, CameraFault> {
        let number = self.wait();
        self.position = number + 1;
        let (luma, raw) = match &mut self.store {
            Store::Folder { files, decoded } => {
                let index = usize::try_from(number % files.len().max(1) as u64).unwrap_or(0);
                picture(files, decoded, index)?
            }
            Store::Film(film) => (film.frame(number % film.frames.max(1))?, None),
        };
        Ok(Frame { luma, raw, taken: Instant::now() })
    }

    fn describe(&self) -> Arc<SourceInfo> {
        let (width, height) = match &self.store {
            Store::Folder { .. } => (0, 0),
            Store::Film(film) => (film.width, film.height),
        };
        let frames_per_second = self.frames_per_second;
        Arc::new(SourceInfo {
            name: self.name.clone(),
            width,
            height,
            frames_per_second,
            ..SourceInfo::default()
        })
    }
}

fn folder(path: &Path) -> Result<Store, CameraFault> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|error| fault(&error))? {
        let path = entry.map_err(|error| fault(&error))?.path();
        if is_picture(&path) {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(CameraFault::NoCamera);
    }
    files.sort();
    let decoded = vec![None; files.len().min(DECODED_FILES)];
    Ok(Store::Folder { files, decoded })
}

fn picture(files: &[PathBuf], decoded: &mut [Option<Shot>], index: usize) -> Result<Shot, CameraFault> {
    if let Some(Some(shot)) = decoded.get(index) {
        return Ok(shot.clone());
    }
    let path = files.get(index).ok_or(CameraFault::Unplugged)?;
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        // It was there when the folder was opened.
        ErrorKind::NotFound => CameraFault::Unplugged,
        _ => fault(&error),
    })?;
    let luma = luma_from_picture(&bytes).map_err(|error| CameraFault::Unsupported(error.to_string()))?;
    let is_jpeg = bytes.starts_with(&[0xff, 0xd8]);
    let raw = is_jpeg.then(|| RawFrame {
        format: PixelFormat::Mjpeg,
        width: luma.width,
        height: luma.height,
        bytes: Bytes::from(bytes),
    });
    let shot = (luma, raw);
    if let Some(place) = decoded.get_mut(index) {
        *place = Some(shot.clone());
    }
    Ok(shot)
}

fn is_picture(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["png", "jpg", "jpeg"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

fn fault(error: &std::io::Error) -> CameraFault {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => CameraFault::NoCamera,
        ErrorKind::PermissionDenied => CameraFault::Denied,
        _ => CameraFault::Failed(error.to_string()),
    }
}

/// A Y4M film: a line that says how large the frames are, then each frame after a line of its own. Of each frame only
/// the luma plane, which comes first, is read.
#[derive(Debug)]
struct Film {
    file: BufReader<File>,
    width: u32,
    height: u32,
    /// Where the first frame's line begins.
    start: u64,
    /// Bytes of a frame with its line.
    frame_bytes: u64,
    frames: u64,
}

/// Lines longer than this belong to no film.
const LONGEST_LINE: u64 = 1024;
const FRAME_LINE: &[u8] = b"FRAME\n";

impl Film {
    fn open(path: &Path) -> Result<Self, CameraFault> {
        let file = File::open(path).map_err(|error| fault(&error))?;
        let length = file.metadata().map_err(|error| fault(&error))?.len();
        let mut file = BufReader::new(file);
        let mut line = Vec::new();
        file.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(|error| fault(&error))?;
        let start = line.len() as u64;
        let (width, height, chroma) = header(&line).ok_or_else(not_a_film)?;
        let luma = u64::from(width) * u64::from(height);
        let half = u64::from(width.div_ceil(2));
        let chroma = match chroma {
            Chroma::None => 0,
            Chroma::Quarter => half * u64::from(height.div_ceil(2)) * 2,
            Chroma::Half => half * u64::from(height) * 2,
            Chroma::Full => luma * 2,
        };
        let frame_bytes = FRAME_LINE.len() as u64 + luma + chroma;
        let frames = (length - start.min(length)) / frame_bytes;
        if frames == 0 {
            return Err(not_a_film());
        }
        Ok(Self { file, width, height, start, frame_bytes, frames })
    }

    fn frame(&mut self, number: u64) -> Result<LumaFrame, CameraFault> {
        self.file
            .seek(SeekFrom::Start(self.start + number * self.frame_bytes))
            .map_err(|error| fault(&error))?;
        let mut line = [0; FRAME_LINE.len()];
        self.file.read_exact(&mut line).map_err(|error| fault(&error))?;
        if line != FRAME_LINE {
            return Err(not_a_film());
        }
        let mut luma = vec![0; self.width as usize * self.height as usize];
        self.file.read_exact(&mut luma).map_err(|error| fault(&error))?;
        LumaFrame::new(self.width, self.height, luma).ok_or_else(not_a_film)
    }
}

enum Chroma {
    None,
    Quarter,
    Half,
    Full,
}

fn header(line: &[u8]) -> Option<(u32, u32, Chroma)> {
    let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let mut words = line.split(' ');
    if words.next()? != "YUV4MPEG2" {
        return None;
    }
    let (mut width, mut height, mut chroma) = (None, None, Chroma::Quarter);
    for word in words {
        match word.split_at_checked(1)? {
            ("W", number) => width = number.parse::<u32>().ok(),
            ("H", number) => height = number.parse::<u32>().ok(),
            ("C", "mono") => chroma = Chroma::None,
            // More than eight bits a pixel.
            ("C", kind) if kind.contains('p') && !matches!(kind, "420jpeg" | "420mpeg2" | "420paldv") => {
                return None;
            }
            ("C", kind) if kind.starts_with("420") => chroma = Chroma::Quarter,
            ("C", "422") => chroma = Chroma::Half,
            ("C", "444") => chroma = Chroma::Full,
            ("C", _) => return None,
            _ => {}
        }
    }
    let within = |side: &u32| (1..=7680).contains(side);
    Some((width.filter(within)?, height.filter(within)?, chroma))
}

fn not_a_film() -> CameraFault {
    CameraFault::Unsupported("no Y4M film of eight bits".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_reader_misses_frames_and_a_fast_one_waits() {
        let after = Duration::from_millis;
        assert_eq!(due(after(0), 10, 0), (0, Duration::ZERO));
        assert_eq!(due(after(20), 10, 1), (1, after(80)));
        assert_eq!(due(after(100), 10, 1), (1, Duration::ZERO));
        assert_eq!(due(after(350), 10, 1), (3, Duration::ZERO));
        assert_eq!(due(after(350), 0, 1), (1, Duration::ZERO));
        assert_eq!(due(Duration::MAX, u32::MAX, 1).1, Duration::ZERO);
    }

    #[test]
    fn headers_of_films() {
        let size = |line: &str| header(line.as_bytes()).map(|(width, height, _)| (width, height));
        assert_eq!(size("YUV4MPEG2 W640 H360 F30:1 Ip A1:1 C420jpeg\n"), Some((640, 360)));
        assert_eq!(size("YUV4MPEG2 W640 H360 Cmono\n"), Some((640, 360)));
        for wrong in [
            "",
            "YUV4MPEG2 W640 H360",
            "YUV4MPEG2 W640\n",
            "YUV4MPEG2 W0 H1\n",
            "YUV4MPEG2 W640 H360 C420p10\n",
            "RIFF\n",
        ] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }
}
