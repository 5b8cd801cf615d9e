//! Vouchers, discount codes and bought products.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object, Result, SimpleObject, Union};
use ledger::FanPoints;

use super::dates;
use super::fan_points::named;
use super::inputs::{self, Currency};
use super::refusals::{
    GeneratePartnerFanPointsVoucherErrors, GetBoughtProductsErrors, GetDiscountCodeErrors,
    MarkProductAsDeliveredErrors, RedeemFanPointsVoucherErrors, UseDiscountCodeErrors,
};
use super::types::{Address, Partner, monetary_value};
use crate::auth::access::Caller;
use crate::store::catalogue::Owner;
use crate::store::goods::{self, Sale, SaleSelection, Voucher, VoucherUse};

#[derive(SimpleObject)]
pub struct GetPossiblePartnerFanPointsVouchersResult {
    result: Vec<FanPointsVoucher>,
}

#[derive(SimpleObject)]
pub struct GeneratePartnerFanPointsVoucherResult {
    errors: Option<GeneratePartnerFanPointsVoucherErrors>,
    result: Option<FanPointsVoucher>,
}

#[derive(SimpleObject)]
pub struct RedeemFanPointsVoucherResult {
    errors: Option<RedeemFanPointsVoucherErrors>,
}

#[derive(SimpleObject)]
pub struct GetDiscountCodeResult {
    errors: Option<GetDiscountCodeErrors>,
    result: Option<DiscountCode>,
}

#[derive(SimpleObject)]
pub struct UseDiscountCodeResult {
    errors: Option<UseDiscountCodeErrors>,
}

#[derive(SimpleObject)]
pub struct GetBoughtProductsResult {
    errors: Option<GetBoughtProductsErrors>,
    result: Option<Vec<RewardTransaction>>,
}

#[derive(SimpleObject)]
pub struct MarkProductAsDeliveredResult {
    errors: Option<MarkProductAsDeliveredErrors>,
}

/// Points on paper: given to whoever redeems the voucher.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct FanPointsVoucher {
    currency: Currency,
    num_fan_points: i64,
    partner_id: String,
    price: f64,
    reward_id: String,
    voucher_id: Option<String>,
}

#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct DiscountCode {
    discount_code: String,
    partner_id: String,
    rate_label: Option<String>,
    used: bool,
    user_id: String,
}

impl DiscountCode {
    /// A code that was just issued.
    pub fn new(
        discount_code: String,
        partner_id: String,
        rate_label: Option<String>,
        user: fanpass::FanPointsId,
    ) -> Self {
        Self { discount_code, partner_id, rate_label, used: false, user_id: user.to_string() }
    }
}

#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum DeliveryStatus {
    Delivered,
    NotDelivered,
}

#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum ProductCategory {
    Experience,
    Memorabilia,
    Product,
}

impl ProductCategory {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Experience => "experience",
            Self::Memorabilia => "memorabilia",
            Self::Product => "product",
        }
    }

    fn of(name: &str) -> Self {
        match name {
            "experience" => Self::Experience,
            "memorabilia" => Self::Memorabilia,
            _ => Self::Product,
        }
    }
}

/// What happened to a reward. This server sells products; the other kinds are those of the public API.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum TransactionType {
    Achievement,
    BiddingWin,
    CardLevelPurchase,
    CardProgressLootbox,
    CardTrade,
    CouponClaim,
    CouponRedemption,
    DailyDraw,
    DailyLootbox,
    DefaultSkinDistribution,
    FanPointsCollection,
    FanPointsDistribution,
    GeneralClaim,
    IssueEndSeasonLootbox,
    IssueInSeasonReward,
    IssuePartnerReward,
    LootboxReveal,
    LootboxReward,
    LotteryWin,
    PointsGift,
    RevokeReservation,
    ShopPurchase,
    UndoTransaction,
}

#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct TransactionDetails {
    delivery_address: Option<Address>,
    delivery_name: Option<String>,
    transaction_type: TransactionType,
}

#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct FanPointsReward {
    amount: i64,
    reward_id: String,
    reward_type: String,
}

#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct StatusPointsReward {
    amount: i64,
    reward_id: String,
    reward_type: String,
}

#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct Lootbox {
    opened: bool,
    reward_id: String,
    reward_type: String,
}

#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct LotteryTicket {
    amount: i64,
    creation_date: String,
    delivery_date: Option<String>,
    delivery_status: DeliveryStatus,
    description: String,
    external_product_id: Option<String>,
    image_ids: Vec<String>,
    image_urls: Vec<String>,
    lottery_distribution_policy_id: String,
    lottery_product_reward_id: String,
    partner: Arc<Partner>,
    partner_id: String,
    product_category: ProductCategory,
    reward_id: String,
    reward_type: String,
    title: String,
}

