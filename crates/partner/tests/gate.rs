//! The gate through the use cases, against the real platform and the real database.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use common::{FIRST_FAN, Platform, Till, close};
use partner::view::{
    CodeSource, DecidedBy, Environment, GatePlan, GateRule, GateRun, GateSignal, LinkState,
    OperationStateView, Passage, SoundSet, ThresholdAnswerView, UnsureRule,
};
use partner::{ErrorCode, MemoryKeychain, News};

const HOUR: i64 = 3_600_000;
/// 120 Status Points.
const LOW_FAN: &str = "391258460617";
/// A well-formed id that nobody has.
const NOBODY: &str = "012345678905";

async fn connected(platform: &Platform, folder: &Path) -> Till {
    let till = Till::open(folder, Arc::new(MemoryKeychain::default()));
    till.terminal.connect(platform.club_shop(Environment::Development)).await.unwrap();
    till.until_link(LinkState::Online).await;
    till
}

fn at_least(points: i64) -> GatePlan {
    GatePlan {
        title: " North gate ".into(),
        rule: GateRule::AtLeast { status_points: points },
        unsure: UnsureRule::Ask,
        award: None,
        sounds: SoundSet::Standard,
        kiosk: false,
    }
}

async fn open(till: &Till, plan: GatePlan) {
    till.terminal.prepare_gate(plan, None).await.unwrap();
    till.terminal.open_gate().await.unwrap();
}

async fn run(till: &Till) -> GateRun {
    till.terminal.gate().await.unwrap().run.expect("the gate is open")
}

async fn show(till: &Till, code: &str) -> Option<Passage> {
    till.terminal.gate_text(code, CodeSource::Camera).await.unwrap()
}

