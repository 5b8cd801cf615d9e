//! The app's real window, used as a person uses it: found by what is on it, pressed, typed into, looked at.

use std::cell::Cell;
use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, Locator};
use serde_json::Value;

use super::child::{Process, descendants, runs, signal};
use super::driver::{Driver, home_data};
use super::platform::Pairing;
use super::stage::Stage;
use super::wait::{PATIENCE, eventually, holds_within};

const PICTURED: Duration = Duration::from_secs(5);

/// Ends when what moves has come to rest and what changed has been drawn.
const DRAWN: &str = "
    const done = arguments[arguments.length - 1];
    const frames = (left) => (left > 0 ? requestAnimationFrame(() => frames(left - 1)) : done(true));
    const ends = (moving) => moving.effect?.getComputedTiming().endTime !== Infinity;
    const moving = document.getAnimations().filter(ends).map((one) => one.finished);
    Promise.allSettled(moving).then(() => frames(3));";

/// The driver's picture is the next one that the window draws, and a window drawn by the processor draws nothing while
/// nothing changes: something that nobody sees changes until the returned picture is there.
const KEEP_DRAWING: &str = "
    const page = document.documentElement.style;
    let shade = 0;
    window.keepsDrawing = setInterval(() => { page.outline = `1px solid rgb(${(shade ^= 1)} 0 0 / 0)`; }, 20);";
const STOP_DRAWING: &str = "clearInterval(window.keepsDrawing); document.documentElement.style.outline = '';";

/// How a till is set up before its window opens.
pub struct TillBuilder {
    data: PathBuf,
    at_home: bool,
    pictures: PathBuf,
    folder: Stage,
    pairing: Option<Pairing>,
    frames: Option<PathBuf>,
    env: Vec<(&'static str, String)>,
}

impl TillBuilder {
    /// Keeps its data elsewhere: on a disk that can be full.
    #[must_use]
    pub fn data(mut self, folder: PathBuf) -> Self {
        self.data = folder;
        self
    }

    /// Without a data folder of its own, as on a device with one till.
    #[must_use]
    pub fn at_home(mut self) -> Self {
        self.data = home_data(&self.folder);
        self.at_home = true;
        self
    }

    #[must_use]
    pub fn paired(mut self, pairing: Pairing) -> Self {
        self.pairing = Some(pairing);
        self
    }

    /// Offers a folder of frames as a camera.
    #[must_use]
    pub fn camera(mut self, frames: PathBuf) -> Self {
        self.frames = Some(frames);
        self
    }

    /// Logs all that can be logged, of every library too.
    #[must_use]
    pub fn verbose(mut self) -> Self {
        self.env.push(("FANPOINTS_LOG", "trace".to_owned()));
        self
    }

    /// Opens addresses with this command, as the person's browser.
    #[must_use]
    pub fn browser(mut self, command: String) -> Self {
        self.env.push(("BROWSER", command));
        self
    }

    /// Where screenshots go.
    #[must_use]
    pub fn pictures(mut self, folder: PathBuf) -> Self {
        self.pictures = folder;
        self
    }

    /// Opens the window and waits until it shows something to use.
    pub async fn open(self) -> Till {
        let own = ["--data-dir".to_owned(), self.data.display().to_string()];
        let mut args: Vec<String> = own.into_iter().filter(|_| !self.at_home).collect();
        if let Some(pairing) = &self.pairing {
            let file = self.folder.path("pairing.json");
            pairing.write(&file);
            args.extend(["--pair".to_owned(), file.display().to_string()]);
        }
        if let Some(frames) = &self.frames {
            args.extend(["--frames".to_owned(), frames.display().to_string()]);
        }
        let mut till = Till {
            data: self.data,
            pictures: self.pictures,
            folder: self.folder,
            args,
            env: self.env,
            driver: None,
            client: None,
            shots: 0,
        };
        till.open().await;
        till
    }
}

pub struct Till {
    data: PathBuf,
    pictures: PathBuf,
    folder: Stage,
    args: Vec<String>,
    env: Vec<(&'static str, String)>,
    driver: Option<Driver>,
    client: Option<Client>,
    shots: u32,
}

impl Till {
    pub fn on(stage: &Stage) -> TillBuilder {
        Self::named(stage, "till")
    }

