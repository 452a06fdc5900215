//! Says whether an address belongs to the public internet.
//!
//! The table is IANA's two special-purpose address registries, with multicast, the old experimental class and those
//! IPv6 forms that carry an IPv4 address inside. It knows no policy: a range that the registry calls globally reachable
//! is special here too, because an anycast address of it is answered by the nearest router, which is ours. The surprise:
//! of the forms that carry an IPv4 address only NAT64's can be public, and is when the address inside is; networks
//! without IPv4 reach half of the web by it. Nobody has an honest use for the others in an address to be fetched from.
//! A NAT64 prefix that a network chose for itself looks like any other address; such a network has to filter by itself.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// What [`judge`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// An address that belongs to one host anywhere on the internet.
    Public,
    /// An address with a meaning of its own: this host, this network, many hosts or none.
    Special(&'static Range),
}

/// A range of addresses with a meaning of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// First address and length.
    pub net: IpNet,
    /// The document that reserves it.
    pub rfc: &'static str,
    /// What it is for.
    pub why: &'static str,
}

/// Judges one address; the narrowest range that holds it is named.
pub fn judge(address: IpAddr) -> Verdict {
    let range = narrowest(address);
    match (range, address) {
        (Some(range), IpAddr::V6(v6)) if range.net == NAT64.net => judge_nat64(v6),
        (Some(range), _) => Verdict::Special(range),
        (None, IpAddr::V4(_)) => Verdict::Public,
        (None, IpAddr::V6(v6)) => judge_unlisted(v6),
    }
}

fn narrowest(address: IpAddr) -> Option<&'static Range> {
    RANGES
        .iter()
        .filter(|range| range.net.contains(&address))
        .max_by_key(|range| range.net.prefix_len())
}

fn judge_nat64(address: Ipv6Addr) -> Verdict {
    let [.., a, b, c, d] = address.octets();
    match judge(Ipv4Addr::new(a, b, c, d).into()) {
        Verdict::Public => Verdict::Public,
        Verdict::Special(_) => Verdict::Special(&NAT64),
    }
}

/// What no registry lists is public only where IANA has given out addresses at all. The rest is used in private, by
/// overlay networks for example.
fn judge_unlisted(address: Ipv6Addr) -> Verdict {
    // ISATAP: any prefix, then 0000:5efe or 0200:5efe, then an IPv4 address.
    if matches!(address.segments(), [_, _, _, _, 0 | 0x200, 0x5efe, ..]) {
        return Verdict::Special(&ISATAP);
    }
    if address.octets()[0] >> 5 == 0b001 {
        return Verdict::Public;
    }
    Verdict::Special(&UNALLOCATED)
}

impl Verdict {
    /// Whether it is [`Verdict::Public`].
    pub fn is_public(self) -> bool {
        self == Self::Public
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.net, self.why, self.rfc)
    }
}

const fn v4(octets: [u8; 4], length: u8, rfc: &'static str, why: &'static str) -> Range {
    let [a, b, c, d] = octets;
    let net = Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length);
    Range {
        net: IpNet::V4(net),
        rfc,
        why,
    }
}

const fn v6(start: [u16; 8], length: u8, rfc: &'static str, why: &'static str) -> Range {
    let [a, b, c, d, e, f, g, h] = start;
    let net = Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), length);
    Range {
        net: IpNet::V6(net),
        rfc,
        why,
    }
}

static NAT64: Range = v6(
    [0x64, 0xff9b, 0, 0, 0, 0, 0, 0],
    96,
    "RFC 6052",
    "NAT64 of an address that is not public",
);
static ISATAP: Range = v6([0; 8], 0, "RFC 5214", "ISATAP");
static UNALLOCATED: Range = v6([0; 8], 0, "RFC 3587", "not global unicast");

