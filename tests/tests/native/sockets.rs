//! A native WebSocket through the same contract: `hyper::upgrade::on`, and tokio-tungstenite on what it gives.

use crate::in_process::{InProcess, native};
use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use http::{Request, Response, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use overgrow::Overgrow;
use overgrow_handler::{Body, BoxError, Handler};
use overgrow_tests::admin::{scrape, until_scrape};
use overgrow_tests::ask::get;
use std::net::SocketAddr;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::{WebSocketStream, connect_async};

const OPEN: [(&str, &str); 2] = [("route", "ws"), ("backend", "rust")];

fn echo() -> Handler {
    Handler::from_fn(|mut request: Request<Body>| async move {
        let Some(key) = request.headers().get("sec-websocket-key") else {
            return Ok(refusal());
        };
        let accept = derive_accept_key(key.as_bytes());
        tokio::spawn(give_back(hyper::upgrade::on(&mut request)));
        let response = Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header("sec-websocket-accept", accept);
        response.body(Body::empty()).map_err(BoxError::from)
    })
}

fn refusal() -> Response<Body> {
    let mut response = Response::new(Body::from("websockets only\n"));
    *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
    response
}

async fn give_back(upgrade: OnUpgrade) -> Result<()> {
    let stream = TokioIo::new(upgrade.await?);
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    while let Some(message) = socket.next().await.transpose()? {
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

async fn start() -> Result<InProcess> {
    let builder = Overgrow::builder().handler("ws", echo());
    InProcess::start(builder, &native("ws", "timeout = \"300ms\"")).await
}

async fn open_sockets(admin: SocketAddr, wanted: f64) -> Result<()> {
    until_scrape(admin, &format!("{wanted} open sockets"), |scrape| {
        scrape.sum("overgrow_websockets", &OPEN) == wanted
    })
    .await
    .map(drop)
}

#[tokio::test]
async fn a_native_websocket_echoes_and_is_counted_while_it_is_open() -> Result<()> {
    let sidecar = start().await?;
    let url = format!("ws://{}/ws", sidecar.to()?);
    let (mut one, _) = connect_async(&url).await?;
    let (mut two, _) = connect_async(&url).await?;
    open_sockets(sidecar.admin()?, 2.0).await?;
    let big = Message::binary(vec![7; 1 << 20]);
    for message in [Message::text("hello"), big, Message::text("")] {
        one.send(message.clone()).await?;
        let back = one.next().await.context("an echo")??;
        assert!(back == message, "another message came back");
    }
    one.close(None).await?;
    while one.next().await.transpose()?.is_some() {}
    open_sockets(sidecar.admin()?, 1.0).await?;
    two.send(Message::text("still there")).await?;
    assert_eq!(
        two.next().await.context("an echo")??,
        Message::text("still there")
    );
    // This one leaves without a close frame.
    drop(two);
    open_sockets(sidecar.admin()?, 0.0).await?;
    let scrape = scrape(sidecar.admin()?).await?;
    let switched = [("route", "ws"), ("backend", "rust"), ("status", "1xx")];
    assert_eq!(scrape.sum("overgrow_requests_total", &switched), 2.0);
    assert_eq!(sidecar.legacy.asked(), 0);
    Ok(())
}

#[tokio::test]
async fn a_refusal_to_switch_is_an_ordinary_answer() -> Result<()> {
    let sidecar = start().await?;
    let asked = get("/ws")
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .send(sidecar.to()?)
        .await?;
    assert_eq!(
        (asked.status(), asked.text().as_str()),
        (426, "websockets only\n")
    );
    assert_eq!(
        scrape(sidecar.admin()?)
            .await?
            .sum("overgrow_websockets", &OPEN),
        0.0
    );
    Ok(())
}
