use http::{HeaderName, Method};
use proptest::prelude::*;

use super::*;
use crate::route::arbitrary::{Request, requests, rule, rules};

/// Which of the patterns, in file order, takes a path.
fn check(patterns: &[&str], path: &str, expect: Option<usize>) {
    let table = Table::new(patterns.iter().map(|pattern| rule(pattern)).collect());
    let found = table.decide(&Request::get(path).head(), 0).route;
    assert_eq!(found, expect, "{patterns:?} {path}");
}

#[test]
fn paths_match_by_segment() {
    check(&["/a/b"], "/a/b", Some(0));
    check(&["/a/b"], "/a/b/", None);
    check(&["/a/b"], "/a", None);
    check(&["/a/b"], "/A/b", None);
    check(&["/"], "/", Some(0));
    check(&["/"], "//", None);
    check(&["/a/{x}"], "/a/b", Some(0));
    check(&["/a/{x}"], "/a/", None);
    check(&["/a/{x}"], "/a/b/c", None);
    check(&["/a/{x}/c"], "/a/b/c", Some(0));
    check(&["/a/*"], "/a", Some(0));
    check(&["/a/*"], "/a/", Some(0));
    check(&["/a/*"], "/a/b//c", Some(0));
    check(&["/a/*"], "/ab", None);
    check(&["/*"], "/", Some(0));
    check(&["/*"], "//x", Some(0));
    check(&["/*"], "", None);
    check(&["/{x}/*"], "/", None);
    check(&["no pattern", "/*"], "/a", Some(1));
}

#[test]
fn the_first_in_the_file_wins_not_the_most_special() {
    check(&["/a/*", "/a/b"], "/a/b", Some(0));
    check(&["/a/b", "/a/*"], "/a/b", Some(0));
    check(&["/{x}/b", "/a/*", "/a/b"], "/a/b", Some(0));
    check(&["/a/c", "/{x}/{y}", "/a/b"], "/a/b", Some(1));
    check(&["/a/b/c", "/{x}/b/d", "/*"], "/a/b/d", Some(1));
    check(&["/a/b/c", "/{x}/b/d", "/*"], "/a/b/e", Some(2));
}

fn check_match(matcher: Match, request: &Request, expect: bool) {
    let shown = format!("{matcher:?} {request:?}");
    let matcher = Match {
        path: "/*".to_owned(),
        ..matcher
    };
    let table = Table::new(vec![Rule {
        matcher,
        ..rule("/*")
    }]);
    assert_eq!(
        table.decide(&request.head(), 0).route.is_some(),
        expect,
        "{shown}"
    );
}

#[test]
fn all_conditions_must_hold() {
    let posts = Match {
        methods: vec![Method::POST],
        ..Match::default()
    };
    check_match(
        posts.clone(),
        &Request {
            method: Method::POST,
            ..Request::default()
        },
        true,
    );
    check_match(posts, &Request::get("/"), false);
    let sockets = |only| Match {
        websocket: Some(only),
        ..Match::default()
    };
    check_match(
        sockets(true),
        &Request {
            websocket: true,
            ..Request::default()
        },
        true,
    );
    check_match(sockets(true), &Request::default(), false);
    check_match(sockets(false), &Request::default(), true);
    check_match(
        sockets(false),
        &Request {
            websocket: true,
            ..Request::default()
        },
        false,
    );
    let header = |value: Option<&str>| Match {
        headers: vec![(HeaderName::from_static("x-a"), value.map(str::to_owned))],
        ..Match::default()
    };
    check_match(header(None), &Request::get("/").header("x-a", ""), true);
    check_match(
        header(Some("1")),
        &Request::get("/").header("x-a", "2").header("x-a", "1"),
        true,
    );
    check_match(
        header(Some("1")),
        &Request::get("/").header("x-a", "1, 2"),
        false,
    );
    check_match(header(None), &Request::get("/"), false);
    let both = Match {
        query: vec![
            ("a".to_owned(), None),
            ("b".to_owned(), Some("1".to_owned())),
        ],
        ..Match::default()
    };
    check_match(
        both.clone(),
        &Request {
            query: Some("b=1&a"),
            ..Request::default()
        },
        true,
    );
    check_match(
        both,
        &Request {
            query: Some("b=1"),
            ..Request::default()
        },
        false,
    );
}

