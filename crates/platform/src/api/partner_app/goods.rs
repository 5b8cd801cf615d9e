//! Where discount codes and bought products come from: the program's shop, or the partner itself.

use async_graphql::{Context, Object, Result, SimpleObject};

use crate::api::goods::{DiscountCode, ProductCategory};
use crate::api::inputs::is_custom_id;
use crate::api::refusals::{InvalidRateLabelError, UnknownUserError};
use crate::auth::access::{Caller, bad_argument};
use crate::store::fans;
use crate::store::goods::{self, NewSale};

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

#[derive(Default)]
pub struct GoodsAdditions;

const MOST_PIECES: i64 = 100;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl GoodsAdditions {
    /// Gives a user a discount code of the partner, which is good once.
    async fn issue_discount_code(
        &self,
        context: &Context<'_>,
        discount_code: String,
        partner_id: String,
        rate_label: Option<String>,
        user_id: String,
    ) -> Result<IssueDiscountCodeResult> {
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
                let made = goods::insert_discount_code(turn, no, fan.no, &code, label.as_deref())?;
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
        if ids.into_iter().flatten().any(|id| !is_custom_id(id)) {
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
