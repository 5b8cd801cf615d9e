//! The shell: wires the use cases to windows, commands and events. Everything else is in the crates.

pub mod commands;
pub mod events;

use tauri_specta::{Builder, ErrorHandlingMode, collect_commands, collect_events};

/// Commands and events, in one list: the handler, the permissions and the TypeScript bindings come from it.
pub fn bindings() -> Builder<tauri::Wry> {
    Builder::<tauri::Wry>::new()
        .commands(collect_commands![
            commands::status,
            commands::connect,
            commands::disconnect,
            commands::set_preferences,
            commands::identify_text,
            commands::identify_picture,
            commands::fan_card,
            commands::quote,
            commands::give,
            commands::redeem,
            commands::award,
            commands::undo,
            commands::check_threshold,
            commands::operations,
            commands::totals,
            commands::send_now,
            commands::cameras,
            commands::camera_start,
            commands::camera_stop,
            commands::diagnostics,
        ])
        .events(collect_events![
            events::StatusChanged,
            events::OperationChanged,
            events::CameraSignalled,
            events::ScanSignalled,
        ])
        .error_handling(ErrorHandlingMode::Throw)
        .disable_serde_phases()
        // The ledger bounds every amount and time far below 2^53.
        .dangerously_cast_bigints_to_number()
}
