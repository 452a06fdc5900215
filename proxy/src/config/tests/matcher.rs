//! Faults of the `match` key.

use super::{Case, check_all};

#[test]
fn a_path_is_required_and_is_a_pattern() {
    check_all(A_PATH_IS_REQUIRED_AND_IS_A_PATTERN);
}

#[test]
fn methods_are_a_list_of_tokens_in_their_own_case() {
    check_all(METHODS_ARE_A_LIST_OF_TOKENS_IN_THEIR_OWN_CASE);
}

#[test]
fn a_host_is_a_name_without_a_port() {
    check_all(A_HOST_IS_A_NAME_WITHOUT_A_PORT);
}

#[test]
fn headers_and_queries_are_wanted_with_a_value_or_at_all() {
    check_all(HEADERS_AND_QUERIES_ARE_WANTED_WITH_A_VALUE_OR_AT_ALL);
}

#[test]
fn websocket_is_a_flag() {
    check_all(WEBSOCKET_IS_A_FLAG);
}

const A_PATH_IS_REQUIRED_AND_IS_A_PATTERN: &[Case] = &[
    (
        r#"[[route]]
id = "a"
match = { methods = ["GET"] }
"#,
        r#"
error: `path` is missing
 --> routes.toml:3:9
  |
3 | match = { methods = ["GET"] }
  |         ^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write path = "/a/b", "/a/{name}" or "/a/*"
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = 5 }
"#,
        r#"
error: expected a string, found an integer
 --> routes.toml:3:18
  |
3 | match = { path = 5 }
  |                  ^
  |
  = help: for example "/hooks/wake"
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = "/a"
"#,
        r#"
error: expected a table, found a string
 --> routes.toml:3:9
  |
3 | match = "/a"
  |         ^^^^
  |
  = help: for example { path = "/hooks/wake", methods = ["POST"] }
"#,
    ),
];

const METHODS_ARE_A_LIST_OF_TOKENS_IN_THEIR_OWN_CASE: &[Case] = &[
    (
        r#"[[route]]
id = "a"
match = { path = "/", methods = ["get", "Post"] }
"#,
        r#"
error: methods are case-sensitive: `get`
 --> routes.toml:3:34
  |
3 | match = { path = "/", methods = ["get", "Post"] }
  |                                  ^^^^^
  |
  = help: did you mean "GET"?

error: methods are case-sensitive: `Post`
 --> routes.toml:3:41
  |
3 | match = { path = "/", methods = ["get", "Post"] }
  |                                         ^^^^^^
  |
  = help: did you mean "POST"?
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/", methods = "POST" }
"#,
        r#"
error: expected a list, found a string
 --> routes.toml:3:33
  |
3 | match = { path = "/", methods = "POST" }
  |                                 ^^^^^^
  |
  = help: write ["POST"]
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/", methods = [] }
"#,
        r#"
error: no method at all would match nothing
 --> routes.toml:3:33
  |
3 | match = { path = "/", methods = [] }
  |                                 ^^
  |
  = help: leave `methods` out for all
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/", methods = ["GE T"] }
"#,
        r#"
error: `GE T` is not a method
 --> routes.toml:3:34
  |
3 | match = { path = "/", methods = ["GE T"] }
  |                                  ^^^^^^
  |
  = help: for example "POST"
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/", method = "POST" }
"#,
        r#"
error: unknown key `method`
 --> routes.toml:3:23
  |
3 | match = { path = "/", method = "POST" }
  |                       ^^^^^^
  |
  = help: write `methods`, a list
"#,
    ),
];

const A_HOST_IS_A_NAME_WITHOUT_A_PORT: &[Case] = &[
    (
        r#"[[route]]
id = "a"
match = { path = "/", host = "example.com:8080" }
"#,
        r#"
error: `example.com:8080` is not a host
 --> routes.toml:3:30
  |
3 | match = { path = "/", host = "example.com:8080" }
  |                              ^^^^^^^^^^^^^^^^^^
  |
  = help: write "example.com": scheme, port and path do not belong here
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/", host = "https://example.com/x" }
"#,
        r#"
error: `https://example.com/x` is not a host
 --> routes.toml:3:30
  |
3 | match = { path = "/", host = "https://example.com/x" }
  |                              ^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write "example.com": scheme, port and path do not belong here
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/", host = "a.*.com" }
"#,
        r#"
error: `a.*.com` is not a host
 --> routes.toml:3:30
  |
3 | match = { path = "/", host = "a.*.com" }
  |                              ^^^^^^^^^
  |
  = help: write "example.com", or "*.example.com" for all names below it
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/", host = "" }
"#,
        r#"
error: `` is not a host
 --> routes.toml:3:30
  |
3 | match = { path = "/", host = "" }
  |                              ^^
  |
  = help: write "example.com", or "*.example.com" for all names below it
"#,
    ),
];

const HEADERS_AND_QUERIES_ARE_WANTED_WITH_A_VALUE_OR_AT_ALL: &[Case] = &[
    (
        r#"[[route]]
id = "a"
match = { path = "/", headers = { "x y" = "1" } }
"#,
        r#"
error: `x y` is not a header name
 --> routes.toml:3:35
  |
3 | match = { path = "/", headers = { "x y" = "1" } }
  |                                   ^^^^^
  |
  = help: for example x-user = "ann"
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/", headers = { x-a = false } }
"#,
        r#"
error: nothing can be asked to be absent
 --> routes.toml:3:41
  |
3 | match = { path = "/", headers = { x-a = false } }
  |                                         ^^^^^
  |
  = help: leave it out, or write true for present
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/", query = { v = 2 } }
"#,
        r#"
error: expected a string or true, found an integer
 --> routes.toml:3:37
  |
3 | match = { path = "/", query = { v = 2 } }
  |                                     ^
  |
  = help: for example x-user = "ann", or true for any value
"#,
    ),
    (
        r#"[[route]]
id = "a"
match = { path = "/", headers = ["x-a"] }
"#,
        r#"
error: expected a table, found a list
 --> routes.toml:3:33
  |
3 | match = { path = "/", headers = ["x-a"] }
  |                                 ^^^^^^^
  |
  = help: for example { x-user = "ann" }
"#,
    ),
];

const WEBSOCKET_IS_A_FLAG: &[Case] = &[(
    r#"[[route]]
id = "a"
match = { path = "/", websocket = "only" }
"#,
    r#"
error: expected true or false, found a string
 --> routes.toml:3:35
  |
3 | match = { path = "/", websocket = "only" }
  |                                   ^^^^^^
  |
  = help: for example true, without quotes
"#,
)];
