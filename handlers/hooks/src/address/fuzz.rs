//! Request targets against Node's own `URL`.
//!
//! The surprise: Node before version 22 leaves dot segments alone behind a name that begins with a dot (`/a/.b/../c`),
//! where the standard and newer versions resolve them; such names are not generated.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::tests::oracle::Oracle;

/// The same words as the oracle: hook, first token and the query, or `none`.
fn ours(uri: &Uri, base: &str) -> String {
    let Ok(address) = Address::read(uri, Version::HTTP_11, base) else {
        return "none".to_owned();
    };
    let pairs = address.query();
    let pairs: Vec<_> = pairs
        .map(|(name, value)| (name.lossy(), value.lossy()))
        .collect();
    let first = pairs.iter().find(|(name, _)| name == "token");
    let first = first.map(|(_, value)| value);
    json!([address.hook(), first, pairs]).to_string()
}

/// A target that HTTP cannot carry never comes here.
fn check(oracle: &Oracle, target: &str, base: &str) -> Result<(), TestCaseError> {
    let Ok(uri) = target.parse::<Uri>() else {
        return Err(TestCaseError::reject("no request target"));
    };
    let node = oracle.ask("address", &[target.as_bytes(), base.as_bytes()]);
    prop_assert_eq!(
        ours(&uri, base),
        node.lossy(),
        "{:?} under {}",
        target,
        base
    );
    Ok(())
}

/// Marks of a path in any order, most of them below one of the bases.
fn paths() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => prop::sample::select(&["/hooks", "/wake", "/agent", "/deep", "/er", "/HOOKS", "/hooksx", "/"][..]),
        3 => prop::sample::select(&["/..", "/.", "/%2e", "/%2E%2e", "/.%2e", "/...", "/..a", "/a..", "/%2e%2e%2e"][..]),
        2 => prop::sample::select(&["\\\\", "//", "/%2f", "/%5c", "%", "%zz", "%c3%a9", "%00", "%252e"][..]),
        2 => prop::sample::select(&["é", "😀", "\"", "{", "}", "`", "^", "|", "'", "~", ";", ":", "@", "[", "]", "!", "*"][..]),
    ];
    vec(part, 0..7).prop_map(|parts| parts.concat())
}

/// Queries of every way to write a name and a value.
fn queries() -> impl Strategy<Value = String> {
    let part = prop::sample::select(
        &[
            "?",
            "&",
            "=",
            "token",
            "token=",
            "a",
            "+",
            "%20",
            "%",
            "%2",
            "%zz",
            "%e9",
            "%C3%A9",
            "%26",
            "%3d",
            "%00",
            "%ed%a0%80",
            "é",
            "😀",
            "'",
            "\"",
            ";",
            "#",
            "/../",
            "%EF%BB%BF",
        ][..],
    );
    vec(part, 0..8).prop_map(|parts| parts.concat())
}

fn targets() -> impl Strategy<Value = String> {
    let start = prop_oneof![
        8 => Just(""),
        2 => prop::sample::select(&["/x/..", "//host", "/\\\\host", "//", "/.", "//hooks"][..]),
        1 => prop::sample::select(&["http://host", "HTTP://host:80", "https://u:p@host", "http://[::1]:8", "http://1.2.3.4"][..]),
    ];
    (start, paths(), queries()).prop_map(|(start, path, query)| format!("{start}{path}?{query}"))
}

fn bases() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["/hooks", "/deep/er", "/wake", "/é"][..])
}

#[test]
fn targets_are_read_as_node_reads_them() {
    let oracle = Oracle::start();
    let cases = ProptestConfig {
        cases: 6000,
        max_global_rejects: 60_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(cases, |(target in targets(), base in bases())| check(&oracle, &target, base)?);
}

#[test]
fn any_text_is_read_as_node_reads_it() {
    let oracle = Oracle::start();
    let cases = ProptestConfig {
        cases: 2000,
        max_global_rejects: 60_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(cases, |(rest in "[!-~é😀]{0,40}")| check(&oracle, &format!("/hooks/{rest}"), "/hooks")?);
}