#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct Product {
    amount: i64,
    creation_date: String,
    delivery_date: Option<String>,
    delivery_status: DeliveryStatus,
    description: String,
    external_product_id: Option<String>,
    image_ids: Vec<String>,
    image_urls: Vec<String>,
    partner: Arc<Partner>,
    partner_id: String,
    product_category: ProductCategory,
    reward_id: String,
    reward_type: String,
    title: String,
}

/// The public API's kinds of rewards; partners hand over products.
#[derive(Union)]
#[allow(dead_code, reason = "kinds that this server does not sell belong to the public API all the same")]
pub enum Reward {
    FanPointsReward(FanPointsReward),
    FanPointsVoucher(FanPointsVoucher),
    Lootbox(Lootbox),
    LotteryTicket(Box<LotteryTicket>),
    Product(Box<Product>),
    StatusPointsReward(StatusPointsReward),
}

/// One piece that a fan bought.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct RewardTransaction {
    can_be_undone: bool,
    claimed_date: Option<String>,
    details: TransactionDetails,
    group_id: String,
    group_size: i64,
    has_been_undone: bool,
    nr: i64,
    old_owner_id: String,
    only_reserved: bool,
    owner_id: String,
    reservation_date: Option<String>,
    reward: Reward,
    transaction_date: String,
}

#[derive(Default)]
pub struct GoodsQueries;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl GoodsQueries {
    /// The vouchers that the partner may make.
    async fn get_possible_partner_fan_points_vouchers(
        &self,
        context: &Context<'_>,
        partner_id: String,
    ) -> Result<GetPossiblePartnerFanPointsVouchersResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?;
        let (no, currency) = (partner.no, caller.first_partnership(partner)?.program.currency);
        let offers = caller.read(move |connection| goods::voucher_offers(connection, no)).await?;
        let tell = |offer| told(offer, &partner_id, currency);
        Ok(GetPossiblePartnerFanPointsVouchersResult { result: offers.into_iter().map(tell).collect() })
    }

    /// A discount code of the partner.
    async fn get_discount_code(
        &self,
        context: &Context<'_>,
        discount_code: String,
        partner_id: String,
    ) -> Result<GetDiscountCodeResult> {
        let caller = Caller::of(context)?;
        let no = caller.own_partner(&partner_id)?.no;
        let found =
            caller.read(move |connection| goods::discount_code(connection, no, &discount_code)).await?;
        let Some(code) = found else {
            let errors = GetDiscountCodeErrors::of("unknown_discount_code_error");
            return Ok(GetDiscountCodeResult { errors, result: None });
        };
        let result = DiscountCode {
            discount_code: code.discount_code,
            partner_id,
            rate_label: code.rate_label,
            used: code.used,
            user_id: code.user.to_string(),
        };
        Ok(GetDiscountCodeResult { errors: None, result: Some(result) })
    }

    /// What fans bought and the partner hands over, newest first.
    async fn get_bought_products_at_partner(
        &self,
        context: &Context<'_>,
        delivery_status: Option<DeliveryStatus>,
        earlier_than: Option<String>,
        later_than: Option<String>,
        limit: Option<i32>,
        partner_id: String,
    ) -> Result<GetBoughtProductsResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?;
        let no = partner.no;
        let selection = SaleSelection {
            delivered: delivery_status.map(|status| status == DeliveryStatus::Delivered),
            earlier_than: dates::parse_optional(earlier_than.as_deref())?,
            later_than: dates::parse_optional(later_than.as_deref())?,
            limit: inputs::limit(limit)?,
        };
        let sales = caller.read(move |connection| goods::sales(connection, no, selection)).await?;
        let partner: Arc<Partner> = Arc::new(partner.as_ref().into());
        let result = sales.into_iter().map(|sale| sold(sale, &partner)).collect();
        Ok(GetBoughtProductsResult { errors: None, result: Some(result) })
    }
}

#[derive(Default)]
pub struct GoodsMutations;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl GoodsMutations {
    /// Makes a voucher that carries a possible voucher's points `amount` times. Whoever shows its id may redeem it once.
    async fn generate_partner_fan_points_voucher(
        &self,
        context: &Context<'_>,
        amount: i64,
        partner_id: String,
        reward_id: String,
    ) -> Result<GeneratePartnerFanPointsVoucherResult> {
        let refused = |name| GeneratePartnerFanPointsVoucherResult {
            errors: GeneratePartnerFanPointsVoucherErrors::of(name),
            result: None,
        };
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?;
        let (no, currency) = (partner.no, caller.first_partnership(partner)?.program.currency);
        let wanted = reward_id.clone();
        let offers = caller.read(move |connection| goods::voucher_offers(connection, no)).await?;
        let Some(offer) = offers.into_iter().find(|offer| offer.reward_id == wanted) else {
            return Ok(refused("unknown_voucher_error"));
        };
        let points = offer.points.0.checked_mul(amount).filter(|points| (1..=MOST_POINTS).contains(points));
        let Some(points) = points.map(FanPoints) else {
            return Ok(refused("invalid_reward_amount_error"));
        };
        let voucher_id = uuid::Uuid::new_v4().to_string();
        let made =
            caller.write(move |turn| goods::make_voucher(turn, no, &voucher_id, &reward_id, points)).await?;
        let result = Some(told(made, &partner_id, currency));
        Ok(GeneratePartnerFanPointsVoucherResult { errors: None, result })
    }

