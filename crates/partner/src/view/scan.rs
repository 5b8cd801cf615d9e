//! What the screens choose and hear about cameras, screens and handheld scanners.

use fanpass::{Ending, Layout, Reading};
use scan::{Control, FrameSize, Knob, Setting, SourceInfo};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::error::AppError;

/// What is looked at for codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind", rename_all_fields = "camelCase")]
pub enum ScanSource {
    /// Without an id the first camera; without a size 1280 × 720, or what comes nearest.
    Camera { id: Option<String>, width: Option<u32>, height: Option<u32> },
    /// A part of a screen in its pixels; without an id the first screen, a width or height of 0 goes to its edge.
    Screen { id: Option<String>, x: u32, y: u32, width: u32, height: u32 },
}

/// A screen whose picture can be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ScreenView {
    pub id: String,
    pub name: String,
    pub width: u32,
    pub height: u32,
}

/// What runs, and what can be set on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CameraFacts {
    pub name: String,
    /// 0 where frames differ.
    pub width: u32,
    pub height: u32,
    pub frames_per_second: u32,
    /// The largest first.
    pub sizes: Vec<CameraSize>,
    pub controls: Vec<CameraControl>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CameraSize {
    pub width: u32,
    pub height: u32,
    pub frames_per_second: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum CameraKnob {
    Focus,
    Exposure,
    Zoom,
    /// A lamp: 0 off, 1 on.
    Torch,
}

/// The numbers are the camera's own; only their order means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CameraControl {
    pub knob: CameraKnob,
    pub min: i32,
    pub max: i32,
    pub step: i32,
    pub value: i32,
    /// None: the camera can not set it by itself.
    pub automatic: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind", rename_all_fields = "camelCase")]
pub enum KnobSetting {
    Automatic,
    Value { value: i32 },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SerialPortView {
    pub id: String,
    pub name: String,
}

/// The serial scanner that is listened to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SerialState {
    pub port: String,
    /// Why it does not answer. It comes back by itself.
    pub error: Option<AppError>,
}

/// A key that a handheld scanner pressed: `KeyboardEvent` as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct KeyPress {
    pub key: String,
    pub code: String,
    pub shift: bool,
    pub caps_lock: bool,
    /// Milliseconds since any moment that all presses share.
    pub at_ms: u32,
}

/// What a handheld scanner scanned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct HandheldScan {
    pub text: String,
    /// So many presses a person had made just before the scanner began.
    pub typed_before: u32,
}

/// A test code that teaches a scanner: its text, and a picture of it as SVG.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TeachCode {
    pub text: String,
    pub svg: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ScanEnding {
    Enter,
    Tab,
    None,
}

/// What to make of a scanner's keys: the characters, the positions, or the characters of one layout turned back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ScanReading {
    Typed,
    Positions,
    German,
    SwissGerman,
    SwissFrench,
    French,
    Italian,
}

/// How one scanner writes, as it was taught.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct HandheldProfile {
    pub prefix: String,
    pub suffix: String,
    pub ending: ScanEnding,
    /// Between two keys, in milliseconds.
    pub mean_ms: u32,
    pub longest_pause_ms: u32,
    pub reading: ScanReading,
}

impl From<&SourceInfo> for CameraFacts {
    fn from(info: &SourceInfo) -> Self {
        Self {
            name: info.name.clone(),
            width: info.width,
            height: info.height,
            frames_per_second: info.frames_per_second,
            sizes: info.sizes.iter().map(CameraSize::from).collect(),
            controls: info.controls.iter().filter_map(|control| control.try_into().ok()).collect(),
        }
    }
}

impl From<&FrameSize> for CameraSize {
    fn from(size: &FrameSize) -> Self {
        Self { width: size.width, height: size.height, frames_per_second: size.frames_per_second }
    }
}

impl TryFrom<&Control> for CameraControl {
    type Error = std::num::TryFromIntError;

    /// Numbers that a web view holds; cameras count in thirty-two bits.
    fn try_from(control: &Control) -> Result<Self, Self::Error> {
        Ok(Self {
            knob: match control.knob {
                Knob::Focus => CameraKnob::Focus,
                Knob::Exposure => CameraKnob::Exposure,
                Knob::Zoom => CameraKnob::Zoom,
                Knob::Torch => CameraKnob::Torch,
            },
            min: control.min.try_into()?,
            max: control.max.try_into()?,
            step: control.step.try_into()?,
            value: control.value.try_into()?,
            automatic: control.automatic,
        })
    }
}

impl From<CameraKnob> for Knob {
    fn from(knob: CameraKnob) -> Self {
        match knob {
            CameraKnob::Focus => Self::Focus,
            CameraKnob::Exposure => Self::Exposure,
            CameraKnob::Zoom => Self::Zoom,
            CameraKnob::Torch => Self::Torch,
        }
    }
}

impl From<KnobSetting> for Setting {
    fn from(setting: KnobSetting) -> Self {
        match setting {
            KnobSetting::Automatic => Self::Automatic,
            KnobSetting::Value { value } => Self::Value(value.into()),
        }
    }
}

impl From<KeyPress> for fanpass::Press {
    fn from(press: KeyPress) -> Self {
        let KeyPress { key, code, shift, caps_lock, at_ms } = press;
        Self { key, code, shift, caps_lock, at_ms }
    }
}

impl From<fanpass::Scan> for HandheldScan {
    fn from(scan: fanpass::Scan) -> Self {
        let fanpass::Scan { text, typed_before } = scan;
        Self { text, typed_before: u32::try_from(typed_before).unwrap_or(u32::MAX) }
    }
}

impl From<fanpass::HandheldProfile> for HandheldProfile {
    fn from(profile: fanpass::HandheldProfile) -> Self {
        Self {
            prefix: profile.prefix,
            suffix: profile.suffix,
            ending: match profile.ending {
                Ending::Enter => ScanEnding::Enter,
                Ending::Tab => ScanEnding::Tab,
                Ending::None => ScanEnding::None,
            },
            mean_ms: profile.mean_ms,
            longest_pause_ms: profile.longest_pause_ms,
            reading: match profile.reading {
                Reading::Typed => ScanReading::Typed,
                Reading::Positions => ScanReading::Positions,
                Reading::Layout(Layout::German) => ScanReading::German,
                Reading::Layout(Layout::SwissGerman) => ScanReading::SwissGerman,
                Reading::Layout(Layout::SwissFrench) => ScanReading::SwissFrench,
                Reading::Layout(Layout::French) => ScanReading::French,
                Reading::Layout(Layout::Italian) => ScanReading::Italian,
            },
        }
    }
}

impl From<HandheldProfile> for fanpass::HandheldProfile {
    fn from(profile: HandheldProfile) -> Self {
        Self {
            prefix: profile.prefix,
            suffix: profile.suffix,
            ending: match profile.ending {
                ScanEnding::Enter => Ending::Enter,
                ScanEnding::Tab => Ending::Tab,
                ScanEnding::None => Ending::None,
            },
            mean_ms: profile.mean_ms,
            longest_pause_ms: profile.longest_pause_ms,
            reading: match profile.reading {
                ScanReading::Typed => Reading::Typed,
                ScanReading::Positions => Reading::Positions,
                ScanReading::German => Reading::Layout(Layout::German),
                ScanReading::SwissGerman => Reading::Layout(Layout::SwissGerman),
                ScanReading::SwissFrench => Reading::Layout(Layout::SwissFrench),
                ScanReading::French => Reading::Layout(Layout::French),
                ScanReading::Italian => Reading::Layout(Layout::Italian),
            },
        }
    }
}
