//! Vouchers, discount codes and products to hand over.
//!
//! None of them is signed, so only the platform can say what they are worth: without it nothing is used and nothing is
//! lost, as with a redemption by an unsigned code. What is about to be used is written down first; a use whose answer
//! was lost is recognised by that when it is tried again.

use std::time::Duration;

use fanpass::{FanRef, GoodsCode};
use outbox::{ProgramConfig, Raiser};
use serde::{Deserialize, Serialize};
use sync::{GoodsFacts, GoodsState as Told, GoodsUse};

use crate::rights::Right;
use crate::terminal::Line;
use crate::view::{
    GoodsDone, GoodsKind, GoodsRef, GoodsState, GoodsView, ItemInput, Receipt, VoucherOfferView, VoucherView,
};
use crate::{AppError, ErrorCode, Terminal};

/// How long a person waits to be told what a code is.
const PATIENCE: Duration = Duration::from_secs(3);
const TRIED: &str = "goods tried";
/// More uses than these are not in doubt at one till.
const MOST_TRIED: usize = 50;
/// The beginning of an id is enough for the audit chain.
const SHORT_ID: usize = 8;

/// A use that was begun and whose answer is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Tried {
    goods: GoodsRef,
    fan: Option<String>,
}

impl Terminal {
    /// What something that was shown is, as far as the platform can be asked.
    ///
    /// # Errors
    /// When this device is not connected.
    pub async fn look_up(&self, goods: GoodsRef) -> Result<GoodsView, AppError> {
        self.require(Right::Identify).await?;
        let config = self.config().await?;
        Ok(match self.facts(&goods).await {
            Ok(facts) => view(goods, &facts, &config),
            Err(error) => {
                tracing::info!(code = ?error.code, "nobody could be asked about a voucher, code or product");
                bare(goods, GoodsState::Offline)
            }
        })
    }

    /// Redeems a voucher for the fan who is present, or hands a product over.
    ///
    /// # Errors
    /// Without the platform, without a fan where one is needed, for a discount code (it is used by
    /// [`Terminal::give_discounted`]), and where no answer came: trying again finds out what happened.
    pub async fn use_goods(&self, goods: GoodsRef, fan: Option<String>) -> Result<GoodsDone, AppError> {
        self.require(Right::Give).await?;
        let config = self.config().await?;
        let line = self.line_for_goods().await?;
        let present = match (goods.kind, fan.as_deref()) {
            (GoodsKind::Voucher, Some(fan)) => Some(self.present(fan)?),
            (GoodsKind::Voucher, None) => return Err(ErrorCode::FanNotIdentified.into()),
            (GoodsKind::Product, _) => None,
            (GoodsKind::Discount, _) => return Err(ErrorCode::GoodsNotOpen.into()),
        };
        let tried = Tried { goods: goods.clone(), fan: present.map(|(fan, _)| fan.to_string()) };
        let in_doubt = self.begin(&tried).await?;
        let used = match present {
            Some((fan, _)) => line.client.redeem_voucher(fan, &goods.id).await?,
            None => line.client.hand_over(&goods.id, goods.nr).await?,
        };
        if used == GoodsUse::UnknownFan {
            self.end(&tried).await?;
            return Err(ErrorCode::UnknownFan.into());
        }
        let facts = self.facts(&goods).await?;
        let done = used == GoodsUse::Done || (in_doubt && facts.state == Told::Used);
        self.end(&tried).await?;
        if done {
            self.note_use(&tried).await?;
        }
        let card = match present {
            Some((fan, trust)) if done => {
                self.fetch(fan, &line).await?;
                Some(self.card(fan, trust, &config).await?)
            }
            _ => None,
        };
        Ok(GoodsDone { done, goods: view(goods, &facts, &config), card })
    }

    /// Uses a fan's discount code and gives points for the purchase at its rate.
    ///
    /// # Errors
    /// Without the platform, for a code that is not open or another fan's, and as [`Terminal::give`]: then the code
    /// stays good for another try at this till.
    pub async fn give_discounted(
        &self,
        fan: &str,
        items: Vec<ItemInput>,
        code: String,
    ) -> Result<Receipt, AppError> {
        self.give_discounted_by(fan, items, code, None).await
    }

