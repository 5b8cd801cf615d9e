//! One step of a task: says what it does, runs it, keeps its closing lines.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::problem::{Outcome, Problem};

/// Lines kept of a step's output for whoever reports on it: the last ones.
const KEPT_LINES: usize = 4000;

pub struct Finished {
    pub status: ExitStatus,
    pub lines: Vec<String>,
}

impl Finished {
    pub fn succeeded(&self) -> bool {
        self.status.success()
    }

    /// An error that names the step, unless it succeeded.
    pub fn or_fail(self, what: &str) -> Outcome<Self> {
        if self.succeeded() {
            return Ok(self);
        }
        Err(Problem::new(format!("{what} failed ({})", self.status)))
    }
}

pub fn say(what: &str) {
    println!("\n▸ {what}");
}

pub fn command<I, S>(program: impl AsRef<OsStr>, args: I, folder: &Path) -> Command
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command
}

/// Runs to the end with its output on the terminal.
pub fn run(what: &str, mut command: Command) -> Outcome<Finished> {
    say(what);
    let status = command.status().map_err(starting(&command))?;
    Ok(Finished { status, lines: Vec::new() })
}

/// Runs to the end; its standard output goes to the terminal and is kept too.
pub fn run_and_keep(what: &str, mut command: Command) -> Outcome<Finished> {
    say(what);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(starting(&command))?;
    let lines = child.stdout.take().map(echo).unwrap_or_default();
    let status = child.wait().map_err(Problem::while_doing(what))?;
    Ok(Finished { status, lines })
}

/// Runs to the end and keeps the standard output; nothing of it reaches the terminal.
pub fn run_in_silence(mut command: Command) -> Outcome<Finished> {
    let output = command.output().map_err(starting(&command))?;
    let lines = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    Ok(Finished { status: output.status, lines })
}

/// Runs to the end in silence and gives the standard output, or nothing if it could not be had.
pub fn ask(mut command: Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Copies lines to the terminal as they come; keeps the last of them.
pub fn echo(out: impl Read) -> Vec<String> {
    let mut lines = Vec::new();
    for line in BufReader::new(out).split(b'\n') {
        let Ok(line) = line else { break };
        let line = String::from_utf8_lossy(&line).into_owned();
        println!("{line}");
        if lines.len() == KEPT_LINES {
            lines.remove(0);
        }
        lines.push(line);
    }
    lines
}

fn starting(command: &Command) -> impl FnOnce(std::io::Error) -> Problem {
    let program = command.get_program().to_string_lossy().into_owned();
    move |error| Problem::new(format!("\"{program}\" could not be started: {error}"))
}
