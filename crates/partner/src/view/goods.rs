//! What crosses the border for vouchers, discount codes and products to hand over.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::FanCard;
use crate::{AppError, ErrorCode};

/// What a code turned out to be.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind", rename_all_fields = "camelCase")]
pub enum Shown {
    Fan { card: FanCard },
    Goods { goods: GoodsView },
}

impl Shown {
    /// The fan, where it is one.
    ///
    /// # Errors
    /// `NotOurCode` for anything else: no fan shows it.
    pub fn fan(self) -> Result<FanCard, AppError> {
        match self {
            Self::Fan { card } => Ok(card),
            Self::Goods { .. } => Err(ErrorCode::NotOurCode.into()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum GoodsKind {
    Voucher,
    Discount,
    Product,
}

/// Which voucher, code or piece is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GoodsRef {
    pub kind: GoodsKind,
    /// Of a product: its sale's.
    pub id: String,
    /// The piece of the sale; 1 for the others.
    pub nr: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum GoodsState {
    Open,
    /// Good as far as anybody can tell before it is used.
    Untold,
    Used,
    Expired,
    Foreign,
    Unknown,
    /// Nobody could be asked.
    Offline,
}

/// Something that was shown, as the platform knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GoodsView {
    pub goods: GoodsRef,
    pub state: GoodsState,
    /// What a voucher gives.
    pub fan_points: Option<i64>,
    /// Worth in minor units of the program's currency.
    pub value_minor: Option<i64>,
    /// The rate that a discount code gives; none: the standard one.
    pub rate_label: Option<String>,
    /// Whether this device knows that rate.
    pub rate_known: bool,
    pub title: Option<String>,
    pub description: Option<String>,
    /// Pieces of the sale.
    pub pieces: Option<u32>,
    /// "0084 0711 9295": whose it is; of a voucher, who redeemed it.
    pub fan_label: Option<String>,
    pub used_at: Option<i64>,
    pub valid_until: Option<i64>,
}

/// What became of a use.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GoodsDone {
    /// False: it was not open, as `goods` says.
    pub done: bool,
    pub goods: GoodsView,
    /// The fan who got the points of a voucher.
    pub card: Option<FanCard>,
}

/// Points that may be put on a voucher, any number of times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct VoucherOfferView {
    pub reward_id: String,
    pub points: i64,
}

/// Points without a phone: to show on the screen or to print.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct VoucherView {
    pub voucher_id: String,
    pub points: i64,
    pub value_minor: i64,
    /// The QR code, as SVG.
    pub svg: String,
    pub made_at: i64,
}
