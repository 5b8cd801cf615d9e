//! What a piece of work sees while it is its turn, and how it is run again when the database asks for it.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::house::House;
use super::sql::{Ahead, Connection};
use super::{Catalogue, StoreError, now_us};

/// Whether the same request is about to write again: the commit waits for it a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    No,
    Coming,
}

/// Tells when a provisional answer is on disk.
#[must_use = "an answer counts only once it is durable"]
pub struct Durable(pub(super) oneshot::Receiver<Result<(), StoreError>>);

impl Durable {
    /// Waits for the commit.
    ///
    /// # Errors
    /// [`StoreError::NotCommitted`]: nothing was changed. [`StoreError::Unknown`]: the database was lost in the middle
    /// of the commit and did not come back in time to say; asking again with the same ids is safe.
    pub async fn wait(self) -> Result<(), StoreError> {
        self.0.await.unwrap_or(Err(StoreError::Stopped))
    }
}

/// What a piece of work sees while it is its turn.
pub struct Turn<'t> {
    pub connection: &'t Connection,
    /// The configuration including changes earlier in the same group.
    pub catalogue: &'t Arc<Catalogue>,
    pub(super) house: &'t House,
    pub(super) last_date: &'t mut i64,
    pub(super) dates: &'t mut Dates,
    pub(super) reload: &'t mut bool,
}

impl Turn<'_> {
    /// The booking date of the next entry: now, but always after the entry before, whoever booked that.
    pub fn next_date(&mut self) -> i64 {
        *self.last_date = self.dates.next(*self.last_date);
        *self.last_date
    }

    /// Says that the configuration was changed.
    pub fn configuration_changed(&mut self) {
        *self.reload = true;
    }
}

/// The dates that a piece of work was given, to be given again when it is run again.
#[derive(Default)]
pub(super) struct Dates {
    given: Vec<i64>,
    position: usize,
}

impl Dates {
    fn next(&mut self, last: i64) -> i64 {
        let known = self.given.get(self.position).copied().filter(|date| *date > last);
        let date = known.unwrap_or_else(|| now_us().max(last.saturating_add(1)));
        self.given.truncate(self.position);
        self.given.push(date);
        self.position = self.given.len();
        date
    }
}

/// How a run of a piece of work ended.
pub(super) enum Ran {
    /// With an answer, on a second run the same as on the first.
    Kept,
    /// With another answer than the one that the caller has.
    Differs,
    Failed(StoreError),
}

/// A piece of work in the queue.
pub(super) struct Job {
    work: Box<dyn Work>,
    durable: oneshot::Sender<Result<(), StoreError>>,
    pub(super) more: More,
    /// What the work is going to ask.
    pub(super) ahead: Vec<Ahead>,
    dates: Dates,
    /// Refused for good: it is not run again.
    refused: bool,
}

trait Work: Send {
    fn run(&mut self, turn: &mut Turn<'_>) -> Ran;
    /// Tells the caller what the last run found, unless it was told before.
    fn answer(&mut self);
    /// True when the caller was still waiting for an answer.
    fn refuse(&mut self, error: StoreError) -> Result<(), StoreError>;
}

struct Typed<T, F> {
    work: F,
    found: Option<T>,
    caller: Option<oneshot::Sender<Result<T, StoreError>>>,
}

impl<T, F> Work for Typed<T, F>
where
    T: Clone + PartialEq + Send + 'static,
    F: Fn(&mut Turn<'_>) -> Result<T, StoreError> + Send + 'static,
{
    fn run(&mut self, turn: &mut Turn<'_>) -> Ran {
        match (self.work)(turn) {
            Err(error) => Ran::Failed(error),
            Ok(value) => {
                let told = self.found.as_ref().filter(|_| self.caller.is_none());
                if told.is_some_and(|told| *told != value) {
                    return Ran::Differs;
                }
                self.found = Some(value);
                Ran::Kept
            }
        }
    }

    fn answer(&mut self) {
        if let (Some(caller), Some(found)) = (self.caller.take(), self.found.clone()) {
            // A caller that went away changes nothing: what was accepted is still booked.
            let _gone = caller.send(Ok(found));
        }
    }

    fn refuse(&mut self, error: StoreError) -> Result<(), StoreError> {
        match self.caller.take() {
            Some(caller) => {
                let _gone = caller.send(Err(error));
                Ok(())
            }
            None => Err(error),
        }
    }
}

impl Job {
    pub(super) fn new<T, F>(
        more: More,
        ahead: Vec<Ahead>,
        work: F,
    ) -> (Self, oneshot::Receiver<Result<T, StoreError>>, Durable)
    where
        T: Clone + PartialEq + Send + 'static,
        F: Fn(&mut Turn<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let (durable, ticket) = oneshot::channel();
        let work = Box::new(Typed { work, found: None, caller: Some(caller) });
        let job = Self { work, durable, more, ahead, dates: Dates::default(), refused: false };
        (job, answer, Durable(ticket))
    }

    /// Runs the work with the dates that it had before.
    pub(super) fn run(&mut self, desk: &mut Seat<'_>) -> Ran {
        let mut dates = std::mem::take(&mut self.dates);
        dates.position = 0;
        let mut turn = Turn {
            connection: desk.connection,
            catalogue: desk.catalogue,
            house: desk.house,
            last_date: desk.last_date,
            dates: &mut dates,
            reload: desk.reload,
        };
        let ran = self.work.run(&mut turn);
        self.dates = dates;
        ran
    }

    pub(super) fn answer(&mut self) {
        self.work.answer();
    }

    /// It counts for nothing, whatever becomes of its group.
    pub(super) fn refuse(&mut self, error: StoreError) {
        self.refused = true;
        if let Err(error) = self.work.refuse(error) {
            let (gone, _) = oneshot::channel();
            let _gone = std::mem::replace(&mut self.durable, gone).send(Err(error));
        }
    }

    pub(super) fn is_refused(&self) -> bool {
        self.refused
    }

    /// Tells that the group is on disk.
    pub(super) fn confirm(mut self) {
        self.work.answer();
        let _gone = self.durable.send(Ok(()));
    }
}

/// What the writer lends to each piece of work.
pub(super) struct Seat<'d> {
    pub(super) connection: &'d Connection,
    pub(super) catalogue: &'d Arc<Catalogue>,
    pub(super) house: &'d House,
    pub(super) last_date: &'d mut i64,
    pub(super) reload: &'d mut bool,
}
