//! Faults of several faults at once.

use super::{Case, check_all};

#[test]
fn ten_faults_are_all_reported_in_the_order_of_the_lines() {
    check_all(TEN_FAULTS_ARE_ALL_REPORTED_IN_THE_ORDER_OF_THE_LINES);
}

const TEN_FAULTS_ARE_ALL_REPORTED_IN_THE_ORDER_OF_THE_LINES: &[Case] = &[(
    r#"[server]
listen = "localhost:8080"
drain  = 5
thread = 4

[legacy]
url = "http://127.0.0.1:18789/api"

[[route]]
id      = "hooks"
match   = { path = "/hooks", methods = ["post"] }
handler = "hoks"
rust    = 250

[[route]]
id     = "hooks"
match  = { path = "/media" }
sticky = "clientip"
gate   = { steps = [50, 5] }
shadow = { sample = 5 }
"#,
    r#"
error: `localhost:8080` is not an address and port
 --> routes.toml:2:10
  |
2 | listen = "localhost:8080"
  |          ^^^^^^^^^^^^^^^^
  |
  = help: write "127.0.0.1:8080"

error: a duration needs a unit
 --> routes.toml:3:10
  |
3 | drain  = 5
  |          ^
  |
  = help: write "5s"

error: unknown key `thread`
 --> routes.toml:4:1
  |
4 | thread = 4
  | ^^^^^^
  |
  = help: did you mean `threads`?

error: an upstream has no path, query or fragment: requests are forwarded with their own
 --> routes.toml:7:7
  |
7 | url = "http://127.0.0.1:18789/api"
  |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write "http://127.0.0.1:18789"

error: methods are case-sensitive: `post`
  --> routes.toml:11:41
   |
11 | match   = { path = "/hooks", methods = ["post"] }
   |                                         ^^^^^^
   |
   = help: did you mean "POST"?

error: no handler is called `hoks`
  --> routes.toml:12:11
   |
12 | handler = "hoks"
   |           ^^^^^^
   |
   = help: did you mean "hooks"? this program has `hooks` or `orders`

error: 250 is not a percentage
  --> routes.toml:13:11
   |
13 | rust    = 250
   |           ^^^
   |
   = help: write a number from 0 to 100

error: the id `hooks` is used twice
  --> routes.toml:16:10
   |
10 | id      = "hooks"
   |           ------- first used here
...
16 | id     = "hooks"
   |          ^^^^^^^
   |
   = help: every route has an id of its own

error: `clientip` is not a way to be sticky
  --> routes.toml:18:10
   |
18 | sticky = "clientip"
   |          ^^^^^^^^^^
   |
   = help: did you mean "client-ip"?

error: 5 does not rise above 50
  --> routes.toml:19:25
   |
19 | gate   = { steps = [50, 5] }
   |                         ^
   |
   = help: steps rise: for example [5, 25, 50, 100]

error: `shadow` asks the other side, and this route has no handler
  --> routes.toml:20:21
   |
20 | shadow = { sample = 5 }
   |                     ^
   |
   = help: add `handler`, or leave this out: the legacy answers the route
"#,
)];
