//! The people whom this device knows, and who of them is at work: who signed in, and since when nobody has touched it.
//!
//! Who is signed in is never written down: after a start everybody signs in anew.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sync::{ClientError, OidcProvider, PlatformClient, StaffList};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::provider::host;
use crate::rights::{Acting, Right, RightsTable, Role};
use crate::terminal::Opened;
use crate::view::SessionView;
use crate::{AppError, ErrorCode, Terminal};

/// So long without input, and the device asks who is there.
pub(crate) const LOCK_AFTER: Duration = Duration::from_secs(60);
/// Whoever has connected the device may start the first person on it for so long.
pub(crate) const CONNECTED_FOR: Duration = Duration::from_secs(10 * 60);
const PEOPLE: &str = "people";

/// One of the partner's people, as last heard from the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    pub staff_id: String,
    pub name: String,
    pub role: Role,
    /// Who they are for the partner's sign-in provider.
    pub oidc_subject: Option<String>,
    pub removed: bool,
}

/// What is known of the partner's people. Empty: nothing was ever heard of any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known {
    pub people: Vec<Person>,
    pub rights: RightsTable,
    /// The highest role of people who may work on this device. None: any.
    pub highest: Option<Role>,
    /// Where people may sign in beside their PINs.
    #[serde(default)]
    pub provider: Option<OidcProvider>,
}

impl Known {
    /// People are known, but nobody may sign in until they are heard of anew.
    fn nobody() -> Self {
        let gone = Person {
            staff_id: String::new(),
            name: String::new(),
            role: Role::Staff,
            oidc_subject: None,
            removed: true,
        };
        Self { people: vec![gone], ..Self::default() }
    }

    /// Somebody who may sign in.
    pub fn person(&self, staff_id: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.staff_id == staff_id && !person.removed)
    }

    /// Who somebody is whom the provider calls so.
    pub fn subject(&self, subject: &str) -> Option<&Person> {
        let mut people = self.people.iter().filter(|person| !person.removed);
        people.find(|person| person.oidc_subject.as_deref() == Some(subject))
    }

    /// What the person is on this device.
    pub fn role(&self, person: &Person) -> Role {
        self.highest.map_or(person.role, |highest| person.role.min(highest))
    }

    /// Whether the person can vouch for another's first PIN: by what they are, whatever the device lets them do, or
    /// nobody could ever start on a till for staff.
    pub fn vouches(&self, person: &Person) -> bool {
        self.rights.may(person.role, Right::Staff)
    }

    pub fn may(&self, person: &Person, right: Right) -> bool {
        self.rights.may(self.role(person), right)
    }
}

/// Who signed in.
#[derive(Clone, Debug)]
struct Session {
    staff_id: String,
    touched: Instant,
    locked: bool,
}

impl Session {
    fn is_locked(&self, now: Instant) -> bool {
        self.locked || now.saturating_duration_since(self.touched) >= LOCK_AFTER
    }
}

#[derive(Debug, Default)]
struct State {
    known: Known,
    session: Option<Session>,
    /// When this device was last connected to an account, in this run of the app.
    connected: Option<Instant>,
}

impl State {
    /// None: the device knows no people. Some(None): nobody is signed in.
    fn signed_in(&self) -> Option<Option<(&Session, &Person)>> {
        if self.known.people.is_empty() {
            return None;
        }
        let session = self.session.as_ref();
        Some(session.and_then(|session| Some((session, self.known.person(&session.staff_id)?))))
    }
}

/// The people of a terminal.
#[derive(Default)]
pub(crate) struct People {
    state: RwLock<State>,
    /// Rings when somebody comes or goes.
    bell: Notify,
}

impl People {
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn knows_people(&self) -> bool {
        !self.read().known.people.is_empty()
    }

    pub fn known(&self) -> Known {
        self.read().known.clone()
    }

    pub fn bell(&self) -> &Notify {
        &self.bell
    }

    pub fn begin(&self, staff_id: &str) {
        let session = Session { staff_id: staff_id.to_owned(), touched: Instant::now(), locked: false };
        self.write().session = Some(session);
        self.bell.notify_one();
    }

    pub fn end(&self) {
        self.write().session = None;
        self.bell.notify_one();
    }

    /// Ends the work of this person. False: it is somebody else's, or nobody's.
    pub fn end_of(&self, staff_id: &str) -> bool {
        let ended = {
            let mut state = self.write();
            state.session.take_if(|session| session.staff_id == staff_id).is_some()
        };
        self.bell.notify_one();
        ended
    }

    pub fn lock(&self) {
        if let Some(session) = &mut self.write().session {
            session.locked = true;
        }
        self.bell.notify_one();
    }

    /// Somebody has touched the device: the minute begins anew, unless it was over.
    pub fn touch(&self) {
        let now = Instant::now();
        if let Some(session) = &mut self.write().session {
            session.locked = session.is_locked(now);
            session.touched = now;
        }
    }

