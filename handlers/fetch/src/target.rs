//! From the address that somebody wrote to the one that is meant.
//!
//! It asks nobody. The spelling is read as browsers and Node read it (WHATWG, the `url` crate), so that what is judged is
//! what is fetched: `0x7f.1`, `2130706433`, `127。0。0。1` and `localhost.` are all the same host. The surprise: names
//! without a dot are refused; only an inside resolver knows them.

use std::net::IpAddr;

use url::{Host, Url};

use crate::{FetchError, Policy};

/// Names that stand for something inside, and everything below them.
const INSIDE: [&str; 11] = [
    "localhost",
    "local",
    "internal",
    "localdomain",
    "lan",
    "home.arpa",
    "svc",
    "cluster.local",
    "metadata",
    "instance-data",
    "metadata.google.internal",
];

/// A checked address; what is not known yet is the name's addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
    /// The host as it is compared: lower case, no dot at its end.
    host: Meant,
    port: u16,
}

/// A host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meant {
    Name(String),
    Address(IpAddr),
}

impl Target {
    /// Checks an address.
    ///
    /// # Errors
    /// When it is refused whatever its name's addresses are.
    pub fn parse(text: &str, policy: &Policy) -> Result<Self, FetchError> {
        Self::of(Url::parse(text).map_err(|_| FetchError::Url)?, policy)
    }

    /// Checks where a redirect leads from here.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and when it gives up the protection of TLS.
    pub fn redirected(&self, location: &str, policy: &Policy) -> Result<Self, FetchError> {
        let url = self.url.join(location).map_err(|_| FetchError::Redirect)?;
        let next = Self::of(url, policy)?;
        match self.is_protected() && !next.is_protected() {
            true => Err(FetchError::Downgrade),
            false => Ok(next),
        }
    }

    fn of(url: Url, policy: &Policy) -> Result<Self, FetchError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Scheme(format!("{}:", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Credentials);
        }
        let host = meant(url.host().ok_or(FetchError::Url)?)?;
        let port = url.port_or_known_default().ok_or(FetchError::Url)?;
        check_host(&host, policy)?;
        if !policy.allows_port(port) {
            return Err(FetchError::Port(port));
        }
        Ok(Self { url, host, port })
    }

    /// The address as it was written, spelt as it is meant.
    pub fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn host(&self) -> &Meant {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn is_protected(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The address for people: a query may hold a secret.
    pub(crate) fn shown(&self) -> String {
        let mut url = self.url.clone();
        if url.query().is_some() {
            url.set_query(Some("…"));
        }
        url.set_fragment(None);
        url.to_string().replace("%E2%80%A6", "…")
    }

    pub(crate) fn is_same_origin(&self, other: &Self) -> bool {
        self.url.origin() == other.url.origin()
    }
}

fn meant(host: Host<&str>) -> Result<Meant, FetchError> {
    match host {
        Host::Ipv4(address) => Ok(Meant::Address(address.into())),
        Host::Ipv6(address) => Ok(Meant::Address(address.into())),
        Host::Domain(name) => match name.strip_suffix('.').unwrap_or(name) {
            "" => Err(FetchError::Url),
            name => Ok(Meant::Name(name.to_ascii_lowercase())),
        },
    }
}

fn check_host(host: &Meant, policy: &Policy) -> Result<(), FetchError> {
    match host {
        Meant::Address(address) if !policy.allows_host(&address.to_string()) => {
            Err(FetchError::Hostname(address.to_string()))
        }
        Meant::Address(address) if policy.allows_address(*address) => Ok(()),
        Meant::Address(address) => Err(FetchError::Address(*address)),
        Meant::Name(name) if policy.is_public() && is_inside(name) => {
            Err(FetchError::Hostname(name.clone()))
        }
        Meant::Name(name) if !policy.allows_host(name) => Err(FetchError::Hostname(name.clone())),
        Meant::Name(_) => Ok(()),
    }
}

/// Whether a name has a meaning of its own inside, or none outside.
fn is_inside(name: &str) -> bool {
    let below = |inside: &str| {
        let rest = name.strip_suffix(inside);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    !name.contains('.') || INSIDE.iter().any(|inside| below(inside))
}

#[cfg(test)]
mod tests;
