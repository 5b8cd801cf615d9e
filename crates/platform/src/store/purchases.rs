//! Purchases as the API tells them: booking, undoing, and reading them back.

use fanpass::FanPointsId;
use ledger::{
    Currency, Decision, Entry, FanPoints, Item, Money, OpId, Operation, OperationKind, PartnerId, Rate,
    RecordedOutcome, Refusal, Scope, State as _, Tender, Timestamp, execute,
};
use rust_decimal::Decimal;
use sha2::{Digest as _, Sha256};

use super::books::{Books, recorded_ahead};
use super::catalogue::ledger_label;
use super::fans::{self, Fan};
use super::holds::{self, hold_op};
use super::sql::{Ahead, Kind, Rows, params};
use super::{Connection, Partnership, ProgramNo, StoreError, Turn};

/// Giving points for a purchase, or taking them as its payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PurchaseKind {
    Give,
    Pay,
}

/// The API's four types of Fan Points transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionType {
    Distributed,
    Purchased,
    UndoDistributed,
    UndoPurchased,
}

impl TransactionType {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Distributed => "distributed_on_purchase",
            Self::Purchased => "purchased_with_fanpoints",
            Self::UndoDistributed => "undo_distributed_on_purchase",
            Self::UndoPurchased => "undo_purchased_with_fanpoints",
        }
    }

    pub(super) fn from_name(name: &str) -> Result<Self, StoreError> {
        [Self::Distributed, Self::Purchased, Self::UndoDistributed, Self::UndoPurchased]
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| StoreError::Corrupt(format!("transaction type {name:?}")))
    }

    fn undo(self) -> Option<Self> {
        match self {
            Self::Distributed => Some(Self::UndoDistributed),
            Self::Purchased => Some(Self::UndoPurchased),
            Self::UndoDistributed | Self::UndoPurchased => None,
        }
    }
}

/// One line of a purchase with what the API remembers of it.
#[derive(Clone, Debug)]
pub struct OrderItem {
    pub item_id: String,
    pub title: String,
    pub description: String,
    pub price: Money,
    /// As the caller wrote it.
    pub rate_label: Option<String>,
}

/// A purchase to be booked.
#[derive(Clone, Debug)]
pub struct PurchaseOrder {
    pub partner: PartnerId,
    /// The programs in which the user is looked for.
    pub programs: Vec<ProgramNo>,
    pub user: String,
    pub kind: PurchaseKind,
    pub purchase_id: String,
    pub items: Vec<OrderItem>,
    /// A reservation out of which a payment is made, by the caller's id.
    pub reservation: Option<String>,
}

/// An undo of one item.
#[derive(Clone, Debug)]
pub struct UndoOrder {
    pub partner: PartnerId,
    pub programs: Vec<ProgramNo>,
    pub user: String,
    pub purchase_id: String,
    pub item_id: String,
}

/// A booked purchase or undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    pub date_us: i64,
    pub purchase_id: String,
    pub kind: TransactionType,
    pub user: FanPointsId,
    pub partner: PartnerId,
    pub items: Vec<PurchaseItem>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchaseItem {
    pub item_id: String,
    pub title: String,
    pub description: String,
    pub price: Decimal,
    pub currency: Currency,
    pub rate_label: Option<String>,
    pub rate: Option<Rate>,
    pub amount: FanPoints,
    pub undone: bool,
}

/// The ledger's id for an id that a partner chose; apart for each partner and kind of id.
pub fn op_id(partner: PartnerId, namespace: &str, text: &str) -> OpId {
    let mut hash = Sha256::new();
    hash.update(partner.0.to_be_bytes());
    hash.update(namespace.as_bytes());
    hash.update([0]);
    hash.update(text.as_bytes());
    let mut id = [0_u8; 16];
    for (slot, byte) in id.iter_mut().zip(hash.finalize()) {
        *slot = byte;
    }
    OpId(id)
}

pub const PURCHASE_IDS: &str = "purchase";

static PURCHASE: Rows = Rows::insert(
    "purchase",
    &[
        ("date_us", Kind::Integer),
        ("purchase_id", Kind::Text),
        ("transaction_type", Kind::Text),
        ("partner_no", Kind::Integer),
        ("program_no", Kind::Integer),
        ("fan_no", Kind::Integer),
    ],
    None,
);

static PURCHASE_ITEM: Rows = Rows::insert(
    "purchase_item",
    &[
        ("date_us", Kind::Integer),
        ("position", Kind::Integer),
        ("item_id", Kind::Text),
        ("title", Kind::Text),
        ("description", Kind::Text),
        ("price", Kind::Text),
        ("currency", Kind::Text),
        ("rate_label", Kind::Text),
        ("rate", Kind::Text),
        ("rate_type", Kind::Text),
        ("amount", Kind::Integer),
    ],
    None,
);

