//! Hands to the legacy what only the legacy can do: system events, agents' turns.
//!
//! What is accepted is durable before the caller is told so, and delivered at least once, in order, whenever the
//! legacy is there. It knows neither HTTP requests nor hooks. The surprise: planning, nothing is written at all.
//!
//! What may be relied on:
//! - **Order** is strict, so what cannot be delivered yet holds up what is behind it: a legacy that is away, or unwell,
//!   or that a wrong token locks us out of (401, which an operator mends). What the legacy refuses for itself (400)
//!   becomes a dead letter at once, what it fails at ten times in a row does so then, and neither holds up the rest.
//! - **At least once**: an entry leaves the queue when the legacy has answered for it. After a crash of ours at most one
//!   turn, or one batch of wakes, comes again, under the `Idempotency-Key` or request id that it had before.
//! - **Ways**: wakes over the gateway's WebSocket, or to `POST base/wake` where it does not let us in, which does the
//!   same; turns to `POST base/agent`, for which there is no other way that does the same.
//! - **Two processes** may have the folder open while one hands over to the next: both accept, one delivers.

mod bridge;
mod config;
mod deliver;
mod dispatch;
mod error;
mod gateway;
mod queue;
mod status;

#[cfg(test)]
mod tests;

pub use bridge::Bridge;
pub use config::{BridgeConfig, Target};
pub use dispatch::{Agent, Dispatch, Wake, WakeMode};
pub use error::BridgeError;
pub use gateway::{Gateway, Reach, RpcError};
pub use queue::DeadLetter;
pub use status::BridgeStatus;
