//! Shifts through the use cases, with a real platform: the report equals the books, is delivered, and can be printed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{FIRST_FAN, Platform, Till, purchase};
use partner::view::{
    CodeSource, CountedView, DeliveryView, Environment, FiguresRequest, LinkState, OperationStateView,
    ReportWords, ShiftCount, ShiftFormat, ShiftView,
};
use partner::{ErrorCode, MemoryKeychain};

async fn connected(platform: &Platform, folder: &Path) -> Till {
    let till = Till::open(folder, Arc::new(MemoryKeychain::default()));
    till.terminal.connect(platform.club_shop(Environment::Development)).await.unwrap();
    till.until_link(LinkState::Online).await;
    till
}

fn count(name: &str, vouchers: i64) -> ShiftCount {
    let counted = vec![CountedView { title: " Vouchers ".into(), number: vouchers }];
    ShiftCount { name: Some(name.into()), counted }
}

async fn delivered(till: &Till, id: &str, wanted: DeliveryView) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let report = till.terminal.shift_report(id).await.unwrap();
        let delivery = report.closed.expect("it is closed").delivery;
        if delivery == wanted {
            return;
        }
        assert!(Instant::now() < deadline, "still {delivery:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A gift, a redemption, an award and an undo, all booked.
async fn morning(till: &Till) {
    let card = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    let give = till.terminal.give(&card.fan, purchase(2_500)).await.unwrap().operation.id;
    let also = till.terminal.give(&card.fan, purchase(1_000)).await.unwrap().operation.id;
    let redeem = till.terminal.redeem(&card.fan, purchase(700)).await.unwrap().operation.id;
    let award = till.terminal.award(&card.fan, "match_visit").await.unwrap().operation.id;
    let undo = till.terminal.undo(&also).await.unwrap().operation.id;
    for id in [give, also, redeem, award, undo] {
        till.until(&id, OperationStateView::Accepted).await;
    }
}

fn words() -> ReportWords {
    let mut words = ReportWords {
        language: "de".into(),
        group_mark: "’".into(),
        decimal_mark: ".".into(),
        title: "Schichtbericht".into(),
        ..ReportWords::default()
    };
    words.points = "Punkte".into();
    words.given = "Gutgeschrieben".into();
    words.redeemed = "Eingelöst".into();
    words.default_rate = "Grundsatz".into();
    words.something_waits = "Etwas wartet noch.".into();
    words
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_equals_the_platforms_books_and_goes_there() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let before = platform.balances(FIRST_FAN).await;
    let desk = till.terminal.open_shift(count("Noa", 40)).await.unwrap();
    assert_eq!(desk.open.unwrap().watches[0].counted[0].title, "Vouchers");
    morning(&till).await;
    let twice = till.terminal.open_shift(count("Kim", 1)).await.unwrap_err();
    assert_eq!(twice.code, ErrorCode::ShiftOpen);
    let same = till.terminal.hand_over_shift(count("Noa", 1)).await.unwrap_err();
    assert_eq!(same.code, ErrorCode::SamePerson);
    till.terminal.hand_over_shift(count("Kim", 39)).await.unwrap();
    let report = till.terminal.close_shift(count("Kim", 38)).await.unwrap();

    let after = platform.balances(FIRST_FAN).await;
    assert_eq!(report.totals.given - report.totals.redeemed + report.undone, after.0 - before.0);
    assert_eq!(report.totals.status_awarded + report.undone_status, after.1 - before.1);
    assert_eq!((report.totals.given, report.totals.redeemed, report.undone), (70, 700, -20));
    let end = report.closed.clone().unwrap();
    assert_eq!((end.by.as_str(), end.holds, end.counted[0].number), ("Kim", Some(true), 38));

    delivered(&till, &report.id, DeliveryView::Delivered).await;
    let kept = platform.shift_reports().await;
    assert_eq!(kept.len(), 1);
    let document: serde_json::Value = serde_json::from_str(kept[0]["document"].as_str().unwrap()).unwrap();
    assert_eq!(document["sums"]["totals"]["given"], 70);
    assert_eq!(document["audit"]["root"].as_str(), Some(end.root.as_str()));
    assert_eq!(till.terminal.shifts(None).await.unwrap().len(), 1);
    assert_eq!(till.terminal.shift().await.unwrap().suggested[0].number, 38);
}

async fn closed_offline(platform: &mut Platform, till: &Till) -> ShiftView {
    till.terminal.open_shift(count("Noa", 40)).await.unwrap();
    platform.stop().await;
    till.until_link(LinkState::Offline).await;
    let card = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    till.terminal.give(&card.fan, purchase(123_450)).await.unwrap();
    till.terminal.close_shift(count("Noa", 40)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_closed_offline_says_what_waits_and_is_delivered_later() {
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let report = closed_offline(&mut platform, &till).await;
    assert_eq!((report.waiting.operations, report.waiting.gives), (1, 2_469));
    assert_eq!(report.closed.as_ref().unwrap().delivery, DeliveryView::Owed);
    let none = till.terminal.close_shift(count("Noa", 1)).await.unwrap_err();
    assert_eq!(none.code, ErrorCode::ShiftNotOpen);

    let (name, pdf) = till.terminal.shift_file(&report.id, ShiftFormat::Pdf, words()).await.unwrap();
    assert!(name.starts_with("shift-2") && name.ends_with(".pdf"), "{name}");
    let read = lopdf::Document::load_mem(&pdf).unwrap();
    let text = read.extract_text(&[1]).unwrap();
    for said in
        ["Schichtbericht", "Eingelöst", "Punkte", "2’469", "1’234.50 CHF", "Grundsatz", "Etwas wartet noch."]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    let closed = report.closed.as_ref().unwrap();
    assert!(text.contains(&closed.code), "{text}");
    let close: String = text.split_whitespace().collect();
    assert!(close.contains(&closed.root), "the whole of it, over as many lines as it takes: {text}");

    let (_, csv) = till.terminal.shift_file(&report.id, ShiftFormat::Csv, words()).await.unwrap();
    let mut table = csv::Reader::from_reader(csv.as_slice());
    let head = table.headers().unwrap().clone();
    let at = |name: &str| head.iter().position(|one| one == name).unwrap();
    let rows: Vec<_> = table.records().map(Result::unwrap).collect();
    let sum = |section: &str| -> i64 {
        let rows = rows.iter().filter(|row| &row[0] == section);
        rows.map(|row| row[at("given")].parse::<i64>().unwrap()).sum()
    };
    assert_eq!((sum("total"), sum("person"), sum("rate")), (2_469, 2_469, 2_469));

    platform.start_again().await;
    till.terminal.send_now().await.unwrap();
    delivered(&till, &report.id, DeliveryView::Delivered).await;
    assert_eq!(platform.shift_reports().await[0]["staff_id"], "unnamed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_not_let_go_of_while_its_shift_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    till.terminal.open_shift(count("Noa", 40)).await.unwrap();
    assert_eq!(till.terminal.disconnect().await.unwrap_err().code, ErrorCode::ShiftStillOpen);
    let other = platform.club_shop(Environment::Production);
    assert_eq!(till.terminal.connect(other).await.unwrap_err().code, ErrorCode::ShiftStillOpen);
    till.terminal.connect(platform.club_shop(Environment::Development)).await.expect("the same account");
    till.terminal.close_shift(count("Noa", 40)).await.unwrap();
    till.terminal.disconnect().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_summed_between_rising_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let start = jiff_now();
    morning(&till).await;
    let ask = |bounds: Vec<i64>| till.terminal.figures(FiguresRequest { bounds });
    let figures = ask(vec![start - 3_600_000, start, start + 3_600_000]).await.unwrap();
    assert_eq!(figures.stretches[0].totals.given, 0);
    assert_eq!((figures.stretches[1].totals.given, figures.stretches[1].booked), (70, 5));
    assert!(figures.stretches[1].mean_wait.unwrap() <= figures.stretches[1].longest_wait.unwrap());
    assert_eq!((figures.rates[0].given, figures.rates[0].redeemed), (70, 700));
    for bad in [vec![], vec![2, 1], vec![1, 1], (0..2_000).collect()] {
        assert_eq!(ask(bad).await.unwrap_err().code, ErrorCode::MissingField);
    }
}

fn jiff_now() -> i64 {
    partner::system_clock().0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_and_a_name_are_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let till = Till::open(folder.path(), Arc::new(MemoryKeychain::default()));
    let code = async |count: ShiftCount| till.terminal.open_shift(count).await.unwrap_err().code;
    assert_eq!(code(count("  ", 1)).await, ErrorCode::MissingField);
    assert_eq!(code(count("Noa", -1)).await, ErrorCode::InvalidAmount);
    assert_eq!(code(count("Noa", 1)).await, ErrorCode::NotConnected);
    let many = vec![CountedView { title: "x".into(), number: 1 }; 21];
    let many = ShiftCount { name: Some("Noa".into()), counted: many };
    assert_eq!(code(many).await, ErrorCode::TooManyItems);
    let unknown = till.terminal.shift_report("nonsense").await.unwrap_err();
    assert_eq!(unknown.code, ErrorCode::UnknownOperation);
}
