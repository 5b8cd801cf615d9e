//! What a person does, through the real window: the built app, the built platform, a real keyring, a real disk.
//!
//! `cargo xtask test` opens a display for these; alone they are `cargo xtask test --window`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)] // A test says what it expects by failing.

#[path = "../support/mod.rs"]
mod support;

mod access;
mod camera;
mod counter;
mod desktop;
mod gate;
mod goods;
mod handheld;
mod kill;
mod kiosk;
mod limits;
mod look;
mod lost_answer;
mod main_job;
mod moving;
mod network;
mod offline;
mod parts;
mod people;
mod pictures;
mod provider;
mod refusals;
mod review;
mod screen;
mod secrets;
mod shift;
mod signatures;
mod steps;
mod strip;
