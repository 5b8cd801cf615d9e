//! The codes of an example fan, as the fan's own phone would show them.

use fanpass::{IssueError, LiveProof, PassContent, SigningKey};
use image::{ImageEncoder as _, Luma};
use ledger::FanPoints;
use qrcode::{EcLevel, QrCode};
use serde::Serialize;

use crate::store::fans::Fan;
use crate::store::keys::PassKeys;

/// A live pass is shown so long before the next one.
pub const LIVE_SECONDS: u64 = 15;
/// The platform's part of a live pass is good for so long without a network on the fan's phone.
const LIVE_VALID: u32 = 86_400;
const CARD_VALID: u32 = 30 * 86_400;

/// The texts of all codes. `live` is another one each time.
#[derive(Clone, Debug, Serialize)]
pub struct Codes {
    pub user_id: String,
    pub pseudonym: String,
    pub live: String,
    pub card: String,
    pub json_v1: String,
    pub deep_link: String,
    pub id: String,
    /// Seconds until the next live pass is due.
    pub live_seconds: u64,
}

/// Why codes could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    #[error("no pass key is in use now")]
    NoKey,
    #[error("the pass could not be issued: {0}")]
    Issue(#[from] IssueError),
    #[error("the text does not fit in a QR code: {0}")]
    TooLong(#[from] qrcode::types::QrError),
    #[error("the picture could not be written: {0}")]
    Picture(#[from] image::ImageError),
}

impl Codes {
    /// All codes of a fan at a time, milliseconds since the Unix epoch.
    pub fn make(
        fan: &Fan,
        keys: &PassKeys,
        device: &SigningKey,
        allowance: FanPoints,
        now_ms: i64,
    ) -> Result<Self, CodeError> {
        let now = u32::try_from(now_ms / 1000).unwrap_or(u32::MAX);
        let key = keys.current(now).ok_or(CodeError::NoKey)?;
        let content = PassContent {
            program: fan.program.0,
            pseudonym: fan.pseudonym,
            issued_at: now,
            valid_until: now.saturating_add(CARD_VALID),
            fan_points: u32::try_from(fan.wallet.0).unwrap_or(u32::MAX),
            status_points: u32::try_from(fan.standing.0.max(0)).unwrap_or(u32::MAX),
            offline_allowance: allowance,
        };
        let card = fanpass::issue_card(&key.key, key.id, &content)?;
        let live = PassContent { valid_until: now.saturating_add(LIVE_VALID), ..content };
        let grant = fanpass::issue_live(&key.key, key.id, &live, &device.verifying_key())?;
        let proof = LiveProof { time: now, counter: proof_counter(now_ms) };
        Ok(Self {
            user_id: fan.id.to_string(),
            pseudonym: fan.pseudonym.to_string(),
            live: fanpass::device_proof(device, &grant, proof)?,
            card,
            json_v1: fanpass::encode_json_v1(fan.id),
            deep_link: fanpass::encode_deep_link(fan.id),
            id: fan.id.to_string(),
            live_seconds: LIVE_SECONDS,
        })
    }
}

/// Rises with the clock, four times a second, so that it needs no memory and never repeats after a restart.
/// It fits in 32 bits until 2058.
fn proof_counter(now_ms: i64) -> u32 {
    const START_OF_2024_MS: i64 = 1_704_067_200_000;
    u32::try_from((now_ms - START_OF_2024_MS).max(0) / 250).unwrap_or(u32::MAX)
}

/// A QR code as a PNG: quiet zone of four modules, eight pixels a module.
pub fn qr_png(text: &str) -> Result<Vec<u8>, CodeError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    let picture = code.render::<Luma<u8>>().quiet_zone(true).module_dimensions(8, 8).build();
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    encoder.write_image(picture.as_raw(), picture.width(), picture.height(), image::ExtendedColorType::L8)?;
    Ok(bytes)
}
