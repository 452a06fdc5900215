//! A connection on loan: it goes back to its pool when the response body has been read to its end, and is closed
//! when it was not.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use overgrow_handler::{Body, BoxError};

use super::pool::{H1, IDLE, Pool};

/// A connection that still delivers a response.
#[derive(Debug)]
pub(super) struct Lease {
    connection: H1,
    pool: Arc<Pool>,
    idle: Duration,
}

impl Lease {
    /// Takes note of how long the origin says it keeps the connection afterwards.
    pub(super) fn new(connection: H1, pool: Arc<Pool>, response: &HeaderMap) -> Self {
        Self {
            connection,
            pool,
            idle: announced_idle(response).unwrap_or(IDLE),
        }
    }

    /// The body that holds this lease.
    pub(super) fn over(self, body: Incoming) -> Body {
        if body.is_end_stream() {
            self.give_back();
            return Body::from(body);
        }
        Body::new(Leased {
            body,
            lease: Some(self),
        })
    }

    fn give_back(self) {
        self.pool.put_h1(self.connection, self.idle);
    }
}

/// `Keep-Alive: timeout=5` means the origin closes after 5 s: stop using the connection a second earlier, so that a
/// request does not meet the close.
fn announced_idle(response: &HeaderMap) -> Option<Duration> {
    let value = response.get("keep-alive")?.to_str().ok()?;
    let seconds: u64 = value
        .split(',')
        .find_map(|part| part.trim().strip_prefix("timeout="))?
        .trim()
        .parse()
        .ok()?;
    let margin = Duration::from_secs(1);
    Some(
        Duration::from_secs(seconds)
            .saturating_sub(margin)
            .min(IDLE),
    )
}

struct Leased {
    body: Incoming,
    lease: Option<Lease>,
}

impl http_body::Body for Leased {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(polled, Poll::Ready(None))
            && let Some(lease) = self.lease.take()
        {
            lease.give_back();
        }
        polled.map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Leased {
    fn drop(&mut self) {
        // A reader that knows the length stops without asking for the end.
        if self.body.is_end_stream()
            && let Some(lease) = self.lease.take()
        {
            lease.give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &'static str, expect: Option<u64>) {
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("keep-alive"),
            http::HeaderValue::from_static(value),
        )]);
        assert_eq!(
            announced_idle(&headers),
            expect.map(Duration::from_secs),
            "{value}"
        );
    }

    #[test]
    fn the_announced_timeout_is_kept_with_a_margin() {
        check("timeout=5", Some(4));
        check("timeout=5, max=100", Some(4));
        check("max=100, timeout=10", Some(9));
        check("timeout=0", Some(0));
        check("timeout=3600", Some(30));
        check("timeout=soon", None);
        check("max=5", None);
    }
}
