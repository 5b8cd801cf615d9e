//! Vouchers, discount codes and products to hand over: asked about and used at once, never queued. They are claims
//! that only the platform can judge, so what the platform does not answer does not happen.

use fanpass::{FanPointsId, FanRef, GoodsCode};
use ledger::{FanPoints, Timestamp};
use serde_json::{Value, json};

use crate::answer::{Fault, Reply};
use crate::client::PlatformClient;
use crate::wire::Request;
use crate::{ClientError, values};

const LOOK_UP: &str = "query LookUpGoods($partner_id: String!, $kind: GoodsKind!, $id: String!, $nr: Int) {
  look_up_goods(partner_id: $partner_id, kind: $kind, id: $id, nr: $nr) {
    result {
      state fan_points rate_label title description group_size user_id used_date valid_until
    }
  }
}";

const DISCOUNT: &str = "query DiscountCode($partner_id: String!, $id: String!) {
  get_discount_code(partner_id: $partner_id, discount_code: $id) {
    errors { unknown_discount_code_error { _empty } }
    result { rate_label used user_id }
  }
}";

const PRODUCTS: &str = "query BoughtProducts($partner_id: String!, $limit: Int) {
  get_bought_products_at_partner(partner_id: $partner_id, limit: $limit) {
    result {
      group_id group_size nr owner_id
      reward { ... on Product { title description delivery_status delivery_date } }
    }
  }
}";

const OFFERS: &str = "query VoucherOffers($partner_id: String!) {
  get_possible_partner_fan_points_vouchers(partner_id: $partner_id) { result { reward_id num_fan_points } }
}";

const MAKE: &str = "mutation MakeVoucher($partner_id: String!, $reward_id: String!, $amount: Int!) {
  generate_partner_fan_points_voucher(partner_id: $partner_id, reward_id: $reward_id, amount: $amount) {
    errors { invalid_reward_amount_error { _empty } unknown_voucher_error { _empty } }
    result { reward_id num_fan_points voucher_id }
  }
}";

const REDEEM: &str = "mutation RedeemVoucher($user_id: String!, $id: String!) {
  redeem_fan_points_voucher(user_id: $user_id, voucher_id: $id) {
    errors { unknown_user_error { _empty } unknown_voucher_error { _empty } }
  }
}";

const USE_DISCOUNT: &str = "mutation UseDiscount($partner_id: String!, $user_id: String!, $id: String!) {
  use_discount_code(partner_id: $partner_id, user_id: $user_id, discount_code: $id) {
    errors { unknown_discount_code_error { _empty } }
  }
}";

const HAND_OVER: &str = "mutation HandOver($partner_id: String!, $id: String!, $nr: Int!) {
  hand_over_product(partner_id: $partner_id, group_id: $id, nr: $nr) {
    errors { already_executed_error { _empty } unknown_product_error { _empty } }
  }
}";

const DELIVER: &str = "mutation Deliver($partner_id: String!, $id: String!, $nr: Int!) {
  mark_product_as_delivered(partner_id: $partner_id, group_id: $id, nr: $nr) {
    errors { unknown_product_error { _empty } }
  }
}";

/// The sales that are looked through where the server can not look one up.
const SALES_LOOKED_THROUGH: u32 = 500;

/// How something that was shown stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoodsState {
    Open,
    Used,
    Expired,
    /// Another partner's.
    Foreign,
    Unknown,
    /// The server can only tell by using it.
    Untold,
}

/// What the platform tells of a voucher, a code or a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoodsFacts {
    pub state: GoodsState,
    pub fan_points: Option<FanPoints>,
    pub rate_label: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub pieces: Option<u32>,
    /// Whose it is; of a voucher, who redeemed it.
    pub user_id: Option<FanPointsId>,
    pub used_at: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
}

impl GoodsFacts {
    const fn bare(state: GoodsState) -> Self {
        Self {
            state,
            fan_points: None,
            rate_label: None,
            title: None,
            description: None,
            pieces: None,
            user_id: None,
            used_at: None,
            valid_until: None,
        }
    }
}

/// What the platform answers to a use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoodsUse {
    Done,
    UnknownFan,
    /// Used before, expired, another's, or none at all: a look-up says which.
    NotOpen,
}

/// A voucher that the partner may make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoucherOffer {
    pub reward_id: String,
    pub points: FanPoints,
}

/// A voucher that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeVoucher {
    pub voucher_id: String,
    pub points: FanPoints,
}

