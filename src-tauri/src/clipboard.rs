//! What was copied elsewhere. The web view is not shown pictures on every system, so the app asks for itself.

use partner::{AppError, Copied, ErrorCode};

/// Reads a picture, else a text. Blocks, for it talks to the program that copied.
#[cfg(desktop)]
pub fn read() -> Result<Copied, AppError> {
    use arboard::{Clipboard, Error};

    let failed = |error: Error| match error {
        Error::ContentNotAvailable => AppError::new(ErrorCode::ClipboardEmpty),
        Error::ConversionFailure => AppError::new(ErrorCode::PictureUnreadable),
        // The text of an error may quote what was copied.
        _ => AppError::new(ErrorCode::ClipboardEmpty).retryable(),
    };
    let mut clipboard = Clipboard::new().map_err(failed)?;
    match clipboard.get_image() {
        Ok(picture) => {
            let side = |pixels: usize| u32::try_from(pixels).map_err(|_| ErrorCode::PictureTooLarge);
            let (width, height) = (side(picture.width)?, side(picture.height)?);
            Ok(Copied::Picture { width, height, rgba: picture.bytes.into_owned() })
        }
        Err(Error::ContentNotAvailable) => clipboard.get_text().map(Copied::Text).map_err(failed),
        Err(error) => Err(failed(error)),
    }
}

/// Phones give pictures by sharing, not by copying.
#[cfg(mobile)]
pub fn read() -> Result<Copied, AppError> {
    Err(AppError::new(ErrorCode::ClipboardEmpty))
}
