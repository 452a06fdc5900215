//! Tools of plugins, called as the gateway's own are: `POST /tools/invoke`.
//!
//! It must not know who is let in. The surprise: a tool that no plugin has is left to the legacy, so that both kinds lie
//! behind one path.

mod asked;
mod handler;
mod reply;

pub(crate) use handler::handler;
