//! Faults of `rust`, `sticky` and the other keys of a `[[route]]` that steer it.

use super::{Case, check_all};

#[test]
fn the_dial_is_a_percentage_with_two_decimals() {
    check_all(THE_DIAL_IS_A_PERCENTAGE_WITH_TWO_DECIMALS);
}

#[test]
fn what_only_a_handler_can_do_needs_one() {
    check_all(WHAT_ONLY_A_HANDLER_CAN_DO_NEEDS_ONE);
}

#[test]
fn a_request_sticks_to_one_known_thing() {
    check_all(A_REQUEST_STICKS_TO_ONE_KNOWN_THING);
}

#[test]
fn other_keys_have_their_kinds() {
    check_all(OTHER_KEYS_HAVE_THEIR_KINDS);
}

#[test]
fn a_default_is_checked_once_and_has_no_identity() {
    check_all(A_DEFAULT_IS_CHECKED_ONCE_AND_HAS_NO_IDENTITY);
}

const THE_DIAL_IS_A_PERCENTAGE_WITH_TWO_DECIMALS: &[Case] = &[
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"
rust = 101
"#,
        r#"
error: 101 is not a percentage
 --> routes.toml:5:8
  |
5 | rust = 101
  |        ^^^
  |
  = help: write a number from 0 to 100
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"
rust = -0.5
"#,
        r#"
error: -0.5 is not a percentage
 --> routes.toml:5:8
  |
5 | rust = -0.5
  |        ^^^^
  |
  = help: write a number from 0 to 100
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"
rust = 12.345
"#,
        r#"
error: 12.345 has more than two decimals
 --> routes.toml:5:8
  |
5 | rust = 12.345
  |        ^^^^^^
  |
  = help: write 12.35
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"
rust = "25%"
"#,
        r#"
error: expected false, true or a percentage, found a string
 --> routes.toml:5:8
  |
5 | rust = "25%"
  |        ^^^^^
  |
  = help: write 25, without quotes
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"
rust = "on"
"#,
        r#"
error: expected false, true or a percentage, found a string
 --> routes.toml:5:8
  |
5 | rust = "on"
  |        ^^^^
  |
  = help: false, true, or 0 to 100
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"
rust = nan
"#,
        r#"
error: NaN is not a percentage
 --> routes.toml:5:8
  |
5 | rust = nan
  |        ^^^
  |
  = help: write a number from 0 to 100
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"
rust = [25]
"#,
        r#"
error: expected false, true or a percentage, found a list
 --> routes.toml:5:8
  |
5 | rust = [25]
  |        ^^^^
  |
  = help: for example 25
"#,
    ),
];

const WHAT_ONLY_A_HANDLER_CAN_DO_NEEDS_ONE: &[Case] = &[
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
rust = 1
"#,
        r#"
error: `rust` sends requests to a handler, and this route has none
 --> routes.toml:4:8
  |
4 | rust = 1
  |        ^
  |
  = help: add `handler`, or leave this out: the legacy answers the route
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
fallback = true
"#,
        r#"
error: `fallback` is for a handler that fails, and this route has none
 --> routes.toml:4:12
  |
4 | fallback = true
  |            ^^^^
  |
  = help: add `handler`, or leave this out: the legacy answers the route
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
shadow = { sample = 5 }
"#,
        r#"
error: `shadow` asks the other side, and this route has no handler
 --> routes.toml:4:21
  |
4 | shadow = { sample = 5 }
  |                     ^
  |
  = help: add `handler`, or leave this out: the legacy answers the route
"#,
    ),
];

const A_REQUEST_STICKS_TO_ONE_KNOWN_THING: &[Case] = &[
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
sticky = "client_ip"
"#,
        r#"
error: `client_ip` is not a way to be sticky
 --> routes.toml:4:10
  |
4 | sticky = "client_ip"
  |          ^^^^^^^^^^^
  |
  = help: did you mean "client-ip"?
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
sticky = "cookie"
"#,
        r#"
error: `cookie` is not a way to be sticky
 --> routes.toml:4:10
  |
4 | sticky = "cookie"
  |          ^^^^^^^^
  |
  = help: write { cookie = ".." } with its name
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
sticky = "zzz"
"#,
        r#"
error: `zzz` is not a way to be sticky
 --> routes.toml:4:10
  |
4 | sticky = "zzz"
  |          ^^^^^
  |
  = help: write "request", "client-ip", { header = ".." }, { cookie = ".." } or { query = ".." }
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
sticky = {}
"#,
        r#"
error: `sticky` names nothing to stick to
 --> routes.toml:4:10
  |
4 | sticky = {}
  |          ^^
  |
  = help: write "request", "client-ip", { header = ".." }, { cookie = ".." } or { query = ".." }
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
sticky = { header = "a", cookie = "b" }
"#,
        r#"
error: a request sticks to one thing only
 --> routes.toml:4:10
  |
4 | sticky = { header = "a", cookie = "b" }
  |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: keep one of `header`, `cookie` and `query`
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
sticky = { header = "x user" }
"#,
        r#"
error: `x user` is not a header name
 --> routes.toml:4:21
  |
4 | sticky = { header = "x user" }
  |                     ^^^^^^^^
  |
  = help: for example "x-user"
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
sticky = { heder = "x-user" }
"#,
        r#"
error: unknown key `heder`
 --> routes.toml:4:12
  |
4 | sticky = { heder = "x-user" }
  |            ^^^^^
  |
  = help: did you mean `header`?
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
sticky = true
"#,
        r#"
error: expected a word or a table, found true or false
 --> routes.toml:4:10
  |
4 | sticky = true
  |          ^^^^
  |
  = help: for example "client-ip" or { header = "x-user" }
"#,
    ),
];

const OTHER_KEYS_HAVE_THEIR_KINDS: &[Case] = &[
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"
fallback = "yes"
"#,
        r#"
error: expected true or false, found a string
 --> routes.toml:5:12
  |
5 | fallback = "yes"
  |            ^^^^^
  |
  = help: for example true, without quotes
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
timeout = "0s"
"#,
        r#"
error: a limit of zero lets nothing pass
 --> routes.toml:4:11
  |
4 | timeout = "0s"
  |           ^^^^
  |
  = help: for example "5s"
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
shadow = 10
"#,
        r#"
error: expected a table, found an integer
 --> routes.toml:4:10
  |
4 | shadow = 10
  |          ^^
  |
  = help: for example { sample = 10 }
"#,
    ),
];

const A_DEFAULT_IS_CHECKED_ONCE_AND_HAS_NO_IDENTITY: &[Case] = &[
    (
        r#"[defaults]
id = "a"
match = { path = "/" }
"#,
        r#"
error: `id` has no default
 --> routes.toml:2:6
  |
2 | id = "a"
  |      ^^^
  |
  = help: write it into each [[route]]

error: `match` has no default
 --> routes.toml:3:9
  |
3 | match = { path = "/" }
  |         ^^^^^^^^^^^^^^
  |
  = help: write it into each [[route]]
"#,
    ),
    (
        r#"[defaults]
rust = 200

[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"

[[route]]
id = "b"
match = { path = "/b" }
handler = "orders"
"#,
        r#"
error: 200 is not a percentage
 --> routes.toml:2:8
  |
2 | rust = 200
  |        ^^^
  |
  = help: write a number from 0 to 100
"#,
    ),
];
