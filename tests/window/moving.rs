//! A till is taken away while something waits: another one takes it over, as a file or from the screen, once.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::steps::{FAN, FAN_POINTS, balance_becomes, key_in, row, show_code, told};
use crate::support::{Code, Fault, Platform, Proxy, Shop, Stage, Till};

const PASSPHRASE: &str = "four words are long enough";

/// One till without a network on which two sales wait, and one beside it that is online.
struct Handover {
    stage: Stage,
    platform: Platform,
    _line: Proxy,
    old: Till,
    new: Till,
}

const GIVEN: i64 = 50;
const REDEEMED: i64 = 700;

async fn one_stranded(name: &str) -> Handover {
    let stage = Stage::new(name);
    let platform = Platform::start(&stage).await;
    let line = Proxy::start(platform.address()).await;
    let pairing = platform.pairing(Shop::ClubShop);
    let old = Till::named(&stage, "old").paired(pairing.clone().through(&line)).open().await;
    let new = Till::named(&stage, "new").paired(pairing.through(&line)).open().await;
    for till in [&old, &new] {
        till.has("strip", "state", "online").await;
    }
    show_code(&stage, &platform, &old, FAN, Code::Live).await;
    line.set(Fault::Cut);
    old.has("strip", "state", "offline").await;
    for (button, amount) in [("give", "2500"), ("redeem", "700")] {
        key_in(&old, amount).await;
        old.press(button).await;
        old.has("success", "standing", "waiting").await;
        old.press("same-fan").await;
    }
    old.has("strip-waiting", "count", "2").await;
    Handover { stage, platform, _line: line, old, new }
}

async fn open_moving(till: &Till, side: &str) {
    till.press("nav-settings").await;
    till.press("care-move").await;
    till.press(&format!("move-{side}")).await;
}

/// Signing out is refused while something waits, and the reason is said.
async fn can_not_leave(till: &mut Till, picture: &str) {
    till.press("nav-settings").await;
    till.press("disconnect").await;
    till.press("disconnect-confirm").await;
    told(till, "queueNotEmpty").await;
    till.shot(picture).await;
    till.press("leave-cancel").await;
}

/// The receipt lets go of what waits here; then nothing keeps the device any more.
async fn let_go(old: &mut Till) {
    old.press("move-confirm").await;
    old.find("move-done").await;
    old.shot("moved").await;
    old.press("move-close").await;
    old.has("strip-waiting", "count", "0").await;
    old.press("nav-review").await;
    row(old, "give", "moved").await;
    row(old, "redeem", "moved").await;
    old.press("nav-settings").await;
    old.press("disconnect").await;
    old.press("disconnect-confirm").await;
    old.find("connect-endpoint").await;
}

#[tokio::test]
async fn what_waits_moves_to_another_till_as_a_file_and_is_booked_once() {
    let Handover { stage, platform, _line: line, mut old, mut new } = one_stranded("moving-file").await;
    can_not_leave(&mut old, "can-not-leave").await;
    open_moving(&new, "take").await;
    let key = new.until("the key of the new till", || new.data("move-own-key", "text")).await;
    new.shot("key").await;

    open_moving(&old, "give").await;
    old.press("move-by-device").await;
    old.type_into("move-key", &key).await;
    old.press("move-seal").await;
    old.has("move-sealed", "operations", "2").await;
    old.shot("sealed").await;
    let sealed = old.data("move-sealed", "bytes").await.expect("the parcel");
    let bytes = STANDARD.decode(sealed).expect("the parcel is base64");
    assert!(bytes.starts_with(b"age-encryption.org/v1"), "encrypted");
    assert!(!bytes.windows(FAN.len()).any(|part| part == FAN.as_bytes()));
    let parcel = stage.file("parcel.age", &bytes);

    new.choose_file("move-file", &parcel).await;
    new.has("move-imported", "operations", "2").await;
    let receipt = new.data("move-receipt", "text").await.expect("a receipt");
    new.shot("taken").await;
    new.choose_file("move-file", &parcel).await;
    told(&new, "evacuationImported").await;
    assert_eq!(new.data("move-receipt-again", "text").await.as_ref(), Some(&receipt));
    new.shot("second-time").await;
    new.press("move-close").await;
    new.has("strip-waiting", "count", "2").await;
    can_not_leave(&mut new, "neither-can-the-new-one").await;

    // Until the receipt, what waits is still the old till's.
    old.has("strip-waiting", "count", "2").await;
    old.type_into("move-receipt-input", &receipt).await;
    let_go(&mut old).await;
    line.set(Fault::None);
    new.press("send-now").await;
    balance_becomes(&platform, FAN, FAN_POINTS + GIVEN - REDEEMED).await;
    new.has("strip-waiting", "count", "0").await;
    assert_eq!(platform.transactions(Shop::ClubShop, FAN).await.len(), 2, "each once");
    old.close().await;
    new.close().await;
}

#[tokio::test]
async fn what_waits_moves_to_another_till_over_the_screen_alone() {
    let Handover { stage: _stage, platform, _line: line, mut old, mut new } =
        one_stranded("moving-codes").await;
    open_moving(&old, "give").await;
    old.type_into("move-passphrase", PASSPHRASE).await;
    old.press("move-as-codes").await;
    old.press("move-seal").await;
    old.has("move-sealed", "operations", "2").await;
    let pictures = photographed(&mut old).await;

    open_moving(&new, "take").await;
    new.type_into("move-passphrase-there", PASSPHRASE).await;
    let last = pictures.len() - 1;
    for picture in &pictures[..last] {
        new.choose_file("move-pictures", picture).await;
    }
    new.has("move-collect", "have", &last.to_string()).await;
    new.shot("one-is-missing").await;
    assert_eq!(
        new.find("move-take-codes").await.attr("aria-disabled").await.unwrap().as_deref(),
        Some("true")
    );
    new.choose_file("move-pictures", &pictures[last]).await;
    new.has("move-collect", "have", &pictures.len().to_string()).await;
    new.press("move-take-codes").await;
    new.has("move-imported", "operations", "2").await;
    new.find("move-receipt").await;
    let receipt = new.shot("taken").await;

    old.choose_file("move-receipt-pictures", &receipt).await;
    old.until("the receipt is read", || async {
        old.value("move-receipt-input").await.starts_with("FPR1.").then_some(())
    })
    .await;
    let_go(&mut old).await;
    line.set(Fault::None);
    new.press("move-close").await;
    new.press("send-now").await;
    balance_becomes(&platform, FAN, FAN_POINTS + GIVEN - REDEEMED).await;
    assert_eq!(platform.transactions(Shop::ClubShop, FAN).await.len(), 2, "each once");
    old.close().await;
    new.close().await;
}

/// A picture of the screen for each code of the series.
async fn photographed(till: &mut Till) -> Vec<PathBuf> {
    let count = till.number("move-codes", "of").await;
    assert!(count > 1, "a series of one is none");
    let mut pictures = Vec::new();
    for at in 1..=count {
        let drawn = || async {
            till.data("move-code", "text").await?.contains(&format!(":{at}:{count}:")).then_some(())
        };
        till.until(&format!("code {at} of {count}"), drawn).await;
        pictures.push(till.shot(&format!("code-{at}")).await);
        till.press("move-code-after").await;
    }
    pictures
}
