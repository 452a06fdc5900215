use std::path::PathBuf;

use http_body_util::BodyExt;
use overgrow_settings::{Auth, Bind, Hooks, Mode, Secret, Tailscale};
use tower::ServiceExt;

use super::*;

const ALL: Surfaces = Surfaces {
    chat_completions: Interface::On,
    responses: Interface::On,
};

fn settings() -> Settings {
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
        },
        hooks: None,
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
    judge(&settings(), ALL, &request(method, path, lines))
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
    let off = |path| {
        judge(
            &settings(),
            Surfaces::default(),
            &request("POST", path, &[]),
        )
    };
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
        judge(&settings, ALL, &request("POST", "/tools/invoke", &[]))
    };
    assert_eq!(under("/tools"), NOT_AUTH);
    assert_eq!(under("/tools/invoke"), NOT_AUTH);
    assert_eq!(under("/too"), Verdict::Unauthorized);
}

#[test]
fn a_tailnet_claim_is_the_legacys_to_check() {
    let mut settings = settings();
    let claim = request("POST", "/tools/invoke", &[("tailscale-user-login", "ada")]);
    assert_eq!(judge(&settings, ALL, &claim), Verdict::Unauthorized);
    settings.gateway.auth.allow_tailscale = true;
    assert_eq!(judge(&settings, ALL, &claim), TAILNET);
}

/// The head and body as the golden recording has them, without what the server adds.
async fn answer(request: Request<Body>) -> (u16, Vec<(String, String)>, String) {
    let handler = handler(Live::fixed(settings()), ALL);
    let response = handler.oneshot(request).await.unwrap();
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    let headers = response.headers().iter().map(line).collect();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn refusals_are_the_legacys_bytes() {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let (status, headers, body) = answer(request("POST", "/tools/invoke", &[])).await;
    assert_eq!(status, 401);
    assert_eq!(
        headers,
        [header("content-type", "application/json; charset=utf-8")]
    );
    assert_eq!(
        body,
        r#"{"error":{"message":"Unauthorized","type":"unauthorized"}}"#
    );
    let (status, headers, body) = answer(request("GET", "/tools/invoke", &[])).await;
    assert_eq!(status, 405);
    let text = header("content-type", "text/plain; charset=utf-8");
    assert_eq!(headers, [header("allow", "POST"), text]);
    assert_eq!(body, "Method Not Allowed");
}

#[tokio::test]
async fn whoever_may_pass_is_declined() {
    let reason = async |live: Live| {
        let ask = handler(live, ALL).oneshot(request("POST", "/tools/invoke", &[RIGHT]));
        *ask.await.unwrap_err().downcast::<Declined>().unwrap()
    };
    assert_eq!(reason(Live::fixed(settings())).await, Declined("passed"));
    assert_eq!(reason(Live::default()).await, Declined("no_settings"));
    let handler = handler(Live::default(), ALL);
    assert!(handler.may_decline() && handler.is_through_effects() && !handler.leaves().is_empty());
}
