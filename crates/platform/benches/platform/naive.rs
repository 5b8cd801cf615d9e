//! The baseline: every operation is a transaction of its own, as one would write it at first. The same tables, the
//! same documents in the journal; a partner's account is one row that each of its operations updates.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fanpass::FanPointsId;
use ledger::{PartnerId, Timestamp};
use platform::store::purchases::{PURCHASE_IDS, op_id};
use platform::store::sql::params;
use platform::store::{Connection, Database, ProgramNo, StoreError, now_us};

use crate::{CLIENTS, Draw};

/// Operations a second. SQLite has one writer at a time, so one client is what it does best with.
pub fn rate(database: &Database, length: Duration) -> f64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (store, program, partner, ids) = crate::club(&runtime, database);
    store.close();
    drop(store);
    let clients = if matches!(database, Database::Sqlite(_)) { 1 } else { CLIENTS };
    let (ids, booked, dates) = (Arc::new(ids), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    dates.store(now_us().unsigned_abs(), Ordering::Relaxed);
    let since = Instant::now();
    let threads = (0..clients).map(|client| {
        let (ids, booked, dates) = (Arc::clone(&ids), Arc::clone(&booked), Arc::clone(&dates));
        let connection = database.connect().unwrap();
        std::thread::spawn(move || {
            let mut draw = Draw::new(client as u64 + 1);
            for round in 0_u64.. {
                if since.elapsed() > length {
                    return;
                }
                let fan = ids[draw.below(ids.len() as u64) as usize];
                let date = dates.fetch_add(1, Ordering::Relaxed).cast_signed();
                connection.begin_write().unwrap();
                give(&connection, program, partner, fan, &format!("{client}-{round}"), date).unwrap();
                connection.commit().unwrap();
                booked.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    for thread in threads.collect::<Vec<_>>() {
        thread.join().unwrap();
    }
    booked.load(Ordering::Relaxed) as f64 / since.elapsed().as_secs_f64()
}

const POINTS: i64 = 50;

fn give(
    connection: &Connection,
    program: ProgramNo,
    partner: PartnerId,
    fan: FanPointsId,
    purchase_id: &str,
    date: i64,
) -> Result<(), StoreError> {
    let shared = connection.is_shared();
    let sql = format!(
        "SELECT no, wallet FROM fan WHERE fan_points_id = ?1{}",
        if shared { " FOR UPDATE" } else { "" }
    );
    let read = |row: &platform::store::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let (no, wallet): (i64, i64) = connection.query_row(&sql, params![fan.number().cast_signed()], read)?;
    let op = op_id(partner, PURCHASE_IDS, purchase_id);
    let known = "SELECT date_us FROM operation WHERE op = ?1";
    let known: Option<i64> = connection.query_opt(known, params![op.0], |row| row.get(0))?;
    assert_eq!(known, None);
    let at = Timestamp(date / 1000);
    let document =
        format!("{{\"id\":\"{purchase_id}\",\"partner\":{},\"fan\":{no},\"at\":{at:?}}}", partner.0);
    connection.execute_counted(
        "INSERT INTO operation (date_us, op, digest, corrects, operation, entry) VALUES (?1, ?2, ?3, NULL, ?4, ?4)",
        params![date, op.0, [0_u8; 32], document],
    )?;
    connection.execute_counted("UPDATE fan SET wallet = ?2 WHERE no = ?1", params![no, wallet + POINTS])?;
    connection.execute_counted(
        "INSERT INTO house_account (program_no, book, account, owner, amount) VALUES (?1, 'fan_points', 'funding', ?2, ?3)
         ON CONFLICT (program_no, book, account, owner) DO UPDATE SET amount = house_account.amount + excluded.amount",
        params![program.0, partner.0, -POINTS],
    )?;
    connection.execute_counted(
        "INSERT INTO purchase (date_us, purchase_id, transaction_type, partner_no, program_no, fan_no)
         VALUES (?1, ?2, 'distributed_on_purchase', ?3, ?4, ?5)",
        params![date, purchase_id, partner.0, program.0, no],
    )?;
    connection.execute_counted(
        "INSERT INTO purchase_item (date_us, position, item_id, title, description, price, currency, rate_label, rate,
                                    rate_type, amount)
         VALUES (?1, 0, '1', 'Scarf', 'Red and white', '25.00', 'chf', NULL, '0.02', 'relative', ?2)",
        params![date, POINTS],
    )?;
    Ok(())
}
