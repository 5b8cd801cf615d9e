//! The people of a partner: who they are, their role, and what a role may do.

use std::str::FromStr;

use super::catalogue::parse_stored;
use super::changes::{self, ChangeKind, Concerns};
use super::sql::params;
use super::{Connection, Row, StoreError, Turn};
use ledger::PartnerId;

/// What somebody is at a partner. Each may do what the one before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StaffRole {
    Staff,
    Supervisor,
    Manager,
}

impl StaffRole {
    pub const ALL: [Self; 3] = [Self::Staff, Self::Supervisor, Self::Manager];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Supervisor => "supervisor",
            Self::Manager => "manager",
        }
    }
}

impl FromStr for StaffRole {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or(())
    }
}

/// One of the people.
#[derive(Clone, Debug)]
pub struct Person {
    pub staff_id: String,
    pub name: String,
    pub role: StaffRole,
    /// Who they are for an OpenID Connect provider.
    pub oidc_subject: Option<String>,
    pub changed_us: i64,
    pub removed_us: Option<i64>,
}

/// The partner's people by name; with `removed` also those who left.
pub fn list(connection: &Connection, partner: PartnerId, removed: bool) -> Result<Vec<Person>, StoreError> {
    let people = connection.query(
        "SELECT staff_id, name, role, oidc_subject, changed_us, removed_us FROM staff
         WHERE partner_no = ?1 ORDER BY name, staff_id",
        params![partner.0],
        read,
    )?;
    Ok(people.into_iter().filter(|person| removed || person.removed_us.is_none()).collect())
}

/// One of the partner's people who is still there.
pub fn find(
    connection: &Connection,
    partner: PartnerId,
    staff_id: &str,
) -> Result<Option<Person>, StoreError> {
    connection.query_opt(
        "SELECT staff_id, name, role, oidc_subject, changed_us, removed_us FROM staff
         WHERE partner_no = ?1 AND staff_id = ?2 AND removed_us IS NULL",
        params![partner.0, staff_id],
        read,
    )
}

/// Whether somebody else is this subject at the partner's provider.
fn is_taken(
    connection: &Connection,
    partner: PartnerId,
    staff_id: &str,
    subject: Option<&String>,
) -> Result<bool, StoreError> {
    let Some(subject) = subject else { return Ok(false) };
    let sql = "SELECT count(*) FROM staff WHERE partner_no = ?1 AND staff_id <> ?2 AND oidc_subject = ?3";
    let others: i64 = connection.query_row(sql, params![partner.0, staff_id, subject], |row| row.get(0))?;
    Ok(others > 0)
}

/// Adds somebody. False: there is or was somebody with this id, or somebody is this subject.
pub fn add(turn: &mut Turn<'_>, partner: PartnerId, person: &Person) -> Result<bool, StoreError> {
    if is_taken(turn.connection, partner, &person.staff_id, person.oidc_subject.as_ref())? {
        return Ok(false);
    }
    let date_us = turn.next_date();
    let added = turn.connection.execute_counted(
        "INSERT INTO staff (partner_no, staff_id, name, role, oidc_subject, changed_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (partner_no, staff_id) DO NOTHING",
        params![
            partner.0,
            &person.staff_id,
            &person.name,
            person.role.name(),
            person.oidc_subject.as_ref(),
            date_us
        ])?;
    told(turn, partner, &person.staff_id, added)
}

/// What is to change of somebody. None: it stays.
#[derive(Clone, Debug, Default)]
pub struct PersonChange {
    pub name: Option<String>,
    pub role: Option<StaffRole>,
    /// An empty text takes it away.
    pub oidc_subject: Option<String>,
}

/// Changes somebody. False: there is nobody of this id, or somebody else is the subject.
pub fn change(
    turn: &mut Turn<'_>,
    partner: PartnerId,
    staff_id: &str,
    change: &PersonChange,
) -> Result<bool, StoreError> {
    let Some(person) = find(turn.connection, partner, staff_id)? else {
        return Ok(false);
    };
    let subject = match &change.oidc_subject {
        None => person.oidc_subject,
        Some(text) => Some(text.clone()).filter(|text| !text.is_empty()),
    };
    if is_taken(turn.connection, partner, staff_id, subject.as_ref())? {
        return Ok(false);
    }
    let date_us = turn.next_date();
    let changed = turn.connection.execute_counted(
        "UPDATE staff SET name = ?3, role = ?4, oidc_subject = ?5, changed_us = ?6
         WHERE partner_no = ?1 AND staff_id = ?2",
        params![
            partner.0,
            staff_id,
            change.name.clone().unwrap_or(person.name),
            change.role.unwrap_or(person.role).name(),
            subject,
            date_us
        ],
    )?;
    told(turn, partner, staff_id, changed)
}

