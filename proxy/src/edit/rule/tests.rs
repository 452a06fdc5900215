use serde_json::json;

use super::*;

fn expect(legacy: Option<Json>, rust: Option<Json>) -> Rule {
    Rule::Expect(Expected {
        at: "status".into(),
        legacy,
        rust,
        why: "meant".into(),
    })
}

const EXPECTED: &str = "{ at = \"status\", legacy = 500, rust = 401, why = \"meant\" }";

/// Adds the rule of [`EXPECTED`] to route `a`; `$` stands for it in what is expected.
#[track_caller]
fn check(source: &str, expected: &str) {
    let rule = expect(Some(json!(500)), Some(json!(401)));
    let ruled = add_rule(source, "a", &rule).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(ruled.text, expected.replace('$', EXPECTED));
    assert_eq!(ruled.rule, EXPECTED);
    let line = ruled.text.lines().nth(ruled.line - 1).unwrap();
    assert!(line.contains(EXPECTED), "line {}: {line}", ruled.line);
    toml_edit::Document::parse(ruled.text.as_str()).unwrap();
}

#[track_caller]
fn check_ignore(source: &str, expected: &str) {
    let ruled = add_rule(source, "a", &Rule::Ignore("json:/b".into())).unwrap();
    assert_eq!(ruled.text, expected);
    toml_edit::Document::parse(ruled.text.as_str()).unwrap();
}

#[test]
fn a_route_without_rules_gets_a_line() {
    check(
        "[[route]]\nid = 'a' # mine\n\n# next\n[[route]]\nid = 'b'\n",
        "[[route]]\nid = 'a' # mine\nparity = { expect = [$] }\n\n# next\n[[route]]\nid = 'b'\n",
    );
    check(
        "[[route]]\r\n  id = 'a'\r\n  [route.shadow]\r\n  sample = 1\r\n",
        "[[route]]\r\n  id = 'a'\r\n  parity = { expect = [$] }\r\n  [route.shadow]\r\n  sample = 1\r\n",
    );
    check(
        "[[route]]\nid = 'a'",
        "[[route]]\nid = 'a'\nparity = { expect = [$] }",
    );
}

#[test]
fn inline_routes_are_ruled_within_their_line() {
    check(
        "route = [{ id = 'a', rust = 1 }, { id = 'b' }]\n",
        "route = [{ id = 'a', rust = 1, parity = { expect = [$] } }, { id = 'b' }]\n",
    );
    check(
        "route = [{ id = 'a', parity.ignore = ['status'] }]\n",
        "route = [{ id = 'a', parity.ignore = ['status'], parity.expect = [$] }]\n",
    );
}

#[test]
fn braces_get_another_key() {
    check(
        "[[route]]\nid = 'a'\nparity = { ignore = ['body'] } # few\n",
        "[[route]]\nid = 'a'\nparity = { ignore = ['body'], expect = [$] } # few\n",
    );
    check(
        "[[route]]\nid = 'a'\nparity = {}\n",
        "[[route]]\nid = 'a'\nparity = { expect = [$] }\n",
    );
}

#[test]
fn a_table_of_its_own_gets_another_line() {
    check(
        "[[route]]\nid = 'a'\n[route.parity] # rules\nignore = ['body'] # all\n\n[[route]]\nid = 'b'\n",
        "[[route]]\nid = 'a'\n[route.parity] # rules\nignore = ['body'] # all\nexpect = [$]\n\n[[route]]\nid = 'b'\n",
    );
    check(
        "[[route]]\nid = 'a'\n[route.parity] # rules\n[[route]]\nid = 'b'\n",
        "[[route]]\nid = 'a'\n[route.parity] # rules\nexpect = [$]\n[[route]]\nid = 'b'\n",
    );
}

#[test]
fn dotted_keys_stay_dotted() {
    check(
        "[[route]]\nid = 'a'\nparity.ignore = ['body']\nrust = 1\n",
        "[[route]]\nid = 'a'\nparity.ignore = ['body']\nparity.expect = [$]\nrust = 1\n",
    );
}

#[test]
fn a_list_on_one_line_grows_on_it() {
    let before = "[[route]]\nid = 'a'\nparity = { ignore = ['body'";
    check_ignore(
        &format!("{before}] }} # end\n"),
        &format!("{before}, \"json:/b\"] }} # end\n"),
    );
    check_ignore(
        &format!("{before}, ] }}\n"),
        &format!("{before}, \"json:/b\", ] }}\n"),
    );
    check_ignore(
        "[[route]]\nid = 'a'\nparity.ignore = [ ]\n",
        "[[route]]\nid = 'a'\nparity.ignore = [\"json:/b\"]\n",
    );
}

