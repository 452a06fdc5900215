//! overgrow as a library: a program with handlers of its own, and the whole command line around them.
//!
//! ```text
//! cargo run --example library -- serve -c proxy/examples/library.toml
//! curl http://127.0.0.1:8080/orders/7
//! curl http://127.0.0.1:8080/whoami
//! ```

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::process::ExitCode;
use std::task::{Context, Poll};

use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};
use futures_util::{StreamExt, TryStreamExt};
use http::{Request, Response, StatusCode, header};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use overgrow::handler::{Body, BoxError, Call, Handler};
use overgrow::{Builder, Overgrow};
use serde_json::{Value, json};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tower::Service;

fn main() -> ExitCode {
    overgrow::command::main_with(builder())
}

/// The names are those that routes.toml uses.
pub(crate) fn builder() -> Builder {
    Overgrow::builder()
        .handler("orders", orders())
        .handler("whoami", WhoAmI)
        .handler("echo", Handler::from_fn(echo))
}

/// An axum router, mounted as it is: it sees the path that the client sent.
fn orders() -> Router {
    Router::new().route("/orders/{id}", get(order))
}

async fn order(Path(id): Path<u64>) -> Json<Value> {
    Json(json!({ "id": id, "state": "shipped" }))
}

/// A tower service written by hand, for whoever wants no framework.
#[derive(Debug, Clone)]
struct WhoAmI;

impl Service<Request<Body>> for WhoAmI {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let call = request.extensions().get::<Call>();
        let told = call.map(|call| format!("{} on route {}\n", call.client, call.route));
        ready(Ok(Response::new(Body::from(told.unwrap_or_default()))))
    }
}

/// A WebSocket that says everything back.
async fn echo(mut request: Request<Body>) -> Result<Response<Body>, BoxError> {
    let Some(key) = request.headers().get(header::SEC_WEBSOCKET_KEY) else {
        let refused = Response::builder().status(StatusCode::BAD_REQUEST);
        return Ok(refused.body("not a WebSocket handshake\n".into())?);
    };
    let accept = derive_accept_key(key.as_bytes());
    let upgrade = hyper::upgrade::on(&mut request);
    // The connection becomes a WebSocket only after the answer is sent, so the talk is a task of its own.
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            talk(upgraded).await;
        }
    });
    let response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response.body(Body::empty())?)
}

async fn talk(upgraded: Upgraded) {
    let stream = TokioIo::new(upgraded);
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    let (replies, messages) = socket.split();
    let said = messages.try_filter(|message| ready(message.is_text() || message.is_binary()));
    // An error is the client gone; there is nobody to tell.
    let _ = said.forward(replies).await;
}
