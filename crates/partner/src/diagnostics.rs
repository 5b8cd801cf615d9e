//! What support asks for, without a secret, token, pass or a fan's data. The file names who is at work.

use std::path::Path;

use serde_json::json;

use crate::status::{link_view, queue_counts};
use crate::terminal::blocking;
use crate::view::{Diagnostics, LinkState, LinkView};
use crate::{AppError, ErrorCode, Terminal};

/// So much of the newest logs goes into a bundle.
const LOG_BYTES: usize = 512 * 1024;

impl Terminal {
    /// All that support asks for in one file: its name and its bytes (JSON). The logs hold no secrets; what was set is
    /// told by the names of the settings that people see, not by all that the database keeps.
    ///
    /// # Errors
    /// When the database can not be read.
    pub async fn diagnostics_bundle(&self) -> Result<(String, Vec<u8>), AppError> {
        let (diagnostics, health, mut status) =
            (self.diagnostics().await?, self.health().await?, self.status().await?);
        // Who is at work is no fault of the device's.
        status.session.person = None;
        let folder = self.0.options.log_dir.clone();
        let log = blocking(move || newest_lines(&folder)).await?;
        let now = jiff::Timestamp::from_millisecond(self.now().0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let bundle = json!({
            "made": now.to_string(),
            "diagnostics": diagnostics,
            "health": health,
            "status": status,
            "quick_buttons": self.quick_buttons().await?,
            "gate": self.gate().await?.plan,
            "log": log,
        });
        let bytes = serde_json::to_vec_pretty(&bundle).map_err(|_| ErrorCode::Internal)?;
        Ok((format!("fanpoints-support-{}.json", now.strftime("%Y-%m-%d-%H%M")), bytes))
    }

    /// Version, database, audit chain, queue, line and the last errors.
    ///
    /// # Errors
    /// When the database can not be read.
    pub async fn diagnostics(&self) -> Result<Diagnostics, AppError> {
        let opened = self.opened().await?;
        let (path, version, counts, events_waiting, audit) = self
            .store(|store| {
                Ok((
                    store.path().to_path_buf(),
                    store.schema_version()?,
                    store.counts()?,
                    store.engagement_waiting()?,
                    store.verify_audit(None)?,
                ))
            })
            .await?;
        let (audit_entries, audit_intact) = match audit {
            Ok(head) => (head.entries, true),
            Err(broken) => (broken.entry, false),
        };
        let link = match &opened.line {
            Some(line) => link_view(&line.drain.state().borrow()),
            None => LinkView {
                state: LinkState::NotConnected,
                since: None,
                last_success: None,
                progress: None,
                next_try: None,
            },
        };
        Ok(Diagnostics {
            app_version: self.0.options.app_version.clone(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            database_version: version,
            database_bytes: std::fs::metadata(&path).map_or(0, |file| file.len()),
            database_path: path.display().to_string(),
            audit_entries,
            audit_intact,
            queue: queue_counts(&counts),
            events_waiting,
            link,
            log_path: self.0.options.log_dir.display().to_string(),
            last_errors: (self.0.options.recent_errors)(),
            process_id: std::process::id(),
        })
    }
}

/// The last lines of the logs, the newest file last.
fn newest_lines(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = files.map(|file| file.path()).collect();
    files.sort_unstable();
    let mut lines = Vec::new();
    let mut room = LOG_BYTES;
    for file in files.iter().rev() {
        let text = std::fs::read(file).unwrap_or_default();
        for line in String::from_utf8_lossy(&text).lines().rev() {
            if line.len() > room {
                lines.reverse();
                return lines;
            }
            room -= line.len();
            lines.push(line.to_owned());
        }
    }
    lines.reverse();
    lines
}
