//! What a person does, through the real window: the built app, the built platform, a real keyring, a real disk.
//!
//! `cargo xtask test` opens a display for these; alone they are `cargo xtask test --window`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test says what it expects by failing.

#[path = "../support/mod.rs"]
mod support;

mod access;
mod camera;
mod counter;
mod gate;
mod goods;
mod handheld;
mod look;
mod lost_answer;
mod main_job;
mod offline;
mod people;
mod pictures;
mod provider;
mod refusals;
mod review;
mod screen;
mod shift;
mod signatures;
mod steps;
