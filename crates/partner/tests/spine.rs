//! The main job through the use cases, against the real platform and the real database.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use common::{FIRST_FAN, Platform, Till, close, purchase};
use partner::view::{
    CameraSignal, CodeSource, Environment, LinkState, OperationStateView, ReceiptStanding, RedeemOutlook,
    ScanSignal, ThresholdAnswerView, TrustView,
};
use partner::{ErrorCode, FrameFolder, MemoryKeychain, News};

const HOUR: i64 = 3_600_000;

async fn connected(platform: &Platform, folder: &std::path::Path) -> Till {
    let till = Till::open(folder, Arc::new(MemoryKeychain::default()));
    let status = till.terminal.connect(platform.club_shop(Environment::Development)).await.unwrap();
    assert_eq!(status.connection.unwrap().program_name, "FC Example Loyalty Program");
    till.until_link(LinkState::Online).await;
    till
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_gives_the_points_that_the_platform_books() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;

    let card = till.show_picture(&platform.picture(FIRST_FAN, "live").await).await.unwrap();
    assert_eq!(card.trust, TrustView::Live);
    assert_eq!(card.redeem, RedeemOutlook::Here);
    let before = card.balance.unwrap().fan_points;
    assert_eq!(before, 3465);

    let quote = till.terminal.quote(&purchase(2500)).await.unwrap();
    assert_eq!((quote.total_minor, quote.earns, quote.costs), (2500, 50, 2500));
    let receipt = till.terminal.give(&card.fan, purchase(2500)).await.unwrap();
    assert_eq!(receipt.operation.fan_points, 50);
    let booked = till.until(&receipt.operation.id, OperationStateView::Accepted).await;
    assert_eq!(booked.fan_points, 50);
    assert_eq!(platform.balances(FIRST_FAN).await.0, before + 50);

    let card = till.terminal.fan_card(&card.fan).await.unwrap();
    assert_eq!(card.balance.unwrap().fan_points, before + 50);
    assert_eq!(card.label, "0084 0711 9295");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redemption_is_booked_or_refused_while_the_platform_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    // A typed id is not signed: only the platform can allow it to pay.
    let card = till.terminal.identify_text("0084 0711 9295", CodeSource::Typed).await.unwrap();
    assert_eq!((card.trust, card.redeem), (TrustView::Unsigned, RedeemOutlook::OnlineOnly));

    let receipt = till.terminal.redeem(&card.fan, purchase(1000)).await.unwrap();
    assert_eq!(receipt.standing, ReceiptStanding::Booked);
    assert_eq!(platform.balances(FIRST_FAN).await.0, 2465);

    till.terminal.fan_card(&card.fan).await.unwrap();
    let refused = till.terminal.redeem(&card.fan, purchase(900_000)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::TooFewPoints);
    assert_eq!((refused.needed, refused.available), (Some(900_000), Some(2465)));
    assert_eq!(platform.balances(FIRST_FAN).await.0, 2465);
    assert_eq!(till.all().await.len(), 1, "nothing was stored for what was refused here");

    let undone = till.terminal.undo(&receipt.operation.id).await.unwrap();
    assert_eq!(undone.standing, ReceiptStanding::Booked);
    assert_eq!(platform.balances(FIRST_FAN).await.0, 3465);
    let again = till.terminal.undo(&receipt.operation.id).await.unwrap_err();
    assert_eq!(again.code, ErrorCode::AlreadyReversed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_a_while_ago_is_undone_with_the_manager_s_pin() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let card = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    let [first, second, third] = [
        till.terminal.give(&card.fan, purchase(1000)).await.unwrap().operation.id,
        till.terminal.give(&card.fan, purchase(2000)).await.unwrap().operation.id,
        till.terminal.give(&card.fan, purchase(3000)).await.unwrap().operation.id,
    ];
    till.until(&third, OperationStateView::Accepted).await;
    till.terminal.set_manager_pin(None, "135790".into()).await.unwrap();
    till.terminal.undo(&first).await.expect("in place nobody asks for a manager");
    till.ahead.fetch_add(60_000, Ordering::SeqCst);
    let code = async |pin: Option<&str>| {
        till.terminal.undo_as(&second, pin.map(str::to_owned)).await.unwrap_err().code
    };
    assert_eq!(code(None).await, ErrorCode::PinNeeded);
    assert_eq!(code(Some("135791")).await, ErrorCode::PinWrong);
    let undone = till.terminal.undo_as(&second, Some("135790".into())).await.unwrap();
    till.until(&undone.operation.id, OperationStateView::Accepted).await;
    assert_eq!(platform.balances(FIRST_FAN).await.0, 3465 + 60);

    // From the review, with a reason: who may decide there is asked once, not twice.
    let reverse = async |pin: &str| till.terminal.reverse(&third, "another size", Some(pin.to_owned())).await;
    assert_eq!(reverse("135791").await.unwrap_err().code, ErrorCode::PinWrong);
    let reversed = reverse("135790").await.unwrap();
    till.until(&reversed.operation.id, OperationStateView::Accepted).await;
    assert_eq!(platform.balances(FIRST_FAN).await.0, 3465);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_confirmed_offline_is_booked_once_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let pass = platform.picture(FIRST_FAN, "live").await;
    platform.stop().await;
    till.until_link(LinkState::Offline).await;

    let card = till.show_picture(&pass).await.unwrap();
    let receipt = till.terminal.redeem(&card.fan, purchase(700)).await.unwrap();
    assert_eq!(receipt.standing, ReceiptStanding::Waiting);
    assert_eq!(receipt.card.pending.fan_points, -700);
    let award = till.terminal.award(&card.fan, "match_visit").await.unwrap();
    assert_eq!(award.operation.status_points, 50);
    let status = till.terminal.status().await.unwrap();
    assert_eq!(status.queue.waiting, 2);
    assert_eq!(status.exposure.points, 700);
    assert_eq!(till.terminal.disconnect().await.unwrap_err().code, ErrorCode::QueueNotEmpty);

    let keychain = till.keychain.clone();
    close(till).await;
    let till = Till::open(folder.path(), keychain);
    assert_eq!(till.operation(&receipt.operation.id).await.state, OperationStateView::Waiting);
    platform.start_again().await;
    till.terminal.send_now().await.unwrap();
    till.until(&receipt.operation.id, OperationStateView::Accepted).await;
    till.until(&award.operation.id, OperationStateView::Accepted).await;
    assert_eq!(platform.balances(FIRST_FAN).await, (3465 - 700, 1240 + 50));
    assert_eq!(till.all().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_without_a_network() {
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let pass = platform.picture(FIRST_FAN, "live").await;
    platform.stop().await;
    till.until_link(LinkState::Offline).await;

    let typed = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    let unsigned = till.terminal.redeem(&typed.fan, purchase(100)).await.unwrap_err();
    assert_eq!(unsigned.code, ErrorCode::OnlineOnly);
    assert!(till.terminal.give(&typed.fan, purchase(100)).await.is_ok(), "earning needs no signature");

    let card = till.show_picture(&pass).await.unwrap();
    let large = till.terminal.redeem(&card.fan, purchase(2001)).await.unwrap_err();
    assert!(matches!(large.code, ErrorCode::AskManager | ErrorCode::OverPurchaseLimit), "{large:?}");
    let short = till.terminal.redeem(&card.fan, purchase(900_000)).await.unwrap_err();
    assert_eq!(short.code, ErrorCode::TooFewPoints);
    assert_eq!(till.all().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_code_has_its_own_reason() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let terminal = &till.terminal;
    let identify = |text: String| async move {
        terminal.identify_text(&text, CodeSource::Picture).await.unwrap_err().code
    };

    assert_eq!(identify("008407119296".into()).await, ErrorCode::CheckDigitWrong);
    assert_eq!(identify("https://example.org".into()).await, ErrorCode::NotOurCode);
    assert_eq!(identify("FP1:TORN".into()).await, ErrorCode::CodeDamaged);
    assert_eq!(identify("9".repeat(500)).await, ErrorCode::CodeTooLong);
    assert_eq!(identify("008407119288".into()).await, ErrorCode::UnknownFan);

    let live = platform.code(FIRST_FAN, "live").await;
    let forged = forge(&live);
    assert_eq!(identify(forged).await, ErrorCode::PassForged);
    terminal.identify_text(&live, CodeSource::Handheld).await.unwrap();
    terminal.identify_text(&live, CodeSource::Camera).await.expect("still held in view");
    terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    assert_eq!(identify(live).await, ErrorCode::PassReplayed);

    let live = platform.code(FIRST_FAN, "live").await;
    till.ahead.store(HOUR, Ordering::Relaxed);
    assert_eq!(identify(live).await, ErrorCode::PassStale);
    assert!(till.all().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_pass_that_was_used_is_refused_after_a_restart_too() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let live = platform.code(FIRST_FAN, "live").await;
    till.terminal.identify_text(&live, CodeSource::Camera).await.unwrap();
    let keychain = till.keychain.clone();
    close(till).await;
    let till = Till::open(folder.path(), keychain);
    let refused = till.terminal.identify_text(&live, CodeSource::Camera).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::PassReplayed);
}

/// The same pass with one character of its last signature changed.
fn forge(pass: &str) -> String {
    let (head, tail) = pass.split_at(pass.len() - 12);
    let changed = if tail.starts_with('0') { "1" } else { "0" };
    format!("{head}{changed}{}", &tail[1..])
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_that_hold_no_code_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let code = |error: partner::AppError| error.code;
    assert_eq!(till.show_picture(b"no picture").await.map_err(code), Err(ErrorCode::PictureUnreadable));
    assert_eq!(
        till.show_picture(b"\0\0\0\x18ftypheic\0\0\0\0").await.map_err(code),
        Err(ErrorCode::PictureHeic)
    );
    let torn = platform.picture(FIRST_FAN, "live").await;
    let torn = torn_in_half(&torn);
    assert_eq!(till.show_picture(&torn).await.map_err(code), Err(ErrorCode::NoCodeFound));
}

fn torn_in_half(picture: &[u8]) -> Vec<u8> {
    let whole = image::load_from_memory(picture).unwrap();
    let half = whole.crop_imm(0, 0, whole.width(), whole.height() / 2);
    let mut bytes = std::io::Cursor::new(Vec::new());
    half.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_for_a_fan_who_was_not_scanned() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let refused = till.terminal.give(FIRST_FAN, purchase(100)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::FanNotIdentified);
    let card = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    for (bad, code) in
        [(0, ErrorCode::InvalidAmount), (-5, ErrorCode::InvalidAmount), (i64::MAX, ErrorCode::InvalidAmount)]
    {
        assert_eq!(till.terminal.give(&card.fan, purchase(bad)).await.unwrap_err().code, code, "{bad}");
    }
    assert_eq!(till.terminal.give(&card.fan, vec![]).await.unwrap_err().code, ErrorCode::NoItems);
    let mut labelled = purchase(100);
    labelled[0].rate_label = Some("gone".into());
    assert_eq!(till.terminal.give(&card.fan, labelled).await.unwrap_err().code, ErrorCode::UnknownRateLabel);
    assert_eq!(till.terminal.award(&card.fan, "gone").await.unwrap_err().code, ErrorCode::UnknownAction);
    till.ahead.store(HOUR, Ordering::Relaxed);
    assert_eq!(
        till.terminal.give(&card.fan, purchase(100)).await.unwrap_err().code,
        ErrorCode::FanNotIdentified
    );
    assert!(till.all().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_connect_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = Till::open(folder.path(), Arc::new(MemoryKeychain::default()));
    let mut wrong = platform.club_shop(Environment::Development);
    wrong.client_secret = "wrong".into();
    assert_eq!(till.terminal.connect(wrong).await.unwrap_err().code, ErrorCode::SignInRefused);
    let mut other = platform.club_shop(Environment::Production);
    other.environment = Environment::Development;
    assert_eq!(till.terminal.connect(other).await.unwrap_err().code, ErrorCode::WrongEnvironment);
    let mut foreign = platform.club_shop(Environment::Development);
    foreign.partner_id = "stadium-kiosk".into();
    assert_eq!(till.terminal.connect(foreign).await.unwrap_err().code, ErrorCode::NoAccess);
    let mut empty = platform.club_shop(Environment::Development);
    empty.client_id = "  ".into();
    assert_eq!(till.terminal.connect(empty).await.unwrap_err().code, ErrorCode::MissingField);
    let mut nowhere = platform.club_shop(Environment::Development);
    nowhere.endpoint = "http://127.0.0.1:9".into();
    assert_eq!(till.terminal.connect(nowhere).await.unwrap_err().code, ErrorCode::Offline);
    assert!(till.terminal.status().await.unwrap().connection.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn thresholds_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let rule = till.terminal.status().await.unwrap().connection.unwrap().threshold_rules[0].clone();
    assert_eq!(rule.at_least, Some(1000));
    let card = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    let answer = till.terminal.check_threshold(&card.fan, &rule.id).await.unwrap();
    assert_eq!((answer.answer, answer.status_points), (ThresholdAnswerView::Yes, Some(1240)));
    assert_eq!(
        till.terminal.check_threshold(&card.fan, "gone").await.unwrap_err().code,
        ErrorCode::UnknownRule
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_held_before_the_camera_identifies_the_fan() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let frames = tempfile::tempdir().unwrap();
    std::fs::write(frames.path().join("1.png"), platform.picture(FIRST_FAN, "card").await).unwrap();
    let source = FrameFolder { folder: frames.path().to_owned(), rate: 30 };
    let till = Till::open_with(folder.path(), Arc::new(MemoryKeychain::default()), Some(source));
    till.terminal.connect(platform.club_shop(Environment::Development)).await.unwrap();
    till.until_link(LinkState::Online).await;
    till.terminal.camera_start(None).await.unwrap();
    // A picture can be had when it is told of.
    let shown = |news: &News| match news {
        News::Camera(CameraSignal::Frame { sequence, .. }) => {
            till.terminal.preview(*sequence).is_some_and(|jpeg| jpeg.starts_with(&[0xff, 0xd8]))
        }
        _ => false,
    };
    till.until_told(shown).await;
    assert_eq!(till.terminal.preview(u32::MAX), None);
    // The pass tells a pseudonym; the platform says whose it is.
    let named = |news: &News| match news {
        News::Scan(signal) => match signal.as_ref() {
            ScanSignal::Identified { card } => card.label == "0084 0711 9295",
            other => panic!("{other:?}"),
        },
        News::Fan(card) => card.label == "0084 0711 9295" && card.trust == TrustView::Card,
        _ => false,
    };
    till.until_told(named).await;
    till.terminal.camera_stop().await.unwrap();
    assert!((1..200).all(|sequence| till.terminal.preview(sequence).is_none()), "nothing is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_its_key_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    close(till).await;
    let before = std::fs::read(folder.path().join("partner.db")).unwrap();
    let till = Till::open(folder.path(), Arc::new(MemoryKeychain::default()));
    let status = till.terminal.status().await.unwrap();
    assert_eq!(status.trouble.unwrap().code, ErrorCode::StorageKeyMissing);
    assert_eq!(std::fs::read(folder.path().join("partner.db")).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fan_who_was_scanned_offline_is_known_by_id_and_balance_once_the_platform_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let code = platform.code(FIRST_FAN, "card").await;
    platform.stop().await;
    till.until_link(LinkState::Offline).await;
    let card = till.terminal.identify_text(&code, CodeSource::Handheld).await.unwrap();
    assert_ne!(card.label, "0084 0711 9295", "a pass tells no id");

    platform.start_again().await;
    let told = |news: &News| match news {
        News::Fan(newer) => newer.label == "0084 0711 9295" && newer.edition > card.edition,
        _ => false,
    };
    till.until_told(told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fans_do_is_told_to_the_program_if_they_agree() {
    const OTHER_FAN: &str = "071203344512";
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Platform::start().await;
    platform.set_consent(FIRST_FAN, true).await;
    let till = connected(&platform, folder.path()).await;
    // Scanned and redeemed with the platform there, and once more without it.
    let card =
        till.terminal.identify_text(&platform.code(FIRST_FAN, "card").await, CodeSource::Handheld).await;
    // The card's figures come at once, the platform's word on the fan with the next look.
    let card = till.terminal.fan_card(&card.unwrap().fan).await.unwrap();
    till.terminal.redeem(&card.fan, purchase(100)).await.unwrap();
    let other = till.terminal.identify_text(OTHER_FAN, CodeSource::Typed).await.unwrap();
    till.terminal.give(&other.fan, purchase(100)).await.unwrap();
    platform.stop().await;
    till.until_link(LinkState::Offline).await;
    till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    till.until_events(|waiting| waiting > 0).await;

    platform.start_again().await;
    till.until_link(LinkState::Online).await;
    till.until_events(|waiting| waiting == 0).await;
    // Who takes the word back is not told of any more.
    platform.set_consent(FIRST_FAN, false).await;
    till.ahead.fetch_add(10_000, Ordering::Relaxed);
    till.terminal.fan_card(FIRST_FAN).await.unwrap();
    till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    close(till).await;
    platform.stop().await;
    let mut told = platform.events(FIRST_FAN).await;
    told.sort();
    assert_eq!(told, ["redemption", "scan", "scan"]);
    assert_eq!(platform.events(OTHER_FAN).await, [""; 0]);
}
