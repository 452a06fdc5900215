//! Whatever stands in a file, checking it ends in a configuration or in faults that have a place in it.

use proptest::prelude::*;

use super::known;
use crate::config::Config;

const GOOD: &str = include_str!("../../../../routes.toml");

/// Pieces that mean something somewhere, so that mutations reach past the parser.
const PIECES: &[&str] = &[
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    "=",
    ",",
    ".",
    "\n",
    "\r\n",
    "\t",
    "#",
    "é",
    "日",
    "\u{feff}",
    "\u{202e}",
    "\0",
    "-1",
    "1e999",
    "true",
    "\"\"",
    "[]",
    "{}",
    "[[route]]\n",
    "id = \"orders\"\n",
    "[server]\n",
    "match = 5\n",
    "\"\"\"",
    "nan",
    "0x7f",
    "99999999999999999999",
    "\"5s\"",
    "route.",
    "admin_token = 'x'\n",
];

fn check(source: &str) {
    let Err(faults) = Config::parse(source, &known()) else {
        return;
    };
    assert!(faults.len() > 0);
    let lines = source.split('\n').count();
    for fault in faults.iter() {
        assert!((1..=lines).contains(&fault.line) && fault.column > 0);
        assert!(fault.excerpt.chars().count() < 1000 && !fault.message.is_empty());
    }
    let (plain, coloured) = (faults.to_string(), faults.coloured().to_string());
    assert!(plain.len() <= coloured.len());
    serde_json::to_string(&faults).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_checked_without_panic(source in "(?s).{0,200}") {
        check(&source);
    }

    #[test]
    fn any_bytes_are_checked_without_panic(source in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Err(faults) = Config::parse_bytes(&source, &known()) {
            prop_assert!(!faults.to_string().is_empty());
        }
    }

    #[test]
    fn any_mutation_of_a_good_file_is_checked_without_panic(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..30, prop::sample::select(PIECES)), 1..6),
    ) {
        let mut characters: Vec<char> = GOOD.chars().collect();
        for (at, removed, piece) in edits {
            let start = at.index(characters.len());
            let end = (start + removed).min(characters.len());
            characters.splice(start..end, piece.chars());
        }
        check(&characters.into_iter().collect::<String>());
    }

    #[test]
    fn any_value_for_any_key_is_checked_without_panic(
        key in "(listen|admin|threads|trusted_proxies|drain|tls|admin_token|header_size|data)",
        value in "(-?[0-9]{1,25}(\\.[0-9]{1,4})?|\"\\PC{0,20}\"|\\[(\"[0-9.:/\\[\\]a-f]{0,20}\",){0,3}\\]|\\{ ?(env|file|key)? ?=? ?\"?x?\"? ?\\}|nan|inf|1979-05-27)",
    ) {
        check(&format!("[server]\n{key} = {value}\n[legacy]\nurl = \"http://a\"\n"));
    }
}

#[test]
fn a_file_of_one_endless_line_is_reported_with_a_piece_of_it() {
    let megabytes = 10 << 20;
    // The parser makes an error of every one of these, which is slow without optimisation and no other for fewer.
    let errors = 100_000;
    for source in [
        "x".repeat(megabytes),
        format!("[server]\nthread = \"{}\"\n", "日".repeat(megabytes / 3)),
        format!("[legacy]\nurl = \"{}\"\n", "a".repeat(megabytes)),
        "=".repeat(errors),
        "[".repeat(megabytes),
    ] {
        check(&source);
    }
}