impl PlatformClient {
    /// How it stands; changes nothing. A server with the base API alone tells less.
    ///
    /// # Errors
    /// Where the platform could not be asked.
    pub async fn look_up_goods(&self, goods: &GoodsCode) -> Result<GoodsFacts, ClientError> {
        let (kind, id, nr) = match goods {
            GoodsCode::Voucher { voucher_id } => ("voucher", voucher_id, None),
            GoodsCode::Discount { discount_code } => ("discount_code", discount_code, None),
            GoodsCode::Product { group_id, nr } => ("product", group_id, Some(nr)),
        };
        let variables = json!({ "partner_id": self.partner_id(), "kind": kind, "id": id, "nr": nr });
        let reply = self.ask_light(&Request::fixed(LOOK_UP, "LookUpGoods", variables)).await?;
        if reply.lacks("look_up_goods") {
            return self.look_up_plainly(goods).await;
        }
        let result = reply.field("look_up_goods").and_then(|outcome| outcome.get("result"));
        result.and_then(read_facts).ok_or_else(|| failure(&reply))
    }

    async fn look_up_plainly(&self, goods: &GoodsCode) -> Result<GoodsFacts, ClientError> {
        match goods {
            GoodsCode::Voucher { .. } => Ok(GoodsFacts::bare(GoodsState::Untold)),
            GoodsCode::Discount { discount_code } => {
                let variables = json!({ "partner_id": self.partner_id(), "id": discount_code });
                let reply = self.ask_light(&Request::fixed(DISCOUNT, "DiscountCode", variables)).await?;
                let outcome = reply.field("get_discount_code").ok_or_else(|| failure(&reply))?;
                Ok(outcome.get("result").and_then(read_discount).unwrap_or(UNKNOWN))
            }
            GoodsCode::Product { group_id, nr } => {
                let variables = json!({ "partner_id": self.partner_id(), "limit": SALES_LOOKED_THROUGH });
                let reply = self.ask_light(&Request::fixed(PRODUCTS, "BoughtProducts", variables)).await?;
                let outcome = reply.field("get_bought_products_at_partner").ok_or_else(|| failure(&reply))?;
                let sales = outcome.get("result").and_then(Value::as_array).into_iter().flatten();
                let is_it = |sale: &&Value| {
                    sale.get("group_id").and_then(Value::as_str) == Some(group_id)
                        && sale.get("nr").and_then(Value::as_u64) == Some(u64::from(*nr))
                };
                Ok(sales.into_iter().find(is_it).and_then(read_sale).unwrap_or(UNKNOWN))
            }
        }
    }

    /// Gives a voucher's points to a fan.
    ///
    /// # Errors
    /// Where no answer came: it may have happened all the same, and a look-up tells.
    pub async fn redeem_voucher(&self, fan: FanRef, voucher_id: &str) -> Result<GoodsUse, ClientError> {
        let variables = json!({ "user_id": fan.to_string(), "id": voucher_id });
        let reply = self.ask_light(&Request::fixed(REDEEM, "RedeemVoucher", variables)).await?;
        read_use(&reply, "redeem_fan_points_voucher")
    }

    /// Uses a fan's discount code.
    ///
    /// # Errors
    /// As [`Self::redeem_voucher`].
    pub async fn use_discount(&self, fan: FanRef, code: &str) -> Result<GoodsUse, ClientError> {
        let variables = json!({ "partner_id": self.partner_id(), "user_id": fan.to_string(), "id": code });
        let reply = self.ask_light(&Request::fixed(USE_DISCOUNT, "UseDiscount", variables)).await?;
        read_use(&reply, "use_discount_code")
    }

    /// Notes that a piece of a sale was handed over, once.
    ///
    /// # Errors
    /// As [`Self::redeem_voucher`].
    pub async fn hand_over(&self, group_id: &str, nr: u32) -> Result<GoodsUse, ClientError> {
        let variables = json!({ "partner_id": self.partner_id(), "id": group_id, "nr": nr });
        let reply = self.ask_light(&Request::fixed(HAND_OVER, "HandOver", variables.clone())).await?;
        if !reply.lacks("hand_over_product") {
            return read_use(&reply, "hand_over_product");
        }
        let reply = self.ask_light(&Request::fixed(DELIVER, "Deliver", variables)).await?;
        read_use(&reply, "mark_product_as_delivered")
    }

