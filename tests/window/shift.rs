//! A shift through the window: opened with a count, closed with a report whose sums are the platform's books.

use std::fs;

use crate::steps::{FAN, FAN_POINTS, balance_becomes, key_in, open_shop, show_code};
use crate::support::{Code, Shop, Stage, Till};

/// Names that are no western European ones have to be on the paper as they are.
const OPENED_BY: &str = "Žofia Łuć";
const CLOSED_BY: &str = "Γιώργος Їжак";

async fn count(till: &Till, name: &str, vouchers: &str) {
    till.type_into("shift-name", name).await;
    till.type_into("shift-thing-0", "Vouchers").await;
    till.type_into("shift-number-0", vouchers).await;
    till.press("shift-take").await;
}

/// Gives or redeems for an amount, once what it moves is on the screen.
async fn book(till: &Till, button: &str, amount: &str) {
    key_in(till, amount).await;
    till.has("quote-costs", "value", amount).await;
    till.press(button).await;
    till.has("success", "standing", "booked").await;
}

/// Saves the report and gives the bytes of the file.
async fn saved(till: &Till, button: &str, ending: &str) -> Vec<u8> {
    till.press(button).await;
    let path = crate::support::eventually(&format!("a file that ends in {ending}"), || async {
        till.data("shift-saved", "path").await.filter(|path| path.ends_with(ending))
    })
    .await;
    fs::read(path).expect("the file is there")
}

/// The number in a column of the table's row for the total.
fn total(csv: &str, column: &str) -> i64 {
    let mut rows = csv.split("\r\n").map(|row| row.split(',').collect::<Vec<_>>());
    let head = rows.next().expect("a head");
    let at = head.iter().position(|name| *name == column).expect("the column is there");
    let row = rows.find(|row| row.first() == Some(&"total")).expect("a row for the total");
    row[at].parse().expect("a number")
}

/// Of these texts those that take a letter from another font than the app's own: they are wider or narrower with another
/// one behind it.
async fn in_other_fonts(till: &Till, texts: &[&str]) -> Vec<String> {
    let script = "const [texts, done] = arguments;
        const own = getComputedStyle(document.body).fontFamily.split(',')[0];
        const pen = document.createElement('canvas').getContext('2d');
        const width = (text, other) => { pen.font = `600 40px ${own}, ${other}`; return pen.measureText(text).width; };
        Promise.all(texts.map((text) => document.fonts.load(`600 40px ${own}`, text)))
            .then(() => done(texts.filter((text) => width(text, 'serif') !== width(text, 'monospace'))))";
    let told = till.client().execute_async(script, vec![texts.into()]).await.expect("the page answers");
    serde_json::from_value(told).expect("a list of texts")
}

#[tokio::test]
async fn a_shift_is_closed_with_the_sums_of_the_platforms_books() {
    let stage = Stage::new("shift");
    let (platform, mut till) = open_shop(&stage).await;
    till.press("nav-shift").await;
    till.press("shift-open").await;
    count(&till, OPENED_BY, "40").await;
    till.has("shift", "open", "true").await;
    till.shot("open").await;

    till.press("nav-counter").await;
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    book(&till, "give", "2500").await;
    till.press("undo").await;
    till.has("success", "kind", "undo").await;
    till.press("same-fan").await;
    book(&till, "give", "10000").await;
    till.press("same-fan").await;
    book(&till, "redeem", "700").await;
    balance_becomes(&platform, FAN, FAN_POINTS + 200 - 700).await;

    till.press("nav-shift").await;
    till.has("shift-given", "value", "250").await;
    till.has("shift-waits", "value", "0").await;
    till.press("shift-close").await;
    till.find("shift-number-0").await.clear().await.expect("the field can be cleared");
    till.find("shift-name").await.clear().await.expect("the field can be cleared");
    till.type_into("shift-name", CLOSED_BY).await;
    till.type_into("shift-number-0", "38").await;
    till.press("shift-take").await;
    till.find("shift-report").await;

    let booked: i64 = platform.transactions(Shop::ClubShop, FAN).await.iter().map(|(_, points)| points).sum();
    let value = async |testid: &str| till.number(testid, "value").await;
    assert_eq!(
        value("shift-given").await - value("shift-redeemed").await + value("shift-undone").await,
        booked
    );
    assert_eq!((value("shift-given").await, value("shift-redeemed").await), (250, 700));
    assert_eq!(platform.balance(FAN).await, FAN_POINTS + booked);
    till.has("shift-holds", "value", "true").await;
    till.has("shift-delivery", "state", "delivered").await;
    till.shot("report").await;
    assert_eq!(in_other_fonts(&till, &[OPENED_BY, CLOSED_BY, "Bjørn Đặng"]).await, Vec::<String>::new());

    let code = till.text("shift-code").await;
    let pdf = saved(&till, "shift-pdf", ".pdf").await;
    stage.file("report.pdf", &pdf);
    let paper = lopdf::Document::load_mem(&pdf).expect("a PDF").extract_text(&[1]).expect("a page of text");
    for said in [code.as_str(), OPENED_BY, CLOSED_BY] {
        assert!(paper.contains(said), "{said} is not on the paper: {paper}");
    }
    let csv = String::from_utf8(saved(&till, "shift-csv", ".csv").await).expect("text");
    assert_eq!(total(&csv, "given") - total(&csv, "redeemed") + total(&csv, "undone"), booked);
    let kept = "query($partner: String!) { get_shift_reports(partner_id: $partner) { result { document } } }";
    let kept = platform
        .ask(Some(Shop::ClubShop.id()), kept, serde_json::json!({ "partner": Shop::ClubShop.id() }))
        .await;
    let document = kept.pointer("/get_shift_reports/result/0/document").and_then(|text| text.as_str());
    assert!(document.expect("the platform keeps the report").contains(&code));

    till.press("nav-figures").await;
    till.has("chart-points", "drawn", "true").await;
    till.shot("figures").await;
    till.close().await;
}
