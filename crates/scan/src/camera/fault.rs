//! What nokhwa's errors mean.

use nokhwa::NokhwaError;

use crate::CameraFault;

/// nokhwa hands the system's words through; its numbers do not depend on the language.
pub fn fault_of(error: &NokhwaError) -> CameraFault {
    let text = error.to_string();
    let says = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
    // EACCES, EPERM; E_ACCESSDENIED; the word of AVFoundation.
    if says(&["(os error 13)", "(os error 1)", "0x80070005", "not authorized", "Not authorized", "Denied"]) {
        return CameraFault::Denied;
    }
    // EBUSY; a camera that another program took; the lock of AVFoundation.
    if says(&["(os error 16)", "0xC00D3704", "0xC00D3EA3", "Already in use", "is in use"]) {
        return CameraFault::Busy;
    }
    // ENODEV; a device that went away.
    if says(&["(os error 19)", "0xC00D3EA2", "0xC00D36B2"]) {
        return CameraFault::Unplugged;
    }
    // ENOENT, ENXIO.
    if says(&["(os error 2)", "(os error 6)"]) {
        return CameraFault::NoCamera;
    }
    match error {
        NokhwaError::GetPropertyError { property, error }
            if property == "CameraFormat" || property == "FrameFormat" =>
        {
            CameraFault::Unsupported(error.clone())
        }
        NokhwaError::UnsupportedOperationError(backend) => CameraFault::Unsupported(backend.to_string()),
        _ => CameraFault::Failed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_its_own_name() {
        let opening = |text: &str| fault_of(&NokhwaError::OpenDeviceError("0".into(), text.into()));
        assert_eq!(opening("V4L2 Error: Permission denied (os error 13)"), CameraFault::Denied);
        assert_eq!(opening("V4L2 Error: Keine Berechtigung (os error 13)"), CameraFault::Denied);
        assert_eq!(opening("V4L2 Error: No such file or directory (os error 2)"), CameraFault::NoCamera);
        let streaming = NokhwaError::OpenStreamError("Device or resource busy (os error 16)".into());
        assert_eq!(fault_of(&streaming), CameraFault::Busy);
        let reading = NokhwaError::ReadFrameError("No such device (os error 19)".into());
        assert_eq!(fault_of(&reading), CameraFault::Unplugged);
        let format =
            NokhwaError::GetPropertyError { property: "CameraFormat".into(), error: "Failed".into() };
        assert_eq!(fault_of(&format), CameraFault::Unsupported("Failed".into()));
        assert!(
            matches!(opening("something else"), CameraFault::Failed(text) if text.contains("something else"))
        );
        assert!(matches!(opening("(os error 130)"), CameraFault::Failed(_)));
    }
}
