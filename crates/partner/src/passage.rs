//! The run of a gate: who was seen, how often, and how it ended. Pure, so that it can be tried without a camera.

use std::collections::HashMap;

use fanpass::FanRef;
use ledger::Timestamp;

use crate::view::{DecidedBy, GateRun, Passage, ThresholdAnswerView, UnsureRule};

/// A code that was not seen for so long has left; when it comes back, it is shown again.
pub(crate) const HELD_MS: i64 = 2_500;
const LAST: usize = 10;
const MINUTE_MS: i64 = 60_000;
/// More in a minute than anybody walks through a door.
const MINUTE_MOST: usize = 600;

/// A run with what need not be kept: who was seen when.
#[derive(Default)]
pub(crate) struct Run {
    pub shown: GateRun,
    seen: HashMap<Showing, Seen>,
    next: u32,
}

/// What was held before the camera.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Showing {
    Fan(FanRef),
    /// One of ours, but refused: known by its text alone.
    Refused(String),
}

#[derive(Clone, Copy)]
struct Seen {
    at: Timestamp,
    /// When the fan came in, under which number.
    came_in: Option<(Timestamp, u32)>,
}

impl Run {
    pub fn opened(at: Timestamp) -> Self {
        Self { shown: GateRun { opened_at: at.0, ..GateRun::default() }, seen: HashMap::new(), next: 1 }
    }

    /// Goes on where a run was when the app ended.
    pub fn resumed(shown: GateRun) -> Self {
        let next = shown.last.first().map_or(0, |newest| newest.number).saturating_add(1);
        Self { shown, seen: HashMap::new(), next }
    }

    /// Whether the same thing is still held in view: it counts once.
    pub fn is_held(&mut self, showing: &Showing, now: Timestamp) -> bool {
        let Some(seen) = self.seen.get_mut(showing) else { return false };
        let held = now.0.saturating_sub(seen.at.0) < HELD_MS;
        seen.at = now;
        held
    }

    /// When this fan came in, and under which number.
    pub fn came_in(&self, fan: FanRef) -> Option<(Timestamp, u32)> {
        self.seen.get(&Showing::Fan(fan))?.came_in
    }

    pub fn next_number(&self) -> u32 {
        self.next
    }

    /// Takes down a passage, unless the fan came in before: then it is shown and no more.
    pub fn add(&mut self, showing: Showing, passage: &Passage) {
        let at = Timestamp(passage.at);
        let before = self.seen.get(&showing).and_then(|seen| seen.came_in);
        let came_in = before.or((passage.admitted == Some(true)).then_some((at, passage.number)));
        // Refused texts are kept only as long as they may still be held; fans for the whole run.
        let held = |seen: &Seen| passage.at.saturating_sub(seen.at.0) < HELD_MS;
        self.seen.retain(|showing, seen| matches!(showing, Showing::Fan(_)) || held(seen));
        self.seen.insert(showing, Seen { at, came_in });
        if passage.again.is_some() {
            return;
        }
        self.next = passage.number.saturating_add(1);
        self.count(passage, 1);
        self.shown.last.insert(0, passage.clone());
        self.shown.last.truncate(LAST);
        self.shown.minute.push(passage.at);
        self.shown.minute.retain(|then| passage.at.saturating_sub(*then) < MINUTE_MS);
        let surplus = self.shown.minute.len().saturating_sub(MINUTE_MOST);
        self.shown.minute.drain(..surplus);
    }

    /// A person decides otherwise, or for the first time. None: that passage is not among the last ten.
    pub fn decide(&mut self, number: u32, admit: bool) -> Option<Passage> {
        let at = self.shown.last.iter().position(|passage| passage.number == number)?;
        let before = self.shown.last.get(at)?.clone();
        let after = Passage { admitted: Some(admit), decided_by: DecidedBy::Person, ..before.clone() };
        self.count(&before, -1);
        self.count(&after, 1);
        if let Some(fan) = after.fan.as_deref().and_then(|fan| fan.parse().ok())
            && let Some(seen) = self.seen.get_mut(&Showing::Fan(fan))
        {
            seen.came_in = admit.then_some((Timestamp(after.at), number));
        }
        self.replace(after.clone());
        Some(after)
    }

