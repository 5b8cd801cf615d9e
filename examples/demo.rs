//! The main job, driven through the real window: what `cargo xtask run` shows where there is no display.
//!
//! Every line it prints stands for something that was on screen; it fails at the first that was not.

#![allow(clippy::print_stdout)] // It tells a story.

#[path = "../tests/support/mod.rs"]
mod support;

use std::path::PathBuf;

use fantoccini::Locator;
use support::{Code, Fault, Keyboard, Pairing, Platform, Proxy, Shop, Stage, Till, eventually, frames};

/// 3,465 Fan Points and 1,240 Status Points when the example is new.
const FAN: &str = "008407119295";
const WINDOW: &str = "FanPoints Partner";

#[tokio::main]
async fn main() {
    let folder = PathBuf::from(set("FANPOINTS_DEMO"));
    let platform = Platform::known_by(&PathBuf::from(set("FANPOINTS_READY_FILE")));
    let stage = Stage::existing("demo", folder);
    let network = Proxy::start(platform.address()).await;
    let card = platform.code_picture(FAN, Code::Card).await;
    let pairing: Pairing = platform.pairing(Shop::ClubShop).through(&network);
    let camera = frames(stage.path("frames"), &card);
    let till = Till::on(&stage).paired(pairing).camera(camera).open().await;
    let mut story = Story { platform, network, stage, till, step: 0 };
    story.opens().await;
    story.gives_for_a_picture(&card).await;
    story.redeems_for_a_scan().await;
    story.looks_at_status().await;
    story.sees_through_the_camera().await;
    story.works_without_a_network().await;
    story.survives_a_kill().await;
    story.catches_up().await;
    story.speaks_german_on_a_phone().await;
    story.till.close().await;
}

fn set(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        println!("{name} is not set: this is run by `cargo xtask run`");
        std::process::exit(2)
    })
}

struct Story {
    platform: Platform,
    network: Proxy,
    stage: Stage,
    till: Till,
    step: u32,
}

impl Story {
    /// A line for what has just been seen, and its picture.
    async fn tell(&mut self, picture: &str, what: &str) {
        self.step += 1;
        let path = self.till.shot(picture).await;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        println!("  {:>2}  {what}  [{file}]", self.step);
    }

    async fn opens(&mut self) {
        self.till.find("counter").await;
        self.till.has("strip", "state", "online").await;
        let shop = self.till.text("partner-name").await;
        self.tell("counter", &format!("The app is open and connected as {shop}")).await;
    }

    async fn gives_for_a_picture(&mut self, card: &[u8]) {
        let picture = self.stage.file("card.png", card);
        self.till.choose_file("picture-input", &picture).await;
        self.till.find("fan-card").await;
        let (balance, status) =
            (self.till.number("fan-balance", "value").await, self.till.number("fan-status", "value").await);
        self.tell("fan", &format!("A picture of a fan's pass: {balance} points, {status} Status Points"))
            .await;
        self.till.type_into("amount", "25.00").await;
        let earns = eventually("a quote", || async {
            self.till.data("quote-earns", "value").await.and_then(|earns| earns.parse::<i64>().ok())
        })
        .await;
        self.till.press("give").await;
        self.till.has("success", "standing", "booked").await;
        self.tell("given", &format!("25.00 paid: {earns} points given, booked by the platform")).await;
        assert_eq!(self.platform.balance(FAN).await, balance + earns, "the platform booked something else");
        self.till.press("next-fan").await;
    }

    async fn redeems_for_a_scan(&mut self) {
        self.identify_by_scanner().await;
        self.till.type_into("amount", "7.00").await;
        self.till.press("redeem").await;
        self.till.has("success", "standing", "booked").await;
        let balance = self.platform.balance(FAN).await;
        self.tell("redeemed", &format!("A handheld scanner, 7.00 paid with points: {balance} are left"))
            .await;
        self.till.press("undo").await;
        self.till.has("success", "kind", "undo").await;
        self.tell("undone", "A slip of the finger: undone").await;
        self.till.press("next-fan").await;
    }

    /// A live pass is good for a few seconds only: it is read just before it is shown.
    async fn identify_by_scanner(&mut self) {
        let pass = self.platform.code_text(FAN, Code::Live).await;
        Keyboard::at_window(WINDOW).await.scan(&pass);
        self.till.find("fan-card").await;
    }

    async fn looks_at_status(&mut self) {
        self.till.type_into("code-input", "0084 0711 9295").await;
        self.till.press("code-submit").await;
        self.till.find("fan-card").await;
        self.till.press("tab-status").await;
        self.till.press("threshold-gold-lounge").await;
        self.till.has("threshold-answer", "answer", "yes").await;
        self.tell("threshold", "The typed id, and the gold lounge's rule: yes").await;
        self.till.press("award-action-match_visit").await;
        self.till.press("award").await;
        self.till.has("success", "standing", "booked").await;
        let status = self.platform.status_points(FAN).await;
        self.tell("awarded", &format!("A match visit awarded: {status} Status Points")).await;
        self.till.press("next-fan").await;
        self.till.press("tab-amount").await;
    }

    async fn sees_through_the_camera(&mut self) {
        self.till.press("camera-start").await;
        self.till.find("camera-preview").await;
        self.till.find("fan-card").await;
        self.till
            .until("the code's outline", || async {
                let outline = Locator::Css("[data-testid=\"camera-preview\"] polygon");
                self.till.client().find(outline).await.ok().map(drop)
            })
            .await;
        self.tell("camera", "The camera (a file of frames) finds the fan").await;
        self.till.press("camera-stop").await;
        self.till.gone("camera-preview").await;
    }

    async fn works_without_a_network(&mut self) {
        self.identify_by_scanner().await;
        self.network.set(Fault::Cut);
        self.till.type_into("amount", "5.00").await;
        self.till.press("redeem").await;
        self.till.has("success", "standing", "waiting").await;
        self.tell("offline", "The network is gone; 5.00 paid with points against the signed pass").await;
        self.till.press("next-fan").await;
        self.till.press("nav-queue").await;
        self.till.has("queue-tab-waiting", "count", "1").await;
        self.tell("waiting", "It waits to be sent").await;
    }

    async fn survives_a_kill(&mut self) {
        self.till.kill().await;
        self.till.open().await;
        self.till.press("nav-queue").await;
        self.till.has("queue-tab-waiting", "count", "1").await;
        self.tell("after-kill", "The app was killed and started again: it still waits").await;
    }

    async fn catches_up(&mut self) {
        let before = self.platform.balance(FAN).await;
        self.network.set(Fault::None);
        self.till.press("queue-send-now").await;
        self.till.has("queue-tab-waiting", "count", "0").await;
        self.till.press("queue-tab-accepted").await;
        self.till.find("operation-row").await;
        let after = self.platform.balance(FAN).await;
        assert_eq!(after, before - 500, "the platform booked something else");
        self.tell("sent", &format!("The network is back: sent and booked once, {after} points are left"))
            .await;
        self.till.press("nav-review").await;
        self.till.find("review").await;
        self.till.find("operation-row").await;
        self.tell("review", "The day's operations").await;
    }

    async fn speaks_german_on_a_phone(&mut self) {
        self.till.press("nav-settings").await;
        self.till.press("language-de").await;
        self.till.press("theme-dark").await;
        self.till.has("theme", "value", "dark").await;
        self.till.press("nav-counter").await;
        self.identify_by_scanner().await;
        self.tell("german-dark", "German, in the dark").await;
        self.till.resize(412, 892).await;
        self.tell("phone", "As wide as a phone").await;
    }
}
