//! Looking back through the use cases: a refusal into the inbox and out of it, other devices' operations, exports,
//! signals.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::sync::Arc;

use common::{FIRST_FAN, Platform, Till, purchase};
use partner::upkeep::ReconcileVerdict;
use partner::view::{
    CaseDecision, CaseWay, CodeSource, DevicesView, DifferenceInput, Environment, ExportForm, ExportState,
    LinkState, OperationStateView, OwnCard, ReviewFilter, ReviewQuery, ReviewRow, SavedView, SignalKind,
    SignalRules,
};
use partner::{ErrorCode, MemoryKeychain};

async fn connected(platform: &Platform, folder: &Path) -> Till {
    let till = Till::open(folder, Arc::new(MemoryKeychain::default()));
    till.terminal.connect(platform.club_shop(Environment::Development)).await.unwrap();
    till.until_link(LinkState::Online).await;
    till
}

fn all(filter: ReviewFilter) -> ReviewQuery {
    ReviewQuery { filter, after: None, skip: 0, limit: 100 }
}

async fn rows(till: &Till, filter: ReviewFilter) -> Vec<ReviewRow> {
    till.terminal.review(all(filter)).await.unwrap()
}

fn decide(operation: &str, way: CaseWay, note: &str) -> CaseDecision {
    CaseDecision { operations: vec![operation.into()], way, note: note.into(), fan: None, rate_label: None }
}

