//! Writing a whole configuration and its first fans, for programs that are set up by the server itself.

use fanpass::FanPointsId;
use ledger::{
    Adjustment, Currency, FanPoints, OfflinePolicy, OpId, Operation, OperationKind, PartnerId, Rate,
    RateRule, StatusPoints, Tier,
};

use super::catalogue::{Action, NamedRule};
use super::fans::{self, Fan, NewFan};
use super::goods::offer_voucher;
use super::program_rules::{set_action, set_threshold, set_tier};
use super::purchases::{milliseconds, op_id, post};
use super::sql::params;
use super::{Connection, Partnership, ProgramNo, StoreError, Turn, random};

/// A program to be set up, all modules on.
pub struct NewProgram {
    pub project_id: String,
    pub name: String,
    pub description: String,
    pub website: String,
    pub creator_id: String,
    pub currency: Currency,
    pub offline_policy: OfflinePolicy,
    pub batch_limit: u32,
    pub actions: Vec<Action>,
    pub tiers: Vec<Tier>,
    pub threshold_rules: Vec<NamedRule>,
}

/// A partner to be set up in one program. A rate labelled `default` must be among the rates.
pub struct NewPartner {
    pub partner_id: String,
    pub name: String,
    pub description: String,
    pub website: String,
    pub rates: Vec<(String, RateRule)>,
}

/// Stores a program.
pub fn insert_program(turn: &mut Turn<'_>, new: &NewProgram) -> Result<ProgramNo, StoreError> {
    let connection = turn.connection;
    let no = connection.query_row(
        "INSERT INTO program (project_id, name, description, website, creator_id, currency, user_module,
                              fan_points_module, status_points_module, lot_lifetime_ms, offline_policy, batch_limit)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, 1, 1, NULL, ?7, ?8) RETURNING no",
        params![
            new.project_id,
            new.name,
            new.description,
            new.website,
            new.creator_id,
            new.currency.to_string(),
            serde_json::to_string(&new.offline_policy)?,
            new.batch_limit
        ],
        |row| row.get(0).map(ProgramNo),
    )?;
    for action in &new.actions {
        set_action(connection, no, action)?;
    }
    for tier in &new.tiers {
        set_tier(connection, no, tier)?;
    }
    for rule in &new.threshold_rules {
        set_threshold(connection, no, rule)?;
    }
    turn.configuration_changed();
    Ok(no)
}

/// Stores a partner and its partnership with a program.
pub fn insert_partner(
    turn: &mut Turn<'_>,
    program: ProgramNo,
    currency: Currency,
    new: &NewPartner,
) -> Result<PartnerId, StoreError> {
    let connection = turn.connection;
    let no = connection.query_row(
        "INSERT INTO partner (partner_id, name, description, website, creator_id, currency)
         VALUES (?1, ?2, ?3, ?4, ?1, ?5) RETURNING no",
        params![new.partner_id, new.name, new.description, new.website, currency.to_string()],
        |row| row.get(0).map(PartnerId),
    )?;
    for (label, rule) in &new.rates {
        insert_rate(connection, no, label, currency, rule)?;
    }
    for points in [1, 100, 500, 1000] {
        offer_voucher(turn, no, &format!("voucher-{points}"), FanPoints(points))?;
    }
    let partnership_id: [u8; 8] = random()?;
    connection.execute(
        "INSERT INTO partnership (partnership_id, program_no, partner_no, fan_points_module, status_points_module)
         VALUES (?1, ?2, ?3, 1, 1)",
        params![format!("{:016x}", u64::from_be_bytes(partnership_id)), program.0, no.0],
    )?;
    turn.configuration_changed();
    Ok(no)
}

/// Sets one rate of a partner.
pub fn insert_rate(
    connection: &Connection,
    partner: PartnerId,
    label: &str,
    currency: Currency,
    rule: &RateRule,
) -> Result<(), StoreError> {
    let (rate, rate_type) = rate_columns(rule.rate);
    connection.execute(
        "INSERT INTO rate (partner_no, rate_label, currency, rate, rate_type, limited_rate, limited_points)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (partner_no, rate_label) DO UPDATE
         SET currency = excluded.currency, rate = excluded.rate, rate_type = excluded.rate_type,
             limited_rate = excluded.limited_rate, limited_points = excluded.limited_points",
        params![
            partner.0,
            label,
            currency.to_string(),
            rate,
            rate_type,
            rule.limited.map(|limited| rate_columns(limited.rate).0),
            rule.limited.map(|limited| limited.points.0)
        ],
    )?;
    Ok(())
}

fn rate_columns(rate: Rate) -> (String, &'static str) {
    match rate {
        Rate::Relative(share) => (share.to_string(), "relative"),
        Rate::Absolute(points) => (points.0.to_string(), "absolute"),
    }
}

/// A fan whose device this server plays, with an opening balance booked through the ledger.
pub struct ExampleFan {
    pub id: FanPointsId,
    pub external_user_id: String,
    pub mail_address: String,
    pub fan_points: FanPoints,
    pub status_points: StatusPoints,
}

/// Registers an example fan. Does nothing when there is one with this id, or was one who is erased.
pub fn insert_example_fan(
    turn: &mut Turn<'_>,
    partnership: &Partnership,
    new: &ExampleFan,
) -> Result<(), StoreError> {
    let opening = |what| op_id(partnership.partner.no, what, &new.id.to_string());
    let (points, standing) = (opening("opening fan points"), opening("opening status points"));
    if is_booked(turn, points)? || is_booked(turn, standing)? {
        return Ok(());
    }
    let registration = NewFan {
        program: partnership.program.no,
        external_user_id: new.external_user_id.clone(),
        mail_address: new.mail_address.clone(),
        id: Some(new.id),
    };
    let Some(fan) = fans::register(turn.connection, &registration)? else {
        return Ok(());
    };
    turn.connection.execute(
        "INSERT INTO example_device (fan_no, seed) VALUES (?1, ?2)",
        params![fan.no.0.cast_signed(), random::<32>()?],
    )?;
    if new.fan_points.0 > 0 {
        open_balance(turn, partnership, &fan, points, Adjustment::FanPoints(new.fan_points))?;
    }
    if new.status_points.0 > 0 {
        open_balance(turn, partnership, &fan, standing, Adjustment::StatusPoints(new.status_points))?;
    }
    Ok(())
}

fn is_booked(turn: &Turn<'_>, id: OpId) -> Result<bool, StoreError> {
    let found =
        turn.connection.query_opt("SELECT 1 FROM operation WHERE op = ?1", params![id.0], |_| Ok(()))?;
    Ok(found.is_some())
}

fn open_balance(
    turn: &mut Turn<'_>,
    partnership: &Partnership,
    fan: &Fan,
    id: OpId,
    amount: Adjustment,
) -> Result<(), StoreError> {
    let date_us = turn.next_date();
    let operation = Operation {
        id,
        partner: partnership.partner.no,
        fan: fan.no,
        at: milliseconds(date_us),
        kind: OperationKind::Adjust { amount, reason: "opening balance".to_owned() },
    };
    match post(turn, &operation, partnership, date_us)? {
        Ok(_) => Ok(()),
        Err(refusal) => {
            Err(StoreError::Corrupt(format!("an opening balance was refused ({})", refusal.code())))
        }
    }
}
