//! Faults of `[[route]]`: its name, its handler, and what several routes may not do.

use super::{Case, check_all};

#[test]
fn a_route_has_a_name_and_a_match() {
    check_all(A_ROUTE_HAS_A_NAME_AND_A_MATCH);
}

#[test]
fn an_unknown_key_is_sent_where_it_belongs() {
    check_all(AN_UNKNOWN_KEY_IS_SENT_WHERE_IT_BELONGS);
}

#[test]
fn an_id_used_twice_shows_both_places() {
    check_all(AN_ID_USED_TWICE_SHOWS_BOTH_PLACES);
}

#[test]
fn a_route_that_nothing_reaches_shows_what_is_in_front() {
    check_all(A_ROUTE_THAT_NOTHING_REACHES_SHOWS_WHAT_IS_IN_FRONT);
}

#[test]
fn an_unknown_handler_is_named_with_the_known_ones() {
    check_all(AN_UNKNOWN_HANDLER_IS_NAMED_WITH_THE_KNOWN_ONES);
}

const A_ROUTE_HAS_A_NAME_AND_A_MATCH: &[Case] = &[
    (
        r#"[[route]]
handler = "orders"
"#,
        r#"
error: `id` is missing
 --> routes.toml:1:1
  |
1 | [[route]]
  | ^^^^^^^^^
  |
  = help: give the route a name: id = "hooks.wake"

error: `match` is missing
 --> routes.toml:1:1
  |
1 | [[route]]
  | ^^^^^^^^^
  |
  = help: say what it takes: match = { path = "/*" }
"#,
    ),
    (
        r#"[[route]]
id = "Orders API"
match = { path = "/" }
"#,
        r#"
error: `Orders API` is not an id: only a-z, 0-9, `.`, `_` and `-`
 --> routes.toml:2:6
  |
2 | id = "Orders API"
  |      ^^^^^^^^^^^^
  |
  = help: write "orders-api"
"#,
    ),
    (
        r#"[[route]]
id = ""
match = { path = "/" }
"#,
        r#"
error: an id cannot be empty
 --> routes.toml:2:6
  |
2 | id = ""
  |      ^^
  |
  = help: for example "hooks.wake"
"#,
    ),
    (
        r#"[[route]]
id = "-"
match = { path = "/" }
"#,
        r#"
error: `-` stands for the requests that no route takes
 --> routes.toml:2:6
  |
2 | id = "-"
  |      ^^^
  |
  = help: choose another id
"#,
    ),
    (
        r#"[[route]]
id = 5
match = { path = "/" }
"#,
        r#"
error: expected a string, found an integer
 --> routes.toml:2:6
  |
2 | id = 5
  |      ^
  |
  = help: for example "hooks.wake"
"#,
    ),
];

const AN_UNKNOWN_KEY_IS_SENT_WHERE_IT_BELONGS: &[Case] = &[
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handeler = "orders"
"#,
        r#"
error: unknown key `handeler`
 --> routes.toml:4:1
  |
4 | handeler = "orders"
  | ^^^^^^^^
  |
  = help: did you mean `handler`?
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
sample = 5
"#,
        r#"
error: unknown key `sample`
 --> routes.toml:4:1
  |
4 | sample = 5
  | ^^^^^^
  |
  = help: it belongs in `shadow`
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
rust_percent = 1
"#,
        r#"
error: unknown key `rust_percent`
 --> routes.toml:4:1
  |
4 | rust_percent = 1
  | ^^^^^^^^^^^^
  |
  = help: did you mean `rust`?
"#,
    ),
];

const AN_ID_USED_TWICE_SHOWS_BOTH_PLACES: &[Case] = &[(
    r#"[[route]]
id = "a"
match = { path = "/a" }

[[route]]
id = "a"
match = { path = "/b" }
"#,
    r#"
error: the id `a` is used twice
 --> routes.toml:6:6
  |
2 | id = "a"
  |      --- first used here
...
6 | id = "a"
  |      ^^^
  |
  = help: every route has an id of its own
"#,
)];

const A_ROUTE_THAT_NOTHING_REACHES_SHOWS_WHAT_IS_IN_FRONT: &[Case] = &[(
    r#"[[route]]
id = "all"
match = { path = "/*" }

[[route]]
id = "late"
match = { path = "/a" }
"#,
    r#"
error: no request can reach `late`: `all` takes them all first
 --> routes.toml:6:6
  |
2 | id = "all"
  |      ----- takes them
...
6 | id = "late"
  |      ^^^^^^
  |
  = help: the first match in the file wins; move this route up, or remove it
"#,
)];

const AN_UNKNOWN_HANDLER_IS_NAMED_WITH_THE_KNOWN_ONES: &[Case] = &[
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "order"
"#,
        r#"
error: no handler is called `order`
 --> routes.toml:4:11
  |
4 | handler = "order"
  |           ^^^^^^^
  |
  = help: did you mean "orders"? this program has `hooks` or `orders`
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "zzz"
"#,
        r#"
error: no handler is called `zzz`
 --> routes.toml:4:11
  |
4 | handler = "zzz"
  |           ^^^^^
  |
  = help: this program has `hooks` or `orders`
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = ""
"#,
        r#"
error: an empty string means nothing here
 --> routes.toml:4:11
  |
4 | handler = ""
  |           ^^
  |
  = help: for example "http://127.0.0.1:9000"
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "plugin:geo"
"#,
        r#"
error: nothing was granted to a plugin `geo`
 --> routes.toml:4:11
  |
4 | handler = "plugin:geo"
  |           ^^^^^^^^^^^^
  |
  = help: add [plugins.geo] with the paths it may answer: webhook = ["/.."]
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "http://127.0.0.1:9000/api"
"#,
        r#"
error: an upstream has no path, query or fragment: requests are forwarded with their own
 --> routes.toml:4:11
  |
4 | handler = "http://127.0.0.1:9000/api"
  |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write "http://127.0.0.1:9000"
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = ["orders"]
"#,
        r#"
error: expected a string, found a list
 --> routes.toml:4:11
  |
4 | handler = ["orders"]
  |           ^^^^^^^^^^
  |
  = help: for example "http://127.0.0.1:9000"
"#,
    ),
];
