//! What a manager looks back at: a refusal into the inbox and out of it, and an export that is read again.

use std::path::Path;

use fantoccini::key::Key;
use ledger::Timestamp;
use outbox::{DatabaseKey, Foreign, OperationKind, Store, StoreError};

use crate::steps::{FAN, FAN_POINTS, balance_becomes, key_in, open_shop, show_code};
use crate::support::{Code, Shop, Stage, Till, device_id, eventually, secret};

/// What a second till redeems without a network, of points that are spent meanwhile.
const OFFLINE: i64 = 1_700;
const ONLINE: i64 = 3_000;

#[tokio::test]
async fn a_double_redemption_goes_through_the_inbox_and_the_export_adds_up() {
    let stage = Stage::new("review");
    let (mut platform, mut first) = open_shop(&stage).await;
    let pairing = platform.pairing(Shop::ClubShop);
    let mut second = Till::named(&stage, "second").paired(pairing).open().await;
    second.has("strip", "state", "online").await;
    show_code(&stage, &platform, &second, FAN, Code::Live).await;
    second.has("fan-balance", "value", &FAN_POINTS.to_string()).await;
    first.close().await;
    platform.stop();
    second.has("strip", "state", "offline").await;
    key_in(&second, &OFFLINE.to_string()).await;
    second.press("redeem").await;
    second.has("success", "standing", "waiting").await;
    second.close().await;

    platform.start_again().await;
    first.open().await;
    first.has("strip", "state", "online").await;
    show_code(&stage, &platform, &first, FAN, Code::Live).await;
    key_in(&first, &ONLINE.to_string()).await;
    first.press("redeem").await;
    first.has("success", "standing", "booked").await;
    balance_becomes(&platform, FAN, FAN_POINTS - ONLINE).await;

    second.open().await;
    second.has("nav-cases", "count", "1").await;
    second.press("nav-review").await;
    second.find("review").await;
    second.press("review-tab-inbox").await;
    second.has("case", "cost", &OFFLINE.to_string()).await;
    second.has("case", "code", "tooFewPoints").await;
    second.shot("inbox").await;
    second.press("case-void").await;
    second.type_into("decide-note", "goods came back").await;
    second.press("decide-go").await;
    second.find("inbox-empty").await;
    second.gone("nav-cases").await;
    decided(&platform, "void").await;
    assert_eq!(platform.balance(FAN).await, FAN_POINTS - ONLINE, "what was void costs the fan nothing");

    second.press("review-tab-list").await;
    // The first till's redemption is listed beside the own one, as the platform tells it.
    second.has("review-rows", "count", "2").await;
    second.press("operation-row").await;
    second.find("review-request-id").await;
    second.shot("list").await;
    let rows = exported(&mut second, "csv").await;
    let sum: i64 = rows.iter().map(|row| row.parse::<i64>().unwrap()).sum();
    assert_eq!((rows.len(), sum), (2, -OFFLINE - ONLINE));
    second.close().await;
    first.close().await;
}

#[tokio::test]
async fn differences_to_the_platforms_books_are_settled_one_by_one_and_in_bulk() {
    let stage = Stage::new("reconcile");
    let (platform, mut first) = open_shop(&stage).await;
    show_code(&stage, &platform, &first, FAN, Code::Live).await;
    for amount in ["2500", "5000", "7500"] {
        key_in(&first, amount).await;
        first.press("give").await;
        first.has("success", "standing", "booked").await;
        first.press("same-fan").await;
    }
    first.close().await;

    let mut second = Till::named(&stage, "second").paired(platform.pairing(Shop::ClubShop)).open().await;
    second.has("strip", "state", "online").await;
    second.press("nav-review").await;
    second.press("review-tab-reconcile").await;
    second.press("reconcile-go").await;
    second.has("reconcile-group-missing", "count", "3").await;
    second.has("reconcile-row", "verdict", "missingHere").await;
    second.shot("missing").await;
    second.press("reconcile-pick").await;
    settle(&second, "the other till's").await;
    second.has("reconcile-group-missing", "count", "2").await;
    second.press("reconcile-pick-all").await;
    settle(&second, "so are these").await;
    second.has("reconcile-group-settled", "count", "3").await;
    second.has("reconcile-row", "settled", "true").await;
    second.shot("settled").await;
    second.close().await;
}

/// So many rows that nobody scrolls further.
const ROWS: u64 = 100_000;
/// More than what is in sight and a little around it.
const DRAWN: usize = 60;

/// Fills the database of a closed till with what other devices did, one a second, through its own store.
async fn fill(till: &Till) {
    let folder = till.data_folder();
    let key = secret(&format!("database-key {}", device_id(folder)));
    let key = DatabaseKey::from_bytes(key.try_into().expect("a key of 32 bytes"));
    // The last thread of an app that has ended may hold the file for a moment longer.
    let store = eventually("the app has let go of its database", || async {
        match Store::open(&folder.join("partner.db"), &key) {
            Err(StoreError::InUse) => None,
            opened => Some(opened.expect("the database opens")),
        }
    })
    .await;
    let foreign = |n: u64| Foreign {
        id: format!("{n:08x}-0000-7000-8000-000000000000"),
        kind: OperationKind::Give,
        of: OperationKind::Give,
        user_id: None,
        at: Timestamp(1_790_000_000_000 + 1_000 * i64::try_from(n).unwrap()),
        fan_points: 50,
        status_points: 0,
        price: Some(1_000),
        lines: vec![(format!("Article {}", n % 40), None)],
        origin: None,
    };
    assert_eq!(store.note_foreign((0..ROWS).map(foreign).collect()).unwrap(), 100_000);
}

