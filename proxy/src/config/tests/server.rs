//! Faults of `[server]`.

use super::{Case, check_all};

#[test]
fn an_unknown_key_is_named_with_the_nearest() {
    check_all(AN_UNKNOWN_KEY_IS_NAMED_WITH_THE_NEAREST);
}

#[test]
fn numbers_and_names_are_in_range() {
    check_all(NUMBERS_AND_NAMES_ARE_IN_RANGE);
}

#[test]
fn durations_have_a_unit_and_an_end() {
    check_all(DURATIONS_HAVE_A_UNIT_AND_AN_END);
}

#[test]
fn a_proxy_is_an_address_or_a_network() {
    check_all(A_PROXY_IS_AN_ADDRESS_OR_A_NETWORK);
}

#[test]
fn tls_needs_both_files() {
    check_all(TLS_NEEDS_BOTH_FILES);
}

#[test]
fn a_secret_is_never_in_the_file_and_never_in_the_report() {
    check_all(A_SECRET_IS_NEVER_IN_THE_FILE_AND_NEVER_IN_THE_REPORT);
}

#[test]
fn a_secret_is_kept_in_one_place() {
    check_all(A_SECRET_IS_KEPT_IN_ONE_PLACE);
}

const AN_UNKNOWN_KEY_IS_NAMED_WITH_THE_NEAREST: &[Case] = &[
    (
        r#"[server]
lisen = "127.0.0.1:8080"
"#,
        r#"
error: unknown key `lisen`
 --> routes.toml:2:1
  |
2 | lisen = "127.0.0.1:8080"
  | ^^^^^
  |
  = help: did you mean `listen`?
"#,
    ),
    (
        r#"[server]
trusted-proxies = []
"#,
        r#"
error: unknown key `trusted-proxies`
 --> routes.toml:2:1
  |
2 | trusted-proxies = []
  | ^^^^^^^^^^^^^^^
  |
  = help: did you mean `trusted_proxies`?
"#,
    ),
    (
        r#"[server]
zzz = 1
"#,
        r#"
error: unknown key `zzz`
 --> routes.toml:2:1
  |
2 | zzz = 1
  | ^^^
  |
  = help: known here: `listen`, `admin`, `admin_token`, `threads`, `trusted_proxies`, `drain`, `data`, `tls`, `header_timeout`, `idle_timeout` or `header_size`
"#,
    ),
    (
        r#"[server]
url = "http://a"
"#,
        r#"
error: unknown key `url`
 --> routes.toml:2:1
  |
2 | url = "http://a"
  | ^^^
  |
  = help: it belongs in `[legacy]`
"#,
    ),
];

const NUMBERS_AND_NAMES_ARE_IN_RANGE: &[Case] = &[
    (
        r#"[server]
threads = -1
"#,
        r#"
error: -1 is not a number of threads
 --> routes.toml:2:11
  |
2 | threads = -1
  |           ^^
  |
  = help: write 0 for one per core, or up to 1024
"#,
    ),
    (
        r#"[server]
threads = 1.5
"#,
        r#"
error: expected a whole number, found a fraction
 --> routes.toml:2:11
  |
2 | threads = 1.5
  |           ^^^
  |
  = help: for example 0 for one per core
"#,
    ),
    (
        r#"[server]
data = ""
"#,
        r#"
error: an empty string means nothing here
 --> routes.toml:2:8
  |
2 | data = ""
  |        ^^
  |
  = help: for example "overgrow-data"
"#,
    ),
    (
        r#"[server]
header_size = "2MiB"
"#,
        r#"
error: 2097152 bytes is out of range
 --> routes.toml:2:15
  |
2 | header_size = "2MiB"
  |               ^^^^^^
  |
  = help: write a size from "1KiB" to "1MiB"
"#,
    ),
    (
        r#"[server]
header_size = 65536
"#,
        r#"
error: a size needs a unit
 --> routes.toml:2:15
  |
2 | header_size = 65536
  |               ^^^^^
  |
  = help: write "65536B"
"#,
    ),
    (
        r#"[server]
header_size = "64 potatoes"
"#,
        r#"
error: `64 potatoes` is not a size
 --> routes.toml:2:15
  |
2 | header_size = "64 potatoes"
  |               ^^^^^^^^^^^^^
  |
  = help: for example "256KiB" or "1MiB"
"#,
    ),
];

const DURATIONS_HAVE_A_UNIT_AND_AN_END: &[Case] = &[
    (
        r#"[server]
drain = 5
"#,
        r#"
error: a duration needs a unit
 --> routes.toml:2:9
  |
2 | drain = 5
  |         ^
  |
  = help: write "5s"
"#,
    ),
    (
        r#"[server]
drain = "5 parsecs"
"#,
        r#"
error: `5 parsecs` is not a duration
 --> routes.toml:2:9
  |
2 | drain = "5 parsecs"
  |         ^^^^^^^^^^^
  |
  = help: for example "5s", "250ms" or "1m 30s"
"#,
    ),
    (
        r#"[server]
idle_timeout = "0s"
"#,
        r#"
error: a limit of zero lets nothing pass
 --> routes.toml:2:16
  |
2 | idle_timeout = "0s"
  |                ^^^^
  |
  = help: for example "5s"
"#,
    ),
    (
        r#"[server]
header_timeout = "900years"
"#,
        r#"
error: longer than a year
 --> routes.toml:2:18
  |
2 | header_timeout = "900years"
  |                  ^^^^^^^^^^
  |
  = help: write at most "365days"
"#,
    ),
    (
        r#"[server]
drain = "5"
"#,
        r#"
error: `5` is not a duration
 --> routes.toml:2:9
  |
2 | drain = "5"
  |         ^^^
  |
  = help: add the unit: "5s"
"#,
    ),
];