    /// The vouchers that the partner may make, smallest first.
    ///
    /// # Errors
    /// Where the platform could not be asked.
    pub async fn voucher_offers(&self) -> Result<Vec<VoucherOffer>, ClientError> {
        let variables = json!({ "partner_id": self.partner_id() });
        let reply = self.ask_light(&Request::fixed(OFFERS, "VoucherOffers", variables)).await?;
        let outcome = reply.field("get_possible_partner_fan_points_vouchers");
        let list = outcome.and_then(|outcome| outcome.get("result")).and_then(Value::as_array);
        let mut offers =
            list.ok_or_else(|| failure(&reply))?.iter().filter_map(read_offer).collect::<Vec<_>>();
        offers.sort_by_key(|offer| offer.points);
        Ok(offers)
    }

    /// Makes a voucher of an offer's points `amount` times. None: the platform does not make such a one.
    ///
    /// # Errors
    /// Where the platform could not be asked. A voucher whose answer was lost is nobody's: its id is a secret.
    pub async fn make_voucher(
        &self,
        reward_id: &str,
        amount: u32,
    ) -> Result<Option<MadeVoucher>, ClientError> {
        let variables = json!({ "partner_id": self.partner_id(), "reward_id": reward_id, "amount": amount });
        let reply = self.ask_light(&Request::fixed(MAKE, "MakeVoucher", variables)).await?;
        let outcome = reply.field("generate_partner_fan_points_voucher").ok_or_else(|| failure(&reply))?;
        Ok(outcome.get("result").and_then(read_made))
    }
}

const UNKNOWN: GoodsFacts = GoodsFacts::bare(GoodsState::Unknown);

fn failure(reply: &Reply) -> ClientError {
    if reply.errors.iter().any(Fault::is_forbidden) { ClientError::Forbidden } else { ClientError::Malformed }
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn user(value: &Value, name: &str) -> Option<FanPointsId> {
    value.get(name).and_then(Value::as_str).and_then(|text| text.parse().ok())
}

fn read_facts(facts: &Value) -> Option<GoodsFacts> {
    let state = match facts.get("state")?.as_str()? {
        "open" => GoodsState::Open,
        "used" => GoodsState::Used,
        "expired" => GoodsState::Expired,
        "foreign" => GoodsState::Foreign,
        "unknown" => GoodsState::Unknown,
        _ => return None,
    };
    Some(GoodsFacts {
        state,
        fan_points: facts.get("fan_points").and_then(Value::as_i64).map(FanPoints),
        rate_label: text(facts, "rate_label"),
        title: text(facts, "title"),
        description: text(facts, "description"),
        pieces: facts.get("group_size").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()),
        user_id: user(facts, "user_id"),
        used_at: facts.get("used_date").and_then(values::time),
        valid_until: facts.get("valid_until").and_then(values::time),
    })
}

fn read_discount(code: &Value) -> Option<GoodsFacts> {
    let used = code.get("used")?.as_bool()?;
    Some(GoodsFacts {
        rate_label: text(code, "rate_label"),
        user_id: user(code, "user_id"),
        ..GoodsFacts::bare(if used { GoodsState::Used } else { GoodsState::Open })
    })
}

fn read_sale(sale: &Value) -> Option<GoodsFacts> {
    let product = sale.get("reward")?;
    let delivered = product.get("delivery_status")?.as_str()? == "delivered";
    Some(GoodsFacts {
        title: text(product, "title"),
        description: text(product, "description"),
        pieces: sale.get("group_size").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()),
        user_id: user(sale, "owner_id"),
        used_at: product.get("delivery_date").and_then(values::time),
        ..GoodsFacts::bare(if delivered { GoodsState::Used } else { GoodsState::Open })
    })
}

fn read_offer(offer: &Value) -> Option<VoucherOffer> {
    let points = FanPoints(offer.get("num_fan_points")?.as_i64()?);
    Some(VoucherOffer { reward_id: text(offer, "reward_id")?, points })
}

fn read_made(made: &Value) -> Option<MadeVoucher> {
    let points = FanPoints(made.get("num_fan_points")?.as_i64()?);
    Some(MadeVoucher { voucher_id: text(made, "voucher_id")?, points })
}

fn read_use(reply: &Reply, field: &str) -> Result<GoodsUse, ClientError> {
    let outcome = reply.field(field).ok_or_else(|| failure(reply))?;
    let Some(errors) = outcome.get("errors").and_then(Value::as_object) else { return Ok(GoodsUse::Done) };
    match errors.iter().find(|(_, error)| !error.is_null()) {
        None => Ok(GoodsUse::Done),
        Some((name, _)) if name == "unknown_user_error" => Ok(GoodsUse::UnknownFan),
        Some(_) => Ok(GoodsUse::NotOpen),
    }
}