    /// A second till of the same test.
    pub fn named(stage: &Stage, name: &str) -> TillBuilder {
        let folder = Stage::existing(name, stage.path(name));
        TillBuilder {
            data: folder.path("data"),
            at_home: false,
            pictures: stage.path(""),
            folder,
            pairing: None,
            frames: None,
            env: Vec::new(),
        }
    }

    /// Opens the window, the first time or after it was closed or killed.
    pub async fn open(&mut self) {
        assert!(self.client.is_none(), "the window is open already");
        let driver = Driver::start(&self.folder, &self.env).await;
        self.client = Some(driver.open(&self.args).await);
        self.driver = Some(driver);
    }

    /// Where the app keeps its data.
    pub fn data_folder(&self) -> &Path {
        &self.data
    }

    /// Closes the window as a person does, and waits until the app is gone.
    pub async fn close(&mut self) {
        let pids = self.apps();
        let client = self.client.take().expect("the window is open");
        client.close().await.expect("the window closes");
        gone(&pids).await;
        self.driver = None;
    }

    /// Ends the app with SIGKILL, in the middle of whatever it does.
    pub async fn kill(&mut self) {
        let pids = self.apps();
        assert!(!pids.is_empty(), "the app does not run");
        for &pid in &pids {
            assert!(signal("KILL", pid), "the app could not be killed");
        }
        gone(&pids).await;
        self.client = None;
        self.driver = None;
    }

    fn apps(&self) -> Vec<u32> {
        self.driver.as_ref().map(Driver::apps).unwrap_or_default()
    }

    /// The app and the web view's own processes, with what each has taken so far.
    pub fn processes(&self) -> Vec<Process> {
        let apps = self.apps();
        let all = apps.iter().copied().chain(apps.iter().flat_map(|&app| descendants(app)));
        all.filter_map(Process::of).collect()
    }

    pub fn client(&self) -> &Client {
        self.client.as_ref().expect("the window is open")
    }

    /// Waits like `eventually`; fails with a picture of the window.
    pub async fn until<T, F>(&self, what: &str, look: impl FnMut() -> F) -> T
    where
        F: Future<Output = Option<T>>,
    {
        match holds_within(PATIENCE, look).await {
            Some(found) => found,
            None => self.fail(what).await,
        }
    }

    /// Leaves a picture of the window, and tells the end of the app's log.
    async fn fail(&self, what: &str) -> ! {
        let path = self.pictures.join("failure.png");
        // Of a window that is not shown there is none.
        if let Ok(Ok(picture)) = tokio::time::timeout(PICTURED, self.picture()).await {
            let _ = fs::write(&path, picture);
        }
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines.get(lines.len().saturating_sub(10)..).unwrap_or_default().join("\n");
        panic!("waited in vain: {what}\npicture: {}\nthe app's last words:\n{last}", path.display());
    }

    /// Calls a command as the page does: what it answers, or the code of its error.
    pub async fn call(&self, command: &str, arguments: Value) -> Result<Value, String> {
        const CALL: &str = "
            const [name, values, done] = arguments;
            window.__TAURI_INTERNALS__.invoke(name, values)
                .then((answer) => done({ answer }), (error) => done({ code: error?.code ?? String(error) }));";
        let told = self.client().execute_async(CALL, vec![command.into(), arguments]).await;
        let mut told = told.expect("the page can call");
        match told["code"].as_str() {
            Some(code) => Err(code.to_owned()),
            None => Ok(told["answer"].take()),
        }
    }