/// Redeems offline on `two`, spends the same points on `one` meanwhile, and lets `two` come back: what it redeemed is
/// refused.
async fn double_redemption(platform: &mut Platform, one: &Till, two: Till, folder: &Path) -> (Till, String) {
    let code = platform.code(FIRST_FAN, "live").await;
    let again = two.terminal.identify_text(&code, CodeSource::Handheld).await.unwrap();
    platform.stop().await;
    two.until_link(LinkState::Offline).await;
    let second = two.terminal.redeem(&again.fan, purchase(17_00)).await.unwrap().operation.id;
    two.terminal.close().await;
    platform.start_again().await;
    one.terminal.send_now().await.unwrap();
    one.until_link(LinkState::Online).await;
    let code = platform.code(FIRST_FAN, "live").await;
    let card = one.terminal.identify_text(&code, CodeSource::Handheld).await.unwrap();
    let first = one.terminal.redeem(&card.fan, purchase(30_00)).await.unwrap().operation.id;
    one.until(&first, OperationStateView::Accepted).await;
    let two = Till::open(folder, two.keychain.clone());
    two.until(&second, OperationStateView::Refused).await;
    (two, second)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_goes_into_the_inbox_and_out_of_it() {
    let (first_folder, second_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut platform = Platform::start().await;
    let (one, two) =
        (connected(&platform, first_folder.path()).await, connected(&platform, second_folder.path()).await);
    let (two, refused) = double_redemption(&mut platform, &one, two, second_folder.path()).await;
    assert_eq!(one.terminal.cases(None, 10).await.unwrap().cases, []);

    let page = two.terminal.cases(None, 10).await.unwrap();
    assert_eq!((page.cases.len(), page.next), (1, None));
    let case = &page.cases[0];
    assert_eq!((case.operation.id.as_str(), case.cost, case.overdue), (refused.as_str(), 1_700, false));
    assert_eq!(case.operation.reason.as_ref().unwrap().code, ErrorCode::TooFewPoints);
    assert!(case.ways.contains(&CaseWay::Void) && case.ways.contains(&CaseWay::Collect));
    assert_eq!(two.terminal.status().await.unwrap().cases.open, 1);
    two.ahead.store(25 * 60 * 60 * 1000, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(two.terminal.status().await.unwrap().cases.overdue, 1);
    assert!(two.terminal.cases(None, 10).await.unwrap().cases[0].overdue);
    two.ahead.store(0, std::sync::atomic::Ordering::Relaxed);

    let silent = two.terminal.decide_cases(decide(&refused, CaseWay::Note, "  "), None).await;
    assert_eq!(silent.unwrap_err().code, ErrorCode::ReasonMissing);
    let done =
        two.terminal.decide_cases(decide(&refused, CaseWay::Void, "goods came back"), None).await.unwrap();
    assert_eq!(done[0].error, None);
    assert_eq!(two.terminal.status().await.unwrap().cases.open, 0);
    let detail =
        two.terminal.review_detail(rows(&two, ReviewFilter::default()).await[0].place).await.unwrap();
    let handling = detail.handling.unwrap();
    assert_eq!((handling.way, handling.note.as_str()), (CaseWay::Void, "goods came back"));
    assert_eq!(detail.platform.code.as_deref(), Some("too_few_points"));
    assert!(detail.audit.is_some() && !detail.postings.is_empty());
    platform.until_decided(&refused, "void").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_device_did_is_listed_and_reconciled() {
    let (first_folder, second_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let platform = Platform::start().await;
    let (one, two) =
        (connected(&platform, first_folder.path()).await, connected(&platform, second_folder.path()).await);
    let card = one.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    let given = one.terminal.give(&card.fan, purchase(25_00)).await.unwrap().operation.id;
    one.until(&given, OperationStateView::Accepted).await;
    let now = partner::system_clock().0;
    let (from, to) = (now - 3_600_000, now + 3_600_000);
    assert_eq!(two.terminal.fetch_others(from, to).await.unwrap(), 1);
    assert_eq!(two.terminal.fetch_others(from, to).await.unwrap(), 0);
    assert_eq!(one.terminal.fetch_others(from, to).await.unwrap(), 0, "it knows its own");
    let others = rows(&two, ReviewFilter { devices: DevicesView::Others, ..ReviewFilter::default() }).await;
    assert_eq!(others.len(), 1);
    assert_eq!((others[0].id.as_str(), others[0].here, others[0].fan_points), (given.as_str(), false, 50));
    assert_eq!(others[0].price_minor, Some(25_00));
    let detail = two.terminal.review_detail(others[0].place).await.unwrap();
    assert!(detail.operation.is_none() && detail.platform.booked_at.is_some());

    let found = two.terminal.reconcile(from, to).await.unwrap();
    let row = &found.rows[0];
    assert_eq!((row.verdict, row.settled, found.rows.len()), (ReconcileVerdict::MissingHere, false, 1));
    let input = DifferenceInput { id: row.id.clone(), is_undo: row.is_undo, verdict: row.verdict };
    two.terminal.settle_differences(vec![input], "the other till", None).await.unwrap();
    assert!(two.terminal.reconcile(from, to).await.unwrap().rows[0].settled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_gift_is_made_once_more_for_the_right_fan() {
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    platform.stop().await;
    till.until_link(LinkState::Offline).await;
    // A number that is well formed and nobody's.
    let nobody = "000000000000";
    let card = till.terminal.identify_text(nobody, CodeSource::Typed).await.unwrap();
    let wrong = till.terminal.give(&card.fan, purchase(25_00)).await.unwrap().operation.id;
    platform.start_again().await;
    till.terminal.send_now().await.unwrap();
    till.until(&wrong, OperationStateView::Refused).await;
    let again =
        CaseDecision { fan: Some(FIRST_FAN.into()), ..decide(&wrong, CaseWay::Retry, "wrong number") };
    for _ in 0..2 {
        let done = till.terminal.decide_cases(again.clone(), None).await.unwrap();
        assert_eq!(done[0].error, None);
    }
    let made = rows(&till, ReviewFilter { fan: Some(FIRST_FAN.into()), ..ReviewFilter::default() }).await;
    assert_eq!(made.len(), 1, "once");
    till.until(&made[0].id, OperationStateView::Accepted).await;
    assert_eq!(platform.balances(FIRST_FAN).await.0, 3465 + 50);
}

/// Something done on a till without a network, under an id that the platform knows as something else meanwhile, and a
/// gift behind it. The first is held when the till comes back.
async fn held(platform: &mut Platform, redeems: bool) -> (tempfile::TempDir, Till, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let till = connected(platform, folder.path()).await;
    let live = platform.code(FIRST_FAN, "live").await;
    let fan = till.terminal.identify_text(&live, CodeSource::Handheld).await.unwrap().fan;
    platform.stop().await;
    till.until_link(LinkState::Offline).await;
    let done = match redeems {
        true => till.terminal.redeem(&fan, purchase(17_00)).await,
        false => till.terminal.give(&fan, purchase(25_00)).await,
    };
    let (first, next) =
        (done.unwrap().operation.id, till.terminal.give(&fan, purchase(10_00)).await.unwrap().operation.id);
    till.terminal.close().await;
    platform.start_again().await;
    let taken = format!(
        r#"mutation {{ give_fan_points_on_purchase(partner_id: "club-shop", user_id: "{FIRST_FAN}",
            custom_purchase_id: "{first}", purchase_items: [{{ custom_purchase_item_id: "1", title: "Other",
            description: "", price: 99.0, currency: chf }}]) {{ result {{ purchase_id }} }} }}"#
    );
    platform.ask(&taken).await;
    let till = Till::open(folder.path(), till.keychain.clone());
    till.until(&first, OperationStateView::Held).await;
    (folder, till, first, next)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_redemption_is_borne_by_somebody_and_what_waits_behind_it_goes_on() {
    let mut platform = Platform::start().await;
    let (_folder, till, first, next) = held(&mut platform, true).await;
    let case = till.terminal.cases(None, 10).await.unwrap().cases.remove(0);
    assert_eq!((case.operation.id.as_str(), case.cost), (first.as_str(), 1_700));
    assert_eq!(case.operation.reason.as_ref().unwrap().code, ErrorCode::DifferentTransaction);
    let all = [CaseWay::Collect, CaseWay::Forgive, CaseWay::Void, CaseWay::Retry, CaseWay::Note];
    assert_eq!(case.ways, all);
    assert_eq!(till.operation(&next).await.state, OperationStateView::Waiting);
    let done =
        till.terminal.decide_cases(decide(&first, CaseWay::Forgive, "the shop's"), None).await.unwrap();
    assert_eq!(done[0].error, None);
    till.until(&next, OperationStateView::Accepted).await;
    assert_eq!(till.operation(&first).await.state, OperationStateView::Refused);
    assert!(till.terminal.cases(None, 10).await.unwrap().cases.is_empty());
    let detail = rows(&till, ReviewFilter::default()).await;
    let row = detail.iter().find(|row| row.id == first).unwrap();
    let handling = till.terminal.review_detail(row.place).await.unwrap().handling.unwrap();
    assert_eq!((handling.way, handling.note.as_str()), (CaseWay::Forgive, "the shop's"));
    assert!(till.terminal.verify_audit().await.unwrap().fault.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_for_a_taken_id_is_made_again_under_another_one() {
    let mut platform = Platform::start().await;
    let (_folder, till, first, next) = held(&mut platform, false).await;
    let done = till.terminal.decide_cases(decide(&first, CaseWay::Retry, ""), None).await.unwrap();
    assert_eq!(done[0].error, None);
    till.until(&next, OperationStateView::Accepted).await;
    let row = rows(&till, ReviewFilter::default()).await.into_iter().find(|row| row.id == first).unwrap();
    let handling = till.terminal.review_detail(row.place).await.unwrap().handling.unwrap();
    till.until(&handling.again.unwrap(), OperationStateView::Accepted).await;
    // What the till gave, and what somebody else gave under the id.
    assert_eq!(platform.balances(FIRST_FAN).await.0, 3465 + 50 + 20 + 198);
    assert!(till.terminal.cases(None, 10).await.unwrap().cases.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_exported_with_its_filter_and_can_be_given_up() {
    let (folder, exports) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let card = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    for minor in [25_00, 10_00] {
        till.terminal.give(&card.fan, purchase(minor)).await.unwrap();
    }
    till.terminal.award(&card.fan, "match_visit").await.unwrap();
    let gifts =
        ReviewFilter { kinds: vec![partner::view::OperationKindView::Give], ..ReviewFilter::default() };
    let folder = exports.path().to_path_buf();
    for form in [ExportForm::Csv, ExportForm::JsonLines] {
        till.terminal.begin_export(gifts.clone(), form, folder.clone()).await.unwrap();
        let done = till.until_exported().await;
        assert_eq!((done.state, done.rows, done.error), (ExportState::Done, 2, None));
        let text = std::fs::read_to_string(&done.path).unwrap();
        assert_eq!(text.matches("give").count(), 4, "kind, and what it is of: {text}");
    }
    assert_eq!(till.terminal.export_folder(), Some(folder.clone()));
    till.terminal.begin_export(gifts, ExportForm::Csv, folder.clone()).await.unwrap();
    till.terminal.cancel_export();
    let ended = till.until_exported().await;
    let there = Path::new(&ended.path).exists();
    assert_eq!(there, ended.state == ExportState::Done, "{ended:?}");
    let parts = std::fs::read_dir(&folder)
        .unwrap()
        .filter(|one| one.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "part"));
    assert_eq!(parts.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn views_are_kept_and_signals_come_with_their_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let filter = ReviewFilter { least: Some(100), text: Some("scarf".into()), ..ReviewFilter::default() };
    let view = SavedView { name: " Large ".into(), filter: filter.clone(), days: Some(7) };
    let choices = till.terminal.save_view(view).await.unwrap();
    assert_eq!(choices.views, [SavedView { name: "Large".into(), filter, days: Some(7) }]);
    let nameless = SavedView { name: " ".into(), filter: ReviewFilter::default(), days: None };
    assert_eq!(till.terminal.save_view(nameless).await.unwrap_err().code, ErrorCode::MissingField);
    let no_fan = ReviewFilter { fan: Some("12".into()), ..ReviewFilter::default() };
    assert!(till.terminal.review(all(no_fan)).await.is_err());
    assert!(till.terminal.forget_view("Large".into()).await.unwrap().views.is_empty());

    let rules = SignalRules { same_fan_a_day: 2, ..till.terminal.signal_rules().await.unwrap() };
    let wrong = SignalRules { opens: 20, closes: 8, ..rules.clone() };
    assert!(till.terminal.set_signal_rules(wrong, None).await.is_err());
    let card = OwnCard { staff: "kim".into(), fan: "not a number".into() };
    assert!(
        till.terminal
            .set_signal_rules(SignalRules { own_cards: vec![card], ..rules.clone() }, None)
            .await
            .is_err()
    );
    let rules = SignalRules { opens: 0, ..rules };
    till.terminal.set_signal_rules(rules, None).await.unwrap();
    let card = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    for _ in 0..2 {
        till.terminal.give(&card.fan, purchase(25_00)).await.unwrap();
    }
    let now = partner::system_clock().0;
    let found = till.terminal.signals(now - 3_600_000, now + 3_600_000).await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].kind, found[0].count, found[0].evidence.len()), (SignalKind::SameFan, 2, 2));
}
