//! Good files and the configuration they become.

use std::time::Duration;

use super::{accept, known};
use crate::config::*;
use crate::route::{Dial, HostPattern, Pattern, Sticky};

fn dial(percent: f64) -> Dial {
    Dial::from_percent(percent).unwrap()
}

fn route(keys: &str) -> RouteConfig {
    let source =
        format!("[[route]]\nid = \"a\"\nmatch = {{ path = \"/a\" }}\nhandler = \"orders\"\n{keys}");
    accept(&source).routes.remove(0)
}

#[test]
fn a_legacy_is_enough_and_the_rest_has_its_defaults() {
    let config = Config::parse(
        "[legacy]\nurl = \"http://127.0.0.1:18789\"",
        &Handlers::default(),
    )
    .unwrap();
    assert_eq!(config.server, ServerConfig::default());
    assert_eq!(config.server.listen, ["127.0.0.1:8080".parse().unwrap()]);
    assert_eq!(config.legacy.connect_timeout, Duration::from_secs(1));
    assert_eq!(config.legacy.response_timeout, Duration::from_secs(60));
    assert_eq!((config.legacy.health, config.legacy.config), (None, None));
    assert_eq!(config.routes, []);
}

#[test]
fn a_route_without_keys_has_its_defaults() {
    let route = route("");
    assert_eq!(route.handler, Some(HandlerRef::Named("orders".into())));
    assert_eq!(
        (route.rust, route.sticky, route.fallback),
        (dial(0.0), Sticky::Request, false)
    );
    assert_eq!(
        (route.shadow, route.parity),
        (ShadowConfig::default(), ParityConfig::default())
    );
    assert_eq!((route.timeout, route.gate), (None, None));
    assert_eq!(
        (
            ShadowConfig::default().request_body,
            ShadowConfig::default().aa
        ),
        (262_144, 2.0)
    );
}

#[test]
fn the_dial_is_a_flag_or_a_percentage() {
    for (written, percent) in [
        ("true", 100.0),
        ("false", 0.0),
        ("25", 25.0),
        ("0.01", 0.01),
        ("99.99", 99.99),
    ] {
        assert_eq!(
            route(&format!("rust = {written}")).rust,
            dial(percent),
            "{written}"
        );
    }
}

#[test]
fn a_dial_that_is_almost_two_decimals_is_refused_as_well() {
    for written in ["12.3400000001", "0.001", "1e-9"] {
        let keys = format!("handler = \"orders\"\nrust = {written}\n");
        let source = format!("[[route]]\nid = \"a\"\nmatch = {{ path = \"/a\" }}\n{keys}");
        let faults = Config::parse(&super::complete(&source), &known()).unwrap_err();
        assert!(
            faults.to_string().contains("more than two decimals"),
            "{faults}"
        );
    }
}

#[test]
fn defaults_are_laid_under_each_route_key_by_key() {
    let config = accept(
        r#"
[defaults]
handler = "orders"
rust    = 50
timeout = "3s"
shadow  = { sample = 10, aa = 0 }
parity  = { ignore = ["status"], unordered = ["json:/a"] }
gate    = { hold = "1h" }

[[route]]
id     = "a"
match  = { path = "/a" }
rust   = false
shadow = { writes = "send" }
parity = { ignore = ["body"] }
gate   = { auto = true }

[[route]]
id    = "b"
match = { path = "/b" }
"#,
    );
    let [a, b] = &config.routes[..] else {
        panic!("two routes")
    };
    assert_eq!(
        (a.rust, b.rust, a.timeout),
        (dial(0.0), dial(50.0), Some(Duration::from_secs(3)))
    );
    assert_eq!(
        (a.shadow.sample, a.shadow.aa, a.shadow.writes),
        (10.0, 0.0, Writes::Send)
    );
    assert_eq!((b.shadow.sample, b.shadow.writes), (10.0, Writes::Skip));
    assert_eq!(
        (&a.parity.ignore[..], &a.parity.unordered[..]),
        (&["body".into()][..], &["json:/a".into()][..])
    );
    let gate = a.gate.as_ref().unwrap();
    assert_eq!(
        (gate.hold, gate.auto, gate.mismatch),
        (Duration::from_secs(3600), Auto::Sidecar, 0.1)
    );
}

