//! What makes the counter quick: a split, quantities, the question before the same is done twice, a receipt; and
//! every wrong amount with its own word.

use serde_json::json;

use crate::people::choose_person;
use crate::steps::{FAN, FAN_POINTS, balance_becomes, key_in, open_shop, show_code, told};
use crate::support::{Code, Shop, Stage, Till};

const PIN: &str = "135790";
const KIMS: &str = "246802";
const NOAS: &str = "975313";

#[tokio::test]
async fn a_purchase_is_split_between_points_and_money_and_undone_as_one() {
    let stage = Stage::new("split");
    let (platform, mut till) = open_shop(&stage).await;
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    till.has("fan-balance", "value", &FAN_POINTS.to_string()).await;
    key_in(&till, "2000").await;
    till.has("quote-earns", "value", "40").await;
    till.press("split-open").await;
    till.has("split", "points", "1000").await;
    till.has("split-earns", "value", "20").await;
    till.shot("split").await;
    till.press("pay-split").await;
    till.has("success", "standing", "booked").await;
    till.has("success-also", "points", "20").await;
    balance_becomes(&platform, FAN, FAN_POINTS - 1000 + 20).await;
    till.press("receipt-open").await;
    till.find("receipt-code").await;
    till.shot("receipt").await;
    till.press("receipt-close").await;
    till.press("undo").await;
    till.has("success", "kind", "undo").await;
    balance_becomes(&platform, FAN, FAN_POINTS).await;
    assert_eq!(platform.transactions(Shop::ClubShop, FAN).await.len(), 4);
    till.close().await;
}

#[tokio::test]
async fn the_same_again_is_asked_for_and_quantities_count() {
    let stage = Stage::new("repeat");
    let (platform, mut till) = open_shop(&stage).await;
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    // The card takes its place before anything is typed below it.
    till.has("fan-balance", "value", &FAN_POINTS.to_string()).await;
    for again in [false, true] {
        key_in(&till, "1000").await;
        till.press("give").await;
        if again {
            till.find("repeat").await;
            assert!(!till.shows("success").await);
            till.shot("again").await;
            till.press("repeat-yes").await;
        }
        till.find("success").await;
        till.press("same-fan").await;
    }
    balance_becomes(&platform, FAN, FAN_POINTS + 40).await;

    till.press("tab-items").await;
    till.type_into("item-title", "Scarf").await;
    till.type_into("item-price", "2500").await;
    till.press("item-more").await;
    till.press("item-more").await;
    till.has("items-total", "value", "7500").await;
    till.has("quote-earns", "value", "150").await;
    till.press("give").await;
    till.find("success").await;
    balance_becomes(&platform, FAN, FAN_POINTS + 40 + 150).await;
    till.close().await;
}

#[tokio::test]
async fn every_wrong_amount_says_what_is_wrong_and_changes_nothing() {
    let stage = Stage::new("amounts");
    let (platform, mut till) = open_shop(&stage).await;
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    till.has("fan-balance", "value", &FAN_POINTS.to_string()).await;
    key_in(&till, "00").await;
    for button in ["give", "redeem"] {
        let button = till.find(button).await;
        assert_eq!(button.attr("aria-disabled").await.unwrap().as_deref(), Some("true"), "nothing is sold");
    }
    key_in(&till, "2500").await;
    let paste = "
        const field = document.querySelector('[data-testid=amount]');
        const carried = new DataTransfer();
        carried.setData('text/plain', arguments[0]);
        field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: carried, bubbles: true, cancelable: true }));";
    for wrong in ["-5", "1.234567", "99999999999", "two francs", "1,2,3"] {
        till.client().execute(paste, vec![wrong.into()]).await.expect("the window takes a paste");
        till.find("amount-problem").await;
        till.has("amount", "value", "2500").await;
    }
    till.shot("amount").await;
    till.client().execute(paste, vec!["1'234,50".into()]).await.expect("the window takes a paste");
    till.has("amount", "value", "123450").await;
    till.gone("amount-problem").await;

    // In a list, too; and nothing of it can be confirmed.
    till.press("tab-items").await;
    till.find("item-price").await;
    let paste = paste.replace("data-testid=amount", "data-testid=item-price");
    till.client().execute(&paste, vec!["-5".into()]).await.expect("the window takes a paste");
    till.find("amount-problem").await;
    till.has("item-price", "value", "0").await;
    till.shot("item").await;
    till.client().execute(&paste, vec!["25".into()]).await.expect("the window takes a paste");
    till.has("item-price", "value", "2500").await;
    till.gone("amount-problem").await;
    till.close().await;
}

