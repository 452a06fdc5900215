//! overgrow: a sidecar reverse proxy that replaces a running service one route at a time.

pub mod config;
pub mod route;
pub mod listen;
pub mod gateway;
pub mod backend;
pub mod metrics;
pub mod reload;
pub mod edit;
pub mod admin;
pub mod sidecar;
