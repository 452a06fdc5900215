//! The origin of an upstream as it is written: scheme, host and port.
//!
//! It never resolves or connects. The one surprise: a path is refused,
//! because the target of a request is forwarded byte for byte and there is no place to put it; a lone last slash is not one.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use super::suggest::nearest;

/// How an upstream is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `http://`: HTTP/1.1 in clear.
    Http,
    /// `https://`: TLS, HTTP/2 when ALPN offers it.
    Https,
    /// `h2c://`: HTTP/2 in clear with prior knowledge.
    H2c,
}

/// Origin of an upstream: scheme, host and port, nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UpstreamUrl {
    /// How it is spoken to.
    pub scheme: Scheme,
    /// Host name or address; an IPv6 address without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// Why a text is no upstream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// No `://`.
    #[error("an upstream starts with http://, https:// or h2c://")]
    NoScheme,
    /// A scheme that is not spoken.
    #[error("`{0}` is not a scheme this proxy speaks")]
    Scheme(String),
    /// `user@` or `user:password@`.
    #[error("an upstream carries no user or password")]
    UserInfo,
    /// Something after the port.
    #[error("an upstream has no path, query or fragment: requests are forwarded with their own")]
    Path,
    /// Not a host name and not an address.
    #[error("`{0}` is not a host")]
    Host(String),
    /// Not a number from 1 to 65535.
    #[error("`{0}` is not a port")]
    Port(String),
}

impl Scheme {
    const ALL: [Scheme; 3] = [Scheme::Http, Scheme::Https, Scheme::H2c];

    /// As it is written before `://`.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::H2c => "h2c",
        }
    }

    /// The port that is meant when none is written.
    pub fn default_port(self) -> u16 {
        match self {
            Scheme::Http | Scheme::H2c => 80,
            Scheme::Https => 443,
        }
    }
}

impl UpstreamError {
    /// What to write instead of `written`.
    pub(super) fn help(&self, written: &str) -> String {
        match self {
            UpstreamError::NoScheme
                if format!("http://{written}").parse::<UpstreamUrl>().is_ok() =>
            {
                format!("write \"http://{written}\"")
            }
            UpstreamError::Scheme(scheme) => match nearest(scheme, Scheme::ALL.map(Scheme::as_str))
            {
                Some(meant) => format!("did you mean {meant}://?"),
                None => "write http://, https:// or h2c://".into(),
            },
            UpstreamError::Path => match origin(written) {
                Some(origin) => format!("write \"{origin}\""),
                None => "write scheme, host and port only".into(),
            },
            UpstreamError::UserInfo => "write scheme, host and port only".into(),
            UpstreamError::Port(_) => "write a port from 1 to 65535".into(),
            UpstreamError::NoScheme | UpstreamError::Host(_) => {
                "for example \"http://127.0.0.1:18789\"".into()
            }
        }
    }
}

impl FromStr for UpstreamUrl {
    type Err = UpstreamError;

    fn from_str(text: &str) -> Result<Self, UpstreamError> {
        let (scheme, rest) = text.split_once("://").ok_or(UpstreamError::NoScheme)?;
        let known = Scheme::ALL
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(scheme));
        let scheme = known.ok_or_else(|| UpstreamError::Scheme(super::read::brief(scheme)))?;
        // A lone slash at the end is how browsers show an origin, and it means nothing more.
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let authority = rest
            .find(['/', '?', '#', '\\'])
            .map_or(rest, |end| &rest[..end]);
        if authority.contains('@') {
            return Err(UpstreamError::UserInfo);
        }
        if authority.len() < rest.len() {
            return Err(UpstreamError::Path);
        }
        let (host, port) = split_port(authority);
        Ok(UpstreamUrl {
            scheme,
            host: parse_host(host)?,
            port: parse_port(port, scheme)?,
        })
    }
}

impl Display for UpstreamUrl {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let UpstreamUrl { scheme, host, port } = self;
        let scheme = scheme.as_str();
        if host.contains(':') {
            write!(f, "{scheme}://[{host}]:{port}")
        } else {
            write!(f, "{scheme}://{host}:{port}")
        }
    }
}

/// The origin at the start of a URL with a path.
fn origin(written: &str) -> Option<&str> {
    let after = written.find("://")? + 3;
    let end = written[after..].find(['/', '?', '#', '\\'])? + after;
    written[..end]
        .parse::<UpstreamUrl>()
        .is_ok()
        .then_some(&written[..end])
}

/// Host and port; the colons of a bracketed IPv6 address separate nothing.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn parse_host(host: &str) -> Result<String, UpstreamError> {
    match url::Host::parse(host) {
        Ok(url::Host::Ipv6(address)) => Ok(address.to_string()),
        Ok(host) => Ok(host.to_string()),
        Err(_) => Err(UpstreamError::Host(super::read::brief(host))),
    }
}

fn parse_port(port: Option<&str>, scheme: Scheme) -> Result<u16, UpstreamError> {
    let Some(port) = port else {
        return Ok(scheme.default_port());
    };
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let number = port.parse().ok().filter(|&number| number > 0 && digits);
    number.ok_or_else(|| UpstreamError::Port(super::read::brief(port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let shown = text
            .parse::<UpstreamUrl>()
            .map_or_else(|error| error.to_string(), |url| url.to_string());
        assert_eq!(shown, expect);
    }

    #[test]
    fn an_origin_is_shown_as_it_is_meant() {
        check("http://127.0.0.1:18789", "http://127.0.0.1:18789");
        check(
            "https://Legacy.Example.com/",
            "https://legacy.example.com:443",
        );
        check("h2c://[::1]:50051", "h2c://[::1]:50051");
        check("http://[::1]", "http://[::1]:80");
        check("http://bücher.example", "http://xn--bcher-kva.example:80");
    }

    #[test]
    fn what_is_shown_parses_to_the_same() {
        for text in ["http://127.0.0.1:1", "https://a.b:443", "h2c://[fe80::1]:9"] {
            let url: UpstreamUrl = text.parse().unwrap();
            assert_eq!(url.to_string().parse(), Ok(url));
        }
    }

    #[test]
    fn everything_else_is_named_for_what_it_is() {
        check(
            "127.0.0.1:80",
            "an upstream starts with http://, https:// or h2c://",
        );
        check("ws://a", "`ws` is not a scheme this proxy speaks");
        check(
            "http://a/b",
            "an upstream has no path, query or fragment: requests are forwarded with their own",
        );
        check(
            "http://a//",
            "an upstream has no path, query or fragment: requests are forwarded with their own",
        );
        check("http://u:p@a", "an upstream carries no user or password");
        check("http://", "`` is not a host");
        check("http://a b", "`a b` is not a host");
        check("http://a:0", "`0` is not a port");
        check("http://a:+80", "`+80` is not a port");
        check("http://a:", "`` is not a port");
        check("http://::1:80", "`::1` is not a host");
    }
}
