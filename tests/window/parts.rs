//! Every part of the app in every state, beside the pictures that are kept of them: a change in looks is seen, and
//! taken by `cargo xtask test --accept-looks`.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ImageReader, RgbImage};

use crate::access::{check, load_axe};
use crate::steps::open_shop;
use crate::support::{Difference, Stage, Till, difference};

/// A finger on nothing, and a hand on no key: what is pictured shows no hover and no focus.
const HANDS_OFF: &str =
    "document.documentElement.style.pointerEvents = 'none'; document.activeElement?.blur()";
const HANDS_ON: &str = "document.documentElement.style.pointerEvents = ''";

const OPEN_PAGE: &str = "document.body.dispatchEvent(new KeyboardEvent('keydown', \
    { key: 'F12', ctrlKey: true, bubbles: true, cancelable: true }))";

#[tokio::test]
async fn every_part_of_the_app_looks_as_it_did() {
    let stage = Stage::new("parts");
    let (_platform, mut till) = open_shop(&stage).await;
    load_axe(&till).await;
    till.press("nav-settings").await;
    till.press("language-en").await;
    till.has("language", "value", "en").await;
    till.resize(1280, 960).await;

    let mut album = Album::open(&stage);
    for theme in ["light", "dark"] {
        till.press("nav-settings").await;
        till.press(&format!("theme-{theme}")).await;
        till.has("theme", "value", theme).await;
        run(&till, OPEN_PAGE).await;
        till.find("move-code").await;
        album.compare_text(&format!("tokens-{theme}"), &tokens(&till).await);
        check(&till, &format!("the parts, {theme}")).await;
        run(&till, HANDS_OFF).await;
        for look in looks(&till).await {
            album
                .compare(&format!("{look}-{theme}"), &picture(&till, &format!("[data-look='{look}']")).await);
        }
        run(&till, HANDS_ON).await;
        for mode in ["first", "ask", "locked"] {
            till.press(&format!("sample-pin-{mode}")).await;
            till.find("pin").await;
            run(&till, HANDS_OFF).await;
            album.compare(&format!("pin-{mode}-{theme}"), &picture(&till, "[data-testid='pin']").await);
            run(&till, HANDS_ON).await;
            till.press("pin-close").await;
            till.gone("pin").await;
        }
    }
    album.close();
    till.close().await;
}

async fn run(till: &Till, script: &str) {
    till.client().execute(script, vec![]).await.expect("the window takes a script");
}

/// Every design token with its value, a line each: what is too small a change for a picture that is kind to edges, such
/// as another radius, is seen here.
async fn tokens(till: &Till) -> String {
    let script = "const root = getComputedStyle(document.documentElement), names = new Set();
        const look = (rules) => { for (const rule of rules) {
            for (const name of rule.style ?? []) if (name.startsWith('--')) names.add(name);
            if (rule.cssRules) look(rule.cssRules);
        } };
        for (const sheet of document.styleSheets) look(sheet.cssRules);
        return [...names].filter((name) => root.getPropertyValue(name) !== '').sort()
            .map((name) => `${name}: ${root.getPropertyValue(name).trim()}\\n`).join('')";
    let told = till.client().execute(script, vec![]).await.expect("the window answers");
    let told: String = serde_json::from_value(told).expect("a text");
    assert!(told.contains("--accent: "), "no tokens: {told}");
    told
}

/// The names of what is pictured, in the order of the page.
async fn looks(till: &Till) -> Vec<String> {
    let script = "return [...document.querySelectorAll('[data-look]')].map((part) => part.dataset.look)";
    let names = till.client().execute(script, vec![]).await.expect("the window answers");
    let names: Vec<String> = serde_json::from_value(names).expect("a list of names");
    assert!(!names.is_empty(), "the page shows nothing");
    names
}

