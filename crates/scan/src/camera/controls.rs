//! Focus, exposure, zoom and lamp, in the words of each system.
//!
//! Linux has a control for the value and another for "by itself"; Windows has one for both, and nokhwa can not switch
//! it to manual. On macOS nokhwa 0.10 sends messages that the system does not know, which ends the program: there the
//! camera keeps its own automatic.

use nokhwa::utils::{CameraControl, ControlValueDescription, ControlValueSetter, KnownCameraControl};

use crate::{Control, Knob, Setting};

/// Ids of Video4Linux (`linux/v4l2-controls.h`).
mod v4l2 {
    pub const EXPOSURE_AUTO: u128 = 0x009a_0901;
    pub const EXPOSURE_ABSOLUTE: u128 = 0x009a_0902;
    pub const FOCUS_ABSOLUTE: u128 = 0x009a_090a;
    pub const FOCUS_AUTO: u128 = 0x009a_090c;
    pub const ZOOM_ABSOLUTE: u128 = 0x009a_090d;
    pub const FLASH_LED_MODE: u128 = 0x009c_0901;
    /// Values of `EXPOSURE_AUTO`.
    pub const MANUAL: i64 = 1;
    pub const APERTURE_PRIORITY: i64 = 3;
    /// A value of `FLASH_LED_MODE`; 0 is off.
    pub const TORCH: i64 = 2;
}

/// One thing to set.
pub type Step = (KnownCameraControl, ControlValueSetter);

/// What a camera offers, out of everything that it lists.
pub fn offered(listed: &[CameraControl]) -> Vec<Control> {
    if cfg!(target_os = "macos") {
        return Vec::new();
    }
    let find = |id: u128| listed.iter().find(|control| control.control() == KnownCameraControl::Other(id));
    let known = |known: KnownCameraControl| listed.iter().find(|control| control.control() == known);
    let mut controls = Vec::new();
    let focus = find(v4l2::FOCUS_ABSOLUTE).or_else(|| known(KnownCameraControl::Focus));
    let auto_focus = find(v4l2::FOCUS_AUTO).and_then(number).map(|auto| auto != 0);
    controls.extend(focus.and_then(|focus| ranged(Knob::Focus, focus, auto_focus)));
    let exposure = find(v4l2::EXPOSURE_ABSOLUTE).or_else(|| known(KnownCameraControl::Exposure));
    let auto_exposure = find(v4l2::EXPOSURE_AUTO).and_then(number).map(|mode| mode != v4l2::MANUAL);
    controls.extend(exposure.and_then(|exposure| ranged(Knob::Exposure, exposure, auto_exposure)));
    let zoom = find(v4l2::ZOOM_ABSOLUTE).or_else(|| known(KnownCameraControl::Zoom));
    controls.extend(zoom.and_then(|zoom| ranged(Knob::Zoom, zoom, None)));
    if let Some(lamp) = find(v4l2::FLASH_LED_MODE).and_then(number) {
        let value = i64::from(lamp == v4l2::TORCH);
        controls.push(Control { knob: Knob::Torch, min: 0, max: 1, step: 1, value, automatic: None });
    }
    controls
}

/// What to set, one after the other. A step that the camera refuses is followed by the next all the same.
pub fn steps(listed: &[CameraControl], knob: Knob, setting: Setting) -> Vec<Step> {
    let Some(control) = offered(listed).into_iter().find(|control| control.knob == knob) else {
        return Vec::new();
    };
    let has = |id: u128| listed.iter().any(|listed| listed.control() == KnownCameraControl::Other(id));
    let integer = |id: u128, value: i64| (KnownCameraControl::Other(id), ControlValueSetter::Integer(value));
    let manual = |linux: u128, other: KnownCameraControl, value: i64| {
        let value = value.clamp(control.min, control.max);
        let value = control.min + (value - control.min) / control.step * control.step;
        let id = if has(linux) { KnownCameraControl::Other(linux) } else { other };
        (id, ControlValueSetter::Integer(value))
    };
    let auto_focus =
        |on: bool| (KnownCameraControl::Other(v4l2::FOCUS_AUTO), ControlValueSetter::Boolean(on));
    match (knob, setting) {
        (Knob::Focus, Setting::Automatic) => vec![auto_focus(true)],
        (Knob::Focus, Setting::Value(value)) => {
            let first = control.automatic.map(|_| auto_focus(false));
            let value = manual(v4l2::FOCUS_ABSOLUTE, KnownCameraControl::Focus, value);
            first.into_iter().chain([value]).collect()
        }
        (Knob::Exposure, Setting::Automatic) => vec![integer(v4l2::EXPOSURE_AUTO, v4l2::APERTURE_PRIORITY)],
        (Knob::Exposure, Setting::Value(value)) => {
            let first = control.automatic.map(|_| integer(v4l2::EXPOSURE_AUTO, v4l2::MANUAL));
            let value = manual(v4l2::EXPOSURE_ABSOLUTE, KnownCameraControl::Exposure, value);
            first.into_iter().chain([value]).collect()
        }
        (Knob::Zoom, Setting::Value(value)) => {
            vec![manual(v4l2::ZOOM_ABSOLUTE, KnownCameraControl::Zoom, value)]
        }
        (Knob::Torch, Setting::Value(value)) => {
            vec![integer(v4l2::FLASH_LED_MODE, if value == 0 { 0 } else { v4l2::TORCH })]
        }
        (Knob::Zoom | Knob::Torch, Setting::Automatic) => Vec::new(),
    }
}

