//! Asks a running gateway what a recording asked, directly or through whatever stands in front of it.
//!
//! It must not judge: it returns what was seen, `golden` compares. The surprise: the Host stays the recorded one whatever the
//! address, because the gateway decides by it whether a client is local.

mod device;
mod shapes;
mod socket;

pub use device::Device;
pub use shapes::{SHAPES, Shape};
pub use socket::conversation;

use crate::golden::{Observation, Recording};
use crate::raw;
use anyhow::Result;
use std::net::SocketAddr;

/// Sends one recorded request on a fresh connection.
pub async fn exchange(at: SocketAddr, recording: &Recording) -> Result<Observation> {
    Ok(raw::exchange(at, &recording.request()).await?.into())
}