const A_PROXY_IS_AN_ADDRESS_OR_A_NETWORK: &[Case] = &[
    (
        r#"[server]
trusted_proxies = ["10.0.0.0/33", "lb.example.com"]
"#,
        r#"
error: `10.0.0.0/33` is not an address or a network
 --> routes.toml:2:20
  |
2 | trusted_proxies = ["10.0.0.0/33", "lb.example.com"]
  |                    ^^^^^^^^^^^^^
  |
  = help: for example "10.0.0.0/8", "192.0.2.7" or "fd00::/8"

error: `lb.example.com` is not an address or a network
 --> routes.toml:2:35
  |
2 | trusted_proxies = ["10.0.0.0/33", "lb.example.com"]
  |                                   ^^^^^^^^^^^^^^^^
  |
  = help: for example "10.0.0.0/8", "192.0.2.7" or "fd00::/8"
"#,
    ),
    (
        r#"[server]
trusted_proxies = "10.0.0.0/8"
"#,
        r#"
error: expected a list, found a string
 --> routes.toml:2:19
  |
2 | trusted_proxies = "10.0.0.0/8"
  |                   ^^^^^^^^^^^^
  |
  = help: for example ["10.0.0.0/8"]
"#,
    ),
];

const TLS_NEEDS_BOTH_FILES: &[Case] = &[
    (
        r#"[server]
tls = { cert = "cert.pem" }
"#,
        r#"
error: `key` is missing
 --> routes.toml:2:7
  |
2 | tls = { cert = "cert.pem" }
  |       ^^^^^^^^^^^^^^^^^^^^^
  |
  = help: TLS needs both: tls = { cert = "cert.pem", key = "key.pem" }
"#,
    ),
    (
        r#"[server]
tls = { cert = "c", key = "k", chain = "x" }
"#,
        r#"
error: unknown key `chain`
 --> routes.toml:2:32
  |
2 | tls = { cert = "c", key = "k", chain = "x" }
  |                                ^^^^^
  |
  = help: known here: `cert` or `key`
"#,
    ),
];

const A_SECRET_IS_NEVER_IN_THE_FILE_AND_NEVER_IN_THE_REPORT: &[Case] = &[
    (
        r#"[server]
admin_token = "hunter2"
"#,
        r#"
error: a secret is never written in the file, which is shown, shared and committed
 --> routes.toml:2:15
  |
2 | admin_token = *********
  |               ^^^^^^^^^
  |
  = help: write { env = "OVERGROW_ADMIN_TOKEN" }, { file = ".." } or { keyring = "service/user" }
"#,
    ),
    (
        r#"[server]
admin_token = "hunter2" # keep
thread = 1
"#,
        r#"
error: a secret is never written in the file, which is shown, shared and committed
 --> routes.toml:2:15
  |
2 | admin_token = ********* # keep
  |               ^^^^^^^^^
  |
  = help: write { env = "OVERGROW_ADMIN_TOKEN" }, { file = ".." } or { keyring = "service/user" }

error: unknown key `thread`
 --> routes.toml:3:1
  |
3 | thread = 1
  | ^^^^^^
  |
  = help: did you mean `threads`?
"#,
    ),
    (
        r#"server = { admin_token = "hunter2", drian = "5s" }
"#,
        r#"
error: a secret is never written in the file, which is shown, shared and committed
 --> routes.toml:1:26
  |
1 | server = { admin_token = *********, drian = "5s" }
  |                          ^^^^^^^^^
  |
  = help: write { env = "OVERGROW_ADMIN_TOKEN" }, { file = ".." } or { keyring = "service/user" }

error: unknown key `drian`
 --> routes.toml:1:37
  |
1 | server = { admin_token = *********, drian = "5s" }
  |                                     ^^^^^
  |
  = help: did you mean `drain`?
"#,
    ),
];

const A_SECRET_IS_KEPT_IN_ONE_PLACE: &[Case] = &[
    (
        r#"[server]
admin_token = {}
"#,
        r#"
error: a secret is kept in exactly one place
 --> routes.toml:2:15
  |
2 | admin_token = {}
  |               ^^
  |
  = help: write { env = "OVERGROW_ADMIN_TOKEN" }, { file = ".." } or { keyring = "service/user" }
"#,
    ),
    (
        r#"[server]
admin_token = { env = "A", file = "b" }
"#,
        r#"
error: a secret is kept in exactly one place
 --> routes.toml:2:15
  |
2 | admin_token = { env = "A", file = "b" }
  |               ^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write { env = "OVERGROW_ADMIN_TOKEN" }, { file = ".." } or { keyring = "service/user" }
"#,
    ),
    (
        r#"[server]
admin_token = { keyring = "overgrow" }
"#,
        r#"
error: `overgrow` is not service/user
 --> routes.toml:2:27
  |
2 | admin_token = { keyring = "overgrow" }
  |                           ^^^^^^^^^^
  |
  = help: for example "overgrow/admin"
"#,
    ),
    (
        r#"[server]
admin_token = { evn = "A" }
"#,
        r#"
error: unknown key `evn`
 --> routes.toml:2:17
  |
2 | admin_token = { evn = "A" }
  |                 ^^^
  |
  = help: did you mean `env`?
"#,
    ),
];
