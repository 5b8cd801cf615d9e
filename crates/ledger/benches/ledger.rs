//! What the rule book does in a second of one core, beside the crate `doubleentry` on the same sequence in one run.
//!
//! `cargo bench -p ledger`. Every figure is the median of several rounds; operations are made before the clock starts.
//! Times are those that the thread had a core for, where the system tells them (Linux), so that whatever else runs on
//! the machine counts as little as can be; elsewhere those of the clock on the wall.
//! `FANPOINTS_BENCH_OPERATIONS` and `FANPOINTS_BENCH_FANS` set the size of the first part;
//! `FANPOINTS_BENCH_ALONE` leaves the other crate out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing
)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]
#![allow(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::cast_precision_loss)]
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss)]

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use doubleentry::currency::EUR;
use doubleentry::{AccountKind, Amount, BalanceLimit, Entry as Draft, Journal, LedgerId, date};
use ledger::audit::{Head, verify};
use ledger::conformance::Dice;
use ledger::{
    Currency, Decision, FanId, FanPoints, Item, MemoryLedger, Money, OpId, Operation, OperationKind,
    PartnerId, Rate, RateRule, Rules, State, Tender, Timestamp, execute,
};

const SHOP: PartnerId = PartnerId(1);

fn main() {
    let skip = std::env::var_os("FANPOINTS_BENCH_ALONE").is_some();
    let operations = setting("FANPOINTS_BENCH_OPERATIONS", 1_000_000);
    let fans = setting("FANPOINTS_BENCH_FANS", 1_000_000);
    println!("{:<52}{:>14}{:>12}", "", "a second", "each");
    let journal = decide_and_post(operations, fans);
    replay(&journal);
    memory(fans);
    if !skip {
        beside_doubleentry(operations.min(200_000), 20_000);
    }
}

/// A moment, by the thread's own time where the system tells it.
fn clock() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn rules() -> Rules {
    Rules::new(Currency::Eur).with_partner(SHOP, RateRule::flat(Rate::percent(10)))
}

fn books(fans: usize) -> MemoryLedger {
    let mut books = MemoryLedger::new();
    for fan in 0..fans {
        books.register_fan(FanId(fan as u64));
    }
    books
}

/// Two purchases that earn and one that is paid with points, over and over, each for any of the fans. A first purchase
/// for every fan would leave no redemption refused; as it is, most go through.
fn sequence(count: usize, fans: usize) -> Vec<Operation> {
    let mut dice = Dice::new(1);
    let mut rich = Vec::with_capacity(count);
    (0..count)
        .map(|number| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&(number as u64).to_be_bytes());
            id[8..].copy_from_slice(&dice.roll().to_be_bytes());
            let redeem = number % 3 == 2;
            let fan = if redeem { *dice.pick(&rich).unwrap() } else { FanId(dice.below(fans as u64)) };
            let (low, high) = if redeem { (1, 60) } else { (1_000, 9_000) };
            let price = Money::new(dice.between(low, high), Currency::Eur);
            let items = vec![Item { price, rate_label: None }];
            rich.push(fan);
            let kind = if redeem {
                OperationKind::Redeem { items, tender: Tender::Whole, reservation: None }
            } else {
                OperationKind::Distribute { items }
            };
            Operation { id: OpId(id), partner: SHOP, fan, at: Timestamp(number as i64), kind }
        })
        .collect()
}

/// The median time of several rounds, and what the last one made.
fn median<T>(rounds: usize, mut round: impl FnMut() -> (Duration, T)) -> (Duration, T) {
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..rounds {
        drop(last.take());
        let (time, made) = round();
        times.push(time);
        last = Some(made);
    }
    times.sort_unstable();
    (times[times.len() / 2], last.unwrap())
}

fn line(what: &str, count: usize, time: Duration) -> f64 {
    let rate = count as f64 / time.as_secs_f64();
    println!("{what:<52}{rate:>14.0}{:>9.0} ns", time.as_nanos() as f64 / count as f64);
    rate
}

fn run(operations: &[Operation], rules: &Rules, books: &mut MemoryLedger) -> usize {
    let mut posted = 0;
    for operation in operations {
        let now = operation.at;
        if let Decision::Post(decided) = execute(operation, rules, books, now).unwrap() {
            black_box(&decided);
            posted += 1;
        }
    }
    posted
}

fn decide_and_post(count: usize, fans: usize) -> MemoryLedger {
    let (operations, rules, empty) = (sequence(count, fans), rules(), books(fans));
    let (time, (books, posted)) = median(5, || {
        let mut books = empty.clone();
        let start = clock();
        let posted = run(&operations, &rules, &mut books);
        (clock() - start, (books, posted))
    });
    assert!(posted * 10 > count * 9, "most are accepted: {posted} of {count}");
    line(&format!("decide and post, {fans} fans"), count, time);
    let (time, books) = median(5, || {
        let mut books = books.clone();
        let start = clock();
        let posted = run(&operations, &rules, &mut books);
        let time = clock() - start;
        assert_eq!(posted, 0);
        (time, books)
    });
    line("the same again: already done", count, time);
    books
}

