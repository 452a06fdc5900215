//! Keeps what plugins must not forget: state, timers, jobs and secrets of their own.
//!
//! One SQLite file, `plugins.db`. Whatever is answered for as kept survives the end of the process and a power cut. It
//! knows names of plugins and nothing of what they are. Everything that changes the file goes through
//! [`Effects`](overgrow_handler::Effects); a plan writes nothing.

mod desk;
mod entries;
mod error;
mod file;
mod jobs;
mod keep;
mod secrets;
mod space;
mod timers;

pub use entries::{Entry, Quota, Usage, When};
pub use error::KeepError;
pub use jobs::{DeadJob, Fate, Job, JobCounts, Lease, NewJob};
pub use keep::Keep;
pub use secrets::NewSecret;
pub use space::{Put, Space};
pub use timers::Timer;

#[cfg(test)]
mod tests;
