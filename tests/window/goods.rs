//! What a fan holds beside an own code, scanned like a fan: a voucher made at the till and redeemed there, online and
//! offline; a product; a discount code.

use serde_json::json;

use crate::steps::{FAN, FAN_POINTS, balance_becomes, key_in, open_shop, told};
use crate::support::{Platform, Shop, Stage, Till};

async fn scan(till: &Till, text: &str) {
    till.type_into("code-input", text).await;
    till.press("code-submit").await;
}

async fn shop(platform: &Platform, mutation: &str) {
    platform.ask(Some(Shop::ClubShop.id()), mutation, json!({})).await;
}

#[tokio::test]
async fn a_voucher_is_made_for_a_fan_without_a_phone_and_redeemed_later() {
    let stage = Stage::new("voucher");
    let (mut platform, mut till) = open_shop(&stage).await;
    key_in(&till, "2500").await;
    till.has("quote-earns", "value", "50").await;
    till.press("voucher-open").await;
    till.press("voucher-make").await;
    till.has("voucher-points", "value", "50").await;
    till.shot("voucher").await;
    let code = till.find("voucher-code").await;
    let voucher = code.attr("data-voucher").await.expect("the window answers").expect("its id");
    till.press("voucher-close").await;

    // Without the platform nobody can tell what it is worth: nothing happens, and it stays good.
    platform.stop();
    till.has("strip", "state", "offline").await;
    scan(&till, &voucher).await;
    till.has("goods", "state", "offline").await;
    till.shot("offline").await;
    platform.start_again().await;
    till.has("strip", "state", "online").await;
    till.press("goods-again").await;
    till.has("goods", "state", "open").await;
    till.has("goods-points", "value", "50").await;
    scan(&till, FAN).await;
    till.find("fan-card").await;
    till.press("goods-act").await;
    till.has("goods", "state", "done").await;
    till.shot("redeemed").await;
    balance_becomes(&platform, FAN, FAN_POINTS + 50).await;
    till.press("goods-next").await;
    scan(&till, &voucher).await;
    till.has("goods", "state", "used").await;
    till.close().await;
}

/// Two pieces of a sale, and two discount codes of the fan.
const GOODS: &str =
    "mutation { a: register_bought_product(partner_id: \"club-shop\", user_id: \"008407119295\",
    group_id: \"order-7\", pieces: 2, reward_id: \"shirt\", title: \"Home shirt\", description: \"Size M\",
    product_category: product) { result { nr } }
  b: issue_discount_code(partner_id: \"club-shop\", user_id: \"008407119295\",
    discount_code: \"SPRING\", rate_label: \"merchandise\") { result { used } }
  c: issue_discount_code(partner_id: \"club-shop\", user_id: \"008407119295\",
    discount_code: \"AUTUMN\", rate_label: \"merchandise\") { result { used } } }";
const PIECE: &str = "https://fanpoints.app/product?group_id=order-7";

#[tokio::test]
async fn a_product_is_handed_over_and_a_discount_code_changes_the_rate() {
    let stage = Stage::new("goods");
    let (mut platform, mut till) = open_shop(&stage).await;
    shop(&platform, GOODS).await;
    scan(&till, &format!("{PIECE}&nr=1")).await;
    till.has("goods", "kind", "product").await;
    till.shot("product").await;
    till.press("goods-act").await;
    till.has("goods", "state", "done").await;
    till.press("goods-next").await;

    scan(&till, FAN).await;
    till.find("fan-card").await;
    key_in(&till, "2000").await;
    till.has("quote-earns", "value", "40").await;
    scan(&till, "SPRING").await;
    till.has("goods", "kind", "discount").await;
    till.press("goods-act").await;
    till.has("discount", "code", "SPRING").await;
    till.has("quote-earns", "value", "100").await;
    till.press("give").await;
    till.has("success", "standing", "booked").await;
    balance_becomes(&platform, FAN, FAN_POINTS + 100).await;
    till.press("same-fan").await;

    // A code that is with the purchase already, when the network goes: it is not used, and nothing is given at its rate.
    key_in(&till, "3000").await;
    scan(&till, "AUTUMN").await;
    till.press("goods-act").await;
    till.has("quote-earns", "value", "150").await;
    platform.stop();
    till.has("strip", "state", "offline").await;
    till.press("give").await;
    told(&till, "goodsOffline").await;
    till.shot("discount-offline").await;
    // Without it the purchase goes on.
    till.press("discount-remove").await;
    till.has("quote-earns", "value", "60").await;
    till.press("give").await;
    till.has("success", "standing", "waiting").await;
    till.press("same-fan").await;
    // What nobody can tell the worth of is not used, and stays to be asked about.
    for (code, kind) in [
        ("https://fanpoints.app/discount?discount_code=AUTUMN", "discount"),
        (&format!("{PIECE}&nr=2"), "product"),
    ] {
        scan(&till, code).await;
        till.has("goods", "kind", kind).await;
        till.has("goods", "state", "offline").await;
        assert!(!till.shows("goods-act").await, "a {kind} can be used offline");
    }
    till.shot("product-offline").await;

    platform.start_again().await;
    till.has("strip", "state", "online").await;
    till.press("goods-again").await;
    till.has("goods", "state", "open").await;
    till.press("goods-act").await;
    till.has("goods", "state", "done").await;
    till.press("goods-next").await;
    scan(&till, "AUTUMN").await;
    till.has("goods", "state", "open").await;
    balance_becomes(&platform, FAN, FAN_POINTS + 100 + 60).await;
    till.close().await;
}
