//! Lists of transactions, newest first. A booking date is unique, so "earlier than" pages without gaps.

use super::catalogue::parse_stored;
use super::purchases::{Purchase, PurchaseItem, TransactionType};
use super::sql::{Bind, Owned, Value, params};
use super::{Connection, ProgramNo, Row, StoreError};
use fanpass::FanPointsId;
use ledger::{FanId, FanPoints, PartnerId, Rate};

/// Which transactions are wanted. Everything that is set must hold.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    pub partner: Option<PartnerId>,
    pub programs: Option<Vec<ProgramNo>>,
    pub fan: Option<FanId>,
    /// Booked before this date, in microseconds.
    pub earlier_than: Option<i64>,
    pub later_than: Option<i64>,
    /// Text in the title of an item, in the user's ids, in either of them. Case does not matter.
    pub title: Option<String>,
    pub user: Option<String>,
    pub user_or_title: Option<String>,
    pub limit: u32,
}

/// Grows a WHERE clause with its parameters. A condition says `?` for its one parameter, as often as it needs it.
struct Clause {
    sql: String,
    values: Vec<Owned>,
}

impl Clause {
    fn new(select: &str) -> Self {
        Self { sql: format!("{select} WHERE 1 = 1"), values: Vec::new() }
    }

    /// The name of one more parameter.
    fn parameter(&mut self, value: &impl Bind) -> String {
        self.values.push(Owned::from(value.bind()));
        format!("?{}", self.values.len())
    }

    fn and(&mut self, condition: &str, value: &impl Bind) {
        let name = self.parameter(value);
        self.sql.push_str(" AND ");
        self.sql.push_str(&condition.replace('?', &name));
    }

    /// The conditions that purchases and awards share; `t` is the transaction.
    fn scope(&mut self, selection: &Selection) {
        if let Some(partner) = selection.partner {
            self.and("t.partner_no = ?", &partner.0);
        }
        if let Some(programs) = &selection.programs {
            let names: Vec<_> = programs.iter().map(|program| self.parameter(&program.0)).collect();
            let none = if names.is_empty() { "NULL" } else { "" };
            self.sql.push_str(&format!(" AND t.program_no IN ({none}{})", names.join(",")));
        }
        if let Some(fan) = selection.fan {
            self.and("t.fan_no = ?", &fan.0.cast_signed());
        }
        if let Some(date) = selection.earlier_than {
            self.and("t.date_us < ?", &date);
        }
        if let Some(date) = selection.later_than {
            self.and("t.date_us > ?", &date);
        }
    }

    fn page<T>(
        mut self,
        connection: &Connection,
        limit: u32,
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let name = self.parameter(&limit);
        self.sql.push_str(&format!(" ORDER BY t.date_us DESC LIMIT {name}"));
        let values: Vec<Value<'_>> = self.values.iter().map(Bind::bind).collect();
        connection.query(&self.sql, &values, read)
    }
}

const TITLE_HOLDS: &str = "EXISTS (SELECT 1 FROM purchase_item i
    WHERE i.date_us = t.date_us AND instr(lower(i.title), ?) > 0)";
/// The FanPoints id with its leading zeros, or the program's own id.
const USER_HOLDS: &str = "(instr(substr(CAST(1000000000000 + f.fan_points_id AS TEXT), 2), ?) > 0
    OR instr(lower(f.external_user_id), ?) > 0)";

const PURCHASE: &str = "SELECT t.date_us, t.purchase_id, t.transaction_type, f.fan_points_id, t.partner_no
                        FROM purchase t JOIN fan f ON f.no = t.fan_no";

/// Purchases and their undos, newest first.
pub fn purchases(connection: &Connection, selection: &Selection) -> Result<Vec<Purchase>, StoreError> {
    let mut clause = Clause::new(PURCHASE);
    clause.scope(selection);
    if let Some(title) = &selection.title {
        clause.and(TITLE_HOLDS, &title.to_ascii_lowercase());
    }
    if let Some(user) = &selection.user {
        clause.and(USER_HOLDS, &user.to_ascii_lowercase());
    }
    if let Some(text) = &selection.user_or_title {
        clause.and(&format!("({TITLE_HOLDS} OR {USER_HOLDS})"), &text.to_ascii_lowercase());
    }
    clause.page(connection, selection.limit, |row| read_purchase(connection, row))
}

