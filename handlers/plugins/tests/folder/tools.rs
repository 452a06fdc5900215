//! Tools, as callers of `/tools/invoke` meet them.

use http::{HeaderValue, Request};
use overgrow_handler::{Body, Declined, Handler};

use crate::kit::{Rig, ask, declined, grant, request};

/// A gate that lets in whoever shows the word.
fn gate() -> Handler {
    Handler::from_fn(|request: Request<Body>| async move {
        match request.headers().contains_key("x-let-me-in") {
            true => Err(Declined("passed").into()),
            false => Ok(http::Response::builder().status(401).body(Body::empty())?),
        }
    })
}

fn invocation(body: &str) -> Request<Body> {
    let mut request = request("POST", "/tools/invoke", body);
    let headers = request.headers_mut();
    headers.insert("x-let-me-in", HeaderValue::from_static("please"));
    headers.insert(
        "x-openclaw-message-channel",
        HeaderValue::from_static(" Zalo "),
    );
    headers.insert("x-openclaw-account-id", HeaderValue::from_static("a1"));
    request
}

#[tokio::test]
async fn tools_are_called_as_the_gateways_own() {
    let rig = Rig::start(grant("hello")).await;
    let invoke = |body: &str| ask(rig.plugins.tools(gate()), invocation(body));
    let told =
        invoke(r#"{"tool":"steady_tell","action":"go","args":{"a":1},"sessionKey":"agent:ada:x"}"#);
    let (status, body) = told.await.expect("answered");
    assert_eq!(status, 200);
    let text = r#"{\n  \"a\": 1,\n  \"action\": \"go\"\n}"#;
    assert_eq!(
        body,
        format!(
            r#"{{"ok":true,"result":{{"content":[{{"type":"text","text":"ada|agent:ada:x|zalo|a1"}},{{"type":"text","text":"{text}"}}],"details":{{}}}}}}"#
        )
    );
    let failed = invoke(r#"{"tool":"steady_fail"}"#).await.expect("answered");
    assert_eq!(failed.0, 400);
    assert!(
        failed
            .1
            .contains(r#""type":"tool_error","message":"it would not""#)
    );
    assert_eq!(
        invoke(r#"{"tool":"steady_trap"}"#)
            .await
            .expect("answered")
            .0,
        500
    );
    assert_eq!(invoke("{}").await.expect("answered").0, 400);
    assert_eq!(declined(invoke(r#"{"tool":"nope"}"#).await), "unknown_tool");
    assert_eq!(declined(invoke("{").await), "json");
    let stranger = request("POST", "/tools/invoke", r#"{"tool":"steady_tell"}"#);
    let refused = ask(rig.plugins.tools(gate()), stranger).await;
    assert_eq!(refused.expect("answered").0, 401);
}

#[tokio::test]
async fn large_calls_reach_their_tool_and_the_legacy_keeps_its_own() {
    let rig = Rig::start(grant("hello")).await;
    let invoke = |body: String| ask(rig.plugins.tools(gate()), invocation(&body));
    let large = "x".repeat(Declined::BODY + 1);
    let ours = format!(r#"{{"tool":"steady_tell","args":{{"a":"{large}"}}}}"#);
    assert_eq!(invoke(ours).await.expect("answered").0, 200);
    let huge = "x".repeat(2 * 1024 * 1024);
    let huge = format!(r#"{{"tool":"steady_tell","args":{{"a":"{huge}"}}}}"#);
    assert_eq!(invoke(huge).await.expect("answered").0, 413);
}
