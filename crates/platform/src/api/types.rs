//! The objects of the API and how they are made from what is stored.

use std::sync::Arc;

use async_graphql::{Enum, SimpleObject};
use ledger::{FanPoints, Rate};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::dates;
use super::inputs::Currency;
use crate::store::catalogue::{self, LabelledRate};
use crate::store::fans::Fan;
use crate::store::origins::Origin;
use crate::store::purchases::{self, Purchase, TransactionType};
use crate::store::reading::Award;

#[derive(SimpleObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct Address {
    city: String,
    country: String,
    street: String,
    zip_code: String,
}

#[derive(SimpleObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct User {
    pub addresses: Option<Vec<Address>>,
    pub external_user_id: String,
    pub mail_address: String,
    pub name: Option<String>,
    pub user_id: String,
}

impl From<Fan> for User {
    fn from(fan: Fan) -> Self {
        Self {
            addresses: None,
            external_user_id: fan.external_user_id,
            mail_address: fan.mail_address,
            name: fan.name,
            user_id: fan.id.to_string(),
        }
    }
}

#[derive(SimpleObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct FanPointsBalance {
    pub currency: Currency,
    pub fan_points: i64,
    pub monetary_value: f64,
}

/// 100 Fan Points are worth 1.00 in the program's currency, and a point is worth a point where that is `fp`.
pub fn monetary_value(points: FanPoints, currency: ledger::Currency) -> f64 {
    let scale = if currency == ledger::Currency::Fp { 0 } else { 2 };
    float(Decimal::new(points.0, scale))
}

/// A decimal for the wire, which knows floats only.
pub fn float(decimal: Decimal) -> f64 {
    decimal.to_f64().unwrap_or(f64::MAX)
}

#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "lowercase")]
pub enum FanPointsRateType {
    Absolute,
    Relative,
}

#[derive(SimpleObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct FanPointsRate {
    pub currency: Currency,
    pub fan_points_rate: f64,
    pub fan_points_rate_type: FanPointsRateType,
    pub limited_fan_points_rate: Option<f64>,
    pub num_fan_points_given_out_with_limited_rate: Option<i64>,
    pub num_fan_points_left_with_limited_rate: Option<i64>,
    pub partner_id: String,
    pub rate_label: String,
}

/// A rate as its number and type.
pub fn rate_parts(rate: Rate) -> (f64, FanPointsRateType) {
    match rate {
        Rate::Relative(share) => (float(share), FanPointsRateType::Relative),
        Rate::Absolute(points) => (float(Decimal::from(points.0)), FanPointsRateType::Absolute),
    }
}

impl FanPointsRate {
    /// `given`: what was given out with the limited rate so far.
    pub fn new(partner_id: &str, labelled: &LabelledRate, given: FanPoints) -> Self {
        let (rate, kind) = rate_parts(labelled.rule.rate);
        let limited = labelled.rule.limited;
        Self {
            currency: labelled.currency.into(),
            fan_points_rate: rate,
            fan_points_rate_type: kind,
            limited_fan_points_rate: limited.map(|limited| rate_parts(limited.rate).0),
            num_fan_points_given_out_with_limited_rate: limited.map(|_| given.0),
            num_fan_points_left_with_limited_rate: limited.map(|limited| (limited.points.0 - given.0).max(0)),
            partner_id: partner_id.to_owned(),
            rate_label: labelled.label.clone(),
        }
    }
}

#[derive(SimpleObject, Clone, Debug, Default)]
#[graphql(rename_fields = "snake_case")]
pub struct Branding {
    banner_url: Option<String>,
    logo_black_url: Option<String>,
    logo_color_url: Option<String>,
    logo_white_url: Option<String>,
}

#[derive(SimpleObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct Store {
    address: Address,
    name: String,
    partner_id: String,
    store_id: String,
}

#[derive(SimpleObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct Partner {
    branding: Branding,
    creator_id: String,
    description: String,
    name: String,
    pub partner_id: String,
    primary_currency: Currency,
    stores: Vec<Store>,
    website: String,
}

impl From<&catalogue::Partner> for Partner {
    fn from(partner: &catalogue::Partner) -> Self {
        Self {
            branding: Branding::default(),
            creator_id: partner.creator_id.clone(),
            description: partner.description.clone(),
            name: partner.name.clone(),
            partner_id: partner.partner_id.clone(),
            primary_currency: partner.currency.into(),
            stores: Vec::new(),
            website: partner.website.clone(),
        }
    }
}

#[derive(SimpleObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct Project {
    branding: Branding,
    creator_id: String,
    description: String,
    name: String,
    primary_currency: Currency,
    project_id: String,
    website: String,
}

