//! Vouchers, discount codes and bought products: what fans hold beside points.

use super::books::Books;
use super::purchases::{
    PURCHASE_IDS, Purchase, PurchaseItem, TransactionType, addressee, insert, milliseconds, op_id,
};
use super::reading::fan_points_id;
use super::sql::params;
use super::{Connection, Partnership, ProgramNo, Row, StoreError, Turn, fans};
use fanpass::FanPointsId;
use ledger::{Currency, Decision, FanId, FanPoints, Item, Money, Operation, OperationKind, PartnerId};
use ledger::{Rate, RateRule, Refusal, execute};

/// A voucher that a partner may make, or has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voucher {
    pub reward_id: String,
    pub points: FanPoints,
    /// None: not made yet.
    pub voucher_id: Option<String>,
}

/// The vouchers that a partner may make, smallest first.
pub fn voucher_offers(connection: &Connection, partner: PartnerId) -> Result<Vec<Voucher>, StoreError> {
    connection.query(
        "SELECT reward_id, points FROM voucher_offer WHERE partner_no = ?1 ORDER BY points, reward_id",
        params![partner.0],
        |row| Ok(Voucher { reward_id: row.get(0)?, points: FanPoints(row.get(1)?), voucher_id: None }),
    )
}

/// Lets a partner make vouchers of so many points.
pub fn offer_voucher(
    turn: &Turn<'_>,
    partner: PartnerId,
    reward_id: &str,
    points: FanPoints,
) -> Result<(), StoreError> {
    turn.connection.execute(
        "INSERT INTO voucher_offer (partner_no, reward_id, points) VALUES (?1, ?2, ?3)
         ON CONFLICT (partner_no, reward_id) DO UPDATE SET points = excluded.points",
        params![partner.0, reward_id, points.0],
    )?;
    Ok(())
}

/// Makes a voucher. The points leave the partner when it is redeemed.
pub fn make_voucher(
    turn: &mut Turn<'_>,
    partner: PartnerId,
    voucher_id: &str,
    reward_id: &str,
    points: FanPoints,
) -> Result<Voucher, StoreError> {
    let date_us = turn.next_date();
    turn.connection.execute(
        "INSERT INTO voucher (voucher_id, partner_no, reward_id, points, created_us) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![voucher_id, partner.0, reward_id, points.0, date_us])?;
    Ok(Voucher { reward_id: reward_id.to_owned(), points, voucher_id: Some(voucher_id.to_owned()) })
}

/// How a redemption of a voucher went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoucherUse {
    Done,
    UnknownUser,
    /// There is none, it was redeemed before, or it is out of the caller's reach.
    UnknownVoucher,
    Refused(Refusal),
}

/// Gives a voucher's points to a user, once. `only`: the partner whose vouchers count.
pub fn redeem_voucher(
    turn: &mut Turn<'_>,
    only: Option<PartnerId>,
    programs: &[ProgramNo],
    user: &str,
    voucher_id: &str,
) -> Result<VoucherUse, StoreError> {
    if fans::find(turn.connection, programs, user)?.is_none() {
        return Ok(VoucherUse::UnknownUser);
    }
    let open = turn.connection.query_opt(
        "SELECT partner_no, points FROM voucher WHERE voucher_id = ?1 AND redeemed_us IS NULL",
        params![voucher_id],
        |row| Ok((PartnerId(row.get(0)?), FanPoints(row.get(1)?))),
    )?;
    let Some((partner, points)) = open else {
        return Ok(VoucherUse::UnknownVoucher);
    };
    if only.is_some_and(|only| only != partner) {
        return Ok(VoucherUse::UnknownVoucher);
    }
    let Some((fan, partnership)) = addressee(turn, partner, programs, user)? else {
        return Ok(VoucherUse::UnknownVoucher);
    };
    let date_us = turn.next_date();
    let outcome = give(turn, &partnership, fan.no, voucher_id, points, date_us)?;
    let amount = match outcome {
        Ok(amount) => amount,
        Err(refusal) => return Ok(VoucherUse::Refused(refusal)),
    };
    let purchase = voucher_purchase(voucher_id, points, amount, date_us, fan.id, &partnership);
    insert(turn.connection, &purchase, &fan)?;
    turn.connection.execute(
        "UPDATE voucher SET redeemed_us = ?2, fan_no = ?3 WHERE voucher_id = ?1",
        params![voucher_id, date_us, fan.no.0.cast_signed()],
    )?;
    Ok(VoucherUse::Done)
}

/// The label under which the ledger is told what a voucher gives. No partner can set a rate of this name.
const VOUCHER_LABEL: &str = "\u{1}voucher";

