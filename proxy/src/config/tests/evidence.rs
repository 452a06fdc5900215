//! Faults of the `shadow`, `parity` and `gate` keys.

use super::{Case, accept, check_all};
use crate::config::Writes;

#[test]
fn a_shadow_has_a_share_a_way_and_caps() {
    check_all(A_SHADOW_HAS_A_SHARE_A_WAY_AND_CAPS);
}

#[test]
fn a_plan_is_asked_only_of_a_handler_that_declares_it() {
    check_all(A_PLAN_IS_ASKED_ONLY_OF_A_HANDLER_THAT_DECLARES_IT);
}

#[test]
fn a_default_plan_is_refused_where_it_meets_the_handler() {
    check_all(A_DEFAULT_PLAN_IS_REFUSED_WHERE_IT_MEETS_THE_HANDLER);
}

#[test]
fn a_plan_is_fine_for_a_planner_a_service_and_nobody() {
    for handler in [
        "handler = \"hooks\"",
        "handler = \"http://127.0.0.1:9\"",
        "",
    ] {
        let source = format!(
            "[defaults]\nshadow = {{ writes = \"plan\" }}\n[[route]]\nid = \"a\"\nmatch = {{ path = \"/\" }}\n{handler}\n"
        );
        assert_eq!(accept(&source).routes[0].shadow.writes, Writes::Plan);
    }
}

#[test]
fn a_place_is_a_header_a_pointer_the_status_or_the_body() {
    check_all(A_PLACE_IS_A_HEADER_A_POINTER_THE_STATUS_OR_THE_BODY);
}

#[test]
fn arrays_and_numbers_are_inside_json() {
    check_all(ARRAYS_AND_NUMBERS_ARE_INSIDE_JSON);
}

#[test]
fn an_expected_difference_says_where_what_and_why() {
    check_all(AN_EXPECTED_DIFFERENCE_SAYS_WHERE_WHAT_AND_WHY);
}

#[test]
fn a_gate_rises_to_the_top() {
    check_all(A_GATE_RISES_TO_THE_TOP);
}

#[test]
fn limits_of_a_gate_are_numbers_in_range() {
    check_all(LIMITS_OF_A_GATE_ARE_NUMBERS_IN_RANGE);
}

const A_SHADOW_HAS_A_SHARE_A_WAY_AND_CAPS: &[Case] = &[
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"
shadow = { sample = 101 }
"#,
        r#"
error: 101 is not a percentage
 --> routes.toml:5:21
  |
5 | shadow = { sample = 101 }
  |                     ^^^
  |
  = help: write a number from 0 to 100
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"
shadow = { writes = "plann" }
"#,
        r#"
error: `plann` is not one of `skip`, `plan` or `send`
 --> routes.toml:5:21
  |
5 | shadow = { writes = "plann" }
  |                     ^^^^^^^
  |
  = help: did you mean "plan"?
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"
shadow = { writes = "never" }
"#,
        r#"
error: `never` is not one of `skip`, `plan` or `send`
 --> routes.toml:5:21
  |
5 | shadow = { writes = "never" }
  |                     ^^^^^^^
  |
  = help: write `skip`, `plan` or `send`
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"
shadow = { timeout = "5" }
"#,
        r#"
error: `5` is not a duration
 --> routes.toml:5:22
  |
5 | shadow = { timeout = "5" }
  |                      ^^^
  |
  = help: add the unit: "5s"
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"
shadow = { request_body = "big" }
"#,
        r#"
error: `big` is not a size
 --> routes.toml:5:27
  |
5 | shadow = { request_body = "big" }
  |                           ^^^^^
  |
  = help: for example "256KiB" or "1MiB"
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"
shadow = { rate = 5 }
"#,
        r#"
error: unknown key `rate`
 --> routes.toml:5:12
  |
5 | shadow = { rate = 5 }
  |            ^^^^
  |
  = help: write `sample`, in percent
"#,
    ),
];

const A_PLAN_IS_ASKED_ONLY_OF_A_HANDLER_THAT_DECLARES_IT: &[Case] = &[(
    r#"[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"
shadow = { writes = "plan" }
"#,
    r#"
error: `orders` cannot plan: it does not declare that all it does goes through `Effects`
 --> routes.toml:5:21
  |
4 | handler = "orders"
  |           -------- the handler
5 | shadow = { writes = "plan" }
  |                     ^^^^^^
  |
  = help: write shadow = { writes = "skip" }, or have the program declare it: Handler::new(..).through_effects()
"#,
)];

