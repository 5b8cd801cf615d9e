//! Shifts: opened with a count, handed from person to person, closed with a report that the platform keeps too.
//!
//! A report is made and kept here first; it goes to the platform when that is there, and never to another partner's.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ledger::Timestamp;
use outbox::{
    ClosedShift, Closer, Counted, Delivery, OpenShift, ShiftRefusal, ShiftReport, ShiftSums, Taker, Watch,
};
use sync::ClientError;
use uuid::Uuid;

use crate::figures::{rate_figures, totals_view};
use crate::terminal::Line;
use crate::view::{
    CountedView, DeliveryView, LinkState, PersonFigures, ReportWords, ShiftCount, ShiftDesk, ShiftEnd,
    ShiftFormat, ShiftView, WaitingView, WatchView,
};
use crate::{AppError, ErrorCode, Terminal, shift_file};

const LONGEST_NAME: usize = 60;
const MOST_COUNTED: usize = 20;
const MOST_OF_ONE: i64 = 1_000_000_000;
const LARGEST_PAGE: u32 = 50;
/// So long the platform is left alone after it did not take a report.
const PAUSE: Duration = Duration::from_secs(60);

impl From<ShiftRefusal> for AppError {
    fn from(refusal: ShiftRefusal) -> Self {
        Self::new(match refusal {
            ShiftRefusal::NotConnected => ErrorCode::NotConnected,
            ShiftRefusal::AlreadyOpen => ErrorCode::ShiftOpen,
            ShiftRefusal::NoneOpen => ErrorCode::ShiftNotOpen,
            ShiftRefusal::SamePerson => ErrorCode::SamePerson,
        })
    }
}

impl Terminal {
    /// The shift that is under way, with its sums as of now, and what the last count was of.
    ///
    /// # Errors
    /// When the database can not be read.
    pub async fn shift(&self) -> Result<ShiftDesk, AppError> {
        let (open, last) = self.store(|store| Ok((store.shift()?, store.closed_shifts(None, 1)?))).await?;
        let counted = match (&open, last.first()) {
            (Some(open), _) => open.watches.last().map(|watch| watch.counted.clone()),
            (None, Some(last)) => Some(last.report.counted.clone()),
            (None, None) => None,
        };
        let names = self.0.people.names();
        Ok(ShiftDesk {
            open: open.map(|open| open_view(open, &names)),
            suggested: counted.unwrap_or_default().into_iter().map(counted_view).collect(),
            person: self.acting().map(|person| person.name),
        })
    }

    /// Opens a shift with what there is.
    ///
    /// # Errors
    /// While another one is open, without a name or a connection, and for a count that is none.
    pub async fn open_shift(&self, count: ShiftCount) -> Result<ShiftDesk, AppError> {
        let (taker, counted, now) = (self.taker(count.name)?, checked(count.counted)?, self.now());
        self.store(move |store| store.open_shift(Uuid::now_v7(), taker, counted, now)).await??;
        self.shift().await
    }

    /// Whoever is at work takes the shift over, with what there is.
    ///
    /// # Errors
    /// When none is open, and when it is the same person; else as [`Terminal::open_shift`].
    pub async fn hand_over_shift(&self, count: ShiftCount) -> Result<ShiftDesk, AppError> {
        let (taker, counted, now) = (self.taker(count.name)?, checked(count.counted)?, self.now());
        self.store(move |store| store.hand_over_shift(taker, counted, now)).await??;
        self.shift().await
    }

    /// Closes the shift and makes its report. What still waits stays in the queue, and the report says so.
    ///
    /// # Errors
    /// When none is open; else as [`Terminal::open_shift`].
    pub async fn close_shift(&self, count: ShiftCount) -> Result<ShiftView, AppError> {
        let closer = Closer {
            by: self.taker(count.name)?,
            device: self.opened().await?.device_id.to_string(),
            counted: checked(count.counted)?,
            names: self.0.people.names(),
        };
        let now = self.now();
        let report = self.store(move |store| store.close_shift(closer, now)).await??;
        self.0.reports.notify_one();
        self.shift_report(&report.id.to_string()).await
    }

