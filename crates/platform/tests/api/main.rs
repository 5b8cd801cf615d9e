//! The server over real HTTP on a loopback port, each test with a server and data of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod club;
mod durability;
mod fan_pages;
mod fan_points;
mod isolation;
mod lists;
mod protection;
mod schema;
mod sign_in;
mod status_points;
mod users;
