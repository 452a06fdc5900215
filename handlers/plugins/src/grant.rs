//! What a plugin may do: `[plugins.NAME]` of routes.toml as plain data.
//!
//! Nothing in it acts. What is absent here is denied; the default grants logging, the clock, random bytes and the
//! plugin's own (empty) settings, and nothing else.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};

/// Everything one plugin was granted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Grant {
    /// Subtrees of the legacy's settings that make its configuration, as dotted paths; a later one wins.
    pub config: Vec<String>,
    /// The plugin's own settings, over those.
    pub settings: Map<String, Value>,
    /// Secrets by name.
    pub secrets: Vec<SecretGrant>,
    /// Hosts it may send HTTP requests to.
    pub http: Vec<HttpGrant>,
    /// Durable state.
    pub kv: Option<KvGrant>,
    /// The media store.
    pub media: Option<MediaGrant>,
    /// Timers.
    pub timers: Option<TimersGrant>,
    /// Channel ids for which it may hand messages to the gateway.
    pub inbound: Vec<String>,
    /// Methods of the legacy gateway.
    pub legacy: Vec<LegacyGrant>,
    /// Programs of the operator's.
    pub process: Vec<ProcessGrant>,
    /// Paths at which it may answer webhooks: exact, or a prefix that ends in `/*`.
    pub webhook: Vec<String>,
    /// What one call may take.
    pub limits: Limits,
    /// How often it may act.
    pub rates: Rates,
    /// Answers to effects while planning.
    pub plan: Vec<PlanRule>,
}

/// One secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretGrant {
    /// What the plugin calls it.
    pub name: String,
    /// Where it is read from.
    pub source: SecretSource,
    /// Hosts whose requests may carry it.
    pub hosts: Vec<HostPattern>,
    /// Whether the plugin may see the bytes.
    pub reveal: Reveal,
    /// Whether the plugin may store a value of its own under this name, which then wins over the source.
    pub write: Write,
}

/// Whether the bytes of a secret enter the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reveal {
    /// They stay in the host.
    #[default]
    Never,
    /// The plugin may ask for them; each time is logged.
    Audited,
}

/// Whether a plugin may change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Write {
    /// It may not.
    #[default]
    Denied,
    /// It may.
    Granted,
}

/// Where a secret is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable of the host's.
    Env(String),
    /// A file, trimmed.
    File(PathBuf),
    /// The OS keychain.
    Keyring {
        /// Service name.
        service: String,
        /// User name.
        user: String,
    },
    /// A text in the legacy's settings, as a dotted path.
    Config(String),
    /// Only what the plugin stores itself.
    Stored,
}

/// Hosts, methods and how requests to them count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpGrant {
    /// Hosts, `*.example.com` for any below one; a port when it is not the scheme's own.
    pub hosts: Vec<HostPattern>,
    /// Methods, upper case; empty: GET and HEAD.
    pub methods: Vec<String>,
    /// Whether addresses that are not public may be reached, and plain http used.
    pub network: Network,
    /// Paths (`*` for any run of characters) at which a request that is not a GET changes nothing, such as a search.
    pub read: Vec<String>,
}

/// Which networks a grant reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Network {
    /// Public addresses over https.
    #[default]
    Public,
    /// The operator's own network as well, and plain http.
    Private,
}

/// A host as a grant names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostPattern(String);

/// Durable state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvGrant {
    /// Whose state it is: plugins with the same name share it. The plugin's own name when not given.
    pub namespace: Option<String>,
    /// Bytes of keys and values together.
    pub max_bytes: u64,
    /// How many keys.
    pub max_keys: u32,
}

/// The media store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaGrant {
    /// Whether files may be opened.
    pub read: bool,
    /// Whether files may be stored.
    pub write: Write,
    /// Largest file, bytes.
    pub max_bytes: u64,
}

/// Timers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimersGrant {
    /// How many may wait.
    pub max_pending: u32,
    /// The shortest interval of one that repeats.
    pub min_interval: Duration,
}

/// A method of the legacy gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyGrant {
    /// Its name.
    pub method: String,
    /// Whether it changes something.
    pub class: Class,
}

/// What a call does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Class {
    /// Nothing: it is carried out while planning too.
    Read,
    /// Something: while planning it is recorded only.
    #[default]
    Effect,
}

