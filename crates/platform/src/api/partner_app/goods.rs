//! Where discount codes and bought products come from, the program's shop or the partner itself; and what a till is told
//! of a voucher, a code or a product before it does anything.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use ledger::PartnerId;

use crate::api::dates;
use crate::api::goods::{DiscountCode, ProductCategory};
use crate::api::inputs::{is_custom_id, is_text};
use crate::api::refusals::{
    AlreadyExecutedError, InvalidRateLabelError, UnknownProductError, UnknownUserError,
};
use crate::auth::access::{Caller, bad_argument};
use crate::store::goods::{self, DiscountFacts, GoodsStanding, NewSale, Piece, VoucherFacts};
use crate::store::{fans, now_us};

#[derive(SimpleObject, Default)]
#[graphql(rename_fields = "snake_case")]
pub struct IssueDiscountCodeErrors {
    invalid_rate_label_error: Option<InvalidRateLabelError>,
    unknown_user_error: Option<UnknownUserError>,
}

#[derive(SimpleObject)]
pub struct IssueDiscountCodeResult {
    errors: Option<IssueDiscountCodeErrors>,
    result: Option<DiscountCode>,
}

#[derive(SimpleObject, Default)]
#[graphql(rename_fields = "snake_case")]
pub struct RegisterBoughtProductErrors {
    unknown_user_error: Option<UnknownUserError>,
}

#[derive(SimpleObject)]
pub struct RegisterBoughtProductResult {
    errors: Option<RegisterBoughtProductErrors>,
    result: Option<Vec<BoughtPiece>>,
}

/// One piece that is to be handed over.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct BoughtPiece {
    group_id: String,
    nr: i64,
    group_size: i64,
}

#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum GoodsKind {
    Voucher,
    DiscountCode,
    Product,
}

#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum GoodsState {
    Open,
    Used,
    Expired,
    /// Another partner's of the same program.
    Foreign,
    Unknown,
}

/// What a till is told of something that was shown to it. Of another partner's it learns that alone.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct Goods {
    state: GoodsState,
    /// What a voucher gives.
    fan_points: Option<i64>,
    /// The rate that a discount code gives.
    rate_label: Option<String>,
    title: Option<String>,
    description: Option<String>,
    group_size: Option<i64>,
    /// Whose it is; of a voucher, who redeemed it.
    user_id: Option<String>,
    used_date: Option<String>,
    valid_until: Option<String>,
}

impl Goods {
    const fn bare(state: GoodsState) -> Self {
        Self {
            state,
            fan_points: None,
            rate_label: None,
            title: None,
            description: None,
            group_size: None,
            user_id: None,
            used_date: None,
            valid_until: None,
        }
    }
}

impl From<GoodsStanding> for GoodsState {
    fn from(standing: GoodsStanding) -> Self {
        match standing {
            GoodsStanding::Open => Self::Open,
            GoodsStanding::Used => Self::Used,
            GoodsStanding::Expired => Self::Expired,
            GoodsStanding::Foreign => Self::Foreign,
        }
    }
}

impl From<VoucherFacts> for Goods {
    fn from(facts: VoucherFacts) -> Self {
        if facts.standing == GoodsStanding::Foreign {
            return Self::bare(GoodsState::Foreign);
        }
        Self {
            fan_points: Some(facts.points.0),
            user_id: facts.user.map(|user| user.to_string()),
            used_date: facts.redeemed_us.map(dates::text),
            ..Self::bare(facts.standing.into())
        }
    }
}

impl From<DiscountFacts> for Goods {
    fn from(facts: DiscountFacts) -> Self {
        if facts.standing == GoodsStanding::Foreign {
            return Self::bare(GoodsState::Foreign);
        }
        Self {
            rate_label: facts.rate_label,
            user_id: Some(facts.user.to_string()),
            used_date: facts.used_us.map(dates::text),
            valid_until: facts.expires_us.map(dates::text),
            ..Self::bare(facts.standing.into())
        }
    }
}