    /// Gives a voucher's points to a user. One that was redeemed is unknown from then on.
    async fn redeem_fan_points_voucher(
        &self,
        context: &Context<'_>,
        project_id: Option<String>,
        user_id: String,
        voucher_id: String,
    ) -> Result<RedeemFanPointsVoucherResult> {
        let caller = Caller::of(context)?;
        let programs = caller.programs(project_id.as_deref())?;
        let only = match caller.owner {
            Owner::Partner(partner) => Some(partner),
            Owner::Program(_) => None,
        };
        let outcome = caller
            .write(move |turn| goods::redeem_voucher(turn, only, &programs, &user_id, &voucher_id))
            .await?;
        let errors = match outcome {
            VoucherUse::Done => None,
            VoucherUse::UnknownUser => RedeemFanPointsVoucherErrors::of("unknown_user_error"),
            VoucherUse::UnknownVoucher => RedeemFanPointsVoucherErrors::of("unknown_voucher_error"),
            VoucherUse::Refused(refusal) => return Err(named(refusal)),
        };
        Ok(RedeemFanPointsVoucherResult { errors })
    }

    /// Uses a discount code of the user. One that was used, or is another user's, is unknown.
    async fn use_discount_code(
        &self,
        context: &Context<'_>,
        discount_code: String,
        partner_id: String,
        user_id: String,
    ) -> Result<UseDiscountCodeResult> {
        let caller = Caller::of(context)?;
        let no = caller.own_partner(&partner_id)?.no;
        let programs = caller.programs(None)?;
        let used = caller
            .write(move |turn| goods::use_discount_code(turn, no, &programs, &user_id, &discount_code))
            .await?;
        let unknown = || UseDiscountCodeErrors::of("unknown_discount_code_error");
        Ok(UseDiscountCodeResult { errors: if used { None } else { unknown() } })
    }

    /// Marks one piece of a sale as handed over; a second time changes nothing.
    async fn mark_product_as_delivered(
        &self,
        context: &Context<'_>,
        group_id: String,
        nr: i64,
        partner_id: String,
    ) -> Result<MarkProductAsDeliveredResult> {
        let caller = Caller::of(context)?;
        let no = caller.own_partner(&partner_id)?.no;
        let known = caller.write(move |turn| goods::deliver(turn, no, &group_id, nr)).await?;
        let unknown = || MarkProductAsDeliveredErrors::of("unknown_product_error");
        Ok(MarkProductAsDeliveredResult { errors: if known { None } else { unknown() } })
    }
}

/// What one voucher may carry: 10,000.00 of a currency.
const MOST_POINTS: i64 = 1_000_000;

fn told(voucher: Voucher, partner_id: &str, currency: ledger::Currency) -> FanPointsVoucher {
    FanPointsVoucher {
        currency: currency.into(),
        num_fan_points: voucher.points.0,
        partner_id: partner_id.to_owned(),
        price: monetary_value(voucher.points, currency),
        reward_id: voucher.reward_id,
        voucher_id: voucher.voucher_id,
    }
}

fn sold(sale: Sale, partner: &Arc<Partner>) -> RewardTransaction {
    let owner = sale.user.to_string();
    let delivered = sale.delivered_us.is_some();
    let product = Product {
        amount: 1,
        creation_date: dates::text(sale.sold_us),
        delivery_date: sale.delivered_us.map(dates::text),
        delivery_status: if delivered { DeliveryStatus::Delivered } else { DeliveryStatus::NotDelivered },
        description: sale.description,
        external_product_id: sale.external_product_id,
        image_ids: Vec::new(),
        image_urls: Vec::new(),
        partner: Arc::clone(partner),
        partner_id: partner.partner_id.clone(),
        product_category: ProductCategory::of(&sale.category),
        reward_id: sale.reward_id,
        reward_type: "product".to_owned(),
        title: sale.title,
    };
    let details = TransactionDetails {
        delivery_address: None,
        delivery_name: None,
        transaction_type: TransactionType::ShopPurchase,
    };
    RewardTransaction {
        can_be_undone: false,
        claimed_date: sale.delivered_us.map(dates::text),
        details,
        group_id: sale.group_id,
        group_size: sale.group_size,
        has_been_undone: false,
        nr: sale.nr,
        old_owner_id: owner.clone(),
        only_reserved: false,
        owner_id: owner,
        reservation_date: None,
        reward: Reward::Product(Box::new(product)),
        transaction_date: dates::text(sale.sold_us),
    }
}
