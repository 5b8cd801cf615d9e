//! The shell: wires the use cases to windows, commands and events. Everything else is in the crates.

mod arguments;
mod clipboard;
pub mod commands;
#[cfg(target_os = "linux")]
mod drawing;
pub mod events;
mod files;
mod keychain;
mod kiosk;
#[cfg(target_os = "linux")]
mod launcher;
mod link;
mod logging;
mod niceties;
mod preview;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use arguments::Arguments;
use clap::Parser as _;
use events::{
    CameraSignalled, FanChanged, GateSignalled, LinkOpened, OperationChanged, ScanSignalled, StatusChanged,
};
use keychain::SystemKeychain;
use partner::{FrameFolder, News, Options, Terminal, system_clock};
use tauri::Manager as _;
use tauri_specta::{Builder, ErrorHandlingMode, Event as _, collect_commands, collect_events};

/// Commands and events, in one list: the handler, the permissions and the TypeScript bindings come from it.
pub fn bindings() -> Builder<tauri::Wry> {
    Builder::<tauri::Wry>::new()
        .commands(collect_commands![
            commands::status,
            commands::connect,
            commands::disconnect,
            commands::set_preferences,
            commands::choices,
            commands::keep_choices,
            commands::identify_text,
            commands::identify_picture,
            commands::identify_clipboard,
            commands::fan_card,
            commands::quote,
            commands::give,
            commands::redeem,
            commands::award,
            commands::raise_limit,
            commands::undo,
            commands::check_threshold,
            commands::operations,
            commands::totals,
            commands::send_now,
            commands::cameras,
            commands::camera_start,
            commands::camera_stop,
            commands::diagnostics,
            commands::gate,
            commands::prepare_gate,
            commands::open_gate,
            commands::close_gate,
            commands::attend_gate,
            commands::gate_text,
            commands::decide_passage,
            commands::set_manager_pin,
            commands::reset_manager_pin,
            commands::take_link,
            commands::quote_split,
            commands::pay,
            commands::quick_buttons,
            commands::set_quick_buttons,
            commands::qr_code,
            commands::scan_start,
            commands::screens,
            commands::camera_facts,
            commands::camera_set,
            commands::serial_ports,
            commands::serial_start,
            commands::serial_stop,
            commands::serial_state,
            commands::handheld_scan,
            commands::teach_codes,
            commands::teach,
            commands::health,
            commands::dismiss_set_aside,
            commands::verify_audit,
            commands::reconcile,
            commands::offline_limits,
            commands::set_offline_limits,
            commands::set_retention,
            commands::device_key,
            commands::evacuate,
            commands::import_evacuation,
            commands::confirm_moved,
            commands::goods::look_up_goods,
            commands::goods::use_goods,
            commands::goods::give_discounted,
            commands::goods::voucher_offers,
            commands::goods::make_voucher,
            commands::handover_codes,
            commands::shift::shift,
            commands::shift::open_shift,
            commands::shift::hand_over_shift,
            commands::shift::close_shift,
            commands::shift::shifts,
            commands::shift::shift_report,
            commands::shift::shift_file,
            commands::shift::save_diagnostics,
            commands::shift::figures,
            commands::look::set_zoom,
            commands::people::people,
            commands::people::sign_in,
            commands::people::start_person,
            commands::people::change_own_pin,
            commands::people::lock,
            commands::people::sign_out,
            commands::people::note_input,
            commands::people::role_rights,
            commands::people::set_role_right,
            commands::people::add_person,
            commands::people::change_person,
            commands::people::remove_person,
            commands::people::reset_person_pin,
            commands::people::sign_in_with_provider,
            commands::people::cancel_provider_sign_in,
            commands::people::link_provider_sign_in,
            commands::people::sign_in_provider,
            commands::people::test_sign_in_provider,
            commands::people::set_sign_in_provider,
            commands::people::pair,
            commands::people::devices,
            commands::people::invite_device,
            commands::people::revoke_device,
            commands::review::review_list,
            commands::review::review_count,
            commands::review::review_choices,
            commands::review::save_view,
            commands::review::forget_view,
            commands::review::review_detail,
            commands::review::fetch_others,
            commands::review::reverse_operation,
            commands::review::cases,
            commands::review::decide_cases,
            commands::review::begin_export,
            commands::review::export_state,
            commands::review::cancel_export,
            commands::review::show_export,
            commands::review::signal_rules,
            commands::review::set_signal_rules,
            commands::review::signals,
            commands::review::settle_differences,
        ])
        .events(collect_events![
            StatusChanged,
            OperationChanged,
            FanChanged,
            CameraSignalled,
            ScanSignalled,
            GateSignalled,
            LinkOpened,
        ])
        .error_handling(ErrorHandlingMode::Throw)
        .disable_serde_phases()
        // The ledger bounds every amount and time far below 2^53.
        .dangerously_cast_bigints_to_number()
}

