//! One request and one answer on one connection, under the limits of a fetch.
//!
//! It believes no header: the body is counted as it comes. The connection is used once and closed, so nothing of one
//! target can reach another. The surprise: the answer to a redirect is never read past its head.

use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderMap};
use http::response::Parts;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;

use crate::FetchError;
use crate::ask::Ask;
use crate::connect::Stream;

/// Bytes of an answer's head: twice what the strictest popular servers and clients take.
const HEAD: usize = 16 * 1024;
/// Headers of an answer; honest ones have a few dozen.
const HEADERS: usize = 100;

/// An answer whose body has not been read yet. Dropping it closes the connection.
pub(crate) struct Answer {
    pub(crate) head: Parts,
    body: Incoming,
    _connection: JoinSet<()>,
}

/// Sends a request and waits for the answer's head.
pub(crate) async fn exchange(stream: Box<dyn Stream>, ask: &Ask) -> Result<Answer, FetchError> {
    let request = request(ask)?;
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(HEADERS)
        .max_buf_size(HEAD)
        .handshake(TokioIo::new(stream))
        .await?;
    let mut driver = JoinSet::new();
    driver.spawn(async move {
        // Whoever waits for the answer is told the error too.
        let _ = connection.await;
    });
    let (head, body) = sender
        .send_request(request)
        .await
        .map(Response::into_parts)?;
    Ok(Answer {
        head,
        body,
        _connection: driver,
    })
}

fn request(ask: &Ask) -> Result<Request<Full<Bytes>>, FetchError> {
    let mut request = Request::new(Full::new(ask.body.clone()));
    *request.method_mut() = ask.method.clone();
    *request.uri_mut() = ask.target.path().parse().map_err(http::Error::from)?;
    *request.headers_mut() = ask.sent()?;
    Ok(request)
}

impl Answer {
    /// Reads the body, up to `limit` bytes.
    pub(crate) async fn read(mut self, limit: usize) -> Result<(Parts, Bytes), FetchError> {
        self.check(limit)?;
        let mut whole = BytesMut::new();
        while let Some(data) = self.piece().await? {
            refuse_above(limit, whole.len().saturating_add(data.len()))?;
            whole.extend_from_slice(&data);
        }
        Ok((self.head, whole.freeze()))
    }

    /// Refuses a body that is compressed, or that says itself that it has more than `limit` bytes.
    pub(crate) fn check(&self, limit: usize) -> Result<(), FetchError> {
        refuse_encoded(&self.head.headers)?;
        let declared = usize::try_from(self.body.size_hint().lower()).unwrap_or(usize::MAX);
        refuse_above(limit, declared)
    }

    /// The next piece of the body; `None` at its end. Nothing is lost when the future is dropped.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>, FetchError> {
        while let Some(frame) = self.body.frame().await {
            if let Ok(data) = frame?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}

pub(crate) fn refuse_above(limit: usize, bytes: usize) -> Result<(), FetchError> {
    if bytes > limit {
        return Err(FetchError::TooLarge { limit });
    }
    Ok(())
}

fn refuse_encoded(headers: &HeaderMap) -> Result<(), FetchError> {
    for value in headers.get_all(header::CONTENT_ENCODING) {
        let text = String::from_utf8_lossy(value.as_bytes());
        let is_plain = |coding: &str| {
            coding.trim().is_empty() || coding.trim().eq_ignore_ascii_case("identity")
        };
        if !text.split(',').all(is_plain) {
            return Err(FetchError::Encoded(text.into_owned()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Method};

    use super::*;
    use crate::Policy;
    use crate::target::Target;

    fn encoded(value: &[u8]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_ENCODING,
            HeaderValue::from_bytes(value).unwrap(),
        );
        refuse_encoded(&headers).is_err()
    }

    #[test]
    fn only_plain_bodies_are_taken() {
        assert!(!encoded(b"identity") && !encoded(b"Identity, ") && !encoded(b""));
        assert!(encoded(b"gzip") && encoded(b"identity, br") && encoded(b"\xff"));
        assert!(refuse_encoded(&HeaderMap::new()).is_ok());
    }

    #[test]
    fn whatever_a_url_has_in_its_path_and_query_can_be_asked_for() {
        let printable: String = (' '..='~')
            .filter(|letter| !"?#".contains(*letter))
            .collect();
        let url = format!("http://a.example//b.example/{printable}?{printable}?ü");
        let target = Target::parse(&url, &Policy::public()).unwrap();
        let path = target.path().to_owned();
        let ask = Ask::new(target, Method::GET, HeaderMap::new(), Bytes::new()).unwrap();
        let request = request(&ask).unwrap();
        assert_eq!(request.uri().to_string(), path);
        assert!(path.starts_with("//b.example/") && request.uri().host().is_none());
    }
}
