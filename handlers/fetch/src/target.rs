//! What a URL means: one scheme, one host, one port, checked against a policy.
//!
//! Spelling is the `url` crate's business, which reads hosts as browsers and Node do; nothing here looks at the text
//! itself, because a second reader would read it another way. It neither resolves nor connects. The surprise: the
//! host is judged before credentials and port, so that an internal host is called by its name whatever else is wrong.

#[cfg(test)]
mod spellings;

use std::net::IpAddr;

use url::{Host, Position, Url};

use crate::{FetchError, Policy};

/// A URL that a policy lets through, as far as can be said without asking a resolver.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) url: Url,
    pub(crate) place: Place,
    pub(crate) port: u16,
    pub(crate) wrap: Wrap,
}

/// Where a target is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A name in lower case and ASCII, without a dot at the end.
    Name(String),
    /// An address that the policy lets through.
    Address(IpAddr),
}

/// What the connection is wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrap {
    /// `http`
    Plain,
    /// `https`
    Tls,
}

impl Target {
    /// Reads a URL as browsers do.
    pub(crate) fn parse(text: &str, policy: &Policy) -> Result<Self, FetchError> {
        Self::check(Url::parse(text)?, policy)
    }

    /// Reads what a redirect says, relative to here.
    pub(crate) fn join(&self, location: &str, policy: &Policy) -> Result<Self, FetchError> {
        Self::check(self.url.join(location)?, policy)
    }

    fn check(mut url: Url, policy: &Policy) -> Result<Self, FetchError> {
        let wrap = wrap_of(&url)?;
        let place = place_of(&url, policy)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Credentials);
        }
        let port = url.port_or_known_default().ok_or(FetchError::Scheme)?;
        if !policy.permits_port(port) {
            return Err(FetchError::Port(port));
        }
        url.set_fragment(None);
        Ok(Self {
            url,
            place,
            port,
            wrap,
        })
    }

    /// The name or address, for people.
    pub(crate) fn host(&self) -> String {
        match &self.place {
            Place::Name(name) => name.clone(),
            Place::Address(address) => address.to_string(),
        }
    }

    /// What the `Host` header says: the port only when it is not the scheme's own.
    pub(crate) fn authority(&self) -> &str {
        &self.url[Position::BeforeHost..Position::AfterPort]
    }

    /// Path and query, as they are asked for.
    pub(crate) fn path(&self) -> &str {
        &self.url[Position::BeforePath..Position::AfterQuery]
    }

    /// Whether both are one origin: what was meant for one may be sent to the other.
    pub(crate) fn same_origin(&self, other: &Self) -> bool {
        self.url.origin() == other.url.origin()
    }
}

fn wrap_of(url: &Url) -> Result<Wrap, FetchError> {
    match url.scheme() {
        "http" => Ok(Wrap::Plain),
        "https" => Ok(Wrap::Tls),
        _ => Err(FetchError::Scheme),
    }
}

fn place_of(url: &Url, policy: &Policy) -> Result<Place, FetchError> {
    match url.host().ok_or(FetchError::Scheme)? {
        Host::Domain(name) => name_of(name, policy),
        Host::Ipv4(address) => address_of(address.into(), policy),
        Host::Ipv6(address) => address_of(address.into(), policy),
    }
}

/// One dot at the end means that the name is whole, as it is here anyway. More are an empty label.
fn name_of(written: &str, policy: &Policy) -> Result<Place, FetchError> {
    let name = written.strip_suffix('.').unwrap_or(written);
    let is_whole = !name.split('.').any(str::is_empty);
    if is_whole && policy.permits_name(name) && policy.permits_host(name) {
        return Ok(Place::Name(name.to_owned()));
    }
    Err(FetchError::Hostname(written.to_owned()))
}

fn address_of(address: IpAddr, policy: &Policy) -> Result<Place, FetchError> {
    if let Some(range) = policy.refuses(address) {
        return Err(FetchError::Address { address, range });
    }
    if !policy.permits_host(&address.to_string()) {
        return Err(FetchError::Hostname(address.to_string()));
    }
    Ok(Place::Address(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str) -> String {
        let refused = Target::parse(url, &Policy::public());
        refused.map(|target| target.url).unwrap_err().to_string()
    }

    /// As the legacy's `web_fetch` was heard to say it.
    #[test]
    fn refusals_have_the_legacys_words() {
        for url in [
            "http://[::ffff:7f00:1]/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0.0.0.0/",
            "http://10.1.2.3/",
            "http://169.254.169.254/",
            "http://[::1]/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://a@127.0.0.1/",
        ] {
            let said = "Blocked: private/internal IP address";
            assert_eq!(refusal(url), said, "{url}");
        }
        for (url, host) in [
            ("http://localhost:1/", "localhost"),
            ("http://localhost./", "localhost."),
            ("http://printer.local/", "printer.local"),
            (
                "http://metadata.google.internal/",
                "metadata.google.internal",
            ),
        ] {
            assert_eq!(refusal(url), format!("Blocked hostname: {host}"));
        }
        let said = "Invalid URL: must be http or https";
        assert_eq!(refusal("ftp://example.com/"), said);
    }

    #[test]
    fn a_target_is_told_apart_by_its_origin() {
        let target = |url: &str| Target::parse(url, &Policy::public()).unwrap();
        let here = target("http://a.example/1#part");
        assert_eq!(here.url.as_str(), "http://a.example/1");
        assert!(here.same_origin(&target("http://A.example:80/2")));
        assert!(!here.same_origin(&target("https://a.example/1")));
        assert!(!here.same_origin(&target("http://b.example/1")));
    }
}