const A_DEFAULT_PLAN_IS_REFUSED_WHERE_IT_MEETS_THE_HANDLER: &[Case] = &[
    (
        r#"[defaults]
shadow = { writes = "plan" }

[[route]]
id = "a"
match = { path = "/a" }
handler = "orders"

[[route]]
id = "b"
match = { path = "/b" }
handler = "orders"
shadow = { writes = "skip" }

[[route]]
id = "c"
match = { path = "/c" }
handler = "hooks"
"#,
        r#"
error: `orders` cannot plan: it does not declare that all it does goes through `Effects`
 --> routes.toml:7:11
  |
2 | shadow = { writes = "plan" }
  |                     ------ asks for a plan
...
7 | handler = "orders"
  |           ^^^^^^^^
  |
  = help: write shadow = { writes = "skip" }, or have the program declare it: Handler::new(..).through_effects()
"#,
    ),
    (
        r#"[defaults]
handler = "orders"
shadow = { writes = "plan" }

[[route]]
id = "a"
match = { path = "/a" }

[[route]]
id = "b"
match = { path = "/b" }
"#,
        r#"
error: `orders` cannot plan: it does not declare that all it does goes through `Effects`
 --> routes.toml:3:21
  |
2 | handler = "orders"
  |           -------- the handler
3 | shadow = { writes = "plan" }
  |                     ^^^^^^
  |
  = help: write shadow = { writes = "skip" }, or have the program declare it: Handler::new(..).through_effects()
"#,
    ),
    (
        r#"[defaults]
handler = "orders"

[[route]]
id = "a"
match = { path = "/a" }
shadow = { writes = "plan" }
"#,
        r#"
error: `orders` cannot plan: it does not declare that all it does goes through `Effects`
 --> routes.toml:7:21
  |
2 | handler = "orders"
  |           -------- the handler
...
7 | shadow = { writes = "plan" }
  |                     ^^^^^^
  |
  = help: write shadow = { writes = "skip" }, or have the program declare it: Handler::new(..).through_effects()
"#,
    ),
];

const A_PLACE_IS_A_HEADER_A_POINTER_THE_STATUS_OR_THE_BODY: &[Case] = &[
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
parity = { ignore = ["headers:date"] }
"#,
        r#"
error: `headers:date` is not a place in an answer
 --> routes.toml:4:22
  |
4 | parity = { ignore = ["headers:date"] }
  |                      ^^^^^^^^^^^^^^
  |
  = help: did you mean "header:date"?
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
parity = { ignore = ["header:a b"] }
"#,
        r#"
error: `a b` is not a header name
 --> routes.toml:4:22
  |
4 | parity = { ignore = ["header:a b"] }
  |                      ^^^^^^^^^^^^
  |
  = help: for example "header:x-request-id"
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
parity = { ignore = ["json:$.user.id"] }
"#,
        r#"
error: a JSON pointer starts with `/`
 --> routes.toml:4:22
  |
4 | parity = { ignore = ["json:$.user.id"] }
  |                      ^^^^^^^^^^^^^^^^
  |
  = help: write "json:/user/id"
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
parity = { ignore = ["json:/a~2b"] }
"#,
        r#"
error: `~` stands alone in a JSON pointer
 --> routes.toml:4:22
  |
4 | parity = { ignore = ["json:/a~2b"] }
  |                      ^^^^^^^^^^^^
  |
  = help: write ~0 for `~` and ~1 for `/` in a name
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
parity = { ignore = ["/user/id", "zzz"] }
"#,
        r#"
error: `/user/id` is not a place in an answer
 --> routes.toml:4:22
  |
4 | parity = { ignore = ["/user/id", "zzz"] }
  |                      ^^^^^^^^^^
  |
  = help: did you mean "json:/user/id"?

error: `zzz` is not a place in an answer
 --> routes.toml:4:34
  |
4 | parity = { ignore = ["/user/id", "zzz"] }
  |                                  ^^^^^
  |
  = help: write "header:NAME", "json:/pointer", "status" or "body"
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
parity = { ignore = "status" }
"#,
        r#"
error: expected a list, found a string
 --> routes.toml:4:21
  |
4 | parity = { ignore = "status" }
  |                     ^^^^^^^^
  |
  = help: for example ["header:x-request-id"]
"#,
    ),
];

