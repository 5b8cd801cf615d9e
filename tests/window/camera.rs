//! Frames from a folder take the way of a camera: source, decoder, fan's card.

use crate::steps::{FAN, key_in};
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
    till.reads("fan-label", "0084 0711 9295").await;
    till.has("fan-card", "trust", "card").await;
    till.has("camera-preview", "seen", "true").await;
    till.shot("camera").await;
    till.press("camera-stop").await;
    till.gone("camera-preview").await;
    till.close().await;
}

#[tokio::test]
async fn a_camera_that_is_unplugged_says_so_and_the_counter_goes_on() {
    let stage = Stage::new("unplugged");
    let platform = Platform::start(&stage).await;
    // More pictures than the app keeps: it has to look for each of them again.
    let folder = many_frames(stage.path("frames"), &platform.code_picture(FAN, Code::Card).await);
    let away = stage.path("unplugged-frames");
    let pairing = platform.pairing(Shop::ClubShop);
    let mut till = Till::on(&stage).paired(pairing).camera(folder.clone()).open().await;
    till.has("strip", "state", "online").await;
    till.press("camera-start").await;
    till.reads("fan-label", "0084 0711 9295").await;
    std::fs::rename(&folder, &away).expect("the folder can be moved");
    // Unplugged; and as soon as it was looked for again, not there.
    till.find("camera-error").await;
    till.shot("unplugged").await;

    // Nobody has to wait for it.
    key_in(&till, "2500").await;
    till.press("give").await;
    till.has("success", "standing", "booked").await;
    till.press("next-fan").await;
    std::fs::rename(&away, &folder).expect("the folder can be moved");
    // It is back by itself.
    till.find("camera-preview").await;
    till.gone("camera-error").await;
    till.reads("fan-label", "0084 0711 9295").await;
    till.close().await;
}

/// The frames of a camera, again and again.
fn many_frames(folder: std::path::PathBuf, picture: &[u8]) -> std::path::PathBuf {
    let few = frames(folder.with_extension("few"), picture);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    for round in 0..8 {
        for entry in std::fs::read_dir(&few).expect("a folder of frames").flatten() {
            let name = format!("{round}-{}", entry.file_name().to_string_lossy());
            std::fs::hard_link(entry.path(), folder.join(name)).expect("a second name");
        }
    }
    folder
}
