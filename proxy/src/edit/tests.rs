//! Edits as tables: the text before, the dial, the text after.

use proptest::prelude::*;

use super::*;
use crate::route::By;

fn dial(percent: f64) -> Dial {
    Dial::from_percent(percent).unwrap()
}

#[track_caller]
fn check(source: &str, percent: f64, expect: &str) {
    let edited = set_dial(source, "a", dial(percent), &mark()).unwrap();
    assert_eq!(without_notes(&edited), expect);
}

fn mark() -> Mark {
    Mark::of(By::Cli, 0)
}

/// The text as it was before the mark above was put on it.
fn without_notes(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let Some((before, note)) = line.split_once("# cli 1970-01-01T00:00:00Z ") else {
            return line.to_owned();
        };
        let end = note.find(['\r', '\n']).unwrap_or(note.len());
        let gap = if before.contains('#') { 1 } else { 2 };
        format!("{}{}", &before[..before.len() - gap], &note[end..])
    });
    lines.collect()
}

#[test]
fn only_the_value_changes() {
    check(
        "# top\n[[route]]\nid   = 'a' # name\nrust =\t25   # dial\n\n# end",
        50.0,
        "# top\n[[route]]\nid   = 'a' # name\nrust =\t50   # dial\n\n# end",
    );
    check(
        "[[route]]\r\nrust = 1.50\r\nid = \"a\"\r\n",
        0.25,
        "[[route]]\r\nrust = 0.25\r\nid = \"a\"\r\n",
    );
    check(
        "\u{feff}[[route]]\nid='a'\nrust=5",
        12.5,
        "\u{feff}[[route]]\nid='a'\nrust=12.5",
    );
}

#[test]
fn only_the_named_route_changes() {
    check(
        "[[route]]\nid = 'b'\nrust = 1\n[[route]]\nid = 'a'\nrust = 2\n[[route]]\nid = 'c'\nrust = 3\n",
        100.0,
        "[[route]]\nid = 'b'\nrust = 1\n[[route]]\nid = 'a'\nrust = 100\n[[route]]\nid = 'c'\nrust = 3\n",
    );
}

#[test]
fn a_flag_stays_a_flag_when_it_can() {
    check(
        "[[route]]\nid = 'a'\nrust = false\n",
        100.0,
        "[[route]]\nid = 'a'\nrust = true\n",
    );
    check(
        "[[route]]\nid = 'a'\nrust = true\n",
        0.0,
        "[[route]]\nid = 'a'\nrust = false\n",
    );
    check(
        "[[route]]\nid = 'a'\nrust = true\n",
        50.0,
        "[[route]]\nid = 'a'\nrust = 50\n",
    );
    check(
        "[[route]]\nid = 'a'\nrust = 50\n",
        0.0,
        "[[route]]\nid = 'a'\nrust = 0\n",
    );
}

#[test]
fn a_dial_that_says_so_already_is_left_alone() {
    check(
        "[[route]]\nid = 'a'\nrust = 25.00\n",
        25.0,
        "[[route]]\nid = 'a'\nrust = 25.00\n",
    );
    check(
        "[[route]]\nid = 'a'\nrust = true\n",
        100.0,
        "[[route]]\nid = 'a'\nrust = true\n",
    );
}

#[test]
fn a_missing_key_is_added_after_the_handler() {
    check(
        "[[route]]\nid = 'a'\nhandler = 'x' # who\nfallback = true\n",
        25.0,
        "[[route]]\nid = 'a'\nhandler = 'x' # who\nrust = 25\nfallback = true\n",
    );
    check(
        "[[route]]\n  id      = 'a'\n  handler = 'x'\n",
        25.0,
        "[[route]]\n  id      = 'a'\n  handler = 'x'\n  rust    = 25\n",
    );
    check(
        "[[route]]\r\nid='a'\r\nhandler='x'",
        25.0,
        "[[route]]\r\nid='a'\r\nhandler='x'\r\nrust=25",
    );
}

#[test]
fn without_a_handler_it_is_added_after_the_last_own_key() {
    check(
        "[[route]]\nid = 'a'\nmatch.path = [\n'/'\n] # end\n[route.shadow]\nsample = 1\n",
        25.0,
        "[[route]]\nid = 'a'\nmatch.path = [\n'/'\n] # end\nrust = 25\n[route.shadow]\nsample = 1\n",
    );
}

#[test]
fn inline_routes_are_edited_within_their_line() {
    check(
        "route = [{ id = 'b' }, { id = 'a', handler = 'x', fallback = true }] # all\n",
        25.0,
        "route = [{ id = 'b' }, { id = 'a', handler = 'x', rust = 25, fallback = true }] # all\n",
    );
    check(
        "route = [{ id = 'a' }]",
        0.5,
        "route = [{ id = 'a', rust = 0.5 }]",
    );
    check(
        "route = [{ id = 'a', rust = 1 }]",
        0.0,
        "route = [{ id = 'a', rust = 0 }]",
    );
}

#[test]
fn rollback_reaches_every_dial_and_the_default() {
    let source = "[defaults]\nrust = 10\n[[route]]\nid = 'a'\nrust = true # now\n[[route]]\nid = 'b'\nrust = 2.5\n[[route]]\nid = 'c'\n";
    let expect = "[defaults]\nrust = 0\n[[route]]\nid = 'a'\nrust = false # now\n[[route]]\nid = 'b'\nrust = 0\n[[route]]\nid = 'c'\n";
    assert_eq!(
        without_notes(&rollback_all(source, &mark()).unwrap()),
        expect
    );
}

#[test]
fn what_cannot_be_edited_says_why() {
    let missing = set_dial("[[route]]\nid = 'b'\n", "a", dial(1.0), &mark()).unwrap_err();
    assert_eq!(missing.to_string(), "no route is called `a`");
    assert!(matches!(
        set_dial("[[route]\n", "a", dial(1.0), &mark()),
        Err(EditError::NotToml(_))
    ));
    assert!(matches!(
        set_dial("route = 5", "a", dial(1.0), &mark()),
        Err(EditError::NoSuchRoute(_))
    ));
}

proptest! {
    #[test]
    fn setting_and_setting_back_gives_the_same_bytes(first in 0u32..=10_000, second in 0u32..=10_000, newline in "\r?\n") {
        let source = format!("# héad{newline}[[route]]{newline}id = 'a'{newline}rust = {first}e-2 # x{newline}");
        let (first, second) = (dial(f64::from(first) / 100.0), dial(f64::from(second) / 100.0));
        let there = set_dial(&source, "a", second, &mark()).unwrap();
        let back = set_dial(&there, "a", first, &mark()).unwrap();
        let again = set_dial(&back, "a", second, &mark()).unwrap();
        prop_assert_eq!(without_notes(&there), without_notes(&again));
    }

    #[test]
    fn no_text_makes_it_panic(source in "(\\[\\[route\\]\\]\n|id = 'a'\n|handler='x'|\\{|\\}|,|\n|\r|route=|rust=|\\[|\\]|é|.){0,12}") {
        let _ = set_dial(&source, "a", dial(5.0), &mark());
        let _ = resume(&source, "a", 0);
        let _ = notes(&source);
        let _ = rollback_all(&source, &mark());
    }
}