#[test]
fn a_list_over_several_lines_gets_another_one() {
    let head =
        "[[route]]\nid = 'a'\n[route.parity]\nexpect = [\n  { at = 'body', rust = 1, why = 'x' }";
    check(&format!("{head},\n]\n"), &format!("{head},\n  $,\n]\n"));
    check(&format!("{head}\n]\n"), &format!("{head},\n  $\n]\n"));
    check(
        &format!("{head}, # one, two\n  # more\n]\n"),
        &format!("{head}, # one, two\n  $,\n  # more\n]\n"),
    );
    check(
        &format!("{head} # one, two\n]\n"),
        &format!("{head}, # one, two\n  $\n]\n"),
    );
    check(&format!("{head}]\n"), &format!("{head},\n  $]\n"));
    check(&format!("{head},]\n"), &format!("{head},\n  $,]\n"));
    let head = head.replace('\n', "\r\n");
    check(
        &format!("{head},\r\n]\r\n"),
        &format!("{head},\r\n  $,\r\n]\r\n"),
    );
}

#[test]
fn a_list_that_holds_only_a_comment_keeps_it() {
    check_ignore(
        "[[route]]\nid = 'a'\n[route.parity]\nignore = [\n  # none yet\n]\n",
        "[[route]]\nid = 'a'\n[route.parity]\nignore = [\"json:/b\"\n  # none yet\n]\n",
    );
}

#[test]
fn what_the_defaults_said_is_still_said() {
    let defaults = "[defaults]\nparity = { ignore = ['header:date', 'json:/id'], expect = [{ at = 'body', rust = 1, why = 'x' }] }\n";
    let route = "[[route]]\nid = 'a'\n";
    check_ignore(
        &format!("{defaults}{route}"),
        &format!(
            "{defaults}{route}parity = {{ ignore = ['header:date', 'json:/id', \"json:/b\"] }}\n"
        ),
    );
    // The route's own list has hidden the default's before.
    check_ignore(
        &format!("{defaults}{route}parity.ignore = ['body']\n"),
        &format!("{defaults}{route}parity.ignore = ['body', \"json:/b\"]\n"),
    );
}

#[test]
fn a_rule_that_is_there_is_not_added_again() {
    let source = format!(
        "[[route]]\nid = 'a'\nparity = {{ expect = [{EXPECTED}], ignore = ['json:/b'] }}\n"
    );
    for rule in [
        expect(Some(json!(500)), Some(json!(401))),
        Rule::Ignore("json:/b".into()),
    ] {
        let error = add_rule(&source, "a", &rule).unwrap_err();
        assert!(error.to_string().contains("already"), "{error}");
    }
    assert!(add_rule(&source, "a", &expect(Some(json!(500)), None)).is_ok());
}

#[test]
fn what_cannot_be_edited_says_why() {
    let rule = Rule::Ignore("json:/b".into());
    let told = |source: &str| add_rule(source, "a", &rule).unwrap_err().to_string();
    assert_eq!(told("[[route]]\nid = 'b'\n"), "no route is called `a`");
    assert!(told("[[route]\n").starts_with("the file is not TOML"));
    let tables =
        "[[route]]\nid = 'a'\n[[route.parity.expect]]\nat = 'status'\nrust = 1\nwhy = 'x'\n";
    let error = add_rule(tables, "a", &expect(Some(json!(500)), None)).unwrap_err();
    assert!(error.to_string().contains("tables of their own"), "{error}");
    assert!(told(tables).contains("by hand"), "{}", told(tables));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(source in "(\\[\\[route\\]\\]\n|\\[route.parity\\]\n|id = 'a'\n|parity=|parity.|ignore=|expect=|\\{|\\}|,|\n|\r|route=|\\[|\\]|'é'|#|.){0,14}") {
        if let Ok(ruled) = add_rule(&source, "a", &Rule::Ignore("json:/b".into())) {
            proptest::prop_assert!(toml_edit::Document::parse(ruled.text.as_str()).is_ok(), "{source:?} -> {:?}", ruled.text);
        }
    }
}
