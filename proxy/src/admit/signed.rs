//! The `signature` key: a webhook's body is read, believed or not, and put back.
//!
//! The surprise: a delivery is only remembered once it has been answered well. A provider that was told 502, or whose
//! connection broke, sends the same bytes again, and they are no attack.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use overgrow_auth::{Algorithm, Encoding, Plain, Replays, Scheme, Seal, SignatureError};
use overgrow_handler::Body;
use overgrow_settings::Secret;

use super::Denied;
use crate::config::{SchemeConfig, SecretError, SignatureConfig};

/// How long a webhook's body may take: they are small, and their senders are machines.
const UPLOAD: Duration = Duration::from_secs(30);

/// Checks the signatures of a route's webhooks.
#[derive(Debug)]
pub(super) struct Signed {
    scheme: Scheme,
    secret: Secret,
    body: usize,
    replays: Arc<Replays>,
}

/// A delivery on its way; dropped before it was answered well, it is forgotten.
#[derive(Debug)]
pub(super) struct Delivery {
    replays: Arc<Replays>,
    seal: Option<Seal>,
}

impl Signed {
    pub(super) fn new(config: &SignatureConfig) -> Result<Self, SecretError> {
        Ok(Self {
            scheme: scheme(&config.scheme),
            secret: Secret::new(config.secret.read()?.as_str()),
            body: usize::try_from(config.body).unwrap_or(usize::MAX),
            replays: Arc::default(),
        })
    }

    /// Believes a request or not. Its body is whole in memory afterwards.
    pub(super) async fn check(&self, request: &mut Request<Body>) -> Result<Delivery, Denied> {
        let body = std::mem::take(request.body_mut());
        let body = self.whole(body).await?;
        *request.body_mut() = Body::from(body.clone());
        self.believe(request.headers(), &body)
            .map_err(Denied::Signature)
    }

    fn believe(&self, headers: &HeaderMap, body: &[u8]) -> Result<Delivery, SignatureError> {
        let now = SystemTime::now();
        let seal = overgrow_auth::verify_signature(&self.scheme, &self.secret, headers, body, now)?;
        self.replays.admit(seal, now)?;
        Ok(Delivery {
            replays: Arc::clone(&self.replays),
            seal: Some(seal),
        })
    }

    async fn whole(&self, body: Body) -> Result<Bytes, Denied> {
        let reading = Limited::new(body, self.body).collect();
        match tokio::time::timeout(UPLOAD, reading).await {
            Ok(Ok(whole)) => Ok(whole.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Denied::TooLarge),
            Ok(Err(_)) => Err(Denied::Unreadable),
            Err(_) => Err(Denied::Slow),
        }
    }
}

impl Delivery {
    /// It was answered; from now on a copy of it is known, unless the answer asks for one.
    pub(super) fn answered(mut self, status: StatusCode) {
        if !status.is_server_error() {
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
