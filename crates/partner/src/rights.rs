//! Who may do what: rights as data, what each role may, and the guard of all that takes a right.
//!
//! The actions and their defaults are the platform's (`get_staff`); a partner changes the table there, and the device
//! keeps what it last heard. A device that knows no people has nobody to sign in: everything is open on it, and a
//! manager's matters are guarded by the manager's PIN, where one is set.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::pin::Holder;
use crate::{AppError, ErrorCode, Terminal};

/// What somebody is. Each may do what the one before may, unless the partner says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Staff,
    Supervisor,
    Manager,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Staff, Self::Supervisor, Self::Manager];

    /// The platform's word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Supervisor => "supervisor",
            Self::Manager => "manager",
        }
    }
}

/// Everything that a right is about, in the platform's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// See who a code belongs to, and this device's own queue.
    Identify,
    Give,
    Redeem,
    Award,
    /// Undo what one did oneself.
    UndoOwn,
    /// Undo what others did, and what is long done.
    UndoAny,
    /// Go above a limit of the offline policy once.
    RaiseLimit,
    /// Let in or turn away against the gate's answer.
    OverrideGate,
    PrepareGate,
    /// Open, hand over and close a shift.
    CloseShift,
    /// See every operation, signals and the reconciliation.
    Review,
    /// Decide what becomes of refused and held operations, and reverse others.
    Decide,
    Export,
    Settings,
    /// Add, change and remove people and their rights.
    Staff,
    /// Pair and revoke devices, hand a queue over, let go of the account.
    Devices,
}

impl Right {
    pub const ALL: [Self; 16] = [
        Self::Identify,
        Self::Give,
        Self::Redeem,
        Self::Award,
        Self::UndoOwn,
        Self::UndoAny,
        Self::RaiseLimit,
        Self::OverrideGate,
        Self::PrepareGate,
        Self::CloseShift,
        Self::Review,
        Self::Decide,
        Self::Export,
        Self::Settings,
        Self::Staff,
        Self::Devices,
    ];

    /// The platform's word for it.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Identify => "identify",
            Self::Give => "give",
            Self::Redeem => "redeem",
            Self::Award => "award",
            Self::UndoOwn => "undo_own",
            Self::UndoAny => "undo_any",
            Self::RaiseLimit => "raise_limit",
            Self::OverrideGate => "override_gate",
            Self::PrepareGate => "prepare_gate",
            Self::CloseShift => "close_shift",
            Self::Review => "review",
            Self::Decide => "decide",
            Self::Export => "export",
            Self::Settings => "settings",
            Self::Staff => "staff",
            Self::Devices => "devices",
        }
    }

    /// The lowest role that has it unless the partner says otherwise.
    pub const fn lowest(self) -> Role {
        match self {
            Self::Identify | Self::Give | Self::Redeem | Self::Award | Self::UndoOwn => Role::Staff,
            Self::UndoAny | Self::RaiseLimit | Self::OverrideGate | Self::PrepareGate | Self::CloseShift => {
                Role::Supervisor
            }
            Self::Review | Self::Decide | Self::Export | Self::Settings | Self::Staff | Self::Devices => {
                Role::Manager
            }
        }
    }
}

/// Which role may do what. A right that is not in it nobody has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RightsTable(BTreeSet<(Role, Right)>);

impl Default for RightsTable {
    fn default() -> Self {
        let pairs = Role::ALL.into_iter().flat_map(|role| Right::ALL.map(|right| (role, right)));
        Self(pairs.filter(|(role, right)| *role >= right.lowest()).collect())
    }
}

