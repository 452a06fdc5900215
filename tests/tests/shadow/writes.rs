//! Writes: skipped, sent once, or planned, and never done twice by accident.

use crate::front::{Pair, ROUTE, shadowed, shadows};
use crate::in_process::InProcess;
use anyhow::Result;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use overgrow::Overgrow;
use overgrow_handler::{Body, BoxError, Call, Effect, Handler, Role};
use overgrow_tests::admin::json;
use overgrow_tests::ask::{Ask, Client};
use overgrow_tests::legacy::{Asked, Volatile};
use overgrow_tests::shadow::{ended, report, until_ended, until_outcome};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];

/// Twenty writes, each with a body of its own; gives the bodies.
async fn write(to: std::net::SocketAddr) -> Result<Vec<String>> {
    let mut client = Client::new(to);
    let mut bodies = Vec::new();
    for number in 0..20 {
        let body = format!("{{\"write\": {number}}}");
        let ask = Ask::new(METHODS[number % METHODS.len()], "/writes").body(body.clone());
        let answer = client.ask(&ask).await?;
        assert_eq!(answer.status(), 201, "{}", answer.text());
        assert_eq!(answer.header("x-overgrow-shadow"), None);
        bodies.push(body);
    }
    assert_eq!(client.reopened(), 0);
    Ok(bodies)
}

fn bodies(asked: &[&Asked]) -> Vec<String> {
    let mut bodies: Vec<_> = asked.iter().map(|asked| asked.body.clone()).collect();
    bodies.sort();
    bodies
}

fn sorted(mut bodies: Vec<String>) -> Vec<String> {
    bodies.sort();
    bodies
}

#[tokio::test]
async fn by_default_no_write_is_shadowed() -> Result<()> {
    let pair = Pair::start("false", "", &[]).await?;
    let written = write(pair.sidecar.addr()).await?;
    let scrape = until_ended(pair.sidecar.admin(), ROUTE, 20).await?;
    assert_eq!(ended(&scrape, ROUTE, "write_skipped"), 20);
    assert_eq!(pair.rust.asked().await?, []);
    let legacy = pair.legacy.asked().await?;
    let legacy: Vec<_> = legacy.iter().collect();
    assert_eq!(bodies(&legacy), sorted(written));
    Ok(())
}

#[tokio::test]
async fn a_sent_write_reaches_each_side_once() -> Result<()> {
    let pair = Pair::start("false", "writes = \"send\"", &[]).await?;
    let written = sorted(write(pair.sidecar.addr()).await?);
    let scrape = until_ended(pair.sidecar.admin(), ROUTE, 20).await?;
    assert_eq!(ended(&scrape, ROUTE, "compared"), 20);
    let (legacy, rust) = (pair.legacy.asked().await?, pair.rust.asked().await?);
    assert!(shadows(&legacy).is_empty());
    assert_eq!(bodies(&legacy.iter().collect::<Vec<_>>()), written);
    assert_eq!(bodies(&shadows(&rust)), written);
    assert_eq!(rust.len(), 20);
    Ok(())
}

#[tokio::test]
async fn the_legacy_is_never_sent_a_write_that_the_service_answers() -> Result<()> {
    let pair = Pair::start("true", "writes = \"send\"", &[]).await?;
    write(pair.sidecar.addr()).await?;
    let scrape = until_ended(pair.sidecar.admin(), ROUTE, 20).await?;
    assert_eq!(ended(&scrape, ROUTE, "write_skipped"), 20);
    assert_eq!(pair.legacy.asked().await?, []);
    Ok(())
}

#[tokio::test]
async fn a_service_that_does_not_know_plans_gets_no_write() -> Result<()> {
    let pair = Pair::start("false", "writes = \"plan\"", &[]).await?;
    write(pair.sidecar.addr()).await?;
    let scrape = until_ended(pair.sidecar.admin(), ROUTE, 20).await?;
    assert_eq!(ended(&scrape, ROUTE, "write_skipped"), 20);
    let asked = pair.rust.asked().await?;
    let writes: Vec<_> = asked
        .iter()
        .filter(|asked| METHODS.contains(&asked.method.as_str()))
        .collect();
    assert!(writes.is_empty(), "{writes:?}");
    let told = |line: &str| line.contains("x-overgrow-shadow: plan").then_some(());
    let process = pair.sidecar.process();
    process.line(Duration::from_secs(5), told).await?;
    let said = report(pair.sidecar.admin(), ROUTE).await?;
    assert!(said.why.contains("writes are skipped"), "{}", said.why);
    Ok(())
}

