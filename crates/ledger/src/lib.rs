//! The rule book of a loyalty program: what may be done with points, and what it does to the books.
//!
//! Pure: no I/O, no clock, no randomness, no async, no floats. Time, ids and settings are passed in, so that
//! a phone, a till and a server that ask the same question get the same answer.
//!
//! # The rules in one place
//!
//! * **Two books.** [`FanPoints`] and [`StatusPoints`] are different types with accounts of their own; a posting from one
//!   book to the other can not be written. The postings of every [`Entry`] sum to zero in each book.
//! * **Amounts** are integers: points, and minor units of a [`Currency`]. A sum that does not fit is
//!   [`Refusal::Overflow`], never a wrap. 100 Fan Points are worth 1.00 in the program's currency.
//! * **Rounding** happens once per item, half up to whole points, on exact integers: price × conversion × rate × 100.
//! * **A wallet is never below zero**, reservations included. Taking back points that were spent takes what is there; the
//!   rest is owed, and whatever the fan gets next pays that first.
//! * **Points of limited life** are spent and expire in the order in which they are due. An undo puts them back into the
//!   lots it took them from.
//! * **An id is an operation.** The same id and content is [`Decision::AlreadyDone`] with the first receipt; the same id
//!   with other content is [`Refusal::IdConflict`]; an id refused for too few points is burned and stays refused.
//! * **Nothing is edited.** An undo is a new entry that names what it corrects, for the whole or one item, once.
//!
//! [`decide`] answers, [`execute`] answers and writes, [`State`] and [`StateMut`] are the port to what keeps the books
//! ([`MemoryLedger`] here), [`OfflinePolicy`] is what a device may decide without a network, [`ThresholdRule`] what a
//! person at a door needs to know, [`audit`] what shows that nothing was changed since. With the feature `conformance`,
//! a store proves that it answers as the one in memory does.
//!
//! # Example
//!
//! ```
//! use ledger::{
//!     Decision, FanId, FanPoints, Item, MemoryLedger, Money, Currency, OpId, Operation, OperationKind, PartnerId,
//!     Rate, RateRule, Rules, State, Timestamp, execute,
//! };
//! use std::error::Error;
//!
//! # fn main() -> Result<(), Box<dyn Error>> {
//! let shop = PartnerId(1);
//! let rules = Rules::new(Currency::Chf).with_partner(shop, RateRule::flat(Rate::percent(2)));
//! let mut books = MemoryLedger::new();
//! books.register_fan(FanId(7));
//!
//! let purchase = Operation {
//!     id: OpId([1; 16]),
//!     partner: shop,
//!     fan: FanId(7),
//!     at: Timestamp(0),
//!     kind: OperationKind::Distribute {
//!         items: vec![Item { price: Money::new(25_00, Currency::Chf), rate_label: None }],
//!     },
//! };
//! let decision = execute(&purchase, &rules, &mut books, Timestamp(0))?;
//! assert!(matches!(decision, Decision::Post(_)));
//! assert_eq!(books.fan(FanId(7), Timestamp(0))?.map(|fan| fan.wallet), Some(FanPoints(50)));
//!
//! // The same operation again has no second effect.
//! assert!(matches!(execute(&purchase, &rules, &mut books, Timestamp(1))?, Decision::AlreadyDone(_)));
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::float_cmp,
    clippy::indexing_slicing
)]

pub mod audit;
mod books;
mod canonical;
#[cfg(feature = "conformance")]
pub mod conformance;
mod decide;
mod ids;
mod limits;
mod lots;
mod memory;
#[doc(hidden)] // For the crates above: they take their own guards out with it.
pub mod mutant;
mod op;
mod points;
mod policy;
mod posting;
mod quote;
mod refusal;
mod rounding;
mod rules;
mod state;
mod threshold;

pub use books::*;
pub use canonical::*;
pub use decide::*;
pub use ids::*;
pub use limits::*;
pub use memory::*;
pub use op::*;
pub use points::*;
pub use policy::*;
pub use posting::*;
pub use quote::*;
pub use refusal::*;
pub use rules::*;
pub use state::*;
pub use threshold::*;
