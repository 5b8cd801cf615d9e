//! The rule book of a loyalty program: what may be done with points, and what it does to the books.
#![forbid(unsafe_code)]

mod decide;
mod ids;
mod op;
mod points;
mod policy;
mod posting;
mod refusal;
mod rules;
mod state;
mod threshold;

pub use decide::*;
pub use ids::*;
pub use op::*;
pub use points::*;
pub use policy::*;
pub use posting::*;
pub use refusal::*;
pub use rules::*;
pub use state::*;
pub use threshold::*;