/// The purchase booked at this date.
pub(super) fn purchase_at(connection: &Connection, date_us: i64) -> Result<Option<Purchase>, StoreError> {
    let sql = format!("{PURCHASE} WHERE t.date_us = ?1");
    connection.query_opt(&sql, params![date_us], |row| read_purchase(connection, row))
}

fn read_purchase(connection: &Connection, row: &Row<'_>) -> Result<Purchase, StoreError> {
    let date_us = row.get(0)?;
    let kind: String = row.get(2)?;
    Ok(Purchase {
        date_us,
        purchase_id: row.get(1)?,
        kind: TransactionType::from_name(&kind)?,
        user: fan_points_id(row.get(3)?)?,
        partner: PartnerId(row.get(4)?),
        items: read_items(connection, date_us)?,
    })
}

fn read_items(connection: &Connection, date_us: i64) -> Result<Vec<PurchaseItem>, StoreError> {
    connection.query(
        "SELECT item_id, title, description, price, currency, rate_label, rate, rate_type, amount, undone
         FROM purchase_item WHERE date_us = ?1 ORDER BY position",
        params![date_us],
        read_item,
    )
}

fn read_item(row: &Row<'_>) -> Result<PurchaseItem, StoreError> {
    let rate: Option<String> = row.get(6)?;
    let rate_type: Option<String> = row.get(7)?;
    let rate = match (rate, rate_type.as_deref()) {
        (Some(points), Some("absolute")) => Some(Rate::Absolute(FanPoints(parse_stored(&points)?))),
        (Some(share), _) => Some(Rate::Relative(parse_stored(&share)?)),
        (None, _) => None,
    };
    Ok(PurchaseItem {
        item_id: row.get(0)?,
        title: row.get(1)?,
        description: row.get(2)?,
        price: parse_stored(&row.get::<String>(3)?)?,
        currency: parse_stored(&row.get::<String>(4)?)?,
        rate_label: row.get(5)?,
        rate,
        amount: FanPoints(row.get(8)?),
        undone: row.get(9)?,
    })
}

/// Status Points awarded or taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Award {
    pub date_us: i64,
    pub action_id: String,
    pub action_category: String,
    pub title: String,
    pub description: String,
    pub amount: i64,
    pub partner: PartnerId,
    pub user: FanPointsId,
}

const AWARD: &str =
    "SELECT t.date_us, t.action_id, t.action_category, t.title, t.description, t.amount, t.partner_no,
                            f.fan_points_id
                     FROM award t JOIN fan f ON f.no = t.fan_no";

/// Awards and their undos, newest first.
pub fn awards(connection: &Connection, selection: &Selection) -> Result<Vec<Award>, StoreError> {
    let mut clause = Clause::new(AWARD);
    clause.scope(selection);
    clause.page(connection, selection.limit, read_award)
}

/// The award that an operation booked.
pub(super) fn award_by_op(connection: &Connection, op: ledger::OpId) -> Result<Option<Award>, StoreError> {
    let sql = format!("{AWARD} JOIN operation o ON o.date_us = t.date_us WHERE o.op = ?1");
    connection.query_opt(&sql, params![op.0], read_award)
}

fn read_award(row: &Row<'_>) -> Result<Award, StoreError> {
    Ok(Award {
        date_us: row.get(0)?,
        action_id: row.get(1)?,
        action_category: row.get(2)?,
        title: row.get(3)?,
        description: row.get(4)?,
        amount: row.get(5)?,
        partner: PartnerId(row.get(6)?),
        user: fan_points_id(row.get(7)?)?,
    })
}

pub(super) fn fan_points_id(number: i64) -> Result<FanPointsId, StoreError> {
    FanPointsId::new(number.cast_unsigned())
        .map_err(|error| StoreError::Corrupt(format!("FanPoints id: {error}")))
}
