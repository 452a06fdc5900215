//! `fallback = true`: the legacy answers what the native side could not begin to.

use crate::in_process::{InProcess, native};
use anyhow::{Context, Result};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use overgrow::{Builder, Overgrow};
use overgrow_handler::{Body, BoxError, Handler};
use overgrow_tests::admin::{scrape, until_scrape};
use overgrow_tests::ask::{Ask, post};
use overgrow_tests::raw::Answer;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

/// More than the gateway keeps for a second attempt.
const TOO_MUCH: usize = 300 * 1024;

/// Fails in the way the last segment says; all but `unread` read the whole body first.
fn failing() -> Builder {
    let fail = Handler::from_fn(|request: Request<Body>| async move {
        let way = request.uri().path().rsplit('/').next().map(str::to_owned);
        let way = way.unwrap_or_default();
        if way == "unread" {
            return Err("on purpose".into());
        }
        request.into_body().collect().await?;
        match way.as_str() {
            "panic" => panic!("on purpose"),
            "hang" => std::future::pending().await,
            "begun" => Ok(Response::new(broken_body())),
            _ => Err::<Response<Body>, BoxError>("on purpose".into()),
        }
    });
    Overgrow::builder().handler("fail", fail)
}

/// One frame, and an error once that frame has left.
fn broken_body() -> Body {
    let first = stream::iter([Ok(Frame::data(Bytes::from_static(b"begun")))]);
    let error = stream::once(async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err::<Frame<Bytes>, _>("on purpose")
    });
    Body::new(StreamBody::new(Box::pin(first.chain(error))))
}

async fn start() -> Result<InProcess> {
    let keys = "fallback = true\ntimeout = \"300ms\"";
    InProcess::start(failing(), &native("fail", keys)).await
}

/// The body as the service that answered got it.
fn body_at_the_service(answer: &Answer) -> Result<String> {
    let said: serde_json::Value = serde_json::from_str(&answer.text())?;
    Ok(said["body"].as_str().context("a body")?.to_owned())
}

/// The legacy answers, with the very body, and the failure is counted under `reason`.
async fn falls_back(sidecar: &InProcess, ask: Ask, body: &str, reason: &str) -> Result<()> {
    let ask = ask.header("x-overgrow-debug", "1");
    let answer = ask.send(sidecar.to()?).await?;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    assert_eq!(answer.header("x-overgrow-backend"), Some("legacy"));
    assert_eq!(answer.header("x-backend"), Some("legacy"));
    assert!(body_at_the_service(&answer)? == body, "another body");
    assert_eq!(fallbacks(sidecar, reason).await?, 1.0, "{reason}");
    let ended = [("route", "fail"), ("backend", "legacy"), ("status", "2xx")];
    until_scrape(sidecar.admin()?, "it is the legacy's request", |scrape| {
        scrape.sum("overgrow_requests_total", &ended) == 1.0
            && scrape.sum("overgrow_in_flight", &[]) == 0.0
    })
    .await?;
    Ok(())
}

async fn fallbacks(sidecar: &InProcess, reason: &str) -> Result<f64> {
    let labels = [("route", "fail"), ("reason", reason)];
    let counted = scrape(sidecar.admin()?).await?;
    Ok(counted.sum("overgrow_fallback_total", &labels))
}

async fn native_failure(way: &str, reason: &str) -> Result<()> {
    let sidecar = start().await?;
    let body = "0123456789".repeat(10_000);
    let ask = post(&format!("/fail/{way}"), body.clone());
    falls_back(&sidecar, ask, &body, reason).await
}

#[tokio::test]
async fn after_a_panic_the_legacy_answers() -> Result<()> {
    native_failure("panic", "panic").await
}

#[tokio::test]
async fn after_an_error_the_legacy_answers() -> Result<()> {
    native_failure("error", "error").await
}

#[tokio::test]
async fn after_a_timeout_the_legacy_answers() -> Result<()> {
    native_failure("hang", "timeout").await
}

#[tokio::test]
async fn a_body_nobody_has_read_may_be_of_any_size() -> Result<()> {
    let sidecar = start().await?;
    let body = "x".repeat(TOO_MUCH);
    falls_back(&sidecar, post("/fail/unread", body.clone()), &body, "error").await
}

/// A handler behind a URL that `address` stands for.
async fn behind(address: &str) -> Result<InProcess> {
    let route = native("fail", "fallback = true").replace(
        "handler = \"fail\"",
        &format!("handler = \"http://{address}\""),
    );
    InProcess::start(Overgrow::builder(), &route).await
}

#[tokio::test]
async fn when_nobody_listens_the_legacy_answers() -> Result<()> {
    let closed = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let sidecar = behind(&closed.to_string()).await?;
    falls_back(&sidecar, post("/fail/a", "body"), "body", "connect").await
}

#[tokio::test]
async fn when_a_service_breaks_off_the_legacy_answers() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let sidecar = behind(&listener.local_addr()?.to_string()).await?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
        }
    });
    falls_back(&sidecar, post("/fail/a", "body"), "body", "broken").await
}

#[tokio::test]
async fn past_the_replay_buffer_the_failure_shows() -> Result<()> {
    let sidecar = start().await?;
    let answer = post("/fail/error", "x".repeat(TOO_MUCH))
        .send(sidecar.to()?)
        .await?;
    assert_eq!(answer.status(), 500, "{}", answer.text());
    assert_eq!(sidecar.legacy.asked(), 0);
    assert_eq!(fallbacks(&sidecar, "not_replayable").await?, 1.0);
    assert_eq!(fallbacks(&sidecar, "error").await?, 0.0);
    Ok(())
}

#[tokio::test]
async fn after_the_first_byte_there_is_no_fallback() -> Result<()> {
    let sidecar = start().await?;
    let answer = post("/fail/begun", "body").send(sidecar.to()?).await?;
    assert_eq!((answer.status(), answer.complete), (200, false));
    assert_eq!(answer.text(), "begun");
    assert_eq!(sidecar.legacy.asked(), 0);
    assert!(
        !scrape(sidecar.admin()?)
            .await?
            .has("overgrow_fallback_total")
    );
    Ok(())
}
