//! The commands that the web view may call: thin wrappers, the work is done in `partner`.

pub mod goods;
pub mod look;

use partner::rights::Right;
use partner::upkeep::{AuditView, Health, Reconciliation};
use partner::view::{
    CameraFacts, CameraKnob, CameraView, CodeSource, ConnectRequest, Diagnostics, FanCard, GatePlan,
    GateView, HandheldProfile, HandheldScan, ItemInput, KeyPress, KnobSetting, LimitInput, OfflineLimits,
    OperationFilter, OperationPage, Passage, PinView, Preferences, QuickButton, Quote, RaisedDeed, Receipt,
    ScanSource, ScreenView, SerialPortView, SerialState, Shown, SplitQuote, Status, TeachCode, ThresholdView,
    Totals,
};
use partner::{
    AppError, DeviceKeyView, ErrorCode, EvacuateRequest, Evacuation, ImportRequest, Imported, Terminal,
};
use tauri::State;

use crate::clipboard;
use crate::link::Links;

pub mod people;
pub mod review;
pub mod shift;

type Answer<T> = Result<T, AppError>;
type App<'a> = State<'a, Terminal>;

/// The state of connection, line, queue and preferences.
#[tauri::command]
#[specta::specta]
pub async fn status(app: App<'_>) -> Answer<Status> {
    app.status().await
}

/// Signs in, fetches the program's configuration and keeps the secret in the keychain.
#[tauri::command]
#[specta::specta]
pub async fn connect(app: App<'_>, request: ConnectRequest) -> Answer<Status> {
    app.connect(request).await
}

/// Forgets the platform; refused while something waits to be sent.
#[tauri::command]
#[specta::specta]
pub async fn disconnect(app: App<'_>) -> Answer<Status> {
    app.disconnect().await
}

#[tauri::command]
#[specta::specta]
pub async fn set_preferences(app: App<'_>, preferences: Preferences) -> Answer<Status> {
    app.set_preferences(preferences).await
}

/// What the screens have kept of how a person works here: a JSON object of theirs.
#[tauri::command]
#[specta::specta]
pub async fn choices(app: App<'_>) -> Answer<Option<String>> {
    app.choices().await
}

#[tauri::command]
#[specta::specta]
pub async fn keep_choices(app: App<'_>, text: String) -> Answer<()> {
    app.keep_choices(text).await
}

/// Recognises the text of a code or a typed FanPoints id: a fan, or something that a fan holds.
#[tauri::command]
#[specta::specta]
pub async fn identify_text(app: App<'_>, text: String, source: CodeSource) -> Answer<Shown> {
    app.show_text(&text, source).await
}

/// Recognises what is in a picture; `data` is base64, with or without a data-URL prefix.
#[tauri::command]
#[specta::specta]
pub async fn identify_picture(app: App<'_>, data: String) -> Answer<Shown> {
    app.show_picture(&data).await
}

/// Recognises what was copied elsewhere: a picture of a code, or its text.
#[tauri::command]
#[specta::specta]
pub async fn identify_clipboard(app: App<'_>) -> Answer<Shown> {
    app.require(Right::Identify).await?;
    let copied = tauri::async_runtime::spawn_blocking(clipboard::read).await;
    app.show_copied(copied.map_err(|_| ErrorCode::Internal)??).await
}

/// The card of a fan that was identified, with figures as new as they can be had.
#[tauri::command]
#[specta::specta]
pub async fn fan_card(app: App<'_>, fan: String) -> Answer<FanCard> {
    app.fan_card(&fan).await
}

/// What a purchase would earn and cost.
#[tauri::command]
#[specta::specta]
pub async fn quote(app: App<'_>, items: Vec<ItemInput>) -> Answer<Quote> {
    app.quote(&items).await
}

#[tauri::command]
#[specta::specta]
pub async fn give(app: App<'_>, fan: String, items: Vec<ItemInput>) -> Answer<Receipt> {
    app.give(&fan, items).await
}

