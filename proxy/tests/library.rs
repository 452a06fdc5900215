//! The library example answers as its pages promise, over real sockets.

#[expect(dead_code, reason = "its main is for `cargo run --example library`")]
#[path = "../examples/library.rs"]
mod library;

use std::net::SocketAddr;

use anyhow::{Context, Result};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use overgrow::Running;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

/// The example's own file on free ports; the legacy is nowhere.
fn start() -> Result<(Running, tempfile::TempDir)> {
    let folder = tempfile::tempdir()?;
    let data = format!("127.0.0.1:0\"\ndata = {:?}", folder.path());
    let routes = include_str!("../examples/library.toml")
        .replace("127.0.0.1:8080", "127.0.0.1:0")
        .replace("127.0.0.1:9901\"", &data);
    let file = folder.path().join("routes.toml");
    std::fs::write(&file, routes)?;
    Ok((library::builder().config_file(file).start()?, folder))
}

/// The sidecar brings its runtimes along, so a test may have one only around its client.
fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build()?.block_on(future)
}

async fn get(address: SocketAddr, path: &str) -> Result<(StatusCode, String)> {
    let stream = TokioIo::new(TcpStream::connect(address).await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
    tokio::spawn(connection);
    let request = Request::get(path).header("host", "example.org");
    let response = sender.send_request(request.body(Empty::<Bytes>::new())?);
    let (head, body) = response.await?.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok((head.status, String::from_utf8(body.to_vec())?))
}

#[test]
fn an_axum_router_answers_its_route() -> Result<()> {
    let (running, _folder) = start()?;
    let (status, body) = block_on(get(running.listen()[0], "/orders/7"))?;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body, r#"{"id":7,"state":"shipped"}"#);
    Ok(())
}

#[test]
fn a_tower_service_knows_its_call() -> Result<()> {
    let (running, _folder) = start()?;
    let (_, body) = block_on(get(running.listen()[0], "/whoami"))?;
    assert_eq!(body, "127.0.0.1 on route whoami\n");
    Ok(())
}

#[test]
fn a_websocket_handler_says_everything_back() -> Result<()> {
    let (running, _folder) = start()?;
    let url = format!("ws://{}/echo", running.listen()[0]);
    block_on(async {
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await?;
        for message in [Message::text("hello"), Message::binary(vec![0; 70_000])] {
            socket.send(message.clone()).await?;
            assert_eq!(socket.next().await.context("no echo")??, message);
        }
        socket.close(None).await?;
        let closed = socket.next().await.context("no close frame")??;
        assert!(closed.is_close(), "{closed:?}");
        Ok(())
    })
}
