//! `fanpoints-partner://distribute?user_id=008407119295`: another program asks to serve a fan.
//!
//! A link identifies and does no more: it is as little trusted as a typed id, and staff confirms what follows.

use std::sync::{Mutex, PoisonError};

use tauri::{AppHandle, Manager as _};
use tauri_plugin_deep_link::DeepLinkExt as _;
use tauri_specta::Event as _;

use crate::events::LinkOpened;

const SCHEME: &str = "fanpoints-partner://";
const LONGEST: usize = 400;

/// The newest link that no window has taken yet.
#[derive(Default)]
pub struct Links(Mutex<Option<String>>);

impl Links {
    pub fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Listens for links, and takes the one that the app was started with.
pub fn listen(app: &AppHandle, first: Option<&str>) {
    let handle = app.clone();
    app.deep_link().on_open_url(move |event| {
        for url in event.urls() {
            open(&handle, url.as_str());
        }
    });
    if let Some(url) = first {
        open(app, url);
    }
}

/// Takes a link that says whom to serve; others are not for this app.
pub fn open(app: &AppHandle, url: &str) {
    let Some(code) = code_of(url) else {
        tracing::info!("a link that asks for nothing known");
        return;
    };
    if let Some(links) = app.try_state::<Links>() {
        *links.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(code);
    }
    if let Err(error) = LinkOpened(()).emit(app) {
        tracing::debug!(%error, "a window was not told of a link");
    }
}

/// The fan's id in a link.
fn code_of(url: &str) -> Option<String> {
    if url.len() > LONGEST {
        return None;
    }
    let (path, query) = url.strip_prefix(SCHEME)?.split_once('?')?;
    if path.trim_end_matches('/') != "distribute" {
        return None;
    }
    let id = query.split('&').find_map(|pair| pair.strip_prefix("user_id="))?;
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::code_of;

    #[test]
    fn a_link_names_a_fan_and_nothing_else() {
        assert_eq!(
            code_of("fanpoints-partner://distribute?user_id=008407119295").as_deref(),
            Some("008407119295")
        );
        assert_eq!(code_of("fanpoints-partner://distribute/?a=b&user_id=12").as_deref(), Some("12"));
        for other in [
            "fanpoints-partner://distribute?user_id=",
            "fanpoints-partner://distribute?user_id=%3Cscript",
            "fanpoints-partner://redeem?user_id=008407119295",
            "https://distribute?user_id=008407119295",
            "fanpoints-partner://distribute",
        ] {
            assert_eq!(code_of(other), None, "{other}");
        }
        assert_eq!(code_of(&format!("fanpoints-partner://distribute?user_id={}", "1".repeat(400))), None);
    }
}
