//! `gateway`: who may speak to the legacy, and where it listens.
//!
//! It must not know how a caller is checked. The surprise: an empty token is no token, and yet it keeps the
//! environment's from taking its place, because the legacy asks only whether the key is there.

use crate::key::Key;
use crate::{Environment, Secret};

/// Where the legacy listens unless it is told otherwise.
const PORT: u16 = 18789;

/// `gateway`.
#[derive(Debug, Clone, PartialEq)]
pub struct Gateway {
    /// How callers prove themselves.
    pub auth: Auth,
    /// `gateway.trustedProxies`, as written: addresses, and CIDRs (which only the native side understands).
    pub trusted_proxies: Vec<String>,
    /// Where the legacy listens.
    pub bind: Bind,
    /// Its port; 18789 unless it says otherwise.
    pub port: u16,
    /// `gateway.tailscale.mode`.
    pub tailscale: Tailscale,
    /// `gateway.controlUi.allowInsecureAuth`: the control UI without a device over plain HTTP.
    pub insecure_control_ui: bool,
    /// `gateway.http.endpoints`.
    pub endpoints: Endpoints,
}

/// `gateway.http.endpoints`: which interfaces the legacy answers. The path of one that is off is the control UI's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// `/v1/chat/completions`.
    pub chat_completions: Endpoint,
    /// `/v1/responses`.
    pub responses: Endpoint,
}

/// Whether an interface is on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Endpoint {
    /// The legacy answers it.
    On,
    /// The legacy does not know it, which is how it comes.
    #[default]
    Off,
}

/// `gateway.auth`, environment included.
#[derive(Debug, Clone, PartialEq)]
pub struct Auth {
    /// What is asked for.
    pub mode: Mode,
    /// The token, if there is one.
    pub token: Option<Secret>,
    /// The password, if there is one.
    pub password: Option<Secret>,
    /// Whether Tailscale's identity headers are believed after a whois.
    pub allow_tailscale: bool,
}

/// `gateway.auth.mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A shared token.
    Token,
    /// A password.
    Password,
}

/// `gateway.bind`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bind {
    /// 127.0.0.1, and ::1 where it can be had.
    Loopback,
    /// 0.0.0.0.
    Lan,
    /// The tailnet address, else loopback.
    Tailnet,
    /// Loopback, else 0.0.0.0.
    Auto,
    /// `gateway.customBindHost`, else 0.0.0.0.
    Custom(Option<String>),
}

/// `gateway.tailscale.mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tailscale {
    /// Not used.
    Off,
    /// Served to the tailnet.
    Serve,
    /// Served to the internet.
    Funnel,
}

impl Gateway {
    /// Takes `gateway`, with what the environment adds.
    pub(crate) fn of(gateway: &Key<'_>, environment: &Environment) -> Self {
        let tailscale = gateway.at("tailscale").at("mode").one_of(&TAILSCALE);
        let tailscale = tailscale.unwrap_or(Tailscale::Off);
        Self {
            auth: Auth::of(&gateway.at("auth"), tailscale, environment),
            trusted_proxies: gateway.at("trustedProxies").texts(),
            bind: Bind::of(gateway),
            port: port(&gateway.at("port"), environment),
            tailscale,
            insecure_control_ui: insecure(&gateway.at("controlUi")),
            endpoints: Endpoints::of(&gateway.at("http").at("endpoints")),
        }
    }
}

impl Endpoints {
    fn of(endpoints: &Key<'_>) -> Self {
        let endpoint = |name: &str| match endpoints.at(name).at("enabled").flag() {
            Some(true) => Endpoint::On,
            _ => Endpoint::Off,
        };
        Self {
            chat_completions: endpoint("chatCompletions"),
            responses: endpoint("responses"),
        }
    }
}

impl Auth {
    fn of(auth: &Key<'_>, tailscale: Tailscale, environment: &Environment) -> Self {
        let secret = |name: &str, variables: &[&str]| {
            let written = auth.at(name).text();
            let text = written.or_else(|| environment.first_set(variables));
            text.filter(|text| !text.is_empty()).map(Secret::new)
        };
        let token = secret("token", &TOKEN);
        let password = secret("password", &PASSWORD);
        let mode = auth.at("mode").one_of(&MODES);
        let mode = mode.unwrap_or(match password {
            Some(_) => Mode::Password,
            None => Mode::Token,
        });
        let served = tailscale == Tailscale::Serve && mode != Mode::Password;
        Self {
            mode,
            token,
            password,
            allow_tailscale: auth.at("allowTailscale").flag().unwrap_or(served),
        }
    }
}

impl Bind {
    fn of(gateway: &Key<'_>) -> Self {
        let host = gateway.at("customBindHost").text();
        match gateway.at("bind").one_of(&BINDS) {
            Some(Self::Custom(_)) => Self::Custom(host.map(str::to_owned)),
            Some(bind) => bind,
            None => Self::Loopback,
        }
    }
}

const TOKEN: [&str; 2] = ["OPENCLAW_GATEWAY_TOKEN", "CLAWDBOT_GATEWAY_TOKEN"];
const PASSWORD: [&str; 2] = ["OPENCLAW_GATEWAY_PASSWORD", "CLAWDBOT_GATEWAY_PASSWORD"];
const PORTS: [&str; 2] = ["OPENCLAW_GATEWAY_PORT", "CLAWDBOT_GATEWAY_PORT"];

const MODES: [(&str, Mode); 2] = [("token", Mode::Token), ("password", Mode::Password)];

const BINDS: [(&str, Bind); 5] = [
    ("auto", Bind::Auto),
    ("lan", Bind::Lan),
    ("loopback", Bind::Loopback),
    ("custom", Bind::Custom(None)),
    ("tailnet", Bind::Tailnet),
];

const TAILSCALE: [(&str, Tailscale); 3] = [
    ("off", Tailscale::Off),
    ("serve", Tailscale::Serve),
    ("funnel", Tailscale::Funnel),
];

/// The environment's port wins; what is no port there is passed over.
fn port(key: &Key<'_>, environment: &Environment) -> u16 {
    let written = key.whole().map(|port| match u16::try_from(port) {
        Ok(port) if port > 0 => port,
        _ => {
            key.wrong("must be a port from 1 to 65535");
            PORT
        }
    });
    let told = environment.first_filled(&PORTS).and_then(leading_port);
    told.or(written).unwrap_or(PORT)
}

/// The number that a text begins with, as JavaScript's `parseInt` reads it.
fn leading_port(text: &str) -> Option<u16> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_digit());
    let port = text[..end.unwrap_or(text.len())].parse().ok();
    port.filter(|port| *port > 0)
}

fn insecure(control_ui: &Key<'_>) -> bool {
    control_ui.at("allowInsecureAuth").flag() == Some(true)
}