impl From<&catalogue::Program> for Project {
    fn from(program: &catalogue::Program) -> Self {
        Self {
            branding: Branding::default(),
            creator_id: program.creator_id.clone(),
            description: program.description.clone(),
            name: program.name.clone(),
            primary_currency: program.currency.into(),
            project_id: program.project_id.clone(),
            website: program.website.clone(),
        }
    }
}

#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum FanPointsTransactionType {
    DistributedOnPurchase,
    #[graphql(name = "purchased_with_fanpoints")]
    PurchasedWithFanPoints,
    UndoDistributedOnPurchase,
    #[graphql(name = "undo_purchased_with_fanpoints")]
    UndoPurchasedWithFanPoints,
}

impl From<TransactionType> for FanPointsTransactionType {
    fn from(kind: TransactionType) -> Self {
        match kind {
            TransactionType::Distributed => Self::DistributedOnPurchase,
            TransactionType::Purchased => Self::PurchasedWithFanPoints,
            TransactionType::UndoDistributed => Self::UndoDistributedOnPurchase,
            TransactionType::UndoPurchased => Self::UndoPurchasedWithFanPoints,
        }
    }
}

#[derive(SimpleObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct PurchaseItem {
    amount: i64,
    can_be_undone: bool,
    currency: Currency,
    date: String,
    description: String,
    fan_points_rate: Option<f64>,
    fan_points_rate_type: Option<FanPointsRateType>,
    has_been_settled: bool,
    has_been_undone: bool,
    partner: Arc<Partner>,
    partner_id: String,
    price: f64,
    purchase_item_id: String,
    rate_label: Option<String>,
    title: String,
}

/// The paired device that booked a transaction.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct TransactionDevice {
    device_id: String,
    name: String,
    store: String,
}

impl From<&Origin> for TransactionDevice {
    fn from(origin: &Origin) -> Self {
        let Origin { device_id, name, store } = origin.clone();
        Self { device_id, name, store }
    }
}

#[derive(SimpleObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct FanPointsTransaction {
    date: String,
    /// In lists of the partner's own transactions: the device that booked it, where one did.
    device: Option<TransactionDevice>,
    purchase_id: String,
    purchase_items: Vec<PurchaseItem>,
    transaction_type: FanPointsTransactionType,
    user_id: String,
}

impl FanPointsTransaction {
    pub fn done_by(self, device: Option<TransactionDevice>) -> Self {
        Self { device, ..self }
    }

    /// `own`: the caller may undo items of this purchase.
    pub fn new(purchase: Purchase, partner: &Arc<Partner>, own: bool) -> Self {
        let date = dates::text(purchase.date_us);
        let is_undo = match purchase.kind {
            TransactionType::Distributed | TransactionType::Purchased => false,
            TransactionType::UndoDistributed | TransactionType::UndoPurchased => true,
        };
        let item = |item: purchases::PurchaseItem| {
            let (rate, rate_type) = item.rate.map(rate_parts).unzip();
            PurchaseItem {
                amount: item.amount.0,
                can_be_undone: own && !is_undo && !item.undone,
                currency: item.currency.into(),
                date: date.clone(),
                description: item.description,
                fan_points_rate: rate,
                fan_points_rate_type: rate_type,
                has_been_settled: false,
                has_been_undone: item.undone,
                partner: Arc::clone(partner),
                partner_id: partner.partner_id.clone(),
                price: float(item.price),
                purchase_item_id: item.item_id,
                rate_label: item.rate_label,
                title: item.title,
            }
        };
        Self {
            purchase_items: purchase.items.into_iter().map(item).collect(),
            purchase_id: purchase.purchase_id,
            transaction_type: purchase.kind.into(),
            user_id: purchase.user.to_string(),
            device: None,
            date,
        }
    }
}

#[derive(SimpleObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct StatusPointsTransaction {
    action_category: String,
    action_id: String,
    amount: i64,
    date: String,
    description: String,
    /// In lists of the partner's own transactions: the device that booked it, where one did.
    device: Option<TransactionDevice>,
    partner_id: String,
    title: String,
    user_id: String,
}

impl StatusPointsTransaction {
    pub fn done_by(self, device: Option<TransactionDevice>) -> Self {
        Self { device, ..self }
    }

    pub fn new(award: Award, partner_id: &str) -> Self {
        Self {
            action_category: award.action_category,
            action_id: award.action_id,
            amount: award.amount,
            date: dates::text(award.date_us),
            description: award.description,
            device: None,
            partner_id: partner_id.to_owned(),
            title: award.title,
            user_id: award.user.to_string(),
        }
    }
}
