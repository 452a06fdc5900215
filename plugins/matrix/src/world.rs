//! What the channel asks of its host, so that it can be tested without one.
//!
//! It must not know Matrix. The surprise: a secret is only ever a name here; the host puts the value where it belongs.

use overgrow_sdk::host::inbound::{Event, Receipt};
use overgrow_sdk::host::log::Level;
use serde_json::Value;

use crate::trouble::Trouble;

/// Stands in a body where the password belongs.
pub const PASSWORD_MARK: &str = "{{password}}";

/// The host.
pub trait World {
    /// Unix ms.
    fn now(&self) -> u64;

    /// A line for the operator.
    fn log(&self, level: Level, message: &str, fields: &[(&str, &str)]);

    /// Sends a request and takes the whole answer, whatever its status.
    ///
    /// # Errors
    /// When there is no answer.
    fn ask(&self, request: &Request) -> Result<Reply, Trouble>;

    /// Sends a request and puts the body of a successful answer into the media store: its id there, or the answer.
    ///
    /// # Errors
    /// When there is no answer, or none that can be stored.
    fn save(
        &self,
        request: &Request,
        as_type: Option<&str>,
        name: Option<&str>,
    ) -> Result<Saved, Trouble>;

    /// What is known of a file in the media store.
    ///
    /// # Errors
    /// When there is no such file.
    fn file(&self, id: &str) -> Result<Stored, Trouble>;

    /// Whether a secret is there.
    fn has_secret(&self, name: &str) -> bool;

    /// Keeps a secret that was obtained.
    ///
    /// # Errors
    /// When it is not granted.
    fn keep_secret(&self, name: &str, value: &str) -> Result<(), Trouble>;

    /// What was kept under a key.
    ///
    /// # Errors
    /// When the host cannot say.
    fn recall(&self, key: &str) -> Result<Option<Vec<u8>>, Trouble>;

    /// Keeps a value, for `ttl` ms when given.
    ///
    /// # Errors
    /// When the host cannot.
    fn keep(&self, key: &str, value: &[u8], ttl: Option<u64>) -> Result<(), Trouble>;

    /// Keeps a value under a key that is free, for `ttl` ms; whether it was free.
    ///
    /// # Errors
    /// When the host cannot.
    fn claim(&self, key: &str, ttl: u64) -> Result<bool, Trouble>;

    /// Forgets what was kept.
    ///
    /// # Errors
    /// When the host cannot.
    fn forget(&self, key: &str) -> Result<(), Trouble>;

    /// Hands an event to the gateway, with ids of files.
    ///
    /// # Errors
    /// When the gateway did not take it.
    fn submit(&self, event: &Event, files: &[String]) -> Result<Receipt, Trouble>;
}

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Upper case.
    pub method: &'static str,
    /// Absolute.
    pub url: String,
    /// What it carries.
    pub body: Body,
    /// Which secret it carries, and where.
    pub key: Key,
    /// ms.
    pub timeout: u64,
    /// Largest answer, bytes.
    pub most: u64,
}

/// What a request carries.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Nothing.
    None,
    /// A document.
    Json(Value),
    /// A file of the media store, and its content type.
    File(String, String),
}

/// Which secret a request carries, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// None.
    None,
    /// As the bearer's token.
    Bearer(&'static str),
    /// In the body, at [`PASSWORD_MARK`].
    Password(&'static str),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// What its headers say of waiting, ms.
    pub wait: Option<u64>,
    /// All of it.
    pub body: Vec<u8>,
}

/// What became of a file that was sent for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    /// Its id in the media store.
    File(String),
    /// It was not sent.
    Not(Reply),
}

/// What is known of a file in the media store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Bytes.
    pub size: u64,
    /// What it is.
    pub content_type: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// Its first bytes.
    pub head: Vec<u8>,
}

impl Reply {
    /// Whether it is a success.
    pub fn ok(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
