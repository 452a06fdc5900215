use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;

use super::*;
use crate::route::Dial;
use crate::route::arbitrary::Request;

fn check(sticky: &Sticky, request: &Request, by: Key) {
    let (first, seen) = sticky.draw("route", &request.head(), 1);
    let (second, _) = sticky.draw("route", &request.head(), 2);
    assert_eq!(seen, by, "{sticky:?}");
    let is_chance = matches!(by, Key::Request | Key::Missing);
    assert_eq!(first == second, !is_chance, "{sticky:?}");
}

#[test]
fn a_key_binds_and_its_absence_does_not() {
    let header = Sticky::Header(HeaderName::from_static("x-user"));
    let cookie = Sticky::Cookie("sid".to_owned());
    let query = Sticky::Query("user".to_owned());
    let plain = Request::get("/");
    check(&Sticky::Request, &plain, Key::Request);
    check(&Sticky::ClientIp, &plain, Key::ClientIp);
    for sticky in [&header, &cookie, &query] {
        check(sticky, &plain, Key::Missing);
    }
    check(
        &header,
        &Request::get("/").header("x-user", "ann"),
        Key::Header,
    );
    check(
        &header,
        &Request::get("/").header("x-user", ""),
        Key::Missing,
    );
    check(
        &cookie,
        &Request::get("/").header("cookie", "a=b; sid=1"),
        Key::Cookie,
    );
    check(
        &cookie,
        &Request::get("/")
            .header("cookie", "a=b")
            .header("cookie", "sid=1"),
        Key::Cookie,
    );
    check(
        &cookie,
        &Request::get("/").header("cookie", "xsid=1; sid2=1; sid="),
        Key::Missing,
    );
    check(
        &query,
        &Request {
            query: Some("a=b&us%65r=1"),
            ..Request::default()
        },
        Key::Query,
    );
    check(
        &query,
        &Request {
            query: Some("user="),
            ..Request::default()
        },
        Key::Missing,
    );
}

#[test]
fn the_draw_is_the_published_formula() {
    let (drawn, _) = Sticky::Header(HeaderName::from_static("x-user")).draw(
        "hooks.wake",
        &Request::get("/").header("x-user", "ann").head(),
        0,
    );
    assert_eq!(u64::from(drawn), xxh3_64(b"hooks.wakeann") % 10_000);
    let (fresh, _) = Sticky::Request.draw("hooks.wake", &Request::get("/").head(), 7);
    assert_eq!(
        u64::from(fresh),
        xxh3_64(b"hooks.wake\x07\0\0\0\0\0\0\0") % 10_000
    );
}

#[test]
fn a_mapped_address_is_the_same_client() {
    let v4 = Ipv4Addr::new(10, 1, 2, 3);
    let draw = |client: IpAddr| {
        Sticky::ClientIp.draw(
            "r",
            &Request {
                client,
                ..Request::default()
            }
            .head(),
            0,
        )
    };
    assert_eq!(draw(v4.into()), draw(v4.to_ipv6_mapped().into()));
}

#[test]
fn escapes_do_not_change_a_query_key() {
    let draw = |query| {
        Sticky::Query("u".to_owned()).draw(
            "r",
            &Request {
                query: Some(query),
                ..Request::default()
            }
            .head(),
            0,
        )
    };
    assert_eq!(draw("u=ann"), draw("u=%61n%6E"));
}

/// Five sigma of a binomial share: one false alarm in millions of key sets, and the keys are fixed.
fn check_share(hits: usize, tries: usize, share: f64) {
    let sigma = (tries as f64 * share * (1.0 - share)).sqrt();
    let off = (hits as f64 - tries as f64 * share).abs();
    assert!(
        off < 5.0 * sigma,
        "{hits} of {tries}, {} sigma from {share}",
        off / sigma
    );
}

#[test]
fn the_share_is_exact_to_the_statistics() {
    let dial = Dial::from_percent(25.0).unwrap();
    let hits = |id| {
        (0..100_000)
            .filter(|key: &u32| dial.takes(salted(id, key.to_string().as_bytes())))
            .count()
    };
    check_share(hits("hooks.wake"), 100_000, 0.25);
    check_share(hits("a"), 100_000, 0.25);
}

#[test]
fn two_routes_have_independent_canaries() {
    let dial = Dial::from_percent(25.0).unwrap();
    let on = |id, key: &u32| dial.takes(salted(id, key.to_string().as_bytes()));
    let both = (0..100_000)
        .filter(|key| on("orders", key) && on("users", key))
        .count();
    check_share(both, 100_000, 0.0625);
}

proptest! {
    #[test]
    fn raising_the_dial_moves_nobody_away_from_rust(id in "[a-z.]{1,20}", key in ".{1,40}", low in 0u16..=10_000, high in 0u16..=10_000) {
        let dial = |hundredths: u16| Dial::from_percent(f64::from(hundredths) / 100.0).unwrap();
        let drawn = salted(&id, key.as_bytes());
        prop_assert!(dial(low.max(high)).takes(drawn) || !dial(low.min(high)).takes(drawn));
    }

    #[test]
    fn long_keys_draw_by_the_same_formula(id in "[a-z]{1,40}", length in 200usize..300) {
        let key = vec![b'k'; length];
        let whole = [id.as_bytes(), &key].concat();
        prop_assert_eq!(u64::from(salted(&id, &key)), xxh3_64(&whole) % 10_000);
        prop_assert_eq!(streamed(&id, &key), xxh3_64(&whole));
    }
}