/// Lets the code out of view.
fn pass_on(till: &Till) {
    till.ahead.fetch_add(3_000, Ordering::Relaxed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fan_is_judged_counted_once_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    open(&till, at_least(1000)).await;
    assert_eq!(till.terminal.gate().await.unwrap().plan.unwrap().title, "North gate");

    let passage = show(&till, &platform.code(FIRST_FAN, "live").await).await.unwrap();
    assert_eq!((passage.answer, passage.admitted), (ThresholdAnswerView::Yes, Some(true)));
    assert_eq!((passage.status_points, passage.needed), (Some(1240), Some(1000)));
    for _ in 0..20 {
        assert_eq!(show(&till, &platform.code(FIRST_FAN, "live").await).await, None, "still held");
    }
    pass_on(&till);
    let again = show(&till, &platform.code(FIRST_FAN, "card").await).await.unwrap();
    assert_eq!((again.again, again.number), (Some(passage.at), passage.number));

    let passage = show(&till, LOW_FAN).await.unwrap();
    assert_eq!((passage.answer, passage.admitted), (ThresholdAnswerView::No, Some(false)));
    assert_eq!(passage.missing, Some(880));
    let run = run(&till).await;
    assert_eq!((run.passed, run.refused, run.unknown, run.last.len()), (1, 1, 0, 2));

    let told = till.told.lock().unwrap();
    let passages = told
        .iter()
        .filter(|news| matches!(news, News::Gate(signal) if matches!(**signal, GateSignal::Passage { .. })));
    assert_eq!(passages.count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_a_stale_no_is_cannot_tell_and_a_person_decides_on_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    open(&till, at_least(1500)).await;
    let card = platform.code(FIRST_FAN, "card").await;
    platform.stop().await;
    till.until_link(LinkState::Offline).await;
    till.ahead.fetch_add(3 * HOUR, Ordering::Relaxed);

    let passage = show(&till, &card).await.unwrap();
    assert_eq!((passage.answer, passage.admitted), (ThresholdAnswerView::CannotTell, None));
    assert_eq!(passage.missing, Some(260));
    assert!(passage.age >= 3 * HOUR, "{}", passage.age);
    assert_eq!(run(&till).await.unknown, 1);

    let entries = till.terminal.diagnostics().await.unwrap().audit_entries;
    let decided = till.terminal.decide_passage(passage.number, true, String::new()).await.unwrap();
    assert_eq!((decided.admitted, decided.decided_by), (Some(true), DecidedBy::Person));
    let refused = till.terminal.decide_passage(passage.number, false, " no seat ".into()).await.unwrap();
    assert_eq!(refused.admitted, Some(false));
    let after = till.terminal.diagnostics().await.unwrap();
    assert_eq!((after.audit_entries, after.audit_intact), (entries + 2, true));
    assert_eq!(
        till.terminal.decide_passage(99, true, "x".into()).await.unwrap_err().code,
        ErrorCode::UnknownPassage
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certain_answer_is_overruled_with_a_reason_only() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    open(&till, at_least(1000)).await;
    let passage = show(&till, LOW_FAN).await.unwrap();
    let without = till.terminal.decide_passage(passage.number, true, "  ".into()).await.unwrap_err();
    assert_eq!(without.code, ErrorCode::ReasonMissing);
    till.terminal.decide_passage(passage.number, true, "on the guest list".into()).await.unwrap();
    let run = run(&till).await;
    assert_eq!((run.passed, run.refused), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn coming_in_awards_once_and_being_turned_away_takes_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    open(&till, GatePlan { award: Some("match_visit".into()), ..at_least(1000) }).await;
    let passage = show(&till, &platform.code(FIRST_FAN, "live").await).await.unwrap();
    assert_eq!(passage.awarded, Some(50));
    let award = passage.award_operation.clone().unwrap();
    till.until(&award, OperationStateView::Accepted).await;
    assert_eq!(platform.balances(FIRST_FAN).await.1, 1290);
    pass_on(&till);
    show(&till, &platform.code(FIRST_FAN, "card").await).await.unwrap();
    assert_eq!(till.all().await.len(), 1, "once a run");

    let away = till.terminal.decide_passage(passage.number, false, "a mistake".into()).await.unwrap();
    assert_eq!((away.admitted, away.awarded, away.error), (Some(false), None, None));
    let undo = till.all().await.into_iter().find(|row| row.undo_of.as_deref() == Some(&award)).unwrap();
    till.until(&undo.id, OperationStateView::Accepted).await;
    assert_eq!(platform.balances(FIRST_FAN).await.1, 1240);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_gate_survives_the_end_of_the_app_and_awards_nobody_twice() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let keychain = till.keychain.clone();
    open(&till, GatePlan { award: Some("match_visit".into()), ..at_least(1000) }).await;
    show(&till, &platform.code(FIRST_FAN, "live").await).await.unwrap();
    show(&till, LOW_FAN).await.unwrap();
    let before = run(&till).await;
    close(till).await;

    let till = Till::open(folder.path(), keychain);
    assert_eq!(run(&till).await, before);
    let again = show(&till, &platform.code(FIRST_FAN, "card").await).await.unwrap();
    assert_eq!((again.number, again.awarded), (3, None));
    assert_eq!(till.all().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_pin_closes_a_kiosk_and_guessing_it_is_slow() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let kiosk = GatePlan { kiosk: true, ..at_least(1) };
    let without = till.terminal.prepare_gate(kiosk.clone(), None).await.unwrap_err();
    assert_eq!(without.code, ErrorCode::PinNeeded);
    till.terminal.set_manager_pin(None, "135790".into()).await.unwrap();
    let pin = |pin: &str| Some(pin.to_owned());
    assert_eq!(till.terminal.prepare_gate(kiosk.clone(), None).await.unwrap_err().code, ErrorCode::PinNeeded);
    till.terminal.prepare_gate(kiosk, pin("135790")).await.unwrap();
    till.terminal.open_gate().await.unwrap();

    for left in ["9", "8", "7", "6", "5"] {
        let error = till.terminal.close_gate(pin("111222")).await.unwrap_err();
        assert_eq!((error.code, error.detail.as_deref()), (ErrorCode::PinWrong, Some(left)));
    }
    // Also the right one has to wait now, and a new start does not help.
    assert_eq!(till.terminal.close_gate(pin("135790")).await.unwrap_err().code, ErrorCode::PinWait);
    let keychain = till.keychain.clone();
    close(till).await;
    let till = Till::open(folder.path(), keychain);
    assert_eq!(till.terminal.close_gate(pin("135790")).await.unwrap_err().code, ErrorCode::PinWait);
    till.ahead.fetch_add(31_000, Ordering::Relaxed);
    assert!(till.terminal.close_gate(pin("135790")).await.unwrap().run.is_none());
    assert!(!till.terminal.gate().await.unwrap().pin.locked);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_wrong_tries_lock_until_the_client_secret_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    till.terminal.set_manager_pin(None, "135790".into()).await.unwrap();
    for _ in 0..10 {
        till.ahead.fetch_add(HOUR, Ordering::Relaxed);
        let error = till.terminal.prepare_gate(at_least(1), Some("246802".into())).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::PinWrong);
    }
    till.ahead.fetch_add(100 * HOUR, Ordering::Relaxed);
    let error = till.terminal.prepare_gate(at_least(1), Some("135790".into())).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::PinLocked);
    let wrong = till.terminal.reset_manager_pin("not the secret".into(), "864209".into()).await.unwrap_err();
    assert_eq!(wrong.code, ErrorCode::SignInRefused);
    let secret = platform.club_shop(Environment::Development).client_secret;
    till.terminal.reset_manager_pin(secret, "864209".into()).await.unwrap();
    till.terminal.prepare_gate(at_least(1), Some("864209".into())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_plans_and_codes_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let closed = till.terminal.gate_text(FIRST_FAN, CodeSource::Typed).await.unwrap_err();
    assert_eq!(closed.code, ErrorCode::GateClosed);
    assert_eq!(till.terminal.open_gate().await.unwrap_err().code, ErrorCode::GateNotPrepared);
    let plans = [
        (GatePlan { title: "  ".into(), ..at_least(1) }, ErrorCode::MissingField),
        (at_least(0), ErrorCode::InvalidAmount),
        (at_least(-5), ErrorCode::InvalidAmount),
        (GatePlan { rule: GateRule::Threshold { id: "gone".into() }, ..at_least(1) }, ErrorCode::UnknownRule),
        (GatePlan { rule: GateRule::Tier { name: "Diamond".into() }, ..at_least(1) }, ErrorCode::UnknownRule),
        (GatePlan { award: Some("gone".into()), ..at_least(1) }, ErrorCode::UnknownAction),
    ];
    for (plan, code) in plans {
        assert_eq!(till.terminal.prepare_gate(plan.clone(), None).await.unwrap_err().code, code, "{plan:?}");
    }
    open(&till, at_least(1)).await;
    let foreign = till.terminal.gate_text("https://example.org", CodeSource::Camera).await.unwrap_err();
    assert_eq!(foreign.code, ErrorCode::NotOurCode);
    let stranger = show(&till, NOBODY).await.unwrap();
    assert_eq!(stranger.error.unwrap().code, ErrorCode::UnknownFan);
    let mistyped = show(&till, "008407119296").await.unwrap();
    assert_eq!(mistyped.error.unwrap().code, ErrorCode::CheckDigitWrong);
    assert_eq!(mistyped.answer, ThresholdAnswerView::No);
}
