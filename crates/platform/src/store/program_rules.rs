//! What a program's owner sets: what an action is worth, badges, tiers and threshold rules.

use ledger::Tier;

use super::catalogue::{Action, NamedRule};
use super::changes::Concerns;
use super::events::{self, BadgeRule};
use super::settings::configured;
use super::sql::params;
use super::{Connection, ProgramNo, Row, StoreError, Turn, now_us};

/// One rule, as it is to be.
#[derive(Clone, Debug)]
pub enum ProgramRule {
    Action(Action),
    Badge(BadgeRule),
    Tier(Tier),
    Threshold(NamedRule),
}

/// Sets a rule; what was booked by an earlier one stays.
pub fn set(turn: &mut Turn<'_>, program: ProgramNo, rule: &ProgramRule) -> Result<(), StoreError> {
    let connection = turn.connection;
    let subject = match rule {
        ProgramRule::Action(action) => {
            set_action(connection, program, action)?;
            &action.category
        }
        ProgramRule::Badge(badge) => {
            events::set_badge_rule(connection, program, badge)?;
            &badge.badge_id
        }
        ProgramRule::Tier(tier) => {
            set_tier(connection, program, tier)?;
            &tier.name
        }
        ProgramRule::Threshold(named) => {
            set_threshold(connection, program, named)?;
            &named.rule_id
        }
    };
    configured(turn, Concerns::program(program), subject)
}

pub(super) fn set_action(
    connection: &Connection,
    program: ProgramNo,
    action: &Action,
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO action (program_no, action_category, title, status_points) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (program_no, action_category) DO UPDATE
         SET title = excluded.title, status_points = excluded.status_points",
        params![program.0, action.category, action.title, action.status_points.0],
    )
}

pub(super) fn set_tier(connection: &Connection, program: ProgramNo, tier: &Tier) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO tier (program_no, name, from_status_points) VALUES (?1, ?2, ?3)
         ON CONFLICT (program_no, name) DO UPDATE SET from_status_points = excluded.from_status_points",
        params![program.0, tier.name, tier.from.0],
    )
}

pub(super) fn set_threshold(
    connection: &Connection,
    program: ProgramNo,
    named: &NamedRule,
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO threshold_rule (program_no, rule_id, title, rule) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (program_no, rule_id) DO UPDATE SET title = excluded.title, rule = excluded.rule",
        params![program.0, named.rule_id, named.title, serde_json::to_string(&named.rule)?],
    )
}

/// Which kind of rule an id belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleKind {
    Action,
    Badge,
    Tier,
    Threshold,
}

/// Takes a rule away. False: there is none. What was earned by it stays, a fan's badge with its title, too.
pub fn delete(turn: &mut Turn<'_>, program: ProgramNo, kind: RuleKind, id: &str) -> Result<bool, StoreError> {
    let connection = turn.connection;
    let gone = match kind {
        RuleKind::Badge => connection.execute_counted(
            "UPDATE badge_rule SET ended_us = ?3 WHERE program_no = ?1 AND badge_id = ?2 AND ended_us IS NULL",
            params![program.0, id, now_us()],
        ),
        RuleKind::Action => connection.execute_counted(
            "DELETE FROM action WHERE program_no = ?1 AND action_category = ?2",
            params![program.0, id],
        ),
        RuleKind::Tier => connection
            .execute_counted("DELETE FROM tier WHERE program_no = ?1 AND name = ?2", params![program.0, id]),
        RuleKind::Threshold => connection.execute_counted(
            "DELETE FROM threshold_rule WHERE program_no = ?1 AND rule_id = ?2",
            params![program.0, id],
        ),
    };
    if gone? == 0 {
        return Ok(false);
    }
    configured(turn, Concerns::program(program), id)?;
    Ok(true)
}

/// The badges that can be earned, by action and number.
pub fn badges(connection: &Connection, program: ProgramNo) -> Result<Vec<BadgeRule>, StoreError> {
    connection.query(
        "SELECT badge_id, title, action, number FROM badge_rule
         WHERE program_no = ?1 AND ended_us IS NULL ORDER BY action, number, badge_id",
        params![program.0],
        |row: &Row<'_>| {
            let (badge_id, title, action) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(BadgeRule { badge_id, title, action, number: row.get(3)? })
        },
    )
}