#[tauri::command]
#[specta::specta]
pub async fn redeem(app: App<'_>, fan: String, items: Vec<ItemInput>) -> Answer<Receipt> {
    app.redeem(&fan, items).await
}

/// Does above a limit what was refused for it, once; asks for the manager's PIN where the right is missing.
#[tauri::command]
#[specta::specta]
pub async fn raise_limit(
    app: App<'_>,
    fan: String,
    deed: RaisedDeed,
    pin: Option<String>,
) -> Answer<Receipt> {
    app.raise_limit(&fan, deed, pin).await
}

#[tauri::command]
#[specta::specta]
pub async fn award(app: App<'_>, fan: String, action: String) -> Answer<Receipt> {
    app.award(&fan, &action).await
}

/// Undoes an operation; what is not one's own or long done takes the right to it or the manager's PIN.
#[tauri::command]
#[specta::specta]
pub async fn undo(app: App<'_>, operation: String, pin: Option<String>) -> Answer<Receipt> {
    app.undo_as(&operation, pin).await
}

#[tauri::command]
#[specta::specta]
pub async fn check_threshold(app: App<'_>, fan: String, rule: String) -> Answer<ThresholdView> {
    app.check_threshold(&fan, &rule).await
}

/// Operations of this device, newest first.
#[tauri::command]
#[specta::specta]
pub async fn operations(app: App<'_>, filter: OperationFilter) -> Answer<OperationPage> {
    app.operations(filter).await
}

/// The sums of a period: `from` inclusive, `to` exclusive.
#[tauri::command]
#[specta::specta]
pub async fn totals(app: App<'_>, from: i64, to: i64) -> Answer<Totals> {
    app.totals(from, to).await
}

/// Tries to send what waits at once.
#[tauri::command]
#[specta::specta]
pub async fn send_now(app: App<'_>) -> Answer<Status> {
    app.send_now().await
}

#[tauri::command]
#[specta::specta]
pub async fn cameras(app: App<'_>) -> Answer<Vec<CameraView>> {
    app.cameras().await
}

/// Starts the camera (None: the first one); pictures come from the `preview` address, reads as events.
#[tauri::command]
#[specta::specta]
pub async fn camera_start(app: App<'_>, camera: Option<String>) -> Answer<()> {
    app.camera_start(camera).await
}

#[tauri::command]
#[specta::specta]
pub async fn camera_stop(app: App<'_>) -> Answer<()> {
    app.camera_stop().await
}

#[tauri::command]
#[specta::specta]
pub async fn diagnostics(app: App<'_>) -> Answer<Diagnostics> {
    app.diagnostics().await
}

/// The gate of this device: its plan, its run, its manager's PIN.
#[tauri::command]
#[specta::specta]
pub async fn gate(app: App<'_>) -> Answer<GateView> {
    app.gate().await
}

/// Prepares the gate; asks for the manager's PIN where one is set.
#[tauri::command]
#[specta::specta]
pub async fn prepare_gate(app: App<'_>, plan: GatePlan, pin: Option<String>) -> Answer<GateView> {
    app.prepare_gate(plan, pin).await
}

#[tauri::command]
#[specta::specta]
pub async fn open_gate(app: App<'_>) -> Answer<GateView> {
    app.open_gate().await
}

/// Closes the gate; a kiosk asks for the manager's PIN.
#[tauri::command]
#[specta::specta]
pub async fn close_gate(app: App<'_>, pin: Option<String>) -> Answer<GateView> {
    app.close_gate(pin).await
}

/// Whether what the camera reads goes to the gate.
#[tauri::command]
#[specta::specta]
pub async fn attend_gate(app: App<'_>, attended: bool) -> Answer<()> {
    app.attend_gate(attended).await
}

/// Judges what a scanner or a person typed; null while the same code is held there.
#[tauri::command]
#[specta::specta]
pub async fn gate_text(app: App<'_>, text: String, source: CodeSource) -> Answer<Option<Passage>> {
    app.gate_text(&text, source).await
}

