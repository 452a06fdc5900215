//! A handler that fails hurts its own call and nothing else.

use crate::in_process::{InProcess, native, read_until};
use anyhow::{Context, Result};
use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use overgrow::{Builder, Overgrow};
use overgrow_handler::{Body, BoxError, Handler};
use overgrow_tests::admin::until_scrape;
use overgrow_tests::ask::{Client, get};
use overgrow_tests::raw::Wire;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// `/fail/WAY` fails in that way; `/fine` echoes.
fn builder() -> Builder {
    let fail = Handler::from_fn(|request: Request<Body>| async move {
        match request.uri().path() {
            "/fail/panic" => panic!("on purpose"),
            "/fail/error" => Err("on purpose".into()),
            "/fail/hang" => std::future::pending().await,
            _ => Ok(Response::new(half_a_body())),
        }
    });
    let fine = Handler::from_fn(|request: Request<Body>| async {
        Ok::<_, BoxError>(Response::new(request.into_body()))
    });
    Overgrow::builder()
        .handler("fail", fail)
        .handler("fine", fine)
}

/// One frame, and a panic once that frame has left: what is still in the buffers is lost with the connection.
fn half_a_body() -> Body {
    let frames = stream::unfold(0, |sent| async move {
        if sent > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            panic!("on purpose");
        }
        Some((
            Ok::<_, BoxError>(Frame::data(Bytes::from_static(b"half"))),
            1,
        ))
    });
    Body::new(StreamBody::new(frames))
}

async fn start() -> Result<InProcess> {
    let routes = native("fail", "timeout = \"300ms\"") + &native("fine", "");
    InProcess::start(builder(), &routes).await
}

/// Asks for a failure while a neighbour's stream is open; the neighbour must go on, and so must the connection.
async fn beside_a_neighbour(path: &str, status: u16) -> Result<()> {
    let sidecar = start().await?;
    let mut neighbour = Wire::connect(sidecar.to()?).await?;
    neighbour
        .send(b"POST /fine HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        .await?;
    read_until(&mut neighbour, "one\r\n").await?;

    let mut client = Client::new(sidecar.to()?);
    for _ in 0..20 {
        let answer = client.ask(&get(path).header("x-request-id", "r-1")).await?;
        assert_eq!(answer.status(), status, "{}", answer.text());
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        assert!(
            answer.text().contains("\"request_id\":\"r-1\""),
            "{}",
            answer.text()
        );
        assert!(!answer.text().contains("on purpose"), "{}", answer.text());
    }
    assert_eq!(client.reopened(), 0);

    neighbour.send(b"3\r\ntwo\r\n0\r\n\r\n").await?;
    read_until(&mut neighbour, "two\r\n0\r\n\r\n").await?;
    let failed = [("route", "fail"), ("backend", "rust"), ("status", "5xx")];
    until_scrape(sidecar.admin()?, "the failures counted", |scrape| {
        scrape.sum("overgrow_requests_total", &failed) == 20.0
    })
    .await?;
    assert_eq!(sidecar.legacy.asked(), 0, "no fallback was asked for");
    Ok(())
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_neighbours_go_on() -> Result<()> {
    beside_a_neighbour("/fail/panic", 500).await
}

#[tokio::test]
async fn an_error_is_a_500_and_the_neighbours_go_on() -> Result<()> {
    beside_a_neighbour("/fail/error", 500).await
}

#[tokio::test]
async fn a_panic_in_the_body_cuts_that_answer_and_no_other() -> Result<()> {
    let sidecar = start().await?;
    let to = sidecar.to()?;
    for _ in 0..5 {
        let cut = get("/fail/body").send(to).await?;
        assert_eq!((cut.status(), cut.complete), (200, false));
        assert_eq!(cut.text(), "half");
        assert_eq!(get("/fine").send(to).await?.status(), 200);
    }
    let idle = |backend| [("backend", backend)];
    until_scrape(sidecar.admin()?, "nothing in flight", |scrape| {
        scrape.sum("overgrow_in_flight", &idle("rust")) == 0.0
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn a_handler_past_its_time_is_a_504() -> Result<()> {
    let sidecar = start().await?;
    let asked = Instant::now();
    let answer = get("/fail/hang").send(sidecar.to()?).await?;
    assert_eq!(answer.status(), 504, "{}", answer.text());
    let took = asked.elapsed();
    assert!((300..2000).contains(&took.as_millis()), "{took:?}");
    Ok(())
}

/// Says so when it is dropped.
struct Dropped(Option<oneshot::Sender<()>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.take().map(|gone| gone.send(()));
    }
}

#[tokio::test]
async fn a_client_that_leaves_cancels_its_handler() -> Result<()> {
    let (began, begun) = oneshot::channel();
    let (gone, cancelled) = oneshot::channel();
    let signals = Arc::new(Mutex::new(Some((began, gone))));
    let hang = Handler::from_fn(move |_: Request<Body>| {
        let signals = signals.lock().ok().and_then(|mut once| once.take());
        async move {
            let (began, gone) = signals.ok_or("asked twice")?;
            let _held = Dropped(Some(gone));
            let _ = began.send(());
            std::future::pending::<Result<Response<Body>, BoxError>>().await
        }
    });
    let builder = Overgrow::builder().handler("hang", hang);
    let sidecar = InProcess::start(builder, &native("hang", "")).await?;
    let mut wire = Wire::connect(sidecar.to()?).await?;
    wire.send(&get("/hang").bytes()).await?;
    begun.await.context("the handler began")?;
    drop(wire);
    let left = Instant::now();
    tokio::time::timeout(Duration::from_secs(4), cancelled)
        .await
        .context("the handler still runs")??;
    println!("cancelled after {:?}", left.elapsed());
    let none = [("route", "hang"), ("status", "none")];
    until_scrape(sidecar.admin()?, "a request without an answer", |scrape| {
        scrape.sum("overgrow_requests_total", &none) == 1.0
    })
    .await?;
    Ok(())
}