fn replay(books: &MemoryLedger) {
    let entries: Vec<&[u8]> = books.journal().map(|(_, entry)| entry).collect();
    let mut head = Head::EMPTY;
    let chain: Vec<_> = entries.iter().map(|bytes| head.append(bytes)).collect();
    let (time, ()) = median(5, || {
        let start = clock();
        assert_eq!(verify(chain.iter().copied(), head), Ok(()));
        (clock() - start, ())
    });
    line("audit: verify the chain", chain.len(), time);
    let (time, _) = median(5, || {
        let start = clock();
        let replayed = books.replay().unwrap();
        (clock() - start, replayed)
    });
    line("replay: every balance from the journal", chain.len(), time);
}

fn memory(fans: usize) {
    let books = books(fans);
    let bytes = books.fan_table_bytes() as f64 / fans as f64;
    println!("{:<52}{bytes:>11.1} bytes", "memory of a fan (its row, and its share of free ones)");
}

fn beside_doubleentry(count: usize, fans: usize) {
    let (rules, empty) = (rules(), books(fans));
    // Only what is accepted, so that both do the same work.
    let mut probe = empty.clone();
    let mut operations = sequence(count, fans);
    let mut drafts = Vec::new();
    operations.retain(|operation| match execute(operation, &rules, &mut probe, operation.at).unwrap() {
        Decision::Post(posted) => {
            let points: i64 = posted.entry.item_points.iter().map(|points| points.0).sum();
            drafts.push(draft(operation, points));
            true
        }
        _ => false,
    });
    let count = operations.len();
    println!("\n{count} operations over {fans} fans, the same for both");
    let (ours, books) = median(5, || {
        let mut books = empty.clone();
        let start = clock();
        assert_eq!(run(&operations, &rules, &mut books), count);
        (clock() - start, books)
    });
    let opened = open_journal(fans);
    let (single, journal) = median(3, || {
        let (mut journal, drafts) = (opened.clone(), drafts.clone());
        let start = clock();
        for draft in drafts {
            black_box(journal.record(draft).unwrap());
        }
        (clock() - start, journal)
    });
    let (batched, _) = median(3, || {
        let (mut journal, batches) = (opened.clone(), drafts.chunks(1_000).map(<[Draft]>::to_vec));
        let batches: Vec<Vec<Draft>> = batches.collect();
        let start = clock();
        for batch in batches {
            black_box(journal.record_batch(batch).unwrap());
        }
        (clock() - start, journal)
    });
    let own = line("ledger: decide and post", count, ours);
    let theirs = line("doubleentry 0.8: record", count, single);
    let in_batches = line("doubleentry 0.8: record_batch of 1,000", count, batched);
    println!("{:<52}{:>13.1}x", "ledger against the faster of the two", own / theirs.max(in_batches));
    assert_same_balances(&books, &journal, fans);
}

fn draft(operation: &Operation, points: i64) -> Draft {
    let wallet = format!("Liabilities:Wallets:f{}", operation.fan.0);
    let amount = Amount::from_minor(points.unsigned_abs().into()).unwrap();
    let draft = Draft::new(operation.id.to_string(), date!("2026-03-02"));
    if points > 0 {
        draft.debit("Assets:Funding", amount, EUR).credit(wallet.as_str(), amount, EUR)
    } else {
        draft.debit(wallet.as_str(), amount, EUR).credit("Assets:Settlement", amount, EUR)
    }
}

fn open_journal(fans: usize) -> Journal {
    let start = date!("2026-01-01");
    let mut journal = Journal::new(LedgerId::new("example.com/points").unwrap());
    journal.declare_currency(EUR, 2, start).unwrap();
    journal.define_months(2026, 1..=12).unwrap();
    journal.open("Assets:Funding", AccountKind::Asset, start).unwrap();
    journal.open("Assets:Settlement", AccountKind::Asset, start).unwrap();
    for fan in 0..fans {
        let wallet = format!("Liabilities:Wallets:f{fan}");
        journal.open(wallet.as_str(), AccountKind::Liability, start).unwrap();
        journal.set_limit(wallet.as_str(), BalanceLimit::NoDebitBalance, start).unwrap();
    }
    journal
}

/// Both ended with the same books, or the comparison means nothing.
fn assert_same_balances(books: &MemoryLedger, journal: &Journal, fans: usize) {
    for fan in (0..fans).step_by(97) {
        let wallet = format!("Liabilities:Wallets:f{fan}");
        let theirs = journal.balance(wallet.as_str(), EUR, &doubleentry::BalanceQuery::all()).unwrap();
        let ours = books.fan(FanId(fan as u64), Timestamp(0)).unwrap().unwrap().wallet;
        let negated = FanPoints(-ours.0).0;
        assert_eq!(theirs.net(), Amount::from_minor(i128::from(negated)).unwrap(), "fan {fan}");
    }
}
