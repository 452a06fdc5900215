//! The `signature` key: a webhook's body is read, believed or not, and put back.
//!
//! The surprise: a delivery is only remembered once it has been answered well. A provider that was told 502, or whose
//! connection broke, sends the same bytes again, and they are no attack.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use overgrow_auth::{Algorithm, Encoding, Plain, Replays, Scheme, Seal, SignatureError};
use overgrow_handler::Body;
use overgrow_settings::Secret;

use super::Denied;
use crate::config::{SchemeConfig, SecretError, SignatureConfig};
use crate::tee::{Budget, Lease};

/// How long a webhook's body may take: they are small, and their senders are machines.
const UPLOAD: Duration = Duration::from_secs(30);

/// Bytes that all bodies of a route may take that are being checked or answered: anybody may send one, and a thousand
/// strangers who stop before the last byte must not fill the memory.
const BODIES: usize = 64 << 20;

/// Checks the signatures of a route's webhooks.
#[derive(Debug)]
pub(super) struct Signed {
    scheme: Scheme,
    secret: Secret,
    body: usize,
    bodies: Budget,
    replays: Arc<Replays>,
}

/// A delivery on its way; dropped before it was answered well, it is forgotten.
#[derive(Debug)]
pub(super) struct Delivery {
    replays: Arc<Replays>,
    seal: Option<Seal>,
    /// Its body's share of the memory.
    _body: Lease,
}

impl Signed {
    pub(super) fn new(config: &SignatureConfig) -> Result<Self, SecretError> {
        Ok(Self {
            scheme: scheme(&config.scheme),
            secret: Secret::new(config.secret.read()?.as_str()),
            body: usize::try_from(config.body).unwrap_or(usize::MAX),
            bodies: Budget::new(BODIES),
            replays: Arc::default(),
        })
    }

    /// Believes a request or not. Its body is whole in memory afterwards.
    pub(super) async fn check(&self, request: &mut Request<Body>) -> Result<Delivery, Denied> {
        let mut share = self.bodies.lease();
        let body = std::mem::take(request.body_mut());
        let reading = tokio::time::timeout(UPLOAD, self.whole(body, &mut share));
        let body = reading.await.map_err(|_| Denied::Slow)??;
        *request.body_mut() = Body::from(body.clone());
        let seal = self.believe(request.headers(), &body);
        Ok(Delivery {
            seal: Some(seal.map_err(Denied::Signature)?),
            replays: Arc::clone(&self.replays),
            _body: share,
        })
    }

    fn believe(&self, headers: &HeaderMap, body: &[u8]) -> Result<Seal, SignatureError> {
        let now = SystemTime::now();
        let seal = overgrow_auth::verify_signature(&self.scheme, &self.secret, headers, body, now)?;
        self.replays.admit(seal, now)?;
        Ok(seal)
    }

    async fn whole(&self, mut body: Body, share: &mut Lease) -> Result<Bytes, Denied> {
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Denied::Unreadable)?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if data.len() > self.body - whole.len() {
                return Err(Denied::TooLarge);
            }
            if !share.grow(data.len()) {
                return Err(Denied::CannotJudge("too many bodies are on their way"));
            }
            whole.extend_from_slice(&data);
        }
        Ok(whole.freeze())
    }
}

impl Delivery {
    /// It was answered; from now on a copy of it is known, if it was answered well. What was refused comes again.
    pub(super) fn answered(mut self, status: StatusCode) {
        if !(status.is_client_error() || status.is_server_error()) {
            self.seal = None;
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if let Some(seal) = self.seal.take() {
            self.replays.forget(seal);
        }
    }
}

fn scheme(config: &SchemeConfig) -> Scheme {
    match config {
        SchemeConfig::GitHub => Scheme::GitHub,
        SchemeConfig::Stripe => Scheme::Stripe,
        SchemeConfig::Slack => Scheme::Slack,
        SchemeConfig::Generic {
            header,
            algorithm,
            encoding,
            prefix,
        } => Scheme::Plain(Plain {
            header: header.clone(),
            algorithm: match *algorithm {
                "sha1" => Algorithm::Sha1,
                "sha512" => Algorithm::Sha512,
                _ => Algorithm::Sha256,
            },
            encoding: match *encoding {
                "base64" => Encoding::Base64,
                _ => Encoding::Hex,
            },
            prefix: prefix.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use http_body::Frame;
    use http_body_util::StreamBody;

    use super::*;

    fn signed() -> Signed {
        Signed {
            scheme: Scheme::GitHub,
            secret: Secret::new("secret"),
            body: 8,
            bodies: Budget::new(8),
            replays: Arc::default(),
        }
    }

    /// Its last byte never comes.
    fn stalled(start: &'static str) -> Request<Body> {
        use futures_util::{StreamExt, stream};
        let start = stream::iter([Ok(Frame::data(Bytes::from(start)))]);
        let stalled = start.chain(stream::pending::<Result<_, std::io::Error>>());
        Request::new(Body::new(StreamBody::new(stalled)))
    }

    #[tokio::test]
    async fn bodies_that_do_not_end_cannot_fill_the_memory() {
        let signed = signed();
        let mut first = stalled("123456");
        let mut reading = Box::pin(signed.check(&mut first));
        assert!(reading.as_mut().now_or_never().is_none());
        let mut second = Request::new(Body::from("123456"));
        let said = signed.check(&mut second).await.map(drop);
        assert!(matches!(said, Err(Denied::CannotJudge(_))), "{said:?}");
        drop(reading);
        let mut third = Request::new(Body::from("123456"));
        let said = signed.check(&mut third).await.map(drop);
        assert_eq!(said, Err(Denied::Signature(SignatureError::Missing)));
        assert_eq!(signed.bodies.left(), 8);
    }

    #[tokio::test]
    async fn a_body_may_have_its_bytes_and_not_one_more() {
        let signed = signed();
        let mut fits = Request::new(Body::from("12345678"));
        let said = signed.check(&mut fits).await.map(drop);
        assert_eq!(said, Err(Denied::Signature(SignatureError::Missing)));
        let mut large = Request::new(Body::from("123456789"));
        let said = signed.check(&mut large).await.map(drop);
        assert_eq!(said, Err(Denied::TooLarge));
    }
}
