//! Who calls: secrets, access tokens, and what a credential may see.

pub mod access;
pub mod secrets;
pub mod throttle;
pub mod tokens;
