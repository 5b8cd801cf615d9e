//! What fans did, and what they earn by it: Status Points through the ledger, badges by counting, a place on the board.

use fanpass::Pseudonym;
use ledger::{PartnerId, Refusal, StatusPoints};

use super::awards::{self, AwardOrder};
use super::fans::{self, Fan};
use super::sql::params;
use super::{Connection, Program, ProgramNo, Row, StoreError, Turn};

/// An event that passed as well-formed.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub client_event_id: String,
    /// Of everything that the client said.
    pub digest: [u8; 32],
    pub user: String,
    pub action: String,
    pub description: String,
    pub object_id: Option<String>,
    /// A JSON object.
    pub metadata: String,
    pub occurred_us: i64,
    pub received_us: i64,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    New(Reward),
    /// The same was told before.
    Duplicate,
    /// Something else was told under this id.
    Conflict,
    UnknownUser,
}

/// What an event earned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reward {
    pub status_points: StatusPoints,
    /// Titles of the badges that came with it.
    pub badges: Vec<String>,
    /// The tier that the fan is in now.
    pub level: Option<String>,
}

/// A badge for whoever has done something so often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadgeRule {
    pub badge_id: String,
    pub title: String,
    pub action: String,
    pub number: i64,
}

/// Keeps an event and rewards it, once. `partner` books the award; None: the program tells it itself, and any of its
/// partners does.
pub fn record(
    turn: &mut Turn<'_>,
    program: ProgramNo,
    partner: Option<PartnerId>,
    event: &NewEvent,
) -> Result<Recorded, StoreError> {
    let sql = "SELECT digest FROM event WHERE program_no = ?1 AND client_event_id = ?2";
    let values = params![program.0, event.client_event_id];
    if let Some(known) = turn.connection.query_opt(sql, values, |row| row.get::<[u8; 32]>(0))? {
        let same = known == event.digest;
        return Ok(if same { Recorded::Duplicate } else { Recorded::Conflict });
    }
    let Some(fan) = fans::find(turn.connection, &[program], &event.user)? else {
        return Ok(Recorded::UnknownUser);
    };
    let status_points = match award(turn, program, partner, &fan, event)? {
        Awarded::Points(points) => points,
        Awarded::Before => return Ok(Recorded::Duplicate),
    };
    insert(turn.connection, program, partner, &fan, event, status_points)?;
    let badges = count(turn.connection, program, &fan, event)?;
    let standing = StatusPoints(fan.standing.0.saturating_add(status_points.0));
    let level = turn.catalogue.programs.get(&program).and_then(|program| level(program, standing));
    Ok(Recorded::New(Reward { status_points, badges, level }))
}

enum Awarded {
    Points(StatusPoints),
    /// The event itself is gone, what it earned is booked: it was told before.
    Before,
}

fn award(
    turn: &mut Turn<'_>,
    program: ProgramNo,
    partner: Option<PartnerId>,
    fan: &Fan,
    event: &NewEvent,
) -> Result<Awarded, StoreError> {
    let booking = turn.catalogue.partnerships.iter().find(|partnership| {
        partnership.program.no == program && partner.is_none_or(|partner| partnership.partner.no == partner)
    });
    let Some(booking) = booking.filter(|known| known.rules.actions.contains_key(&event.action)) else {
        return Ok(Awarded::Points(StatusPoints(0)));
    };
    let action = booking.program.actions.iter().find(|action| action.category == event.action);
    let order = AwardOrder {
        partner: booking.partner.no,
        programs: vec![program],
        user: fan.id.to_string(),
        action_id: format!("event:{}", event.client_event_id),
        action_category: event.action.clone(),
        title: action.map_or_else(String::new, |action| action.title.clone()),
        description: String::new(),
    };
    Ok(match awards::book(turn, &order)? {
        Ok(award) => Awarded::Points(StatusPoints(award.amount)),
        Err(Refusal::IdConflict) => Awarded::Before,
        // Such as a module that is off: the event is kept, and earns nothing.
        Err(_) => Awarded::Points(StatusPoints(0)),
    })
}

