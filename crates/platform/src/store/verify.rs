//! Replays the whole journal of an environment and names the first place where it does not hold.

use std::collections::{BTreeMap, HashMap};

use ledger::{Entry, FanAccount, FanId, FanPoints, FanState, Operation, StatusAccount, StatusPoints};

use super::sql::{Row, params};
use super::{Connection, StoreError};

/// What a replay found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Journal entries that were read.
    pub entries: u64,
    /// Fans whose balances were compared.
    pub fans: u64,
    /// The first thing that is wrong, in the order of the journal; None: everything holds.
    pub first_break: Option<String>,
}

const PAGE: i64 = 2000;

struct Line {
    date: i64,
    op: [u8; 16],
    digest: [u8; 32],
    operation: String,
    entry: String,
}

#[derive(Default)]
struct Replay {
    entries: u64,
    fans: HashMap<FanId, FanState>,
    house: BTreeMap<(String, String, u32), i64>,
}

/// Replays the journal within one view of the database.
///
/// # Errors
/// Where the database can not be read. What it holds wrongly is no error but the verdict.
pub fn verify(connection: &Connection) -> Result<Verdict, StoreError> {
    let mut replay = Replay::default();
    let mut after = i64::MIN;
    loop {
        let page = connection.query(
            "SELECT date_us, op, digest, operation, entry FROM operation WHERE date_us > ?1
             ORDER BY date_us LIMIT ?2",
            params![after, PAGE],
            read_line,
        )?;
        let Some(last) = page.last() else { break };
        after = last.date;
        for line in &page {
            if let Err(what) = replay.take(line) {
                let first_break = Some(format!("the entry of {}: {what}", line.date));
                return Ok(Verdict { entries: replay.entries, fans: 0, first_break });
            }
        }
    }
    let (fans, broken) = replay.compare_fans(connection)?;
    let first_break = match broken {
        Some(what) => Some(what),
        None => replay.compare_house(connection)?,
    };
    Ok(Verdict { entries: replay.entries, fans, first_break })
}

fn read_line(row: &Row<'_>) -> Result<Line, StoreError> {
    Ok(Line {
        date: row.get(0)?,
        op: row.get(1)?,
        digest: row.get(2)?,
        operation: row.get(3)?,
        entry: row.get(4)?,
    })
}

impl Replay {
    fn take(&mut self, line: &Line) -> Result<(), String> {
        let operation: Operation =
            serde_json::from_str(&line.operation).map_err(|error| format!("no operation ({error})"))?;
        let entry: Entry =
            serde_json::from_str(&line.entry).map_err(|error| format!("no entry ({error})"))?;
        if operation.id.0 != line.op || entry.fan != operation.fan {
            return Err("it is of another operation".to_owned());
        }
        if operation.digest() != line.digest {
            return Err("the operation was changed".to_owned());
        }
        let fan_points: i128 = entry.fan_postings.iter().map(|posting| i128::from(posting.amount.0)).sum();
        let status: i128 = entry.status_postings.iter().map(|posting| i128::from(posting.amount.0)).sum();
        if fan_points != 0 || status != 0 {
            return Err("its postings do not sum to zero".to_owned());
        }
        let fan = self.fans.entry(entry.fan).or_default();
        let after = fan.after(&entry).map_err(|refusal| format!("it does not apply ({})", refusal.code()))?;
        if after.wallet < FanPoints(0) || after.receivable < FanPoints(0) || after.standing < StatusPoints(0)
        {
            return Err("it takes what is not there".to_owned());
        }
        *fan = after;
        self.book_house(&entry)?;
        self.entries = self.entries.saturating_add(1);
        Ok(())
    }

    fn book_house(&mut self, entry: &Entry) -> Result<(), String> {
        for posting in &entry.fan_postings {
            let (account, owner) = match posting.account {
                FanAccount::Wallet(_) | FanAccount::Receivable(_) => continue,
                FanAccount::Funding(partner) => ("funding", partner.0),
                FanAccount::Settlement(partner) => ("settlement", partner.0),
                FanAccount::Issuer => ("issuer", 0),
                FanAccount::OfflineLoss => ("offline_loss", 0),
                FanAccount::Expired => ("expired", 0),
            };
            self.add("fan_points", account, owner, posting.amount.0)?;
        }
        for posting in &entry.status_postings {
            if posting.account == StatusAccount::Issuer {
                self.add("status_points", "issuer", 0, posting.amount.0)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, book: &str, account: &str, owner: u32, amount: i64) -> Result<(), String> {
        let sum = self.house.entry((book.to_owned(), account.to_owned(), owner)).or_default();
        *sum = sum.checked_add(amount).ok_or("a house account grows too large")?;
        Ok(())
    }

    /// How many were compared, and the first who differs.
    fn compare_fans(&mut self, connection: &Connection) -> Result<(u64, Option<String>), StoreError> {
        let (mut compared, mut after) = (0_u64, i64::MIN);
        loop {
            let page = connection.query(
                "SELECT no, wallet, receivable, standing FROM fan WHERE no > ?1 ORDER BY no LIMIT ?2",
                params![after, PAGE],
                |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?, row.get::<i64>(3)?)),
            )?;
            let Some(last) = page.last() else { break };
            after = last.0;
            for (no, wallet, receivable, standing) in page {
                let replayed = self.fans.remove(&FanId(no.cast_unsigned())).unwrap_or_default();
                let told = (replayed.wallet.0, replayed.receivable.0, replayed.standing.0);
                if told != (wallet, receivable, standing) {
                    let stored = (wallet, receivable, standing);
                    let what =
                        format!("fan {no} has {stored:?}, the journal says {told:?} (points, owed, status)");
                    return Ok((compared, Some(what)));
                }
                compared = compared.saturating_add(1);
            }
        }
        let missing = self.fans.keys().min().map(|fan| format!("fan {} is missing", fan.0));
        Ok((compared, missing))
    }

    fn compare_house(&self, connection: &Connection) -> Result<Option<String>, StoreError> {
        let stored = connection.query(
            "SELECT book, account, owner, CAST(sum(amount) AS BIGINT) FROM house_balance
             GROUP BY book, account, owner ORDER BY book, account, owner",
            params![],
            |row| Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get::<i64>(3)?)),
        )?;
        let stored: BTreeMap<(String, String, u32), i64> = stored.into_iter().collect();
        for key in self.house.keys().chain(stored.keys()) {
            let (told, held) = (self.house.get(key).copied(), stored.get(key).copied());
            if told.unwrap_or(0) != held.unwrap_or(0) {
                let (book, account, owner) = key;
                let what = format!("{book} {account} {owner} is {held:?}, the journal says {told:?}");
                return Ok(Some(what));
            }
        }
        Ok(None)
    }
}
