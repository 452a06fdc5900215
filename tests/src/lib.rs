//! Harness for the end-to-end tests: real gateways, the sidecar as a child process, sockets read byte by byte, recordings replayed.
//!
//! It must not know how the sidecar works inside: it starts the binary, writes `routes.toml` and talks to its ports.
//! The surprise: node_modules are not in the tree but in a cache folder that `make setup` fills; a test without
//! it fails and says so.

pub mod admin;
pub mod ask;
pub mod browser;
pub mod certificate;
pub mod golden;
pub mod hostile;
pub mod http2;
pub mod kit;
pub mod legacy;
pub mod load;
pub mod nginx;
pub mod notes;
pub mod origin;
pub mod process;
pub mod prometheus;
pub mod raw;
pub mod replay;
pub mod service;
pub mod shadow;
pub mod sidecar;
