//! Lists of transactions, newest first. A booking date is unique, so "earlier than" pages without gaps.

use fanpass::FanPointsId;
use ledger::{FanId, FanPoints, PartnerId, Rate};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params_from_iter};

use super::catalogue::parse_stored;
use super::purchases::{Purchase, PurchaseItem, TransactionType};
use super::{ProgramNo, StoreError};

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

/// Grows a WHERE clause with its parameters.
struct Clause {
    sql: String,
    values: Vec<Value>,
}

impl Clause {
    fn new(select: &str) -> Self {
        Self { sql: format!("{select} WHERE 1"), values: Vec::new() }
    }

    fn and(&mut self, condition: &str, value: impl Into<Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.values.push(value.into());
    }

    /// The conditions that purchases and awards share; `table` holds the transaction.
    fn scope(&mut self, selection: &Selection) {
        if let Some(partner) = selection.partner {
            self.and("t.partner_no = ?", partner.0);
        }
        if let Some(programs) = &selection.programs {
            let marks = vec!["?"; programs.len()].join(",");
            self.sql.push_str(&format!(" AND t.program_no IN ({marks})"));
            self.values.extend(programs.iter().map(|program| Value::from(program.0)));
        }
        if let Some(fan) = selection.fan {
            self.and("t.fan_no = ?", fan.0.cast_signed());
        }
        if let Some(date) = selection.earlier_than {
            self.and("t.date_us < ?", date);
        }
        if let Some(date) = selection.later_than {
            self.and("t.date_us > ?", date);
        }
    }

    fn page(&mut self, limit: u32) {
        self.sql.push_str(" ORDER BY t.date_us DESC LIMIT ?");
        self.values.push(Value::from(limit));
    }
}

const TITLE_HOLDS: &str = "EXISTS (SELECT 1 FROM purchase_item i
    WHERE i.date_us = t.date_us AND instr(lower(i.title), lower(?)) > 0)";
const USER_HOLDS: &str =
    "instr(printf('%012d', f.fan_points_id) || char(10) || lower(f.external_user_id), lower(?)) > 0";

/// Purchases and their undos, newest first.
pub fn purchases(connection: &Connection, selection: &Selection) -> Result<Vec<Purchase>, StoreError> {
    let mut clause = Clause::new(
        "SELECT t.date_us, t.purchase_id, t.transaction_type, f.fan_points_id, t.partner_no
         FROM purchase t JOIN fan f ON f.no = t.fan_no",
    );
    clause.scope(selection);
    if let Some(title) = &selection.title {
        clause.and(TITLE_HOLDS, title.clone());
    }
    if let Some(user) = &selection.user {
        clause.and(USER_HOLDS, user.clone());
    }
    if let Some(text) = &selection.user_or_title {
        clause.and(&format!("({TITLE_HOLDS} OR {USER_HOLDS})"), text.clone());
        clause.values.push(Value::from(text.clone()));
    }
    clause.page(selection.limit);
    let mut statement = connection.prepare_cached(&clause.sql)?;
    let mut rows = statement.query(params_from_iter(&clause.values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read_purchase(connection, row)?);
    }
    Ok(found)
}

/// The purchase booked at this date.
pub(super) fn purchase_at(connection: &Connection, date_us: i64) -> Result<Option<Purchase>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT t.date_us, t.purchase_id, t.transaction_type, f.fan_points_id, t.partner_no
         FROM purchase t JOIN fan f ON f.no = t.fan_no WHERE t.date_us = ?1",
    )?;
    let mut rows = statement.query([date_us])?;
    rows.next()?.map(|row| read_purchase(connection, row)).transpose()
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
    let mut statement = connection.prepare_cached(
        "SELECT item_id, title, description, price, currency, rate_label, rate, rate_type, amount, undone
         FROM purchase_item WHERE date_us = ?1 ORDER BY position",
    )?;
    let mut rows = statement.query([date_us])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        let rate: Option<String> = row.get(6)?;
        let rate_type: Option<String> = row.get(7)?;
        let rate = match (rate, rate_type.as_deref()) {
            (Some(points), Some("absolute")) => Some(Rate::Absolute(FanPoints(parse_stored(&points)?))),
            (Some(share), _) => Some(Rate::Relative(parse_stored(&share)?)),
            (None, _) => None,
        };
        items.push(PurchaseItem {
            item_id: row.get(0)?,
            title: row.get(1)?,
            description: row.get(2)?,
            price: parse_stored(&row.get::<_, String>(3)?)?,
            currency: parse_stored(&row.get::<_, String>(4)?)?,
            rate_label: row.get(5)?,
            rate,
            amount: FanPoints(row.get(8)?),
            undone: row.get(9)?,
        });
    }
    Ok(items)
}

/// Status Points awarded or taken back.
#[derive(Clone, Debug)]
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
    clause.page(selection.limit);
    let mut statement = connection.prepare_cached(&clause.sql)?;
    let mut rows = statement.query(params_from_iter(&clause.values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read_award(row)?);
    }
    Ok(found)
}

/// The award that an operation booked.
pub(super) fn award_by_op(connection: &Connection, op: ledger::OpId) -> Result<Option<Award>, StoreError> {
    let date: Option<i64> = connection
        .prepare_cached("SELECT date_us FROM operation WHERE op = ?1")?
        .query_row([op.0], |row| row.get(0))
        .optional()?;
    let mut statement = connection.prepare_cached(&format!("{AWARD} WHERE t.date_us = ?1"))?;
    let mut rows = statement.query([date])?;
    rows.next()?.map(read_award).transpose()
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

fn fan_points_id(number: i64) -> Result<FanPointsId, StoreError> {
    FanPointsId::new(number.cast_unsigned())
        .map_err(|error| StoreError::Corrupt(format!("FanPoints id: {error}")))
}
