//! Whether a URL parser accepts the host part of a target.
//!
//! Only the common shapes are judged: names of ASCII letters, digits, `-`, `_` and `.`, and addresses. It knows nothing
//! of routing by host. The one surprise: everything else counts as unacceptable, even where a URL parser could read it,
//! because a wrong yes would route a request that the legacy refuses, while a wrong no only leaves it to the legacy.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether `authority`, `[userinfo@]host[:port]`, is one that every URL parser accepts.
pub(super) fn is_plain(authority: &str) -> bool {
    let host_port = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = split_port(host_port);
    is_port(port) && is_host(host)
}

/// Splits off what follows the colon after the host; an IPv6 address keeps its brackets.
pub(super) fn split_port(host_port: &str) -> (&str, &str) {
    let name_end = if host_port.starts_with('[') {
        host_port.find(']')
    } else {
        Some(0)
    };
    let colon = name_end.and_then(|end| host_port[end..].find(':').map(|at| end + at));
    colon.map_or((host_port, ""), |at| {
        (&host_port[..at], &host_port[at + 1..])
    })
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit())
        && (port.is_empty() || port.parse::<u16>().is_ok())
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let last = host
        .strip_suffix('.')
        .unwrap_or(host)
        .rsplit('.')
        .next()
        .unwrap_or_default();
    if is_number(last) {
        host.parse::<Ipv4Addr>().is_ok()
    } else {
        is_name(host)
    }
}

/// A name that ends in a number is taken for an IPv4 address, whatever comes before.
fn is_number(label: &str) -> bool {
    let hex = label
        .strip_prefix("0x")
        .or_else(|| label.strip_prefix("0X"));
    match hex {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

fn is_name(host: &str) -> bool {
    !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && !host.split('.').any(is_punycode)
}

fn is_punycode(label: &str) -> bool {
    label
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("xn--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(authority: &str, expect: bool) {
        assert_eq!(is_plain(authority), expect, "{authority}");
    }

    #[test]
    fn names_and_addresses_are_plain() {
        for authority in [
            "x",
            "X.example",
            "a_b-c.d.",
            "x:80",
            "x:",
            "u:p@x:1",
            "1.2.3.4",
            "[::1]",
            "[::1]:80",
            "..",
        ] {
            check(authority, true);
        }
    }

    #[test]
    fn what_a_url_parser_refuses_is_not_plain() {
        for authority in [
            "",
            ":80",
            "u@",
            "x:65536",
            "x:+1",
            "a b",
            "1.2.3.400",
            "a.0x",
            "[::1",
            "[1]",
            "x%00",
            "a:b:1",
        ] {
            check(authority, false);
        }
    }

    #[test]
    fn what_needs_idna_is_left_to_the_legacy() {
        for authority in ["b\u{fc}cher.example", "xn--bcher-kva.example", "a.XN--x"] {
            check(authority, false);
        }
    }
}
