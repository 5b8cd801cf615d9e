//! Logs to a file that turns over every day, and keeps the last warnings for the diagnostics view.
//!
//! No secret, token, pass or personal data is ever logged: types that hold one have no `Debug` that shows it.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use partner::view::ErrorNote;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{Builder, Rotation};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

const DAYS_KEPT: usize = 14;
const NOTES_KEPT: usize = 50;

/// The newest warnings and errors, newest last.
#[derive(Clone, Default)]
pub struct RecentErrors(Arc<Mutex<VecDeque<ErrorNote>>>);

impl RecentErrors {
    pub fn list(&self) -> Vec<ErrorNote> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Starts logging into `folder`. Without a writable folder the app still works, with notes in memory alone.
pub fn start(folder: &Path) -> (RecentErrors, Option<WorkerGuard>) {
    let recent = RecentErrors::default();
    let filter = EnvFilter::try_from_env("FANPOINTS_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let file = std::fs::create_dir_all(folder).ok().and_then(|()| {
        Builder::new()
            .rotation(Rotation::DAILY)
            .filename_prefix("partner")
            .filename_suffix("log")
            .max_log_files(DAYS_KEPT)
            .build(folder)
            .ok()
    });
    let (layer, guard) = match file {
        Some(file) => {
            let (writer, guard) = tracing_appender::non_blocking(file);
            (Some(fmt::layer().with_ansi(false).with_writer(writer)), Some(guard))
        }
        None => (None, None),
    };
    // A second start in one process (tests) keeps the first subscriber.
    let _ =
        tracing_subscriber::registry().with(filter).with(layer).with(NoteLayer(recent.clone())).try_init();
    (recent, guard)
}

struct NoteLayer(RecentErrors);

impl<S: Subscriber> Layer<S> for NoteLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() > Level::WARN {
            return;
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let note = ErrorNote { at: i64::try_from(at).unwrap_or(i64::MAX), text: text.0 };
        let mut notes = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() == NOTES_KEPT {
            notes.pop_front();
        }
        notes.push_back(note);
    }
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let separator = if self.0.is_empty() { "" } else { " · " };
        let _ = if field.name() == "message" {
            write!(self.0, "{separator}{value:?}")
        } else {
            write!(self.0, "{separator}{}: {value:?}", field.name())
        };
    }
}
