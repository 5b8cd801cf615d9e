//! What a fan can show beside an own code: a voucher, a discount code, a product to be handed over.
//!
//! None of them is signed, so none proves anything: only the platform can say what it is worth. Written as links such
//! as `https://fanpoints.app/voucher?voucher_id=…`, or as JSON with a version; a voucher also as its bare id.

use serde::Deserialize;

use crate::code::JSON_V1_VERSION;
use crate::{CodeRefusal, Malformed};

const SITE: &str = "https://fanpoints.app/";
const LONGEST_ID: usize = 128;
/// A voucher's id is a UUID.
const UUID_DASHES: [usize; 4] = [8, 13, 18, 23];
const UUID_LENGTH: usize = 36;

/// Something to be looked up on the platform by its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GoodsCode {
    /// Points for whoever redeems it.
    Voucher { voucher_id: String },
    /// Another rate, once.
    Discount { discount_code: String },
    /// One piece of a sale.
    Product { group_id: String, nr: u32 },
}

/// The link of a voucher, as short as a small QR code wants it.
pub fn encode_voucher(voucher_id: &str) -> String {
    format!("{SITE}voucher?voucher_id={}", encoded(voucher_id))
}

/// The link of a discount code.
pub fn encode_discount(discount_code: &str) -> String {
    format!("{SITE}discount?discount_code={}", encoded(discount_code))
}

/// The link of a piece of a sale.
pub fn encode_product(group_id: &str, nr: u32) -> String {
    format!("{SITE}product?group_id={}&nr={nr}", encoded(group_id))
}

/// None: the text is none of these.
pub(crate) fn parse_goods(text: &str) -> Option<Result<GoodsCode, CodeRefusal>> {
    if text.starts_with('{') {
        return json(text);
    }
    if is_uuid(text) {
        return Some(Ok(GoodsCode::Voucher { voucher_id: text.to_ascii_lowercase() }));
    }
    let head = text.get(..SITE.len()).filter(|head| head.eq_ignore_ascii_case(SITE))?;
    let (page, query) = text.get(head.len()..)?.split_once('?')?;
    let page = page.trim_end_matches('/');
    let parts = Parts::of(query);
    if page.eq_ignore_ascii_case("voucher") {
        Some(parts.id("voucher_id").map(|voucher_id| GoodsCode::Voucher { voucher_id }))
    } else if page.eq_ignore_ascii_case("discount") {
        Some(parts.id("discount_code").map(|discount_code| GoodsCode::Discount { discount_code }))
    } else if page.eq_ignore_ascii_case("product") {
        Some(parts.id("group_id").and_then(|group_id| Ok(GoodsCode::Product { group_id, nr: parts.nr()? })))
    } else {
        None
    }
}

/// What a link says behind its question mark.
struct Parts<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Parts<'a> {
    fn of(query: &'a str) -> Self {
        let query = query.split('#').next().unwrap_or(query);
        Self(query.split('&').filter_map(|pair| pair.split_once('=')).collect())
    }

    /// The only value of this name: of two, nobody knows which is meant.
    fn one(&self, name: &str) -> Option<&'a str> {
        let mut values = self.0.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let (_, value) = values.next()?;
        values.next().is_none().then_some(*value)
    }

    fn id(&self, name: &str) -> Result<String, CodeRefusal> {
        good(self.one(name).and_then(decoded))
    }

    /// The first piece where none is named.
    fn nr(&self) -> Result<u32, CodeRefusal> {
        match self.one("nr") {
            None => Ok(1),
            Some(text) => text.parse().map_err(|_| CodeRefusal::Malformed(Malformed::Goods)),
        }
    }
}

#[derive(Deserialize)]
struct Json {
    version: Option<u64>,
    voucher_id: Option<String>,
    discount_code: Option<String>,
    group_id: Option<String>,
    nr: Option<u32>,
}

fn json(text: &str) -> Option<Result<GoodsCode, CodeRefusal>> {
    // A fan's own code names a user; whatever else it says, it is read as one.
    let ours = ["\"voucher_id\"", "\"discount_code\"", "\"group_id\""].iter().any(|name| text.contains(name));
    if !ours || text.contains("\"user_id\"") || !text.contains("\"version\"") {
        return None;
    }
    let Ok(json) = serde_json::from_str::<Json>(text) else {
        return Some(Err(CodeRefusal::Malformed(Malformed::Json)));
    };
    if json.version != Some(JSON_V1_VERSION) {
        return Some(Err(CodeRefusal::Malformed(Malformed::Version)));
    }
    Some(match (json.voucher_id, json.discount_code, json.group_id) {
        (Some(id), None, None) => good(Some(id)).map(|voucher_id| GoodsCode::Voucher { voucher_id }),
        (None, Some(code), None) => {
            good(Some(code)).map(|discount_code| GoodsCode::Discount { discount_code })
        }
        (None, None, Some(group)) => {
            good(Some(group)).map(|group_id| GoodsCode::Product { group_id, nr: json.nr.unwrap_or(1) })
        }
        _ => Err(CodeRefusal::Malformed(Malformed::Goods)),
    })
}

/// Ids are 1 to 128 characters without control characters.
fn good(id: Option<String>) -> Result<String, CodeRefusal> {
    id.map(|id| id.trim().to_owned())
        .filter(|id| !id.is_empty() && id.chars().count() <= LONGEST_ID && !id.chars().any(char::is_control))
        .ok_or(CodeRefusal::Malformed(Malformed::Goods))
}

fn is_uuid(text: &str) -> bool {
    text.len() == UUID_LENGTH
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if UUID_DASHES.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let (high, low) =
                (char::from(rest.next()?).to_digit(16)?, char::from(rest.next()?).to_digit(16)?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
