//! Which addresses belong to the public internet.
//!
//! The figures are IANA's two special-purpose registries (2024-07), with multicast, which has a registry of its own. The
//! surprise: an IPv6 address may carry an IPv4 one, and a relay on the way unpacks it, so what is carried is judged as
//! well, and an address that carries anything is refused even when that is public: no server that people link to has one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// A range that is not the public internet's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Special {
    /// Its first address and length.
    pub range: IpNet,
    /// What it is for.
    pub purpose: &'static str,
    /// Where that is written.
    pub source: &'static str,
}

/// The range that makes an address special; nothing for one of the public internet.
pub fn special(address: IpAddr) -> Option<Special> {
    let found = match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    };
    found.copied()
}

/// Whether an address is the public internet's.
pub fn is_public(address: IpAddr) -> bool {
    special(address).is_none()
}

fn special_v4(address: Ipv4Addr) -> Option<&'static Special> {
    V4.iter()
        .find(|special| special.range.contains(&IpAddr::V4(address)))
}

fn special_v6(address: Ipv6Addr) -> Option<&'static Special> {
    let listed = V6
        .iter()
        .find(|special| special.range.contains(&IpAddr::V6(address)));
    // Outside 2000::/3 nothing is given to anybody.
    listed.or_else(|| (address.segments()[0] & 0xe000 != 0x2000).then_some(&UNALLOCATED))
}

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length))
}

const fn v6(segments: [u16; 8], length: u8) -> IpNet {
    let [a, b, c, d, e, f, g, h] = segments;
    IpNet::V6(Ipv6Net::new_assert(
        Ipv6Addr::new(a, b, c, d, e, f, g, h),
        length,
    ))
}

const fn row(range: IpNet, purpose: &'static str, source: &'static str) -> Special {
    Special {
        range,
        purpose,
        source,
    }
}

const UNALLOCATED: Special = row(v6([0, 0, 0, 0, 0, 0, 0, 0], 0), "not allocated", "RFC 4291");

/// IPv4. Of 192.0.0.0/24 the registry calls two addresses reachable; they are anycast services of one's own network.
const V4: &[Special] = &[
    row(v4(0, 0, 0, 0, 8), "this network", "RFC 791"),
    row(v4(10, 0, 0, 0, 8), "private use", "RFC 1918"),
    row(v4(100, 64, 0, 0, 10), "shared address space", "RFC 6598"),
    row(v4(127, 0, 0, 0, 8), "loopback", "RFC 1122"),
    row(
        v4(169, 254, 0, 0, 16),
        "link local, cloud metadata",
        "RFC 3927",
    ),
    row(v4(172, 16, 0, 0, 12), "private use", "RFC 1918"),
    row(v4(192, 0, 0, 0, 24), "protocol assignments", "RFC 6890"),
    row(v4(192, 0, 2, 0, 24), "documentation", "RFC 5737"),
    row(v4(192, 31, 196, 0, 24), "AS112", "RFC 7535"),
    row(v4(192, 52, 193, 0, 24), "AMT", "RFC 7450"),
    row(v4(192, 88, 99, 0, 24), "6to4 relay", "RFC 7526"),
    row(v4(192, 168, 0, 0, 16), "private use", "RFC 1918"),
    row(v4(192, 175, 48, 0, 24), "AS112", "RFC 7534"),
    row(v4(198, 18, 0, 0, 15), "benchmarking", "RFC 2544"),
    row(v4(198, 51, 100, 0, 24), "documentation", "RFC 5737"),
    row(v4(203, 0, 113, 0, 24), "documentation", "RFC 5737"),
    row(v4(224, 0, 0, 0, 4), "multicast", "RFC 5771"),
    row(v4(240, 0, 0, 0, 4), "reserved, broadcast", "RFC 1112"),
];

/// IPv6.
const V6: &[Special] = &[
    row(v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified", "RFC 4291"),
    row(v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback", "RFC 4291"),
    row(
        v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96),
        "mapped IPv4",
        "RFC 4291",
    ),
    row(
        v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96),
        "translated IPv4",
        "RFC 2765",
    ),
    row(
        v6([0, 0, 0, 0, 0, 0, 0, 0], 96),
        "compatible IPv4",
        "RFC 4291",
    ),
    row(
        v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96),
        "NAT64",
        "RFC 6052",
    ),
    row(
        v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),
        "local NAT64",
        "RFC 8215",
    ),
    row(v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), "discard", "RFC 6666"),
    row(
        v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64),
        "dummy prefix",
        "RFC 9780",
    ),
    row(v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), "Teredo", "RFC 4380"),
    row(
        v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
        "protocol assignments",
        "RFC 2928",
    ),
    row(
        v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
        "documentation",
        "RFC 3849",
    ),
    row(v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), "6to4", "RFC 3056"),
    row(
        v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48),
        "AS112",
        "RFC 7534",
    ),
    row(
        v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
        "documentation",
        "RFC 9637",
    ),
    row(
        v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16),
        "SRv6 segments",
        "RFC 9602",
    ),
    row(
        v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
        "unique local",
        "RFC 4193",
    ),
    row(
        v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
        "link local",
        "RFC 4291",
    ),
    row(
        v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10),
        "site local",
        "RFC 3879",
    ),
    row(
        v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
        "multicast",
        "RFC 4291",
    ),
];

/// An interface identifier that carries IPv4, under any prefix: ISATAP (RFC 5214).
pub(crate) fn is_isatap(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    matches!(segments[4] & !0x0200, 0) && segments[5] == 0x5efe
}

#[cfg(test)]
mod tests;
