//! What support asks for, without a secret, token, pass or personal data.

use crate::status::{link_view, queue_counts};
use crate::view::{Diagnostics, LinkState, LinkView};
use crate::{AppError, Terminal};

impl Terminal {
    /// Version, database, audit chain, queue, line and the last errors.
    ///
    /// # Errors
    /// When the database can not be read.
    pub async fn diagnostics(&self) -> Result<Diagnostics, AppError> {
        let opened = self.opened().await?;
        let (path, version, counts, audit) = self
            .store(|store| {
                Ok((
                    store.path().to_path_buf(),
                    store.schema_version()?,
                    store.counts()?,
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
            link,
            log_path: self.0.options.log_dir.display().to_string(),
            last_errors: (self.0.options.recent_errors)(),
            process_id: std::process::id(),
        })
    }
}
