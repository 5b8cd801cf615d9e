//! What a manager does about people: who belongs here, as what, and what each role may do. The platform keeps it and
//! every device hears of it; PINs stay on this device.

use std::sync::Arc;
use sync::{PlatformClient, StaffChange};

use crate::people::Known;
use crate::pin::{Holder, strong};
use crate::rights::{Right, Role};
use crate::view::{NewPerson, PersonChange, PersonView, RoleRights, Status};
use crate::{AppError, ErrorCode, Terminal};

const LONGEST_NAME: usize = 60;

impl Terminal {
    /// What each role may do.
    ///
    /// # Errors
    /// As [`Terminal::require`].
    pub async fn role_rights(&self) -> Result<Vec<RoleRights>, AppError> {
        self.require(Right::Staff).await?;
        let known = self.0.people.known();
        Ok(Role::ALL.into_iter().map(|role| RoleRights { role, rights: known.rights.of(role) }).collect())
    }

    /// Adds somebody. The first person of a partner has to be a manager, chooses a PIN, and is at work at once.
    ///
    /// # Errors
    /// As [`Terminal::require`]; for an empty name, and where the platform could not be asked.
    pub async fn add_person(&self, person: NewPerson, pin: Option<String>) -> Result<Status, AppError> {
        self.as_manager(Right::Staff, pin).await?;
        let name = checked_name(&person.name)?;
        let is_first = !self.0.people.knows_people();
        let staff_id = uuid::Uuid::new_v4().to_string();
        if is_first {
            if person.role != Role::Manager {
                return Err(ErrorCode::LastManager.into());
            }
            let first = person.first_pin.ok_or(ErrorCode::PinTooWeak)?;
            strong(&first)?;
            // Before anybody can hear of the person: the device would want a sign-in that nobody has.
            self.write_pin(&Holder::Person(staff_id.clone()), first).await?;
        }
        let oidc_subject = person.oidc_subject.filter(|subject| !subject.trim().is_empty());
        let change =
            StaffChange::Add { staff_id: staff_id.clone(), name, role: person.role.name(), oidc_subject };
        if !is_first {
            self.change_people(&change).await?;
            return self.status().await;
        }
        // At work before the device knows anybody: whichever word of the platform comes first, nobody is shut out.
        self.0.people.begin(&staff_id);
        if let Err(error) = self.change_people(&change).await {
            self.0.people.end_of(&staff_id);
            return Err(error);
        }
        self.begin_work(&staff_id).await
    }

    /// Changes somebody's name, role or sign-in subject.
    ///
    /// # Errors
    /// As [`Terminal::add_person`]; `LastManager` where nobody else could manage people afterwards.
    pub async fn change_person(
        &self,
        staff_id: &str,
        change: PersonChange,
    ) -> Result<Vec<PersonView>, AppError> {
        self.require(Right::Staff).await?;
        if change.role.is_some_and(|role| role != Role::Manager) {
            self.keep_a_manager(staff_id)?;
        }
        let name = change.name.as_deref().map(checked_name).transpose()?;
        let change = StaffChange::Alter {
            staff_id: staff_id.to_owned(),
            name,
            role: change.role.map(Role::name),
            oidc_subject: change.oidc_subject,
        };
        self.change_people(&change).await?;
        self.people().await
    }

    /// Removes somebody, here at once and everywhere else once the devices have heard of it.
    ///
    /// # Errors
    /// As [`Terminal::change_person`].
    pub async fn remove_person(&self, staff_id: &str) -> Result<Vec<PersonView>, AppError> {
        self.require(Right::Staff).await?;
        self.keep_a_manager(staff_id)?;
        self.change_people(&StaffChange::Remove { staff_id: staff_id.to_owned() }).await?;
        self.people().await
    }

    /// Gives a role a right or takes it away.
    ///
    /// # Errors
    /// As [`Terminal::require`]; `LastManager` for the managers' own right to manage people.
    pub async fn set_role_right(
        &self,
        role: Role,
        right: Right,
        allowed: bool,
    ) -> Result<Vec<RoleRights>, AppError> {
        self.require(Right::Staff).await?;
        if role == Role::Manager && right == Right::Staff {
            return Err(ErrorCode::LastManager.into());
        }
        let change = StaffChange::SetRight { role: role.name(), action: right.action(), allowed };
        self.change_people(&change).await?;
        self.role_rights().await
    }

    /// Takes somebody's PIN on this device away: they start anew, with somebody to vouch for them.
    ///
    /// # Errors
    /// As [`Terminal::require`].
    pub async fn reset_person_pin(&self, staff_id: &str) -> Result<Vec<PersonView>, AppError> {
        self.require(Right::Staff).await?;
        self.0.people.known().person(staff_id).ok_or(ErrorCode::PersonGone)?;
        self.remove_pin(&Holder::Person(staff_id.to_owned())).await?;
        self.note_device(&format!("the PIN of {staff_id:?} was taken away")).await?;
        self.people().await
    }

    async fn change_people(&self, change: &StaffChange) -> Result<(), AppError> {
        let client = self.client().await?;
        if !client.change_staff(change).await? {
            return Err(ErrorCode::PersonGone.into());
        }
        self.hear_of_people(&client).await
    }

    /// The client of a connected device.
    pub(crate) async fn client(&self) -> Result<Arc<PlatformClient>, AppError> {
        Ok(self.opened().await?.line.ok_or(ErrorCode::NotConnected)?.client)
    }

    fn keep_a_manager(&self, without: &str) -> Result<(), AppError> {
        let known = self.0.people.known();
        let others = |known: &Known| {
            known
                .people
                .iter()
                .any(|person| person.staff_id != without && !person.removed && person.role == Role::Manager)
        };
        if others(&known) { Ok(()) } else { Err(ErrorCode::LastManager.into()) }
    }
}

fn checked_name(name: &str) -> Result<String, AppError> {
    let name: String = name.trim().chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    if name.is_empty() { Err(AppError::new(ErrorCode::MissingField).detail("name")) } else { Ok(name) }
}
