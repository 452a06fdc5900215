//! `routes.toml`, checked: a value of [`Config`] cannot be wrong.
//!
//! The road is `text → typed walk (read) → one file form per table (check) → Config`; every fault of a file is reported
//! at once, with its place. This room knows neither the network nor Pingora. The one surprise: serde has no part in
//! reading, because a deserialiser stops at the first fault and forgets where it was.

mod admission;
mod check;
mod fault;
mod field;
mod handlers;
mod media;
mod pilot;
mod place;
mod plugins;
mod read;
mod render;
mod salvage;
mod secret;
mod suggest;
mod upstream;
mod value;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

pub use self::admission::{
    AdmissionConfig, AuthConfig, CsrfConfig, JwtConfig, KeysConfig, LimitConfig, SchemeConfig,
    SecurityConfig, SignatureConfig,
};
pub use self::fault::{Fault, Faults};
pub use self::handlers::{Handlers, Needs};
pub use self::media::{MediaConfig, PlaceConfig, S3Config};
pub use self::pilot::PilotConfig;
pub use self::plugins::{PluginHost, PluginsConfig, Signatures};
pub use self::render::Coloured;
pub use self::salvage::{Salvaged, salvage};
pub use self::secret::{KeyringError, Secret, SecretError};
pub use self::upstream::{Scheme, UpstreamError, UpstreamUrl};
use crate::route::{Dial, Match, Rule, Sticky};

/// A whole `routes.toml` that passed every check.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `[server]`: read at start; a later change needs a restart.
    pub server: ServerConfig,
    /// `[legacy]`: the service being replaced; hot.
    pub legacy: LegacyConfig,
    /// `[media]`: the store of the native media handler; read at start.
    pub media: MediaConfig,
    /// `[plugins]`: where they are, read at start, and what each was granted; hot.
    pub plugins: PluginsConfig,
    /// `[pilot]`: who is told of its moves; hot.
    pub pilot: PilotConfig,
    /// `[[route]]` in file order, which is the order of matching; hot.
    pub routes: Vec<RouteConfig>,
}

/// `[server]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerConfig {
    /// Addresses that take traffic; port 0 lets the system choose.
    pub listen: Vec<SocketAddr>,
    /// Address of health, metrics and the API.
    pub admin: SocketAddr,
    /// Worker threads; 0 means one per core.
    pub threads: usize,
    /// Peers whose `X-Forwarded-*` are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long in-flight work may take at shutdown.
    pub drain: Duration,
    /// Folder for what outlives a restart.
    pub data: PathBuf,
    /// Certificate and key, when the traffic listeners speak TLS.
    pub tls: Option<TlsConfig>,
    /// Bearer token of the admin listener; required when it is not on loopback.
    pub admin_token: Option<Secret>,
    /// How long a client may take to send one request head.
    pub header_timeout: Duration,
    /// How long a connection may sit without a request.
    pub idle_timeout: Duration,
    /// Largest request head in bytes.
    pub header_size: usize,
}

/// Files of the serving certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsConfig {
    /// PEM certificate chain, leaf first.
    pub cert: PathBuf,
    /// PEM private key.
    pub key: PathBuf,
}

/// `[legacy]`.
#[derive(Debug, Clone, PartialEq)]
pub struct LegacyConfig {
    /// Upstreams, balanced when there are several; none where there is no legacy any more, and every route then has a
    /// handler that answers all of it.
    pub urls: Vec<UpstreamUrl>,
    /// Limit for TCP and TLS connect.
    pub connect_timeout: Duration,
    /// Limit until the response head.
    pub response_timeout: Duration,
    /// Active health check over HTTP; without it several upstreams are checked by TCP connect.
    pub health: Option<HealthConfig>,
    /// The legacy's own configuration file.
    pub config: Option<PathBuf>,
    /// How long nobody may have needed it before it is said that it can be switched off.
    pub idle: Duration,
}

/// `[legacy].health`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthConfig {
    /// Path asked with GET; 2xx and 3xx count as healthy.
    pub path: String,
    /// Time between two checks.
    pub interval: Duration,
}

/// One `[[route]]` with `[defaults]` already applied.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteConfig {
    /// Unique, `[a-z0-9._-]`; the label in metrics.
    pub id: Arc<str>,
    /// What it takes.
    pub matcher: Match,
    /// Who answers on the rust side; absent: the legacy answers all of it.
    pub handler: Option<HandlerRef>,
    /// Share of requests that go to the rust side.
    pub rust: Dial,
    /// Who stays on one side of a split.
    pub sticky: Sticky,
    /// Ask the legacy when the native side fails before its first byte.
    pub fallback: bool,
    /// Limit until the response head, for either side; absent: `[legacy].response_timeout`.
    pub timeout: Option<Duration>,
    /// Asking the other side.
    pub shadow: ShadowConfig,
    /// How the two answers are compared.
    pub parity: ParityConfig,
    /// Who is let in, whichever side answers.
    pub admission: AdmissionConfig,
    /// When the dial may move.
    pub gate: Option<GateConfig>,
}

