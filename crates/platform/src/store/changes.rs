//! What changed, in one stable order: bookings and everything else, by their unique dates. Devices and subscriptions
//! follow it from a cursor.

use super::reading::fan_points_id;
use super::sql::params;
use super::{Connection, ProgramNo, Row, StoreError, Turn};
use fanpass::{FanPointsId, Pseudonym};
use ledger::{FanId, PartnerId};

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    Purchase,
    Award,
    Hold,
    Decision,
    Configuration,
    PassKeys,
    Staff,
    Device,
    Fan,
}

impl ChangeKind {
    const ALL: [Self; 9] = [
        Self::Purchase,
        Self::Award,
        Self::Hold,
        Self::Decision,
        Self::Configuration,
        Self::PassKeys,
        Self::Staff,
        Self::Device,
        Self::Fan,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Award => "award",
            Self::Hold => "hold",
            Self::Decision => "decision",
            Self::Configuration => "configuration",
            Self::PassKeys => "pass_keys",
            Self::Staff => "staff",
            Self::Device => "device",
            Self::Fan => "fan",
        }
    }

    fn from_name(name: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| StoreError::Corrupt(format!("a change of kind {name:?}")))
    }
}

/// Whom a change concerns. Without a partner: every partner of the program; without a program: of the partner alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Concerns {
    pub program: Option<ProgramNo>,
    pub partner: Option<PartnerId>,
    pub fan: Option<FanId>,
}

impl Concerns {
    pub fn program(program: ProgramNo) -> Self {
        Self { program: Some(program), ..Self::default() }
    }

    pub fn partner(partner: PartnerId) -> Self {
        Self { partner: Some(partner), ..Self::default() }
    }

    pub fn fan(program: ProgramNo, fan: FanId) -> Self {
        Self { program: Some(program), fan: Some(fan), partner: None }
    }
}

/// One change.
#[derive(Clone, Debug)]
pub struct Change {
    /// Unique and rising: also the cursor.
    pub date_us: i64,
    pub kind: ChangeKind,
    pub concerns: Concerns,
    /// The id of what changed: a purchase, an action, a device...
    pub subject: String,
    /// The type of a purchase, the category of an award, what was decided.
    pub detail: Option<String>,
    /// Points that a purchase or award moved.
    pub amount: Option<i64>,
    pub fan: Option<ChangedFan>,
}

/// The fan of a change, with the figures at the time of reading.
#[derive(Clone, Debug)]
pub struct ChangedFan {
    pub id: FanPointsId,
    pub pseudonym: Pseudonym,
    pub fan_points: i64,
    pub status_points: i64,
    pub deleted: bool,
    pub consent: bool,
}

/// Notes a change that is no purchase and no award, under a date of its own.
pub fn note(
    turn: &mut Turn<'_>,
    kind: ChangeKind,
    concerns: Concerns,
    subject: &str,
) -> Result<i64, StoreError> {
    let date_us = turn.next_date();
    note_at(turn, date_us, kind, concerns, subject, None)?;
    Ok(date_us)
}

/// As [`note`], under the date of the booking that it goes with.
pub fn note_at(
    turn: &Turn<'_>,
    date_us: i64,
    kind: ChangeKind,
    concerns: Concerns,
    subject: &str,
    detail: Option<&str>,
) -> Result<(), StoreError> {
    turn.connection.execute(
        "INSERT INTO change (date_us, kind, program_no, partner_no, fan_no, subject, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            date_us,
            kind.name(),
            concerns.program.map(|program| program.0),
            concerns.partner.map(|partner| partner.0),
            concerns.fan.map(|fan| fan.0.cast_signed()),
            subject,
            detail
        ],
    )?;
    Ok(())
}

/// Changes after a cursor, oldest first.
///
/// The three parts are cut to the page's length each before they are merged, so that a page costs the same at any
/// length of the journal.
const AFTER: &str = "SELECT c.date_us, c.kind, c.program_no, c.partner_no, c.fan_no, c.subject, c.detail, c.amount,
           f.fan_points_id, f.pseudonym, f.wallet, f.standing, f.deleted_us, f.engagement_consent
    FROM (
        SELECT * FROM (
            SELECT date_us, 'purchase' AS kind, program_no, partner_no, fan_no, purchase_id AS subject,
                   transaction_type AS detail,
                   (SELECT CAST(sum(amount) AS BIGINT) FROM purchase_item i WHERE i.date_us = p.date_us) AS amount
            FROM purchase p WHERE date_us > ?1 ORDER BY date_us LIMIT ?2) a
        UNION ALL
        SELECT * FROM (
            SELECT date_us, 'award' AS kind, program_no, partner_no, fan_no, action_id AS subject,
                   action_category AS detail, amount
            FROM award WHERE date_us > ?1 ORDER BY date_us LIMIT ?2) b
        UNION ALL
        SELECT * FROM (
            SELECT date_us, kind, program_no, partner_no, fan_no, subject, detail, CAST(NULL AS BIGINT) AS amount
            FROM change WHERE date_us > ?1 ORDER BY date_us LIMIT ?2) c
    ) c LEFT JOIN fan f ON f.no = c.fan_no
    ORDER BY c.date_us LIMIT ?2";

/// The next changes of the whole environment.
pub fn after(connection: &Connection, cursor: i64, limit: u32) -> Result<Vec<Change>, StoreError> {
    connection.query(AFTER, params![cursor, limit], read)
}

/// The cursor of the newest change; 0 where nothing happened yet.
pub fn head(connection: &Connection) -> Result<i64, StoreError> {
    const HEAD: &str = "SELECT max(date_us) FROM (
        SELECT max(date_us) AS date_us FROM purchase
        UNION ALL SELECT max(date_us) FROM award
        UNION ALL SELECT max(date_us) FROM change) heads";
    let newest: Option<Option<i64>> = connection.query_opt(HEAD, params![], |row| row.get(0))?;
    Ok(newest.flatten().unwrap_or(0))
}

fn read(row: &Row<'_>) -> Result<Change, StoreError> {
    let kind: String = row.get(1)?;
    let (program, partner, fan): (Option<u32>, Option<u32>, Option<i64>) =
        (row.get(2)?, row.get(3)?, row.get(4)?);
    let user: Option<i64> = row.get(8)?;
    Ok(Change {
        date_us: row.get(0)?,
        kind: ChangeKind::from_name(&kind)?,
        concerns: Concerns {
            program: program.map(ProgramNo),
            partner: partner.map(PartnerId),
            fan: fan.map(|no| FanId(no.cast_unsigned())),
        },
        subject: row.get(5)?,
        detail: row.get(6)?,
        amount: row.get(7)?,
        fan: user.map(|number| read_fan(number, row)).transpose()?,
    })
}

fn read_fan(number: i64, row: &Row<'_>) -> Result<ChangedFan, StoreError> {
    let pseudonym: i64 = row.get(9)?;
    let deleted: Option<i64> = row.get(12)?;
    Ok(ChangedFan {
        id: fan_points_id(number)?,
        pseudonym: Pseudonym(pseudonym.cast_unsigned()),
        fan_points: row.get(10)?,
        status_points: row.get(11)?,
        deleted: deleted.is_some(),
        consent: row.get::<i64>(13)? != 0,
    })
}
