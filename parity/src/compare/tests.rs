use std::time::Duration;

use http::StatusCode;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Kept, Standing, Written};

fn answer(kind: &str, body: impl Into<bytes::Bytes>) -> Observation {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, kind.parse().unwrap());
    Observation {
        status: StatusCode::OK,
        headers,
        body: Kept::whole(body),
        effects: Vec::new(),
        took: Duration::ZERO,
    }
}

fn json_answer(body: &str) -> Observation {
    answer("application/json", body.to_owned())
}

fn with(legacy: &str, rust: &str, written: &Written) -> Comparison {
    let rules = Rules::compile(written).unwrap();
    compare(&json_answer(legacy), &json_answer(rust), &rules, None)
}

fn found(comparison: &Comparison) -> Vec<String> {
    let all = comparison.open();
    all.map(|open| format!("{} {}", open.key.place, open.key.kind))
        .collect()
}

#[track_caller]
fn check(legacy: &str, rust: &str, expect: &[&str]) {
    let comparison = with(legacy, rust, &Written::default());
    assert_eq!(found(&comparison), expect, "{legacy} | {rust}");
}

#[test]
fn values_are_told_apart_at_their_place() {
    check(r#"{"a":1}"#, r#"{"a":1.0}"#, &[]);
    check(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, &[]);
    check(r#"{"a":{"b":1}}"#, r#"{"a":{"b":2}}"#, &["json:/a/b value"]);
    check(r#"{"a":1}"#, r#"{"a":"1"}"#, &["json:/a type"]);
    check(r#"{"a":null}"#, r#"{}"#, &["json:/a missing"]);
    check(r#"{"a":null}"#, r#"{"a":""}"#, &["json:/a type"]);
    check(r#"{}"#, r#"{"a":1}"#, &["json:/a extra"]);
    check("1", "2", &["json: value"]);
    check(
        r#"{"a/b":{"~":1}}"#,
        r#"{"a/b":{"~":2}}"#,
        &["json:/a~1b/~0 value"],
    );
    check(
        r#"{"a":1,"b":1}"#,
        r#"{"a":2,"b":2}"#,
        &["json:/a value", "json:/b value"],
    );
    check(r#"{"a":1}"#, "oops", &["body type"]);
    check("\u{feff}{\"a\":1}", "\u{feff}{\"a\":1.0}", &[]);
    check("\u{feff}{\"a\":1}", "{\"a\":1}", &["body type"]);
    check("", "{}", &["body type"]);
}

#[test]
fn arrays_fold_and_align() {
    check("[1,2,3]", "[1,2,4]", &["json:/* value"]);
    check("[0.5]", r#"["5"]"#, &["json:/* type"]);
    check("[1,2,3]", "[3,1,2]", &["json: order"]);
    check("[1,2,3]", "[1,9,2,3]", &["json:/* extra"]);
    check("[1,2,3]", "[2,3]", &["json:/* missing"]);
    check(
        r#"{"items":[{"p":1},{"p":2}]}"#,
        r#"{"items":[{"p":3},{"p":4}]}"#,
        &["json:/items/*/p value"],
    );
}

#[test]
fn elements_with_identifiers_of_their_own_find_each_other() {
    let id = |digit: &str| format!("{}-0000-4000-8000-000000000000", digit.repeat(8));
    let list = |elements: &[(&str, u32)]| {
        let one = |(digit, n): &(&str, u32)| format!("{{\"id\":\"{}\",\"n\":{n}}}", id(digit));
        let elements: Vec<String> = elements.iter().map(one).collect();
        format!("[{}]", elements.join(","))
    };
    let legacy = list(&[("1", 1), ("2", 2), ("3", 3)]);
    check(&legacy, &list(&[("a", 1), ("b", 2), ("c", 3)]), &[]);
    let put_in = list(&[("a", 1), ("d", 9), ("b", 2), ("c", 3)]);
    check(&legacy, &put_in, &["json:/* extra"]);
    let reordered = list(&[("c", 3), ("a", 1), ("b", 2)]);
    check(&legacy, &reordered, &["json: order"]);
    let unordered = Written {
        unordered: vec!["json:".into()],
        ..Written::default()
    };
    assert!(found(&with(&legacy, &reordered, &unordered)).is_empty());
    // The same identifiers on both sides are more than of one class.
    let ids = |digits: &[&str]| {
        format!(
            "{:?}",
            digits.iter().map(|digit| id(digit)).collect::<Vec<_>>()
        )
    };
    let fewer = with(
        &ids(&["1", "2", "3"]),
        &ids(&["1", "3"]),
        &Written::default(),
    );
    assert_eq!(
        (found(&fewer), fewer.by_class),
        (vec!["json:/* missing".to_owned()], 0)
    );
}

#[test]
fn an_object_that_is_a_map_folds_its_names() {
    let map = |value: u32| {
        let members: Vec<String> = (0..60).map(|name| format!("\"n{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    };
    check(&map(1), &map(2), &["json:/* value"]);
    check(
        r#"{"u":{"10001":{"a":1}}}"#,
        r#"{"u":{"10001":{"a":2}}}"#,
        &["json:/u/*/a value"],
    );
}

#[test]
fn of_double_members_the_last_counts() {
    check(r#"{"a":1,"a":2}"#, r#"{"a":9,"a":2}"#, &[]);
    check(r#"{"a":1,"a":2}"#, r#"{"a":1,"a":3}"#, &["json:/a value"]);
}

#[test]
fn classes_are_equal_and_counted() {
    let uuid = |digit: &str| format!("\"{}-0000-4000-8000-000000000000\"", digit.repeat(8));
    let body = |id: &str| format!("{{\"id\":{id},\"at\":\"2026-11-21T08:00:00Z\"}}");
    let comparison = with(&body(&uuid("a")), &body(&uuid("b")), &Written::default());
    assert_eq!((found(&comparison).len(), comparison.by_class), (0, 1));
    check(&body(&uuid("a")), &body("null"), &["json:/id type"]);
    check(&body(&uuid("a")), &body("\"x\""), &["json:/id type"]);
}

#[test]
fn an_identifier_that_corresponds_to_two_is_a_difference() {
    let id = |digit: &str| {
        json_answer(&format!(
            "\"{}-0000-4000-8000-000000000000\"",
            digit.repeat(8)
        ))
    };
    let mut book = AliasBook::new(100);
    let mut compared = |legacy: &str, rust: &str| {
        let rules = Rules::none();
        let names = Some((&mut book, 1));
        found(&compare(&id(legacy), &id(rust), &rules, names))
    };
    assert!(compared("a", "b").is_empty());
    assert!(compared("a", "b").is_empty());
    assert_eq!(compared("a", "c"), ["json: value"]);
}

#[test]
fn numbers_that_follow_each_other_are_times_only_by_name() {
    let body = |name: &str, value: &str| format!("{{\"{name}\":{value}}}");
    let compared = |name: &str, expect: &[&str]| {
        for (one, other) in [
            ("1700000001", "1700000002"),
            ("\"1700000001\"", "\"1700000002\""),
            ("1700000000001", "1700000000002"),
        ] {
            check(&body(name, one), &body(name, other), expect);
        }
    };
    compared("orderId", &["json:/orderId value"]);
    compared("createdAt", &[]);
    check("1700000001", "1700000002", &["json: value"]);
    check(
        r#"{"times":[1700000001]}"#,
        r#"{"times":[1700000002]}"#,
        &[],
    );
    check(
        r#"{"seen":{"12345":1700000001}}"#,
        r#"{"seen":{"12345":1700000002}}"#,
        &[],
    );
}

#[test]
fn identifiers_that_both_sides_know_are_not_made_up() {
    let body = |owner: &str, author: &str| {
        let id = |digit: &str| format!("{}-0000-4000-8000-000000000000", digit.repeat(8));
        format!(
            "{{\"owner\":\"{}\",\"author\":\"{}\"}}",
            id(owner),
            id(author)
        )
    };
    check(&body("a", "b"), &body("c", "d"), &[]);
    check(&body("a", "b"), &body("c", "b"), &[]);
    let both = ["json:/owner value", "json:/author value"];
    check(&body("a", "b"), &body("b", "a"), &both);
    check(&body("a", "b"), &body("b", "b"), &both[..1]);
    check(&body("a", "b"), &body("b", "c"), &both);
    let list = |one: &str, other: &str| {
        format!(
            "[{{\"n\":1,\"a\":{}}},{{\"n\":2,\"a\":{}}}]",
            body(one, one),
            body(other, other)
        )
    };
    check(
        &list("a", "b"),
        &list("b", "a"),
        &["json:/*/a/owner value", "json:/*/a/author value"],
    );
}

#[test]
fn rules_cover_what_they_name() {
    let ignore = Written {
        ignore: vec!["json:/items/*/at".into(), "header:location".into()],
        ..Written::default()
    };
    let comparison = with(
        r#"{"items":[{"at":1,"p":1}]}"#,
        r#"{"items":[{"at":2,"p":2}]}"#,
        &ignore,
    );
    assert_eq!(found(&comparison), ["json:/items/*/p value"]);
    assert_eq!(
        (comparison.differences.len(), comparison.rules.as_slice()),
        (2, &[0u16][..])
    );

    let unordered = Written {
        unordered: vec!["json:".into()],
        ..Written::default()
    };
    assert!(found(&with("[1,2,3]", "[3,1,2]", &unordered)).is_empty());
    assert_eq!(
        found(&with("[1,2,3]", "[3,1,9]", &unordered)),
        ["json:/* value"]
    );

    let keyed = Written {
        keyed: vec![("json:/u".into(), "id".into())],
        ..Written::default()
    };
    let (one, other) = (
        r#"{"u":[{"id":1,"a":1},{"id":2,"a":2}]}"#,
        r#"{"u":[{"id":2,"a":2},{"id":1,"a":9}]}"#,
    );
    assert_eq!(found(&with(one, other, &keyed)), ["json:/u/*/a value"]);
    let gone = r#"{"u":[{"id":3,"a":1},{"id":2,"a":2}]}"#;
    assert_eq!(
        found(&with(one, gone, &keyed)),
        ["json:/u/* missing", "json:/u/* extra"]
    );

    let tolerance = Written {
        tolerance: vec![("json:/p".into(), 0.01)],
        ..Written::default()
    };
    assert!(found(&with(r#"{"p":1.0}"#, r#"{"p":1.009}"#, &tolerance)).is_empty());
    assert_eq!(
        found(&with(r#"{"p":1.0}"#, r#"{"p":1.02}"#, &tolerance)),
        ["json:/p value"]
    );
}

#[test]
fn what_is_expected_is_what_the_rule_says_and_nothing_else() {
    let expect = |at: &str, legacy: Option<Value>, rust: Option<Value>| Written {
        expect: vec![crate::Expect {
            at: at.into(),
            legacy,
            rust,
            why: String::new(),
        }],
        ..Written::default()
    };
    let status = expect("status", Some(json!(500)), Some(json!(401)));
    let rules = Rules::compile(&status).unwrap();
    let with_status = |code: u16| {
        let mut answer = json_answer("{}");
        answer.status = StatusCode::from_u16(code).unwrap();
        answer
    };
    let compared = |legacy, rust| {
        let comparison = compare(&with_status(legacy), &with_status(rust), &rules, None);
        comparison.differences[0].standing
    };
    assert_eq!(compared(500, 401), Standing::Expected);
    assert_eq!(compared(500, 403), Standing::Open);

    let value = expect("json:/a", Some(json!([1, 2])), Some(json!("x")));
    let standing = |rust: &str| with(r#"{"a":[1,2.0]}"#, rust, &value).differences[0].standing;
    assert_eq!(standing(r#"{"a":"x"}"#), Standing::Expected);
    assert_eq!(standing(r#"{"a":"y"}"#), Standing::Open);
}

#[test]
fn a_whole_object_may_be_expected() {
    let expect = |legacy, rust| Written {
        expect: vec![crate::Expect {
            at: "json:/error".into(),
            legacy,
            rust,
            why: String::new(),
        }],
        ..Written::default()
    };
    let (one, other) = (r#"{"error":{"code":1}}"#, r#"{"error":{"code":2}}"#);
    let both = expect(Some(json!({"code": 1})), Some(json!({"code": 2})));
    let keys = |comparison: &Comparison| -> Vec<String> {
        let all = comparison.differences.iter();
        all.map(|found| format!("{} {:?}", found.key.place, found.standing))
            .collect()
    };
    assert_eq!(keys(&with(one, other, &both)), ["json:/error Expected"]);
    assert_eq!(keys(&with(other, one, &both)), ["json:/error/code Open"]);
    let any = expect(None, Some(json!({"code": 2})));
    assert_eq!(keys(&with(one, other, &any)), ["json:/error Expected"]);
    assert!(keys(&with(other, r#"{"error":{"code":2.0}}"#, &any)).is_empty());
}

#[test]
fn many_expected_values_cost_no_more_than_they_are_long() {
    let list = |value: u32| format!("[{}]", vec![value.to_string(); 20_000].join(","));
    let expect = Written {
        expect: vec![crate::Expect {
            at: "json:/*".into(),
            legacy: Some(json!(1)),
            rust: Some(json!(2)),
            why: String::new(),
        }],
        ..Written::default()
    };
    let comparison = with(&list(1), &list(2), &expect);
    assert_eq!(comparison.differences[0].standing, Standing::Expected);
}

#[test]
fn a_key_that_a_rule_covers_in_one_place_only_is_open() {
    let first = Written {
        ignore: vec!["json:/0/a".into()],
        ..Written::default()
    };
    let comparison = with(r#"[{"a":1},{"a":1}]"#, r#"[{"a":2},{"a":3}]"#, &first);
    assert_eq!(found(&comparison), ["json:/*/a value"]);
    assert_eq!(comparison.differences[0].rust.as_deref(), Some("3"));
}

#[test]
fn texts_and_bytes_are_compared_as_such() {
    let compared = |kind: &str, legacy: &str, rust: &str| {
        let (legacy, rust) = (legacy.to_owned(), rust.to_owned());
        compare(
            &answer(kind, legacy),
            &answer(kind, rust),
            &Rules::none(),
            None,
        )
    };
    assert_eq!(
        found(&compared("text/html", "<p>a</p>", "<p>b</p>")),
        ["body value"]
    );
    assert_eq!(
        found(&compared("text/html", "<p>\r\n a", "<p>\n  a")),
        ["body order"]
    );
    assert_eq!(found(&compared("image/png", "abc", "abcd")), ["body size"]);
    let binary = compared("image/png", "abc", "abd");
    assert_eq!(
        (found(&binary), binary.differences[0].offset),
        (vec!["body value".to_owned()], Some(2))
    );
}

#[test]
fn streams_are_compared_event_by_event() {
    let sse = "text/event-stream";
    let (legacy, rust) = (
        "data: {\"a\":1}\n\ndata: {\"a\":2}\n\n",
        "data: {\"a\":1}\n\ndata: {\"a\":3}\n\n",
    );
    let comparison = compare(
        &answer(sse, legacy),
        &answer(sse, rust),
        &Rules::none(),
        None,
    );
    assert_eq!(found(&comparison), ["json:/*/data/a value"]);
    assert_eq!(comparison.differences[0].offset, Some(15));

    let longer = answer(sse, "data: 1\n\ndata: 2\n\n");
    let mut cut = answer(sse, "data: 1\n\ndata: 2");
    assert_eq!(
        found(&compare(&longer, &cut, &Rules::none(), None)),
        ["json:/* missing"]
    );
    cut.body.extent = Extent::Cut;
    assert!(compare(&longer, &cut, &Rules::none(), None).is_match());
    let ignore = Written {
        ignore: vec!["json:/*/a".into()],
        ..Written::default()
    };
    let lines = |body: &'static str| answer("application/x-ndjson", body);
    let rules = Rules::compile(&ignore).unwrap();
    let comparison = compare(&lines("{\"a\":1}\n"), &lines("{\"a\":2}\n"), &rules, None);
    assert_eq!(
        (found(&comparison).len(), comparison.differences.len()),
        (0, 1)
    );
}

#[test]
fn what_no_blank_line_ends_is_compared_all_the_same() {
    let compared = |legacy: &'static str, rust: &'static str| {
        let [legacy, rust] = [legacy, rust].map(|body| answer("text/event-stream", body));
        found(&compare(&legacy, &rust, &Rules::none(), None))
    };
    assert_eq!(compared("data: 1", "data: 2"), ["json:/*/data value"]);
    assert_eq!(compared("data: 1", ""), ["json:/* missing"]);
    assert!(compared("data: 1\n\n: ping\n\n", "data: 1\n\n").is_empty());
}

#[test]
fn packed_streams_that_were_cut_are_compared_as_far_as_they_go() {
    use std::io::Write;
    let events = |count: u32| {
        let events: Vec<String> = (0..count)
            .map(|at| format!("data: {}\n\n", at.pow(2)))
            .collect();
        events.concat()
    };
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(events(5_000).as_bytes()).unwrap();
    let mut packed = answer("text/event-stream", packer.finish().unwrap());
    let encoding = http::header::CONTENT_ENCODING;
    packed.headers.insert(encoding, "gzip".parse().unwrap());
    packed.body.bytes.truncate(packed.body.bytes.len() / 2);
    packed.body.extent = Extent::Cut;
    let compared = |rust: String| {
        let rust = answer("text/event-stream", rust);
        found(&compare(&packed, &rust, &Rules::none(), None))
    };
    assert!(compared(events(5_000)).is_empty());
    assert_eq!(
        compared(events(5_000).replacen("81", "82", 1)),
        ["json:/*/data value"]
    );
}

#[test]
fn bytes_that_are_no_letters_are_no_white_space() {
    let text = |body: &'static [u8]| answer("text/plain", body);
    let comparison = compare(&text(b"caf\xe9"), &text(b"caf\xe8"), &Rules::none(), None);
    assert_eq!(found(&comparison), ["body value"]);
}

#[test]
fn a_packed_body_is_compared_unpacked() {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(b"{\"a\":1}").unwrap();
    let mut packed = answer("application/json", packer.finish().unwrap());
    let encoding = http::header::CONTENT_ENCODING;
    packed
        .headers
        .insert(encoding.clone(), "gzip".parse().unwrap());
    let compared = |rust: &str| found(&compare(&packed, &json_answer(rust), &Rules::none(), None));
    assert!(compared("{\"a\":1.0}").is_empty());
    assert_eq!(compared("{\"a\":2}"), ["json:/a value"]);
    let mut odd = packed.clone();
    odd.headers.insert(encoding, "zstd".parse().unwrap());
    assert_eq!(
        found(&compare(&packed, &odd, &Rules::none(), None)),
        ["body size"]
    );
}

#[test]
fn bodies_of_two_kinds_are_compared_the_same_from_either_side() {
    let (sse, lines) = (
        answer("text/event-stream", "data: 1\n\n"),
        answer("application/x-ndjson", "2\n"),
    );
    let ignore = Written {
        ignore: vec!["header:content-type".into()],
        ..Written::default()
    };
    let rules = Rules::compile(&ignore).unwrap();
    let forth = found(&compare(&sse, &lines, &rules, None));
    assert_eq!(forth.len(), 1, "{forth:?}");
    assert_eq!(forth, found(&compare(&lines, &sse, &rules, None)));
}

#[test]
fn of_very_many_differences_the_rest_is_one() {
    let object = |value: u32| {
        let inner: Vec<String> = (0..40).map(|name| format!("\"m{name}\":{value}")).collect();
        let inner = format!("{{{}}}", inner.join(","));
        let outer: Vec<String> = (0..40).map(|name| format!("\"n{name}\":{inner}")).collect();
        format!("{{{}}}", outer.join(","))
    };
    let comparison = with(&object(1), &object(2), &Written::default());
    assert_eq!(comparison.differences.len(), 501);
    assert_eq!(comparison.differences[500].key.place.as_str(), "body");
}

#[test]
fn deep_documents_are_compared() {
    let deep = |leaf: &str| "[".repeat(200_000) + leaf + &"]".repeat(200_000);
    let comparison = with(&deep("1"), &deep("2"), &Written::default());
    assert_eq!(comparison.differences.len(), 1);
}

#[test]
fn what_lies_very_deep_is_counted_where_the_way_ends() {
    // A value on each of 20,000 floors: each of them differs.
    let floors = |leaf: &str| format!("[{leaf},").repeat(20_000) + leaf + &"]".repeat(20_000);
    let ignore = Written {
        ignore: vec!["json:/x".into()],
        ..Written::default()
    };
    let comparison = with(&floors("1"), &floors("2"), &ignore);
    let longest = comparison.open().map(|open| open.key.place.as_str().len());
    assert_eq!(longest.max(), Some("json:".len() + 2 * 32));
    assert_eq!(comparison.differences.len(), 32);
}

#[test]
fn an_identifier_among_fields_folds() {
    let user = "908906f5-6f4d-467f-bf03-382e0a9aa33f";
    check(
        &format!("{{\"total\":1,\"{user}\":{{\"a\":1}}}}"),
        &format!("{{\"total\":1,\"{user}\":{{\"a\":2}}}}"),
        &["json:/*/a value"],
    );
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        (0..5i64).prop_map(Into::into),
        "[ab]{0,2}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::btree_map("[abc]", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// The same document with its members the other way round.
fn reversed(value: &Value) -> String {
    match value {
        Value::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(reversed).collect();
            format!("[{}]", elements.join(","))
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .rev()
                .map(|(name, value)| format!("\"{name}\": {}", reversed(value)))
                .collect();
            format!("{{{}}}", members.join(" ,"))
        }
        leaf => leaf.to_string(),
    }
}

fn mirrored(kind: Kind) -> Kind {
    match kind {
        Kind::Missing => Kind::Extra,
        Kind::Extra => Kind::Missing,
        kind => kind,
    }
}

proptest! {
    #[test]
    fn a_thing_is_equal_to_itself_in_any_order_of_its_members(value in value()) {
        let comparison = with(&value.to_string(), &reversed(&value), &Written::default());
        prop_assert!(comparison.differences.is_empty(), "{comparison:?}");
    }

    #[test]
    fn two_things_differ_at_the_same_places_from_either_side(one in value(), other in value()) {
        let (one, other) = (one.to_string(), other.to_string());
        let keys = |comparison: &Comparison, mirror: bool| {
            let mut keys: Vec<_> = comparison.differences.iter().map(|found| {
                let kind = if mirror { mirrored(found.key.kind) } else { found.key.kind };
                (found.key.place.to_string(), kind)
            }).collect();
            keys.sort();
            keys
        };
        let forth = with(&one, &other, &Written::default());
        let back = with(&other, &one, &Written::default());
        prop_assert_eq!(keys(&forth, false), keys(&back, true));
        let same = crate::json::read(one.as_bytes()).unwrap().hashes()[0] == crate::json::read(other.as_bytes()).unwrap().hashes()[0];
        prop_assert_eq!(forth.differences.is_empty(), same);
    }

    #[test]
    fn unordered_arrays_are_equal_in_any_order(mut elements in prop::collection::vec(value(), 0..6), seed: u64) {
        let before = Value::from(elements.clone()).to_string();
        let len = elements.len().max(1);
        elements.rotate_left(seed as usize % len);
        let unordered = Written { unordered: vec!["json:".into()], ..Written::default() };
        let comparison = with(&before, &Value::from(elements).to_string(), &unordered);
        prop_assert!(comparison.differences.is_empty(), "{comparison:?}");
    }

    #[test]
    fn keyed_arrays_are_equal_in_any_order(count in 0..8usize, turn in 0..8usize, inner in value()) {
        let mut elements: Vec<Value> = (0..count).map(|id| json!({"id": id, "v": inner})).collect();
        let before = Value::from(elements.clone()).to_string();
        elements.rotate_left(turn % count.max(1));
        let keyed = Written { keyed: vec![("json:".into(), "id".into())], ..Written::default() };
        let comparison = with(&before, &Value::from(elements).to_string(), &keyed);
        prop_assert!(comparison.differences.is_empty(), "{comparison:?}");
    }

    #[test]
    fn tolerance_is_kept_to(one in -1000.0..1000.0f64, by in -2.0..2.0f64) {
        let tolerance = Written { tolerance: vec![("json:".into(), 1.0)], ..Written::default() };
        // Thousandths, which are exact as they are written.
        let thousandths = |number: f64| (number * 1000.0).round() / 1000.0;
        let (one, other) = (thousandths(one), thousandths(one + by));
        let comparison = with(&json!(one).to_string(), &json!(other).to_string(), &tolerance);
        prop_assert_eq!(comparison.differences.is_empty(), ((one - other) * 1000.0).round().abs() <= 1000.0);
    }

    #[test]
    fn no_body_panics(one in prop::collection::vec(any::<u8>(), 0..40), other in prop::collection::vec(any::<u8>(), 0..40)) {
        for kind in ["application/json", "text/plain", "text/event-stream", "application/x-ndjson", "image/png", "x"] {
            compare(&answer(kind, one.clone()), &answer(kind, other.clone()), &Rules::none(), None);
        }
    }
}
