//! Dates on the wire: UTC with microseconds in answers, ISO 8601 in arguments.

use async_graphql::Error;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::auth::access::bad_argument;

/// `2024-02-17 12:08:43.488364`, from microseconds since the Unix epoch.
pub fn text(date_us: i64) -> String {
    match Timestamp::from_microsecond(date_us) {
        Ok(timestamp) => timestamp.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string(),
        // Dates come from this server's clock; beyond the year 9999 they are shown as they are.
        Err(_) => date_us.to_string(),
    }
}

/// Microseconds since the Unix epoch. `T` or a space between date and time; UTC where no offset is given.
pub fn parse(text: &str) -> Result<i64, Error> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Ok(timestamp.as_microsecond());
    }
    let civil = text.parse::<DateTime>().map_err(|_| bad_argument("a date must be ISO 8601"))?;
    let zoned = civil.to_zoned(TimeZone::UTC).map_err(|_| bad_argument("a date is out of range"))?;
    Ok(zoned.timestamp().as_microsecond())
}

/// As [`parse`], for an argument that may be absent.
pub fn parse_optional(text: Option<&str>) -> Result<Option<i64>, Error> {
    text.map(parse).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_have_six_decimals_and_are_read_back() {
        assert_eq!(text(1_708_171_723_488_364), "2024-02-17 12:08:43.488364");
        assert_eq!(text(1_708_171_723_000_000), "2024-02-17 12:08:43.000000");
        assert_eq!(parse("2024-02-17 12:08:43.488364").unwrap(), 1_708_171_723_488_364);
    }

    #[test]
    fn arguments_take_a_t_or_a_space_and_an_offset() {
        let expected = 1_708_171_723_000_000;
        for text in [
            "2024-02-17T12:08:43",
            "2024-02-17 12:08:43",
            "2024-02-17T12:08:43Z",
            "2024-02-17 12:08:43+00:00",
            "2024-02-17T14:08:43+02:00",
        ] {
            assert_eq!(parse(text).unwrap(), expected, "{text}");
        }
        assert_eq!(parse("2024-02-17").unwrap(), 1_708_128_000_000_000);
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "yesterday", "2024-13-01", "2024-02-30 10:00:00", "1708171723"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
