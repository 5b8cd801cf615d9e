//! WebDriver for the app's window: tauri-driver in front of the web view's own driver.

use std::net::TcpListener;
use std::path::PathBuf;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use super::child::{Program, descendants, named, signal};
use super::stage::{Stage, program, programs};
use super::wait::eventually;

const APP: &str = "fanpoints-partner";

pub struct Driver {
    running: Program,
    port: u16,
}

impl Driver {
    pub async fn start(stage: &Stage) -> Self {
        let (port, native) = two_free_ports();
        let args = ["--port".to_owned(), port.to_string(), "--native-port".to_owned(), native.to_string()];
        let mut running = Program::start(&tauri_driver(), args, stage.path("driver.log"));
        // It listens before the web view's driver behind it does.
        for port in [port, native] {
            eventually("tauri-driver listens", || {
                running.must_live();
                async move { tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok() }
            })
            .await;
        }
        Self { running, port }
    }

    /// The app's processes that this driver has started.
    pub fn apps(&self) -> Vec<u32> {
        named(&descendants(self.running.pid()), APP)
    }

    /// Opens the app in a session of its own.
    pub async fn open(&self, args: &[String]) -> Client {
        let capabilities = json!({ "tauri:options": { "application": program(APP), "args": args } });
        let capabilities = capabilities.as_object().expect("an object").clone();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let opened = builder.connect(&format!("http://127.0.0.1:{}", self.port)).await;
        opened.unwrap_or_else(|error| {
            panic!("the app's window did not open: {error}\n{}", self.running.last_words())
        })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let started = descendants(self.running.pid());
        self.running.stop();
        // Asked to end, it ends the driver behind it; an app that was left open stays.
        for pid in started {
            signal("KILL", pid);
        }
    }
}

fn tauri_driver() -> PathBuf {
    let built = || programs().join("../tools/bin/tauri-driver");
    std::env::var_os("FANPOINTS_TAURI_DRIVER").map_or_else(built, PathBuf::from)
}

/// Held both at once, so that they differ.
fn two_free_ports() -> (u16, u16) {
    let free = || TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = |listener: &TcpListener| listener.local_addr().expect("a listener has an address").port();
    let (one, other) = (free(), free());
    (port(&one), port(&other))
}
