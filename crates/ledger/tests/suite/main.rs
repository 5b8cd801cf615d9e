//! The whole suite in one binary, so that it is linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod audit;
mod books;
mod canonical;
mod common;
mod conformance;
mod corrections;
mod holds;
mod house_rules;
mod model;
mod oracle;
mod policy;
mod quotes;
mod refusals;
mod thresholds;