/// A voucher is a distribution at a fixed rate that the partner granted when it made the voucher.
fn give(
    turn: &Turn<'_>,
    partnership: &Partnership,
    fan: FanId,
    voucher_id: &str,
    points: FanPoints,
    date_us: i64,
) -> Result<Result<FanPoints, Refusal>, StoreError> {
    let partner = partnership.partner.no;
    let mut rules = partnership.rules.clone();
    if let Some(of_partner) = rules.partners.get_mut(&partner) {
        of_partner.rates.insert(VOUCHER_LABEL.to_owned(), RateRule::flat(Rate::Absolute(points)));
    }
    let price = Money::new(points.0, Currency::Fp);
    let operation = Operation {
        id: op_id(partner, PURCHASE_IDS, voucher_id),
        partner,
        fan,
        at: milliseconds(date_us),
        kind: OperationKind::Distribute {
            items: vec![Item { price, rate_label: Some(VOUCHER_LABEL.to_owned()) }],
        },
    };
    let mut books = Books::new(turn, partnership.program.no, date_us);
    Ok(match execute(&operation, &rules, &mut books, milliseconds(date_us))? {
        Decision::Post(posted) => Ok(posted.entry.item_points.first().copied().unwrap_or_default()),
        Decision::AlreadyDone(_) => Err(Refusal::IdConflict),
        Decision::Refuse(refusal) => Err(refusal),
    })
}

fn voucher_purchase(
    voucher_id: &str,
    points: FanPoints,
    amount: FanPoints,
    date_us: i64,
    user: FanPointsId,
    partnership: &Partnership,
) -> Purchase {
    let item = PurchaseItem {
        item_id: "1".to_owned(),
        title: "Voucher".to_owned(),
        description: String::new(),
        price: Money::new(points.0, Currency::Fp).to_decimal(),
        currency: Currency::Fp,
        rate_label: None,
        rate: Some(Rate::Absolute(points)),
        amount,
        undone: false,
    };
    Purchase {
        date_us,
        purchase_id: voucher_id.to_owned(),
        kind: TransactionType::Distributed,
        user,
        partner: partnership.partner.no,
        items: vec![item],
    }
}

/// A code that gives a fan another rate, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscountCode {
    pub discount_code: String,
    pub rate_label: Option<String>,
    pub used: bool,
    pub user: FanPointsId,
}

/// A partner's discount code.
pub fn discount_code(
    connection: &Connection,
    partner: PartnerId,
    code: &str,
) -> Result<Option<DiscountCode>, StoreError> {
    connection.query_opt(
        "SELECT d.discount_code, d.rate_label, d.used_us, f.fan_points_id
         FROM discount_code d JOIN fan f ON f.no = d.fan_no WHERE d.partner_no = ?1 AND d.discount_code = ?2",
        params![partner.0, code],
        |row| {
            let used: Option<i64> = row.get(2)?;
            Ok(DiscountCode {
                discount_code: row.get(0)?,
                rate_label: row.get(1)?,
                used: used.is_some(),
                user: fan_points_id(row.get(3)?)?,
            })
        },
    )
}

/// Uses a code that belongs to the user. False: there is no such code, it was used or has expired, or it is another
/// user's.
pub fn use_discount_code(
    turn: &mut Turn<'_>,
    partner: PartnerId,
    programs: &[ProgramNo],
    user: &str,
    code: &str,
) -> Result<bool, StoreError> {
    let Some(fan) = fans::find(turn.connection, programs, user)? else {
        return Ok(false);
    };
    let date_us = turn.next_date();
    let used = turn.connection.execute_counted(
        "UPDATE discount_code SET used_us = ?4
         WHERE partner_no = ?1 AND discount_code = ?2 AND fan_no = ?3 AND used_us IS NULL
           AND (expires_us IS NULL OR expires_us > ?4)",
        params![partner.0, code, fan.no.0.cast_signed(), date_us],
    )?;
    Ok(used > 0)
}

/// How something that a fan holds stands, seen from one partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoodsStanding {
    Open,
    Used,
    Expired,
    /// Another partner's.
    Foreign,
}

/// A voucher as the till that holds it sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoucherFacts {
    pub standing: GoodsStanding,
    pub points: FanPoints,
    pub redeemed_us: Option<i64>,
    /// Who redeemed it.
    pub user: Option<FanPointsId>,
}

