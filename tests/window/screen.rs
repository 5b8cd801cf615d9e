//! A code lies on the screen, in the window of another program, and the app looks there in a camera's place.

use fantoccini::Locator;
use image::imageops::{FilterType, resize};
use x11rb::COPY_DEPTH_FROM_PARENT;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    ConnectionExt as _, CreateGCAux, CreateWindowAux, ImageFormat, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;

use crate::steps::{FAN, open_shop};
use crate::support::{Code, Keyboard, Stage, Till};

/// A square in the corner of the display that the app's window leaves free, in pixels.
const LEFT: u16 = 1190;
const TOP: u16 = 640;
const SIDE: u16 = 240;

/// A window that shows a picture for as long as this lives.
struct Shown {
    _line: RustConnection,
}

impl Shown {
    /// Draws the picture as the window's ground, so that the display server itself keeps it drawn.
    fn new(picture: &[u8]) -> Self {
        let grey = image::load_from_memory(picture).expect("a picture").to_luma8();
        let grey = resize(&grey, u32::from(SIDE), u32::from(SIDE), FilterType::Triangle);
        let pixels: Vec<u8> =
            grey.pixels().flat_map(|pixel| [pixel.0[0], pixel.0[0], pixel.0[0], 0]).collect();

        let (line, number) = x11rb::connect(None).expect("a display");
        let screen = &line.setup().roots[number];
        let (root, depth) = (screen.root, screen.root_depth);
        let [ground, pen, window]: [Window; 3] = std::array::from_fn(|_| line.generate_id().expect("an id"));
        line.create_pixmap(depth, ground, root, SIDE, SIDE).expect("a request");
        line.create_gc(pen, ground, &CreateGCAux::new()).expect("a request");
        line.put_image(ImageFormat::Z_PIXMAP, ground, pen, SIDE, SIDE, 0, 0, 0, depth, &pixels)
            .expect("a request");
        let look = CreateWindowAux::new().background_pixmap(ground).override_redirect(1);
        let (left, top) = (i16::try_from(LEFT).expect("small"), i16::try_from(TOP).expect("small"));
        line.create_window(
            COPY_DEPTH_FROM_PARENT,
            window,
            root,
            left,
            top,
            SIDE,
            SIDE,
            0,
            WindowClass::INPUT_OUTPUT,
            0,
            &look,
        )
        .expect("a request");
        line.map_window(window).expect("a request");
        // An answer comes only after everything before it is done.
        line.get_input_focus().expect("a request").reply().expect("the display answers");
        Self { _line: line }
    }
}

#[tokio::test]
async fn a_code_in_another_window_is_read_from_the_screen() {
    let stage = Stage::new("screen");
    let (platform, mut till) = open_shop(&stage).await;
    let _shown = Shown::new(&platform.code_picture(FAN, Code::Card).await);

    till.press("nav-settings").await;
    let screen = "[data-testid=\"camera-choice\"] option[value^=\"screen \"]";
    let found = till.client().wait().for_element(Locator::Css(screen)).await.expect("a screen to choose");
    found.click().await.expect("it can be chosen");
    for (part, pixels) in [("x", LEFT), ("y", TOP), ("width", SIDE), ("height", SIDE)] {
        set(&till, part, pixels).await;
    }
    till.press("nav-counter").await;
    till.find("camera-start").await;
    Keyboard::at_window("FanPoints Partner").await.press("F4");
    till.has("camera-preview", "seen", "true").await;
    till.reads("fan-label", "0084 0711 9295").await;
    till.has("fan-card", "trust", "card").await;
    till.shot("screen").await;
    till.press("camera-stop").await;
    till.close().await;
}

/// Writes a number over what is in a field of the region.
async fn set(till: &Till, part: &str, pixels: u16) {
    let field = till.find(&format!("region-{part}")).await;
    field.clear().await.expect("the field can be cleared");
    field.send_keys(&format!("{pixels}\t")).await.expect("the field takes keys");
}
