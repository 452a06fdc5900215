//! The library example answers as its pages promise, over real sockets.

#[expect(dead_code, reason = "its main is for `cargo run --example library`")]
#[path = "../examples/library.rs"]
mod library;

use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use overgrow::Running;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

/// The example's own file on free ports; the legacy is nowhere.
fn start() -> (Running, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let data = format!("127.0.0.1:0\"\ndata = {:?}", folder.path());
    let routes = include_str!("../examples/library.toml")
        .replace("127.0.0.1:8080", "127.0.0.1:0")
        .replace("127.0.0.1:9901\"", &data);
    let file = folder.path().join("routes.toml");
    std::fs::write(&file, routes).unwrap();
    let running = library::builder().config_file(file).start().unwrap();
    (running, folder)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(future)
}

async fn get(address: SocketAddr, path: &str) -> (StatusCode, String) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let request = Request::get(path).header("host", "example.org");
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[test]
fn an_axum_router_answers_its_route() {
    let (running, _folder) = start();
    let (status, body) = block_on(get(running.listen()[0], "/orders/7"));
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body, r#"{"id":7,"state":"shipped"}"#);
}

#[test]
fn a_tower_service_knows_its_call() {
    let (running, _folder) = start();
    let (_, body) = block_on(get(running.listen()[0], "/whoami"));
    assert_eq!(body, "127.0.0.1 on route whoami\n");
}

#[test]
fn a_websocket_handler_says_everything_back() {
    let (running, _folder) = start();
    let url = format!("ws://{}/echo", running.listen()[0]);
    block_on(async {
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        for message in [Message::text("hello"), Message::binary(vec![0; 70_000])] {
            socket.send(message.clone()).await.unwrap();
            assert_eq!(socket.next().await.unwrap().unwrap(), message);
        }
        socket.close(None).await.unwrap();
        let closed = socket.next().await.unwrap().unwrap();
        assert!(closed.is_close(), "{closed:?}");
    });
}