/// What is drawn of the list: how many rows, how many of them still blank, and whether they cover what is in sight.
async fn drawn(till: &Till) -> (usize, usize, bool) {
    const LOOK: &str = "
        const grid = document.querySelector('[data-testid=\"review-rows\"]');
        const rows = [...grid.querySelectorAll('[data-index]')].map((row) => row.getBoundingClientRect());
        const box = grid.getBoundingClientRect();
        const within = (y) => rows.some((row) => row.top <= y && row.bottom >= y);
        const covered = [1, box.height / 2, box.height - 20].every((y) => within(box.top + y));
        return [rows.length, grid.querySelectorAll('[data-testid=\"review-blank\"]').length, covered];";
    let told = till.client().execute(LOOK, vec![]).await.expect("the page answers");
    let count = |n: usize| usize::try_from(told[n].as_u64().unwrap()).unwrap();
    (count(0), count(1), told[2] == true)
}

/// Waits until every row in sight is there.
async fn settled(till: &Till) {
    till.until("no blank row", || async {
        let (rows, blank, covered) = drawn(till).await;
        assert!(rows <= DRAWN, "{rows} rows are drawn");
        (blank == 0 && covered).then_some(())
    })
    .await;
}

/// The number and the id of the row that has the focus; none while a part of it is out of sight.
async fn at(till: &Till) -> (u64, String) {
    const LOOK: &str = "
        const { index, id } = document.activeElement.dataset;
        const row = document.activeElement.getBoundingClientRect();
        const whole = row.top >= 0 && row.bottom <= innerHeight;
        return whole ? [Number(index ?? -1), id ?? ''] : [-1, ''];";
    let told = till.client().execute(LOOK, vec![]).await.expect("the page answers");
    (told[0].as_u64().unwrap_or(u64::MAX), told[1].as_str().unwrap_or_default().to_owned())
}

/// Presses a key in the list and waits until the focus is on this row, and all in sight is there.
async fn key_to(till: &Till, key: Key, row: u64) {
    let focused = till.client().active_element().await.expect("a row has the focus");
    focused.send_keys(&char::from(key).to_string()).await.expect("the row hears keys");
    let id = format!("{:08x}", ROWS - 1 - row);
    till.until(&format!("the focus on row {row}"), || async {
        let (index, told) = at(till).await;
        (index == row && told.starts_with(&id)).then_some(())
    })
    .await;
    settled(till).await;
}

#[tokio::test]
async fn a_hundred_thousand_rows_scroll_with_few_of_them_drawn() {
    let stage = Stage::new("long-review");
    let (_platform, mut till) = open_shop(&stage).await;
    till.close().await;
    fill(&till).await;
    till.open().await;
    till.press("nav-review").await;
    till.press("review-days-0").await;
    till.has("review-rows", "count", &ROWS.to_string()).await;
    settled(&till).await;
    till.focus("operation-row").await;
    key_to(&till, Key::Down, 1).await;
    key_to(&till, Key::End, ROWS - 1).await;
    till.shot("last").await;
    key_to(&till, Key::Up, ROWS - 2).await;
    key_to(&till, Key::Enter, ROWS - 2).await;
    till.find("operation-detail").await;
    till.shot("detail").await;
    key_to(&till, Key::Home, 0).await;

    // As a hand at the wheel would: to places that nobody has looked at yet.
    for part in 1..=20 {
        let to = "const grid = document.querySelector('[data-testid=\"review-rows\"]');
            grid.scrollTop = grid.scrollHeight * arguments[0] / 20;";
        till.client().execute(to, vec![part.into()]).await.expect("the list scrolls");
        settled(&till).await;
    }
    till.close().await;
}

async fn settle(till: &Till, note: &str) {
    till.press("reconcile-settle").await;
    till.type_into("settle-note", note).await;
    till.press("settle-go").await;
    till.gone("settle").await;
}

/// The points of every row of a file that was exported.
async fn exported(till: &mut Till, form: &str) -> Vec<String> {
    till.press("review-export").await;
    till.press(&format!("export-{form}")).await;
    let done = till.find("export-done").await;
    let path = done.attr("data-path").await.unwrap().expect("the path of the file");
    till.shot("export").await;
    till.press("export-close").await;
    let text = std::fs::read_to_string(Path::new(&path)).expect("the file is there");
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let columns: Vec<&str> = lines.next().expect("the names of the columns").split(',').collect();
    let at = columns.iter().position(|name| *name == "fan_points").expect("a column of points");
    lines.map(|line| line.split(',').nth(at).unwrap_or_default().to_owned()).collect()
}

/// Waits until the platform knows what was decided.
async fn decided(platform: &crate::support::Platform, outcome: &str) {
    let query = "query($partner: String!) {
        get_review_decisions(partner_id: $partner) { result { outcome points } } }";
    eventually("the platform hears of the decision", || async {
        let variables = serde_json::json!({ "partner": Shop::ClubShop.id() });
        let answer = platform.ask(Some(Shop::ClubShop.id()), query, variables).await;
        let known = answer.pointer("/get_review_decisions/result/0")?.clone();
        (known["outcome"] == outcome && known["points"] == OFFLINE).then_some(())
    })
    .await;
}