    /// Puts a newer state of a passage in its place.
    pub fn replace(&mut self, passage: Passage) {
        if let Some(place) = self.shown.last.iter_mut().find(|one| one.number == passage.number) {
            *place = passage;
        }
    }

    fn count(&mut self, passage: &Passage, by: i32) {
        let counter = match passage.admitted {
            Some(true) => &mut self.shown.passed,
            Some(false) => &mut self.shown.refused,
            None => &mut self.shown.unknown,
        };
        *counter = counter.saturating_add_signed(by);
    }
}

/// How a passage ends by itself, and by what.
pub(crate) fn ending(answer: ThresholdAnswerView, unsure: UnsureRule) -> (Option<bool>, DecidedBy) {
    match (answer, unsure) {
        (ThresholdAnswerView::Yes, _) => (Some(true), DecidedBy::Rule),
        (ThresholdAnswerView::No, _) => (Some(false), DecidedBy::Rule),
        (ThresholdAnswerView::CannotTell, UnsureRule::Ask) => (None, DecidedBy::Rule),
        (ThresholdAnswerView::CannotTell, UnsureRule::Admit) => (Some(true), DecidedBy::Plan),
        (ThresholdAnswerView::CannotTell, UnsureRule::Refuse) => (Some(false), DecidedBy::Plan),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn fan(last: char) -> FanRef {
        // Twelve digits with their check digit, as printed on a card.
        let text = match last {
            'a' => "008407119295",
            _ => "012345678905",
        };
        text.parse().unwrap()
    }

    fn passage(number: u32, at: i64, who: FanRef, admitted: Option<bool>) -> Passage {
        Passage {
            number,
            at,
            fan: Some(who.to_string()),
            label: None,
            tier: None,
            answer: ThresholdAnswerView::Yes,
            admitted,
            decided_by: DecidedBy::Rule,
            status_points: None,
            needed: None,
            missing: None,
            age: 0,
            again: None,
            awarded: None,
            award_operation: None,
            error: None,
        }
    }

    #[test]
    fn a_code_that_is_held_counts_once_and_one_that_comes_back_is_known() {
        let mut run = Run::opened(Timestamp(0));
        let showing = Showing::Fan(fan('a'));
        assert!(!run.is_held(&showing, Timestamp(0)));
        run.add(showing.clone(), &passage(1, 0, fan('a'), Some(true)));
        for at in (100..20_000).step_by(100) {
            assert!(run.is_held(&showing, Timestamp(at)), "{at}");
        }
        assert!(!run.is_held(&showing, Timestamp(19_900 + HELD_MS)));
        assert_eq!(run.came_in(fan('a')), Some((Timestamp(0), 1)));
        assert_eq!(run.came_in(fan('b')), None);
        run.add(showing, &Passage { again: Some(0), ..passage(1, 22_400, fan('a'), Some(true)) });
        assert_eq!((run.shown.passed, run.shown.last.len(), run.next_number()), (1, 1, 2));
    }

    #[test]
    fn each_passage_counts_in_one_place_also_after_a_person_decided() {
        let mut run = Run::opened(Timestamp(0));
        for (number, admitted) in [(1, Some(true)), (2, Some(false)), (3, None)] {
            run.add(Showing::Refused(number.to_string()), &passage(number, 0, fan('a'), admitted));
        }
        let counts = |run: &Run| (run.shown.passed, run.shown.refused, run.shown.unknown);
        assert_eq!(counts(&run), (1, 1, 1));
        assert_eq!(run.decide(3, true).unwrap().decided_by, DecidedBy::Person);
        assert_eq!(counts(&run), (2, 1, 0));
        run.decide(1, false).unwrap();
        assert_eq!(counts(&run), (1, 2, 0));
        assert!(run.decide(4, true).is_none());
    }

    #[test]
    fn a_long_evening_needs_no_more_room_than_a_short_one() {
        let mut run = Run::opened(Timestamp(0));
        for number in 1..=5000_u32 {
            let at = i64::from(number) * 1000;
            run.add(Showing::Fan(fan('a')), &passage(number, at, fan('a'), Some(true)));
        }
        assert_eq!((run.shown.last.len(), run.shown.minute.len(), run.seen.len()), (10, 60, 1));
        assert_eq!(run.shown.passed, 5000);
        assert_eq!(Run::resumed(run.shown).next_number(), 5001);
    }
}