/// What is known of a voucher of these programs. None: there is no such voucher, or it is out of the caller's reach.
pub fn voucher_facts(
    connection: &Connection,
    partner: PartnerId,
    siblings: &[PartnerId],
    voucher_id: &str,
) -> Result<Option<VoucherFacts>, StoreError> {
    let found = connection.query_opt(
        "SELECT v.partner_no, v.points, v.redeemed_us, f.fan_points_id
         FROM voucher v LEFT JOIN fan f ON f.no = v.fan_no WHERE v.voucher_id = ?1",
        params![voucher_id],
        |row| {
            let user: Option<i64> = row.get(3)?;
            let user = user.map(fan_points_id).transpose()?;
            Ok((PartnerId(row.get(0)?), FanPoints(row.get(1)?), row.get::<Option<i64>>(2)?, user))
        },
    )?;
    Ok(found.and_then(|(owner, points, redeemed_us, user)| {
        let standing = match redeemed_us {
            _ if owner != partner => GoodsStanding::Foreign,
            Some(_) => GoodsStanding::Used,
            None => GoodsStanding::Open,
        };
        // A partner learns that another one's voucher exists only where both work for one program.
        let told = standing != GoodsStanding::Foreign || siblings.contains(&owner);
        let user = user.filter(|_| standing == GoodsStanding::Used);
        told.then_some(VoucherFacts { standing, points, redeemed_us, user })
    }))
}

/// A discount code as the till sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscountFacts {
    pub standing: GoodsStanding,
    pub rate_label: Option<String>,
    pub used_us: Option<i64>,
    pub expires_us: Option<i64>,
    pub user: FanPointsId,
}

/// What is known of a discount code of this partner, or else of one of its siblings.
pub fn discount_facts(
    connection: &Connection,
    partner: PartnerId,
    siblings: &[PartnerId],
    code: &str,
    now_us: i64,
) -> Result<Option<DiscountFacts>, StoreError> {
    let found = connection.query(
        "SELECT d.partner_no, d.rate_label, d.used_us, d.expires_us, f.fan_points_id
         FROM discount_code d JOIN fan f ON f.no = d.fan_no WHERE d.discount_code = ?1",
        params![code],
        |row| {
            let user = fan_points_id(row.get(4)?)?;
            let (used_us, expires_us): (Option<i64>, Option<i64>) = (row.get(2)?, row.get(3)?);
            let standing = match used_us {
                Some(_) => GoodsStanding::Used,
                None if expires_us.is_some_and(|end| end <= now_us) => GoodsStanding::Expired,
                None => GoodsStanding::Open,
            };
            let facts = DiscountFacts { standing, rate_label: row.get(1)?, used_us, expires_us, user };
            Ok((PartnerId(row.get(0)?), facts))
        },
    )?;
    let foreign = found.iter().any(|(owner, _)| siblings.contains(owner)).then_some(GoodsStanding::Foreign);
    let mut any = found.into_iter();
    let own = any.clone().find(|(owner, _)| *owner == partner).map(|(_, facts)| facts);
    Ok(own.or_else(|| {
        let (_, facts) = any.next()?;
        Some(DiscountFacts { standing: foreign?, rate_label: None, used_us: None, expires_us: None, ..facts })
    }))
}

/// Gives a fan a discount code. False: the partner has one of this name.
pub fn insert_discount_code(
    turn: &mut Turn<'_>,
    partner: PartnerId,
    fan: FanId,
    code: &str,
    rate_label: Option<&str>,
    expires_us: Option<i64>,
) -> Result<bool, StoreError> {
    let date_us = turn.next_date();
    let inserted = turn.connection.execute_counted(
        "INSERT INTO discount_code (partner_no, discount_code, fan_no, rate_label, created_us, expires_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (partner_no, discount_code) DO NOTHING",
        params![partner.0, code, fan.0.cast_signed(), rate_label, date_us, expires_us],
    )?;
    Ok(inserted > 0)
}

/// One piece of a product that a fan bought at a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    pub group_id: String,
    pub nr: i64,
    pub group_size: i64,
    pub user: FanPointsId,
    pub reward_id: String,
    pub title: String,
    pub description: String,
    pub category: String,
    pub external_product_id: Option<String>,
    pub sold_us: i64,
    pub delivered_us: Option<i64>,
}

/// A product to be handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSale {
    pub partner: PartnerId,
    pub program: ProgramNo,
    pub fan: FanId,
    pub group_id: String,
    pub pieces: i64,
    pub reward_id: String,
    pub title: String,
    pub description: String,
    pub category: String,
    pub external_product_id: Option<String>,
}