/// Removes somebody, who can sign in nowhere any more once the devices have heard of it. False: nobody of this id.
pub fn remove(turn: &mut Turn<'_>, partner: PartnerId, staff_id: &str) -> Result<bool, StoreError> {
    let date_us = turn.next_date();
    let removed = turn.connection.execute_counted(
        "UPDATE staff SET removed_us = ?3, changed_us = ?3, oidc_subject = NULL
         WHERE partner_no = ?1 AND staff_id = ?2 AND removed_us IS NULL",
        params![partner.0, staff_id, date_us],
    )?;
    told(turn, partner, staff_id, removed)
}

fn told(turn: &mut Turn<'_>, partner: PartnerId, staff_id: &str, changed: u64) -> Result<bool, StoreError> {
    if changed > 0 {
        changes::note(turn, ChangeKind::Staff, Concerns::partner(partner), staff_id)?;
    }
    Ok(changed > 0)
}

fn read(row: &Row<'_>) -> Result<Person, StoreError> {
    let of: String = row.get(2)?;
    Ok(Person {
        staff_id: row.get(0)?,
        name: row.get(1)?,
        role: role(&of)?,
        oidc_subject: row.get(3)?,
        changed_us: row.get(4)?,
        removed_us: row.get(5)?,
    })
}

pub(super) fn role(name: &str) -> Result<StaffRole, StoreError> {
    parse_stored(name)
}

/// Everything that a right is about, with the lowest role that has it unless the partner says otherwise.
pub const RIGHTS: [(&str, StaffRole); 16] = [
    ("identify", StaffRole::Staff),
    ("give", StaffRole::Staff),
    ("redeem", StaffRole::Staff),
    ("award", StaffRole::Staff),
    ("undo_own", StaffRole::Staff),
    ("undo_any", StaffRole::Supervisor),
    ("raise_limit", StaffRole::Supervisor),
    ("override_gate", StaffRole::Supervisor),
    ("prepare_gate", StaffRole::Supervisor),
    ("close_shift", StaffRole::Supervisor),
    ("review", StaffRole::Manager),
    ("decide", StaffRole::Manager),
    ("export", StaffRole::Manager),
    ("settings", StaffRole::Manager),
    ("staff", StaffRole::Manager),
    ("devices", StaffRole::Manager),
];

/// Whether a role has a right at a partner, for every role and right.
pub fn rights(
    connection: &Connection,
    partner: PartnerId,
) -> Result<Vec<(StaffRole, &'static str, bool)>, StoreError> {
    let set: Vec<(String, String, bool)> = connection.query(
        "SELECT role, action, allowed FROM staff_right WHERE partner_no = ?1",
        params![partner.0],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let mut all = Vec::new();
    for lowest in StaffRole::ALL {
        all.extend(RIGHTS.iter().map(|(action, from)| (lowest, *action, lowest >= *from)));
    }
    for (of, action, allowed) in set {
        let of = role(&of)?;
        if let Some(slot) = all.iter_mut().find(|(role, known, _)| *role == of && *known == action) {
            slot.2 = allowed;
        }
    }
    Ok(all)
}

/// Whether somebody who is still there has a right.
pub fn may(
    connection: &Connection,
    partner: PartnerId,
    staff_id: &str,
    action: &str,
) -> Result<bool, StoreError> {
    let Some(person) = find(connection, partner, staff_id)? else {
        return Ok(false);
    };
    let rights = rights(connection, partner)?;
    Ok(rights.into_iter().any(|(role, known, allowed)| role == person.role && known == action && allowed))
}

/// Gives a role a right or takes it away. False: there is no such right, or it is what makes a manager.
pub fn set_right(
    turn: &mut Turn<'_>,
    partner: PartnerId,
    role: StaffRole,
    action: &str,
    allowed: bool,
) -> Result<bool, StoreError> {
    let known = RIGHTS.iter().any(|(known, _)| *known == action);
    // A manager who may not change rights could never be given them back.
    let last_way_back = role == StaffRole::Manager && action == "staff";
    if !known || last_way_back {
        return Ok(false);
    }
    let changed = turn.connection.execute_counted(
        "INSERT INTO staff_right (partner_no, role, action, allowed) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (partner_no, role, action) DO UPDATE SET allowed = excluded.allowed",
        params![partner.0, role.name(), action, allowed],
    )?;
    told(turn, partner, role.name(), changed)
}
