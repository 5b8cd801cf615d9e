//! Programs that a test starts and that end with it.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub struct Program {
    name: String,
    child: Child,
    pub log: PathBuf,
}

impl Program {
    /// Starts it with its words in a log.
    pub fn start<S: AsRef<OsStr>>(program: &Path, args: impl IntoIterator<Item = S>, log: PathBuf) -> Self {
        Self::start_with(program, args, &[], log)
    }

    /// The same, with something added to its environment.
    pub fn start_with<S: AsRef<OsStr>>(
        program: &Path,
        args: impl IntoIterator<Item = S>,
        env: &[(&str, &str)],
        log: PathBuf,
    ) -> Self {
        let name = program.display().to_string();
        let out = File::options().create(true).append(true).open(&log).expect("a log can be opened");
        let err = out.try_clone().expect("a log can be opened twice");
        // What a program leaves where it stands is the test's.
        let folder = log.parent().expect("a log lies in a folder").to_owned();
        let child = Command::new(program)
            .current_dir(folder)
            .args(args)
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} could not be started: {error}"));
        Self { name, child, log }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Fails if it has ended by itself, with the end of its log.
    pub fn must_live(&mut self) {
        if let Some(status) = self.child.try_wait().expect("a child can be asked") {
            panic!("{} ended with {status}:\n{}", self.name, self.last_words());
        }
    }

    /// Whether it has ended by itself, in good order.
    pub fn ended(&mut self) -> bool {
        self.child.try_wait().expect("a child can be asked").is_some_and(|status| status.success())
    }

    pub fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(20)).copied().collect::<Vec<_>>().join("\n")
    }

    /// Asks it to end and waits until it has.
    pub fn stop(&mut self) {
        signal("TERM", self.child.id());
        self.child.wait().expect("a stopped program ends");
    }

    /// Ends it without asking.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a signal by the system's own program: nothing here needs unsafe code.
pub fn signal(name: &str, pid: u32) -> bool {
    let mut kill = Command::new("kill");
    kill.args(["-s", name, &pid.to_string()]).stderr(Stdio::null());
    kill.status().is_ok_and(|status| status.success())
}

/// The processes that stem from `ancestor`, however many generations down.
pub fn descendants(ancestor: u32) -> Vec<u32> {
    let all = std::fs::read_dir("/proc").expect("the system lists its processes");
    let pids = all.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let stems =
        |&pid: &u32| std::iter::successors(parent(pid), |&pid| parent(pid)).any(|pid| pid == ancestor);
    pids.filter(stems).collect()
}

/// Those of them that run a program of this name.
pub fn named(pids: &[u32], name: &str) -> Vec<u32> {
    pids.iter().copied().filter(|&pid| program_of(pid).as_deref() == Some(name)).collect()
}

/// Whether it still does anything: one that has ended and is not yet waited for does not.
pub fn runs(pid: u32) -> bool {
    stat(pid).is_some_and(|words| words.first().is_some_and(|state| state != "Z"))
}

/// What a process has taken so far, by Linux's own account.
pub struct Process {
    pub pid: u32,
    pub name: String,
    /// Of processor time, a hundred to a second.
    pub ticks: u64,
    /// Memory of its own, and its share of what it has in common with others.
    pub kilobytes: u64,
}

impl Process {
    pub fn of(pid: u32) -> Option<Self> {
        let words = stat(pid)?;
        // utime and stime: the 14th and 15th of all words, of which two stand before these.
        let ticks = |place: usize| words.get(place)?.parse::<u64>().ok();
        let memory = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        let line = memory.lines().find_map(|line| line.strip_prefix("Pss:"))?;
        Some(Self {
            pid,
            name: program_of(pid)?,
            ticks: ticks(11)? + ticks(12)?,
            kilobytes: line.split_whitespace().next()?.parse().ok()?,
        })
    }
}

fn parent(pid: u32) -> Option<u32> {
    stat(pid)?.get(1)?.parse().ok().filter(|&parent| parent != 0)
}

/// State, parent and so on. They stand after the name, which is in brackets and may itself hold some.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(text.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

fn program_of(pid: u32) -> Option<String> {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let path = line.split(|&byte| byte == 0).next()?;
    Some(Path::new(std::str::from_utf8(path).ok()?).file_name()?.to_str()?.to_owned())
}
