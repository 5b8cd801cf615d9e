//! Frames from a folder take the way of a camera: source, decoder, fan's card.

use crate::steps::FAN;
use crate::support::{Code, Platform, Shop, Stage, Till, frames};

#[tokio::test]
async fn frames_run_through_the_camera_to_the_fans_card() {
    let stage = Stage::new("camera");
    let platform = Platform::start(&stage).await;
    let folder = frames(stage.path("frames"), &platform.code_picture(FAN, Code::Card).await);
    let mut till = Till::on(&stage).paired(platform.pairing(Shop::ClubShop)).camera(folder).open().await;
    till.has("strip", "state", "online").await;
    till.press("camera-start").await;
    till.find("camera-preview").await;
    assert_eq!(till.text("fan-label").await, "0084 0711 9295");
    till.has("fan-card", "trust", "card").await;
    till.has("camera-preview", "seen", "true").await;
    till.shot("camera").await;
    till.press("camera-stop").await;
    till.gone("camera-preview").await;
    till.close().await;
}
