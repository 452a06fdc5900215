//! Requests that are not to happen twice: the plugin gives each a key, and one that succeeded is not sent again.
//!
//! The surprise: a key is marked after the answer, not before the request, so that a request whose fate nobody knows may be
//! repeated; the provider has the last word then.

use overgrow_handler::Effects;
use overgrow_keep::{Put, Quota, Space, When};

use super::Response;
use crate::bindings::overgrow::plugin::http::Error;
use crate::host::answer;
use crate::who::Who;

/// How long a key is remembered, milliseconds: longer than anything is tried again.
const REMEMBERED: u64 = 24 * 60 * 60 * 1000;

/// Longest key, bytes.
const KEY: usize = 256;

/// Keys of one plugin that are remembered: a day of one a second.
const USED: Quota = Quota {
    bytes: 32 * 1024 * 1024,
    keys: 86_400,
};

impl Who {
    /// Refuses a key under which a request succeeded.
    pub(super) async fn is_first(&self, key: Option<&str>) -> Result<(), Error> {
        let Some(key) = key else { return Ok(()) };
        if key.is_empty() || key.len() > KEY {
            return Err(answer::invalid(format!("a key has 1 to {KEY} bytes")));
        }
        let Some(space) = self.used() else {
            return Ok(());
        };
        match space.get(key).await.map_err(answer::kept)? {
            Some(_) => Err(Error::Conflict),
            None => Ok(()),
        }
    }

    /// Marks a key when its request succeeded. Best effort: the request is out.
    pub(super) async fn mark_used(&self, key: Option<&str>, response: &Response) {
        let succeeded = (200..400).contains(&response.head.status);
        let (Some(key), true, Some(mut space)) = (key, succeeded, self.used()) else {
            return;
        };
        let put = Put {
            key: key.to_owned(),
            value: Vec::new(),
            when: When::Always,
            ttl: Some(REMEMBERED),
        };
        if let Err(error) = space.set(&Effects::performing(), put).await {
            tracing::warn!(plugin = %self.name, %error, "an idempotency key was not marked");
        }
    }

    fn used(&self) -> Option<Space> {
        let keep = self.hands.keep.as_ref()?;
        Some(keep.space(format!("http/{}", self.name), USED))
    }
}