/// The registries in their own order, then what they leave out.
#[rustfmt::skip]
static RANGES: &[Range] = &[
    v4([0, 0, 0, 0], 8, "RFC 791", "this network"),
    v4([0, 0, 0, 0], 32, "RFC 1122", "this host"),
    v4([10, 0, 0, 0], 8, "RFC 1918", "private use"),
    v4([100, 64, 0, 0], 10, "RFC 6598", "shared address space of carriers"),
    v4([127, 0, 0, 0], 8, "RFC 1122", "loopback"),
    // In no registry: Azure answers each machine there with what is private to it.
    v4([168, 63, 129, 16], 32, "Azure", "a cloud's host"),
    v4([169, 254, 0, 0], 16, "RFC 3927", "link local, clouds' metadata"),
    v4([172, 16, 0, 0], 12, "RFC 1918", "private use"),
    v4([192, 0, 0, 0], 24, "RFC 6890", "protocol assignments"),
    v4([192, 0, 0, 0], 29, "RFC 7335", "IPv4 service continuity"),
    v4([192, 0, 0, 8], 32, "RFC 7600", "IPv4 dummy address"),
    v4([192, 0, 0, 9], 32, "RFC 7723", "port control anycast"),
    v4([192, 0, 0, 10], 32, "RFC 8155", "TURN anycast"),
    v4([192, 0, 0, 170], 32, "RFC 8880", "NAT64 discovery"),
    v4([192, 0, 0, 171], 32, "RFC 8880", "NAT64 discovery"),
    v4([192, 0, 2, 0], 24, "RFC 5737", "documentation"),
    v4([192, 31, 196, 0], 24, "RFC 7535", "AS112"),
    v4([192, 52, 193, 0], 24, "RFC 7450", "multicast tunnels"),
    v4([192, 88, 99, 0], 24, "RFC 7526", "6to4 relay anycast"),
    v4([192, 88, 99, 2], 32, "RFC 6751", "6a44 relay anycast"),
    v4([192, 168, 0, 0], 16, "RFC 1918", "private use"),
    v4([192, 175, 48, 0], 24, "RFC 7534", "AS112, direct delegation"),
    v4([198, 18, 0, 0], 15, "RFC 2544", "benchmarks"),
    v4([198, 51, 100, 0], 24, "RFC 5737", "documentation"),
    v4([203, 0, 113, 0], 24, "RFC 5737", "documentation"),
    v4([240, 0, 0, 0], 4, "RFC 1112", "reserved, class E"),
    v4([255, 255, 255, 255], 32, "RFC 919", "limited broadcast"),

    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, "RFC 4291", "loopback"),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128, "RFC 4291", "unspecified"),
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, "RFC 4291", "mapped IPv4"),
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, "RFC 6052", "NAT64"),
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "RFC 8215", "NAT64, local"),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "RFC 6666", "discarded"),
    v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64, "RFC 9780", "IPv6 dummy prefix"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "RFC 2928", "protocol assignments"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, "RFC 4380", "Teredo"),
    v6([0x2001, 1, 0, 0, 0, 0, 0, 1], 128, "RFC 7723", "port control anycast"),
    v6([0x2001, 1, 0, 0, 0, 0, 0, 2], 128, "RFC 8155", "TURN anycast"),
    v6([0x2001, 1, 0, 0, 0, 0, 0, 3], 128, "RFC 9665", "service registration anycast"),
    v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48, "RFC 5180", "benchmarks"),
    v6([0x2001, 3, 0, 0, 0, 0, 0, 0], 32, "RFC 7450", "multicast tunnels"),
    v6([0x2001, 4, 0x112, 0, 0, 0, 0, 0], 48, "RFC 7535", "AS112"),
    v6([0x2001, 0x10, 0, 0, 0, 0, 0, 0], 28, "RFC 4843", "ORCHID"),
    v6([0x2001, 0x20, 0, 0, 0, 0, 0, 0], 28, "RFC 7343", "ORCHIDv2"),
    v6([0x2001, 0x30, 0, 0, 0, 0, 0, 0], 28, "RFC 9374", "drones' identities"),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "RFC 3849", "documentation"),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "RFC 3056", "6to4"),
    v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, "RFC 7534", "AS112, direct delegation"),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "RFC 9637", "documentation"),
    v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, "RFC 9602", "segment routing"),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "RFC 4193", "unique local"),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "RFC 4291", "link local"),

    v4([224, 0, 0, 0], 4, "RFC 5771", "multicast"),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 96, "RFC 4291", "compatible IPv4"),
    v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96, "RFC 2765", "translated IPv4"),
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, "RFC 3879", "site local"),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "RFC 4291", "multicast"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Range, the verdict on the address before its first one, and on the address after its last one; `-` where
    /// addresses end.
    #[rustfmt::skip]
    const TABLE: &[(&str, &str, &str)] = &[
        ("0.0.0.0/8", "-", "public"),
        ("0.0.0.0/32", "-", "0.0.0.0/8"),
        ("10.0.0.0/8", "public", "public"),
        ("100.64.0.0/10", "public", "public"),
        ("127.0.0.0/8", "public", "public"),
        ("168.63.129.16/32", "public", "public"),
        ("169.254.0.0/16", "public", "public"),
        ("172.16.0.0/12", "public", "public"),
        ("192.0.0.0/24", "public", "public"),
        ("192.0.0.0/29", "public", "192.0.0.8/32"),
        ("192.0.0.8/32", "192.0.0.0/29", "192.0.0.9/32"),
        ("192.0.0.9/32", "192.0.0.8/32", "192.0.0.10/32"),
        ("192.0.0.10/32", "192.0.0.9/32", "192.0.0.0/24"),
        ("192.0.0.170/32", "192.0.0.0/24", "192.0.0.171/32"),
        ("192.0.0.171/32", "192.0.0.170/32", "192.0.0.0/24"),
        ("192.0.2.0/24", "public", "public"),
        ("192.31.196.0/24", "public", "public"),
        ("192.52.193.0/24", "public", "public"),
        ("192.88.99.0/24", "public", "public"),
        ("192.88.99.2/32", "192.88.99.0/24", "192.88.99.0/24"),
        ("192.168.0.0/16", "public", "public"),
        ("192.175.48.0/24", "public", "public"),
        ("198.18.0.0/15", "public", "public"),
        ("198.51.100.0/24", "public", "public"),
        ("203.0.113.0/24", "public", "public"),
        ("224.0.0.0/4", "public", "240.0.0.0/4"),
        ("240.0.0.0/4", "224.0.0.0/4", "-"),
        ("255.255.255.255/32", "240.0.0.0/4", "-"),

        ("::/128", "-", "::1/128"),
        ("::1/128", "::/128", "::/96"),
        ("::/96", "-", "::/0"),
        ("::ffff:0.0.0.0/96", "::/0", "::/0"),
        ("::ffff:0:0:0/96", "::/0", "::/0"),
        ("64:ff9b::/96", "::/0", "::/0"),
        ("64:ff9b:1::/48", "::/0", "::/0"),
        ("100::/64", "::/0", "100:0:0:1::/64"),
        ("100:0:0:1::/64", "100::/64", "::/0"),
        ("2001::/23", "public", "public"),
        ("2001::/32", "public", "2001::/23"),
        ("2001:1::1/128", "2001::/23", "2001:1::2/128"),
        ("2001:1::2/128", "2001:1::1/128", "2001:1::3/128"),
        ("2001:1::3/128", "2001:1::2/128", "2001::/23"),
        ("2001:2::/48", "2001::/23", "2001::/23"),
        ("2001:3::/32", "2001::/23", "2001::/23"),
        ("2001:4:112::/48", "2001::/23", "2001::/23"),
        ("2001:10::/28", "2001::/23", "2001:20::/28"),
        ("2001:20::/28", "2001:10::/28", "2001:30::/28"),
        ("2001:30::/28", "2001:20::/28", "2001::/23"),
        ("2001:db8::/32", "public", "public"),
        ("2002::/16", "public", "public"),
        ("2620:4f:8000::/48", "public", "public"),
        ("3fff::/20", "public", "public"),
        ("5f00::/16", "::/0", "::/0"),
        ("fc00::/7", "::/0", "::/0"),
        ("fe80::/10", "::/0", "fec0::/10"),
        ("fec0::/10", "fe80::/10", "ff00::/8"),
        ("ff00::/8", "fec0::/10", "-"),
    ];

    fn verdict(address: IpAddr) -> String {
        match judge(address) {
            Verdict::Public => "public".into(),
            Verdict::Special(range) => range.net.to_string(),
        }
    }

    /// Whether the address is special for the sake of this range, or of one inside it.
    fn within(address: IpAddr, net: IpNet) -> bool {
        matches!(judge(address), Verdict::Special(range) if net.contains(&range.net))
    }

    fn moved(address: IpAddr, by: i128) -> Option<IpAddr> {
        match address {
            IpAddr::V4(v4) => {
                let moved = u32::try_from(i128::from(u32::from(v4)) + by).ok()?;
                Some(Ipv4Addr::from(moved).into())
            }
            IpAddr::V6(v6) => {
                let moved = u128::from(v6).checked_add_signed(by)?;
                Some(Ipv6Addr::from(moved).into())
            }
        }
    }

    fn neighbour(address: IpAddr, by: i128) -> String {
        moved(address, by).map_or("-".into(), verdict)
    }

    #[test]
    fn the_ends_of_every_range_are_special_and_their_neighbours_are_as_listed() {
        for (text, before, after) in TABLE {
            let net: IpNet = text.parse().expect("a range");
            let (first, last) = (net.network(), net.broadcast());
            assert!(within(first, net), "{first} begins {text}");
            assert!(within(last, net), "{last} ends {text}");
            assert_eq!(&neighbour(first, -1), before, "before {text}");
            assert_eq!(&neighbour(last, 1), after, "after {text}");
        }
    }

    #[test]
    fn the_test_knows_every_range_and_no_other() {
        let nets = |texts: Vec<String>| {
            let mut nets: Vec<IpNet> = texts.iter().filter_map(|text| text.parse().ok()).collect();
            nets.sort();
            nets
        };
        let listed = RANGES.iter().map(|range| range.net.to_string()).collect();
        let tested = TABLE.iter().map(|(text, ..)| (*text).to_owned()).collect();
        assert_eq!(nets(listed), nets(tested));
        assert_eq!(RANGES.len(), TABLE.len());
    }

    fn check(address: &str, public: bool) {
        let parsed = address.parse().expect("an address");
        assert_eq!(judge(parsed).is_public(), public, "{address}");
    }

    #[test]
    fn an_ipv4_address_inside_an_ipv6_one_is_judged_or_refused() {
        for special in [
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:0:127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::8.8.8.8",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2a00:1450::5efe:10.0.0.1",
            "2a00:1450::200:5efe:10.0.0.1",
            "fe80::5efe:10.0.0.1",
        ] {
            check(special, false);
        }
        check("64:ff9b::8.8.8.8", true);
    }

    #[test]
    fn hosts_of_the_internet_are_public() {
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "93.184.216.34",
            "2606:4700::1111",
            "2a00:1450:4001:81d::200e",
        ] {
            check(public, true);
        }
    }

    #[test]
    fn addresses_that_nobody_was_given_are_not_public() {
        for odd in ["200::1", "400::1", "4000::1", "8000::1", "fe00::1", "1::1"] {
            check(odd, false);
        }
    }

    #[test]
    fn a_range_names_itself() {
        let Verdict::Special(range) = judge([10, 1, 2, 3].into()) else {
            panic!("private")
        };
        assert_eq!(range.to_string(), "10.0.0.0/8 (private use, RFC 1918)");
    }
}