#[test]
fn inherited_keys_do_nothing_on_a_route_without_a_handler() {
    let source = "[defaults]\nrust = 50\nfallback = true\nshadow = { sample = 10, timeout = \"1s\" }\n[[route]]\nid = \"a\"\nmatch = { path = \"/*\" }\n";
    let route = accept(source).routes.remove(0);
    assert_eq!(
        (route.rust, route.fallback, route.shadow.sample),
        (dial(0.0), false, 0.0)
    );
    assert_eq!(route.shadow.timeout, Duration::from_secs(1));
}

#[test]
fn every_kind_of_handler_is_understood() {
    let handler = |name: &str| {
        let source = format!(
            "[legacy]\nurl = \"http://a\"\n[[route]]\nid = \"a\"\nmatch = {{ path = \"/\" }}\nhandler = \"{name}\"\nshadow = {{ sample = 1, writes = \"plan\" }}"
        );
        Config::parse(
            &source,
            &Handlers::default()
                .with_planner("hooks")
                .with_planner("plugin:geo"),
        )
        .unwrap()
        .routes
        .remove(0)
        .handler
    };
    assert_eq!(handler("hooks"), Some(HandlerRef::Named("hooks".into())));
    assert_eq!(
        handler("plugin:geo"),
        Some(HandlerRef::Plugin("geo".into()))
    );
    assert_eq!(
        handler("h2c://[::1]:9"),
        Some(HandlerRef::Upstream("h2c://[::1]:9".parse().unwrap()))
    );
}

#[test]
fn every_key_of_a_match_is_understood() {
    let source = r#"
[[route]]
id = "a"
match = { path = "/a/{id}", methods = ["GET", "PROPFIND"], host = "*.Example.com", headers = { X-B = "1", x-a = true }, query = { v = "2" }, websocket = false }
"#;
    let matcher = accept(source).routes.remove(0).matcher;
    assert_eq!(matcher.path, "/a/{id}");
    assert_eq!(matcher.methods, ["GET", "PROPFIND"]);
    assert_eq!(
        matcher.host,
        Some(HostPattern::Suffix(".example.com".into()))
    );
    assert_eq!(
        matcher.headers,
        [
            ("x-b".parse().unwrap(), Some("1".into())),
            ("x-a".parse().unwrap(), None)
        ]
    );
    assert_eq!(matcher.query, [("v".into(), Some("2".into()))]);
    assert_eq!(matcher.websocket, Some(false));
}

#[test]
fn every_way_to_be_sticky_is_understood() {
    let sticky = |written: &str| route(&format!("sticky = {written}")).sticky;
    assert_eq!(sticky("\"request\""), Sticky::Request);
    assert_eq!(sticky("\"client-ip\""), Sticky::ClientIp);
    assert_eq!(
        sticky("{ header = \"X-User\" }"),
        Sticky::Header("x-user".parse().unwrap())
    );
    assert_eq!(sticky("{ cookie = \"sid\" }"), Sticky::Cookie("sid".into()));
    assert_eq!(sticky("{ query = \"user\" }"), Sticky::Query("user".into()));
}

#[test]
fn evidence_is_kept_as_it_is_written() {
    let parity = route(
        r#"parity = { ignore = ["header:Date", "json:/a/*/b~1c", "json:"], keyed = { "json:/z" = "id", "json:/a" = "k" }, tolerance = { "json:/p" = 0.5 }, expect = [{ at = "status", legacy = 500, rust = 401, why = "was wrong" }] }"#,
    )
    .parity;
    assert_eq!(parity.ignore, ["header:Date", "json:/a/*/b~1c", "json:"]);
    assert_eq!(
        parity.keyed,
        [
            ("json:/z".into(), "id".into()),
            ("json:/a".into(), "k".into())
        ]
    );
    assert_eq!(parity.tolerance, [("json:/p".into(), 0.5)]);
    assert_eq!(parity.expect[0].legacy, Some(serde_json::json!(500)));
    assert_eq!(
        (parity.expect[0].at.as_str(), parity.expect[0].why.as_str()),
        ("status", "was wrong")
    );
}

