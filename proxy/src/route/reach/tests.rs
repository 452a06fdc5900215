use http::{HeaderName, Method};
use proptest::prelude::*;

use super::*;
use crate::route::Table;
use crate::route::arbitrary::{requests, rule, rules};

/// Whether the earlier of two rules leaves the later one nothing.
fn check(earlier: Match, later: Match, expect: bool) {
    let shown = format!("{earlier:?} then {later:?}");
    let rules = [earlier, later].map(|matcher| Rule {
        matcher,
        ..rule("/")
    });
    let found = unreachable(&rules);
    let all = [Unreachable { rule: 1, by: 0 }];
    assert_eq!(found, &all[..usize::from(expect)], "{shown}");
}

fn path(path: &str) -> Match {
    Match {
        path: path.to_owned(),
        ..Match::default()
    }
}

#[test]
fn a_wider_path_hides_a_narrower_one() {
    for (earlier, later) in [
        ("/a", "/a"),
        ("/*", "/a/b"),
        ("/*", "/"),
        ("/*", "/a/*"),
        ("/a/*", "/a"),
        ("/a/*", "/a/{x}/b/*"),
        ("/{x}", "/a"),
        ("/{x}", "/{y}"),
        ("/{x}/*", "/a/*"),
        ("/a/{x}/c", "/a/b/c"),
    ] {
        check(path(earlier), path(later), true);
    }
}

#[test]
fn a_path_that_leaves_something_hides_nothing() {
    for (earlier, later) in [
        ("/a", "/b"),
        ("/a", "/{x}"),
        ("/a", "/a/*"),
        ("/a/b", "/a/*"),
        ("/{x}", "/"),
        ("/{x}/*", "/*"),
        ("/a/{x}", "/a/*"),
        ("/a/*", "/ab"),
        ("/a/{x}", "/a/"),
    ] {
        check(path(earlier), path(later), false);
    }
}

#[test]
fn a_condition_more_leaves_something() {
    let header = |value: Option<&str>| Match {
        headers: vec![(HeaderName::from_static("a"), value.map(str::to_owned))],
        ..path("/*")
    };
    let query = |value: Option<&str>| Match {
        query: vec![("a".to_owned(), value.map(str::to_owned))],
        ..path("/*")
    };
    let methods = |methods: &[Method]| Match {
        methods: methods.to_vec(),
        ..path("/*")
    };
    let host = |host| Match {
        host: Some(host),
        ..path("/*")
    };
    let exact = |name: &str| host(HostPattern::Exact(name.to_owned()));
    let suffix = |name: &str| host(HostPattern::Suffix(name.to_owned()));
    let websocket = |only| Match {
        websocket: Some(only),
        ..path("/*")
    };
    for (wide, narrow) in [
        (header(None), header(Some("1"))),
        (query(None), query(Some("1"))),
        (path("/*"), header(None)),
        (
            methods(&[Method::GET, Method::POST]),
            methods(&[Method::GET]),
        ),
        (path("/*"), methods(&[Method::GET])),
        (suffix(".b"), exact("a.b")),
        (path("/*"), exact("a.b")),
        (path("/*"), websocket(true)),
    ] {
        check(wide.clone(), narrow.clone(), true);
        check(narrow, wide, false);
    }
    check(exact("a.b"), exact("A.b:80"), true);
    check(exact("a.b"), exact("a.c"), false);
    check(websocket(true), websocket(false), false);
    check(header(Some("1")), query(Some("1")), false);
}

#[test]
fn the_first_that_hides_is_named() {
    let rules = ["/b", "/a/*", "/*", "/a/b"].map(rule);
    assert_eq!(unreachable(&rules), [Unreachable { rule: 3, by: 1 }]);
}

/// Ten thousand rules on one path, told apart by a header, is the worst the index can be given.
#[test]
fn ten_thousand_rules_on_one_path_are_checked() {
    let rules: Vec<Rule> = (0..10_000)
        .map(|at| {
            let headers = vec![(HeaderName::from_static("x-tenant"), Some(at.to_string()))];
            Rule {
                matcher: Match {
                    headers,
                    ..path("/*")
                },
                ..rule("/*")
            }
        })
        .collect();
    assert_eq!(unreachable(&rules), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn an_unreachable_rule_never_matches(rules in rules(), requests in proptest::collection::vec(requests(), 8)) {
        let hidden: Vec<usize> = unreachable(&rules).iter().map(|found| found.rule).collect();
        let table = Table::new(rules);
        for request in requests {
            let found = table.decide(&request.head(), 0).route;
            prop_assert!(found.is_none_or(|route| !hidden.contains(&route)));
        }
    }
}

proptest! {
    // Each case compiles an index for every pair of its rules.
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_index_hides_what_a_pairwise_walk_hides(rules in rules()) {
        let alone = |at: usize, by: usize| {
            let pair = [rules[by].clone(), rules[at].clone()];
            !unreachable(&pair).is_empty()
        };
        let expect: Vec<Unreachable> = (0..rules.len())
            .filter_map(|rule| (0..rule).find(|&by| alone(rule, by)).map(|by| Unreachable { rule, by }))
            .collect();
        prop_assert_eq!(unreachable(&rules), expect);
    }
}