fn insert(
    connection: &Connection,
    program: ProgramNo,
    partner: Option<PartnerId>,
    fan: &Fan,
    event: &NewEvent,
    status_points: StatusPoints,
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO event (program_no, client_event_id, digest, fan_no, partner_no, action, description, object_id,
                            metadata, occurred_us, received_us, status_points)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            program.0,
            event.client_event_id,
            event.digest,
            fan.no.0.cast_signed(),
            partner.map_or(0, |partner| partner.0),
            event.action,
            event.description,
            event.object_id,
            event.metadata,
            event.occurred_us,
            event.received_us,
            status_points.0
        ],
    )
}

/// Counts the action, and gives the badges that the count has come to.
fn count(
    connection: &Connection,
    program: ProgramNo,
    fan: &Fan,
    event: &NewEvent,
) -> Result<Vec<String>, StoreError> {
    let no = fan.no.0.cast_signed();
    connection.execute(
        "INSERT INTO event_count (fan_no, action, number) VALUES (?1, ?2, 1)
         ON CONFLICT (fan_no, action) DO UPDATE SET number = event_count.number + 1",
        params![no, event.action],
    )?;
    let due = connection.query(
        "SELECT badge_rule.badge_id, badge_rule.title FROM badge_rule
         JOIN event_count ON event_count.action = badge_rule.action AND event_count.fan_no = ?1
         WHERE badge_rule.program_no = ?2 AND badge_rule.action = ?3 AND badge_rule.ended_us IS NULL
           AND badge_rule.number <= event_count.number
           AND NOT EXISTS (SELECT 1 FROM badge WHERE badge.fan_no = ?1 AND badge.badge_id = badge_rule.badge_id)
         ORDER BY badge_rule.number, badge_rule.badge_id",
        params![no, program.0, event.action],
        |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)),
    )?;
    for (badge_id, _) in &due {
        connection.execute(
            "INSERT INTO badge (fan_no, badge_id, date_us) VALUES (?1, ?2, ?3)",
            params![no, *badge_id, event.received_us],
        )?;
    }
    Ok(due.into_iter().map(|(_, title)| title).collect())
}

/// Sets a program's badge; one that fans have is theirs.
pub fn set_badge_rule(
    connection: &Connection,
    program: ProgramNo,
    rule: &BadgeRule,
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO badge_rule (program_no, badge_id, title, action, number) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (program_no, badge_id) DO UPDATE
         SET title = excluded.title, action = excluded.action, number = excluded.number, ended_us = NULL",
        params![program.0, rule.badge_id, rule.title, rule.action, rule.number],
    )
}

/// The tier that so many Status Points reach.
pub fn level(program: &Program, standing: StatusPoints) -> Option<String> {
    program.tiers.iter().rfind(|tier| tier.from <= standing).map(|tier| tier.name.clone())
}

/// A place on the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub pseudonym: Pseudonym,
    pub standing: StatusPoints,
    pub badges: i64,
}

/// The fans with the most Status Points, under their pseudonyms.
pub fn leaderboard(
    connection: &Connection,
    program: ProgramNo,
    limit: u32,
) -> Result<Vec<Place>, StoreError> {
    let sql = "SELECT pseudonym, standing, (SELECT count(*) FROM badge WHERE badge.fan_no = fan.no) FROM fan
               WHERE program_no = ?1 AND standing > 0 ORDER BY standing DESC, no LIMIT ?2";
    let read = |row: &Row<'_>| {
        Ok(Place {
            pseudonym: Pseudonym(row.get::<i64>(0)?.cast_unsigned()),
            standing: StatusPoints(row.get(1)?),
            badges: row.get(2)?,
        })
    };
    connection.query(sql, params![program.0, limit], read)
}

/// The titles of a fan's badges, the newest first.
pub fn badges(connection: &Connection, fan: &Fan) -> Result<Vec<String>, StoreError> {
    connection.query(
        "SELECT badge_rule.title FROM badge
         JOIN badge_rule ON badge_rule.badge_id = badge.badge_id AND badge_rule.program_no = ?2
         WHERE badge.fan_no = ?1 ORDER BY badge.date_us DESC, badge.badge_id",
        params![fan.no.0.cast_signed(), fan.program.0],
        |row| row.get(0),
    )
}

/// Forgets the events that came before a date, and tells how many. What they earned stays.
pub fn forget_before(connection: &Connection, received_us: i64) -> Result<u64, StoreError> {
    connection.execute_counted("DELETE FROM event WHERE received_us < ?1", params![received_us])
}
