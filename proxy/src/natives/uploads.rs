//! What uploads need besides the store: files behind addresses, and smaller images.
//!
//! Adapters and no more: `fetch` decides what may be fetched, `images` how an image gets smaller.

use std::borrow::Cow;

use async_trait::async_trait;
use bytes::Bytes;
use http::HeaderMap;
use overgrow_fetch::{Blame, FetchError, Fetcher, Limits, Outcome};
use overgrow_handler::Effects;
use overgrow_images::{ImageError, Images, Sent};
use overgrow_media::{Fetched, Reduce, Refusal, Source};

/// Fetches what a client names.
pub(super) struct Links(pub(super) Fetcher);

/// Makes images smaller.
pub(super) struct Smaller(pub(super) Images);

#[async_trait]
impl Source for Links {
    async fn get(&self, effects: &Effects, url: &str, max_bytes: u64) -> Result<Fetched, Refusal> {
        let limits = Limits {
            bytes: usize::try_from(max_bytes).unwrap_or(usize::MAX),
            ..Limits::default()
        };
        let fetched = self.0.get(effects, url, HeaderMap::new(), limits).await;
        match fetched.map_err(|error| refusal(&error))? {
            Outcome::Planned => Ok(file(Bytes::new(), None)),
            Outcome::Fetched(fetched) => of_answer(*fetched),
        }
    }
}

fn of_answer(answer: overgrow_fetch::Fetched) -> Result<Fetched, Refusal> {
    if !answer.status.is_success() {
        let status = answer.status.as_u16();
        return Err(Refusal::Failed(format!("HTTP {status} downloading media")));
    }
    Ok(file(answer.body, answer.content_type))
}

fn refusal(error: &FetchError) -> Refusal {
    match error {
        FetchError::TooLarge { .. } => Refusal::TooLarge,
        error if error.blame() == Blame::Asker => Refusal::Refused(error.to_string()),
        error => Refusal::Failed(error.to_string()),
    }
}

fn file(bytes: Bytes, content_type: Option<String>) -> Fetched {
    Fetched {
        bytes,
        content_type,
        name: None,
    }
}

#[async_trait]
impl Reduce for Smaller {
    async fn reduce(&self, image: Fetched, max_bytes: u64) -> Result<Fetched, Refusal> {
        let sent = Sent {
            mime: image.content_type.clone(),
            name: image.name.clone(),
        };
        let reduced = self.0.reduce(image.bytes, sent, max_bytes).await;
        let reduced = reduced.map_err(|error| match error {
            ImageError::Busy => Refusal::Failed(error.to_string()),
            error => Refusal::Refused(error.to_string()),
        })?;
        // An image that was written anew is no longer what it was called.
        let (kind, name) = match reduced.rung {
            Some(_) => (reduced.mime.map(Cow::into_owned), None),
            None => (image.content_type, image.name),
        };
        Ok(Fetched {
            bytes: reduced.bytes,
            content_type: kind,
            name,
        })
    }
}
