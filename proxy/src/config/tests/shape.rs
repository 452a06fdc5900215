//! Faults of the shape of the file: syntax, unknown and missing tables, kinds of values.

use super::{Case, check_all, check_all_alone};

#[test]
fn text_that_is_not_toml_is_shown_where_it_breaks() {
    check_all(TEXT_THAT_IS_NOT_TOML_IS_SHOWN_WHERE_IT_BREAKS);
}

#[test]
fn a_key_written_twice_hides_no_other_fault() {
    check_all(A_KEY_WRITTEN_TWICE_HIDES_NO_OTHER_FAULT);
}

#[test]
fn an_unknown_table_is_named_with_what_was_meant() {
    check_all(AN_UNKNOWN_TABLE_IS_NAMED_WITH_WHAT_WAS_MEANT);
}

#[test]
fn a_table_of_another_kind_says_so() {
    check_all(A_TABLE_OF_ANOTHER_KIND_SAYS_SO);
}

#[test]
fn an_empty_file_says_what_to_add() {
    check_all_alone(AN_EMPTY_FILE_SAYS_WHAT_TO_ADD);
}

const TEXT_THAT_IS_NOT_TOML_IS_SHOWN_WHERE_IT_BREAKS: &[Case] = &[
    (
        r#"[server
"#,
        r#"
error: not TOML: unclosed table
 --> routes.toml:1:8
  |
1 | [server
  |        ^
  |
  = help: close the header with `]`
"#,
    ),
    (
        r#"[server]
drain = 5s
"#,
        r#"
error: not TOML: string values must be quoted
 --> routes.toml:2:9
  |
2 | drain = 5s
  |         ^^
  |
  = help: put it in quotes
"#,
    ),
    (
        r#"drain = "5s
"#,
        r#"
error: not TOML: invalid basic string
 --> routes.toml:1:12
  |
1 | drain = "5s
  |            ^
  |
  = help: close the string with `"`; a backslash is written twice
"#,
    ),
    (
        r#"[server]
threads = = 1
data = 
"#,
        r#"
error: not TOML: extra `=`
 --> routes.toml:2:11
  |
2 | threads = = 1
  |           ^
  |
  = help: write one `=`

error: not TOML: a key without a value
 --> routes.toml:3:8
  |
3 | data =
  |        ^
  |
  = help: write a value behind the `=`
"#,
    ),
    (
        r#"[server]
admin_token = hunter2
"#,
        r#"
error: not TOML: string values must be quoted
 --> routes.toml:2:15
  |
2 | admin_token = *******
  |               ^^^^^^^
  |
  = help: put it in quotes
"#,
    ),
    (
        r#"[server]
listen = [
"#,
        r#"
error: not TOML: string values must be quoted
 --> routes.toml:4:2
  |
4 | [legacy]
  |  ^^^^^^
  |
  = help: put it in quotes

error: not TOML: missing comma between array elements
 --> routes.toml:5:1
  |
5 | url = "http://127.0.0.1:18789"
  | ^
  |
  = help: write a comma, or close the list before it

error: not TOML: unclosed array
 --> routes.toml:5:31
  |
5 | url = "http://127.0.0.1:18789"
  |                               ^
  |
  = help: close the list with `]`
"#,
    ),
];

const A_KEY_WRITTEN_TWICE_HIDES_NO_OTHER_FAULT: &[Case] = &[(
    r#"[server]
threads = 1
threads = 2
drian = "5s"
"#,
    r#"
error: this key is written twice
 --> routes.toml:3:1
  |
3 | threads = 2
  | ^^^^^^^
  |
  = help: keep one of the two

error: unknown key `drian`
 --> routes.toml:4:1
  |
4 | drian = "5s"
  | ^^^^^
  |
  = help: did you mean `drain`?
"#,
)];

const AN_UNKNOWN_TABLE_IS_NAMED_WITH_WHAT_WAS_MEANT: &[Case] = &[
    (
        r#"[servers]
"#,
        r#"
error: unknown key `servers`
 --> routes.toml:1:2
  |
1 | [servers]
  |  ^^^^^^^
  |
  = help: did you mean `server`?
"#,
    ),
    (
        r#"[default]
"#,
        r#"
error: unknown key `default`
 --> routes.toml:1:2
  |
1 | [default]
  |  ^^^^^^^
  |
  = help: write `[defaults]`
"#,
    ),
    (
        r#"[[routes]]
id = "a"
"#,
        r#"
error: unknown key `routes`
 --> routes.toml:1:3
  |
1 | [[routes]]
  |   ^^^^^^
  |
  = help: write `[[route]]`, one for each route
"#,
    ),
    (
        r#"listen = "127.0.0.1:80"
"#,
        r#"
error: unknown key `listen`
 --> routes.toml:1:1
  |
1 | listen = "127.0.0.1:80"
  | ^^^^^^
  |
  = help: it belongs in `[server]`
"#,
    ),
    (
        r#"[zzz]
"#,
        r#"
error: unknown key `zzz`
 --> routes.toml:1:2
  |
1 | [zzz]
  |  ^^^
  |
  = help: known here: `server`, `legacy`, `media`, `plugins`, `pilot`, `defaults` or `route`
"#,
    ),
];

const A_TABLE_OF_ANOTHER_KIND_SAYS_SO: &[Case] = &[
    (
        r#"server = 5
"#,
        r#"
error: expected a table, found an integer
 --> routes.toml:1:10
  |
1 | server = 5
  |          ^
  |
  = help: for example [server]
"#,
    ),
    (
        r#"[route]
id = "a"
"#,
        r#"
error: routes are a list of tables
 --> routes.toml:1:1
  |
1 | [route]
  | ^^^^^^^
  |
  = help: write [[route]], with two brackets
"#,
    ),
    (
        r#"route = "a"
"#,
        r#"
error: expected a list, found a string
 --> routes.toml:1:9
  |
1 | route = "a"
  |         ^^^
  |
  = help: for example { id = "all", match = { path = "/*" } }
"#,
    ),
    (
        r#"route = [1]
"#,
        r#"
error: expected a table, found an integer
 --> routes.toml:1:10
  |
1 | route = [1]
  |          ^
  |
  = help: for example { id = "all", match = { path = "/*" } }
"#,
    ),
    (
        r#"[[server]]
"#,
        r#"
error: expected a table, found a list
 --> routes.toml:1:1
  |
1 | [[server]]
  | ^^^^^^^^^^
  |
  = help: for example [server]
"#,
    ),
];

const AN_EMPTY_FILE_SAYS_WHAT_TO_ADD: &[Case] = &[
    (
        r#""#,
        r#"
error: `[legacy]` is missing
 --> routes.toml:1:1
  |
1 |
  | ^
  |
  = help: add [legacy] with url = "http://127.0.0.1:18789"
"#,
    ),
    (
        r#"# nothing yet
"#,
        r#"
error: `[legacy]` is missing
 --> routes.toml:1:1
  |
1 | # nothing yet
  | ^
  |
  = help: add [legacy] with url = "http://127.0.0.1:18789"
"#,
    ),
    (
        "\u{feff}",
        r#"
error: `[legacy]` is missing
 --> routes.toml:1:1
  |
1 |
  | ^
  |
  = help: add [legacy] with url = "http://127.0.0.1:18789"
"#,
    ),
    (
        r#"[legacy]
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
];
