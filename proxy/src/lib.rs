//! overgrow: a sidecar reverse proxy that replaces a running service one route at a time.
//!
//! The modules stand in the order of the loop. A request meets `listen`, `gateway`, `route` and `backend`; a change of
//! `routes.toml` goes through `reload` and `config` into the next generation of the gateway.
//!
//! As a library:
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use overgrow::Overgrow;
//!
//! # fn main() -> Result<(), overgrow::StartError> {
//! let orders = Router::new().route("/orders", get(|| async { "native" }));
//! Overgrow::builder().handler("orders", orders).config_file("routes.toml").run()
//! # }
//! ```

pub mod config;
pub mod route;

pub mod listen;
mod wire;

pub mod admit;

pub mod gateway;

pub mod natives;

pub mod backend;

pub mod tee;

pub mod shadow;

pub mod ledger;

pub mod metrics;

pub mod trend;

pub mod reload;

pub mod pilot;

pub mod edit;

pub mod retire;

pub mod fleet;

pub mod dashboard;

pub mod admin;

pub mod sidecar;

pub mod record;
pub mod replay;

pub mod demo;

pub mod command;

/// What handlers are made of: the body, the call, the contract.
pub use overgrow_handler as handler;
pub use sidecar::{Builder, Overgrow, Running, StartError};

/// The page's examples are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/library.md")]
mod library_page {}
