//! Vouchers, discount codes and products to hand over.

use partner::view::{GoodsDone, GoodsRef, GoodsView, ItemInput, Receipt, VoucherOfferView, VoucherView};

use super::{Answer, App};

/// Asks the platform again how something that was shown stands.
#[tauri::command]
#[specta::specta]
pub async fn look_up_goods(app: App<'_>, goods: GoodsRef) -> Answer<GoodsView> {
    app.look_up(goods).await
}

/// Redeems a voucher for the fan, or hands a product over.
#[tauri::command]
#[specta::specta]
pub async fn use_goods(app: App<'_>, goods: GoodsRef, fan: Option<String>) -> Answer<GoodsDone> {
    app.use_goods(goods, fan).await
}

/// Uses a fan's discount code and gives points for the purchase at its rate.
#[tauri::command]
#[specta::specta]
pub async fn give_discounted(
    app: App<'_>,
    fan: String,
    items: Vec<ItemInput>,
    code: String,
) -> Answer<Receipt> {
    app.give_discounted(&fan, items, code).await
}

/// The points that may be put on vouchers.
#[tauri::command]
#[specta::specta]
pub async fn voucher_offers(app: App<'_>) -> Answer<Vec<VoucherOfferView>> {
    app.voucher_offers().await
}

/// Makes a voucher for a fan without a phone.
#[tauri::command]
#[specta::specta]
pub async fn make_voucher(app: App<'_>, reward_id: String, amount: u32) -> Answer<VoucherView> {
    app.make_voucher(reward_id, amount).await
}