/// Cut out of a picture of the window: the driver's own pictures of elements do not know what a frame has scrolled.
async fn picture(till: &Till, css: &str) -> RgbImage {
    let script = "const part = document.querySelector(arguments[0]); part.scrollIntoView({ block: 'start' });
        const { left, top, width, height } = part.getBoundingClientRect(); return [left, top, width, height].map(Math.round)";
    let place = till.client().execute(script, vec![css.into()]).await.expect("the part is on the page");
    let [left, top, width, height]: [u32; 4] =
        serde_json::from_value(place).expect("a part inside the window");
    till.drawn().await;
    let bytes = till.picture().await.expect("the window can be pictured");
    let window = image::load_from_memory(&bytes).expect("a picture").to_rgb8();
    assert!(
        left + width <= window.width() && top + height <= window.height(),
        "{css} is larger than the window"
    );
    image::imageops::crop_imm(&window, left, top, width, height).to_image()
}

/// The pictures that are kept, and what differs from them.
struct Album {
    kept: PathBuf,
    /// Where what is seen is left beside what differs.
    left: PathBuf,
    accepts: bool,
    met: Vec<PathBuf>,
    changed: Vec<String>,
}

impl Album {
    fn open(stage: &Stage) -> Self {
        Self {
            kept: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/window/looks"),
            left: stage.path(""),
            accepts: std::env::var_os("FANPOINTS_ACCEPT_LOOKS").is_some(),
            met: Vec::new(),
            changed: Vec::new(),
        }
    }

    fn compare(&mut self, name: &str, seen: &RgbImage) {
        let path = self.kept.join(format!("{name}.png"));
        let kept = ImageReader::open(&path).ok().map(|file| file.decode().expect("a kept picture").to_rgb8());
        let difference = match &kept {
            Some(kept) => difference(kept, seen),
            None => Some(Difference { pixels: seen.pixels().len(), picture: seen.clone() }),
        };
        save(&self.left.join(format!("{name}.png")), seen);
        if let Some(Difference { pixels, picture }) = difference {
            if self.accepts {
                fs::create_dir_all(&self.kept).expect("a folder can be made");
                save(&path, seen);
            } else {
                save(&self.left.join(format!("{name}-differs.png")), &picture);
                self.changed.push(format!("{name}: {pixels} pixels"));
            }
        }
        self.met.push(path);
    }

    /// The same for what is told in words, line by line.
    fn compare_text(&mut self, name: &str, seen: &str) {
        let path = self.kept.join(format!("{name}.txt"));
        let kept = fs::read_to_string(&path).unwrap_or_default();
        if self.accepts {
            fs::create_dir_all(&self.kept).expect("a folder can be made");
            fs::write(&path, seen).expect("a file can be written");
        } else {
            let other = |line: &&str| !kept.lines().any(|before| before == *line);
            self.changed.extend(seen.lines().filter(other).map(|line| format!("{name}: now {line}")));
            let gone = kept.lines().filter(|line| !seen.lines().any(|now| now == *line));
            self.changed.extend(gone.map(|line| format!("{name}: was {line}")));
        }
        self.met.push(path);
    }

    /// Fails with all that has changed, at once.
    fn close(self) {
        let kept = fs::read_dir(&self.kept).into_iter().flatten().flatten().map(|entry| entry.path());
        for gone in kept.filter(|path| !self.met.contains(path)) {
            assert!(self.accepts, "nothing looks like {} any more", gone.display());
            fs::remove_file(gone).expect("a picture can be removed");
        }
        assert!(
            self.changed.is_empty(),
            "looks have changed: {:#?}\nLook at them in {}; if they are meant: cargo xtask test --accept-looks",
            self.changed,
            self.left.display()
        );
    }
}

/// As small as the format allows: these are checked in.
fn save(path: &Path, picture: &RgbImage) {
    let mut bytes = Cursor::new(Vec::new());
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive);
    picture.write_with_encoder(encoder).expect("a picture can be written");
    fs::write(path, bytes.into_inner()).expect("a file can be written");
}
