//! From a text to a code: which of the kinds it is, before anything is trusted.

use serde::Deserialize;

use crate::goods::parse_goods;
use crate::{BadId, CodeRefusal, FanPointsId, GoodsCode, Malformed, UnverifiedPass};

/// The longest text that is looked at, in bytes.
pub const MAX_TEXT: usize = 400;
/// Every signed pass begins with it.
pub const PASS_PREFIX: &str = "FP1:";
/// The version that `json_v1` codes carry.
pub const JSON_V1_VERSION: u64 = 1;
const DEEP_LINK: &str = "https://fanpoints.app/distribute";

/// What a text turned out to be. Only a pass can be verified; the others prove nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    Pass(UnverifiedPass),
    JsonV1(FanPointsId),
    DeepLink(FanPointsId),
    /// Typed, or a one- or two-dimensional code of the digits.
    Id(FanPointsId),
    /// Something that a fan holds, not the fan.
    Goods(GoodsCode),
}

/// Recognizes a code by its beginning and reads it. Blanks around it and an AIM identifier before it (`]Q1`, which
/// some scanners put there) are tolerated.
///
/// # Errors
/// `TooLong` and `NotOurs` before anything is parsed; then `Malformed` or `BadCheckDigit`.
pub fn parse(text: &str) -> Result<Code, CodeRefusal> {
    if text.len() > MAX_TEXT {
        return Err(CodeRefusal::TooLong);
    }
    let text = without_aim(text.trim_matches(|c: char| c.is_control() || c == ' ' || c == '\u{feff}'));
    if let Some(body) = text.strip_prefix(PASS_PREFIX) {
        return UnverifiedPass::decode(body).map(Code::Pass).map_err(CodeRefusal::Malformed);
    }
    if let Some(goods) = parse_goods(text) {
        return goods.map(Code::Goods);
    }
    if text.starts_with('{') {
        return json_v1(text).map(Code::JsonV1);
    }
    if let Some(query) = deep_link_query(text) {
        return deep_link(query).map(Code::DeepLink);
    }
    plain_id(text).map(Code::Id)
}

/// The `json_v1` code of a fan: `{"version":1,"user_id":"008407119295"}`.
pub fn encode_json_v1(id: FanPointsId) -> String {
    format!("{{\"version\":{JSON_V1_VERSION},\"user_id\":\"{id}\"}}")
}

/// The `deep_link_distribute` code of a fan: `https://fanpoints.app/distribute?user_id=008407119295`.
pub fn encode_deep_link(id: FanPointsId) -> String {
    format!("{DEEP_LINK}?user_id={id}")
}

/// `]`, a letter for the symbology, a modifier: no code of ours begins so.
fn without_aim(text: &str) -> &str {
    match text.as_bytes() {
        [b']', letter, modifier, ..] if letter.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric() => {
            text.get(3..).unwrap_or(text)
        }
        _ => text,
    }
}

#[derive(Deserialize)]
struct JsonV1 {
    version: Option<u64>,
    user_id: Option<String>,
}

fn json_v1(text: &str) -> Result<FanPointsId, CodeRefusal> {
    // Any other JSON in a code is none of ours; ours names a user and a version.
    if !text.contains("\"user_id\"") {
        return Err(CodeRefusal::NotOurs);
    }
    let json: JsonV1 = serde_json::from_str(text).map_err(|_| CodeRefusal::Malformed(Malformed::Json))?;
    let version = json.version.ok_or(CodeRefusal::Malformed(Malformed::Version))?;
    if version != JSON_V1_VERSION {
        return Err(CodeRefusal::Malformed(Malformed::Version));
    }
    user_id(json.user_id.as_deref())
}

/// What follows the `?` when the text is our link. Scheme, host and path in any case: QR codes in the alphanumeric
/// mode carry capitals only.
fn deep_link_query(text: &str) -> Option<&str> {
    let head = text.get(..DEEP_LINK.len())?;
    if !head.eq_ignore_ascii_case(DEEP_LINK) {
        return None;
    }
    let rest = text.get(DEEP_LINK.len()..)?;
    match rest.strip_prefix('/').unwrap_or(rest) {
        "" => Some(""),
        query => query.strip_prefix('?'),
    }
}

fn deep_link(query: &str) -> Result<FanPointsId, CodeRefusal> {
    let query = query.split('#').next().unwrap_or(query);
    let mut values = query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.eq_ignore_ascii_case("user_id").then_some(value)
    });
    let value = values.next();
    // Two ids in one link: which one would be the fan's?
    if values.next().is_some() {
        return Err(CodeRefusal::Malformed(Malformed::UserId));
    }
    user_id(value)
}

fn user_id(text: Option<&str>) -> Result<FanPointsId, CodeRefusal> {
    match text.map(str::parse) {
        Some(Ok(id)) => Ok(id),
        Some(Err(BadId::BadCheckDigit)) => Err(CodeRefusal::BadCheckDigit),
        Some(Err(_)) | None => Err(CodeRefusal::Malformed(Malformed::UserId)),
    }
}

fn plain_id(text: &str) -> Result<FanPointsId, CodeRefusal> {
    match text.parse() {
        Ok(id) => Ok(id),
        Err(BadId::BadCheckDigit) => Err(CodeRefusal::BadCheckDigit),
        // Read as EAN-13 a UPC-A code carries a zero before its twelve digits.
        Err(BadId::WrongLength(13)) => match text.strip_prefix('0') {
            Some(rest) => plain_id(rest),
            None => Err(CodeRefusal::NotOurs),
        },
        Err(BadId::WrongLength(_) | BadId::NotDigits) => Err(CodeRefusal::NotOurs),
    }
}
