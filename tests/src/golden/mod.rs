//! Recordings of the real gateway, and the comparison of what was recorded, what it says now and what comes through the sidecar.
//!
//! Pure: text and values in, differences out; it must not know sockets. `replay` brings the observations.
//! The surprise: nothing is forgiven here silently. What differs on every run is masked by name (`mask`, `shape`), and what may
//! differ between the gateway and the sidecar is listed in `allowed-differences.toml`, where an entry that no
//! longer occurs is a failure.

mod allowed;
mod compare;
mod frames;
mod har;
mod mask;
mod observation;
mod recording;
mod shape;
mod transcript;

pub use allowed::{Allowed, AllowedDifferences, By, Place, Switch};
pub use compare::{Difference, differences};
pub use frames::conversation_differences;
pub use mask::Masks;
pub use observation::{Answered, Body, Observation};
pub use recording::Recording;
pub use transcript::{Close, Conversation, End, Step, Timed, Transcript};

use crate::kit;
use anyhow::{Context, Result};
use overgrow_parity::trace::Trace;
use serde::de::DeserializeOwned;

/// The golden traces by file name, made of the recordings in the tree.
pub fn har_files() -> Result<[(String, String); 3]> {
    let text = |name: &str| std::fs::read_to_string(kit::tree("golden").join(name));
    let http = har::http(&parse_lines(&text("openclaw-http.jsonl")?)?)?;
    let [open, signed] = har::websocket(&parse_lines(&text("openclaw-ws.jsonl")?)?);
    let file = |name: &str, trace: Trace| anyhow::Ok((name.to_owned(), trace.to_har()?));
    Ok([
        file("openclaw-http.har", http)?,
        file("openclaw-ws.har", open)?,
        file("openclaw-ws-signed.har", signed)?,
    ])
}

/// Reads a file of one JSON value per line. Fails with the line's number.
pub fn parse_lines<T: DeserializeOwned>(text: &str) -> Result<Vec<T>> {
    let parse = |(at, line)| serde_json::from_str(line).with_context(|| format!("line {}", at + 1));
    text.lines().enumerate().map(parse).collect()
}