    /// Waits until there is such a thing on screen.
    pub async fn find(&self, testid: &str) -> Element {
        let css = by_testid(testid);
        self.until(&format!("\"{testid}\" on screen"), || async {
            let element = self.client().find(Locator::Css(&css)).await.ok()?;
            self.visible(testid).await.then_some(element)
        })
        .await
    }

    /// Everything of that kind, now.
    pub async fn all(&self, testid: &str) -> Vec<Element> {
        let css = by_testid(testid);
        // What goes away while the driver counts is no answer yet.
        self.until(&format!("every \"{testid}\""), || async {
            self.client().find_all(Locator::Css(&css)).await.ok()
        })
        .await
    }

    pub async fn shows(&self, testid: &str) -> bool {
        !self.all(testid).await.is_empty()
    }

    /// Waits until it is gone.
    pub async fn gone(&self, testid: &str) {
        self.until(&format!("\"{testid}\" gone"), || async { (!self.shows(testid).await).then_some(()) })
            .await;
    }

    /// Waits until no operation of this kind is listed.
    pub async fn gone_rows(&self, kind: &str) {
        let css = format!("[data-testid=\"operation-row\"][data-kind=\"{kind}\"]");
        self.until(&format!("no \"{kind}\" listed"), || async {
            self.client().find_all(Locator::Css(&css)).await.ok()?.is_empty().then_some(())
        })
        .await;
    }

    /// Presses it, as soon as it can be pressed. The driver may lose the answer to a press that takes the element away:
    /// one that has gone after the press was pressed.
    pub async fn press(&self, testid: &str) {
        let pressed = Cell::new(false);
        self.until(&format!("\"{testid}\" pressed"), || async {
            if pressed.get() && !self.visible(testid).await {
                return Some(());
            }
            let element = self.find(testid).await;
            // A button that waits for something is said to be disabled, and yet can be focused.
            let waits = element.attr("aria-disabled").await.ok()?.as_deref() == Some("true");
            if waits || !element.is_enabled().await.ok()? {
                return None;
            }
            pressed.set(true);
            element.click().await.ok()
        })
        .await;
    }

    /// Types into it, after what is there.
    pub async fn type_into(&self, testid: &str, text: &str) {
        self.find(testid).await.send_keys(text).await.expect("the field takes keys");
    }

    /// Chooses an entry of a list by its value.
    pub async fn choose(&self, testid: &str, value: &str) {
        self.find(testid).await.select_by_value(value).await.expect("the list has the entry");
    }

    /// Chooses a file in a file field, which need not be visible.
    pub async fn choose_file(&self, testid: &str, file: &Path) {
        let css = by_testid(testid);
        let field = self.client().find(Locator::Css(&css)).await.expect("a file field");
        field.send_keys(&file.display().to_string()).await.expect("the field takes a file");
    }

    /// What it says.
    pub async fn text(&self, testid: &str) -> String {
        self.find(testid).await;
        let said = self.look(testid, "return e.innerText").await;
        said.as_str().unwrap_or_default().trim().to_owned()
    }

    /// Waits until it says this: a fan's card has a short name until the platform tells the long one.
    pub async fn reads(&self, testid: &str, text: &str) {
        let looked = || async { (self.text(testid).await == text).then_some(()) };
        if holds_within(PATIENCE, looked).await.is_none() {
            let last = self.text(testid).await;
            self.fail(&format!("\"{testid}\" that reads {text:?}, not {last:?}")).await;
        }
    }

    /// Whether it takes room and is not hidden. The driver's own answer is wrong for shortened texts.
    async fn visible(&self, testid: &str) -> bool {
        let script = "const r = e.getBoundingClientRect(); \
            return e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && r.width > 0 && r.height > 0";
        self.look(testid, script).await == Value::Bool(true)
    }

    /// Asks the first element of that kind, as `e`; null where there is none.
    async fn look(&self, testid: &str, script: &str) -> Value {
        let script = format!("const e = document.querySelector(arguments[0]); if (!e) return null; {script}");
        self.client().execute(&script, vec![by_testid(testid).into()]).await.unwrap_or_default()
    }