    /// The same, above a limit that somebody raises for it.
    pub(crate) async fn give_discounted_by(
        &self,
        fan: &str,
        items: Vec<ItemInput>,
        code: String,
        raised_by: Option<Raiser>,
    ) -> Result<Receipt, AppError> {
        self.require(Right::Give).await?;
        let (present, _) = self.present(fan)?;
        let line = self.line_for_goods().await?;
        // What can not be given must not use up the code.
        let goods = GoodsRef { kind: GoodsKind::Discount, id: code, nr: 1 };
        let facts = self.facts(&goods).await?;
        let rated = |item: ItemInput| ItemInput { rate_label: facts.rate_label.clone(), ..item };
        let items: Vec<ItemInput> = items.into_iter().map(rated).collect();
        self.quote(&items).await?;
        if !self.is_of(&facts, present).await? {
            return Err(ErrorCode::GoodsOtherFan.into());
        }
        let tried = Tried { goods, fan: Some(present.to_string()) };
        let in_doubt = self.begin(&tried).await?;
        let open = match facts.state {
            Told::Open | Told::Untold => {
                line.client.use_discount(present, &tried.goods.id).await? == GoodsUse::Done
            }
            Told::Used => in_doubt,
            Told::Expired | Told::Foreign | Told::Unknown => false,
        };
        if !open {
            self.end(&tried).await?;
            return Err(ErrorCode::GoodsNotOpen.into());
        }
        let receipt = self.give_by(fan, items, raised_by).await?;
        self.end(&tried).await?;
        self.note_use(&tried).await?;
        Ok(receipt)
    }

    /// The points that may be put on vouchers, smallest first.
    ///
    /// # Errors
    /// Without the platform: it makes the vouchers.
    pub async fn voucher_offers(&self) -> Result<Vec<VoucherOfferView>, AppError> {
        self.require(Right::Give).await?;
        let offers = self.line_for_goods().await?.client.voucher_offers().await?;
        let tell = |offer: sync::VoucherOffer| VoucherOfferView {
            reward_id: offer.reward_id,
            points: offer.points.0,
        };
        Ok(offers.into_iter().map(tell).collect())
    }

    /// Makes a voucher of an offer's points so many times, for a fan without a phone.
    ///
    /// # Errors
    /// Without the platform, and for a number of points that it puts on no voucher.
    pub async fn make_voucher(&self, reward_id: String, amount: u32) -> Result<VoucherView, AppError> {
        self.require(Right::Give).await?;
        let line = self.line_for_goods().await?;
        if amount == 0 {
            return Err(ErrorCode::InvalidAmount.into());
        }
        let made = line.client.make_voucher(&reward_id, amount).await?.ok_or(ErrorCode::InvalidAmount)?;
        let short = short(&made.voucher_id);
        self.note_device(&format!("a voucher {short} of {} points was made", made.points.0)).await?;
        Ok(VoucherView {
            svg: crate::quick::qr_svg(&fanpass::encode_voucher(&made.voucher_id))?,
            voucher_id: made.voucher_id,
            points: made.points.0,
            value_minor: made.points.0,
            made_at: self.now().0,
        })
    }

    /// Asks what a text is that could be a discount code typed as it is printed; None where it is none.
    pub(crate) async fn bare_discount(&self, text: &str) -> Option<GoodsView> {
        let text = text.trim();
        let fits = (4..=32).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            && text.bytes().any(|byte| byte.is_ascii_alphabetic());
        if !fits {
            return None;
        }
        let goods = GoodsRef { kind: GoodsKind::Discount, id: text.to_owned(), nr: 1 };
        let config = self.config().await.ok()?;
        let facts = self.facts(&goods).await.ok()?;
        (facts.state != Told::Unknown).then(|| view(goods, &facts, &config))
    }

    async fn line_for_goods(&self) -> Result<Line, AppError> {
        let line = self.opened().await?.line.filter(Line::is_online);
        line.ok_or_else(|| AppError::new(ErrorCode::GoodsOffline).retryable())
    }

    async fn facts(&self, goods: &GoodsRef) -> Result<GoodsFacts, AppError> {
        let line = self.line_for_goods().await?;
        let code = code(goods);
        let asked = tokio::time::timeout(PATIENCE, line.client.look_up_goods(&code)).await;
        Ok(asked.map_err(|_| AppError::new(ErrorCode::TimedOut).retryable())??)
    }

