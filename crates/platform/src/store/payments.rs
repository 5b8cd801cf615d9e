//! Payment sessions: opened by a partner, confirmed or declined by the fan on the hosted page or left to expire, told
//! by webhook.

use fanpass::{FanPass, LiveProof, judge_proof};
use ledger::{Currency, FanPoints, Money, PartnerId, Refusal, State as _};
use rust_decimal::Decimal;

use super::books::Books;
use super::catalogue::parse_stored;
use super::purchases::{
    self, OrderItem, PURCHASE_IDS, PurchaseKind, PurchaseOrder, addressee, milliseconds, op_id,
};
use super::sql::params;
use super::{Connection, ProgramNo, Row, StoreError, Turn, webhooks};

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    Active,
    Completed,
    Declined,
    Expired,
}

impl SessionStatus {
    const ALL: [Self; 4] = [Self::Active, Self::Completed, Self::Declined, Self::Expired];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Declined => "declined",
            Self::Expired => "expired",
        }
    }
}

/// A payment that a fan is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub session_id: String,
    pub partner: PartnerId,
    pub program: ProgramNo,
    /// The custom id, or one of the server's.
    pub purchase_id: String,
    pub custom_purchase_id: Option<String>,
    pub price: Decimal,
    pub currency: Currency,
    pub points: FanPoints,
    pub display_price: bool,
    pub callback_url: Option<String>,
    pub cancel_url: String,
    pub success_url: String,
    pub created_us: i64,
    pub expires_us: i64,
    pub status: SessionStatus,
}

/// Opens a session. False: its purchase id is used, or another open session has it.
pub fn open(turn: &mut Turn<'_>, session: &Session) -> Result<bool, StoreError> {
    let date_us = turn.next_date();
    let books = Books::new(turn, session.program, date_us);
    let op = op_id(session.partner, PURCHASE_IDS, &session.purchase_id);
    let used = books.recorded(op)?.is_some();
    let awaited: Option<i64> = turn.connection.query_opt(
        "SELECT created_us FROM payment_session
         WHERE partner_no = ?1 AND purchase_id = ?2 AND status = 'active' AND expires_us > ?3",
        params![session.partner.0, session.purchase_id, session.created_us],
        |row| row.get(0),
    )?;
    if used || awaited.is_some() {
        return Ok(false);
    }
    turn.connection.execute(
        "INSERT INTO payment_session (session_id, partner_no, program_no, purchase_id, custom_purchase_id, price,
                                      currency, points, display_price, callback_url, cancel_url, success_url,
                                      created_us, expires_us, status)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        params![
            session.session_id,
            session.partner.0,
            session.program.0,
            session.purchase_id,
            session.custom_purchase_id,
            session.price.to_string(),
            session.currency.to_string(),
            session.points.0,
            session.display_price,
            session.callback_url,
            session.cancel_url,
            session.success_url,
            session.created_us,
            session.expires_us,
            session.status.name()
        ],
    )?;
    Ok(true)
}

