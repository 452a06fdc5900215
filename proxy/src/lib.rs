//! overgrow: a sidecar reverse proxy that replaces a running service one route at a time.

pub mod config;
pub mod edit;
pub mod listen;
pub mod route;
