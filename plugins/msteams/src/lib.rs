//! Microsoft Teams as a channel: what the Bot Framework posts to us, and what is posted back.
//!
//! A request is let in by `jwt`, read by `receive` and answered at once; what a message leads to is done behind the
//! answer by `deliver` and `upload`. What the gateway wants said goes through `say`. All of them ask the host by way
//! of `world`; what is decided, and how it is worded, is in the other modules, which know no host.

pub mod activity;
pub mod answer;
pub mod body;
pub mod connector;
pub mod consent;
pub mod deliver;
#[cfg(test)]
mod double;
pub mod fetch;
pub mod files;
pub mod graph;
mod host;
pub mod jwt;
pub mod memory;
pub mod moment;
pub mod outgoing;
pub mod people;
mod plugin;
pub mod policy;
pub mod receive;
pub mod reference;
pub mod say;
pub mod settings;
pub mod share;
pub mod token;
pub mod trust;
pub mod upload;
pub mod vote;
pub mod world;

/// The channel's id, in all directions.
const CHANNEL: &str = "msteams";

#[cfg(test)]
mod receive_tests;
#[cfg(test)]
mod tests;
