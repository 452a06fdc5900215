use proptest::prelude::*;

use super::*;

#[track_caller]
fn same_number(left: &str, right: &str, expect: bool) {
    assert_eq!(same(left, right), expect, "{left} {right}");
    assert_eq!(same(right, left), expect, "{right} {left}");
    assert_eq!(number::hash(left) == number::hash(right), expect);
}

#[test]
fn numbers_are_compared_by_value() {
    for other in ["5.0", "5e0", "50e-1", "0.5E1", "0.0005e+4", "5.000"] {
        same_number("5", other, true);
    }
    same_number("0", "-0", true);
    same_number("0", "0.000e999", true);
    same_number("1e400", "10e399", true);
    same_number("1e400", "1e401", false);
    same_number("1e999999999", "10e999999998", true);
    let huge = "1e99999999999999999999999999999999999999999999";
    same_number(huge, huge, true);
    same_number(huge, &huge.replace("1e", "2e"), false);
    same_number("0.1", "0.1000000000000000055511151231257827", false);
    same_number("5", "-5", false);
    same_number("100", "10", false);
    same_number("1203", "1.203e3", true);
    same_number("0.012", "12e-3", true);
}

#[test]
fn a_tolerance_is_exact() {
    let check = |left: &str, right: &str, tolerance: f64, expect: bool| {
        assert_eq!(within(left, right, tolerance), expect, "{left} {right}");
        assert_eq!(within(right, left, tolerance), expect, "{right} {left}");
    };
    // As floats these are 0.10000000000000009 apart.
    check("1.1", "1.0", 0.1, true);
    check("1.1000000000000001", "1.0", 0.1, false);
    check("9007199254740993", "9007199254740992", 0.5, false);
    check("9007199254740993", "9007199254740992", 1.0, true);
    check("-1", "1e0", 2.0, true);
    check("0", "0.01", 0.01, true);
    check("1e400", "1e399", 5.0, false);
    check("1e999999999999", "1", 5.0, false);
    check("1e-300", "0", 0.01, true);
}

#[test]
fn a_document_has_at_most_a_million_values() {
    let list = |count: usize| format!("[{}1]", "1,".repeat(count - 2));
    assert!(read(list(1 << 20).as_bytes()).is_some());
    assert!(read(list((1 << 20) + 1).as_bytes()).is_none());
}

#[test]
fn a_document_may_be_as_deep_as_it_is_long() {
    let depth = 500_000;
    let deep = "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(read(deep.as_bytes()).unwrap().hashes().len(), depth);
    let deep = "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth);
    assert_eq!(read(deep.as_bytes()).unwrap().hashes().len(), 2 * depth + 1);
    assert!(read("[".repeat(depth).as_bytes()).is_none());
}

#[test]
fn of_two_members_with_one_name_the_last_counts() {
    let doc = read(br#"{"a":1,"b":2,"\u0061":3}"#).unwrap();
    let members = doc.sorted(Doc::ROOT);
    assert_eq!(members.len(), 2);
    assert_eq!(doc.value(members[0].1), Value::Number("3"));
    assert_eq!(doc.member(Doc::ROOT, b"a"), Some(members[0].1));
}

#[test]
fn escapes_are_resolved() {
    assert_eq!(&*unescape(r"a\n\u00e9\ud83d\ude00\/"), "a\né😀/".as_bytes());
    assert_ne!(unescape(r"\ud800"), unescape(r"\ud801"));
    assert_ne!(unescape(r"\ud800\u0041"), unescape("\u{fffd}A"));
}

#[test]
fn spelling_and_order_do_not_change_a_hash() {
    let hash = |text: &str| read(text.as_bytes()).unwrap().hashes()[0];
    let one = hash(r#"{"a":[1,2.0],"b":"x"}"#);
    assert_eq!(one, hash(r#" { "b" : "\u0078" , "a" : [ 1e0 , 2 ] } "#));
    assert_ne!(one, hash(r#"{"a":[2,1],"b":"x"}"#));
    assert_ne!(hash("[[1],2]"), hash("[[1,2]]"));
    assert_ne!(hash("{\"a\":1}"), hash("{\"a\":\"1\"}"));
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        ".*".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::hash_map(".{0,4}", inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_json_is_what_serde_says(text in r#"[\[\]{}",:0-9eE.+\-truefalsn \\/u]{0,24}"#) {
        let ours = read(text.as_bytes()).is_some();
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        // Numbers that no float can hold are JSON all the same.
        let out_of_range = theirs.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
        let surrogate = theirs.as_ref().is_err_and(|error| error.to_string().contains("surrogate") || error.to_string().contains("hex escape"));
        prop_assert!(ours == theirs.is_ok() || out_of_range || surrogate, "{text:?} {theirs:?}");
    }

    #[test]
    fn written_documents_are_read(value in json()) {
        let (plain, pretty) = (value.to_string(), serde_json::to_string_pretty(&value).unwrap());
        let (plain, pretty) = (read(plain.as_bytes()).unwrap(), read(pretty.as_bytes()).unwrap());
        prop_assert_eq!(plain.hashes(), pretty.hashes());
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = read(&bytes).map(|doc| doc.hashes());
    }
}

#[test]
fn hashes_tell_apart_what_is_written_with_the_same_figures() {
    let hash = |text: &str| read(text.as_bytes()).unwrap().hash_of(Doc::ROOT);
    let all = [
        "\"5\"",
        "5",
        "0.5",
        "-0.5",
        "0.05",
        "50",
        "1e400",
        "5e18446744073709551615",
        "5e-1000",
        "5e9223372036854775807",
        "[5]",
        "[\"5\"]",
        "[0.5]",
        "{\"5\":5}",
        "null",
        "false",
        "true",
        "0",
        "\"\"",
    ];
    for (at, one) in all.iter().enumerate() {
        for other in &all[at + 1..] {
            assert_ne!(hash(one), hash(other), "{one} {other}");
        }
    }
}
