//! WebDriver for the app's window: the web view's own driver, which starts the app under its eyes.
//!
//! Without tauri-driver in between: all it adds on Linux is the two lines below, and under load it drops
//! connections.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use super::child::{Program, descendants, named, signal};
use super::stage::{Stage, program};
use super::wait::eventually;

const DRIVER: &str = "WebKitWebDriver";
const APP: &str = "fanpoints-partner";

/// Tells the web view that it may be driven.
const MAY_BE_DRIVEN: [(&str, &str); 2] = [("TAURI_AUTOMATION", "true"), ("TAURI_WEBVIEW_AUTOMATION", "true")];

pub struct Driver {
    running: Program,
    port: u16,
}

impl Driver {
    /// `more` is what the app finds in its environment beside the ordinary.
    pub async fn start(stage: &Stage, more: &[(&str, String)]) -> Self {
        let port = free_port();
        let args = [format!("--port={port}"), "--host=127.0.0.1".to_owned()];
        let homes = homes(stage);
        let mut env = MAY_BE_DRIVEN.to_vec();
        env.extend(more.iter().map(|(name, value)| (*name, value.as_str())));
        env.extend(homes.iter().map(|(name, folder)| (*name, folder.as_str())));
        let mut running = Program::start_with(Path::new(DRIVER), args, &env, stage.path("driver.log"));
        eventually("the web view's driver listens", || {
            running.must_live();
            async move { tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok() }
        })
        .await;
        Self { running, port }
    }

    /// The app's processes that this driver has started.
    pub fn apps(&self) -> Vec<u32> {
        named(&descendants(self.running.pid()), APP)
    }

    /// Opens the app in a session of its own.
    pub async fn open(&self, args: &[String]) -> Client {
        let capabilities = json!({ "webkitgtk:browserOptions": { "binary": program(APP), "args": args } });
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
        // An app that a failed test has left open.
        for pid in started {
            signal("KILL", pid);
        }
    }
}

/// What a web view remembers, and what an app without a data folder of its own keeps, is this test's alone.
fn homes(stage: &Stage) -> [(&'static str, String); 3] {
    ["XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"]
        .map(|name| (name, stage.path(name).display().to_string()))
}

/// Where an app without a data folder of its own keeps what it knows.
pub fn home_data(stage: &Stage) -> PathBuf {
    stage.path("XDG_DATA_HOME").join("app.fanpoints.partner")
}

/// Starts the app beside the one that runs already, and waits until it has ended by itself.
pub async fn second_start(stage: &Stage, args: &[&str]) {
    let homes = homes(stage);
    let env: Vec<(&str, &str)> = homes.iter().map(|(name, folder)| (*name, folder.as_str())).collect();
    let mut running = Program::start_with(&program(APP), args, &env, stage.path("second.log"));
    eventually("the second start ends", || std::future::ready(running.ended().then_some(()))).await;
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a listener has an address").port()
}
