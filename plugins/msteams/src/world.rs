//! What the channel asks of its host, so that it can be tested without one.
//!
//! It must not know Teams. The surprise: a secret is only ever a name here; the host puts the value where it belongs, and
//! only into requests to hosts that the operator named for it.

use overgrow_sdk::Failure;
use overgrow_sdk::host::inbound::{Event, Receipt};
use overgrow_sdk::host::log::Level;

/// Stands in a form where the bot's password belongs.
pub const PASSWORD_MARK: &str = "the-password-of-the-bot";

/// The host. Every method that fails says whether another try may help.
pub trait World {
    /// Unix ms.
    fn now(&self) -> u64;

    /// Bytes that nobody can guess.
    fn random(&self, length: u32) -> Vec<u8>;

    /// A line for the operator.
    fn log(&self, level: Level, message: &str, fields: &[(&str, &str)]);

    /// Sends a request and takes the whole answer, whatever its status.
    ///
    /// # Errors
    /// When there is no answer.
    fn ask(&self, request: &Request) -> Result<Reply, Failure>;

    /// Sends a request and puts the body of a successful answer into the media store.
    ///
    /// # Errors
    /// When there is no answer, or none that can be stored.
    fn save(
        &self,
        request: &Request,
        kind: Option<&str>,
        name: Option<&str>,
    ) -> Result<Saved, Failure>;

    /// Whether a secret is there.
    fn has_secret(&self, name: &str) -> bool;

    /// Keeps a secret that was obtained.
    ///
    /// # Errors
    /// When it is not granted.
    fn keep_secret(&self, name: &str, value: &str) -> Result<(), Failure>;

    /// What is kept under a key, and its version.
    ///
    /// # Errors
    /// When the host cannot say.
    fn recall(&self, key: &str) -> Result<Option<(Vec<u8>, u64)>, Failure>;

    /// Keeps a value, for `ttl` ms.
    ///
    /// # Errors
    /// When the host cannot.
    fn keep(&self, key: &str, value: &[u8], ttl: u64) -> Result<(), Failure>;

    /// Keeps a value if the version is still that one; whether it was.
    ///
    /// # Errors
    /// When the host cannot.
    fn swap(&self, key: &str, version: u64, value: &[u8], ttl: u64) -> Result<bool, Failure>;

    /// Forgets what is kept under a key; whether there was something.
    ///
    /// # Errors
    /// When the host cannot.
    fn forget(&self, key: &str) -> Result<bool, Failure>;

    /// Keys that begin with a text, behind one of them, in order.
    ///
    /// # Errors
    /// When the host cannot say.
    fn keys(&self, prefix: &str, after: Option<&str>, most: u32) -> Result<Vec<String>, Failure>;

    /// What is known of a file in the media store.
    ///
    /// # Errors
    /// When there is no such file.
    fn file(&self, id: &str) -> Result<File, Failure>;

    /// All of a file.
    ///
    /// # Errors
    /// When there is no such file.
    fn read(&self, id: &str, size: u64) -> Result<Vec<u8>, Failure>;

    /// Puts a file into the media store; its id there.
    ///
    /// # Errors
    /// When the host cannot.
    fn put(&self, bytes: &[u8], kind: Option<&str>) -> Result<String, Failure>;

    /// Hands an event to the gateway, with ids of files.
    ///
    /// # Errors
    /// When the gateway did not take it.
    fn submit(&self, event: &Event, files: &[String]) -> Result<Receipt, Failure>;
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Upper case.
    pub method: &'static str,
    /// Absolute.
    pub url: String,
    /// Headers besides those that the body brings.
    pub headers: Vec<(&'static str, String)>,
    /// What it carries.
    pub body: Body,
    /// Which secret it carries, and where.
    pub key: Key,
    /// Largest answer, bytes.
    pub most: u64,
    /// Whether it may be sent on to another host that the grant allows.
    pub onward: Onward,
}

/// Where a redirect may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onward {
    /// Nowhere: it is an answer like any other.
    Nowhere,
    /// To any host of the grant, without the secret.
    Allowed,
}

/// What a request carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    None,
    /// Bytes and their type.
    Bytes(Vec<u8>, &'static str),
    /// A file of the media store and its type.
    File(String, String),
}

/// Which secret a request carries, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// None.
    None,
    /// As the bearer's token.
    Bearer(&'static str),
    /// In the body, at [`PASSWORD_MARK`].
    Password(String),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
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
    /// It was not given; the status.
    Not(u16),
}

/// What is known of a file in the media store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Bytes.
    pub size: u64,
    /// Its type.
    pub kind: Option<String>,
    /// What it was called.
    pub name: Option<String>,
}

/// Largest answer of a service that is asked for a document, bytes.
const DOCUMENT: u64 = 1024 * 1024;

impl Request {
    /// Asks for something, as nobody in particular.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: "GET",
            url: url.into(),
            headers: Vec::new(),
            body: Body::None,
            key: Key::None,
            most: DOCUMENT,
            onward: Onward::Nowhere,
        }
    }

    /// Sends something.
    pub fn with(method: &'static str, url: impl Into<String>, body: Body) -> Self {
        Self {
            method,
            body,
            ..Self::get(url)
        }
    }

    /// Sends a document.
    pub fn json(
        method: &'static str,
        url: impl Into<String>,
        document: &serde_json::Value,
    ) -> Self {
        let bytes = document.to_string().into_bytes();
        Self::with(method, url, Body::Bytes(bytes, "application/json"))
    }

    /// Shows a token.
    #[must_use]
    pub fn bearer(mut self, secret: &'static str) -> Self {
        self.key = Key::Bearer(secret);
        self
    }
}

impl Reply {
    /// Whether it was done.
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The document in it; nothing when there is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}
