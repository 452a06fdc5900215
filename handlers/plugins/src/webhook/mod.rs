//! Requests that a plugin answers: from HTTP to the plugin and back.
//!
//! It must not know where the plugin's file lies. The surprise: the plugin is looked up at each request, so that a new
//! version answers the next one.

mod paths;
mod request;
mod response;

pub use paths::RouteFault;
pub(crate) use paths::{Found, Routes};
pub use request::PublicUrl;
