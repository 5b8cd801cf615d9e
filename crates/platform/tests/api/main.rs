//! The server over real HTTP on a loopback port, each test with a server and data of its own. The same tests run on
//! PostgreSQL in `tests/postgres`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod administration;
mod audit;
mod bad_input;
mod club;
mod durability;
mod erasure;
mod events;
mod fan_pages;
mod fan_points;
mod feed;
mod goods;
mod isolation;
mod lists;
mod operations;
mod partner_app;
mod payments;
mod place;
mod program_rules;
mod protection;
mod rotation;
mod schema;
mod serving;
mod sign_in;
mod status_points;
mod users;