/// A session by its id.
pub fn find(connection: &Connection, session_id: &str) -> Result<Option<Session>, StoreError> {
    connection.query_opt(
        "SELECT session_id, partner_no, program_no, purchase_id, custom_purchase_id, price, currency, points,
                display_price, callback_url, cancel_url, success_url, created_us, expires_us, status
         FROM payment_session WHERE session_id = ?1",
        params![session_id],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<Session, StoreError> {
    let (price, currency, status): (String, String, String) = (row.get(5)?, row.get(6)?, row.get(14)?);
    let found = SessionStatus::ALL.into_iter().find(|known| known.name() == status);
    Ok(Session {
        session_id: row.get(0)?,
        partner: PartnerId(row.get(1)?),
        program: ProgramNo(row.get(2)?),
        purchase_id: row.get(3)?,
        custom_purchase_id: row.get(4)?,
        price: parse_stored(&price)?,
        currency: parse_stored(&currency)?,
        points: FanPoints(row.get(7)?),
        display_price: row.get(8)?,
        callback_url: row.get(9)?,
        cancel_url: row.get(10)?,
        success_url: row.get(11)?,
        created_us: row.get(12)?,
        expires_us: row.get(13)?,
        status: found.ok_or_else(|| StoreError::Corrupt(format!("a session that is {status:?}")))?,
    })
}

/// How a confirmation went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    Paid,
    /// It was paid, declined, or has expired.
    NotOpen,
    UnknownUser,
    /// The proof of the fan's phone was shown before, or is older than one that was.
    Replayed,
    TooFewPoints,
    Refused(Refusal),
}

/// Pays a session with the points of the fan whose live pass was verified.
pub fn confirm(
    turn: &mut Turn<'_>,
    session_id: &str,
    pass: &FanPass,
    now: i64,
    delivery_id: &str,
) -> Result<Confirmation, StoreError> {
    let Some(session) = find(turn.connection, session_id)?.filter(|session| session.is_open(now)) else {
        return Ok(Confirmation::NotOpen);
    };
    let user = pass.pseudonym.to_string();
    let Some((fan, partnership)) = addressee(turn, session.partner, &[session.program], &user)? else {
        return Ok(Confirmation::UnknownUser);
    };
    let date_us = turn.next_date();
    let books = Books::new(turn, partnership.program.no, date_us);
    let state = books.fan(fan.no, milliseconds(date_us))?.unwrap_or_default();
    // Asked first: a refusal by the ledger would use the purchase's id up.
    if state.available() < session.points {
        return Ok(Confirmation::TooFewPoints);
    }
    if !take_proof(turn, session.program, pass)? {
        return Ok(Confirmation::Replayed);
    }
    let order = PurchaseOrder {
        partner: session.partner,
        programs: vec![session.program],
        user,
        kind: PurchaseKind::Pay,
        purchase_id: session.purchase_id.clone(),
        items: vec![OrderItem {
            item_id: "1".to_owned(),
            title: "Payment".to_owned(),
            description: String::new(),
            price: money(&session)?,
            rate_label: None,
        }],
        reservation: None,
    };
    match purchases::book(turn, &order)? {
        Err(refusal) => Ok(Confirmation::Refused(refusal)),
        Ok(_) => {
            end(turn, &session, SessionStatus::Completed, now, delivery_id)?;
            Ok(Confirmation::Paid)
        }
    }
}

fn money(session: &Session) -> Result<Money, StoreError> {
    Money::from_decimal(session.price, session.currency)
        .map_err(|refusal| StoreError::Corrupt(format!("the price of a session ({})", refusal.code())))
}

/// Remembers the proof of a fan's phone. False: it counts no more.
fn take_proof(turn: &Turn<'_>, program: ProgramNo, pass: &FanPass) -> Result<bool, StoreError> {
    let Some(shown) = pass.proof else {
        return Ok(false);
    };
    let pseudonym = pass.pseudonym.0.cast_signed();
    let seen = turn.connection.query_opt(
        "SELECT proof_time, counter FROM live_proof WHERE program_no = ?1 AND pseudonym = ?2",
        params![program.0, pseudonym],
        |row| Ok(LiveProof { time: row.get(0)?, counter: row.get(1)? }),
    )?;
    if judge_proof(seen, shown).is_err() {
        return Ok(false);
    }
    turn.connection.execute(
        "INSERT INTO live_proof (program_no, pseudonym, proof_time, counter) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (program_no, pseudonym) DO UPDATE
         SET proof_time = excluded.proof_time, counter = excluded.counter",
        params![program.0, pseudonym, shown.time, shown.counter],
    )?;
    Ok(true)
}

/// Ends a session without a payment. False: it was not open.
pub fn decline(
    turn: &mut Turn<'_>,
    session_id: &str,
    now: i64,
    delivery_id: &str,
) -> Result<bool, StoreError> {
    match find(turn.connection, session_id)?.filter(|session| session.is_open(now)) {
        None => Ok(false),
        Some(session) => {
            end(turn, &session, SessionStatus::Declined, now, delivery_id)?;
            Ok(true)
        }
    }
}

/// Open sessions whose time is over, the oldest first.
pub fn overdue(connection: &Connection, now: i64, limit: u32) -> Result<Vec<String>, StoreError> {
    connection.query(
        "SELECT session_id FROM payment_session WHERE status = 'active' AND expires_us <= ?1
         ORDER BY expires_us, session_id LIMIT ?2",
        params![now, limit],
        |row| row.get(0),
    )
}

/// Nobody waits for the word of a session that ended before so long, in microseconds: a day.
const WORTH_TELLING_US: i64 = 86_400 * 1_000_000;

/// Ends a session whose time is over. False: it was decided or ended meanwhile.
pub fn expire(turn: &Turn<'_>, session_id: &str, now: i64, delivery_id: &str) -> Result<bool, StoreError> {
    let session = find(turn.connection, session_id)?;
    let Some(session) = session.filter(|one| one.status == SessionStatus::Active && !one.is_open(now)) else {
        return Ok(false);
    };
    // As after a long time without a server: what was asked for then has found its end elsewhere.
    let told = now.saturating_sub(session.expires_us) < WORTH_TELLING_US;
    let callback_url = session.callback_url.clone().filter(|_| told);
    end(turn, &Session { callback_url, ..session }, SessionStatus::Expired, now, delivery_id)?;
    Ok(true)
}

impl Session {
    pub fn is_open(&self, now: i64) -> bool {
        self.status == SessionStatus::Active && self.expires_us > now
    }
}

fn end(
    turn: &Turn<'_>,
    session: &Session,
    status: SessionStatus,
    now: i64,
    delivery_id: &str,
) -> Result<(), StoreError> {
    turn.connection.execute(
        "UPDATE payment_session SET status = ?2, ended_us = ?3 WHERE session_id = ?1",
        params![session.session_id, status.name(), now],
    )?;
    let Some(url) = &session.callback_url else {
        return Ok(());
    };
    let partner_id = turn.catalogue.partners.get(&session.partner).map(|one| one.partner_id.clone());
    let project_id = turn.catalogue.programs.get(&session.program).map(|one| one.project_id.clone());
    let body = serde_json::json!({
        "delivery_id": delivery_id, "session_id": session.session_id, "status": status.name(),
        "purchase_id": session.purchase_id, "partner_id": partner_id, "project_id": project_id,
        "amount": session.points.0,
    });
    webhooks::queue(turn, delivery_id, &session.session_id, url, &body.to_string(), now)
}
