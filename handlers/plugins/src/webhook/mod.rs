//! Requests that a plugin answers: from HTTP to the plugin and back.
//!
//! It must not know where the plugin's file lies. The surprise: the plugin is looked up at each request, so that a new
//! version answers the next one.

mod handler;
mod paths;
mod refusal;
mod request;
mod response;

pub(crate) use handler::handler;
pub use paths::RouteFault;
pub(crate) use paths::{Routes, written};
pub(crate) use refusal::of as status_of;
pub use request::PublicUrl;