    async fn is_of(&self, facts: &GoodsFacts, fan: FanRef) -> Result<bool, AppError> {
        let known = self.store(move |store| store.fan(fan)).await?;
        let id = match fan {
            FanRef::Id(id) => Some(id),
            FanRef::Pseudonym(_) => known.user_id,
        };
        // A fan known by a pass alone: the platform compares when the code is used.
        Ok(facts.user_id.zip(id).is_none_or(|(owner, id)| owner == id))
    }

    /// Writes down what is about to be used. True: it was tried before, and nobody knows how that ended.
    async fn begin(&self, tried: &Tried) -> Result<bool, AppError> {
        let mut all = self.tried().await?;
        let before = all.contains(tried);
        if !before {
            all.push(tried.clone());
            let skip = all.len().saturating_sub(MOST_TRIED);
            self.keep_tried(all.split_off(skip)).await?;
        }
        Ok(before)
    }

    async fn end(&self, tried: &Tried) -> Result<(), AppError> {
        let mut all = self.tried().await?;
        all.retain(|known| known != tried);
        self.keep_tried(all).await
    }

    async fn tried(&self) -> Result<Vec<Tried>, AppError> {
        let text = self.store(|store| store.setting(TRIED)).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    async fn keep_tried(&self, all: Vec<Tried>) -> Result<(), AppError> {
        let text = serde_json::to_string(&all).map_err(|_| ErrorCode::Internal)?;
        self.store(move |store| store.set_setting(TRIED, &text)).await
    }

    async fn note_use(&self, Tried { goods, fan }: &Tried) -> Result<(), AppError> {
        let (id, nr) = (short(&goods.id), goods.nr);
        let fan = fan.as_deref().unwrap_or("nobody");
        let what = match goods.kind {
            GoodsKind::Voucher => format!("voucher {id} was redeemed for {fan}"),
            GoodsKind::Discount => format!("discount code {id} was used for {fan}"),
            GoodsKind::Product => format!("piece {nr} of sale {id} was handed over"),
        };
        self.note_device(&what).await
    }
}

/// Names what a code names.
pub(crate) fn goods_ref(code: GoodsCode) -> GoodsRef {
    match code {
        GoodsCode::Voucher { voucher_id } => GoodsRef { kind: GoodsKind::Voucher, id: voucher_id, nr: 1 },
        GoodsCode::Discount { discount_code } => {
            GoodsRef { kind: GoodsKind::Discount, id: discount_code, nr: 1 }
        }
        GoodsCode::Product { group_id, nr } => GoodsRef { kind: GoodsKind::Product, id: group_id, nr },
    }
}

fn code(goods: &GoodsRef) -> GoodsCode {
    let id = goods.id.clone();
    match goods.kind {
        GoodsKind::Voucher => GoodsCode::Voucher { voucher_id: id },
        GoodsKind::Discount => GoodsCode::Discount { discount_code: id },
        GoodsKind::Product => GoodsCode::Product { group_id: id, nr: goods.nr },
    }
}

fn short(id: &str) -> String {
    id.chars().take(SHORT_ID).collect()
}

fn bare(goods: GoodsRef, state: GoodsState) -> GoodsView {
    GoodsView {
        goods,
        state,
        fan_points: None,
        value_minor: None,
        rate_label: None,
        rate_known: true,
        title: None,
        description: None,
        pieces: None,
        fan_label: None,
        used_at: None,
        valid_until: None,
    }
}

fn view(goods: GoodsRef, facts: &GoodsFacts, config: &ProgramConfig) -> GoodsView {
    let state = match facts.state {
        Told::Open => GoodsState::Open,
        Told::Used => GoodsState::Used,
        Told::Expired => GoodsState::Expired,
        Told::Foreign => GoodsState::Foreign,
        Told::Unknown => GoodsState::Unknown,
        Told::Untold => GoodsState::Untold,
    };
    let points = facts.fan_points.map(|points| points.0);
    let known = |label: &String| config.rates.rates.contains_key(label);
    GoodsView {
        fan_points: points,
        // 100 Fan Points are worth 1.00: a point is one minor unit.
        value_minor: points,
        rate_known: facts.rate_label.as_ref().is_none_or(known),
        rate_label: facts.rate_label.clone(),
        title: facts.title.clone(),
        description: facts.description.clone().filter(|text| !text.is_empty()),
        pieces: facts.pieces,
        fan_label: facts.user_id.map(fanpass::FanPointsId::grouped),
        used_at: facts.used_at.map(|at| at.0),
        valid_until: facts.valid_until.map(|at| at.0),
        ..bare(goods, state)
    }
}
