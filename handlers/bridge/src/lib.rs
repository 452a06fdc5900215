//! Hands to the legacy what only the legacy can do: system events, agents' turns.
//!
//! What is accepted is durable before the caller is told so, and delivered at least once, in order, whenever the
//! legacy is there. It knows neither HTTP requests nor hooks. The surprise: planning, nothing is written at all.

mod bridge;
mod config;
mod deliver;
mod dispatch;
mod error;
mod queue;
mod status;

#[cfg(test)]
mod tests;

pub use bridge::Bridge;
pub use config::{BridgeConfig, Target};
pub use dispatch::{Agent, Dispatch, Wake, WakeMode};
pub use error::BridgeError;
pub use queue::DeadLetter;
pub use status::BridgeStatus;
