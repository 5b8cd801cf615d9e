//! A device as nokhwa opens it: listed, set up, described, turned.

use std::path::Path;
use std::sync::mpsc::sync_channel;

use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType,
};

use crate::{CameraFault, FrameSize, Knob, PixelFormat, Setting, SourceInfo};

use super::controls;
use super::fault::fault_of;
use super::{CameraChoice, CameraInfo, PATIENCE};

/// Cheapest to read first, at equal size and rate.
const FORMATS: [FrameFormat; 6] = [
    FrameFormat::GRAY,
    FrameFormat::NV12,
    FrameFormat::YUYV,
    FrameFormat::MJPEG,
    FrameFormat::RAWRGB,
    FrameFormat::RAWBGR,
];
/// Where Linux tells of its cameras.
const VIDEO_CLASS: &str = "/sys/class/video4linux";

/// The cameras of this machine, by their number.
///
/// # Errors
/// `Denied`, or `Failed` when the system can not be asked. No camera at all is an empty list.
pub fn list_cameras() -> Result<Vec<CameraInfo>, CameraFault> {
    // The list of Linux is made from file names, of which an odd one is a panic.
    let asked = std::panic::catch_unwind(|| nokhwa::query(ApiBackend::Auto));
    let listed = asked.map_err(|_| CameraFault::Failed("the cameras can not be listed".into()))?;
    let mut cameras: Vec<CameraInfo> = listed
        .map_err(|error| fault_of(&error))?
        .iter()
        .map(|camera| CameraInfo { id: camera.index().as_string(), name: camera.human_name() })
        .filter(|camera| carries_the_picture(Path::new(VIDEO_CLASS), &camera.id))
        .collect();
    cameras.sort_by_key(|camera| camera.id.parse::<u32>().unwrap_or(u32::MAX));
    Ok(cameras)
}

/// Linux lists a node for the picture of a camera, and after it more of the same name for what else it tells.
fn carries_the_picture(class: &Path, id: &str) -> bool {
    let place = std::fs::read_to_string(class.join(format!("video{id}")).join("index"));
    place.map_or(true, |place| place.trim() == "0")
}

/// Opens the device that was chosen. It streams when this returns.
pub fn open(choice: &CameraChoice) -> Result<nokhwa::Camera, CameraFault> {
    ask_permission()?;
    let id = match &choice.id {
        Some(id) => id.clone(),
        None => list_cameras()?.into_iter().next().ok_or(CameraFault::NoCamera)?.id,
    };
    let index = id.parse().map_or_else(|_| CameraIndex::String(id), CameraIndex::Index);
    // Opened with whatever comes first, then set: nokhwa's own choice misses sizes that are near, but not exact.
    let any = RequestedFormat::with_formats(RequestedFormatType::None, &FORMATS);
    let mut device = nokhwa::Camera::new(index, any).map_err(|error| fault_of(&error))?;
    start(&mut device, choice)?;
    Ok(device)
}

/// Sets the format that suits best, and starts the stream.
pub fn start(device: &mut nokhwa::Camera, choice: &CameraChoice) -> Result<(), CameraFault> {
    let offered = device.compatible_camera_formats().map_err(|error| fault_of(&error))?;
    let best = best_format(&offered, choice);
    if let Some(format) = best.filter(|format| *format != device.camera_format()) {
        let exact = RequestedFormat::with_formats(RequestedFormatType::Exact(format), &FORMATS);
        if let Err(error) = device.set_camera_requset(exact) {
            // It goes on with the format it was opened with.
            tracing::debug!(%error, %format, "camera refused a format that it offers");
        }
    }
    device.open_stream().map_err(|error| fault_of(&error))
}

/// macOS asks the person in front of it; the other systems answer at once.
fn ask_permission() -> Result<(), CameraFault> {
    if nokhwa::nokhwa_check() {
        return Ok(());
    }
    let (tell, told) = sync_channel(1);
    nokhwa::nokhwa_initialize(move |granted| tell.try_send(granted).unwrap_or_default());
    match told.recv_timeout(PATIENCE.open) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(CameraFault::Denied),
    }
}

/// What the device is, as it is set now.
pub fn describe(device: &mut nokhwa::Camera) -> SourceInfo {
    let format = device.camera_format();
    SourceInfo {
        name: device.info().human_name(),
        width: format.width(),
        height: format.height(),
        frames_per_second: format.frame_rate(),
        sizes: sizes(&device.compatible_camera_formats().unwrap_or_default()),
        controls: controls::offered(&device.camera_controls().unwrap_or_default()),
    }
}

/// Each size once, with its highest rate.
fn sizes(offered: &[CameraFormat]) -> Vec<FrameSize> {
    let readable = offered.iter().filter(|format| FORMATS.contains(&format.format()));
    let mut sizes: Vec<FrameSize> = readable
        .map(|format| FrameSize {
            width: format.width(),
            height: format.height(),
            frames_per_second: format.frame_rate(),
        })
        .collect();
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    sizes.dedup_by_key(|size| (size.width, size.height));
    sizes
}