/// A piece as its partner, or another one of the program, sees it.
fn of_piece(piece: Piece, partner: PartnerId, siblings: &[PartnerId]) -> Goods {
    if piece.partner != partner {
        let known = siblings.contains(&piece.partner);
        return Goods::bare(if known { GoodsState::Foreign } else { GoodsState::Unknown });
    }
    let sale = piece.sale;
    let state = if sale.delivered_us.is_some() { GoodsState::Used } else { GoodsState::Open };
    Goods {
        title: Some(sale.title),
        description: Some(sale.description),
        group_size: Some(sale.group_size),
        user_id: Some(sale.user.to_string()),
        used_date: sale.delivered_us.map(dates::text),
        ..Goods::bare(state)
    }
}

#[derive(SimpleObject)]
pub struct LookUpGoodsResult {
    result: Goods,
}

#[derive(SimpleObject, Default)]
#[graphql(rename_fields = "snake_case")]
pub struct HandOverProductErrors {
    /// Somebody handed it over before.
    already_executed_error: Option<AlreadyExecutedError>,
    unknown_product_error: Option<UnknownProductError>,
}

#[derive(SimpleObject)]
pub struct HandOverProductResult {
    errors: Option<HandOverProductErrors>,
}

#[derive(Default)]
pub struct GoodsLookUps;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl GoodsLookUps {
    /// How a voucher, a discount code or a piece of a sale (`id` its group, `nr` its number) stands; changes nothing.
    async fn look_up_goods(
        &self,
        context: &Context<'_>,
        id: String,
        kind: GoodsKind,
        nr: Option<i64>,
        partner_id: String,
    ) -> Result<LookUpGoodsResult> {
        let caller = Caller::of(context)?;
        let no = caller.own_partner(&partner_id)?.no;
        let programs = caller.programs(None)?;
        let beside = caller.catalogue.partnerships.iter();
        let siblings: Vec<PartnerId> = beside
            .filter(|beside| programs.contains(&beside.program.no) && beside.partner.no != no)
            .map(|beside| beside.partner.no)
            .collect();
        let found = caller
            .read(move |connection| {
                Ok(match kind {
                    GoodsKind::Voucher => {
                        goods::voucher_facts(connection, no, &siblings, &id)?.map(Goods::from)
                    }
                    GoodsKind::DiscountCode => {
                        goods::discount_facts(connection, no, &siblings, &id, now_us())?.map(Goods::from)
                    }
                    GoodsKind::Product => {
                        let piece = goods::piece(connection, &id, nr.unwrap_or(1))?;
                        piece.map(|piece| of_piece(piece, no, &siblings))
                    }
                })
            })
            .await?;
        Ok(LookUpGoodsResult { result: found.unwrap_or_else(|| Goods::bare(GoodsState::Unknown)) })
    }
}

#[derive(Default)]
pub struct GoodsAdditions;

