//! Which of the headers that the sidecar acts on are there, found in one pass.
//!
//! Most messages have none of them. Asking the map for each by name would hash a dozen names per request to learn just
//! that; one look at the first letters of the names that are there costs a fraction.

use http::HeaderMap;

/// A set of header kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Seen(u16);

/// One kind of header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Kind {
    /// `Connection`.
    Connection = 1,
    /// `Keep-Alive` and the `Proxy-*` that belong to one hop.
    Hop = 1 << 1,
    /// `TE`.
    Te = 1 << 2,
    /// `Upgrade`.
    Upgrade = 1 << 3,
    /// `Expect`.
    Expect = 1 << 4,
    /// `x-overgrow-*`.
    Ours = 1 << 5,
    /// `tailscale-*`.
    Tailscale = 1 << 6,
    /// `X-Forwarded-*`, `Forwarded`, `X-Real-IP`: they say who the client is.
    Claim = 1 << 7,
    /// `x-request-id`.
    RequestId = 1 << 8,
    /// `Transfer-Encoding`.
    TransferEncoding = 1 << 9,
}

impl Seen {
    /// Looks at every name once.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let kinds = headers.keys().filter_map(|name| Kind::of(name.as_str()));
        Self(kinds.fold(0, |seen, kind| seen | kind as u16))
    }

    /// Whether a header of one of these kinds is there.
    pub(super) fn has_any(self, kinds: &[Kind]) -> bool {
        kinds.iter().any(|kind| self.has(*kind))
    }

    /// Whether a header of that kind is there.
    pub(super) fn has(self, kind: Kind) -> bool {
        self.0 & kind as u16 != 0
    }
}

impl Kind {
    /// The kind of a header, by its name in lower case. An underscore counts as a hyphen in the names that say who the
    /// client is: what follows CGI's rules (WSGI, Rack, PHP) cannot tell the two spellings apart.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name.as_bytes().first()? {
            b'c' => (name == "connection").then_some(Self::Connection),
            b'e' => (name == "expect").then_some(Self::Expect),
            b'f' => (name == "forwarded").then_some(Self::Claim),
            b'k' => (name == "keep-alive").then_some(Self::Hop),
            b'p' => matches!(name, "proxy-connection" | "proxy-authorization").then_some(Self::Hop),
            b't' => Self::of_t(name),
            b'u' => (name == "upgrade").then_some(Self::Upgrade),
            b'x' => Self::of_x(name),
            _ => None,
        }
    }

    fn of_t(name: &str) -> Option<Self> {
        match name {
            "te" => Some(Self::Te),
            "transfer-encoding" => Some(Self::TransferEncoding),
            _ => begins(name, "tailscale-").then_some(Self::Tailscale),
        }
    }

    fn of_x(name: &str) -> Option<Self> {
        match name {
            "x-request-id" => Some(Self::RequestId),
            _ if name.len() == 9 && begins(name, "x-real-ip") => Some(Self::Claim),
            _ if begins(name, "x-forwarded-") => Some(Self::Claim),
            _ => begins(name, "x-overgrow-").then_some(Self::Ours),
        }
    }
}

/// Whether `name` begins with `start`, whichever way its hyphens are spelled.
fn begins(name: &str, start: &str) -> bool {
    let same = |(byte, expect): (u8, u8)| byte == expect || (byte == b'_' && expect == b'-');
    name.len() >= start.len() && name.bytes().zip(start.bytes()).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expect: Option<Kind>) {
        assert_eq!(Kind::of(name), expect, "{name}");
    }

    #[test]
    fn every_name_has_its_kind() {
        check("connection", Some(Kind::Connection));
        check("keep-alive", Some(Kind::Hop));
        check("proxy-connection", Some(Kind::Hop));
        check("proxy-authorization", Some(Kind::Hop));
        check("te", Some(Kind::Te));
        check("transfer-encoding", Some(Kind::TransferEncoding));
        check("tailscale-user-login", Some(Kind::Tailscale));
        check("upgrade", Some(Kind::Upgrade));
        check("expect", Some(Kind::Expect));
        check("forwarded", Some(Kind::Claim));
        check("x-real-ip", Some(Kind::Claim));
        check("x-forwarded-prefix", Some(Kind::Claim));
        check("x-request-id", Some(Kind::RequestId));
        check("x-overgrow-backend", Some(Kind::Ours));
        check("x_forwarded_for", Some(Kind::Claim));
        check("x-forwarded_for", Some(Kind::Claim));
        check("x_real_ip", Some(Kind::Claim));
        check("x-real-ipv6", None);
        check("tailscale_user_login", Some(Kind::Tailscale));
        check("content-type", None);
        check("proxy-authenticate", None);
        check("x-user", None);
    }

    #[test]
    fn a_set_has_what_was_seen_and_nothing_else() {
        let mut headers = HeaderMap::new();
        headers.insert("host", "h".parse().unwrap());
        assert_eq!(Seen::of(&headers), Seen::default());
        headers.insert("te", "trailers".parse().unwrap());
        assert!(Seen::of(&headers).has(Kind::Te));
        assert!(!Seen::of(&headers).has(Kind::Upgrade));
    }
}