    /// Closed shifts, the last one first; of those before the one with this number.
    ///
    /// # Errors
    /// When the database can not be read.
    pub async fn shifts(&self, before: Option<i64>) -> Result<Vec<ShiftView>, AppError> {
        let found = self.store(move |store| store.closed_shifts(before, LARGEST_PAGE)).await?;
        Ok(found.into_iter().map(|one| closed_view(one, None)).collect())
    }

    /// A closed shift, and whether the audit chain still is what its root was made of.
    ///
    /// # Errors
    /// For one that is not known.
    pub async fn shift_report(&self, id: &str) -> Result<ShiftView, AppError> {
        let (closed, holds) = self.closed_shift(id).await?;
        Ok(closed_view(closed, Some(holds)))
    }

    /// The report as a file: its name and its bytes.
    ///
    /// # Errors
    /// For a shift that is not known.
    pub async fn shift_file(
        &self,
        id: &str,
        format: ShiftFormat,
        words: ReportWords,
    ) -> Result<(String, Vec<u8>), AppError> {
        let (ClosedShift { report, .. }, _) = self.closed_shift(id).await?;
        let partner = self.store(|store| Ok(store.config())).await?;
        let partner = partner.filter(|config| config.partner_id == report.partner_id);
        let partner = partner.map_or_else(|| report.partner_id.clone(), |config| config.partner_name);
        let zone = jiff::tz::TimeZone::system();
        let at = shift_file::civil(report.closed_at, &zone);
        let code = report.audit.code.split('-').next().unwrap_or_default();
        let name = format!("shift-{}-{code}", at.strftime("%Y-%m-%d-%H%M"));
        Ok(match format {
            ShiftFormat::Pdf => (format!("{name}.pdf"), shift_file::pdf(&report, &partner, &words, &zone)?),
            ShiftFormat::Csv => (format!("{name}.csv"), shift_file::csv(&report)?),
        })
    }

    async fn closed_shift(&self, id: &str) -> Result<(ClosedShift, bool), AppError> {
        let id = Uuid::parse_str(id).map_err(|_| ErrorCode::UnknownOperation)?;
        let found = self
            .store(move |store| {
                let Some(closed) = store.closed_shift(id)? else { return Ok(None) };
                let holds = store.root_holds(&closed.report)?;
                Ok(Some((closed, holds)))
            })
            .await?;
        Ok(found.ok_or(ErrorCode::UnknownOperation)?)
    }

    /// Who does it: the person at work, or the name that was typed on a device that knows no people.
    fn taker(&self, name: Option<String>) -> Result<Taker, AppError> {
        if let Some(person) = self.acting() {
            return Ok(Taker { staff: Some(person.staff_id), name: person.name });
        }
        let name = short(&name.unwrap_or_default());
        if name.is_empty() {
            return Err(AppError::new(ErrorCode::MissingField).detail("name"));
        }
        Ok(Taker { staff: None, name })
    }

    /// In the background: reports go to the platform as soon as it is there.
    pub(crate) async fn deliver_reports(self) {
        let mut told = self.0.told.subscribe();
        let mut paused: Option<Instant> = None;
        loop {
            tokio::select! {
                () = self.0.reports.notified() => paused = None,
                changed = told.changed() => {
                    if changed.is_err() {
                        return;
                    }
                }
            }
            let online =
                told.borrow_and_update().as_ref().is_some_and(|one| one.link.state == LinkState::Online);
            let rests = paused.is_some_and(|since| since.elapsed() < PAUSE);
            if !online || rests {
                continue;
            }
            let line = self.if_open().await.and_then(|opened| opened.line);
            if let Some(line) = line
                && let Err(error) = self.deliver_owed(&line).await
            {
                tracing::warn!(code = ?error.code, "a shift's report could not be delivered");
                paused = Some(Instant::now());
            }
        }
    }

