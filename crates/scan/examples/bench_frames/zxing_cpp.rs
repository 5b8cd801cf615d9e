//! zxing-cpp as shipped (the wheel of its own project), in a process of its own. Its times are those of its call alone.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use scan::LumaFrame;

pub struct ZxingCpp {
    frames: ChildStdin,
    answers: BufReader<ChildStdout>,
    process: Child,
}

impl ZxingCpp {
    pub fn start(python: &Path) -> Self {
        let mut process = Command::new(python)
            .args(["-c", include_str!("zxing_cpp.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a Python that runs");
        let frames = process.stdin.take().expect("a pipe");
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        Self { frames, answers, process }
    }

    pub fn read(&mut self, frame: &LumaFrame) -> (Vec<String>, Option<Duration>) {
        writeln!(self.frames, "{} {}", frame.width, frame.height).expect("zxing-cpp listens");
        self.frames.write_all(&frame.luma).expect("zxing-cpp listens");
        self.frames.flush().expect("zxing-cpp listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("zxing-cpp answers");
        let (milliseconds, texts): (f64, Vec<String>) =
            serde_json::from_str(&line).expect("zxing-cpp answers in JSON");
        (texts, Some(Duration::from_secs_f64(milliseconds / 1000.0)))
    }
}

impl Drop for ZxingCpp {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