/// A program that a plugin may start by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessGrant {
    /// What the plugin calls it.
    pub name: String,
    /// The program, an absolute path.
    pub program: PathBuf,
    /// What stands before the plugin's own arguments.
    pub args: Vec<String>,
    /// Environment variables of the host's that it gets; nothing else is inherited.
    pub env: Vec<String>,
}

/// What one call may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory of an instance, bytes.
    pub memory: u64,
    /// Time on the clock, host calls and all.
    pub deadline: Duration,
    /// Calls at one time; more wait within their deadline.
    pub concurrency: usize,
    /// Largest answer of the plugin's, bytes.
    pub answer: u64,
}

/// How often a plugin may act; `None` is no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rates {
    /// Outbound requests.
    pub http: Option<Rate>,
    /// Messages for the gateway.
    pub inbound: Option<Rate>,
    /// Log lines.
    pub log: Option<Rate>,
}

/// So many in a time, all of them at once if need be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In what time.
    pub per: Duration,
}

/// What the host answers to an effect while planning.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanRule {
    /// The effect's kind: `http`, `legacy` or `process`.
    pub kind: String,
    /// Its target, such as `POST https://api.example/send`; `*` for any run of characters.
    pub target: String,
    /// Status of an HTTP answer.
    pub status: u16,
    /// The body, or the payload.
    pub answer: Value,
}

impl HostPattern {
    /// Takes a host as people write it: `api.example.com`, `*.example.com`, `127.0.0.1:8080`; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.strip_prefix("*.").unwrap_or(text);
        let host = !name.is_empty() && !name.contains(['*', '/', '@', ' ', '?', '#']);
        host.then(|| Self(text.to_ascii_lowercase()))
    }

    /// As it was written, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a URL's host and port are meant. `port` is the one that will be dialled, `usual` the scheme's own.
    pub fn admits(&self, host: &str, port: u16, usual: u16) -> bool {
        let host = host.to_ascii_lowercase();
        let (pattern, wanted) = match self.0.rsplit_once(':') {
            Some((pattern, digits)) if !pattern.ends_with(':') => match digits.parse() {
                Ok(wanted) => (pattern, wanted),
                Err(_) => (self.0.as_str(), usual),
            },
            _ => (self.0.as_str(), usual),
        };
        let named = match pattern.strip_prefix("*.") {
            Some(below) => host
                .strip_suffix(below)
                .is_some_and(|left| left.ends_with('.')),
            None => host == pattern,
        };
        named && port == wanted
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 64 * 1024 * 1024,
            deadline: Duration::from_secs(10),
            concurrency: 32,
            answer: 8 * 1024 * 1024,
        }
    }
}

impl Default for Rates {
    fn default() -> Self {
        let minute = |count| Rate {
            count,
            per: Duration::from_secs(60),
        };
        Self {
            http: Some(minute(600)),
            inbound: Some(minute(600)),
            log: Some(minute(600)),
        }
    }
}

impl Default for KvGrant {
    fn default() -> Self {
        Self {
            namespace: None,
            max_bytes: 1024 * 1024,
            max_keys: 1000,
        }
    }
}

impl Default for MediaGrant {
    fn default() -> Self {
        Self {
            read: true,
            write: Write::Denied,
            max_bytes: 20 * 1024 * 1024,
        }
    }
}

impl Default for TimersGrant {
    fn default() -> Self {
        Self {
            max_pending: 100,
            min_interval: Duration::from_secs(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(pattern: &str, host: &str, port: u16) -> bool {
        HostPattern::parse(pattern)
            .expect("a host")
            .admits(host, port, 443)
    }

    #[test]
    fn a_host_is_itself_and_at_its_own_port() {
        assert!(admits("api.example.com", "API.example.com", 443));
        assert!(!admits("api.example.com", "api.example.com", 8443));
        assert!(!admits("api.example.com", "evil-api.example.com", 443));
        assert!(!admits("api.example.com", "api.example.com.evil.net", 443));
        assert!(admits("127.0.0.1:9000", "127.0.0.1", 9000));
        assert!(admits("[::1]:9000", "[::1]", 9000));
    }

    #[test]
    fn a_star_is_for_names_below_and_never_for_the_name() {
        assert!(admits("*.example.com", "a.b.example.com", 443));
        assert!(!admits("*.example.com", "example.com", 443));
        assert!(!admits("*.example.com", "badexample.com", 443));
        assert!(
            ["", "*", "a/b", "*.*", "u@h"]
                .iter()
                .all(|text| HostPattern::parse(text).is_none())
        );
    }
}
