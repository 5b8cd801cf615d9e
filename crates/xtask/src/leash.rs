//! Long-lived children that end with us, however we end: finished, Ctrl-C, SIGTERM, even SIGKILL.
//!
//! Each runs in a process group of its own beside a small shell that reads a pipe from us. The kernel closes that pipe
//! when we are gone; the shell then ends the whole group, grandchildren too.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::problem::{Outcome, Problem};

/// `$@` is the command. TERM to the group first; what still lives after five seconds gets KILL. The shell's own remarks
/// ("Terminated") go nowhere, the command's words where they belong. The keeper gets KILL at the end, because a shell that
/// has only just been forked may lose a TERM.
#[cfg(unix)]
const KEEPER: &str = r#"
exec 3<&0 </dev/null 4>&2 2>/dev/null
trap : TERM
"$@" 2>&4 3<&- 4>&- &
child=$!
(
    exec 4>&-
    read -r _ <&3
    trap '' TERM
    kill -s TERM -- "-$$"
    tries=50
    while [ "$tries" -gt 0 ] && kill -s 0 "$child"; do
        sleep 0.1
        tries=$((tries - 1))
    done
    kill -s KILL -- "-$$"
) &
keeper=$!
while wait "$child"; status=$?; kill -s 0 "$child"; do :; done
trap '' TERM
kill -s TERM -- "-$$"
kill -s KILL "$keeper"
wait "$keeper"
exit "$status"
"#;

/// How often a condition is looked at while waiting for a child.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A command to be put on a leash.
pub struct Leashed {
    program: OsString,
    args: Vec<OsString>,
    folder: PathBuf,
    env: Vec<(OsString, OsString)>,
    env_removed: Vec<OsString>,
}

/// Where a child's words go.
pub enum Words {
    Terminal,
    File(PathBuf),
    /// Standard output to us, standard error to the terminal.
    Piped,
}

pub struct Leash {
    name: String,
    child: Child,
    pipe: Option<ChildStdin>,
}

impl Leashed {
    pub fn new(program: impl AsRef<OsStr>, folder: &Path) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            folder: folder.to_path_buf(),
            env: Vec::new(),
            env_removed: Vec::new(),
        }
    }

    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    #[must_use]
    pub fn args<S: AsRef<OsStr>>(self, args: impl IntoIterator<Item = S>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    #[must_use]
    pub fn without_env(mut self, name: impl AsRef<OsStr>) -> Self {
        self.env_removed.push(name.as_ref().to_owned());
        self
    }

    /// The same command as the last words of another one, `before`.
    #[must_use]
    pub fn inside<S: AsRef<OsStr>>(mut self, before: impl IntoIterator<Item = S>) -> Self {
        let mut words: Vec<OsString> = before.into_iter().map(|word| word.as_ref().to_owned()).collect();
        words.push(std::mem::take(&mut self.program));
        words.append(&mut self.args);
        let mut words = words.into_iter();
        self.program = words.next().unwrap_or_default();
        self.args = words.collect();
        self
    }

    pub fn start(self, words: Words) -> Outcome<Leash> {
        let name = self.program.to_string_lossy().into_owned();
        let mut command = self.command();
        command.current_dir(&self.folder).envs(self.env).stdin(Stdio::piped());
        for removed in &self.env_removed {
            command.env_remove(removed);
        }
        match words {
            Words::Terminal => {}
            Words::Piped => {
                command.stdout(Stdio::piped());
            }
            Words::File(path) => {
                let opening = format!("opening {}", path.display());
                let out = File::create(&path).map_err(Problem::while_doing(&opening))?;
                let err = out.try_clone().map_err(Problem::while_doing(&opening))?;
                command.stdout(out).stderr(err);
            }
        }
        let mut child = command.spawn().map_err(Problem::while_doing(format!("starting {name}")))?;
        let pipe = child.stdin.take();
        Ok(Leash { name, child, pipe })
    }

    #[cfg(unix)]
    fn command(&self) -> Command {
        use std::os::unix::process::CommandExt as _;
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(KEEPER).arg("leash").arg(&self.program).args(&self.args).process_group(0);
        command
    }

    /// Elsewhere a child ends when the leash is dropped, not when we are killed.
    #[cfg(not(unix))]
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args);
        command
    }
}

