//! People, who of them is at work, and the partner's devices.

use partner::Approval;
use partner::rights::{Right, Role};
use partner::view::{
    DeviceInvitationView, DeviceView, InviteRequest, NewPerson, PersonChange, PersonView, ProviderFacts,
    ProviderPage, ProviderView, RoleRights, Status,
};

use super::{Answer, App};

/// Everybody who may sign in here.
#[tauri::command]
#[specta::specta]
pub async fn people(app: App<'_>) -> Answer<Vec<PersonView>> {
    app.people().await
}

/// Signs somebody in, in whoever's place, and unlocks the device.
#[tauri::command]
#[specta::specta]
pub async fn sign_in(app: App<'_>, person: String, pin: String) -> Answer<Status> {
    app.sign_in(&person, pin).await
}

/// Sets somebody's first PIN here, or another one for a forgotten one, and signs them in.
#[tauri::command]
#[specta::specta]
pub async fn start_person(app: App<'_>, person: String, pin: String, approval: Approval) -> Answer<Status> {
    app.start_person(&person, pin, approval).await
}

#[tauri::command]
#[specta::specta]
pub async fn change_own_pin(app: App<'_>, old: String, pin: String) -> Answer<()> {
    app.change_own_pin(old, pin).await
}

#[tauri::command]
#[specta::specta]
pub async fn lock(app: App<'_>) -> Answer<Status> {
    app.lock().await
}

#[tauri::command]
#[specta::specta]
pub async fn sign_out(app: App<'_>) -> Answer<Status> {
    app.sign_out().await
}

/// Somebody has touched the device.
#[tauri::command]
#[specta::specta]
pub async fn note_input(app: App<'_>) -> Answer<()> {
    app.note_input();
    Ok(())
}

/// What each role may do.
#[tauri::command]
#[specta::specta]
pub async fn role_rights(app: App<'_>) -> Answer<Vec<RoleRights>> {
    app.role_rights().await
}

#[tauri::command]
#[specta::specta]
pub async fn set_role_right(
    app: App<'_>,
    role: Role,
    right: Right,
    allowed: bool,
) -> Answer<Vec<RoleRights>> {
    app.set_role_right(role, right, allowed).await
}

/// Adds somebody; where nobody is known yet, asks for the manager's PIN where one is set.
#[tauri::command]
#[specta::specta]
pub async fn add_person(app: App<'_>, person: NewPerson, pin: Option<String>) -> Answer<Status> {
    app.add_person(person, pin).await
}

#[tauri::command]
#[specta::specta]
pub async fn change_person(app: App<'_>, person: String, change: PersonChange) -> Answer<Vec<PersonView>> {
    app.change_person(&person, change).await
}

#[tauri::command]
#[specta::specta]
pub async fn remove_person(app: App<'_>, person: String) -> Answer<Vec<PersonView>> {
    app.remove_person(&person).await
}

/// Takes somebody's PIN on this device away.
#[tauri::command]
#[specta::specta]
pub async fn reset_person_pin(app: App<'_>, person: String) -> Answer<Vec<PersonView>> {
    app.reset_person_pin(&person).await
}

/// Signs somebody in at the partner's provider, in the system's browser. Null: the provider vouches for somebody whom
/// nobody here knows yet.
#[tauri::command]
#[specta::specta]
pub async fn sign_in_with_provider(app: App<'_>, page: ProviderPage) -> Answer<Option<Status>> {
    app.sign_in_with_provider(page).await
}

/// Ends a sign-in at the provider that is under way.
#[tauri::command]
#[specta::specta]
pub async fn cancel_provider_sign_in(app: App<'_>) -> Answer<()> {
    app.cancel_provider_sign_in();
    Ok(())
}

/// Says whose the sign-in is that was just made at the provider, and signs that person in.
#[tauri::command]
#[specta::specta]
pub async fn link_provider_sign_in(
    app: App<'_>,
    person: String,
    approval: Approval,
    first_pin: Option<String>,
) -> Answer<Status> {
    app.link_provider_sign_in(&person, approval, first_pin).await
}

/// The provider of the partner's people.
#[tauri::command]
#[specta::specta]
pub async fn sign_in_provider(app: App<'_>) -> Answer<Option<ProviderView>> {
    app.sign_in_provider().await
}

/// Asks a provider what it is.
#[tauri::command]
#[specta::specta]
pub async fn test_sign_in_provider(app: App<'_>, provider: ProviderView) -> Answer<ProviderFacts> {
    app.test_sign_in_provider(provider).await
}

/// Sets the provider of the partner's people; null takes it away.
#[tauri::command]
#[specta::specta]
pub async fn set_sign_in_provider(
    app: App<'_>,
    provider: Option<ProviderView>,
) -> Answer<Option<ProviderView>> {
    app.set_sign_in_provider(provider).await
}

/// Connects this device by the code that a manager's device shows.
#[tauri::command]
#[specta::specta]
pub async fn pair(app: App<'_>, text: String) -> Answer<Status> {
    app.pair(&text).await
}

#[tauri::command]
#[specta::specta]
pub async fn devices(app: App<'_>) -> Answer<Vec<DeviceView>> {
    app.devices().await
}

/// A code for one device, good once and for ten minutes.
#[tauri::command]
#[specta::specta]
pub async fn invite_device(app: App<'_>, request: InviteRequest) -> Answer<DeviceInvitationView> {
    app.invite_device(request).await
}

#[tauri::command]
#[specta::specta]
pub async fn revoke_device(app: App<'_>, device: String) -> Answer<Vec<DeviceView>> {
    app.revoke_device(&device).await
}
