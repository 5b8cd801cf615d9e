//! The use cases of the app, without Tauri: connect, identify, quote, commit, undo, review.

pub mod error;
pub mod view;

pub use error::{AppError, ErrorCode};
pub mod terminal;
pub use terminal::Terminal;
