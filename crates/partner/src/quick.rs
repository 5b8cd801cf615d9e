//! What a till is set up with: quick buttons that a manager defines, and codes to show on the screen.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::rights::Right;
use crate::view::QuickButton;
use crate::{AppError, ErrorCode, Terminal};

const BUTTONS: &str = "quick buttons";
const MOST_BUTTONS: usize = 24;
const LONGEST_TITLE: usize = 40;
/// What a phone still reads from a screen at arm's length.
const LONGEST_TEXT: usize = 1000;

impl Terminal {
    /// The quick buttons of this till, in their order.
    ///
    /// # Errors
    /// When the database can not be read.
    pub async fn quick_buttons(&self) -> Result<Vec<QuickButton>, AppError> {
        let text = self.store(|store| store.setting(BUTTONS)).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    /// Sets the quick buttons. Where a manager's PIN is set, it is asked for.
    ///
    /// # Errors
    /// For a wrong PIN, a button without a name, a price that is not above zero, and more than 24 of them.
    pub async fn set_quick_buttons(
        &self,
        buttons: Vec<QuickButton>,
        pin: Option<String>,
    ) -> Result<Vec<QuickButton>, AppError> {
        self.as_manager(Right::Settings, pin).await?;
        let buttons = checked(buttons)?;
        let text = serde_json::to_string(&buttons).map_err(|_| ErrorCode::Internal)?;
        self.store(move |store| store.set_setting(BUTTONS, &text)).await?;
        self.note_device("the quick buttons were changed").await?;
        Ok(buttons)
    }
}

/// A text as a QR code, as an SVG picture.
///
/// # Errors
/// When the text is longer than a phone reads from a screen.
pub fn qr_svg(text: &str) -> Result<String, AppError> {
    if text.len() > LONGEST_TEXT {
        return Err(ErrorCode::CodeTooLong.into());
    }
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| ErrorCode::CodeTooLong)?;
    Ok(code.render::<svg::Color>().min_dimensions(240, 240).build())
}

fn checked(buttons: Vec<QuickButton>) -> Result<Vec<QuickButton>, AppError> {
    if buttons.len() > MOST_BUTTONS {
        return Err(ErrorCode::TooManyItems.into());
    }
    buttons
        .into_iter()
        .map(|button| {
            let title: String = button.title.trim().chars().take(LONGEST_TITLE).collect();
            if title.is_empty() {
                return Err(AppError::new(ErrorCode::MissingField).detail("title"));
            }
            if button.price_minor <= 0 || button.price_minor > 999_999_999 {
                return Err(ErrorCode::InvalidAmount.into());
            }
            Ok(QuickButton { title, ..button })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn button(title: &str, price_minor: i64) -> QuickButton {
        QuickButton { title: title.into(), price_minor, rate_label: None }
    }

    #[test]
    fn buttons_have_a_name_and_a_price() {
        assert_eq!(checked(vec![button(" Scarf ", 2500)]).unwrap()[0].title, "Scarf");
        let code = |buttons| checked(buttons).unwrap_err().code;
        assert_eq!(code(vec![button("  ", 100)]), ErrorCode::MissingField);
        assert_eq!(code(vec![button("Scarf", 0)]), ErrorCode::InvalidAmount);
        assert_eq!(code(vec![button("Scarf", 1_000_000_000)]), ErrorCode::InvalidAmount);
        assert_eq!(code(vec![button("Scarf", 100); 25]), ErrorCode::TooManyItems);
    }

    #[test]
    fn a_code_is_a_picture_unless_it_is_too_long() {
        assert!(qr_svg("008407119295").unwrap().contains("<svg"));
        assert_eq!(qr_svg(&"x".repeat(1001)).unwrap_err().code, ErrorCode::CodeTooLong);
    }
}