    /// When the device locks if nobody touches it. None: it is locked, or nobody is there.
    pub fn locks_at(&self) -> Option<Instant> {
        let state = self.read();
        state.session.as_ref().filter(|session| !session.locked).map(|session| session.touched + LOCK_AFTER)
    }

    /// Locks if the minute is over; true: it is locked since now.
    pub fn lock_when_idle(&self, now: Instant) -> bool {
        let mut state = self.write();
        let Some(session) = state.session.as_mut().filter(|session| !session.locked) else { return false };
        session.locked = session.is_locked(now);
        session.locked
    }

    pub fn note_connected(&self) {
        self.write().connected = Some(Instant::now());
    }

    pub fn connected_lately(&self, within: Duration) -> bool {
        self.read().connected.is_some_and(|at| at.elapsed() < within)
    }

    /// Whether whoever is at work may do this. None: being at work is enough.
    pub fn check(&self, right: Option<Right>) -> Result<(), AppError> {
        let state = self.read();
        let Some(signed_in) = state.signed_in() else { return Ok(()) };
        let (session, person) = signed_in.ok_or(ErrorCode::SignInNeeded)?;
        if session.is_locked(Instant::now()) {
            return Err(ErrorCode::Locked.into());
        }
        match right {
            Some(right) if !state.known.may(person, right) => {
                Err(AppError::new(ErrorCode::NotAllowed).detail(right.action()))
            }
            _ => Ok(()),
        }
    }

    /// How people are called, by what operations carry.
    pub fn names(&self) -> BTreeMap<String, String> {
        let state = self.read();
        state.known.people.iter().map(|one| (one.staff_id.clone(), one.name.clone())).collect()
    }

    /// What a person is called; whoever is not known any more, by their id.
    pub fn name_of(&self, staff_id: &str) -> String {
        let state = self.read();
        let person = state.known.people.iter().find(|person| person.staff_id == staff_id);
        person.map_or_else(|| staff_id.to_owned(), |person| person.name.clone())
    }

    pub fn acting(&self) -> Option<Acting> {
        let state = self.read();
        let (session, person) = state.signed_in()??;
        if session.is_locked(Instant::now()) {
            return None;
        }
        let role = state.known.role(person);
        Some(Acting { staff_id: person.staff_id.clone(), name: person.name.clone(), role })
    }

    pub fn view(&self) -> SessionView {
        let state = self.read();
        let provider = state.known.provider.as_ref().map(|provider| host(&provider.issuer));
        let Some(signed_in) = state.signed_in() else {
            return SessionView { rights: Right::ALL.into(), provider, ..SessionView::default() };
        };
        let Some((session, person)) = signed_in else {
            return SessionView { knows_people: true, provider, ..SessionView::default() };
        };
        let role = state.known.role(person);
        SessionView {
            knows_people: true,
            person: Some(Acting { staff_id: person.staff_id.clone(), name: person.name.clone(), role }),
            locked: session.is_locked(Instant::now()),
            rights: state.known.rights.of(role),
            provider,
        }
    }
}

impl Terminal {
    /// Asks the platform who works here and what they may do, and keeps it for the time without it. Whoever was removed
    /// is signed out.
    pub(crate) async fn hear_of_people(&self, client: &PlatformClient) -> Result<(), AppError> {
        let told = match client.staff().await {
            // A server with the base API alone knows nobody.
            Err(ClientError::Unsupported) => StaffList::default(),
            told => told?,
        };
        let known = self.0.people.known();
        let (people, rights) = (people(&told), rights(&told));
        let fresh = Known { people, rights, provider: told.provider, ..known.clone() };
        if fresh == known {
            return Ok(());
        }
        // Who once had people never again lets everybody in, whatever a platform says.
        let fresh = if fresh.people.is_empty() && !known.people.is_empty() { Known::nobody() } else { fresh };
        self.keep_people(fresh).await
    }

    /// Forgets the people of an account that was let go of.
    pub(crate) async fn forget_people(&self) -> Result<(), AppError> {
        self.keep_people(Known::default()).await
    }

    /// Nobody may do more on this device than this role may; None: everybody what they may.
    pub(crate) async fn cap_roles(&self, highest: Option<Role>) -> Result<(), AppError> {
        let known = self.0.people.known();
        if known.highest == highest {
            return Ok(());
        }
        self.keep_people(Known { highest, ..known }).await
    }

    async fn keep_people(&self, fresh: Known) -> Result<(), AppError> {
        let text = serde_json::to_string(&fresh).map_err(|_| ErrorCode::Internal)?;
        self.store(move |store| store.set_setting(PEOPLE, &text)).await?;
        let mut state = self.0.people.write();
        state.known = fresh;
        let gone = state.signed_in().is_none_or(|signed_in| signed_in.is_none());
        if gone {
            state.session = None;
        }
        drop(state);
        self.ring();
        self.0.provider.ring();
        Ok(())
    }

