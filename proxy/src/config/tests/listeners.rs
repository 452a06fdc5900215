//! Faults of the addresses of `[server]`.

use super::{Case, check_all};

#[test]
fn an_address_is_an_ip_and_a_port() {
    check_all(AN_ADDRESS_IS_AN_IP_AND_A_PORT);
}

#[test]
fn listeners_that_overlap_are_shown_together() {
    check_all(LISTENERS_THAT_OVERLAP_ARE_SHOWN_TOGETHER);
}

#[test]
fn an_open_admin_needs_a_token() {
    check_all(AN_OPEN_ADMIN_NEEDS_A_TOKEN);
}

const AN_ADDRESS_IS_AN_IP_AND_A_PORT: &[Case] = &[
    (
        r#"[server]
listen = "localhost:8080"
"#,
        r#"
error: `localhost:8080` is not an address and port
 --> routes.toml:2:10
  |
2 | listen = "localhost:8080"
  |          ^^^^^^^^^^^^^^^^
  |
  = help: write "127.0.0.1:8080"
"#,
    ),
    (
        r#"[server]
listen = ":8080"
"#,
        r#"
error: `:8080` is not an address and port
 --> routes.toml:2:10
  |
2 | listen = ":8080"
  |          ^^^^^^^
  |
  = help: write "0.0.0.0:8080" for every interface
"#,
    ),
    (
        r#"[server]
listen = 8080
"#,
        r#"
error: a port alone says not on which address
 --> routes.toml:2:10
  |
2 | listen = 8080
  |          ^^^^
  |
  = help: write "127.0.0.1:8080"
"#,
    ),
    (
        r#"[server]
listen = ["127.0.0.1", "127.0.0.1:99999"]
"#,
        r#"
error: `127.0.0.1` is not an address and port
 --> routes.toml:2:11
  |
2 | listen = ["127.0.0.1", "127.0.0.1:99999"]
  |           ^^^^^^^^^^^
  |
  = help: add the port: "127.0.0.1:8080"

error: `127.0.0.1:99999` is not an address and port
 --> routes.toml:2:24
  |
2 | listen = ["127.0.0.1", "127.0.0.1:99999"]
  |                        ^^^^^^^^^^^^^^^^^
  |
  = help: for example "127.0.0.1:8080" or "[::1]:8080"; names are not resolved here
"#,
    ),
    (
        r#"[server]
listen = "::1"
"#,
        r#"
error: `::1` is not an address and port
 --> routes.toml:2:10
  |
2 | listen = "::1"
  |          ^^^^^
  |
  = help: add the port: "[::1]:8080"
"#,
    ),
    (
        r#"[server]
listen = []
"#,
        r#"
error: no address to listen on
 --> routes.toml:2:10
  |
2 | listen = []
  |          ^^
  |
  = help: write "127.0.0.1:8080"
"#,
    ),
    (
        r#"[server]
admin = true
"#,
        r#"
error: expected a string, found true or false
 --> routes.toml:2:9
  |
2 | admin = true
  |         ^^^^
  |
  = help: for example "127.0.0.1:8080"
"#,
    ),
];

const LISTENERS_THAT_OVERLAP_ARE_SHOWN_TOGETHER: &[Case] = &[
    (
        r#"[server]
listen = ["127.0.0.1:80", "127.0.0.1:80"]
"#,
        r#"
error: 127.0.0.1:80 is taken twice
 --> routes.toml:2:27
  |
2 | listen = ["127.0.0.1:80", "127.0.0.1:80"]
  |           -------------- taken by `listen`
  |                           ^^^^^^^^^^^^^^
  |
  = help: two listeners cannot share an address and port
"#,
    ),
    (
        r#"[server]
listen = [
  "127.0.0.1:80",
  "10.0.0.1:81",
  "0.0.0.0:80",
]
"#,
        r#"
error: 0.0.0.0:80 overlaps 127.0.0.1:80
 --> routes.toml:5:3
  |
3 |   "127.0.0.1:80",
  |   -------------- taken by `listen`
...
5 |   "0.0.0.0:80",
  |   ^^^^^^^^^^^^
  |
  = help: two listeners cannot share an address and port
"#,
    ),
    (
        r#"[server]
listen = ["0.0.0.0:80", "[::]:80"]
"#,
        r#"
error: [::]:80 overlaps 0.0.0.0:80
 --> routes.toml:2:25
  |
2 | listen = ["0.0.0.0:80", "[::]:80"]
  |           ------------ taken by `listen`
  |                         ^^^^^^^^^
  |
  = help: two listeners cannot share an address and port
"#,
    ),
    (
        r#"[server]
listen = "127.0.0.1:9000"
admin = "127.0.0.1:9000"
"#,
        r#"
error: 127.0.0.1:9000 is taken twice
 --> routes.toml:3:9
  |
2 | listen = "127.0.0.1:9000"
  |          ---------------- taken by `listen`
3 | admin = "127.0.0.1:9000"
  |         ^^^^^^^^^^^^^^^^
  |
  = help: two listeners cannot share an address and port
"#,
    ),
    (
        r#"[server]
listen = "0.0.0.0:9901"
"#,
        r#"
error: 0.0.0.0:9901 overlaps 127.0.0.1:9901
 --> routes.toml:2:10
  |
2 | listen = "0.0.0.0:9901"
  |          ^^^^^^^^^^^^^^
  |
  = help: 127.0.0.1:9901 is what `admin` is without being written; choose another port
"#,
    ),
];

const AN_OPEN_ADMIN_NEEDS_A_TOKEN: &[Case] = &[(
    r#"[server]
admin = "0.0.0.0:9901"
"#,
    r#"
error: admin on 0.0.0.0:9901 is open to the network and has no token
 --> routes.toml:2:9
  |
2 | admin = "0.0.0.0:9901"
  |         ^^^^^^^^^^^^^^
  |
  = help: add admin_token = { env = "OVERGROW_ADMIN_TOKEN" }, or listen on 127.0.0.1
"#,
)];
