//! Who fetches and who reduces for an upload. Both live elsewhere and are lent to this crate.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use overgrow_handler::Effects;

/// Whether files may be sent here.
#[derive(Clone, Default)]
pub enum Upload {
    /// As in the legacy: nobody answers.
    #[default]
    Off,
    /// Whoever reaches the route may send. The route's own gate says who that is.
    On(Helpers),
}

/// What an upload may make use of; what is missing is answered with 501.
#[derive(Clone, Default)]
pub struct Helpers {
    /// Fetches files by a link.
    pub source: Option<Arc<dyn Source>>,
    /// Makes images smaller.
    pub reducer: Option<Arc<dyn Reduce>>,
}

/// Fetches what a stranger named. It must guard against being led into the house; this crate does not.
#[async_trait]
pub trait Source: Send + Sync {
    /// At most `max_bytes` of what is behind `url`, or an empty file when the fetch is only planned. Dropping the future ends
    /// the fetch.
    ///
    /// # Errors
    /// Whose fault it is.
    async fn get(&self, effects: &Effects, url: &str, max_bytes: u64) -> Result<Fetched, Refusal>;
}

/// Makes an image smaller.
#[async_trait]
pub trait Reduce: Send + Sync {
    /// The image in at most `max_bytes`, or what was sent if that fits and is better left alone.
    ///
    /// # Errors
    /// `Refused` when it is no image or cannot be made to fit.
    async fn reduce(&self, image: Fetched, max_bytes: u64) -> Result<Fetched, Refusal>;
}

/// A file with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// All of it.
    pub bytes: Bytes,
    /// What its sender said of its type.
    pub content_type: Option<String>,
    /// What its sender called it.
    pub name: Option<String>,
}

/// Why there is no file. The text is told to the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// What was asked for is not allowed, or makes no sense.
    #[error("{0}")]
    Refused(String),
    /// It is larger than it may be.
    #[error("the file is too large")]
    TooLarge,
    /// Somebody else failed.
    #[error("{0}")]
    Failed(String),
}
