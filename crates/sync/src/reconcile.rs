//! The device's journal beside the platform's transactions of a period: what is on both sides, on one, or different.

use std::collections::BTreeMap;

use fanpass::FanPointsId;
use ledger::Timestamp;
use outbox::{Foreign, OperationKind, OperationRow, OperationState, Origin};
use serde_json::{Value, json};

use crate::answer::Reply;
use crate::wire::Request;
use crate::{ClientError, values};

/// Transactions on one page of the platform's list.
pub(crate) const PAGE: usize = 500;
/// The longest list that is fetched: a period with more is told to be incomplete.
pub(crate) const MOST_PAGES: usize = 400;

pub(crate) const PURCHASES: &str =
    "query Purchases($partner_id: String!, $project_id: String, $earlier: String, $later: String, $limit: Int) {
  get_partner_fan_points_transactions(partner_id: $partner_id, project_id: $project_id,
    earlier_than_date: $earlier, later_than_date: $later, limit: $limit) {
    result { date purchase_id transaction_type user_id{device} purchase_items { purchase_item_id amount title rate_label price currency } }
  }
}";

pub(crate) const AWARDS: &str = "query Awards($partner_id: String!, $earlier: String, $limit: Int) {
  get_partner_status_points_transactions(partner_id: $partner_id, earlier_than: $earlier, limit: $limit) {
    result { date action_id amount user_id{device} title }
  }
}";

/// What servers of this project tell beside the base API: the paired device that booked a transaction.
const DEVICE: &str = " device { name store }";

/// A transaction as the platform lists it; the undos of the items of one purchase are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// What the partner called it: the id of the operation, where this device made it.
    pub id: String,
    pub kind: OperationKind,
    /// What an undo undoes; the same as `kind` otherwise.
    pub of: OperationKind,
    pub user_id: Option<FanPointsId>,
    /// In the fan's favour.
    pub fan_points: i64,
    pub status_points: i64,
    pub at: Timestamp,
    /// Of all items, in minor units, where the platform tells it.
    pub price: Option<i64>,
    /// Title and rate label of each item, or the title of the action.
    pub lines: Vec<(String, Option<String>)>,
    /// Where it was done, where the platform tells it.
    pub origin: Option<Origin>,
}

impl Transaction {
    pub fn is_undo(&self) -> bool {
        self.kind == OperationKind::Undo
    }
}

impl From<Transaction> for Foreign {
    fn from(one: Transaction) -> Self {
        let Transaction { id, kind, of, user_id, fan_points, status_points, at, price, lines, origin } = one;
        Self { id, kind, of, user_id, at, fan_points, status_points, price, lines, origin }
    }
}

/// How an operation stands on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    Matched,
    /// Accepted here, and the platform does not have it.
    MissingThere,
    /// The platform has it, and this device does not: another device's, or lost here.
    MissingHere,
    /// Another fan, kind or amount.
    Different,
    /// Not answered yet, and not there.
    Waiting,
    /// Not answered yet, and there already: the answer was lost.
    AnswerLost,
}

/// What is to be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    None,
    /// The platform's operator has to be told, with the id.
    Report,
    /// Look for the device that made it.
    FindDevice,
    /// A person compares the two.
    Compare,
    /// It is sent, or confirmed, by itself.
    Send,
}

impl Verdict {
    pub fn action(self) -> Action {
        match self {
            Self::Matched => Action::None,
            Self::MissingThere => Action::Report,
            Self::MissingHere => Action::FindDevice,
            Self::Different => Action::Compare,
            Self::Waiting | Self::AnswerLost => Action::Send,
        }
    }
}

/// One line of a reconciliation.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    pub verdict: Verdict,
    pub here: Option<OperationRow>,
    pub there: Option<Transaction>,
}

/// What the platform lists of a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    pub transactions: Vec<Transaction>,
    /// False: the period holds more than was fetched.
    pub complete: bool,
}

/// Compares both sides, in the order of this device's history, then what only the platform has.
pub fn compare(here: &[OperationRow], there: &[Transaction]) -> Vec<Pair> {
    let mut left: BTreeMap<(String, bool), &Transaction> = there.iter().map(|t| (key(t), t)).collect();
    let mut pairs = Vec::with_capacity(here.len());
    for row in here {
        let found = left.remove(&(row.wire_id().to_string(), row.kind == OperationKind::Undo));
        let verdict = match (row.state, found) {
            (OperationState::Accepted, Some(found)) if is_same(row, found) => Verdict::Matched,
            (OperationState::Accepted, None) => Verdict::MissingThere,
            (_, Some(found)) if !is_same(row, found) => Verdict::Different,
            (OperationState::Queued | OperationState::Sending | OperationState::Held, Some(_)) => {
                Verdict::AnswerLost
            }
            (OperationState::Queued | OperationState::Sending | OperationState::Held, None) => {
                Verdict::Waiting
            }
            // Refused here and booked there: the platform said both.
            (OperationState::Refused, Some(_)) => Verdict::Different,
            (OperationState::Moved, Some(_)) | (OperationState::Accepted, Some(_)) => Verdict::Matched,
            (OperationState::Refused | OperationState::Moved, None) => continue,
        };
        pairs.push(Pair { verdict, here: Some(row.clone()), there: found.cloned() });
    }
    // In the platform's own order.
    let rest = there.iter().filter(|t| left.contains_key(&key(t)));
    pairs.extend(rest.map(|t| Pair { verdict: Verdict::MissingHere, here: None, there: Some(t.clone()) }));
    pairs
}

