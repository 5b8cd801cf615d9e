//! An operation's life: the only place that knows which state may follow which.

use serde::{Deserialize, Serialize};

/// Where an operation is between the counter and the platform's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// Durable here, waiting to be sent.
    Queued,
    /// Sent; no answer yet. After a crash it is queued again.
    Sending,
    /// In the platform's books.
    Accepted,
    /// The platform said no for good.
    Refused,
    /// The platform said something only a person can judge. Its fan's lane waits.
    Held,
    /// Another device has taken it over and delivers it. It can come back from there.
    Moved,
}

impl OperationState {
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Sending, Self::Accepted, Self::Refused, Self::Held, Self::Moved];

    /// Nothing follows any more.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Accepted | Self::Refused)
    }

    /// Still this device's to deliver.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Sending | Self::Held)
    }

    pub(crate) fn to_number(self) -> i64 {
        match self {
            Self::Queued => 0,
            Self::Sending => 1,
            Self::Accepted => 2,
            Self::Refused => 3,
            Self::Held => 4,
            Self::Moved => 5,
        }
    }

    pub(crate) fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.to_number() == number)
    }
}

/// What can happen to an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// It goes out with a batch.
    Send,
    /// No usable answer: it has to go out again. Also what a crash makes of `sending`.
    Return,
    Accept,
    Refuse,
    Hold,
    /// A person lets a held operation go out again.
    Release,
    /// It never left this device and is taken back before it does.
    Withdraw,
    /// A person deals with a held operation in another way than by sending it: it never goes out again.
    GiveUp,
    /// Another device says that it has taken it over.
    Move,
    /// The device that had taken it over hands it back.
    TakeBack,
}

impl Event {
    pub const ALL: [Self; 10] = [
        Self::Send,
        Self::Return,
        Self::Accept,
        Self::Refuse,
        Self::Hold,
        Self::Release,
        Self::Withdraw,
        Self::GiveUp,
        Self::Move,
        Self::TakeBack,
    ];
}

/// Something that may not happen in this state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{event:?} is not possible while {from:?}")]
pub struct IllegalTransition {
    pub from: OperationState,
    pub event: Event,
}

/// The state after `event`.
///
/// # Errors
/// [`IllegalTransition`]: the caller changes nothing.
pub(crate) fn step(from: OperationState, event: Event) -> Result<OperationState, IllegalTransition> {
    use OperationState::{Accepted, Held, Moved, Queued, Refused, Sending};
    match (from, event) {
        (Queued, Event::Send) => Ok(Sending),
        (Queued, Event::Withdraw) => Ok(Refused),
        (Sending, Event::Return) => Ok(Queued),
        (Sending, Event::Accept) => Ok(Accepted),
        (Sending, Event::Refuse) => Ok(Refused),
        (Sending, Event::Hold) => Ok(Held),
        (Held, Event::Release) => Ok(Queued),
        (Held, Event::GiveUp) => Ok(Refused),
        // One that is out may arrive twice: the platform takes an id once.
        (Queued | Sending | Held, Event::Move) => Ok(Moved),
        (Moved, Event::TakeBack) => Ok(Queued),
        (Queued | Sending | Held | Accepted | Refused | Moved, _) => Err(IllegalTransition { from, event }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_follows_a_terminal_state() {
        for state in OperationState::ALL.into_iter().filter(|s| s.is_terminal()) {
            for event in Event::ALL {
                assert_eq!(step(state, event), Err(IllegalTransition { from: state, event }));
            }
        }
    }

    #[test]
    fn exactly_these_transitions_exist() {
        let mut legal = Vec::new();
        for state in OperationState::ALL {
            for event in Event::ALL {
                if let Ok(next) = step(state, event) {
                    legal.push((state, event, next));
                }
            }
        }
        use OperationState::{Accepted, Held, Moved, Queued, Refused, Sending};
        assert_eq!(
            legal,
            [
                (Queued, Event::Send, Sending),
                (Queued, Event::Withdraw, Refused),
                (Queued, Event::Move, Moved),
                (Sending, Event::Return, Queued),
                (Sending, Event::Accept, Accepted),
                (Sending, Event::Refuse, Refused),
                (Sending, Event::Hold, Held),
                (Sending, Event::Move, Moved),
                (Held, Event::Release, Queued),
                (Held, Event::GiveUp, Refused),
                (Held, Event::Move, Moved),
                (Moved, Event::TakeBack, Queued),
            ]
        );
    }

    #[test]
    fn stored_numbers_are_read_back() {
        for state in OperationState::ALL {
            assert_eq!(OperationState::from_number(state.to_number()), Some(state));
        }
        assert_eq!(OperationState::from_number(6), None);
    }
}
