use super::*;

fn check(address: &str, expect: Option<&str>) {
    let found = special(address.parse().unwrap());
    assert_eq!(found.map(|special| special.purpose), expect, "{address}");
}

/// Each range by its first and last address, and the neighbours outside where those are public.
#[test]
fn every_range_is_special_from_its_first_address_to_its_last() {
    for special_range in V4.iter().chain(V6) {
        let range = special_range.range;
        for address in [range.network(), range.broadcast()] {
            assert!(!is_public(address), "{address} of {range}");
        }
    }
}

#[test]
fn the_neighbours_of_ipv4_ranges_are_public() {
    for address in [
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.31.195.255",
        "192.31.197.0",
        "192.52.192.255",
        "192.52.194.0",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "192.175.47.255",
        "192.175.49.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "8.8.8.8",
        "1.1.1.1",
    ] {
        check(address, None);
    }
}

#[test]
fn the_neighbours_of_ipv6_ranges_are_public_or_not_allocated() {
    for address in [
        "2001:200::",
        "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db9::",
        "2003::",
        "2620:4f:7fff::",
        "2620:4f:8001::",
        "3ffe:ffff::",
        "2606:4700:4700::1111",
        "2a00::",
    ] {
        check(address, None);
    }
    for address in [
        "64:ff9a::",
        "101::",
        "1fff::",
        "4000::",
        "5eff::",
        "fbff::",
        "fe00::",
        "fe7f::",
    ] {
        check(address, Some("not allocated"));
    }
}

#[test]
fn what_carries_ipv4_is_special_whatever_it_carries() {
    let forms = [
        ("::ffff:127.0.0.1", "mapped IPv4"),
        ("::ffff:8.8.8.8", "mapped IPv4"),
        ("::ffff:0:127.0.0.1", "translated IPv4"),
        ("::127.0.0.1", "compatible IPv4"),
        ("::7f00:1", "compatible IPv4"),
        ("64:ff9b::7f00:1", "NAT64"),
        ("64:ff9b:1::a00:1", "local NAT64"),
        ("2002:7f00:1::", "6to4"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"),
    ];
    for (address, expect) in forms {
        check(address, Some(expect));
    }
    for address in ["2a00::5efe:7f00:1", "2a00::200:5efe:a00:1"] {
        assert!(is_isatap(address.parse().unwrap()), "{address}");
    }
    assert!(!is_isatap("2a00::1:5efe:a00:1".parse().unwrap()));
}

#[test]
fn what_the_legacy_lets_through_is_special_here() {
    for address in [
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "fe90::1",
        "febf::1",
        "ff02::1",
        "0:0:0:0:0:0:0:1",
        "2001:db8::1",
    ] {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
}
