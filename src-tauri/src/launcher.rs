//! The number of what waits, on the app's icon in the dock of a Linux desktop.
//!
//! Unity's signal outlived Unity: KDE Plasma, the dock of Ubuntu, Dash to Dock and Plank listen to it. The windowing
//! library speaks it through a library of Unity's own that hardly any system has any more; the bus is everywhere. A
//! desktop that does not know the signal does not see it.

use std::collections::HashMap;

use tokio::sync::watch;
use zbus::zvariant::Value;

/// The bundle's desktop entry is named after the product.
const ENTRY: &str = "application://FanPoints Partner.desktop";
const PATH: &str = "/app/fanpoints/partner/launcher";
const INTERFACE: &str = "com.canonical.Unity.LauncherEntry";
const SIGNAL: &str = "Update";

/// The app's icon: it shows the newest number that it was told.
pub struct Launcher(watch::Sender<u32>);

impl Launcher {
    pub fn start() -> Self {
        let (count, told) = watch::channel(0);
        tauri::async_runtime::spawn(async move {
            if let Err(error) = follow(told).await {
                tracing::debug!(%error, "the icon carries no number here");
            }
        });
        Self(count)
    }

    pub fn show(&self, waiting: u32) {
        self.0.send_if_modified(|shown| std::mem::replace(shown, waiting) != waiting);
    }
}

/// Also tells the first number, none: a launcher may remember one of an app that was killed.
async fn follow(mut count: watch::Receiver<u32>) -> zbus::Result<()> {
    let bus = zbus::Connection::session().await?;
    loop {
        let waiting = *count.borrow_and_update();
        let look = HashMap::from([
            ("count", Value::I64(waiting.into())),
            ("count-visible", Value::Bool(waiting > 0)),
        ]);
        bus.emit_signal(None::<&str>, PATH, INTERFACE, SIGNAL, &(ENTRY, look)).await?;
        if count.changed().await.is_err() {
            return Ok(());
        }
    }
}
