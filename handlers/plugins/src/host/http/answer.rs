//! An answer that a plugin pulls: from the far side, or from a plan.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use overgrow_fetch::{FetchError, Streamed};

use super::retry;
use crate::bindings::overgrow::plugin::http::{Error, ResponseHead};
use crate::host::mask::Mask;

/// An answer whose body is pulled piece by piece.
#[derive(Debug)]
pub struct Response {
    pub(super) head: ResponseHead,
    /// What was pulled and not yet read.
    left: Bytes,
    far: Option<Streamed>,
}

impl Response {
    /// An answer that comes from outside; secrets that it tells back in its head are shown by their names.
    pub(super) fn far(answer: Streamed, mask: &Mask) -> Self {
        Self {
            head: head(answer.status, &answer.headers, mask),
            left: Bytes::new(),
            far: Some(answer),
        }
    }

    /// An answer that is here.
    pub(super) fn here(status: StatusCode, headers: &HeaderMap, body: Bytes) -> Self {
        Self {
            head: head(status, headers, &Mask::default()),
            left: body,
            far: None,
        }
    }

    /// The next piece, of `max` bytes at most; `None` at the end.
    pub(super) async fn read(&mut self, max: usize) -> Result<Option<Bytes>, Error> {
        if self.left.is_empty() {
            let Some(piece) = self.pull().await? else {
                return Ok(None);
            };
            self.left = piece;
        }
        let piece = self.left.split_to(max.min(self.left.len()));
        Ok(Some(piece))
    }

    /// What is left of the body, of `max` bytes at most.
    pub(super) async fn rest(&mut self, max: u64) -> Result<Bytes, Error> {
        let mut whole = BytesMut::from(std::mem::take(&mut self.left));
        loop {
            if whole.len() as u64 > max {
                return Err(Error::TooLarge(max));
            }
            match self.pull().await? {
                Some(piece) => whole.extend_from_slice(&piece),
                None => return Ok(whole.freeze()),
            }
        }
    }

    /// The next piece that is not empty.
    async fn pull(&mut self) -> Result<Option<Bytes>, Error> {
        let Some(far) = &mut self.far else {
            return Ok(None);
        };
        while let Some(piece) = far.piece().await.map_err(failed)? {
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
        self.far = None;
        Ok(None)
    }
}

/// Why there is no answer, for failures that no grant would mend. No text of it holds a URL.
pub(super) fn failed(error: FetchError) -> Error {
    match error {
        FetchError::Timeout => Error::Timeout,
        FetchError::TooLarge { limit } => Error::TooLarge(limit as u64),
        FetchError::Url(_) | FetchError::Scheme | FetchError::Credentials => {
            Error::Invalid(error.to_string())
        }
        FetchError::Method(_) | FetchError::Request(_) => Error::Invalid(error.to_string()),
        other => Error::Unavailable(other.to_string()),
    }
}

fn head(status: StatusCode, headers: &HeaderMap, mask: &Mask) -> ResponseHead {
    let pair = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let value: String = value.as_bytes().iter().map(|it| char::from(*it)).collect();
        (name.as_str().to_owned(), mask.over(&value))
    };
    ResponseHead {
        status: status.as_u16(),
        headers: headers.iter().map(pair).collect(),
        retry_after: retry::after(headers, std::time::SystemTime::now()),
    }
}
