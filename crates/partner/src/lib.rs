//! The use cases of the app, without Tauri: connect, identify, quote, commit, undo, review