/// A person lets in or turns away, whatever the answer was.
#[tauri::command]
#[specta::specta]
pub async fn decide_passage(app: App<'_>, number: u32, admit: bool, reason: String) -> Answer<Passage> {
    app.decide_passage(number, admit, reason).await
}

#[tauri::command]
#[specta::specta]
pub async fn set_manager_pin(app: App<'_>, old: Option<String>, pin: String) -> Answer<PinView> {
    app.set_manager_pin(old, pin).await
}

/// Sets the manager's PIN with the client secret.
#[tauri::command]
#[specta::specta]
pub async fn reset_manager_pin(app: App<'_>, secret: String, pin: String) -> Answer<PinView> {
    app.reset_manager_pin(secret, pin).await
}

/// The code of a fan that another program asked to serve, once.
#[tauri::command]
#[specta::specta]
pub async fn take_link(links: State<'_, Links>) -> Answer<Option<String>> {
    Ok(links.take())
}

/// What a purchase comes to when so many points pay a part of it.
#[tauri::command]
#[specta::specta]
pub async fn quote_split(app: App<'_>, items: Vec<ItemInput>, points: i64) -> Answer<SplitQuote> {
    app.quote_split(&items, points).await
}

/// Takes points for a part of the purchase and gives points for the rest.
#[tauri::command]
#[specta::specta]
pub async fn pay(app: App<'_>, fan: String, items: Vec<ItemInput>, points: i64) -> Answer<Receipt> {
    app.pay(&fan, items, points).await
}

#[tauri::command]
#[specta::specta]
pub async fn quick_buttons(app: App<'_>) -> Answer<Vec<QuickButton>> {
    app.quick_buttons().await
}

/// Sets the quick buttons; asks for the manager's PIN where one is set.
#[tauri::command]
#[specta::specta]
pub async fn set_quick_buttons(
    app: App<'_>,
    buttons: Vec<QuickButton>,
    pin: Option<String>,
) -> Answer<Vec<QuickButton>> {
    app.set_quick_buttons(buttons, pin).await
}

/// A text as a QR code to show on the screen: an SVG picture.
#[tauri::command]
#[specta::specta]
pub async fn qr_code(text: String) -> Answer<String> {
    partner::qr_svg(&text)
}

/// Starts looking at a camera or at a part of the screen; pictures come from the `preview` address, reads as events.
#[tauri::command]
#[specta::specta]
pub async fn scan_start(app: App<'_>, source: ScanSource) -> Answer<()> {
    app.scan_start(source).await
}

/// The screens that can be looked at.
#[tauri::command]
#[specta::specta]
pub async fn screens(app: App<'_>) -> Answer<Vec<ScreenView>> {
    app.screens().await
}

/// What runs now and can be set on it; null while nothing delivers.
#[tauri::command]
#[specta::specta]
pub async fn camera_facts(app: App<'_>) -> Answer<Option<CameraFacts>> {
    Ok(app.camera_facts())
}

/// Turns a knob of the running camera.
#[tauri::command]
#[specta::specta]
pub async fn camera_set(app: App<'_>, knob: CameraKnob, setting: KnobSetting) -> Answer<()> {
    app.camera_set(knob, setting);
    Ok(())
}

#[tauri::command]
#[specta::specta]
pub async fn serial_ports(app: App<'_>) -> Answer<Vec<SerialPortView>> {
    app.serial_ports().await
}

/// Listens to a scanner on a serial port, at 9600 baud unless told otherwise.
#[tauri::command]
#[specta::specta]
pub async fn serial_start(app: App<'_>, port: String, baud: Option<u32>) -> Answer<()> {
    app.serial_start(port, baud).await
}

#[tauri::command]
#[specta::specta]
pub async fn serial_stop(app: App<'_>) -> Answer<()> {
    app.serial_stop().await
}

#[tauri::command]
#[specta::specta]
pub async fn serial_state(app: App<'_>) -> Answer<Option<SerialState>> {
    Ok(app.serial_state())
}