fn key(transaction: &Transaction) -> (String, bool) {
    (transaction.id.clone(), transaction.kind == OperationKind::Undo)
}

fn is_same(row: &OperationRow, there: &Transaction) -> bool {
    let fan = match (row.user_id, there.user_id) {
        (Some(here), Some(there)) => here == there,
        // A fan known by a pseudonym alone can not be compared.
        (None, _) | (_, None) => true,
    };
    fan && row.wire_kind() == there.of
        && row.booked_fan_points.unwrap_or(row.fan_points).0 == there.fan_points
        && row.booked_status_points.unwrap_or(row.status_points).0 == there.status_points
}

/// A page of the list, as the platform numbers it, and where the next one begins.
pub(crate) struct PageRead {
    pub transactions: Vec<Transaction>,
    pub oldest: Option<String>,
    pub is_last: bool,
}

pub(crate) fn purchases_request(
    partner_id: &str,
    project_id: Option<&str>,
    earlier: &str,
    later: &str,
    with_device: bool,
) -> Request {
    let variables = json!({
        "partner_id": partner_id, "project_id": project_id, "earlier": earlier, "later": later, "limit": PAGE,
    });
    Request::fixed(&asking(PURCHASES, with_device), "Purchases", variables)
}

pub(crate) fn awards_request(partner_id: &str, earlier: &str, with_device: bool) -> Request {
    let variables = json!({ "partner_id": partner_id, "earlier": earlier, "limit": PAGE });
    Request::fixed(&asking(AWARDS, with_device), "Awards", variables)
}

fn asking(query: &str, with_device: bool) -> String {
    query.replace("{device}", if with_device { DEVICE } else { "" })
}

pub(crate) fn read_page(reply: &Reply, field: &str) -> Result<PageRead, ClientError> {
    let list = reply.field(field).and_then(|outcome| outcome.get("result")).and_then(Value::as_array);
    let list = list.ok_or_else(|| {
        let forbidden = reply.errors.iter().any(crate::answer::Fault::is_forbidden);
        if forbidden { ClientError::Forbidden } else { ClientError::Malformed }
    })?;
    let transactions = list.iter().map(read_one).collect::<Option<Vec<_>>>().ok_or(ClientError::Malformed)?;
    let oldest = list.last().and_then(|one| one.get("date")).and_then(Value::as_str).map(str::to_owned);
    Ok(PageRead { transactions, oldest, is_last: list.len() < PAGE })
}

fn read_one(one: &Value) -> Option<Transaction> {
    let at = values::time(one.get("date")?)?;
    let user_id = one.get("user_id").and_then(Value::as_str).and_then(|text| text.parse().ok());
    if let Some(id) = one.get("purchase_id") {
        let (kind, of) = match one.get("transaction_type")?.as_str()? {
            "distributed_on_purchase" => (OperationKind::Give, OperationKind::Give),
            "purchased_with_fanpoints" => (OperationKind::Redeem, OperationKind::Redeem),
            "undo_distributed_on_purchase" => (OperationKind::Undo, OperationKind::Give),
            "undo_purchased_with_fanpoints" => (OperationKind::Undo, OperationKind::Redeem),
            _ => return None,
        };
        let items = one.get("purchase_items")?.as_array()?;
        let mut amounts = items.iter().map(|item| item.get("amount")?.as_i64());
        let fan_points = amounts.try_fold(0_i64, |sum, n| sum.checked_add(n?))?;
        let prices = items.iter().map(|item| values::money(item.get("price")?, item.get("currency")?));
        let price = prices.map(|price| price.map(|price| price.minor)).sum();
        let lines = items.iter().filter_map(line).collect();
        let id = id.as_str()?.to_owned();
        let origin = origin(one);
        return Some(Transaction {
            id,
            kind,
            of,
            user_id,
            fan_points,
            status_points: 0,
            at,
            price,
            lines,
            origin,
        });
    }
    let status_points = one.get("amount")?.as_i64()?;
    let kind = if status_points < 0 { OperationKind::Undo } else { OperationKind::Award };
    let id = one.get("action_id")?.as_str()?.to_owned();
    let of = OperationKind::Award;
    let lines = line(one).into_iter().collect();
    let origin = origin(one);
    Some(Transaction { id, kind, of, user_id, fan_points: 0, status_points, at, price: None, lines, origin })
}

fn origin(one: &Value) -> Option<Origin> {
    let device = one.get("device").filter(|device| !device.is_null())?;
    let text = |name: &str| device.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Origin { device: text("name")?, store: text("store")? })
}

fn line(one: &Value) -> Option<(String, Option<String>)> {
    let text = |name: &str| one.get(name).and_then(Value::as_str).map(str::to_owned);
    Some((text("title")?, text("rate_label")))
}

/// The undos of several items of one purchase are one undo here.
pub(crate) fn join_undos(listed: Vec<Transaction>) -> Vec<Transaction> {
    let mut joined: Vec<Transaction> = Vec::with_capacity(listed.len());
    let mut place: BTreeMap<String, usize> = BTreeMap::new();
    for one in listed {
        if one.kind == OperationKind::Undo
            && let Some(known) = place.get(&one.id).and_then(|index| joined.get_mut(*index))
        {
            known.fan_points = known.fan_points.saturating_add(one.fan_points);
            known.status_points = known.status_points.saturating_add(one.status_points);
            continue;
        }
        if one.kind == OperationKind::Undo {
            place.insert(one.id.clone(), joined.len());
        }
        joined.push(one);
    }
    joined
}
