//! Where files may be fetched from, and whose token may be shown there.
//!
//! The host's own grant stands behind this list; the legacy's settings are the operator's word for it.

use url::Url;

/// Microsoft's own, as the legacy lists them.
const USUAL: [&str; 23] = [
    "graph.microsoft.com",
    "graph.microsoft.us",
    "graph.microsoft.de",
    "graph.microsoft.cn",
    "sharepoint.com",
    "sharepoint.us",
    "sharepoint.de",
    "sharepoint.cn",
    "sharepoint-df.com",
    "1drv.ms",
    "onedrive.com",
    "teams.microsoft.com",
    "teams.cdn.office.net",
    "statics.teams.cdn.office.net",
    "office.com",
    "office.net",
    "asm.skype.com",
    "ams.skype.com",
    "media.ams.skype.com",
    "trafficmanager.net",
    "blob.core.windows.net",
    "azureedge.net",
    "microsoft.com",
];

/// Hosts that may be asked, each with all below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    list: Vec<String>,
    /// Whether plain http is taken too: only where the services themselves are at such an address, on a test bench.
    plain: Vec<String>,
}

/// Whose token is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Microsoft Graph's.
    Graph,
    /// The Bot Framework's.
    Bot,
}

impl Hosts {
    /// Those the operator lists, or Microsoft's own. An address in `plain` may be asked without https.
    pub fn new(listed: Option<&[String]>, plain: &[&str]) -> Self {
        let listed: Vec<String> = listed
            .unwrap_or_default()
            .iter()
            .filter_map(|host| normal(host))
            .collect();
        let usual = || USUAL.map(str::to_owned).to_vec();
        Self {
            list: if listed.is_empty() { usual() } else { listed },
            plain: plain.iter().filter_map(|base| origin(base)).collect(),
        }
    }

    /// Whether a file may be fetched from there.
    pub fn admits(&self, address: &str) -> bool {
        let Ok(url) = Url::parse(address) else {
            return false;
        };
        if self.plain.contains(&url.origin().ascii_serialization()) {
            return true;
        }
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let bare = url.username().is_empty() && url.password().is_none();
        url.scheme() == "https" && bare && self.list.iter().any(|entry| covers(entry, &host))
    }
}

/// Which tokens are tried where a file is not given to a stranger, in this order.
pub fn scopes(address: &str) -> [Scope; 2] {
    let host = Url::parse(address)
        .ok()
        .and_then(|url| url.host_str().map(str::to_ascii_lowercase));
    let graph = host.is_some_and(|host| {
        host.ends_with("graph.microsoft.com")
            || host.ends_with("1drv.ms")
            || host.contains("sharepoint")
    });
    match graph {
        true => [Scope::Graph, Scope::Bot],
        false => [Scope::Bot, Scope::Graph],
    }
}

fn covers(entry: &str, host: &str) -> bool {
    entry == "*"
        || host == entry
        || host
            .strip_suffix(entry)
            .is_some_and(|head| head.ends_with('.'))
}

fn normal(host: &str) -> Option<String> {
    let host = host.trim().to_ascii_lowercase();
    let bare = match host.as_str() {
        "*" => "*",
        other => other
            .strip_prefix('*')
            .map_or(other, |rest| rest.strip_prefix('.').unwrap_or(rest)),
    };
    (!bare.is_empty()).then(|| bare.to_owned())
}

fn origin(base: &str) -> Option<String> {
    let url = Url::parse(base).ok()?;
    (url.scheme() == "http").then(|| url.origin().ascii_serialization())
}
