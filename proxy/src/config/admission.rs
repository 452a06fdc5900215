//! Who is let in, and what the answer says to browsers: keys that hold whichever side answers.

use std::time::Duration;

use url::Url;

use super::Secret;

/// The keys `auth`, `signature`, `limit`, `csrf` and `security` of a route.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AdmissionConfig {
    /// Credentials that a request must bring.
    pub auth: Option<AuthConfig>,
    /// A signature that a webhook's body must bear.
    pub signature: Option<SignatureConfig>,
    /// How often a client may fail.
    pub limit: Option<LimitConfig>,
    /// Protection of writes that a browser authenticates by a cookie.
    pub csrf: Option<CsrfConfig>,
    /// Headers that tell browsers what they may do with the answer.
    pub security: SecurityConfig,
}

impl AdmissionConfig {
    /// Whether nothing is asked and nothing is added.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }
}

/// The `auth` key.
#[derive(Debug, Clone, PartialEq)]
pub enum AuthConfig {
    /// As the legacy gateway asks for it: its token or password, or Tailscale.
    Gateway,
    /// The token of the legacy's hooks.
    Hooks,
    /// A JSON Web Token.
    Jwt(JwtConfig),
}

/// `auth.jwt`.
#[derive(Debug, Clone, PartialEq)]
pub struct JwtConfig {
    /// What verifies it.
    pub keys: KeysConfig,
    /// `iss` must be this.
    pub issuer: Option<String>,
    /// `aud` must hold this.
    pub audience: Option<String>,
}

/// Where the keys of a JWT come from.
#[derive(Debug, Clone, PartialEq)]
pub enum KeysConfig {
    /// A JSON Web Key Set over HTTP.
    Jwks(Url),
    /// A shared secret.
    Secret(Secret),
}

/// The `signature` key.
#[derive(Debug, Clone, PartialEq)]
pub struct SignatureConfig {
    /// Who signs, and how.
    pub scheme: SchemeConfig,
    /// The shared secret.
    pub secret: Secret,
    /// Largest body that is read to be verified, bytes.
    pub body: u64,
}

/// `signature.scheme`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemeConfig {
    /// `X-Hub-Signature-256`.
    GitHub,
    /// `Stripe-Signature`.
    Stripe,
    /// `X-Slack-Signature`.
    Slack,
    /// An HMAC of the body in a header.
    Generic {
        /// The header.
        header: http::HeaderName,
        /// `sha1`, `sha256` or `sha512`.
        algorithm: &'static str,
        /// `hex` or `base64`.
        encoding: &'static str,
        /// What stands before the signature, such as `sha256=`.
        prefix: String,
    },
}

/// The `limit` key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitConfig {
    /// Answers 401 and 403 that a client may get...
    pub failures: u32,
    /// ...in this time, before it gets 429.
    pub per: Duration,
}

/// The `csrf` key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CsrfConfig {
    /// Origins beside the route's own that may write.
    pub origins: Vec<String>,
}

/// The `security` key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecurityConfig {
    /// `Content-Security-Policy`.
    pub csp: Option<http::HeaderValue>,
    /// `X-Content-Type-Options: nosniff`.
    pub nosniff: bool,
    /// `X-Frame-Options`.
    pub frame: Option<http::HeaderValue>,
    /// `Referrer-Policy`.
    pub referrer: Option<http::HeaderValue>,
}
