//! Who is told: a webhook, with a token and again when it was not taken.

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::stage::{GATE, Stage, route};

/// How long a webhook may take on a machine that compiles.
const SOON: Duration = Duration::from_secs(15);

/// What a webhook brought: who it says it is, and its body.
type Heard = (Option<String>, Value);

async fn listener() -> Result<(SocketAddr, mpsc::Receiver<Heard>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (tell, heard) = mpsc::channel(16);
    let router = Router::new().route("/hook", post(hear)).with_state(tell);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((address, heard))
}

/// The first one is refused, and has to come again.
async fn hear(
    State(tell): State<mpsc::Sender<Heard>>,
    headers: HeaderMap,
    body: String,
) -> StatusCode {
    let token = headers.get(header::AUTHORIZATION);
    let token = token.and_then(|token| Some(token.to_str().ok()?.to_owned()));
    let is_first = tell.capacity() == tell.max_capacity();
    let heard = (token, serde_json::from_str(&body).unwrap_or_default());
    match tell.try_send(heard) {
        Ok(()) if is_first => StatusCode::SERVICE_UNAVAILABLE,
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::INSUFFICIENT_STORAGE,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_told_of_a_move_and_asked_again() -> Result<()> {
    let (address, mut heard) = listener().await?;
    let token = tempfile::NamedTempFile::new()?;
    std::fs::write(token.path(), "hunter2\n")?;
    let pilot = format!(
        "[pilot]\nwebhook = \"http://{address}/hook\"\nwebhook_token = {{ file = {:?} }}\n\n",
        token.path()
    );
    let lines = format!("rust = 0\nshadow = {{ sample = 100 }}\ngate = {GATE}");
    let stage = Stage::start(&format!("{pilot}{}", route(&lines))).await?;
    let _traffic = stage.traffic();
    let mut told = async || timeout(SOON, heard.recv()).await?.context("a webhook");
    let (first, second) = (told().await?, told().await?);
    assert_eq!(first, second, "it came again");
    let (token, body) = second;
    assert_eq!(token.as_deref(), Some("Bearer hunter2"));
    assert_eq!(body["route"], "prices");
    assert_eq!((&body["from"], &body["to"]), (&0.0.into(), &5.0.into()));
    assert_eq!(body["direction"], "promote");
    assert!(
        body["why"]
            .as_str()
            .is_some_and(|why| why.contains("bound")),
        "{body}"
    );
    Ok(())
}
