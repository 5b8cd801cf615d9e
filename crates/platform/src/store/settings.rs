//! What partners and programs set for themselves: rates and modules.

use super::books::limited_given;
use super::catalogue::{Owner, ledger_label};
use super::changes::{self, ChangeKind, Concerns};
use super::sql::params;
use super::{StoreError, Turn, seeding};
use ledger::{Currency, FanPoints, PartnerId, RateRule};

/// A rate as it is to be.
#[derive(Clone, Debug)]
pub struct NewRate {
    pub partner: PartnerId,
    pub label: String,
    pub currency: Currency,
    /// The points of a limited variant are those that are still to be given out with it.
    pub rule: RateRule,
}

/// Sets a rate. What was given out with an earlier limited variant does not count against the new one.
pub fn set_rate(turn: &mut Turn<'_>, new: &NewRate) -> Result<(), StoreError> {
    let mut rule = new.rule;
    if let Some(limited) = rule.limited.as_mut() {
        let given = limited_given(turn.connection, new.partner, ledger_label(Some(&new.label)))?;
        let points = limited.points.0.saturating_add(given.0);
        limited.points = FanPoints(points);
    }
    seeding::insert_rate(turn.connection, new.partner, &new.label, new.currency, &rule)?;
    configured(turn, Concerns::partner(new.partner), &new.label)
}

/// Deletes a rate; tells whether there was one.
pub fn delete_rate(turn: &mut Turn<'_>, partner: PartnerId, label: &str) -> Result<bool, StoreError> {
    let deleted = turn.connection.execute_counted(
        "DELETE FROM rate WHERE partner_no = ?1 AND rate_label = ?2",
        params![partner.0, label],
    )?;
    if deleted == 0 {
        return Ok(false);
    }
    // A rate that is set later under this label starts anew.
    turn.connection.execute(
        "DELETE FROM limited_given WHERE partner_no = ?1 AND rate_label = ?2",
        params![partner.0, label],
    )?;
    configured(turn, Concerns::partner(partner), label)?;
    Ok(true)
}

/// A module that can be switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    FanPoints,
    StatusPoints,
}

impl Switch {
    const fn column(self) -> &'static str {
        match self {
            Self::FanPoints => "fan_points_module",
            Self::StatusPoints => "status_points_module",
        }
    }
}

/// Switches a module of a program, or of a partner in all of its partnerships.
pub fn switch_module(
    turn: &mut Turn<'_>,
    owner: Owner,
    module: Switch,
    active: bool,
) -> Result<(), StoreError> {
    let column = module.column();
    let (statement, no, concerns) = match owner {
        Owner::Program(program) => {
            (format!("UPDATE program SET {column} = ?2 WHERE no = ?1"), program.0, Concerns::program(program))
        }
        Owner::Partner(partner) => {
            let statement = format!("UPDATE partnership SET {column} = ?2 WHERE partner_no = ?1");
            (statement, partner.0, Concerns::partner(partner))
        }
    };
    turn.connection.execute(&statement, params![no, active])?;
    configured(turn, concerns, column)
}

/// Says that the configuration was changed, here and to those who follow.
pub fn configured(turn: &mut Turn<'_>, concerns: Concerns, subject: &str) -> Result<(), StoreError> {
    turn.configuration_changed();
    changes::note(turn, ChangeKind::Configuration, concerns, subject).map(|_| ())
}
