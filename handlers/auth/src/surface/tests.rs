use std::path::PathBuf;

use http_body_util::BodyExt;
use overgrow_settings::{Auth, Bind, Document, Hooks, Mode, Secret, Tailscale};
use serde_json::Value;
use tower::ServiceExt;

use super::*;

const ALL: Endpoints = Endpoints {
    chat_completions: Endpoint::On,
    responses: Endpoint::On,
};

pub(crate) fn settings() -> Settings {
    Settings {
        folder: PathBuf::from("/srv"),
        state: PathBuf::from("/srv/state"),
        gateway: Gateway {
            auth: Auth {
                mode: Mode::Token,
                token: Some(Secret::new("legacy-gateway-token")),
                password: None,
                allow_tailscale: false,
            },
            trusted_proxies: Vec::new(),
            bind: Bind::Loopback,
            port: 18789,
            tailscale: Tailscale::Off,
            insecure_control_ui: false,
            endpoints: ALL,
        },
        hooks: None,
        document: Document::default(),
    }
}

fn request(method: &str, path: &str, lines: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in lines {
        request = request.header(*name, *value);
    }
    request.body(Body::from("unread")).unwrap()
}

fn verdict(method: &str, path: &str, lines: &[(&str, &str)]) -> Verdict {
    judge(&settings(), &request(method, path, lines))
}

const PATHS: [&str; 3] = ["/tools/invoke", "/v1/chat/completions", "/v1/responses"];
const RIGHT: (&str, &str) = ("authorization", "Bearer legacy-gateway-token");

#[test]
fn the_method_comes_before_the_token() {
    for path in PATHS {
        for method in ["GET", "HEAD", "PUT", "OPTIONS", "DELETE"] {
            assert_eq!(
                verdict(method, path, &[]),
                Verdict::Method,
                "{method} {path}"
            );
            assert_eq!(verdict(method, path, &[RIGHT]), Verdict::Method);
        }
        assert_eq!(verdict("POST", path, &[]), Verdict::Unauthorized);
        assert_eq!(verdict("POST", path, &[RIGHT]), PASSED);
    }
}

#[test]
fn only_the_bearer_counts() {
    let refused = |lines: &[(&str, &str)], path: &str| {
        assert_eq!(
            verdict("POST", path, lines),
            Verdict::Unauthorized,
            "{lines:?}"
        );
    };
    refused(&[("authorization", "Bearer bad")], "/tools/invoke");
    refused(
        &[("authorization", "Bearer legacy-hook-token")],
        "/tools/invoke",
    );
    refused(&[("authorization", "Basic x"), RIGHT], "/tools/invoke");
    refused(
        &[("x-openclaw-token", "legacy-gateway-token")],
        "/tools/invoke",
    );
    refused(&[], "/tools/invoke?token=legacy-gateway-token");
}

#[test]
fn other_paths_and_upgrades_are_the_legacys() {
    for path in [
        "/",
        "/tools/invoke/",
        "/tools",
        "/TOOLS/invoke",
        "/v1/models",
    ] {
        assert_eq!(verdict("POST", path, &[]), NOT_AUTH, "{path}");
    }
    let upgrade = [("upgrade", "websocket")];
    assert_eq!(verdict("GET", "/tools/invoke", &upgrade), NOT_AUTH);
}

#[test]
fn an_interface_that_is_off_belongs_to_the_control_ui() {
    let mut settings = settings();
    settings.gateway.endpoints = Endpoints::default();
    let off = |path| judge(&settings, &request("POST", path, &[]));
    assert_eq!(off("/tools/invoke"), Verdict::Unauthorized);
    assert_eq!(off("/v1/chat/completions"), NOT_AUTH);
    assert_eq!(off("/v1/responses"), NOT_AUTH);
}

#[test]
fn a_hook_of_the_same_path_comes_first() {
    let under = |base: &str| {
        let mut settings = settings();
        settings.hooks = Some(Hooks {
            base: base.to_owned(),
            token: Secret::new("h"),
            max_body: 1,
            mappings: Vec::new(),
        });
        judge(&settings, &request("POST", "/tools/invoke", &[]))
    };
    assert_eq!(under("/tools"), NOT_AUTH);
    assert_eq!(under("/tools/invoke"), NOT_AUTH);
    assert_eq!(under("/too"), Verdict::Unauthorized);
}

#[test]
fn a_tailnet_claim_is_the_legacys_to_check() {
    let mut settings = settings();
    let claim = request("POST", "/tools/invoke", &[("tailscale-user-login", "ada")]);
    assert_eq!(judge(&settings, &claim), Verdict::Unauthorized);
    settings.gateway.auth.allow_tailscale = true;
    assert_eq!(judge(&settings, &claim), TAILNET);
}

/// What the golden recordings have, without what the server adds to every answer.
async fn replay(name: &str, recorded: &Value) {
    let sent = &recorded["request"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines: Vec<String> = sent["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect();
    let lines: Vec<(&str, &str)> = lines
        .iter()
        .map(|line| line.split_once(": ").unwrap())
        .collect();
    let (method, path) = (text(&sent["method"]), text(&sent["path"]));
    let answer = handler(Live::fixed(settings())).oneshot(request(&method, &path, &lines));
    let expect = &recorded["response"];
    let status = text(&expect["status_line"]);
    if !status.contains(" 401 ") && !status.contains(" 405 ") {
        let declined = answer.await.unwrap_err().downcast::<Declined>().unwrap();
        assert_eq!(*declined, Declined("passed"), "{name}");
        return;
    }
    let response = answer.await.unwrap();
    assert!(status.contains(response.status().as_str()), "{name}");
    let written = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        format!("{name}: {}", value.to_str().unwrap())
    };
    let headers: Vec<String> = response.headers().iter().map(written).collect();
    let added = ["Connection: ", "Keep-Alive: ", "Content-Length: "];
    let own = |line: &&Value| !added.iter().any(|name| text(line).starts_with(name));
    let kept = expect["headers"].as_array().unwrap().iter().filter(own);
    let recorded: Vec<String> = kept.map(|line| named_in_small(&text(line))).collect();
    assert_eq!(headers, recorded, "{name}");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, text(&expect["body"]["text"]), "{name}");
}

fn named_in_small(line: &str) -> String {
    let (name, value) = line.split_once(": ").unwrap();
    format!("{}: {value}", name.to_lowercase())
}

#[tokio::test]
async fn callers_are_turned_away_as_it_was_recorded() {
    let recordings = include_str!("../../../../tests/golden/openclaw-http.jsonl");
    let mut replayed = 0;
    for line in recordings.lines() {
        let recorded: Value = serde_json::from_str(line).unwrap();
        let name = recorded["name"].as_str().unwrap();
        let path = recorded["request"]["path"].as_str().unwrap();
        if PATHS.contains(&path) && recorded["outcome"] == "response" {
            replay(name, &recorded).await;
            replayed += 1;
        }
    }
    assert!(replayed > 15, "{replayed}");
}

#[tokio::test]
async fn whoever_may_pass_is_declined() {
    let reason = async |live: Live| {
        let ask = handler(live).oneshot(request("POST", "/tools/invoke", &[RIGHT]));
        *ask.await.unwrap_err().downcast::<Declined>().unwrap()
    };
    assert_eq!(reason(Live::fixed(settings())).await, Declined("passed"));
    assert_eq!(reason(Live::default()).await, Declined("no_settings"));
    let handler = handler(Live::default());
    assert!(handler.may_decline() && handler.is_through_effects() && !handler.leaves().is_empty());
}
