//! A picture of a code is dropped on the counter, or pasted from the clipboard.

use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::steps::{FAN, open_shop};
use crate::support::{Code, Keyboard, Stage};

/// Drops a file, given as base64, on the middle of the counter.
const DROP: &str = "
    const bytes = Uint8Array.from(atob(arguments[0]), (character) => character.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], 'code.png', { type: 'image/png' }));
    const counter = document.querySelector('[data-testid=counter]');
    for (const type of ['dragenter', 'dragover', 'drop']) {
        counter.dispatchEvent(new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true }));
    }
";

#[tokio::test]
async fn a_picture_is_dropped_on_the_counter() {
    let stage = Stage::new("drop");
    let (platform, mut till) = open_shop(&stage).await;
    let picture = platform.code_picture(FAN, Code::Card).await;
    till.client()
        .execute(DROP, vec![json!(STANDARD.encode(&picture))])
        .await
        .expect("the window takes a drop");
    till.reads("fan-label", "0084 0711 9295").await;
    till.has("fan-card", "trust", "card").await;
    till.close().await;
}

#[tokio::test]
async fn a_picture_is_pasted_from_the_clipboard() {
    let stage = Stage::new("paste");
    let (platform, mut till) = open_shop(&stage).await;
    let picture = stage.file("clipboard.png", &platform.code_picture(FAN, Code::Card).await);
    let copied = Command::new("xclip")
        .args(["-selection", "clipboard", "-t", "image/png", "-i"])
        .arg(&picture)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("xclip is installed");
    assert!(copied.success());
    Keyboard::at_window("FanPoints Partner").await.press("ctrl+v");
    till.reads("fan-label", "0084 0711 9295").await;
    till.has("fan-card", "trust", "card").await;
    till.close().await;
}