/// The code that a handheld scanner typed, whatever the keyboard's layout and whatever a person typed just before.
#[tauri::command]
#[specta::specta]
pub async fn handheld_scan(
    app: App<'_>,
    presses: Vec<KeyPress>,
    profile: Option<HandheldProfile>,
) -> Answer<HandheldScan> {
    Ok(app.handheld_scan(presses, profile))
}

/// The codes that teach a handheld scanner.
#[tauri::command]
#[specta::specta]
pub async fn teach_codes(app: App<'_>) -> Answer<Vec<TeachCode>> {
    app.teach_codes()
}

/// Learns a handheld scanner from its scans of the test codes.
#[tauri::command]
#[specta::specta]
pub async fn teach(app: App<'_>, scans: Vec<Vec<KeyPress>>) -> Answer<HandheldProfile> {
    app.teach(scans)
}

/// How the device is: its audit chain, its disk, its clock, what was set aside.
#[tauri::command]
#[specta::specta]
pub async fn health(app: App<'_>) -> Answer<Health> {
    app.health().await
}

/// Somebody has read that a damaged database was set aside.
#[tauri::command]
#[specta::specta]
pub async fn dismiss_set_aside(app: App<'_>) -> Answer<Health> {
    app.dismiss_set_aside().await
}

/// Goes over the whole audit chain.
#[tauri::command]
#[specta::specta]
pub async fn verify_audit(app: App<'_>) -> Answer<AuditView> {
    app.verify_audit().await
}

/// Compares a period with the platform's books.
#[tauri::command]
#[specta::specta]
pub async fn reconcile(app: App<'_>, from: i64, to: i64) -> Answer<Reconciliation> {
    app.reconcile(from, to).await
}

/// The offline policy: the platform's limits, this device's, and what is in force.
#[tauri::command]
#[specta::specta]
pub async fn offline_limits(app: App<'_>) -> Answer<OfflineLimits> {
    app.offline_limits().await
}

/// Sets stricter limits for this device; asks for the manager's PIN where one is set.
#[tauri::command]
#[specta::specta]
pub async fn set_offline_limits(
    app: App<'_>,
    limits: Vec<LimitInput>,
    pin: Option<String>,
) -> Answer<OfflineLimits> {
    app.set_offline_limits(limits, pin).await
}

/// After how many days accepted operations are archived; asks for the manager's PIN where one is set.
#[tauri::command]
#[specta::specta]
pub async fn set_retention(app: App<'_>, days: Option<u32>, pin: Option<String>) -> Answer<Health> {
    app.set_retention(days, pin).await
}

/// What another device needs to hand something over to this one.
#[tauri::command]
#[specta::specta]
pub async fn device_key(app: App<'_>) -> Answer<DeviceKeyView> {
    app.device_key().await
}

/// Seals what waits for another device; asks for the manager's PIN where one is set.
#[tauri::command]
#[specta::specta]
pub async fn evacuate(app: App<'_>, request: EvacuateRequest, pin: Option<String>) -> Answer<Evacuation> {
    app.as_manager(Right::Devices, pin).await?;
    app.evacuate(request).await
}

/// Takes over what another device sealed; asks for the manager's PIN where one is set.
#[tauri::command]
#[specta::specta]
pub async fn import_evacuation(
    app: App<'_>,
    request: ImportRequest,
    pin: Option<String>,
) -> Answer<Imported> {
    app.as_manager(Right::Devices, pin).await?;
    app.import_evacuation(request).await
}

/// The codes of a series that a picture shows.
#[tauri::command]
#[specta::specta]
pub async fn handover_codes(app: App<'_>, data: String) -> Answer<Vec<String>> {
    app.require(Right::Devices).await?;
    app.handover_codes(&data).await
}

/// The other device has taken over what was sealed.
#[tauri::command]
#[specta::specta]
pub async fn confirm_moved(app: App<'_>, receipt: String) -> Answer<Status> {
    app.confirm_moved(receipt).await
}
