//! JSON against Node's own.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::js::{Text, trim_str};
use crate::tests::oracle::{Oracle, same};

/// What the gateway makes of a body: printed again, or the error.
fn ours(body: &[u8]) -> Text {
    let text = String::from_utf8_lossy(body);
    let source = trim_str(&text);
    match Document::parse(source) {
        Err(fault) => fault.words(source),
        Ok(document) => {
            let mut out = Text::from("value ");
            document.root().write(&mut out).expect("not deep");
            out
        }
    }
}

fn check(oracle: &Oracle, body: &[u8]) {
    let (ours, node) = (ours(body), oracle.ask("json", &[body]));
    let body = String::from_utf8_lossy(body);
    assert!(same(&ours, &node), "{body:?}: {ours:?}, not {node:?}");
}

fn says(source: &str, words: &str) {
    assert_eq!(ours(source.as_bytes()), words, "for {source:?}");
}

#[test]
fn a_fault_is_said_in_the_words_of_v8() {
    says("[", "SyntaxError: Unexpected end of JSON input");
    says(
        "nulx",
        "SyntaxError: Unexpected token 'x', \"nulx\" is not valid JSON",
    );
    says("undefined", "SyntaxError: \"undefined\" is not valid JSON");
    says(
        "[object Object]",
        "SyntaxError: \"[object Object]\" is not valid JSON",
    );
    let placed = |source, what| says(source, &format!("SyntaxError: {what} (line 1 column 2)"));
    placed("{x", "Expected property name or '}' in JSON at position 1");
    placed("-", "No number after minus sign in JSON at position 1");
    placed("01", "Unexpected number in JSON at position 1");
    placed("n\"", "Unexpected string in JSON at position 1");
    says(
        "\"\\Ā",
        "SyntaxError: Unexpected token 'Ā', \"\"\\Ā\" is not valid JSON",
    );
    says(
        "[\"aaaaaaa\\Āaaaaaaaaaaaaaa",
        "SyntaxError: Unexpected token 'Ā', ...\"[\"aaaaaaa\\Āaaaaaaaaa\"... is not valid JSON",
    );
    placed("t1", "Unexpected number in JSON at position 1");
    placed(
        "1x",
        "Unexpected non-whitespace character after JSON at position 1",
    );
}

#[test]
fn lines_and_columns_are_counted_as_v8_does() {
    let at = |source: &str, place: &str| {
        let words = ours(source.as_bytes()).lossy();
        assert!(words.ends_with(place), "{words}");
    };
    at("{\n x", "position 3 (line 2 column 2)");
    at("{\r x", "position 3 (line 2 column 2)");
    at("{\r\n x", "position 4 (line 2 column 2)");
    at("{\n\r\n\n x", "position 6 (line 4 column 2)");
    at("\u{feff} {\"😀\" x", "position 6 (line 1 column 7)");
}

/// Texts that are nearly JSON: marks of the grammar in any order.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let parts = prop_oneof![
        4 => prop::sample::select(&[
            "{", "}", "[", "]", ",", ":", "\"", "\"a\":", "\"a\"", "\"0\":", "\"10\":1", "\"__proto__\":",
        ][..]).prop_map(str::to_owned),
        3 => prop::sample::select(&[
            "0", "-", "1", "12", "-0", ".5", "1.", "1e", "1e+", "E5", "1e400", "1e-400", "0.1", "9007199254740993",
        ][..]).prop_map(str::to_owned),
        2 => prop::sample::select(&[
            "null", "true", "false", "nul", "tru", "undefined", "NaN", "Infinity", "[object Object]", "[1,2]",
        ][..]).prop_map(str::to_owned),
        2 => prop::sample::select(&[
            " ", "\n", "\r", "\r\n", "\t", "\u{feff}", "\u{2028}", "\u{a0}", "\0", "\u{1f}", "é", "😀", "'", "x",
        ][..]).prop_map(str::to_owned),
        2 => prop::sample::select(&[
            "\\", "\\n", "\\u", "\\ud83d", "\\ude00", "\\u00e9", "\\u12", "\\q", "\\\"", "\\/", "\"\\ud800\"",
        ][..]).prop_map(str::to_owned),
        1 => "[ -~]{0,30}",
    ];
    vec(parts, 0..14).prop_map(|parts| parts.concat().into_bytes())
}

/// JSON of any shape.
fn whole() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        "[a-z0-9é😀\"\\\\\n\u{7f}\u{2028}]{0,6}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let name = prop_oneof![
            "[0-9]{1,2}",
            "[a-c]",
            Just("4294967295".to_owned()),
            Just("01".to_owned())
        ];
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Into::into),
            vec((name, inner), 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A change to some bytes of a text, which may break its UTF-8 too.
fn broken() -> impl Strategy<Value = Vec<u8>> {
    let change = (
        any::<prop::sample::Index>(),
        0..3_usize,
        vec(any::<u8>(), 0..2),
    );
    (whole(), vec(change, 0..3)).prop_map(|(value, changes)| {
        let mut bytes = value.to_string().into_bytes();
        for (place, cut, new) in changes {
            let start = place.index(bytes.len() + 1);
            let end = (start + cut).min(bytes.len());
            bytes.splice(start..end, new);
        }
        bytes
    })
}

/// Runs cases without a file of past failures: the table keeps what was learned.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

#[test]
fn near_json_is_read_as_node_reads_it() {
    let oracle = Oracle::start();
    proptest!(cases(6000), |(body in nearly())| check(&oracle, &body));
}

#[test]
fn broken_json_is_read_as_node_reads_it() {
    let oracle = Oracle::start();
    proptest!(cases(4000), |(body in broken())| check(&oracle, &body));
}

#[test]
fn any_bytes_are_read_as_node_reads_them() {
    let oracle = Oracle::start();
    proptest!(cases(2000), |(body in vec(any::<u8>(), 0..40))| check(&oracle, &body));
}

#[test]
fn depth_costs_no_stack() {
    let deep = 100_000;
    let arrays = "[".repeat(deep) + &"]".repeat(deep);
    let document = Document::parse(&arrays).expect("V8 reads it too");
    assert_eq!(document.root().write(&mut Text::default()), Err(TooDeep));
    let open = "{\"a\":".repeat(deep);
    says(&open, "SyntaxError: Unexpected end of JSON input");
}

#[test]
fn a_thousand_levels_are_written() {
    let arrays = "[".repeat(1000) + &"]".repeat(1000);
    says(&arrays, &format!("value {arrays}"));
}
