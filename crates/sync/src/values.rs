//! Amounts and dates as they stand on the wire: numbers with decimals, and dates without a zone.

use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use ledger::{Currency, Money, Timestamp};
use rust_decimal::Decimal;
use serde_json::{Number, Value};

/// A price as a JSON number. It goes by way of its digits: no arithmetic with fractions anywhere.
pub(crate) fn price(money: Money) -> Value {
    let digits = money.to_decimal().to_string();
    serde_json::from_str::<Number>(&digits).map_or(Value::Null, Value::Number)
}

/// A JSON number as the decimal that was meant: the shortest that reads as the same number.
pub(crate) fn decimal(value: &Value) -> Option<Decimal> {
    let digits = value.as_number()?.to_string();
    Decimal::from_str(&digits).or_else(|_| Decimal::from_scientific(&digits)).ok()
}

/// Price and currency of an item.
pub(crate) fn money(price: &Value, currency: &Value) -> Option<Money> {
    let currency: Currency = currency.as_str()?.parse().ok()?;
    Money::from_decimal(decimal(price)?, currency).ok()
}

/// A date: `2024-02-17 12:08:43.488364` in UTC, or RFC 3339.
pub(crate) fn time(value: &Value) -> Option<Timestamp> {
    let text = value.as_str()?.trim();
    if let Ok(instant) = jiff::Timestamp::from_str(text) {
        return Some(Timestamp(instant.as_millisecond()));
    }
    let civil = DateTime::from_str(text).ok()?;
    Some(Timestamp(civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond()))
}

/// A time as the platform takes it: UTC, without a zone.
pub(crate) fn date(time: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(time.0)
        .unwrap_or(jiff::Timestamp::MIN)
        .strftime("%Y-%m-%d %H:%M:%S.%6f")
        .to_string()
}

/// A time with its zone (RFC 3339).
pub(crate) fn instant(time: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(time.0).unwrap_or(jiff::Timestamp::MIN).to_string()
}

/// The wall clock of this device.
pub(crate) fn wall_clock() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn prices_are_plain_numbers() {
        assert_eq!(price(Money::new(25_00, Currency::Chf)).to_string(), "25.0");
        assert_eq!(price(Money::new(1, Currency::Eur)).to_string(), "0.01");
        assert_eq!(price(Money::new(700, Currency::Fp)).to_string(), "700");
    }

    #[test]
    fn dates_of_both_forms() {
        assert_eq!(time(&json!("2024-02-17 12:08:43.488364")), Some(Timestamp(1_708_171_723_488)));
        assert_eq!(time(&json!("2024-02-17T12:08:43Z")), Some(Timestamp(1_708_171_723_000)));
        assert_eq!(time(&json!("2024-02-17T13:08:43+01:00")), Some(Timestamp(1_708_171_723_000)));
        assert_eq!(time(&json!("yesterday")), None);
        assert_eq!(time(&json!(17)), None);
    }

    proptest! {
        #[test]
        fn a_price_is_read_back_as_it_was(minor in -10_000_000_000_i64..10_000_000_000) {
            let sent = Money::new(minor, Currency::Chf);
            prop_assert_eq!(money(&price(sent), &json!("chf")), Some(sent));
        }
    }
}
