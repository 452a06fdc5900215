//! `gateway`: who may speak to the legacy.

use crate::Secret;

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
    /// `gateway.controlUi.allowInsecureAuth` or its like: the control UI without a device over plain HTTP.
    pub insecure_control_ui: bool,
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