    /// Takes up what was known of the people when the app ended.
    pub(crate) fn take_up_people(&self, opened: &Opened) -> Result<(), AppError> {
        let known = match opened.store.setting(PEOPLE)? {
            // Something unreadable guards like a device on which nobody may sign in, rather than not at all.
            Some(text) => serde_json::from_str(&text).unwrap_or_else(|_| Known::nobody()),
            None => Known::default(),
        };
        self.0.people.write().known = known;
        Ok(())
    }
}

/// People of a role that this version does not know may do what staff may.
fn people(told: &StaffList) -> Vec<Person> {
    let role = |name: &str| Role::ALL.into_iter().find(|role| role.name() == name).unwrap_or(Role::Staff);
    let person = |member: &sync::StaffMember| Person {
        staff_id: member.staff_id.clone(),
        name: member.name.clone(),
        role: role(&member.role),
        oidc_subject: member.oidc_subject.clone(),
        removed: member.removed,
    };
    told.people.iter().map(person).collect()
}

fn rights(told: &StaffList) -> RightsTable {
    let rows = told.rights.iter();
    RightsTable::told(rows.map(|right| (right.role.as_str(), right.action.as_str(), right.allowed)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use tokio::time::advance;

    use super::*;
    use crate::terminal::News;
    use crate::{MemoryKeychain, Options, system_clock};

    const NEARLY: Duration = LOCK_AFTER.saturating_sub(Duration::from_millis(1));

    /// A till that knows nobody, and what it tells of being locked.
    async fn a_till(folder: &std::path::Path) -> (Terminal, Arc<std::sync::Mutex<Vec<bool>>>) {
        let told: Arc<std::sync::Mutex<Vec<bool>>> = Arc::default();
        let ear = told.clone();
        let terminal = Terminal::start(Options {
            data_dir: folder.to_owned(),
            log_dir: folder.join("logs"),
            app_version: "0.0.0".into(),
            started: std::time::Instant::now(),
            pairing_file: None,
            frames: None,
            keychain: Arc::new(MemoryKeychain::default()),
            announce: Arc::new(move |news| {
                if let News::Status(status) = news {
                    ear.lock().unwrap_or_else(PoisonError::into_inner).push(status.session.locked);
                }
            }),
            recent_errors: Arc::new(Vec::new),
            clock: Arc::new(system_clock),
            open_browser: Arc::new(|_| Err("there is none".into())),
        });
        terminal.opened().await.unwrap();
        (terminal, told)
    }

    async fn hear_of_kim(terminal: &Terminal) {
        let kim = Person {
            staff_id: "kim".into(),
            name: "Kim".into(),
            role: Role::Manager,
            oidc_subject: None,
            removed: false,
        };
        terminal.keep_people(Known { people: vec![kim], ..Known::default() }).await.unwrap();
    }

    /// A till with Kim at work on it.
    async fn kims_till(folder: &std::path::Path) -> (Terminal, Arc<std::sync::Mutex<Vec<bool>>>) {
        let (terminal, told) = a_till(folder).await;
        hear_of_kim(&terminal).await;
        terminal.begin_work("kim").await.unwrap();
        (terminal, told)
    }

    #[tokio::test(start_paused = true)]
    async fn the_device_locks_a_minute_after_the_last_input_and_tells_it() {
        let folder = tempfile::tempdir().unwrap();
        let (terminal, told) = kims_till(folder.path()).await;
        let code = || async { terminal.require(Right::Give).await.err().map(|error| error.code) };
        advance(NEARLY).await;
        assert_eq!(code().await, None, "a moment before");
        terminal.note_input();
        advance(NEARLY).await;
        assert_eq!(code().await, None, "the minute began anew");
        advance(Duration::from_millis(1)).await;
        assert_eq!(code().await, Some(ErrorCode::Locked));
        // The clock stands still; that it was told takes a look at the database, on another thread.
        while told.lock().unwrap().last() != Some(&true) {
            tokio::task::spawn_blocking(std::thread::yield_now).await.unwrap();
        }
        terminal.note_input();
        assert_eq!(code().await, Some(ErrorCode::Locked), "input alone opens nothing");
        assert!(terminal.status().await.unwrap().session.person.is_some(), "the screen says whose it is");
        terminal.begin_work("kim").await.unwrap();
        assert_eq!(code().await, None);
    }

    #[tokio::test]
    async fn whoever_begins_before_people_are_known_is_at_work_as_soon_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let (terminal, _) = a_till(folder.path()).await;
        terminal.0.people.begin("kim");
        assert!(!terminal.0.people.view().knows_people);
        hear_of_kim(&terminal).await;
        let view = terminal.0.people.view();
        assert!(view.knows_people && !view.locked);
        assert_eq!(view.person.map(|person| person.name).as_deref(), Some("Kim"));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_locked_out_where_nobody_signed_in() {
        let folder = tempfile::tempdir().unwrap();
        let (terminal, _) = kims_till(folder.path()).await;
        terminal.sign_out().await.unwrap();
        advance(LOCK_AFTER * 2).await;
        let error = terminal.require(Right::Give).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::SignInNeeded);
    }
}