const ARRAYS_AND_NUMBERS_ARE_INSIDE_JSON: &[Case] = &[
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
parity = { unordered = ["status"] }
"#,
        r#"
error: `status` is not inside a JSON body
 --> routes.toml:4:25
  |
4 | parity = { unordered = ["status"] }
  |                         ^^^^^^^^
  |
  = help: for example "json:/items"
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
parity = { keyed = { "body" = "id" } }
"#,
        r#"
error: `body` is not inside a JSON body
 --> routes.toml:4:22
  |
4 | parity = { keyed = { "body" = "id" } }
  |                      ^^^^^^
  |
  = help: for example "json:/items"
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
parity = { keyed = { "json:/users" = 1 } }
"#,
        r#"
error: expected a string, found an integer
 --> routes.toml:4:38
  |
4 | parity = { keyed = { "json:/users" = 1 } }
  |                                      ^
  |
  = help: for example "id"
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
parity = { tolerance = { "json:/price" = -1 } }
"#,
        r#"
error: -1 is not a tolerance
 --> routes.toml:4:42
  |
4 | parity = { tolerance = { "json:/price" = -1 } }
  |                                          ^^
  |
  = help: write how far off is fine, such as 0.01
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
parity = { tolerance = { "json:/price" = "1%" } }
"#,
        r#"
error: expected a number, found a string
 --> routes.toml:4:42
  |
4 | parity = { tolerance = { "json:/price" = "1%" } }
  |                                          ^^^^
  |
  = help: for example 0.01
"#,
    ),
];

const AN_EXPECTED_DIFFERENCE_SAYS_WHERE_WHAT_AND_WHY: &[Case] = &[
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
parity = { expect = [{ at = "status", legacy = 500 }] }
"#,
        r#"
error: `why` is missing
 --> routes.toml:4:22
  |
4 | parity = { expect = [{ at = "status", legacy = 500 }] }
  |                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: say why it is meant, for whoever reads it next
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
parity = { expect = [{ why = "b" }] }
"#,
        r#"
error: `at` is missing
 --> routes.toml:4:22
  |
4 | parity = { expect = [{ why = "b" }] }
  |                      ^^^^^^^^^^^^^
  |
  = help: say where: at = "status"

error: neither `legacy` nor `rust` is given
 --> routes.toml:4:22
  |
4 | parity = { expect = [{ why = "b" }] }
  |                      ^^^^^^^^^^^^^
  |
  = help: say what either answers: legacy = 500, rust = 401
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
parity = { expect = [{ at = "status", legacy = 99999999999999999999, why = "b" }] }
"#,
        r#"
error: a number in here does not fit 64 bits
 --> routes.toml:4:48
  |
4 | parity = { expect = [{ at = "status", legacy = 99999999999999999999, why = "b" }] }
  |                                                ^^^^^^^^^^^^^^^^^^^^
  |
  = help: write it as a string if it is one in the answers
"#,
    ),
];

const A_GATE_RISES_TO_THE_TOP: &[Case] = &[
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
gate = { steps = [25, 5] }
"#,
        r#"
error: 5 does not rise above 25
 --> routes.toml:4:23
  |
4 | gate = { steps = [25, 5] }
  |                       ^
  |
  = help: steps rise: for example [5, 25, 50, 100]
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
gate = { steps = [5, 5] }
"#,
        r#"
error: 5 does not rise above 5
 --> routes.toml:4:22
  |
4 | gate = { steps = [5, 5] }
  |                      ^
  |
  = help: steps rise: for example [5, 25, 50, 100]
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
gate = { steps = [] }
"#,
        r#"
error: a gate without steps leads nowhere
 --> routes.toml:4:18
  |
4 | gate = { steps = [] }
  |                  ^^
  |
  = help: for example [5, 25, 50, 100]
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
gate = { steps = [50, 150] }
"#,
        r#"
error: 150 is not a percentage
 --> routes.toml:4:23
  |
4 | gate = { steps = [50, 150] }
  |                       ^^^
  |
  = help: write a number from 0 to 100
"#,
    ),
];

const LIMITS_OF_A_GATE_ARE_NUMBERS_IN_RANGE: &[Case] = &[
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
gate = { mismatch = 101 }
"#,
        r#"
error: 101 is not a percentage
 --> routes.toml:4:21
  |
4 | gate = { mismatch = 101 }
  |                     ^^^
  |
  = help: write a number from 0 to 100
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
gate = { latency = 0 }
"#,
        r#"
error: 0 is not a multiple
 --> routes.toml:4:20
  |
4 | gate = { latency = 0 }
  |                    ^
  |
  = help: 1.25 allows a quarter more than the legacy
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
gate = { auto = "yes" }
"#,
        r#"
error: expected true, false or "fleet", found a string
 --> routes.toml:4:17
  |
4 | gate = { auto = "yes" }
  |                 ^^^^^
  |
  = help: for example true, without quotes
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
gate = { hold = 600 }
"#,
        r#"
error: a duration needs a unit
 --> routes.toml:4:17
  |
4 | gate = { hold = 600 }
  |                 ^^^
  |
  = help: write "600s"
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/a" }
gate = { step = [5] }
"#,
        r#"
error: unknown key `step`
 --> routes.toml:4:10
  |
4 | gate = { step = [5] }
  |          ^^^^
  |
  = help: did you mean `steps`?
"#,
    ),
];
