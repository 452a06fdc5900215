//! A file without a legacy: when it is good, and what it is told when it is not.

use std::time::Duration;

use super::{Case, check, check_all_alone, known};
use crate::config::{Config, Handlers, Needs};

#[track_caller]
fn accept(source: &str) -> Config {
    Config::parse(source, &known()).unwrap_or_else(|faults| panic!("\n{faults}"))
}

#[test]
fn a_file_whose_routes_answer_for_themselves_needs_no_legacy() {
    const ROUTE: &str = "[[route]]\nid = \"a\"\nmatch = { path = \"/a\" }\nhandler = \"orders\"\n";
    for full in ["rust = true", "rust = 100", "rust = 100.0"] {
        let config = accept(&format!("{ROUTE}{full}\n"));
        assert!(config.legacy.urls.is_empty() && config.routes[0].rust.is_full());
    }
    let by_default = accept(&format!("[defaults]\nrust = true\n{ROUTE}"));
    assert!(by_default.routes[0].rust.is_full());
    let a_service = ROUTE.replace("\"orders\"", "\"http://127.0.0.1:9000\"");
    accept(&format!("{a_service}rust = true\n"));
}

#[test]
fn the_other_keys_of_the_table_stay_of_use() {
    let config = accept(
        "[legacy]\nconfig = \"~/.legacy.json\"\nresponse_timeout = \"5s\"\n\
         [[route]]\nid = \"a\"\nmatch = { path = \"/a\" }\nhandler = \"orders\"\nrust = true\n",
    );
    assert!(config.legacy.urls.is_empty() && config.legacy.config.is_some());
    assert_eq!(config.legacy.response_timeout, Duration::from_secs(5));
}

#[test]
fn defaults_that_ask_the_legacy_are_off() {
    let config = accept(
        "[defaults]\nfallback = true\nshadow = { sample = 10 }\n\
         [[route]]\nid = \"a\"\nmatch = { path = \"/a\" }\nhandler = \"orders\"\nrust = true\n\
         [[route]]\nid = \"b\"\nmatch = { path = \"/b\" }\nhandler = \"orders\"\nrust = true\nfallback = false\n",
    );
    for route in &config.routes {
        assert!(!route.fallback && route.shadow.sample == 0.0);
    }
}

#[test]
fn how_long_it_must_be_idle_is_a_day_or_what_is_written() {
    let idle = |key: &str| {
        let legacy = format!("[legacy]\nurl = \"http://a\"\n{key}");
        accept(&legacy).legacy.idle
    };
    assert_eq!(idle(""), Duration::from_secs(24 * 3600));
    assert_eq!(idle("idle = \"7d\""), Duration::from_secs(7 * 24 * 3600));
    assert_eq!(idle("idle = \"1s\""), Duration::from_secs(1));
}

#[test]
fn every_route_in_the_way_is_told_at_once() {
    check_all_alone(EVERY_ROUTE_IN_THE_WAY_IS_TOLD_AT_ONCE);
}

#[test]
fn what_a_route_itself_asks_of_the_legacy_is_a_fault() {
    check_all_alone(WHAT_A_ROUTE_ITSELF_ASKS_OF_THE_LEGACY_IS_A_FAULT);
}

#[test]
fn a_handler_that_works_in_part_only_needs_one() {
    let known: Handlers = known().with_builtin("wakes", Needs::Legacy);
    let source = "[legacy]\nconfig = \"a.json\"\n[[route]]\nid = \"a\"\nmatch = { path = \"/a\" }\nhandler = \"wakes\"\nrust = true\n";
    let faults = Config::parse(source, &known).unwrap_err().to_string();
    let expect = "\
error: `wakes` leaves part of `a` to the legacy, and none is named
 --> routes.toml:6:11
  |
6 | handler = \"wakes\"
  |           ^^^^^^^
  |
  = help: name another handler, remove the route, or say where the legacy is: [legacy] with url
";
    assert_eq!(faults, expect);
    let with_one = source.replace("config", "url = \"http://b\"\nconfig");
    Config::parse(&with_one, &known).unwrap();
}

#[test]
fn a_plugin_that_calls_it_needs_one() {
    let route =
        "[[route]]\nid = \"a\"\nmatch = { path = \"/a\" }\nhandler = \"orders\"\nrust = true\n";
    accept(&format!("[plugins.zalo]\nwebhook = [\"/zalo\"]\n{route}"));
    check(
        &format!("[plugins.zalo]\ninbound = [\"zalo\"]\n{route}"),
        "
error: the plugin `zalo` calls the legacy, and none is named
 --> routes.toml:1:1
  |
1 | [plugins.zalo]
  | ^^^^^^^^^^^^^^
  |
  = help: remove `legacy` and `inbound` from its table, or say where the legacy is: [legacy] with url
",
    );
}

#[test]
fn a_table_that_is_wrong_may_name_one() {
    check(
        "legacy = 3\n[[route]]\nid = \"a\"\nmatch = { path = \"/a\" }\n",
        "
error: expected a table, found an integer
 --> routes.toml:1:10
  |
1 | legacy = 3
  |          ^
  |
  = help: for example [legacy]
",
    );
}

const EVERY_ROUTE_IN_THE_WAY_IS_TOLD_AT_ONCE: &[Case] = &[(
    r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"
rust = 25

[[route]]
id = "b"
match = { path = "/b" }
handler = "orders"

[[route]]
id = "done"
match = { path = "/done" }
handler = "orders"
rust = true

[[route]]
id = "rest"
match = { path = "/*" }
"#,
    r#"
error: `a` answers 25 % of its requests, and no legacy is named for the rest
 --> routes.toml:5:8
  |
5 | rust = 25
  |        ^^
  |
  = help: write rust = true, or say where the legacy is: [legacy] with url

error: `b` answers 0 % of its requests, and no legacy is named for the rest
 --> routes.toml:8:6
  |
8 | id = "b"
  |      ^^^
  |
  = help: write rust = true, or say where the legacy is: [legacy] with url

error: nobody answers `rest`: it has no handler, and no legacy is named
  --> routes.toml:19:6
   |
19 | id = "rest"
   |      ^^^^^^
   |
   = help: add `handler` and rust = true, remove the route, or say where the legacy is: [legacy] with url
"#,
)];

const WHAT_A_ROUTE_ITSELF_ASKS_OF_THE_LEGACY_IS_A_FAULT: &[Case] = &[(
    r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"
rust = true
fallback = true
shadow = { sample = 10 }
"#,
    r#"
error: `fallback` asks the legacy, and none is named
 --> routes.toml:6:12
  |
6 | fallback = true
  |            ^^^^
  |
  = help: remove it, or say where the legacy is: [legacy] with url

error: `shadow` asks the legacy, and none is named
 --> routes.toml:7:21
  |
7 | shadow = { sample = 10 }
  |                     ^^
  |
  = help: remove it, or say where the legacy is: [legacy] with url
"#,
)];