#[test]
fn hosts_meet_in_file_order() {
    let at = |path: &str, host| Rule {
        matcher: Match {
            host,
            ..rule(path).matcher
        },
        ..rule(path)
    };
    let exact = |name: &str| Some(HostPattern::Exact(name.to_owned()));
    let table = Table::new(vec![
        at("/b", None),
        at("/*", exact("one.example")),
        at("/*", Some(HostPattern::Suffix(".example".to_owned()))),
        at("/*", exact("two.example")),
        at("/a", None),
    ]);
    let find = |path: &str, host| {
        table
            .decide(
                &Request {
                    host,
                    ..Request::get(path)
                }
                .head(),
                0,
            )
            .route
    };
    assert_eq!(find("/b", Some("one.example")), Some(0));
    assert_eq!(find("/a", Some("ONE.example.:8080")), Some(1));
    assert_eq!(find("/a", Some("two.example")), Some(2));
    assert_eq!(find("/a", Some("example")), Some(4));
    assert_eq!(find("/a", None), Some(4));
    assert_eq!(find("/c", Some("x".repeat(300).leak())), None);
}

fn choose(dial: f64, handled: bool, forced: Option<Side>) -> (Side, Because) {
    let rule = Rule {
        dial: Dial::from_percent(dial).unwrap(),
        handled,
        ..rule("/*")
    };
    let decision = Table::new(vec![rule]).decide(
        &Request {
            forced,
            ..Request::default()
        }
        .head(),
        3,
    );
    assert_eq!(decision.route, Some(0));
    (decision.side, decision.because)
}

#[test]
fn the_side_has_a_reason() {
    assert_eq!(
        choose(100.0, false, None),
        (Side::Legacy, Because::NoHandler)
    );
    assert_eq!(choose(100.0, true, None), (Side::Rust, Because::Full));
    assert_eq!(choose(0.0, true, None), (Side::Legacy, Because::Off));
    assert!(matches!(
        choose(50.0, true, None),
        (
            _,
            Because::Drawn {
                by: Key::Request,
                ..
            }
        )
    ));
}

#[test]
fn a_side_can_be_forced_where_it_exists() {
    assert_eq!(
        choose(0.0, true, Some(Side::Rust)),
        (Side::Rust, Because::Forced)
    );
    assert_eq!(
        choose(100.0, true, Some(Side::Legacy)),
        (Side::Legacy, Because::Forced)
    );
    assert_eq!(
        choose(100.0, false, Some(Side::Rust)),
        (Side::Legacy, Because::NoHandler)
    );
    assert_eq!(
        choose(100.0, false, Some(Side::Legacy)),
        (Side::Legacy, Because::Forced)
    );
}

#[test]
fn what_matches_nothing_goes_to_the_legacy() {
    let forced = Request {
        forced: Some(Side::Rust),
        ..Request::default()
    };
    let expect = Decision {
        route: None,
        side: Side::Legacy,
        because: Because::Unmatched,
    };
    assert_eq!(Table::default().decide(&forced.head(), 0), expect);
}

/// The specification: walk the list, split the path, compare.
fn naive(rules: &[Rule], head: &RequestHead<'_>) -> Option<usize> {
    rules
        .iter()
        .position(|rule| takes_path(&rule.matcher.path, head.path) && rule.matcher.takes(head))
}

fn takes_path(pattern: &str, path: &str) -> bool {
    let takes = |pattern: &str, segment: &str| {
        if pattern.starts_with('{') {
            !segment.is_empty()
        } else {
            pattern == segment
        }
    };
    let path: Vec<&str> = path.split('/').collect();
    match pattern.strip_suffix("/*") {
        Some(body) => {
            let body: Vec<&str> = body.split('/').collect();
            body.len() <= path.len()
                && body
                    .iter()
                    .zip(&path)
                    .all(|(want, found)| takes(want, found))
        }
        None => {
            let body: Vec<&str> = pattern.split('/').collect();
            body.len() == path.len()
                && body
                    .iter()
                    .zip(&path)
                    .all(|(want, found)| takes(want, found))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn the_index_finds_what_a_walk_finds(rules in rules(), request in requests()) {
        let expect = naive(&rules, &request.head());
        let found = Table::new(rules).decide(&request.head(), 0).route;
        prop_assert_eq!(found, expect);
    }
}
