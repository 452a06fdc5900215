//! An answer whose body is pulled piece by piece.
//!
//! It counts and keeps the time, and must not know what the bytes are. The surprise: its time goes on while nobody pulls,
//! because whoever asked has no more of it than that.

use bytes::Bytes;
use http::StatusCode;
use http::header::HeaderMap;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::FetchError;
use crate::exchange::{Answer, refuse_above};

/// An answer whose body has not been read yet. Dropping it closes the connection.
pub struct Streamed {
    /// Where it came from.
    pub url: Url,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    answer: Answer,
    until: Instant,
    limit: usize,
    read: usize,
    _turn: OwnedSemaphorePermit,
}

impl Streamed {
    pub(crate) fn new(
        url: Url,
        answer: Answer,
        turn: OwnedSemaphorePermit,
        until: Instant,
        limit: usize,
    ) -> Result<Self, FetchError> {
        answer.check(limit)?;
        Ok(Self {
            url,
            status: answer.head.status,
            headers: answer.head.headers.clone(),
            answer,
            until,
            limit,
            read: 0,
            _turn: turn,
        })
    }

    /// The next piece of the body; `None` at its end. Nothing is lost when the future is dropped.
    ///
    /// # Errors
    /// When the connection ends in the middle, the time is over, or the body is larger than it may be.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, FetchError> {
        let piece = timeout_at(self.until, self.answer.piece()).await;
        let piece = piece.map_err(|_| FetchError::Timeout)??;
        self.read = self
            .read
            .saturating_add(piece.as_ref().map_or(0, Bytes::len));
        refuse_above(self.limit, self.read)?;
        Ok(piece)
    }
}

impl std::fmt::Debug for Streamed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streamed")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
