//! The camera's pictures for the web view: `preview://localhost/frame?after=N` answers with the next newer one.
//!
//! The web view asks again when it has drawn, so a slow screen never makes pictures pile up and the channel
//! for commands stays free.

use partner::Terminal;
use tauri::http::{Request, Response, StatusCode, header};
use tauri::{Manager, UriSchemeContext, UriSchemeResponder, Wry};

pub const SCHEME: &str = "preview";

/// Answers one request: a JPEG, or 204 when there is no newer picture within a second.
pub fn answer(
    context: &UriSchemeContext<'_, Wry>,
    request: &Request<Vec<u8>>,
    responder: UriSchemeResponder,
) {
    let after = request
        .uri()
        .query()
        .and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("after=")))
        .and_then(|number| number.parse::<u32>().ok())
        .unwrap_or(0);
    let Some(terminal) = context.app_handle().try_state::<Terminal>().map(|state| state.inner().clone())
    else {
        responder.respond(empty(StatusCode::SERVICE_UNAVAILABLE));
        return;
    };
    tauri::async_runtime::spawn(async move {
        responder.respond(match terminal.next_preview(after).await {
            Some(jpeg) => picture(jpeg.to_vec()),
            None => empty(StatusCode::NO_CONTENT),
        });
    });
}

fn picture(jpeg: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(jpeg);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("image/jpeg"));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

fn empty(status: StatusCode) -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = status;
    response
}
