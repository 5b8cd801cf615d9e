//! What is said on the session's message bus, written down by the bus's own monitor.

use std::path::Path;

use super::child::Program;
use super::stage::Stage;
use super::wait::eventually;

pub struct Monitor {
    _running: Program,
    log: std::path::PathBuf,
}

impl Monitor {
    /// Listens to what fits a rule, such as `interface='org.example.Name'`.
    pub async fn of(stage: &Stage, rule: &str) -> Self {
        let log = stage.path("bus.log");
        let running = Program::start(Path::new("dbus-monitor"), ["--session", rule], log.clone());
        let monitor = Self { _running: running, log };
        // The first that a monitor hears is the name that it itself loses.
        monitor.tells("NameLost").await;
        monitor
    }

    /// Waits until this has been said.
    pub async fn tells(&self, what: &str) {
        eventually(&format!("{what:?} on the bus"), || {
            std::future::ready(self.lines().contains(what).then_some(()))
        })
        .await;
    }

    /// Waits until the last line that names one thing is another.
    pub async fn says_last(&self, of: &str, what: &str) {
        eventually(&format!("{what:?} as the last word on the bus"), || {
            let lines = self.lines();
            let last = lines.lines().rfind(|line| line.contains(of)).unwrap_or_default();
            std::future::ready(last.contains(what).then_some(()))
        })
        .await;
    }

    fn lines(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}
