//! People and devices, as the screens show them.

use serde::Serialize;
use specta::Type;

use crate::rights::{Acting, Right};

/// Who is at work on this device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// False: nobody has to sign in here.
    pub knows_people: bool,
    pub person: Option<Acting>,
    /// After a minute without input: the person's PIN is asked for.
    pub locked: bool,
    /// What may be done here now. A locked device shows what the person may once it is unlocked.
    pub rights: Vec<Right>,
}