impl RightsTable {
    /// The default table with what the platform says. Actions and roles of a newer platform are left out.
    pub fn told<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str, bool)>) -> Self {
        let mut table = Self::default();
        for (role, action, allowed) in rows {
            let role = Role::ALL.into_iter().find(|known| known.name() == role);
            let right = Right::ALL.into_iter().find(|known| known.action() == action);
            if let (Some(role), Some(right)) = (role, right) {
                table.set(role, right, allowed);
            }
        }
        table
    }

    pub fn may(&self, role: Role, right: Right) -> bool {
        self.0.contains(&(role, right))
    }

    pub fn of(&self, role: Role) -> Vec<Right> {
        Right::ALL.into_iter().filter(|right| self.may(role, *right)).collect()
    }

    fn set(&mut self, role: Role, right: Right, allowed: bool) {
        if allowed {
            self.0.insert((role, right));
        } else {
            self.0.remove(&(role, right));
        }
    }
}

/// The person at work on this device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Acting {
    pub staff_id: String,
    pub name: String,
    pub role: Role,
}

impl Terminal {
    /// Passes whoever is at work, if they have the right. On a device that knows no people everybody passes.
    ///
    /// # Errors
    /// `SignInNeeded` while nobody is signed in, `Locked` after a minute without input, `NotAllowed` (with the action)
    /// for want of the right; a database that can not be opened.
    pub async fn require(&self, right: Right) -> Result<(), AppError> {
        self.opened().await?;
        self.0.people.check(Some(right))
    }

    /// Passes whoever is signed in and at work, whatever their rights.
    ///
    /// # Errors
    /// As [`Terminal::require`], but for `NotAllowed`.
    pub async fn require_person(&self) -> Result<(), AppError> {
        self.opened().await?;
        self.0.people.check(None)
    }

    /// Passes for a manager's matter. A person at work passes by their right, or with the manager's PIN of the device.
    /// On a device that knows no people it takes that PIN, where one is set.
    ///
    /// # Errors
    /// As [`Terminal::require`]; for a missing or wrong PIN as [`Terminal::prepare_gate`].
    pub async fn as_manager(&self, right: Right, pin: Option<String>) -> Result<(), AppError> {
        let refused = match self.require(right).await {
            Ok(()) if self.0.people.knows_people() => return Ok(()),
            Ok(()) => return self.check_pin(&Holder::Manager, pin.as_deref()).await,
            Err(refused) => refused,
        };
        let may_ask = refused.code == ErrorCode::NotAllowed && self.pin_view(&Holder::Manager).await?.set;
        if !may_ask {
            return Err(refused);
        }
        self.check_pin(&Holder::Manager, pin.as_deref()).await?;
        let who = self.acting().map_or_else(String::new, |person| person.staff_id);
        self.note_device(&format!("the manager's PIN allowed {} to {who:?}", right.action())).await
    }

    /// The person at work. None: nobody is signed in, the device is locked, or it knows no people.
    pub fn acting(&self) -> Option<Acting> {
        self.0.people.acting()
    }

    /// By whom an operation is done, as the journal and the platform know them.
    pub(crate) fn acting_id(&self) -> Option<String> {
        self.acting().map(|person| person.staff_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_the_one_before_may() {
        let table = RightsTable::default();
        let of = |role| table.of(role).len();
        assert_eq!((of(Role::Staff), of(Role::Supervisor), of(Role::Manager)), (5, 10, 16));
        assert!(table.may(Role::Staff, Right::UndoOwn) && !table.may(Role::Staff, Right::UndoAny));
        assert!(
            table.may(Role::Supervisor, Right::CloseShift) && !table.may(Role::Supervisor, Right::Review)
        );
    }

    #[test]
    fn the_platform_has_the_last_word_on_every_right_it_names() {
        let rows = [
            ("staff", "redeem", false),
            ("staff", "export", true),
            ("owner", "give", true),
            ("staff", "fly", true),
        ];
        let table = RightsTable::told(rows);
        assert!(!table.may(Role::Staff, Right::Redeem) && table.may(Role::Staff, Right::Export));
        assert!(table.may(Role::Staff, Right::Give), "what it does not name stays");
        assert_eq!(RightsTable::told([]), RightsTable::default());
    }

    #[test]
    fn rights_are_named_as_their_actions() {
        for right in Right::ALL {
            assert_eq!(serde_json::to_value(right).ok(), Some(right.action().into()));
        }
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).ok(), Some(role.name().into()));
        }
    }
}
