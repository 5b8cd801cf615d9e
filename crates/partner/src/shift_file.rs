//! The report of a shift on paper and as a table. The figures are the report's; the words are the reader's.

use std::io;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use ledger::{Currency, Timestamp};
use outbox::{Counted, ShiftReport, Totals};

use crate::csv::{Cell, Table};
use crate::paper::{Align, Column, Paper};
use crate::view::ReportWords;
use crate::{AppError, ErrorCode};

const HEAD: [&str; 17] = [
    "section",
    "name",
    "value",
    "operations",
    "gives",
    "given",
    "redemptions",
    "redeemed",
    "awards",
    "status",
    "undos",
    "undone",
    "undone_status",
    "refused",
    "waiting",
    "items",
    "price_minor",
];

/// The wall clock's time where the device is.
pub(crate) fn civil(at: Timestamp, zone: &TimeZone) -> DateTime {
    let instant = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    zone.to_datetime(instant)
}

/// The report as a table: facts, counts, the total, a row a person and a row a rate label.
pub(crate) fn csv(report: &ShiftReport) -> Result<Vec<u8>, AppError> {
    written(report).map_err(|error| AppError::new(ErrorCode::Internal).detail(error.kind().to_string()))
}

fn written(report: &ShiftReport) -> io::Result<Vec<u8>> {
    let mut table = Table::new(Vec::new());
    table.row(HEAD.map(Cell::Text))?;
    let utc = |at| civil(at, &TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let facts = [
        ("id", report.id.to_string()),
        ("partner", report.partner_id.clone()),
        ("environment", report.environment.clone()),
        ("device", report.device.clone()),
        ("currency", report.currency.clone()),
        ("opened", utc(report.opened_at)),
        ("closed", utc(report.closed_at)),
        ("closed_by", report.closed_by.clone()),
        ("first_audit_entry", report.audit.first.to_string()),
        ("last_audit_entry", report.audit.last.to_string()),
        ("merkle_root", report.audit.root.clone()),
        ("code", report.audit.code.clone()),
    ];
    for (name, value) in &facts {
        row(&mut table, "fact", name, Cell::Text(value), &[])?;
    }
    for watch in &report.watches {
        row(&mut table, "had_by", &watch.name, Cell::Text(&utc(watch.at)), &[])?;
        for one in &watch.counted {
            row(&mut table, "counted", &one.title, Cell::Number(one.number), &[])?;
        }
    }
    for one in &report.counted {
        row(&mut table, "counted_at_close", &one.title, Cell::Number(one.number), &[])?;
    }
    row(&mut table, "exposure", "points", Cell::Number(report.sums.exposure.0), &[])?;
    row(&mut table, "total", "", Cell::Empty, &sums(&report.sums.totals))?;
    for person in &report.sums.people {
        let name = person.staff.as_deref().unwrap_or_default();
        let name = report.names.get(name).map_or(name, String::as_str);
        row(&mut table, "person", name, Cell::Empty, &sums(&person.totals))?;
    }
    for rate in &report.sums.rates {
        let mut cells = [Cell::Empty; 14];
        for (place, number) in [
            (2, rate.given.0),
            (4, rate.redeemed.0),
            (8, rate.undone.0),
            (12, i64::try_from(rate.items).unwrap_or(i64::MAX)),
            (13, rate.price_minor),
        ] {
            if let Some(cell) = cells.get_mut(place) {
                *cell = Cell::Number(number);
            }
        }
        row(&mut table, "rate", rate.label.as_deref().unwrap_or_default(), Cell::Empty, &cells)?;
    }
    table.finish()
}

fn row(
    table: &mut Table<Vec<u8>>,
    section: &str,
    name: &str,
    value: Cell<'_>,
    figures: &[Cell<'_>],
) -> io::Result<()> {
    let empty = HEAD.len().saturating_sub(3 + figures.len());
    let cells = [Cell::Text(section), Cell::Text(name), value];
    table.row(cells.into_iter().chain(figures.iter().copied()).chain(vec![Cell::Empty; empty]))
}

fn sums(totals: &Totals) -> [Cell<'static>; 12] {
    let count = |number: u64| Cell::Number(i64::try_from(number).unwrap_or(i64::MAX));
    [
        count(totals.operations),
        count(totals.gives),
        Cell::Number(totals.given.0),
        count(totals.redemptions),
        Cell::Number(totals.redeemed.0),
        count(totals.awards),
        Cell::Number(totals.status.0),
        count(totals.undos),
        Cell::Number(totals.undone.0),
        Cell::Number(totals.undone_status.0),
        count(totals.refused),
        count(totals.waiting),
    ]
}

const LEFT: Align = Align::Left;
const RIGHT: Align = Align::Right;

fn columns<const N: usize>(shares: [(f32, Align); N]) -> [Column; N] {
    shares.map(|(share, align)| Column { share, align })
}

/// The report as a page to print and sign. Times are those of `zone`.
pub(crate) fn pdf(
    report: &ShiftReport,
    partner: &str,
    words: &ReportWords,
    zone: &TimeZone,
) -> Result<Vec<u8>, AppError> {
    let printed = Printed { report, words, zone };
    let mut paper = Paper::new(&words.title)?;
    if report.environment == "development" {
        paper.sentence(&words.development);
    }
    printed.facts(&mut paper, partner);
    printed.totals(&mut paper);
    printed.people(&mut paper);
    printed.rates(&mut paper);
    printed.counts(&mut paper);
    printed.proof(&mut paper);
    paper.signature(&format!("{}: {}", words.sign_off, report.closed_by));
    let foot = format!("{} {} · {}", words.shift, report.id, report.audit.code);
    paper.finish(&words.language, &foot, civil(report.closed_at, zone))
}

struct Printed<'a> {
    report: &'a ShiftReport,
    words: &'a ReportWords,
    zone: &'a TimeZone,
}

impl Printed<'_> {
    fn time(&self, at: Timestamp) -> String {
        civil(at, self.zone).strftime("%Y-%m-%d %H:%M").to_string()
    }

    fn number(&self, number: i64) -> String {
        let digits = number.unsigned_abs().to_string();
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push_str(&self.words.group_mark);
            }
            text.push(digit);
        }
        if number < 0 { format!("\u{2212}{text}") } else { text }
    }

    fn count(&self, number: u64) -> String {
        self.number(i64::try_from(number).unwrap_or(i64::MAX))
    }

    fn money(&self, minor: i64) -> String {
        let name = self.report.currency.to_uppercase();
        let decimals = self.report.currency.parse().map_or(2, |currency: Currency| currency.decimals());
        let unit = 10_i64.saturating_pow(decimals);
        let whole = self.number(minor.div_euclid(unit));
        if decimals == 0 {
            return format!("{whole} {name}");
        }
        let rest = minor.rem_euclid(unit);
        format!("{whole}{}{rest:0width$} {name}", self.words.decimal_mark, width = decimals as usize)
    }

    fn facts(&self, paper: &mut Paper, partner: &str) {
        let (report, words) = (self.report, self.words);
        paper.fact(&words.partner, partner);
        paper.fact(&words.device, &report.device);
        for (n, watch) in report.watches.iter().enumerate() {
            let name = if n == 0 { &words.opened } else { &words.taken_over };
            paper.fact(name, &format!("{}, {}", self.time(watch.at), watch.name));
        }
        paper.fact(&words.closed, &format!("{}, {}", self.time(report.closed_at), report.closed_by));
        paper.fact(&words.code, &report.audit.code);
    }

    fn totals(&self, paper: &mut Paper) {
        let (words, sums) = (self.words, &self.report.sums);
        let totals = &sums.totals;
        paper.heading(&words.totals);
        let rows = [
            (&words.given, self.number(totals.given.0), self.count(totals.gives)),
            (&words.redeemed, self.number(totals.redeemed.0), self.count(totals.redemptions)),
            (&words.status, self.number(totals.status.0), self.count(totals.awards)),
            (&words.undone, self.number(totals.undone.0), self.count(totals.undos)),
            (&words.refused, String::new(), self.count(totals.refused)),
            (&words.waiting, String::new(), self.count(sums.waiting.operations)),
            (&words.held, String::new(), self.count(sums.waiting.held)),
        ];
        let rows: Vec<_> =
            rows.into_iter().map(|(name, points, count)| vec![name.clone(), points, count]).collect();
        let head = [String::new(), words.points.clone(), words.operations.clone()];
        paper.table(&columns([(3.0, LEFT), (1.5, RIGHT), (1.5, RIGHT)]), &head, &rows);
        let cap = format!("{} / {}", self.number(sums.exposure.0), self.number(sums.exposure_cap.0));
        paper.fact(&words.exposure, &cap);
        let waits = sums.waiting.operations + sums.waiting.held > 0;
        paper.sentence(if waits { &words.something_waits } else { &words.nothing_waits });
    }

    fn people(&self, paper: &mut Paper) {
        let (words, report) = (self.words, self.report);
        if report.sums.people.is_empty() {
            return;
        }
        paper.heading(&words.by_person);
        let head =
            [&words.person, &words.given, &words.redeemed, &words.status, &words.undone, &words.refused];
        let rows: Vec<_> = report
            .sums
            .people
            .iter()
            .map(|person| {
                let name = person.staff.as_ref();
                let name = name.map_or(&words.nobody, |staff| report.names.get(staff).unwrap_or(staff));
                let totals = &person.totals;
                vec![
                    name.clone(),
                    self.number(totals.given.0),
                    self.number(totals.redeemed.0),
                    self.number(totals.status.0),
                    self.number(totals.undone.0),
                    self.count(totals.refused),
                ]
            })
            .collect();
        let shares = [(1.6, LEFT), (1.0, RIGHT), (1.0, RIGHT), (1.2, RIGHT), (1.0, RIGHT), (1.0, RIGHT)];
        paper.table(&columns(shares), &head.map(Clone::clone), &rows);
    }

    fn rates(&self, paper: &mut Paper) {
        let (words, report) = (self.words, self.report);
        if report.sums.rates.is_empty() {
            return;
        }
        paper.heading(&words.by_rate);
        let head = [&words.rate, &words.items, &words.price, &words.given, &words.redeemed, &words.undone];
        let rows: Vec<_> = report
            .sums
            .rates
            .iter()
            .map(|rate| {
                vec![
                    rate.label.clone().unwrap_or_else(|| words.default_rate.clone()),
                    self.count(rate.items),
                    self.money(rate.price_minor),
                    self.number(rate.given.0),
                    self.number(rate.redeemed.0),
                    self.number(rate.undone.0),
                ]
            })
            .collect();
        let shares = [(1.5, LEFT), (0.8, RIGHT), (1.4, RIGHT), (1.0, RIGHT), (1.0, RIGHT), (1.0, RIGHT)];
        paper.table(&columns(shares), &head.map(Clone::clone), &rows);
    }

    fn counts(&self, paper: &mut Paper) {
        let (words, report) = (self.words, self.report);
        let opening = report.watches.first().map(|watch| watch.counted.as_slice()).unwrap_or_default();
        let rows = counted(opening, &report.counted);
        if rows.is_empty() {
            return;
        }
        paper.heading(&words.counted);
        let number =
            |number: Option<i64>| number.map_or_else(|| "–".to_owned(), |number| self.number(number));
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(title, before, after)| {
                let difference = before.zip(after).map(|(before, after)| after.saturating_sub(before));
                vec![title.to_owned(), number(before), number(after), number(difference)]
            })
            .collect();
        let head = [&words.thing, &words.at_opening, &words.at_closing, &words.difference].map(Clone::clone);
        paper.table(&columns([(2.0, LEFT), (1.0, RIGHT), (1.0, RIGHT), (1.0, RIGHT)]), &head, &rows);
    }

    fn proof(&self, paper: &mut Paper) {
        let (words, audit) = (self.words, &self.report.audit);
        paper.heading(&words.proof);
        paper.fact(&words.entries, &format!("{} – {}", self.count(audit.first), self.count(audit.last)));
        paper.fact(&words.root, &audit.root);
    }
}

/// What was counted at either end, in the order of the first.
fn counted<'a>(opening: &'a [Counted], closing: &'a [Counted]) -> Vec<(&'a str, Option<i64>, Option<i64>)> {
    let of = |list: &[Counted], title: &str| list.iter().find(|one| one.title == title).map(|one| one.number);
    let new = closing.iter().filter(|one| of(opening, &one.title).is_none());
    let titles = opening.iter().chain(new).map(|one| one.title.as_str());
    titles.map(|title| (title, of(opening, title), of(closing, title))).collect()
}