    async fn deliver_owed(&self, line: &Line) -> Result<(), AppError> {
        while let Some(ClosedShift { report, .. }) = self.store(outbox::Store::owed_report).await? {
            let delivery = match line.client.store_shift_report(&report).await {
                Ok(true) => Delivery::Delivered,
                // It can not become another one by asking again.
                Ok(false) | Err(ClientError::Rejected) => Delivery::Refused,
                Err(error) => return Err(error.into()),
            };
            tracing::info!(?delivery, "a shift's report was brought to the platform");
            let id = report.id;
            self.store(move |store| store.note_delivery(id, delivery)).await?;
        }
        Ok(())
    }
}

fn short(text: &str) -> String {
    text.trim().chars().filter(|char| !char.is_control()).take(LONGEST_NAME).collect()
}

/// A count without empty lines.
fn checked(counted: Vec<CountedView>) -> Result<Vec<Counted>, AppError> {
    if counted.len() > MOST_COUNTED {
        return Err(ErrorCode::TooManyItems.into());
    }
    let counted: Vec<_> = counted
        .into_iter()
        .map(|one| Counted { title: short(&one.title), number: one.number })
        .filter(|one| !one.title.is_empty())
        .collect();
    if counted.iter().any(|one| !(0..=MOST_OF_ONE).contains(&one.number)) {
        return Err(ErrorCode::InvalidAmount.into());
    }
    Ok(counted)
}

fn counted_view(counted: Counted) -> CountedView {
    CountedView { title: counted.title, number: counted.number }
}

fn watch_view(watch: Watch) -> WatchView {
    let counted = watch.counted.into_iter().map(counted_view).collect();
    WatchView { name: watch.name, at: watch.at.0, counted }
}

fn open_view(open: OpenShift, names: &BTreeMap<String, String>) -> ShiftView {
    shift_view(open.id, open.opened_at, open.watches, &open.sums, names, None)
}

fn closed_view(closed: ClosedShift, holds: Option<bool>) -> ShiftView {
    let ClosedShift { number, report, delivery } = closed;
    let ShiftReport { id, opened_at, watches, sums, names, .. } = report;
    let entry = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let end = ShiftEnd {
        at: report.closed_at.0,
        by: report.closed_by,
        counted: report.counted.into_iter().map(counted_view).collect(),
        number,
        currency: report.currency,
        delivery: match delivery {
            Delivery::Owed => DeliveryView::Owed,
            Delivery::Delivered => DeliveryView::Delivered,
            Delivery::Refused => DeliveryView::Refused,
        },
        root: report.audit.root,
        code: report.audit.code,
        first_entry: entry(report.audit.first),
        last_entry: entry(report.audit.last),
        holds,
    };
    shift_view(id, opened_at, watches, &sums, &names, Some(end))
}

fn shift_view(
    id: Uuid,
    opened_at: Timestamp,
    watches: Vec<Watch>,
    sums: &ShiftSums,
    names: &BTreeMap<String, String>,
    closed: Option<ShiftEnd>,
) -> ShiftView {
    let number = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let people = sums.people.iter().map(|person| PersonFigures {
        name: person.staff.as_ref().map(|staff| names.get(staff).unwrap_or(staff).clone()),
        totals: totals_view(&person.totals),
        undone: person.totals.undone.0,
    });
    ShiftView {
        id: id.to_string(),
        opened_at: opened_at.0,
        closed,
        watches: watches.into_iter().map(watch_view).collect(),
        totals: totals_view(&sums.totals),
        undone: sums.totals.undone.0,
        undone_status: sums.totals.undone_status.0,
        people: people.collect(),
        rates: sums.rates.iter().map(rate_figures).collect(),
        waiting: WaitingView {
            operations: number(sums.waiting.operations),
            held: number(sums.waiting.held),
            gives: sums.waiting.gives.0,
            redeems: sums.waiting.redeems.0,
        },
        exposure: sums.exposure.0,
        exposure_cap: sums.exposure_cap.0,
    }
}
