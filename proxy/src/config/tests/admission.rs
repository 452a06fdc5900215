//! Faults of the `auth`, `signature`, `limit`, `csrf` and `security` keys, and of `[media]`.
//!
//! How a report looks is told elsewhere; here it is what it says.

use std::time::Duration;

use super::{accept, complete, known};
use crate::config::{AuthConfig, Config, KeysConfig, Needs, PlaceConfig, SchemeConfig, Secret};

/// What is written, what is wrong with it, and the way out.
type Case = (&'static str, &'static str, &'static str);

fn route(keys: &str) -> String {
    format!("[[route]]\nid = \"a\"\nmatch = {{ path = \"/a\" }}\n{keys}\n")
}

#[track_caller]
fn refused(source: &str, fault: &str, help: &str) {
    let faults = Config::parse(&complete(source), &known()).unwrap_err();
    let report = faults.to_string();
    let errors: Vec<_> = report
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    assert_eq!(errors, [format!("error: {fault}")], "{report}");
    assert!(report.contains(&format!("= help: {help}")), "{report}");
}

#[test]
fn what_a_route_may_not_ask_for_is_said_with_the_way_out() {
    for (keys, fault, help) in REFUSED {
        refused(&route(keys), fault, help);
    }
}

#[test]
fn a_password_in_an_address_is_not_shown() {
    let source = route("auth = { jwt = { jwks = \"https://u:hunter2@x/\" } }");
    let report = Config::parse(&complete(&source), &known()).unwrap_err();
    assert!(!report.to_string().contains("hunter2"), "{report}");
}

#[test]
fn what_a_route_asks_for_is_read() {
    let keys = "auth = { jwt = { jwks = \"https://id.example/keys\", audience = \"a\" } }\n\
                signature = { scheme = \"generic\", secret = { file = \"s\" }, header = \"X-Sig\", encoding = \"base64\" }\n\
                limit = { per = \"5m\" }\ncsrf = { origins = [\"HTTPS://App.example:443\"] }\n\
                security = { nosniff = true, frame = \"DENY\" }";
    let admission = accept(&route(keys)).routes.remove(0).admission;
    let Some(AuthConfig::Jwt(jwt)) = admission.auth else {
        panic!("a JWT")
    };
    assert!(matches!(jwt.keys, KeysConfig::Jwks(url) if url.as_str() == "https://id.example/keys"));
    assert_eq!((jwt.audience.as_deref(), jwt.issuer), (Some("a"), None));
    let signature = admission.signature.unwrap();
    assert_eq!(signature.secret, Secret::File("s".into()));
    let SchemeConfig::Generic {
        header, encoding, ..
    } = signature.scheme
    else {
        panic!("a scheme of its own")
    };
    assert_eq!((header.as_str(), encoding), ("x-sig", "base64"));
    let limit = admission.limit.unwrap();
    assert_eq!((limit.failures, limit.per), (10, Duration::from_secs(300)));
    assert_eq!(admission.csrf.unwrap().origins, ["https://app.example"]);
    assert!(admission.security.nosniff && admission.security.csp.is_none());
}

#[test]
fn a_default_is_inherited_and_can_be_turned_off() {
    let source =
        "[defaults]\nauth = \"hooks\"\ncsrf = true\n[legacy]\nurl = \"http://a\"\nconfig = \"c\"\n";
    let routes = accept(&format!("{source}{}", route("csrf = false"))).routes;
    assert_eq!(routes[0].admission.auth, Some(AuthConfig::Hooks));
    assert_eq!(routes[0].admission.csrf, None);
}

#[test]
fn what_needs_the_legacys_settings_says_so() {
    let help = "add config = \"~/.openclaw/openclaw.json\" to [legacy]";
    let fault = "`auth` asks as the legacy's configuration says, and [legacy].config is missing";
    refused(&route("auth = \"gateway\""), fault, help);
    let known = known().with_builtin("signup", Needs::Settings);
    let source = complete(&route("handler = \"signup\""));
    let report = Config::parse(&source, &known).unwrap_err().to_string();
    let fault =
        "`signup` answers as the legacy's configuration says, and [legacy].config is missing";
    assert!(report.contains(fault) && report.contains(help), "{report}");
}

#[test]
fn media_are_kept_in_one_place_under_limits() {
    const CASES: &[Case] = &[
        (
            "root = \"a\"\ns3 = { bucket = \"b\" }",
            "`root` and `s3` are both written",
            "files are kept in one place: leave one out",
        ),
        (
            "s3 = { region = \"b\" }",
            "`bucket` is missing",
            "an S3-compatible store",
        ),
        (
            "s3 = { bucket = \"b\", access_key = { env = \"A\" } }",
            "one of `access_key` and `secret_key` is missing",
            "write both",
        ),
        ("path = \"a\"", "unknown key `path`", "write `root`"),
        ("max = 5", "a size needs a unit", "write \"5B\""),
    ];
    for (keys, fault, help) in CASES {
        refused(&format!("[media]\n{keys}\n"), fault, help);
    }
    let media = accept("[media]\ns3 = { bucket = \"b\", prefix = \"p/\" }\nupload = true\n").media;
    assert!(matches!(media.place, PlaceConfig::S3(s3) if s3.bucket == "b" && s3.prefix == "p/"));
    assert!(media.upload);
    assert_eq!(accept("").media.max, 5 << 20);
}

const JWT: &str = "for example { jwks = \"https://id.example/keys\"";
#[test]
fn uploads_ask_who_is_sending() {
    let known = known().with_builtin("media", Needs::Nothing);
    let parse = |keys: &str| {
        let route = format!("[[route]]\nid = \"m\"\nhandler = \"media\"\n{keys}\n");
        Config::parse(
            &complete(&format!("[media]\nupload = true\n{route}")),
            &known,
        )
    };
    let report = parse("match = { path = \"/media/*\" }")
        .unwrap_err()
        .to_string();
    assert!(report.contains("asks nobody who is sending"), "{report}");
    assert!(parse("match = { path = \"/media/*\", methods = [\"GET\"] }").is_ok());
    let signed = "signature = { scheme = \"github\", secret = { env = \"S\" } }";
    assert!(parse(&format!("match = {{ path = \"/media\" }}\n{signed}")).is_ok());
}

const REFUSED: &[Case] = &[
    (
        "auth = \"gatway\"",
        "`gatway` is not a way to authenticate",
        "did you mean \"gateway\"?",
    ),
    (
        "auth = \"jwt\"",
        "`jwt` is not a way to authenticate",
        "write { jwt = { jwks = ",
    ),
    (
        "auth = 1",
        "expected a word or a table, found an integer",
        "for example \"gateway\"",
    ),
    (
        "auth = {}",
        "`auth` names no way to authenticate",
        "write \"gateway\", \"hooks\" or { jwt",
    ),
    (
        "auth = { jwks = \"https://x\" }",
        "unknown key `jwks`",
        "it belongs in `jwt`",
    ),
    (
        "auth = { jwt = { issuer = \"x\" } }",
        "a JWT is verified by exactly one of `jwks` and `secret`",
        JWT,
    ),
    (
        "auth = { jwt = { jwks = \"https://a\", secret = { env = \"A\" } } }",
        "a JWT is verified by exactly one of `jwks` and `secret`",
        JWT,
    ),
    (
        "auth = { jwt = { jwks = \"ftp://x\" } }",
        "`ftp://x` is not a web address",
        "for example \"https://id.example/keys\"",
    ),
    (
        "auth = { jwt = { secret = \"abc\" } }",
        "a secret is never written in the file, which is shown, shared and committed",
        "write { env = \"JWT_SECRET\" }",
    ),
    (
        "signature = { scheme = \"githb\", secret = { env = \"S\" } }",
        "`githb` is not one of `github`, `stripe`, `slack` or `generic`",
        "did you mean \"github\"?",
    ),
    (
        "signature = { scheme = \"github\" }",
        "`secret` is missing",
        "for example { scheme = \"github\"",
    ),
    (
        "signature = { scheme = \"github\", secret = { env = \"S\" }, header = \"x\" }",
        "`header`, `algorithm`, `encoding` and `prefix` are for scheme = \"generic\"",
        "leave them out",
    ),
    (
        "signature = { scheme = \"generic\", secret = { env = \"S\" } }",
        "`header` is missing",
        "say where the signature is",
    ),
    (
        "limit = { failures = 0 }",
        "0 is not a number of failures",
        "write at least 1",
    ),
    (
        "limit = { requests = 9 }",
        "unknown key `requests`",
        "only failures are limited",
    ),
    (
        "csrf = 1",
        "expected true or false, found an integer",
        "for example true, without quotes",
    ),
    (
        "csrf = { origins = [\"https://a.example/x\"] }",
        "an origin has no path",
        "write \"https://a.example\"",
    ),
    (
        "security = { frame = \"ALLOW\" }",
        "`ALLOW` is not one of `DENY` or `SAMEORIGIN`",
        "write `DENY` or `SAMEORIGIN`",
    ),
    (
        "security = { csp = \"a\\nb\" }",
        "this cannot stand in a header",
        "for example \"default-src 'self'\"",
    ),
    (
        "csp = \"x\"",
        "unknown key `csp`",
        "it belongs in `security`",
    ),
];