#[tokio::test]
async fn a_receipt_goes_to_the_printer_and_the_counter_goes_on() {
    let stage = Stage::new("print");
    let (platform, mut till) = open_shop(&stage).await;
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    till.has("fan-balance", "value", &FAN_POINTS.to_string()).await;
    key_in(&till, "2000").await;
    till.press("give").await;
    till.has("success", "standing", "booked").await;
    till.press("receipt-open").await;
    till.find("receipt-code").await;
    // The system's own sheet for printing belongs to nobody here: what matters is that it is asked for, and that
    // the window answers afterwards.
    let count = "window.printed = 0; const own = window.print.bind(window);
        window.print = () => { window.printed += 1; own(); };";
    till.client().execute(count, vec![]).await.expect("the window takes a script");
    till.press("receipt-print").await;
    let printed = till.client().execute("return window.printed", vec![]).await.expect("the window answers");
    assert_eq!(printed, serde_json::json!(1));
    till.press("receipt-close").await;
    till.press("next-fan").await;
    till.gone("success").await;
    till.close().await;
}

#[tokio::test]
async fn what_is_sold_often_takes_one_tap() {
    let stage = Stage::new("quick");
    let (platform, mut till) = open_shop(&stage).await;
    till.press("tab-items").await;
    till.press("quick-edit").await;
    till.press("quick-add").await;
    till.type_into("quick-title", "Scarf").await;
    till.type_into("quick-price", "2500").await;
    till.shot("editing").await;
    till.press("quick-save").await;
    till.gone("quick-sheet").await;
    till.press("quick-0").await;
    till.press("quick-0").await;
    till.has("items-total", "value", "5000").await;
    till.has("quote-earns", "value", "100").await;
    // The amount was first: the fan is scanned into it.
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    till.has("fan-balance", "value", &FAN_POINTS.to_string()).await;
    till.has("items-total", "value", "5000").await;
    till.shot("list").await;
    till.press("give").await;
    till.has("success", "standing", "booked").await;
    balance_becomes(&platform, FAN, FAN_POINTS + 100).await;
    till.close().await;
    till.open().await;
    till.press("tab-items").await;
    till.find("quick-0").await;
    till.close().await;
}

#[tokio::test]
async fn what_another_person_did_or_a_manager_reverses_takes_the_managers_pin() {
    let stage = Stage::new("late-undo");
    let (mut platform, mut till) = open_shop(&stage).await;
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    till.has("fan-balance", "value", &FAN_POINTS.to_string()).await;
    for amount in ["700", "900"] {
        key_in(&till, amount).await;
        till.press("redeem").await;
        till.has("success", "standing", "booked").await;
        till.press("same-fan").await;
    }
    asked(&till, "set_manager_pin", json!({ "pin": PIN, "old": null })).await;

    // From the review, with a reason.
    till.press("nav-review").await;
    till.press("operation-row").await;
    till.press("reverse").await;
    till.type_into("reverse-reason", "another size").await;
    till.press("reverse-go").await;
    answer_pin(&till, "111222").await;
    told(&till, "pinWrong").await;
    answer_pin(&till, PIN).await;
    till.gone("pin").await;
    till.gone("reverse-reason").await;
    balance_becomes(&platform, FAN, FAN_POINTS - 700).await;
    till.shot("reversed").await;

    // At the counter, by somebody who did not do it and may not undo what others did; offline, too.
    let person = |name, role, pin| json!({ "person": { "name": name, "role": role, "oidcSubject": null, "firstPin": pin }, "pin": PIN });
    asked(&till, "add_person", person("Kim", "manager", Some(KIMS))).await;
    asked(&till, "add_person", person("Noa", "staff", None)).await;
    till.press("person-at-work").await;
    till.press("sign-in-other").await;
    choose_person(&till, "Noa").await;
    till.type_into("first-pin-new", NOAS).await;
    till.type_into("first-pin-again", NOAS).await;
    till.type_into("first-pin-proof", KIMS).await;
    till.press("first-pin-submit").await;
    till.has("person-at-work", "name", "Noa").await;
    till.press("nav-counter").await;
    till.find("counter").await;
    platform.stop();
    till.has("strip", "state", "offline").await;
    till.press("operation-undo").await;
    till.find("pin").await;
    till.shot("asks").await;
    answer_pin(&till, PIN).await;
    till.has("success", "kind", "undo").await;
    till.has("success", "standing", "waiting").await;
    till.shot("undone").await;
    platform.start_again().await;
    till.press("send-now").await;
    balance_becomes(&platform, FAN, FAN_POINTS).await;
    till.close().await;
}

async fn answer_pin(till: &Till, pin: &str) {
    till.type_into("pin-input", pin).await;
    till.press("pin-submit").await;
}

async fn asked(till: &Till, command: &str, arguments: serde_json::Value) {
    till.call(command, arguments).await.unwrap_or_else(|code| panic!("{command}: {code}"));
}