/// Starts the app and returns when its window is closed.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() -> ExitCode {
    let started = Instant::now();
    let arguments = Arguments::parse();
    let bindings = bindings();
    let builder = niceties::add(tauri::Builder::default(), &arguments);
    // A phone's camera is read by the system's own scanner.
    #[cfg(mobile)]
    let builder = builder.plugin(tauri_plugin_barcode_scanner::init());
    let app = builder
        .manage(kiosk::Kiosk::default())
        .manage(link::Links::default())
        .on_window_event(|window, event| {
            kiosk::guard(window, event);
            #[cfg(desktop)]
            niceties::follow(window, event);
        })
        .invoke_handler(bindings.invoke_handler())
        .register_uri_scheme_protocol(preview::SCHEME, |context, request| preview::answer(&context, &request))
        .setup(move |app| {
            bindings.mount_events(app);
            #[cfg(target_os = "linux")]
            app.manage(launcher::Launcher::start());
            #[cfg(desktop)]
            niceties::keep_place(app.handle())?;
            link::listen(app.handle(), arguments.link.as_deref());
            wire(app, &arguments, started)?;
            #[cfg(target_os = "linux")]
            drawing::suit(app);
            Ok(())
        })
        .build(tauri::generate_context!());
    match app {
        Ok(app) => {
            app.run(|app, event| {
                if matches!(event, tauri::RunEvent::Exit)
                    && let Some(terminal) = app.try_state::<Terminal>()
                {
                    tauri::async_runtime::block_on(terminal.close());
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(%error, "the app could not start");
            ExitCode::FAILURE
        }
    }
}

/// Connects the use cases to this app's folders, keychain and events.
fn wire(
    app: &mut tauri::App,
    arguments: &Arguments,
    started: Instant,
) -> Result<(), Box<dyn std::error::Error>> {
    let data_dir = match &arguments.data_dir {
        Some(folder) => folder.clone(),
        None => app.path().app_local_data_dir()?,
    };
    let log_dir = data_dir.join("logs");
    let own = || Ok::<_, tauri::Error>(data_dir.join("exports"));
    let downloads =
        if arguments.data_dir.is_some() { own()? } else { app.path().download_dir().or_else(|_| own())? };
    app.manage(files::Folder(downloads));
    let (recent, guard) = logging::start(&log_dir);
    if let Some(guard) = guard {
        app.manage(guard);
    }
    app.manage(commands::review::Exports(exports_folder(app, arguments, &data_dir)));
    let handle = app.handle().clone();
    let options = Options {
        data_dir,
        log_dir,
        app_version: app.package_info().version.to_string(),
        started,
        pairing_file: arguments.pair.clone(),
        frames: arguments.frames.clone().map(|folder| FrameFolder { folder, rate: arguments.frame_rate }),
        keychain: Arc::new(SystemKeychain),
        announce: Arc::new(move |news| announce(&handle, news)),
        recent_errors: Arc::new(move || recent.list()),
        clock: Arc::new(system_clock),
        open_browser: Arc::new(|address| webbrowser::open(address).map_err(|error| error.to_string())),
    };
    app.manage(tauri::async_runtime::block_on(async { Terminal::start(options) }));
    Ok(())
}

/// The person's downloads; a device with a data folder of its own keeps its exports there.
fn exports_folder(app: &tauri::App, arguments: &Arguments, data_dir: &std::path::Path) -> std::path::PathBuf {
    let downloads = app.path().download_dir().ok().filter(|_| arguments.data_dir.is_none());
    downloads.unwrap_or_else(|| data_dir.join("exports"))
}

/// Tells the windows. A window that is closing may miss it, and asks again when it opens.
fn announce(app: &tauri::AppHandle, news: News) {
    let told = match news {
        News::Status(status) => {
            niceties::badge(app, status.queue.waiting);
            StatusChanged(*status).emit(app)
        }
        News::Operation(operation) => OperationChanged(*operation).emit(app),
        News::Fan(card) => FanChanged(*card).emit(app),
        News::Camera(signal) => CameraSignalled(signal).emit(app),
        News::Scan(signal) => ScanSignalled(*signal).emit(app),
        News::Gate(signal) => {
            kiosk::follow(app, &signal);
            GateSignalled(*signal).emit(app)
        }
    };
    if let Err(error) = told {
        tracing::debug!(%error, "a window was not told");
    }
}
