//! Arguments of operations: their GraphQL types, and how they become the ledger's.

use std::collections::BTreeSet;

use async_graphql::{Enum, Error, InputObject};
use ledger::{Item, Money, Refusal};
use rust_decimal::Decimal;

use crate::auth::access::bad_argument;
use crate::store::catalogue::ledger_label;
use crate::store::purchases::OrderItem;

#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "lowercase")]
pub enum Currency {
    Chf,
    Eur,
    Fp,
    Usd,
}

impl From<Currency> for ledger::Currency {
    fn from(currency: Currency) -> Self {
        match currency {
            Currency::Chf => Self::Chf,
            Currency::Eur => Self::Eur,
            Currency::Fp => Self::Fp,
            Currency::Usd => Self::Usd,
        }
    }
}

impl From<ledger::Currency> for Currency {
    fn from(currency: ledger::Currency) -> Self {
        match currency {
            ledger::Currency::Chf => Self::Chf,
            ledger::Currency::Eur => Self::Eur,
            ledger::Currency::Fp => Self::Fp,
            ledger::Currency::Usd => Self::Usd,
        }
    }
}

#[derive(InputObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct PurchaseItemPriceInput {
    pub currency: Currency,
    pub price: f64,
    pub rate_label: Option<String>,
}

#[derive(InputObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct PurchaseItemInput {
    pub currency: Currency,
    pub custom_purchase_item_id: Option<String>,
    pub description: String,
    pub price: f64,
    pub rate_label: Option<String>,
    pub title: String,
}

#[derive(InputObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct StringFilter {
    pub contains: Option<String>,
}

#[derive(InputObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct FanPointsTransactionsFilter {
    pub combined_user_id_title: Option<StringFilter>,
    pub title: Option<StringFilter>,
    pub user_id: Option<StringFilter>,
}

/// The text that a filter asks for.
pub fn contains(filter: Option<StringFilter>) -> Option<String> {
    filter.and_then(|filter| filter.contains).filter(|text| !text.is_empty())
}

/// A price as an exact amount. JSON numbers are read as their shortest decimal text, so 0.1 is a tenth.
pub fn money(price: f64, currency: Currency) -> Result<Money, Refusal> {
    let exact = price.is_finite().then(|| price.to_string());
    let decimal = exact.and_then(|text| Decimal::from_str_exact(&text).ok());
    let decimal = decimal.filter(|price| *price > Decimal::ZERO).ok_or(Refusal::InvalidAmount)?;
    Money::from_decimal(decimal, currency.into())
}

/// An item of an estimate.
pub fn price_item(input: &PurchaseItemPriceInput) -> Result<Item, Refusal> {
    let price = money(input.price, input.currency)?;
    Ok(Item { price, rate_label: ledger_label(input.rate_label.as_deref()).map(str::to_owned) })
}

/// Why a list of purchase items is not taken, by the refusal's wire name.
pub type WireRefusal = &'static str;

pub const INVALID_TRANSACTION_ID: WireRefusal = "invalid_transaction_id_error";
pub const NON_UNIQUE_ITEM_IDS: WireRefusal = "non_unique_purchase_item_ids_error";

/// Items with ids that are unique in the purchase. Items without an id get the lowest free number.
pub fn order_items(inputs: Vec<PurchaseItemInput>) -> Result<Vec<OrderItem>, ItemsRefused> {
    if inputs.iter().any(|input| !is_text(&input.title) || !is_text(&input.description)) {
        return Err(ItemsRefused::Text);
    }
    let mut taken = BTreeSet::new();
    for id in inputs.iter().filter_map(|input| input.custom_purchase_item_id.as_ref()) {
        if !is_custom_id(id) {
            return Err(ItemsRefused::Wire(INVALID_TRANSACTION_ID));
        }
        if !taken.insert(id.clone()) {
            return Err(ItemsRefused::Wire(NON_UNIQUE_ITEM_IDS));
        }
    }
    let mut numbers = (1_u32..).map(|number| number.to_string()).filter(|number| !taken.contains(number));
    let items = inputs.into_iter().map(|input| {
        let price = money(input.price, input.currency).map_err(ItemsRefused::Ledger)?;
        let item_id = input.custom_purchase_item_id.or_else(|| numbers.next()).unwrap_or_default();
        Ok(OrderItem {
            item_id,
            title: input.title,
            description: input.description,
            price,
            rate_label: input.rate_label,
        })
    });
    items.collect()
}