pub fn turn(device: &mut nokhwa::Camera, wanted: &[(Knob, Setting)]) {
    for (knob, setting) in wanted {
        let listed = device.camera_controls().unwrap_or_default();
        for (control, value) in controls::steps(&listed, *knob, *setting) {
            // A camera that takes a value near the wanted one counts as refusing, too: what it is now is told anyway.
            if let Err(error) = device.set_camera_control(control, value) {
                tracing::debug!(%error, ?knob, "the camera did not take a setting");
            }
        }
    }
}

/// The nearest size first, then a rate that is enough, then the format that is cheapest to read.
fn best_format(offered: &[CameraFormat], choice: &CameraChoice) -> Option<CameraFormat> {
    let cost = |format: &CameraFormat| {
        let size = format.width().abs_diff(choice.width) + format.height().abs_diff(choice.height);
        let slow = choice.frames_per_second.saturating_sub(format.frame_rate());
        let kind = FORMATS.iter().position(|known| *known == format.format());
        // Half the rate is worth as much as a tenth of the size.
        (size / 64 + slow * 8, kind, std::cmp::Reverse(format.frame_rate()))
    };
    offered
        .iter()
        .filter(|format| FORMATS.contains(&format.format()))
        .min_by_key(|format| cost(format))
        .copied()
}

pub fn pixel_format(format: FrameFormat) -> PixelFormat {
    match format {
        FrameFormat::MJPEG => PixelFormat::Mjpeg,
        FrameFormat::YUYV => PixelFormat::Yuyv,
        FrameFormat::NV12 => PixelFormat::Nv12,
        FrameFormat::GRAY => PixelFormat::Gray,
        FrameFormat::RAWRGB => PixelFormat::Rgb,
        FrameFormat::RAWBGR => PixelFormat::Bgr,
    }
}

#[cfg(test)]
mod tests {
    use nokhwa::utils::Resolution;

    use super::*;

    fn offer(width: u32, height: u32, format: FrameFormat, rate: u32) -> CameraFormat {
        CameraFormat::new(Resolution::new(width, height), format, rate)
    }

    #[test]
    fn the_nearest_size_at_enough_speed_is_chosen() {
        let choice = CameraChoice::default();
        let best = |offers: &[CameraFormat]| best_format(offers, &choice);
        let (mjpeg, yuyv) = (FrameFormat::MJPEG, FrameFormat::YUYV);
        // What a webcam usually offers: YUYV at the full size is too slow for USB 2.
        let webcam = [
            offer(640, 480, yuyv, 30),
            offer(1280, 720, yuyv, 10),
            offer(1280, 720, mjpeg, 30),
            offer(1920, 1080, mjpeg, 30),
        ];
        assert_eq!(best(&webcam), Some(offer(1280, 720, mjpeg, 30)));
        assert_eq!(
            best(&[offer(1280, 720, mjpeg, 30), offer(1280, 720, yuyv, 30)]),
            Some(offer(1280, 720, yuyv, 30))
        );
        assert_eq!(
            best(&[offer(1280, 720, mjpeg, 30), offer(1280, 720, mjpeg, 60)]),
            Some(offer(1280, 720, mjpeg, 60))
        );
        assert_eq!(
            best(&[offer(640, 480, mjpeg, 30), offer(1920, 1080, mjpeg, 5)]),
            Some(offer(640, 480, mjpeg, 30))
        );
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn each_size_is_listed_once_at_its_best_rate() {
        let size = |width, height, frames_per_second| FrameSize { width, height, frames_per_second };
        let offers = [
            offer(640, 480, FrameFormat::YUYV, 30),
            offer(1280, 720, FrameFormat::YUYV, 10),
            offer(1280, 720, FrameFormat::MJPEG, 30),
            offer(640, 480, FrameFormat::MJPEG, 60),
        ];
        assert_eq!(sizes(&offers), [size(1280, 720, 30), size(640, 480, 60)]);
    }

    #[test]
    fn only_the_first_node_of_a_camera_carries_its_picture() {
        let class = tempfile::tempdir().expect("a folder");
        // Two cameras of one kind: each has a second node of the same name.
        for (node, place) in [("video0", "0\n"), ("video1", "1\n"), ("video2", "0\n"), ("video3", "1\n")] {
            std::fs::create_dir(class.path().join(node)).expect("a folder");
            std::fs::write(class.path().join(node).join("index"), place).expect("a file");
        }
        let carries = |id| carries_the_picture(class.path(), id);
        assert_eq!(["0", "1", "2", "3"].map(carries), [true, false, true, false]);
        assert!(carries("a camera of another system"));
    }
}
