//! Stands between an accepted socket and the HTTP engine and lets through only what can be read one way.
//!
//! The engine is forgiving: it drops a `Content-Length` beside a `Transfer-Encoding`, takes bare line feeds and lets
//! a head arrive byte by byte for ever. A proxy must not be, since the server behind it may forgive differently.
//! It must not know routes, configuration or handlers. The one surprise: it answers nothing itself. A refused head is
//! replaced by a small request that says why, and the gateway answers that one in its turn; and characters that the
//! engine cannot hold in a target are percent-encoded on the way (`respell`).
//!
//! In the order of a request: `stream` reads, `flow` follows the messages with `head` and `chunk`, `held` keeps what
//! may not pass, `watch` tells the gateway and `deadline` the chassis, `write` and
//! `linger` close. HTTP/2 passes unread; `translated` judges its heads once the engine has parsed them.

mod alphabet;
mod chunk;
mod deadline;
mod facts;
mod flow;
mod head;
mod held;
mod linger;
mod refusal;
mod respell;
mod sniff;
mod stream;
mod translated;
mod watch;
mod write;

pub use chunk::{Chunks, Progress};
pub use deadline::{Deadlines, Expired, watch_deadlines};
pub use facts::Framing;
pub use head::{Head, Limits, Scan, scan};
pub use refusal::{Refusal, STAND_IN_METHOD};
pub use sniff::Protocol;
pub use stream::Guard;
pub use translated::vet;
pub use watch::{InFlight, Phase, Watch};

#[cfg(test)]
mod tests;
