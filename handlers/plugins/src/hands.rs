//! What all plugins act through, and where the rest of the program is asked to help.
//!
//! It decides nothing about grants. The surprise: whatever is absent here makes the calls that need it answer
//! `unavailable`, so a program without a legacy, or without a folder to keep state in, still runs its plugins.

mod fetchers;
mod gateway;
mod inbox;
mod way_in;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use overgrow_keep::Keep;
use overgrow_settings::Live;
use overgrow_store::Store;

pub use self::fetchers::Fetchers;
pub use self::gateway::GatewayRpc;
pub use self::inbox::{
    ChatKind, Event, Inbox, InboxError, Message, PollVote, Presence, Reaction, Receipt, Sender,
    Submission,
};

/// Everything plugins act through. Cheap to clone; by default there is nothing but outbound HTTP.
#[derive(Clone, Default)]
pub struct Hands {
    /// The legacy's settings.
    pub settings: Live,
    /// Media files.
    pub store: Option<Store>,
    /// Where the files at the store's top are served, such as `https://gateway.example/media`, for providers that fetch
    /// them; `None` when nobody outside reaches this program.
    pub media_base: Option<Arc<str>>,
    /// State, timers, jobs and secrets.
    pub keep: Option<Keep>,
    /// The legacy gateway's methods.
    pub gateway: Option<Arc<dyn GatewayRpc>>,
    /// Where messages from the outside go.
    pub inbox: Option<Arc<dyn Inbox>>,
    /// The OS keychain.
    pub keychain: Option<Arc<dyn Keychain>>,
    /// What sends HTTP requests.
    pub fetchers: Fetchers,
    /// What the legacy was answered, for plans.
    pub recording: Option<Arc<dyn Recording>>,
    /// Told of each call that was not granted.
    pub counter: Option<Arc<dyn Counter>>,
}

/// Counts what plugins were refused.
pub trait Counter: Send + Sync {
    /// A plugin asked for what it was not granted. `capability` is a word such as `http`, one of few.
    fn on_denied(&self, plugin: &str, capability: &'static str);
}

/// Reads the OS keychain.
pub trait Keychain: Send + Sync {
    /// The secret of a service and user; `None` when there is none. It may block.
    ///
    /// # Errors
    /// Why the keychain cannot be asked, in words that hold no secret.
    fn read(&self, service: &str, user: &str) -> Result<Option<String>, String>;
}

/// Knows what the legacy was answered to the same requests, so that a plan can go on with the same.
pub trait Recording: Send + Sync {
    /// What the legacy's request of this method and URL was answered in the exchange that `call` shadows.
    fn answer(&self, call: &str, method: &str, url: &str) -> Option<Recorded>;
}

/// An answer that the legacy had.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Hands {
    pub(crate) fn on_denied(&self, plugin: &str, capability: &'static str) {
        if let Some(counter) = &self.counter {
            counter.on_denied(plugin, capability);
        }
    }
}

impl fmt::Debug for Hands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hands")
    }
}