/// What [`book`] asks in any case about an order of this user and this id.
pub fn book_ahead(partner: PartnerId, programs: &[ProgramNo], user: &str, purchase_id: &str) -> Vec<Ahead> {
    let id = op_id(partner, PURCHASE_IDS, purchase_id);
    let fan = fans::find_ahead(programs, user);
    fan.into_iter().chain([recorded_ahead(id)]).collect()
}

/// Books a purchase.
pub fn book(turn: &mut Turn<'_>, order: &PurchaseOrder) -> Result<Result<Purchase, Refusal>, StoreError> {
    let Some((fan, partnership)) = addressee(turn, order.partner, &order.programs, &order.user)? else {
        return Ok(Err(Refusal::UnknownFan));
    };
    let items = order.items.iter().map(ledger_item).collect();
    let kind = match order.kind {
        PurchaseKind::Give => OperationKind::Distribute { items },
        PurchaseKind::Pay => {
            let reservation = order.reservation.as_deref().map(|id| hold_op(order.partner, id));
            OperationKind::Redeem { items, tender: Tender::Whole, reservation }
        }
    };
    let date_us = turn.next_date();
    let operation = Operation {
        id: op_id(order.partner, PURCHASE_IDS, &order.purchase_id),
        partner: order.partner,
        fan: fan.no,
        at: milliseconds(date_us),
        kind,
    };
    let entry = match post_known(turn, &fan, &operation, &partnership, date_us)? {
        Ok(entry) => entry,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(id) = &order.reservation {
        holds::end(turn, order.partner, id, "redeemed")?;
    }
    let kind = match order.kind {
        PurchaseKind::Give => TransactionType::Distributed,
        PurchaseKind::Pay => TransactionType::Purchased,
    };
    let mut items = Vec::with_capacity(order.items.len());
    for (item, amount) in order.items.iter().zip(&entry.item_points) {
        items.push(booked_item(item, *amount, order.kind, &partnership)?);
    }
    let purchase = Purchase {
        date_us,
        purchase_id: order.purchase_id.clone(),
        kind,
        user: fan.id,
        partner: order.partner,
        items,
    };
    insert(turn.connection, &purchase, &fan)?;
    Ok(Ok(purchase))
}

/// Undoes one item of a purchase: a new transaction with the opposite amount.
pub fn undo(turn: &mut Turn<'_>, order: &UndoOrder) -> Result<Result<Purchase, Refusal>, StoreError> {
    let Some((fan, partnership)) = addressee(turn, order.partner, &order.programs, &order.user)? else {
        return Ok(Err(Refusal::UnknownFan));
    };
    let original = op_id(order.partner, PURCHASE_IDS, &order.purchase_id);
    let Some(purchase) = by_op(turn.connection, original)?.filter(|purchase| purchase.user == fan.id) else {
        return Ok(Err(Refusal::UnknownOperation));
    };
    let found = (0_u16..).zip(&purchase.items).find(|(_, item)| item.item_id == order.item_id);
    let (Some((position, item)), Some(kind)) = (found, purchase.kind.undo()) else {
        return Ok(Err(Refusal::UnknownOperation));
    };
    let date_us = turn.next_date();
    let operation = Operation {
        id: op_id(order.partner, "undo", &format!("{original:?}/{position}")),
        partner: order.partner,
        fan: fan.no,
        at: milliseconds(date_us),
        kind: OperationKind::Reverse { of: original, scope: Scope::Item(position) },
    };
    if let Err(refusal) = post(turn, &operation, &partnership, date_us)? {
        return Ok(Err(refusal));
    }
    turn.connection.execute(
        "UPDATE purchase_item SET undone = 1 WHERE date_us = ?1 AND position = ?2",
        params![purchase.date_us, position],
    )?;
    let opposite = FanPoints(-item.amount.0);
    let undone = PurchaseItem { amount: opposite, price: -item.price, undone: false, ..item.clone() };
    let undo = Purchase { date_us, kind, items: vec![undone], ..purchase };
    insert(turn.connection, &undo, &fan)?;
    Ok(Ok(undo))
}

/// The fan who is named, and the partnership whose rules apply.
pub(super) fn addressee(
    turn: &Turn<'_>,
    partner: PartnerId,
    programs: &[ProgramNo],
    user: &str,
) -> Result<Option<(Fan, std::sync::Arc<Partnership>)>, StoreError> {
    let Some(fan) = fans::find(turn.connection, programs, user)? else {
        return Ok(None);
    };
    let partnership = turn.catalogue.partnership(partner, fan.program).cloned();
    Ok(partnership.map(|partnership| (fan, partnership)))
}

/// Lets the ledger decide and books what it says. The same again is a refusal on the wire.
pub(super) fn post(
    turn: &Turn<'_>,
    operation: &Operation,
    partnership: &Partnership,
    date_us: i64,
) -> Result<Result<Entry, Refusal>, StoreError> {
    decide(Books::new(turn, partnership.program.no, date_us), operation, partnership, date_us)
}

/// As [`post`], for a fan who was read in this turn and not changed since.
pub(super) fn post_known(
    turn: &Turn<'_>,
    fan: &Fan,
    operation: &Operation,
    partnership: &Partnership,
    date_us: i64,
) -> Result<Result<Entry, Refusal>, StoreError> {
    let books = Books::new(turn, partnership.program.no, date_us).knowing(fan);
    decide(books, operation, partnership, date_us)
}

fn decide(
    mut books: Books<'_>,
    operation: &Operation,
    partnership: &Partnership,
    date_us: i64,
) -> Result<Result<Entry, Refusal>, StoreError> {
    let decision = execute(operation, &partnership.rules, &mut books, milliseconds(date_us))?;
    Ok(match decision {
        Decision::Post(posted) => Ok(posted.entry),
        Decision::AlreadyDone(_) => Err(Refusal::IdConflict),
        // On the wire a conflict is "already executed", and whoever hears that hands the goods over.
        Decision::Refuse(Refusal::IdConflict) if !is_posted(&books, operation.id)? => Err(Refusal::IdBurned),
        Decision::Refuse(refusal) => Err(refusal),
    })
}

fn is_posted(books: &Books<'_>, id: OpId) -> Result<bool, StoreError> {
    let recorded = books.recorded(id)?;
    Ok(recorded.is_some_and(|recorded| matches!(recorded.outcome, RecordedOutcome::Posted { .. })))
}

pub(super) fn milliseconds(date_us: i64) -> Timestamp {
    Timestamp(date_us.div_euclid(1000))
}

fn ledger_item(item: &OrderItem) -> Item {
    Item { price: item.price, rate_label: ledger_label(item.rate_label.as_deref()).map(str::to_owned) }
}

fn booked_item(
    item: &OrderItem,
    amount: FanPoints,
    kind: PurchaseKind,
    partnership: &Partnership,
) -> Result<PurchaseItem, StoreError> {
    // A payment has no commission rate.
    let rate = match kind {
        PurchaseKind::Give => partnership.partner.rate(item.rate_label.as_deref()).map(|rate| rate.rule.rate),
        PurchaseKind::Pay => None,
    };
    Ok(PurchaseItem {
        item_id: item.item_id.clone(),
        title: item.title.clone(),
        description: item.description.clone(),
        price: item.price.to_decimal(),
        currency: item.price.currency,
        rate_label: item.rate_label.clone(),
        rate,
        amount,
        undone: false,
    })
}

pub(super) fn insert(connection: &Connection, purchase: &Purchase, fan: &Fan) -> Result<(), StoreError> {
    connection.write_row(
        &PURCHASE,
        params![
            purchase.date_us,
            purchase.purchase_id,
            purchase.kind.name(),
            purchase.partner.0,
            fan.program.0,
            fan.no.0.cast_signed()
        ],
    )?;
    for (position, item) in (0_u16..).zip(&purchase.items) {
        let (rate, rate_type) = match item.rate {
            Some(Rate::Relative(rate)) => (Some(rate.to_string()), Some("relative")),
            Some(Rate::Absolute(points)) => (Some(points.0.to_string()), Some("absolute")),
            None => (None, None),
        };
        connection.write_row(
            &PURCHASE_ITEM,
            params![
                purchase.date_us,
                position,
                item.item_id,
                item.title,
                item.description,
                item.price.to_string(),
                item.currency.to_string(),
                item.rate_label,
                rate,
                rate_type,
                item.amount.0
            ],
        )?;
    }
    Ok(())
}

/// The purchase that an operation booked.
pub fn by_op(connection: &Connection, op: OpId) -> Result<Option<Purchase>, StoreError> {
    let date: Option<i64> = connection.query_opt(
        "SELECT date_us FROM operation JOIN purchase USING (date_us) WHERE op = ?1",
        params![op.0],
        |row| row.get(0),
    )?;
    match date {
        Some(date) => super::reading::purchase_at(connection, date),
        None => Ok(None),
    }
}
