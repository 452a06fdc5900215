//! What Node 22 says, written down.

use super::json_fault;

fn says(source: &str, words: &str) {
    assert_eq!(json_fault(source).as_deref(), Some(words), "{source:?}");
}

#[test]
fn json_has_no_fault() {
    for text in [
        "null",
        " [1, -0.5e+3, \"\\u00e9\\n\", {}] ",
        "{\"a\": {\"b\": []}, \"c\": true}",
        "1e400",
        "\"\\ud800\"",
    ] {
        assert_eq!(json_fault(text), None, "{text}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(json_fault(&deep), None);
}

#[test]
fn faults_are_said_as_v8_says_them() {
    says("[", "Unexpected end of JSON input");
    says("nul", "Unexpected end of JSON input");
    says("nulx", "Unexpected token 'x', \"nulx\" is not valid JSON");
    says("hello", "Unexpected token 'h', \"hello\" is not valid JSON");
    says("undefined", "\"undefined\" is not valid JSON");
    says("[object Object]", "\"[object Object]\" is not valid JSON");
    says("\"\\Ā", "Unexpected token 'Ā', \"\"\\Ā\" is not valid JSON");
    says(
        "[\"aaaaaaa\\Āaaaaaaaaaaaaaa",
        "Unexpected token 'Ā', ...\"[\"aaaaaaa\\Āaaaaaaaaa\"... is not valid JSON",
    );
    says(
        "\u{feff}{}",
        "Unexpected token '\u{feff}', \"\u{feff}{}\" is not valid JSON",
    );
}

#[test]
fn places_are_named() {
    let at_1 =
        |source: &str, what: &str| says(source, &format!("{what} at position 1 (line 1 column 2)"));
    at_1("{x", "Expected property name or '}' in JSON");
    at_1("{", "Expected property name or '}' in JSON");
    at_1("-", "No number after minus sign in JSON");
    at_1("01", "Unexpected number in JSON");
    at_1("n\"", "Unexpected string in JSON");
    at_1("1x", "Unexpected non-whitespace character after JSON");
    at_1("\"", "Unterminated string in JSON");
    at_1("\"\n", "Bad control character in string literal in JSON");
    says(
        "1.",
        "Unterminated fractional number in JSON at position 2 (line 1 column 3)",
    );
    says(
        "1e",
        "Exponent part is missing a number in JSON at position 2 (line 1 column 3)",
    );
    says(
        "\"\\q",
        "Bad escaped character in JSON at position 2 (line 1 column 3)",
    );
    says(
        "\"\\u1",
        "Bad Unicode escape in JSON at position 4 (line 1 column 5)",
    );
    says(
        "[1 2",
        "Expected ',' or ']' after array element in JSON at position 3 (line 1 column 4)",
    );
    says(
        "{\"a\" 1",
        "Expected ':' after property name in JSON at position 5 (line 1 column 6)",
    );
    says(
        "{\"a\":1,}",
        "Expected double-quoted property name in JSON at position 7 (line 1 column 8)",
    );
    says(
        "{\"a\":1]",
        "Expected ',' or '}' after property value in JSON at position 6 (line 1 column 7)",
    );
}

#[test]
fn lines_and_columns_are_counted_as_v8_does() {
    let ends = |source: &str, place: &str| {
        let words = json_fault(source).expect("a fault");
        assert!(words.ends_with(place), "{words}");
    };
    ends("{\n x", "position 3 (line 2 column 2)");
    ends("{\r x", "position 3 (line 2 column 2)");
    ends("{\r\n x", "position 4 (line 2 column 2)");
    ends("{\n\r\n\n x", "position 6 (line 4 column 2)");
    ends("{\"😀\" x", "position 6 (line 1 column 7)");
}