#[test]
fn every_key_of_the_server_is_understood() {
    let source = r#"
[server]
listen = ["127.0.0.1:0", "127.0.0.1:0", "[::1]:80"]
admin = "0.0.0.0:0"
admin_token = { keyring = "overgrow/admin" }
threads = 4
trusted_proxies = ["10.1.2.3/8", "192.0.2.7", "fd00::/8"]
drain = "0s"
data = "~/data"
tls = { cert = "c", key = "k" }
header_timeout = "250ms"
idle_timeout = "1m 30s"
header_size = "16 KiB"
[legacy]
urls = ["http://a", "https://a"]
health = { path = "/healthz" }
config = "~/.legacy.json"
"#;
    let Config { server, legacy, .. } = accept(source);
    assert_eq!(server.listen.len(), 3);
    assert_eq!(
        server.admin_token,
        Some(Secret::Keyring {
            service: "overgrow".into(),
            user: "admin".into()
        })
    );
    let networks: Vec<String> = server
        .trusted_proxies
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(networks, ["10.0.0.0/8", "192.0.2.7/32", "fd00::/8"]);
    assert_eq!(
        (server.drain, server.header_size),
        (Duration::ZERO, 16 << 10)
    );
    assert_eq!(
        (server.header_timeout, server.idle_timeout),
        (Duration::from_millis(250), Duration::from_secs(90))
    );
    assert_eq!(legacy.urls.len(), 2);
    assert_eq!(
        legacy.health,
        Some(HealthConfig {
            path: "/healthz".into(),
            interval: Duration::from_secs(5)
        })
    );
}

#[test]
fn a_token_that_is_wrong_is_not_called_missing() {
    let source =
        "[server]\nadmin = \"0.0.0.0:9901\"\nadmin_token = \"x\"\n[legacy]\nurl = \"http://a\"\n";
    assert_eq!(Config::parse(source, &known()).unwrap_err().len(), 1);
}

#[test]
fn a_mark_of_byte_order_and_windows_line_ends_change_nothing() {
    let source = super::complete("[[route]]\nid = \"a\"\nmatch = { path = \"/a\" }\n");
    let windows = format!("\u{feff}{}", source.replace('\n', "\r\n"));
    assert_eq!(
        Config::parse(&windows, &known()),
        Config::parse(&source, &known())
    );
}

#[test]
fn rules_are_the_routes_in_their_order() {
    let rules = accept("[[route]]\nid = \"b\"\nmatch = { path = \"/b\" }\nhandler = \"hooks\"\nrust = 5\n[[route]]\nid = \"a\"\nmatch = { path = \"/a\" }\n").rules();
    assert_eq!(
        (&*rules[0].id, rules[0].dial, rules[0].handled),
        ("b", dial(5.0), true)
    );
    assert_eq!((&*rules[1].id, rules[1].handled), ("a", false));
}

#[test]
fn differences_name_what_needs_a_restart() {
    let old = ServerConfig::default();
    assert_eq!(old.differences(&old), Vec::<&str>::new());
    let new = ServerConfig {
        threads: 9,
        header_size: 1,
        admin_token: Some(Secret::Env("A".into())),
        ..old.clone()
    };
    assert_eq!(
        old.differences(&new),
        ["threads", "admin_token", "header_size"]
    );
}

#[test]
fn a_path_that_is_no_pattern_says_what_the_pattern_says() {
    let source = super::complete("[[route]]\nid = \"a\"\nmatch = { path = \"a/b\" }\n");
    let faults = Config::parse(&source, &known()).unwrap_err();
    let fault = faults.iter().next().unwrap();
    assert_eq!(
        fault.message,
        Pattern::parse("a/b").unwrap_err().to_string()
    );
    assert_eq!(
        (fault.line, fault.column, fault.help.as_deref()),
        (3, 18, Some("write \"/a/b\""))
    );
}

#[test]
fn the_example_at_the_root_is_good_without_any_handler() {
    let source = include_str!("../../../../routes.toml");
    let config =
        Config::parse(source, &Handlers::default()).unwrap_or_else(|faults| panic!("\n{faults}"));
    assert_eq!(config.server, ServerConfig::default());
    assert_eq!(config.routes.len(), 2);
}

#[test]
fn what_the_example_leaves_commented_out_is_good_as_well() {
    let source = include_str!("../../../../routes.toml");
    let commented = source
        .lines()
        .skip_while(|line| !line.starts_with("[legacy]"));
    let keys = [
        "# [[route]]",
        "# id ",
        "# match ",
        "# handler ",
        "# rust ",
        "# shadow ",
        "# parity ",
        "# gate ",
    ];
    let uncommented = commented.map(|line| match keys.iter().any(|key| line.starts_with(key)) {
        true => &line[2..],
        false => line,
    });
    let source: String = uncommented.map(|line| format!("{line}\n")).collect();
    assert_eq!(accept(&source).routes.len(), 4);
}
