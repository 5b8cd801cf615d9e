//! Who calls: secrets, access tokens, and what a credential may see.

pub mod access;
pub mod audit;
pub mod rotation;
pub mod secrets;
pub mod sign_ins;
pub mod throttle;
pub mod tokens;