#[tokio::test]
async fn a_service_that_knows_plans_is_asked_for_one() -> Result<()> {
    let pair = Pair::start("false", "writes = \"plan\"", &["--echo-plan"]).await?;
    // Until its consent is there, writes are skipped; the first one asks for it.
    let first = Ask::new("POST", "/writes").body("first");
    first.send(pair.sidecar.addr()).await?;
    until_outcome(pair.sidecar.admin(), ROUTE, "compared", 1).await?;
    write(pair.sidecar.addr()).await?;
    let scrape = until_ended(pair.sidecar.admin(), ROUTE, 21).await?;
    assert_eq!(ended(&scrape, ROUTE, "compared"), 21);
    for asked in pair.rust.asked().await? {
        assert_eq!(asked.header("x-overgrow-shadow"), Some("plan"), "{asked:?}");
    }
    Ok(())
}

/// Answers as the volatile gateway does, and counts what it really does to the world.
fn planner(done: &Arc<AtomicUsize>, wrong_calls: &Arc<AtomicUsize>) -> Handler {
    let (done, wrong_calls) = (Arc::clone(done), Arc::clone(wrong_calls));
    let handle = move |request: Request<Body>| {
        let (done, wrong_calls) = (Arc::clone(&done), Arc::clone(&wrong_calls));
        async move { plan(request, &done, &wrong_calls).await }
    };
    Handler::from_fn(handle).through_effects()
}

async fn plan(
    request: Request<Body>,
    done: &AtomicUsize,
    wrong_calls: &AtomicUsize,
) -> Result<Response<Body>, BoxError> {
    let call = request.extensions().get::<Call>().cloned();
    let call = call.ok_or("called from outside")?;
    if call.role != Role::Shadow {
        wrong_calls.fetch_add(1, Ordering::SeqCst);
    }
    let body = request.into_body().collect().await?.to_bytes();
    let mail = Effect::new("queue", "mails").payload(&body);
    let perform = async || {
        done.fetch_add(1, Ordering::SeqCst);
        Ok::<_, BoxError>(())
    };
    call.effects.run(mail, (), perform).await?;
    let answer = r#"{"written":"/writes","id":"0b2cf8c5-43d4-4bd4-a9bb-a3ee0d0d1f2e"}"#;
    let mut response = Response::new(Body::from(answer));
    *response.status_mut() = StatusCode::CREATED;
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert("content-type", json);
    Ok(response)
}

#[tokio::test]
async fn a_planned_write_of_a_handler_does_nothing_and_shows_what_it_would_do() -> Result<()> {
    let legacy = Volatile::start(&[]).await?;
    let (done, wrong_calls) = (Arc::default(), Arc::default());
    let builder = Overgrow::builder().handler("planner", planner(&done, &wrong_calls));
    let routes = shadowed("planner", "writes = \"plan\"");
    let sidecar = InProcess::start(builder, legacy.address(), &routes).await?;
    write(sidecar.to()?).await?;
    let scrape = until_ended(sidecar.admin()?, ROUTE, 20).await?;
    assert_eq!(ended(&scrape, ROUTE, "compared"), 20);
    assert_eq!(done.load(Ordering::SeqCst), 0, "a plan was carried out");
    assert_eq!(wrong_calls.load(Ordering::SeqCst), 0);
    assert_eq!(legacy.asked().await?.len(), 20);
    let samples = overgrow_tests::admin::until("a sample with effects", async || {
        let samples = json(sidecar.admin()?, &format!("/api/parity/{ROUTE}/samples")).await?;
        Ok(samples.to_string().contains("mails").then_some(samples))
    })
    .await?;
    assert!(samples.to_string().contains("queue"), "{samples}");
    Ok(())
}