/// Notes a sale, one row a piece. False: there is one of this id.
pub fn insert_sale(turn: &mut Turn<'_>, new: &NewSale) -> Result<bool, StoreError> {
    let known: Option<i64> = turn.connection.query_opt(
        "SELECT nr FROM product_sale WHERE group_id = ?1 LIMIT 1",
        params![&new.group_id],
        |row| row.get(0),
    )?;
    if known.is_some() {
        return Ok(false);
    }
    for nr in 1..=new.pieces {
        let date_us = turn.next_date();
        turn.connection.execute(
            "INSERT INTO product_sale (group_id, nr, group_size, partner_no, program_no, fan_no, reward_id, title,
                                       description, category, external_product_id, sold_us)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                &new.group_id,
                nr,
                new.pieces,
                new.partner.0,
                new.program.0,
                new.fan.0.cast_signed(),
                &new.reward_id,
                &new.title,
                &new.description,
                &new.category,
                new.external_product_id.as_ref(),
                date_us
            ])?;
    }
    Ok(true)
}

/// Which sales are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct SaleSelection {
    pub delivered: Option<bool>,
    pub earlier_than: Option<i64>,
    pub later_than: Option<i64>,
    pub limit: u32,
}

/// A partner's sales, newest first.
pub fn sales(
    connection: &Connection,
    partner: PartnerId,
    selection: SaleSelection,
) -> Result<Vec<Sale>, StoreError> {
    connection.query(
        "SELECT s.group_id, s.nr, s.group_size, f.fan_points_id, s.reward_id, s.title, s.description, s.category,
                s.external_product_id, s.sold_us, s.delivered_us
         FROM product_sale s JOIN fan f ON f.no = s.fan_no
         WHERE s.partner_no = ?1 AND s.sold_us < ?2 AND s.sold_us > ?3
           AND CASE WHEN s.delivered_us IS NULL THEN CAST(?4 AS BIGINT) ELSE CAST(?5 AS BIGINT) END = 1
         ORDER BY s.sold_us DESC LIMIT ?6",
        params![
            partner.0,
            selection.earlier_than.unwrap_or(i64::MAX),
            selection.later_than.unwrap_or(i64::MIN),
            selection.delivered != Some(true),
            selection.delivered != Some(false),
            selection.limit
        ],
        read_sale,
    )
}

fn read_sale(row: &Row<'_>) -> Result<Sale, StoreError> {
    Ok(Sale {
        group_id: row.get(0)?,
        nr: row.get(1)?,
        group_size: row.get(2)?,
        user: fan_points_id(row.get(3)?)?,
        reward_id: row.get(4)?,
        title: row.get(5)?,
        description: row.get(6)?,
        category: row.get(7)?,
        external_product_id: row.get(8)?,
        sold_us: row.get(9)?,
        delivered_us: row.get(10)?,
    })
}

/// Marks a piece as handed over; a second time changes nothing. False: the partner has no such piece.
pub fn deliver(turn: &mut Turn<'_>, partner: PartnerId, group_id: &str, nr: i64) -> Result<bool, StoreError> {
    let date_us = turn.next_date();
    let delivered = turn.connection.execute_counted(
        "UPDATE product_sale SET delivered_us = coalesce(delivered_us, ?4)
         WHERE partner_no = ?1 AND group_id = ?2 AND nr = ?3",
        params![partner.0, group_id, nr, date_us],
    )?;
    Ok(delivered > 0)
}

/// One piece of a sale, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub partner: PartnerId,
    pub sale: Sale,
}

/// A piece of a sale, of whatever partner.
pub fn piece(connection: &Connection, group_id: &str, nr: i64) -> Result<Option<Piece>, StoreError> {
    connection.query_opt(
        "SELECT s.group_id, s.nr, s.group_size, f.fan_points_id, s.reward_id, s.title, s.description, s.category,
                s.external_product_id, s.sold_us, s.delivered_us, s.partner_no
         FROM product_sale s JOIN fan f ON f.no = s.fan_no WHERE s.group_id = ?1 AND s.nr = ?2",
        params![group_id, nr],
        |row| Ok(Piece { sale: read_sale(row)?, partner: PartnerId(row.get(11)?) }),
    )
}

/// Hands a piece over once. False: the partner has no such piece, or it was handed over before.
pub fn hand_over(
    turn: &mut Turn<'_>,
    partner: PartnerId,
    group_id: &str,
    nr: i64,
) -> Result<bool, StoreError> {
    let date_us = turn.next_date();
    let handed = turn.connection.execute_counted(
        "UPDATE product_sale SET delivered_us = ?4
         WHERE partner_no = ?1 AND group_id = ?2 AND nr = ?3 AND delivered_us IS NULL",
        params![partner.0, group_id, nr, date_us],
    )?;
    Ok(handed > 0)
}
