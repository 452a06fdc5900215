//! Channels that are plugins: what the outbox gives their messages to.

mod carry;
mod kind;
mod split;

pub use carry::PluginCarrier;