impl Leash {
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// The status, if it has ended by itself.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    pub fn wait(&mut self) -> Outcome<ExitStatus> {
        // `Child::wait` would close our end of the pipe first and so end the child; but the pipe is no longer its.
        self.child.wait().map_err(Problem::while_doing(format!("waiting for {}", self.name)))
    }

    /// Waits until `look` finds something, the child ends, or time is up.
    pub fn wait_until<T>(&mut self, limit: Duration, mut look: impl FnMut() -> Option<T>) -> Outcome<T> {
        let start = Instant::now();
        loop {
            if let Some(found) = look() {
                return Ok(found);
            }
            if let Some(status) = self.ended() {
                return Err(Problem::new(format!("{} ended too early ({status})", self.name)));
            }
            if start.elapsed() > limit {
                return Err(Problem::new(format!("{} was not ready after {} s", self.name, limit.as_secs())));
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        drop(self.pipe.take());
        #[cfg(not(unix))]
        let _ = self.child.kill();
        // Nothing is left to do about a child that can not be waited for.
        let _ = self.child.wait();
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};

    fn shell(script: &str) -> Leashed {
        Leashed::new("/bin/sh", Path::new("/")).args(["-c", script])
    }

    fn alive(pid: &str) -> bool {
        // A zombie waits for its parent only; it runs no more.
        std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    }

    /// Signals take a moment to arrive; ten seconds are none.
    fn ends_soon(pid: &str) -> bool {
        let start = Instant::now();
        while alive(pid) {
            if start.elapsed() > Duration::from_secs(10) {
                return false;
            }
            std::thread::sleep(LOOK_EVERY);
        }
        true
    }

    fn first_line(leash: &mut Leash) -> String {
        let mut line = String::new();
        BufReader::new(leash.take_stdout().unwrap()).read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    #[test]
    fn the_childs_own_end_is_passed_on() {
        let mut leash = shell("exit 7").start(Words::Terminal).unwrap();
        assert_eq!(leash.wait().unwrap().code(), Some(7));
    }

    #[test]
    fn a_dropped_leash_ends_grandchildren_too() {
        let mut leash = shell("sleep 600 & echo $!; wait").start(Words::Piped).unwrap();
        let grandchild = first_line(&mut leash);
        assert!(alive(&grandchild));
        drop(leash);
        assert!(ends_soon(&grandchild), "{grandchild} lives on");
    }

    #[test]
    fn what_a_finished_child_left_behind_ends_as_well() {
        let mut leash = shell("sleep 600 & echo $!").start(Words::Piped).unwrap();
        let left = first_line(&mut leash);
        assert!(leash.wait().unwrap().success());
        assert!(ends_soon(&left), "{left} lives on");
    }

    #[test]
    fn an_early_end_is_told_from_a_late_answer() {
        let mut leash = shell("exit 3").start(Words::Terminal).unwrap();
        let problem = leash.wait_until(Duration::from_secs(60), || None::<()>).unwrap_err();
        assert!(problem.to_string().contains("ended too early"), "{problem}");
        let mut leash = shell("sleep 600").start(Words::Terminal).unwrap();
        let problem = leash.wait_until(Duration::from_millis(50), || None::<()>).unwrap_err();
        assert!(problem.to_string().contains("not ready"), "{problem}");
    }

    #[test]
    fn a_command_goes_inside_another() {
        let inner = Leashed::new("echo", Path::new("/")).arg("in").env("OUT", "out");
        let mut leash =
            inner.inside(["/bin/sh", "-c", "echo $OUT \"$@\"", "sh"]).start(Words::Piped).unwrap();
        assert_eq!(first_line(&mut leash), "out echo in");
    }
}
