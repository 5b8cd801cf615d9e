//! What the screens remember of how a person works at this device: sizes, sounds, the scanner's habits, what was skipped.
//!
//! The web view's own storage writes half a second late, which a till that is switched off does not wait for.

use crate::{AppError, ErrorCode, Terminal};

const CHOICES: &str = "choices";
/// Many times what all choices together take.
const LONGEST: usize = 64 * 1024;

impl Terminal {
    /// What the screens have kept, as they wrote it; none on a new device.
    ///
    /// # Errors
    /// When the database can not be read.
    pub async fn choices(&self) -> Result<Option<String>, AppError> {
        self.store(|store| store.setting(CHOICES)).await
    }

    /// Keeps a JSON object of the screens, durably, in place of the one before.
    ///
    /// # Errors
    /// For anything but a JSON object of at most 64 KB, and when the database does not take it.
    pub async fn keep_choices(&self, text: String) -> Result<(), AppError> {
        if !is_object(&text) {
            return Err(ErrorCode::Internal.into());
        }
        self.store(move |store| store.set_setting(CHOICES, &text)).await
    }
}

fn is_object(text: &str) -> bool {
    type Object = std::collections::BTreeMap<String, serde::de::IgnoredAny>;
    text.len() <= LONGEST && serde_json::from_str::<Object>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, is_object};

    #[test]
    fn only_an_object_of_a_sensible_size_is_kept() {
        assert!(is_object(r#"{"textSize":130,"knobs":{"0":{}}}"#));
        for wrong in ["", "null", "[]", "{\"textSize\":", "\0"] {
            assert!(!is_object(wrong), "{wrong}");
        }
        assert!(!is_object(&format!(r#"{{"camera":"{}"}}"#, "x".repeat(LONGEST))));
    }
}
