//! What a handler is given and what it may answer.

use crate::in_process::{InProcess, native, read_until};
use anyhow::Result;
use axum::extract::Path;
use axum::routing::get as on_get;
use axum::{Extension, Router};
use http::{Request, Response};
use overgrow::Overgrow;
use overgrow_handler::{Body, BoxError, Call, Handler, Role};
use overgrow_tests::ask::{get, post};
use overgrow_tests::raw::Wire;
use overgrow_tests::service::Service;
use std::time::{Duration, Instant};
use tower::layer::layer_fn;
use tower::service_fn;

/// Gives the request's own body back as it comes in.
fn echo() -> Handler {
    Handler::from_fn(|request: Request<Body>| async {
        Ok::<_, BoxError>(Response::new(request.into_body()))
    })
}

async fn told(Extension(call): Extension<Call>) -> String {
    let left = call.deadline.saturating_duration_since(Instant::now());
    let in_time = left > Duration::from_secs(1) && left <= Duration::from_secs(7);
    let primary = call.role == Role::Primary;
    format!(
        "{} {} {} {primary} {in_time}",
        call.route, call.request_id, call.client
    )
}

#[tokio::test]
async fn an_axum_router_is_mounted_with_its_paths() -> Result<()> {
    let orders = Router::new().route(
        "/orders/{id}",
        on_get(|Path(id): Path<String>| async move { format!("order {id}") }),
    );
    let builder = Overgrow::builder().handler("orders", orders);
    let sidecar = InProcess::start(builder, &native("orders", "")).await?;
    let answer = get("/orders/7").send(sidecar.to()?).await?;
    assert_eq!((answer.status(), answer.text().as_str()), (200, "order 7"));
    assert!(answer.header("date").is_some());
    assert_eq!(
        get("/orders/7/lines").send(sidecar.to()?).await?.status(),
        404
    );
    let beside = get("/other").send(sidecar.to()?).await?;
    assert_eq!(beside.header("x-backend"), Some("legacy"));
    assert_eq!(sidecar.legacy.asked(), 1);
    Ok(())
}

#[tokio::test]
async fn a_handler_is_told_about_the_call() -> Result<()> {
    let builder = Overgrow::builder().handler("calls", Router::new().fallback(told));
    let sidecar = InProcess::start(builder, &native("calls", "timeout = \"7s\"")).await?;
    let ask = get("/calls").header("x-request-id", "mine-1");
    let answer = ask.send(sidecar.to()?).await?;
    assert_eq!(answer.text(), "calls mine-1 127.0.0.1 true true");
    Ok(())
}

#[tokio::test]
async fn bodies_stream_both_ways_at_once() -> Result<()> {
    let builder = Overgrow::builder().handler("echo", echo());
    let sidecar = InProcess::start(builder, &native("echo", "")).await?;
    let mut wire = Wire::connect(sidecar.to()?).await?;
    wire.send(b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        .await?;
    // Each piece comes back before the next is sent.
    let head = read_until(&mut wire, "3\r\none\r\n").await?;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    wire.send(b"5\r\nthree\r\n").await?;
    assert_eq!(read_until(&mut wire, "three\r\n").await?, "5\r\nthree\r\n");
    wire.send(b"0\r\n\r\n").await?;
    assert_eq!(read_until(&mut wire, "\r\n\r\n").await?, "0\r\n\r\n");
    Ok(())
}

#[tokio::test]
async fn a_service_behind_a_url_is_a_handler_too() -> Result<()> {
    let service = Service::start("service").await?;
    let route = native("svc", "").replace(
        "handler = \"svc\"",
        &format!("handler = \"http://{}\"", service.address()),
    );
    let sidecar = InProcess::start(Overgrow::builder(), &route).await?;
    let answer = get("/svc/a?b=%20c").send(sidecar.to()?).await?;
    assert_eq!(answer.header("x-backend"), Some("service"));
    assert!(
        answer.text().contains("\"/svc/a?b=%20c\""),
        "{}",
        answer.text()
    );
    assert_eq!((service.asked(), sidecar.legacy.asked()), (1, 0));
    Ok(())
}

#[tokio::test]
async fn a_layer_goes_around_a_handler_of_overgrows_own() -> Result<()> {
    let broken = layer_fn(|_hooks: Handler| {
        service_fn(|_: Request<Body>| async {
            let answer = Response::builder().status(500);
            Ok::<_, BoxError>(answer.body(Body::from("planted"))?)
        })
    });
    let builder = Overgrow::builder().layer("hooks", broken);
    let settings = tempfile::tempdir()?;
    let file = settings.path().join("openclaw.json");
    std::fs::write(&file, r#"{"hooks": {"enabled": true, "token": "secret"}}"#)?;
    let sidecar =
        InProcess::start_with(builder, &format!("config = {file:?}"), &native("hooks", "")).await?;
    let answer = post("/hooks/wake", "{}").send(sidecar.to()?).await?;
    assert_eq!((answer.status(), answer.text().as_str()), (500, "planted"));
    Ok(())
}
