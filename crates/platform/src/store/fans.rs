//! Fans: who is meant by a user id, and the program owner's list of them.

use super::sql::{About, Ahead, Bind as _, Owned, params};
use super::{Connection, ProgramNo, Row, StoreError, now_us, random};
use fanpass::{FanPointsId, Pseudonym};
use ledger::{FanId, FanPoints, StatusPoints};

/// A fan of one program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fan {
    pub no: FanId,
    pub program: ProgramNo,
    pub id: FanPointsId,
    pub pseudonym: Pseudonym,
    pub external_user_id: String,
    pub mail_address: String,
    pub name: Option<String>,
    pub wallet: FanPoints,
    pub standing: StatusPoints,
    pub receivable: FanPoints,
    /// When the last of the fan's reservations ends, in milliseconds; None without any.
    pub held_until: Option<i64>,
    /// Partners may tell what the fan does.
    pub consent: bool,
    deleted: bool,
}

const COLUMNS: &str =
    "no, program_no, fan_points_id, pseudonym, external_user_id, mail_address, name, wallet, standing, receivable,
     (SELECT max(until_ms) FROM reservation WHERE fan_no = fan.no), deleted_us, engagement_consent";

fn read_fan(row: &Row<'_>) -> Result<Fan, StoreError> {
    let number: i64 = row.get(2)?;
    let id = FanPointsId::new(number.cast_unsigned())
        .map_err(|error| StoreError::Corrupt(format!("FanPoints id {number}: {error}")))?;
    Ok(Fan {
        no: FanId(row.get::<i64>(0)?.cast_unsigned()),
        program: ProgramNo(row.get(1)?),
        id,
        pseudonym: Pseudonym(row.get::<i64>(3)?.cast_unsigned()),
        external_user_id: row.get(4)?,
        mail_address: row.get(5)?,
        name: row.get(6)?,
        wallet: FanPoints(row.get(7)?),
        standing: StatusPoints(row.get(8)?),
        receivable: FanPoints(row.get(9)?),
        held_until: row.get(10)?,
        deleted: row.get::<Option<i64>>(11)?.is_some(),
        consent: row.get::<i64>(12)? != 0,
    })
}

/// The fan that `user` names in one of these programs: by FanPoints id, by the pseudonym of a pass, or by the
/// program's own id. A name that fits fans of two programs names nobody.
pub fn find(connection: &Connection, programs: &[ProgramNo], user: &str) -> Result<Option<Fan>, StoreError> {
    let known = match user.parse::<FanPointsId>() {
        Ok(id) => one(connection, "fan_points_id", id.number().cast_signed())?,
        Err(_) => match user.parse::<Pseudonym>() {
            Ok(pseudonym) => one(connection, "pseudonym", pseudonym.0.cast_signed())?,
            Err(_) => None,
        },
    };
    if let Some(fan) = known.filter(|fan| programs.contains(&fan.program) && !fan.deleted) {
        return Ok(Some(fan));
    }
    let mut found = None;
    for program in programs {
        let fan = by_external_id(connection, *program, user)?.filter(|fan| !fan.deleted);
        if fan.is_some() && found.is_some() {
            return Ok(None);
        }
        found = found.or(fan);
    }
    Ok(found)
}

fn one(connection: &Connection, column: &str, value: i64) -> Result<Option<Fan>, StoreError> {
    connection.query_opt(&by(column), params![value], read_fan)
}

fn by(column: &str) -> String {
    format!("SELECT {COLUMNS} FROM fan WHERE {column} = ?1")
}

/// What [`find`] asks first.
pub fn find_ahead(programs: &[ProgramNo], user: &str) -> Option<Ahead> {
    let about = About::FirstColumn;
    if let Ok(id) = user.parse::<FanPointsId>() {
        let values = vec![Owned::Integer(id.number().cast_signed())];
        return Some(Ahead { sql: by("fan_points_id"), values, about });
    }
    if let Ok(pseudonym) = user.parse::<Pseudonym>() {
        let values = vec![Owned::Integer(pseudonym.0.cast_signed())];
        return Some(Ahead { sql: by("pseudonym"), values, about });
    }
    let program = programs.first()?;
    let values = vec![Owned::from(program.0.bind()), Owned::from(user.bind())];
    Some(Ahead { sql: by_external(), values, about })
}

fn by_external() -> String {
    format!("SELECT {COLUMNS} FROM fan WHERE program_no = ?1 AND external_user_id = ?2")
}

pub(super) fn by_external_id(
    connection: &Connection,
    program: ProgramNo,
    user: &str,
) -> Result<Option<Fan>, StoreError> {
    connection.query_opt(&by_external(), params![program.0, user], read_fan)
}

/// A program's fans, newest first, after the one that was returned last.
pub fn list(
    connection: &Connection,
    program: ProgramNo,
    after: Option<FanId>,
    limit: u32,
) -> Result<Vec<Fan>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM fan WHERE program_no = ?1 AND no < ?2 AND deleted_us IS NULL
         ORDER BY no DESC LIMIT ?3"
    );
    let before = after.map_or(i64::MAX, |fan| fan.0.cast_signed());
    connection.query(&sql, params![program.0, before, limit], read_fan)
}

/// A fan to be registered.
#[derive(Clone, Debug)]
pub struct NewFan {
    pub program: ProgramNo,
    pub external_user_id: String,
    pub mail_address: String,
    /// None: a free one is drawn.
    pub id: Option<FanPointsId>,
}

/// Registers a fan. None: the program has one with this external id already.
pub fn register(connection: &Connection, new: &NewFan) -> Result<Option<Fan>, StoreError> {
    if by_external_id(connection, new.program, &new.external_user_id)?.is_some() {
        return Ok(None);
    }
    let id = match new.id {
        Some(id) => id,
        None => free_id(connection)?,
    };
    let pseudonym = Pseudonym(u64::from_be_bytes(random()?));
    connection.execute(
        "INSERT INTO fan (program_no, fan_points_id, pseudonym, external_user_id, mail_address, created_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            new.program.0,
            id.number().cast_signed(),
            pseudonym.0.cast_signed(),
            new.external_user_id,
            new.mail_address,
            now_us()
        ],
    )?;
    by_external_id(connection, new.program, &new.external_user_id)
}

pub(super) fn free_id(connection: &Connection) -> Result<FanPointsId, StoreError> {
    const ELEVEN_DIGITS: u64 = 100_000_000_000;
    loop {
        let drawn = u64::from_be_bytes(random()?) % ELEVEN_DIGITS;
        if let Some(id) = FanPointsId::from_first_eleven(drawn)
            && one(connection, "fan_points_id", id.number().cast_signed())?.is_none()
        {
            return Ok(id);
        }
    }
}