/// The `handler` key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandlerRef {
    /// A handler registered in this program under a name.
    Named(String),
    /// `plugin:NAME`.
    Plugin(String),
    /// `wasi-http:FILE`: a component of the ordinary `wasi:http` world, by its name without `.wasm`.
    WasiHttp(String),
    /// A Rust service of the user's own, reached over HTTP.
    Upstream(UpstreamUrl),
}

impl std::fmt::Display for HandlerRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Plugin(name) => write!(f, "plugin:{name}"),
            Self::WasiHttp(name) => write!(f, "wasi-http:{name}"),
            Self::Upstream(url) => url.fmt(f),
        }
    }
}

/// The `shadow` key.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowConfig {
    /// Percent of eligible requests, 0 to 100.
    pub sample: f64,
    /// What is done with POST, PUT, PATCH and DELETE.
    pub writes: Writes,
    /// Queue time and round trip together.
    pub timeout: Duration,
    /// Cap on the copied request body, bytes.
    pub request_body: u64,
    /// Cap on the copied response body, bytes.
    pub response_body: u64,
    /// Percent of safe sampled requests asked of the legacy twice.
    pub aa: f64,
}

/// `shadow.writes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// Never shadowed.
    Skip,
    /// Run natively with effects recorded, not executed.
    Plan,
    /// Sent for real.
    Send,
}

/// The `parity` key; the places are kept as written and compiled by the parity room.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ParityConfig {
    /// `header:NAME`, `json:/pointer`, `status`, `body`.
    pub ignore: Vec<String>,
    /// Arrays compared as multisets.
    pub unordered: Vec<String>,
    /// Arrays matched by a field: place and field name.
    pub keyed: Vec<(String, String)>,
    /// Absolute tolerance for numbers: place and amount.
    pub tolerance: Vec<(String, f64)>,
    /// Intended differences.
    pub expect: Vec<ExpectedDifference>,
}

/// One entry of `parity.expect`.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedDifference {
    /// The place.
    pub at: String,
    /// What the legacy says there.
    pub legacy: Option<serde_json::Value>,
    /// What rust says there.
    pub rust: Option<serde_json::Value>,
    /// The reason, for people.
    pub why: String,
}

/// The `gate` key.
#[derive(Debug, Clone, PartialEq)]
pub struct GateConfig {
    /// The dial's stops, percent, rising.
    pub steps: Vec<Dial>,
    /// Least time at a stop.
    pub hold: Duration,
    /// Percent: the upper bound of the mismatch rate must be below it.
    pub mismatch: f64,
    /// Percentage points of 5xx that rust may have over legacy.
    pub errors: f64,
    /// Rust's p99 may be this multiple of the legacy's.
    pub latency: f64,
    /// Who may turn the dial besides people.
    pub auto: Auto,
}

/// `gate.auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auto {
    /// Nobody: the gate recommends.
    Off,
    /// This sidecar's pilot.
    Sidecar,
    /// The fleet's pilot; sidecars leave the dial alone.
    Fleet,
}

impl Config {
    /// Checks the text of a `routes.toml` against the handlers of this program.
    ///
    /// # Errors
    /// Every fault of the text, in the order of its lines.
    pub fn parse(source: &str, known: &Handlers) -> Result<Config, Faults> {
        check::parse(source, known)
    }

    /// As [`parse`](Self::parse), for what was read from a disk and may not even be text.
    ///
    /// # Errors
    /// Every fault of the text; of bytes that are not UTF-8 the first that is not.
    pub fn parse_bytes(source: &[u8], known: &Handlers) -> Result<Config, Faults> {
        match std::str::from_utf8(source) {
            Ok(text) => Config::parse(text, known),
            Err(error) => Err(check::not_text(source, error.valid_up_to())),
        }
    }

    /// What the routing table is built from, in the order of matching.
    pub fn rules(&self) -> Vec<Rule> {
        self.routes.iter().map(RouteConfig::rule).collect()
    }
}

impl RouteConfig {
    fn rule(&self) -> Rule {
        Rule {
            id: self.id.clone(),
            matcher: self.matcher.clone(),
            dial: self.rust,
            sticky: self.sticky.clone(),
            handled: self.handler.is_some(),
        }
    }
}

impl ServerConfig {
    /// The keys of `[server]` in which `other` differs: what a running process takes on only by a restart.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let keys = [
            ("listen", self.listen == other.listen),
            ("admin", self.admin == other.admin),
            ("threads", self.threads == other.threads),
            (
                "trusted_proxies",
                self.trusted_proxies == other.trusted_proxies,
            ),
            ("drain", self.drain == other.drain),
            ("data", self.data == other.data),
            ("tls", self.tls == other.tls),
            ("admin_token", self.admin_token == other.admin_token),
            (
                "header_timeout",
                self.header_timeout == other.header_timeout,
            ),
            ("idle_timeout", self.idle_timeout == other.idle_timeout),
            ("header_size", self.header_size == other.header_size),
        ];
        keys.into_iter()
            .filter(|(_, same)| !same)
            .map(|(key, _)| key)
            .collect()
    }
}

#[cfg(test)]
mod tests;
