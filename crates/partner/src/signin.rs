//! Signing in with a PIN, the quick switch between people, the lock after a minute, and a person's first PIN here.
//!
//! A PIN belongs to one person on one device. The first one wants somebody to vouch for it: whoever has just connected
//! the device, a person who may manage people, the manager's PIN of the device, or the client secret. So nobody can
//! take a colleague's name because the colleague has not been here yet.

use serde::Deserialize;
use specta::Type;
use tokio::time::{Instant, sleep_until};
use zeroize::Zeroizing;

use crate::people::{CONNECTED_FOR, Person};
use crate::pin::{Holder, strong};
use crate::rights::Right;
use crate::terminal::Opened;
use crate::view::{PersonView, Status};
use crate::{AppError, ErrorCode, Terminal};

/// Who vouches for a person's first PIN on this device.
#[derive(Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum Approval {
    /// The device was connected a moment ago, and nobody has a PIN on it yet.
    Connected,
    /// Somebody who may manage people, with their own PIN.
    Person { staff_id: String, pin: String },
    /// The manager's PIN of the device.
    Manager { pin: String },
    /// The client secret of the device.
    Secret { secret: String },
}

impl Terminal {
    /// Everybody who may sign in here, by name.
    ///
    /// # Errors
    /// When the database can not be read.
    pub async fn people(&self) -> Result<Vec<PersonView>, AppError> {
        self.opened().await?;
        let known = self.0.people.known();
        let mut people = Vec::new();
        for person in known.people.iter().filter(|person| !person.removed) {
            let pin = self.pin_view(&Holder::Person(person.staff_id.clone())).await?;
            people.push(PersonView {
                staff_id: person.staff_id.clone(),
                name: person.name.clone(),
                role: person.role,
                pin,
                vouches: known.vouches(person),
                linked: person.oidc_subject.is_some(),
            });
        }
        Ok(people)
    }

    /// Signs somebody in, in whoever's place, and unlocks the device.
    ///
    /// # Errors
    /// `PersonGone` for somebody who may not sign in (any more), `PinNotSet` before the first PIN, `ProviderAgain` for
    /// somebody whose sign-in the provider has ended, and for a wrong PIN as [`Terminal::prepare_gate`].
    pub async fn sign_in(&self, staff_id: &str, pin: String) -> Result<Status, AppError> {
        self.opened().await?;
        let pin = Zeroizing::new(pin);
        self.check_person(staff_id, &pin).await?;
        self.begin_work(staff_id).await
    }

    /// Sets somebody's first PIN here, or another one for a forgotten one, and signs them in.
    ///
    /// # Errors
    /// `PersonGone`, `PinTooWeak`, and `NotAllowed` or the PIN's own error where nobody vouches for it.
    pub async fn start_person(
        &self,
        staff_id: &str,
        pin: String,
        approval: Approval,
    ) -> Result<Status, AppError> {
        let opened = self.opened().await?;
        strong(&pin)?;
        let known = self.0.people.known();
        let person = known.person(staff_id).ok_or(ErrorCode::PersonGone)?;
        self.require_grant(staff_id).await?;
        self.vouched(&opened, person, approval, "set a PIN").await?;
        self.write_pin(&Holder::Person(staff_id.to_owned()), pin).await?;
        self.begin_work(staff_id).await
    }

    /// Changes the PIN of the person at work.
    ///
    /// # Errors
    /// For a PIN that is too weak, and for a wrong old one.
    pub async fn change_own_pin(&self, old: String, new: String) -> Result<(), AppError> {
        self.require_person().await?;
        strong(&new)?;
        let person = self.acting().ok_or(ErrorCode::SignInNeeded)?;
        self.check_person(&person.staff_id, &old).await?;
        self.write_pin(&Holder::Person(person.staff_id), new).await.map(drop)
    }

    /// Locks the device now: the person's PIN opens it, or another person's.
    ///
    /// # Errors
    /// None at present.
    pub async fn lock(&self) -> Result<Status, AppError> {
        self.0.people.lock();
        self.status().await
    }

    /// Ends the work of whoever is signed in.
    ///
    /// # Errors
    /// None at present.
    pub async fn sign_out(&self) -> Result<Status, AppError> {
        self.0.people.end();
        self.0.fans.forget_all();
        self.status().await
    }

    /// Somebody has touched the device. A locked one stays locked.
    pub fn note_input(&self) {
        self.0.people.touch();
    }

    /// In the background: tells when a minute has passed without input.
    pub(crate) async fn watch_lock(self) {
        loop {
            let rung = self.0.people.bell();
            match self.0.people.locks_at() {
                None => rung.notified().await,
                Some(at) => tokio::select! {
                    () = rung.notified() => {}
                    () = sleep_until(at) => {
                        if self.0.people.lock_when_idle(Instant::now()) {
                            tracing::info!("locked");
                            self.ring();
                        }
                    }
                },
            }
        }
    }

    /// The one at work from now on.
    pub(crate) async fn begin_work(&self, staff_id: &str) -> Result<Status, AppError> {
        let known = self.0.people.known();
        let person = known.person(staff_id).ok_or(ErrorCode::PersonGone)?;
        self.0.people.begin(&person.staff_id);
        self.0.provider.ring();
        self.note_device(&format!("{staff_id:?} signed in")).await?;
        self.ring();
        self.status().await
    }

    pub(crate) async fn check_person(&self, staff_id: &str, pin: &str) -> Result<(), AppError> {
        let known = self.0.people.known();
        let person = known.person(staff_id).ok_or(ErrorCode::PersonGone)?;
        let holder = Holder::Person(person.staff_id.clone());
        if !self.pin_view(&holder).await?.set {
            return Err(ErrorCode::PinNotSet.into());
        }
        self.require_grant(staff_id).await?;
        self.check_pin(&holder, Some(pin)).await
    }

    /// Whether somebody vouches for what the person is to be allowed.
    pub(crate) async fn vouched(
        &self,
        opened: &Opened,
        person: &Person,
        approval: Approval,
        what: &str,
    ) -> Result<(), AppError> {
        let refused = || AppError::new(ErrorCode::NotAllowed).detail(Right::Staff.action());
        let known = self.0.people.known();
        let by = match approval {
            Approval::Connected => {
                let fresh = self.0.people.connected_lately(CONNECTED_FOR);
                let nobody_has_one = self.people().await?.iter().all(|person| !person.pin.set);
                if !(fresh && nobody_has_one && known.vouches(person)) {
                    return Err(refused());
                }
                "the connection".to_owned()
            }
            Approval::Person { staff_id, pin } => {
                let voucher = known.person(&staff_id).ok_or(ErrorCode::PersonGone)?;
                if !known.vouches(voucher) {
                    return Err(refused());
                }
                self.check_person(&staff_id, &Zeroizing::new(pin)).await?;
                format!("{staff_id:?}")
            }
            Approval::Manager { pin } => {
                if !self.pin_view(&Holder::Manager).await?.set {
                    return Err(refused());
                }
                self.check_pin(&Holder::Manager, Some(&Zeroizing::new(pin))).await?;
                "the manager's PIN".to_owned()
            }
            Approval::Secret { secret } => {
                self.check_secret(opened, &Zeroizing::new(secret)).await?;
                "the client secret".to_owned()
            }
        };
        self.note_device(&format!("{:?} may {what}: {by}", person.staff_id)).await
    }
}
