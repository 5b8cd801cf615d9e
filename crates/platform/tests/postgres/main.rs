//! Every test of `tests/api` again, with servers that store in PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../api/administration.rs"]
mod administration;
#[path = "../api/audit.rs"]
mod audit;
#[path = "../api/bad_input.rs"]
mod bad_input;
#[path = "../api/club.rs"]
mod club;
#[path = "../cluster/mod.rs"]
#[allow(dead_code)] // others start and read clusters in more ways
mod cluster;
#[path = "../api/durability.rs"]
mod durability;
#[path = "../api/erasure.rs"]
mod erasure;
#[path = "../api/events.rs"]
mod events;
#[path = "../api/fan_pages.rs"]
mod fan_pages;
#[path = "../api/fan_points.rs"]
mod fan_points;
#[path = "../api/feed.rs"]
mod feed;
#[path = "../api/goods.rs"]
mod goods;
#[path = "../api/isolation.rs"]
mod isolation;
#[path = "../api/lists.rs"]
mod lists;
#[path = "../api/operations.rs"]
mod operations;
#[path = "../api/partner_app.rs"]
mod partner_app;
#[path = "../api/payments.rs"]
mod payments;
mod place;
#[path = "../api/program_rules.rs"]
mod program_rules;
#[path = "../api/protection.rs"]
mod protection;
#[path = "../api/rotation.rs"]
mod rotation;
#[path = "../api/sign_in.rs"]
mod sign_in;
#[path = "../api/status_points.rs"]
mod status_points;
#[path = "../api/users.rs"]
mod users;
