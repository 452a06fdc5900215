//! Handlers that panic, hang, never end or block their thread, asked off the client's path.

use crate::front::{ROUTE, shadowed};
use crate::in_process::InProcess;
use anyhow::{Result, ensure};
use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use overgrow::Overgrow;
use overgrow_handler::{Body, BoxError, Handler};
use overgrow_tests::ask::{Client, get};
use overgrow_tests::origin::Origin;
use overgrow_tests::shadow::{ended, ended_in_all, until_ended};
use std::time::{Duration, Instant};

/// How long a handler that blocks does so: all of them in a row would take longer than any test may.
const BLOCKED: Duration = Duration::from_secs(1);

fn failing() -> Handler {
    Handler::from_fn(|request: Request<Body>| async move {
        match request.uri().path() {
            "/panic" => panic!("on purpose"),
            "/error" => Err::<_, BoxError>("on purpose".into()),
            "/hang" => std::future::pending().await,
            "/panic-in-body" => Ok(Response::new(body(|| panic!("on purpose")))),
            "/endless" => Ok(Response::new(body(|| Bytes::from_static(&[b'x'; 4096])))),
            "/spin" => Ok(Response::new(body(Bytes::new))),
            _ => {
                std::thread::sleep(BLOCKED);
                Ok(Response::new(Body::empty()))
            }
        }
    })
}

/// A body that always has another frame, and never waits.
fn body(next: impl Fn() -> Bytes + Send + 'static) -> Body {
    let frames = stream::repeat_with(move || Ok::<_, BoxError>(Frame::data(next())));
    Body::new(StreamBody::new(frames))
}

/// A client asks a hundred times and gets a hundred good answers; some requests end in one of those ways, and none in
/// another that is not owed to the rush.
async fn leaves_clients_alone(path: &str, outcomes: &[&str]) -> Result<()> {
    let legacy = Origin::start().await?;
    let builder = Overgrow::builder().handler("failing", failing());
    let routes = shadowed("failing", "timeout = \"300ms\"");
    let sidecar = InProcess::start(builder, legacy.address(), &routes).await?;
    let mut client = Client::new(sidecar.to()?);
    let started = Instant::now();
    for _ in 0..100 {
        let answer = client.ask(&get(path)).await?;
        assert_eq!((answer.status(), answer.text().as_str()), (200, "0"));
    }
    let took = started.elapsed();
    ensure!(took < BLOCKED * 20, "{took:?}");
    assert_eq!(client.reopened(), 0);
    let scrape = until_ended(sidecar.admin()?, ROUTE, 100).await?;
    assert_eq!(ended_in_all(&scrape, ROUTE), 100);
    let count = |outcomes: &[&str]| -> u64 {
        let counts = outcomes
            .iter()
            .map(|outcome| ended(&scrape, ROUTE, outcome));
        counts.sum()
    };
    assert!(count(outcomes) > 0, "{} dropped", count(&["dropped"]));
    // Whoever waits too long behind the others is late, whatever it would have come to.
    let busy: Vec<_> = ["dropped", "timeout"]
        .into_iter()
        .filter(|outcome| !outcomes.contains(outcome))
        .collect();
    assert_eq!(count(outcomes) + count(&busy), 100);
    Ok(())
}

#[tokio::test]
async fn one_that_panics() -> Result<()> {
    leaves_clients_alone("/panic", &["compared", "failed"]).await
}

#[tokio::test]
async fn one_that_fails() -> Result<()> {
    leaves_clients_alone("/error", &["compared", "failed"]).await
}

#[tokio::test]
async fn one_that_hangs() -> Result<()> {
    leaves_clients_alone("/hang", &["timeout"]).await
}

#[tokio::test]
async fn one_whose_body_panics() -> Result<()> {
    leaves_clients_alone("/panic-in-body", &["compared", "failed"]).await
}

#[tokio::test]
async fn one_whose_body_never_ends() -> Result<()> {
    leaves_clients_alone("/endless", &["oversize"]).await
}

#[tokio::test]
async fn one_whose_body_is_always_ready_and_never_there() -> Result<()> {
    leaves_clients_alone("/spin", &["timeout"]).await
}

#[tokio::test]
async fn one_that_blocks_its_thread() -> Result<()> {
    leaves_clients_alone("/block", &["timeout", "compared"]).await
}
