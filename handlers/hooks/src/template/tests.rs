//! Templates against JavaScript's own regular expressions and objects.

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderValue, Version};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::tests::oracle::Oracle;

const TARGET: &str = "/hooks/some/hook?q=zz&a.b=1&q=last&1=i&__proto__=p";

fn ours(template: &str, payload: &str) -> Text {
    let mut headers = HeaderMap::new();
    headers.append("x-demo", HeaderValue::from_static("dd"));
    headers.append("x-demo", HeaderValue::from_static("ee"));
    let uri = TARGET.parse().unwrap();
    let payload = Document::parse(payload).expect("JSON");
    let scope = Scope {
        hook: "some/hook",
        payload: payload.root(),
        headers: &headers,
        address: &Address::read(&uri, Version::HTTP_11, "/hooks").unwrap(),
        now: UNIX_EPOCH + Duration::from_millis(1_769_774_400_123),
    };
    scope.render(template).expect("not deep")
}

fn check(template: &str, payload: &str, expected: &str) {
    assert_eq!(ours(template, payload), expected, "{template}");
}

#[test]
fn places_are_filled_in() {
    let payload = r#"{"a":{"k":1},"b":[0,{"c":"s"}],"n":null,"t":true,"f":1e21,"path":"no"}"#;
    check("T:{{payload.a}}|{{b[1].c}}", payload, r#"T:{"k":1}|s"#);
    check(
        "{{headers.x-demo}}|{{query.q}}|{{path}}",
        payload,
        "dd, ee|last|some/hook",
    );
    check("{{n}}{{none}}{{t}} {{ f }}", payload, "true 1e+21");
    check("{{now}}", payload, "2026-01-30T12:00:00.123Z");
    check("{{payload.path}}{{query.}}{{payload.}}", payload, "no");
    check("{{b.1.c}}{{b[0}}{{b[1]c}}{{b[01].c}}", payload, "s0ss");
    check("{{b.length}}{{b.01}}{{a[0]}}{{path.x}}", payload, "2");
    check("{{headers..}}", payload, r#"{"x-demo":"dd, ee"}"#);
    check(
        "{{query..}}",
        payload,
        r#"{"1":"i","q":"last","a.b":"1","__proto__":"p"}"#,
    );
}

#[test]
fn what_every_object_has_is_printed_as_javascript_prints_it() {
    check(
        "{{toString}}{{__proto__}}{{__proto__.__proto__}}",
        "{}",
        "undefined{}",
    );
    check(
        "{{map}}{{__proto__}}{{__proto__.length}}",
        "[]",
        "undefined[]0",
    );
    check("{{__proto__}}", r#"{"__proto__":"own"}"#, "own");
}

#[test]
fn halves_of_letters_meet() {
    check("{{a}}{{b}}", r#"{"a":"\ud83d","b":"\ude00"}"#, "😀");
}

/// Templates of marks and of names that lead somewhere.
fn templates() -> impl Strategy<Value = String> {
    let mark = prop::sample::select(
        &[
            "{{", "}}", "{", "}", " ", ".", "[", "]", "[0]", "[1]", "[01]", "x", "\n", "\u{a0}",
            "é",
        ][..],
    );
    let name = prop::sample::select(
        &[
            "a",
            "b",
            "0",
            "1",
            "payload.",
            "headers.",
            "query.",
            "q",
            "x-demo",
            "path",
            "length",
            "__proto__",
            "constructor",
            "map",
            "toString",
            "valueOf",
            "name",
        ][..],
    );
    let path = vec(
        prop_oneof![3 => name, 1 => Just("."), 1 => Just("[0]"), 1 => Just(".a")],
        1..5,
    );
    let place = path.prop_map(|parts| format!("{{{{{}}}}}", parts.concat()));
    vec(
        prop_oneof![2 => place, 1 => mark.prop_map(str::to_owned)],
        0..6,
    )
    .prop_map(|parts| parts.concat())
}

/// Payloads whose members the templates name.
fn payloads() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(
            &[
                "null",
                "true",
                "0",
                "-0",
                "1.5e300",
                "1e400",
                r#""s""#,
                r#""\ud83d""#
            ][..]
        )
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let name =
            prop::sample::select(&["a", "b", "0", "1", "length", "__proto__", "map", "path"][..]);
        let member = (name, inner.clone()).prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            vec(inner, 0..4).prop_map(|elements| format!("[{}]", elements.join(","))),
            vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
    .prop_filter("an object or a list", |json| json.starts_with(['{', '[']))
}

#[test]
fn templates_are_rendered_as_node_renders_them() {
    let oracle = Oracle::start();
    let cases = ProptestConfig {
        cases: 5000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(cases, |(template in templates(), payload in payloads())| {
        let node = oracle.ask("template", &[template.as_bytes(), payload.as_bytes()]);
        prop_assert_eq!(ours(&template, &payload), node, "{:?} {}", template, payload);
    });
}
