//! The `host` condition.
//!
//! It compares names and knows no addresses and no DNS. The one surprise: port, brackets and the dot at the end of a
//! fully qualified name do not count, because a client may leave each of them out.

use super::authority::split_port;

/// The `host` of a match, in lower case and without a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostPattern {
    /// The whole name.
    Exact(String),
    /// `*.example.com`, kept as `.example.com`: any name that ends so, at least one label before it.
    Suffix(String),
}

impl std::fmt::Display for HostPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::Suffix(suffix) => write!(f, "*{suffix}"),
        }
    }
}

impl HostPattern {
    /// Whether a bare name, see [`bare`], is one of these; case does not matter.
    pub(super) fn takes(&self, name: &str) -> bool {
        match self {
            Self::Exact(host) => bare(host).eq_ignore_ascii_case(name),
            Self::Suffix(suffix) => ends_with(name, suffix),
        }
    }

    /// Whether every name that `other` takes is one of these.
    pub(super) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Exact(host)) => self.takes(bare(host)),
            (Self::Suffix(suffix), Self::Suffix(longer)) => {
                suffix.eq_ignore_ascii_case(longer) || ends_with(longer, suffix)
            }
            (Self::Exact(_), Self::Suffix(_)) => false,
        }
    }
}

/// The name in a `Host` header or an authority: no user, port, brackets or final dot.
pub(super) fn bare(host: &str) -> &str {
    let host = host.rsplit('@').next().unwrap_or_default();
    let is_bare_v6 = !host.starts_with('[') && host.matches(':').count() > 1;
    let (name, _) = if is_bare_v6 {
        (host, "")
    } else {
        split_port(host)
    };
    let name = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .unwrap_or(name);
    name.strip_suffix('.').unwrap_or(name)
}

fn ends_with(name: &str, suffix: &str) -> bool {
    let suffix = suffix.strip_suffix('.').unwrap_or(suffix).as_bytes();
    let start = name.len().saturating_sub(suffix.len());
    start > 0 && name.as_bytes()[start..].eq_ignore_ascii_case(suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &HostPattern, host: &str, expect: bool) {
        assert_eq!(pattern.takes(bare(host)), expect, "{pattern:?} {host}");
    }

    #[test]
    fn names_compare_without_case_port_and_final_dot() {
        let pattern = HostPattern::Exact("example.com".to_owned());
        for host in [
            "example.com",
            "EXAMPLE.com:8080",
            "example.com.",
            "example.com.:80",
            "u@example.com",
        ] {
            check(&pattern, host, true);
        }
        for host in [
            "",
            "example.co",
            "a.example.com",
            "example.com..",
            "example.com.evil",
        ] {
            check(&pattern, host, false);
        }
    }

    #[test]
    fn addresses_compare_without_brackets() {
        for written in ["[::1]", "::1"] {
            let pattern = HostPattern::Exact(written.to_owned());
            check(&pattern, "[::1]:80", true);
            check(&pattern, "[::1]", true);
            check(&pattern, "[::2]:80", false);
        }
    }

    #[test]
    fn a_suffix_needs_a_label_before_it() {
        let pattern = HostPattern::Suffix(".example.com".to_owned());
        check(&pattern, "a.example.com", true);
        check(&pattern, "a.b.EXAMPLE.com.:1", true);
        check(&pattern, "example.com", false);
        check(&pattern, ".example.com", false);
        check(&pattern, "aexample.com", false);
        check(&pattern, "\u{fc}.example.com", true);
    }

    #[test]
    fn a_suffix_covers_what_is_below_it() {
        let exact = |name: &str| HostPattern::Exact(name.to_owned());
        let suffix = |name: &str| HostPattern::Suffix(name.to_owned());
        assert!(suffix(".b.c").covers(&exact("a.b.c")));
        assert!(suffix(".c").covers(&suffix(".b.c")));
        assert!(suffix(".c").covers(&suffix(".C")));
        assert!(!suffix(".b.c").covers(&suffix(".c")));
        assert!(!exact("a.b.c").covers(&suffix(".b.c")));
    }
}
