//! The camera's pictures for the web view: `preview://localhost/frame?number=N` is the picture that the camera signal
//! with this number told of.
//!
//! The web view asks for the newest one when it has drawn the last, so a slow screen never makes pictures pile up and
//! the channel for commands stays free; and it draws each with the outlines that came with its number.

use partner::Terminal;
use tauri::http::{Request, Response, StatusCode, header};
use tauri::{Manager, UriSchemeContext, Wry};

pub const SCHEME: &str = "preview";

/// Answers one request: a JPEG, or 204 when the picture is gone.
pub fn answer(context: &UriSchemeContext<'_, Wry>, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
    let number = request
        .uri()
        .query()
        .and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("number=")))
        .and_then(|number| number.parse::<u32>().ok());
    let terminal = context.app_handle().try_state::<Terminal>();
    let jpeg = terminal.zip(number).and_then(|(terminal, number)| terminal.preview(number));
    jpeg.map_or_else(|| empty(StatusCode::NO_CONTENT), |jpeg| picture(jpeg.to_vec()))
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
