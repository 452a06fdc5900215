//! Keeps messages until they are delivered: once per key, in order per addressee, and not for ever.
//!
//! What is accepted is durable before the caller is told so. It knows no channel: a [`Carrier`] takes messages to
//! theirs. The surprise: planning, nothing is written at all.
//!
//! What may be relied on:
//! - **Once per key**: the same message under the same key is the first one's id and outcome, for a day after it ended;
//!   another message under it is a conflict.
//! - **Order** holds per channel, account and addressee: one is on its way at a time, and one that is tried again later
//!   holds up those behind it, and nobody else.
//! - **At least once**: after a crash of ours, what was on its way is sent again, under the key that it had. Of what the
//!   carrier says is out in part, only the rest is.
//! - **Not for ever**: what fails too often, or waits too long, becomes a dead letter, to look at, send again or discard.
//! - **The way in** ([`Inbox`]) is the same machine the other way round: what people write is judged by the legacy's own
//!   rules, carried to its agent, and what that answers is posted here.
//! - **Two processes** may have the folder open while one hands over to the next: both accept, one delivers.

mod clock;
mod config;
mod courier;
mod delivery;
mod error;
mod file;
mod inbox;
mod lanes;
mod lease;
mod legacy;
mod message;
mod outbox;
mod standing;
mod status;
mod store;
mod verdict;
mod waiters;
mod writer;

#[cfg(test)]
mod tests;

pub use config::OutboxConfig;
pub use delivery::{Attempt, Carrier, Delivery, Receipt, Rest, Retry};
pub use error::OutboxError;
pub use inbox::{Addressed, Chat, Inbound, Inbox, InboxError, Reception, Sender, SenderKind};
pub use legacy::{ByLegacy, Fork, Natives};
pub use message::{Attachment, Content, Format, Message, Notice, Source};
pub use outbox::{Outbox, Posted};
pub use standing::{Fault, Standing, State};
pub use status::OutboxStatus;
pub use store::{DeadLetter, Session};