fn number(control: &CameraControl) -> Option<i64> {
    match *control.description() {
        ControlValueDescription::Integer { value, .. }
        | ControlValueDescription::IntegerRange { value, .. } => Some(value),
        ControlValueDescription::Boolean { value, .. } => Some(i64::from(value)),
        _ => None,
    }
}

fn ranged(knob: Knob, control: &CameraControl, automatic: Option<bool>) -> Option<Control> {
    match *control.description() {
        ControlValueDescription::IntegerRange { min, max, value, step, .. } if min < max => {
            Some(Control { knob, min, max, step: step.max(1), value, automatic })
        }
        _ => None,
    }
}

#[cfg(all(test, not(target_os = "macos")))]
mod tests {
    use super::*;

    fn listed(id: KnownCameraControl, description: ControlValueDescription) -> CameraControl {
        CameraControl::new(id, "a control".into(), description, vec![], true)
    }

    fn range(min: i64, max: i64, value: i64, step: i64) -> ControlValueDescription {
        ControlValueDescription::IntegerRange { min, max, value, step, default: min }
    }

    /// A webcam as Linux lists it.
    fn webcam() -> Vec<CameraControl> {
        vec![
            listed(KnownCameraControl::Brightness, range(0, 255, 128, 1)),
            listed(KnownCameraControl::Other(v4l2::EXPOSURE_AUTO), range(0, 3, 3, 1)),
            listed(KnownCameraControl::Other(v4l2::EXPOSURE_ABSOLUTE), range(3, 2047, 250, 1)),
            listed(
                KnownCameraControl::Other(v4l2::FOCUS_AUTO),
                ControlValueDescription::Boolean { value: true, default: true },
            ),
            listed(KnownCameraControl::Other(v4l2::FOCUS_ABSOLUTE), range(0, 250, 30, 5)),
            listed(KnownCameraControl::Other(v4l2::ZOOM_ABSOLUTE), range(100, 100, 100, 1)),
            listed(KnownCameraControl::Other(v4l2::FLASH_LED_MODE), range(0, 2, 2, 1)),
        ]
    }

    #[test]
    fn a_webcam_offers_what_can_be_turned() {
        let control =
            |knob, min, max, step, value, automatic| Control { knob, min, max, step, value, automatic };
        assert_eq!(
            offered(&webcam()),
            [
                control(Knob::Focus, 0, 250, 5, 30, Some(true)),
                control(Knob::Exposure, 3, 2047, 1, 250, Some(true)),
                control(Knob::Torch, 0, 1, 1, 1, None),
            ],
            "a zoom with one value is none"
        );
        assert_eq!(offered(&[]), []);
    }

    #[test]
    fn the_automatic_is_switched_off_before_a_value_is_set() {
        let (other, integer) = (KnownCameraControl::Other, ControlValueSetter::Integer);
        let steps = |knob, setting| steps(&webcam(), knob, setting);
        let off = (other(v4l2::FOCUS_AUTO), ControlValueSetter::Boolean(false));
        assert_eq!(
            steps(Knob::Focus, Setting::Value(43)),
            [off.clone(), (other(v4l2::FOCUS_ABSOLUTE), integer(40))]
        );
        assert_eq!(
            steps(Knob::Focus, Setting::Value(9999)),
            [off, (other(v4l2::FOCUS_ABSOLUTE), integer(250))]
        );
        assert_eq!(
            steps(Knob::Focus, Setting::Automatic),
            [(other(v4l2::FOCUS_AUTO), ControlValueSetter::Boolean(true))]
        );
        assert_eq!(
            steps(Knob::Exposure, Setting::Value(100)),
            [(other(v4l2::EXPOSURE_AUTO), integer(1)), (other(v4l2::EXPOSURE_ABSOLUTE), integer(100))]
        );
        assert_eq!(steps(Knob::Exposure, Setting::Automatic), [(other(v4l2::EXPOSURE_AUTO), integer(3))]);
        assert_eq!(steps(Knob::Torch, Setting::Value(1)), [(other(v4l2::FLASH_LED_MODE), integer(2))]);
        assert_eq!(steps(Knob::Torch, Setting::Value(0)), [(other(v4l2::FLASH_LED_MODE), integer(0))]);
    }

    #[test]
    fn what_is_not_offered_is_not_set() {
        assert_eq!(steps(&webcam(), Knob::Zoom, Setting::Value(120)), []);
        assert_eq!(steps(&webcam(), Knob::Torch, Setting::Automatic), []);
        assert_eq!(steps(&[], Knob::Focus, Setting::Value(1)), []);
    }

    #[test]
    fn windows_has_one_control_for_both() {
        let webcam = [listed(KnownCameraControl::Focus, range(0, 250, 30, 5))];
        assert_eq!(
            offered(&webcam),
            [Control { knob: Knob::Focus, min: 0, max: 250, step: 5, value: 30, automatic: None }]
        );
        assert_eq!(
            steps(&webcam, Knob::Focus, Setting::Value(50)),
            [(KnownCameraControl::Focus, ControlValueSetter::Integer(50))]
        );
    }
}
