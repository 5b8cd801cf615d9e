//! From a camera frame or a picture to the text of a code
