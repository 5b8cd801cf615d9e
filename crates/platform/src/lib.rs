//! The platform server: the FanPoints GraphQL API on SQLite, with OAuth2 client credentials.
//!
//! A request goes one way: `http` signs the caller in, `api` speaks GraphQL and opens only the doors of
//! `auth::access`, `store` reads and writes, and the `ledger` crate decides everything about points. An answer leaves
//! the server once what it tells is on disk.
#![forbid(unsafe_code)]

mod api;
mod auth;
mod codes;
mod config;
mod environment;
mod example;
mod feed;
mod files;
mod http;
mod jobs;
mod metrics;
pub mod operator;
mod server;
pub mod settings;
/// Only for the benches: an embedder starts a server.
#[doc(hidden)]
pub mod store;
mod webhooks;

pub use api::sdl;
pub use config::{Config, DatabaseUrl, HashCost, TlsFiles};
pub use environment::EnvironmentName;
pub use example::ExampleCredential;
pub use http::TlsError;
pub use server::{Ready, Running, StartError, start};
pub use store::StoreError;
pub use store::admin::AdminChange;