    /// Its `data-*` attribute: the exact value behind what is shown.
    pub async fn data(&self, testid: &str, name: &str) -> Option<String> {
        let element = self.client().find(Locator::Css(&by_testid(testid))).await.ok()?;
        element.attr(&format!("data-{name}")).await.ok()?
    }

    /// Waits until the attribute has this value.
    pub async fn has(&self, testid: &str, name: &str, value: &str) {
        let looked = || async { (self.data(testid, name).await.as_deref() == Some(value)).then_some(()) };
        if holds_within(PATIENCE, looked).await.is_none() {
            let last = self.data(testid, name).await;
            self.fail(&format!("\"{testid}\" with data-{name} {value:?}, not {last:?}")).await;
        }
    }

    /// The attribute as a number.
    pub async fn number(&self, testid: &str, name: &str) -> i64 {
        let text = self.until(&format!("\"{testid}\" with data-{name}"), || self.data(testid, name)).await;
        text.parse().unwrap_or_else(|_| panic!("\"{testid}\" has data-{name} {text:?}, no number"))
    }

    /// As wide and high as asked for: a phone, a till.
    pub async fn resize(&self, width: u32, height: u32) {
        self.client().set_window_size(width, height).await.expect("the window takes a size");
    }

    /// Waits until an error with this code is told, beside whatever else is.
    pub async fn has_code(&self, code: &str) {
        let css = format!("[data-testid=\"error-code\"][data-code=\"{code}\"]");
        eventually(&format!("the error \"{code}\""), || async {
            self.client().find(Locator::Css(&css)).await.ok()?.is_displayed().await.ok()?.then_some(())
        })
        .await;
    }

    /// What a field holds.
    pub async fn value(&self, testid: &str) -> String {
        let element = self.find(testid).await;
        element.prop("value").await.expect("the window answers").unwrap_or_default()
    }

    pub async fn focus(&self, testid: &str) {
        self.find(testid).await;
        self.look(testid, "e.focus()").await;
    }

    /// Waits until what moves has come to rest and what changed has been drawn.
    pub async fn drawn(&self) {
        self.client().execute_async(DRAWN, vec![]).await.expect("the window is drawn");
    }

    /// The window as it is now, as PNG.
    pub async fn picture(&self) -> Result<Vec<u8>, CmdError> {
        self.client().execute(KEEP_DRAWING, vec![]).await?;
        let bytes = self.client().screenshot().await;
        self.client().execute(STOP_DRAWING, vec![]).await?;
        bytes
    }

    /// A picture of the window, numbered in the order of the story.
    pub async fn shot(&mut self, name: &str) -> PathBuf {
        self.drawn().await;
        let run =
            async |script| self.client().execute(script, vec![]).await.expect("the window takes a script");
        run(KEEP_DRAWING).await;
        let bytes = self.client().screenshot().await.expect("the window can be pictured");
        run(STOP_DRAWING).await;
        self.shots += 1;
        let path = self.pictures.join(format!("{:02}-{name}.png", self.shots));
        fs::write(&path, bytes).expect("a picture can be written");
        path
    }

    /// A file that the app keeps.
    pub fn data_file(&self, name: &str) -> PathBuf {
        self.data.join(name)
    }

    /// Everything the app has logged so far.
    pub fn log(&self) -> String {
        let files = fs::read_dir(self.data.join("logs")).into_iter().flatten().flatten();
        files.filter_map(|file| fs::read_to_string(file.path()).ok()).collect()
    }
}

async fn gone(pids: &[u32]) {
    eventually("the app is gone", || std::future::ready((!pids.iter().any(|&pid| runs(pid))).then_some(())))
        .await;
}

fn by_testid(testid: &str) -> String {
    format!("[data-testid=\"{testid}\"]")
}
