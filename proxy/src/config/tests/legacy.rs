//! Faults of `[legacy]` and upstreams.

use super::{Case, check_all};

#[test]
fn there_is_exactly_one_way_to_say_where_it_is() {
    check_all(THERE_IS_EXACTLY_ONE_WAY_TO_SAY_WHERE_IT_IS);
}

#[test]
fn an_upstream_is_an_origin() {
    check_all(AN_UPSTREAM_IS_AN_ORIGIN);
}

#[test]
fn a_loop_is_seen_before_the_first_request() {
    check_all(A_LOOP_IS_SEEN_BEFORE_THE_FIRST_REQUEST);
}

#[test]
fn limits_and_health_are_checked() {
    check_all(LIMITS_AND_HEALTH_ARE_CHECKED);
}

const THERE_IS_EXACTLY_ONE_WAY_TO_SAY_WHERE_IT_IS: &[Case] = &[
    (
        r#"[legacy]
connect_timeout = "1s"
"#,
        r#"
error: `url` is missing
 --> routes.toml:1:1
  |
1 | [legacy]
  | ^^^^^^^^
  |
  = help: say where the legacy is: url = "http://127.0.0.1:18789"
"#,
    ),
    (
        r#"[legacy]
url = "http://a"
urls = ["http://b"]
"#,
        r#"
error: `url` and `urls` are both written
 --> routes.toml:3:1
  |
2 | url = "http://a"
  | --- the other one
3 | urls = ["http://b"]
  | ^^^^
  |
  = help: put all of them into `urls`
"#,
    ),
    (
        r#"[legacy]
urls = []
"#,
        r#"
error: no upstream in `urls`
 --> routes.toml:2:8
  |
2 | urls = []
  |        ^^
  |
  = help: for example ["http://127.0.0.1:18789"]
"#,
    ),
    (
        r#"[legacy]
urls = ["http://a", "http://a:80"]
"#,
        r#"
error: http://a:80 is listed twice
 --> routes.toml:2:21
  |
2 | urls = ["http://a", "http://a:80"]
  |         ---------- first here
  |                     ^^^^^^^^^^^^^
  |
  = help: each upstream has one share of the requests
"#,
    ),
];

const AN_UPSTREAM_IS_AN_ORIGIN: &[Case] = &[
    (
        r#"[legacy]
url = "127.0.0.1:18789"
"#,
        r#"
error: an upstream starts with http://, https:// or h2c://
 --> routes.toml:2:7
  |
2 | url = "127.0.0.1:18789"
  |       ^^^^^^^^^^^^^^^^^
  |
  = help: write "http://127.0.0.1:18789"
"#,
    ),
    (
        r#"[legacy]
url = "htps://a"
"#,
        r#"
error: `htps` is not a scheme this proxy speaks
 --> routes.toml:2:7
  |
2 | url = "htps://a"
  |       ^^^^^^^^^^
  |
  = help: did you mean https://?
"#,
    ),
    (
        r#"[legacy]
url = "http://a/api?x=1"
"#,
        r#"
error: an upstream has no path, query or fragment: requests are forwarded with their own
 --> routes.toml:2:7
  |
2 | url = "http://a/api?x=1"
  |       ^^^^^^^^^^^^^^^^^^
  |
  = help: write "http://a"
"#,
    ),
    (
        r#"[legacy]
url = "http://me:hunter2@a"
"#,
        r#"
error: an upstream carries no user or password
 --> routes.toml:2:7
  |
2 | url = *********************
  |       ^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write scheme, host and port only
"#,
    ),
    (
        r#"[legacy]
url = "http://a:70000"
"#,
        r#"
error: `70000` is not a port
 --> routes.toml:2:7
  |
2 | url = "http://a:70000"
  |       ^^^^^^^^^^^^^^^^
  |
  = help: write a port from 1 to 65535
"#,
    ),
    (
        r#"[legacy]
url = "http://"
"#,
        r#"
error: `` is not a host
 --> routes.toml:2:7
  |
2 | url = "http://"
  |       ^^^^^^^^^
  |
  = help: for example "http://127.0.0.1:18789"
"#,
    ),
    (
        r#"[legacy]
url = 18789
"#,
        r#"
error: expected a string, found an integer
 --> routes.toml:2:7
  |
2 | url = 18789
  |       ^^^^^
  |
  = help: for example "http://127.0.0.1:18789"
"#,
    ),
];

const A_LOOP_IS_SEEN_BEFORE_THE_FIRST_REQUEST: &[Case] = &[
    (
        r#"[server]
listen = "0.0.0.0:8080"
[legacy]
url = "http://localhost:8080"
"#,
        r#"
error: http://localhost:8080 is this proxy itself: every request would go round for ever
 --> routes.toml:4:7
  |
2 | listen = "0.0.0.0:8080"
  |          -------------- listens here
...
4 | url = "http://localhost:8080"
  |       ^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: give the legacy and the proxy different ports
"#,
    ),
    (
        r#"[legacy]
url = "http://127.0.0.1:8080"
"#,
        r#"
error: http://127.0.0.1:8080 is this proxy itself: every request would go round for ever
 --> routes.toml:2:7
  |
2 | url = "http://127.0.0.1:8080"
  |       ^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: give the legacy and the proxy different ports
"#,
    ),
];

const LIMITS_AND_HEALTH_ARE_CHECKED: &[Case] = &[
    (
        r#"[legacy]
url = "http://a"
timeout = "5s"
"#,
        r#"
error: unknown key `timeout`
 --> routes.toml:3:1
  |
3 | timeout = "5s"
  | ^^^^^^^
  |
  = help: write `connect_timeout` or `response_timeout`
"#,
    ),
    (
        r#"[legacy]
url = "http://a"
health = { path = "healthz", interval = 5 }
"#,
        r#"
error: `healthz` is not a path
 --> routes.toml:3:19
  |
3 | health = { path = "healthz", interval = 5 }
  |                   ^^^^^^^^^
  |
  = help: for example "/healthz"

error: a duration needs a unit
 --> routes.toml:3:41
  |
3 | health = { path = "healthz", interval = 5 }
  |                                         ^
  |
  = help: write "5s"
"#,
    ),
    (
        r#"[legacy]
url = "http://a"
health = true
"#,
        r#"
error: expected a table, found true or false
 --> routes.toml:3:10
  |
3 | health = true
  |          ^^^^
  |
  = help: for example { path = "/", interval = "5s" }
"#,
    ),
];