const MOST_PIECES: i64 = 100;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl GoodsAdditions {
    /// Gives a user a discount code of the partner, which is good once, and until a time where one is told.
    async fn issue_discount_code(
        &self,
        context: &Context<'_>,
        discount_code: String,
        partner_id: String,
        rate_label: Option<String>,
        user_id: String,
        valid_until: Option<String>,
    ) -> Result<IssueDiscountCodeResult> {
        let expires_us = dates::parse_optional(valid_until.as_deref())?;
        let caller = Caller::of(context)?;
        let partner = caller.administered_partner(&partner_id)?;
        if !is_custom_id(&discount_code) {
            return Err(bad_argument("a code has 1 to 128 characters, none of them a control character"));
        }
        let mut errors = IssueDiscountCodeErrors::default();
        if rate_label.is_some() && partner.rate(rate_label.as_deref()).is_none() {
            errors.invalid_rate_label_error = Some(InvalidRateLabelError::default());
            return Ok(IssueDiscountCodeResult { errors: Some(errors), result: None });
        }
        let (no, programs) = (partner.no, caller.programs(None)?);
        let (code, label) = (discount_code.clone(), rate_label.clone());
        let issued = caller
            .write(move |turn| {
                let Some(fan) = fans::find(turn.connection, &programs, &user_id)? else {
                    return Ok(None);
                };
                let made =
                    goods::insert_discount_code(turn, no, fan.no, &code, label.as_deref(), expires_us)?;
                Ok(Some((fan.id, made)))
            })
            .await?;
        match issued {
            Some((user, true)) => {
                let result = DiscountCode::new(discount_code, partner_id, rate_label, user);
                Ok(IssueDiscountCodeResult { errors: None, result: Some(result) })
            }
            Some((_, false)) => Err(bad_argument("the partner has a code of this name")),
            None => {
                errors.unknown_user_error = Some(UnknownUserError::default());
                Ok(IssueDiscountCodeResult { errors: Some(errors), result: None })
            }
        }
    }

    /// Hands a piece of a sale over, once: of two tills that try, one is told that it was done before.
    async fn hand_over_product(
        &self,
        context: &Context<'_>,
        group_id: String,
        nr: i64,
        partner_id: String,
    ) -> Result<HandOverProductResult> {
        let caller = Caller::of(context)?;
        let no = caller.own_partner(&partner_id)?.no;
        let (handed, known) = caller
            .write(move |turn| {
                let handed = goods::hand_over(turn, no, &group_id, nr)?;
                let piece = goods::piece(turn.connection, &group_id, nr)?;
                Ok((handed, piece.is_some_and(|piece| piece.partner == no)))
            })
            .await?;
        let errors = match (handed, known) {
            (true, _) => None,
            (false, true) => Some(HandOverProductErrors {
                already_executed_error: Some(AlreadyExecutedError::default()),
                unknown_product_error: None,
            }),
            (false, false) => Some(HandOverProductErrors {
                already_executed_error: None,
                unknown_product_error: Some(UnknownProductError::default()),
            }),
        };
        Ok(HandOverProductResult { errors })
    }

    /// Notes that a user bought a product, which the partner will hand over piece by piece.
    #[allow(clippy::too_many_arguments, reason = "one argument a column")]
    async fn register_bought_product(
        &self,
        context: &Context<'_>,
        description: String,
        external_product_id: Option<String>,
        group_id: String,
        partner_id: String,
        pieces: i64,
        product_category: ProductCategory,
        reward_id: String,
        title: String,
        user_id: String,
    ) -> Result<RegisterBoughtProductResult> {
        let caller = Caller::of(context)?;
        let no = caller.administered_partner(&partner_id)?.no;
        let ids = [Some(&group_id), Some(&reward_id), Some(&title), external_product_id.as_ref()];
        if ids.into_iter().flatten().any(|id| !is_custom_id(id)) || !is_text(&description) {
            return Err(bad_argument("each text has 1 to 128 characters, none of them a control character"));
        }
        if !(1..=MOST_PIECES).contains(&pieces) || description.len() > MOST_DESCRIPTION {
            return Err(bad_argument("a sale has 1 to 100 pieces and a description of at most 4,000 bytes"));
        }
        let programs = caller.programs(None)?;
        let group = group_id.clone();
        let noted = caller
            .write(move |turn| {
                let Some(fan) = fans::find(turn.connection, &programs, &user_id)? else {
                    return Ok(None);
                };
                let sale = NewSale {
                    partner: no,
                    program: fan.program,
                    fan: fan.no,
                    group_id: group.clone(),
                    pieces,
                    reward_id: reward_id.clone(),
                    title: title.clone(),
                    description: description.clone(),
                    category: product_category.name().to_owned(),
                    external_product_id: external_product_id.clone(),
                };
                goods::insert_sale(turn, &sale).map(Some)
            })
            .await?;
        match noted {
            Some(true) => {
                let piece = |nr| BoughtPiece { group_id: group_id.clone(), nr, group_size: pieces };
                let result = Some((1..=pieces).map(piece).collect());
                Ok(RegisterBoughtProductResult { errors: None, result })
            }
            Some(false) => Err(bad_argument("there is a sale of this id")),
            None => {
                let unknown_user_error = Some(UnknownUserError::default());
                let errors = Some(RegisterBoughtProductErrors { unknown_user_error });
                Ok(RegisterBoughtProductResult { errors, result: None })
            }
        }
    }
}

const MOST_DESCRIPTION: usize = 4000;