/// Why items were not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemsRefused {
    /// A title or a description is no [`is_text`].
    Text,
    Wire(WireRefusal),
    Ledger(Refusal),
}

/// What is counted ends somewhere.
pub const MOST_COUNTED: i64 = 1_000_000_000;

const MAX_ID_CHARACTERS: usize = 128;

/// Ids that callers choose: not empty, not long, no control characters, no blanks at the ends.
pub fn is_custom_id(id: &str) -> bool {
    !id.is_empty()
        && id.trim() == id
        && id.chars().count() <= MAX_ID_CHARACTERS
        && !id.chars().any(char::is_control)
}

/// Texts that people read: any, with line breaks and tabs, but no other control characters.
pub fn is_text(text: &str) -> bool {
    !text.chars().any(|char| char.is_control() && !matches!(char, '\n' | '\r' | '\t'))
}

const MOST: u32 = 1000;

/// The length of a list: at most, and without an argument, 1,000.
pub fn limit(limit: Option<i32>) -> Result<u32, Error> {
    match limit {
        None => Ok(MOST),
        Some(limit) => match u32::try_from(limit) {
            Ok(limit) => Ok(limit.min(MOST)),
            Err(_) => Err(bad_argument("a limit can not be negative")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_become_exact_amounts() {
        assert_eq!(money(25.0, Currency::Chf).unwrap().minor, 2500);
        assert_eq!(money(0.1, Currency::Chf).unwrap().minor, 10);
        assert_eq!(money(1234.56, Currency::Eur).unwrap().minor, 123_456);
        assert_eq!(money(700.0, Currency::Fp).unwrap().minor, 700);
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for price in [0.0, -0.0, -1.0, 0.001, 0.1 + 0.2, f64::NAN, f64::INFINITY, 1e300, 1e-300, 1e19] {
            assert!(money(price, Currency::Chf).is_err(), "{price}");
        }
        assert!(money(1.5, Currency::Fp).is_err(), "points are whole");
    }

    #[test]
    fn items_without_an_id_get_free_numbers() {
        let item = |id: Option<&str>| PurchaseItemInput {
            currency: Currency::Chf,
            custom_purchase_item_id: id.map(str::to_owned),
            description: String::new(),
            price: 1.0,
            rate_label: None,
            title: String::new(),
        };
        let items = order_items(vec![item(None), item(Some("2")), item(None)]).unwrap();
        assert_eq!(items.iter().map(|item| item.item_id.as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
        assert_eq!(
            order_items(vec![item(Some("a")), item(Some("a"))]).unwrap_err(),
            ItemsRefused::Wire(NON_UNIQUE_ITEM_IDS)
        );
        let titled = |title: &str| PurchaseItemInput { title: title.to_owned(), ..item(None) };
        assert!(order_items(vec![titled("two\r\n\tlines \u{1f9e3}")]).is_ok());
        for bad in ["a\u{0}b", "\u{7}", "\u{1b}[31m", "\u{7f}", "\u{85}"] {
            assert_eq!(order_items(vec![titled(bad)]).unwrap_err(), ItemsRefused::Text, "{bad:?}");
        }
        assert_eq!(
            order_items(vec![item(Some("\u{7}"))]).unwrap_err(),
            ItemsRefused::Wire(INVALID_TRANSACTION_ID)
        );
    }
}
