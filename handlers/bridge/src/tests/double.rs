//! A gateway that does what a test tells it: WebSocket and hooks on one port, every request noted, every answer scripted.
//!
//! It must not know what the bridge does with its answers. The surprise: what it was asked is a channel to await, so
//! that no test has to sleep.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use overgrow_settings::Secret;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

use crate::Target;

/// What the gateway was asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Asked {
    /// `connect`, with its parameters.
    Connect(Value),
    /// `channels.status`.
    Channels,
    /// `wake` over the WebSocket.
    Wake { id: String, text: String },
    /// A request to the hooks.
    Post {
        path: String,
        token: String,
        key: String,
        body: Value,
    },
    /// Any other method over the WebSocket.
    Call { method: String, params: Value },
    /// Nothing: a WebSocket was closed.
    Closed,
}

/// What it answers.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// As the gateway does when all is well.
    Well,
    /// A refusal over the WebSocket: code and message.
    Refuse(&'static str, &'static str),
    /// These payloads over the WebSocket, one answer each, to the same request.
    Say(Vec<Value>),
    /// Nothing at all over the WebSocket.
    Silence,
    /// A status of the hooks.
    Status(u16),
    /// Garbage over the WebSocket, then as if all were well.
    Garbage,
    /// The connection is cut without an answer.
    Cut,
}

type Script = Arc<dyn Fn(&Asked) -> Reply + Send + Sync>;

#[derive(Clone)]
struct Play {
    script: Arc<Mutex<Script>>,
    asked: mpsc::UnboundedSender<Asked>,
}

impl Play {
    fn ask(&self, asked: Asked) -> Reply {
        let reply = self.script.lock().unwrap()(&asked);
        drop(self.asked.send(asked));
        reply
    }
}

/// A running double; gone on drop, with all its connections.
pub(crate) struct Double {
    pub(crate) address: SocketAddr,
    play: Play,
    asked: mpsc::UnboundedReceiver<Asked>,
    tasks: JoinSet<()>,
}

impl Double {
    /// Starts one at which all is well.
    pub(crate) async fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap()).await
    }

    /// Starts one where another was.
    pub(crate) async fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let (sender, asked) = mpsc::unbounded_channel();
        let script: Script = Arc::new(|_| Reply::Well);
        let play = Play {
            script: Arc::new(Mutex::new(script)),
            asked: sender,
        };
        let mut tasks = JoinSet::new();
        let address = listener.local_addr().unwrap();
        tasks.spawn(listen(listener, play.clone()));
        Self {
            address,
            play,
            asked,
            tasks,
        }
    }

    /// Changes what it answers from now on.
    pub(crate) fn answer(&self, script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) {
        *self.play.script.lock().unwrap() = Arc::new(script);
    }

    /// The next thing it was asked.
    pub(crate) async fn next(&mut self) -> Asked {
        let next = timeout(Duration::from_secs(20), self.asked.recv()).await;
        next.expect("asked within 20 s").expect("running")
    }

    /// The next wake or post, whatever comes before it.
    pub(crate) async fn delivery(&mut self) -> Asked {
        loop {
            let next = self.next().await;
            if matches!(next, Asked::Wake { .. } | Asked::Post { .. }) {
                return next;
            }
        }
    }

    /// The texts of the next wakes and messages of the next posts.
    pub(crate) async fn texts(&mut self, count: usize) -> Vec<String> {
        let mut texts = Vec::new();
        for _ in 0..count {
            texts.push(text(self.delivery().await));
        }
        texts
    }

    /// Where it is, with both tokens.
    pub(crate) fn target(&self) -> Target {
        Target {
            url: format!("http://{}", self.address),
            base: "/hooks".to_owned(),
            hooks_token: Secret::new("hooks-token"),
            gateway_token: Some(Secret::new("gateway-token")),
            password: None,
            max_body: Target::MAX_BODY,
        }
    }

    /// Ends it and waits until its port is free.
    pub(crate) async fn stop(mut self) -> SocketAddr {
        self.tasks.shutdown().await;
        self.address
    }
}

/// What a delivery says.
pub(crate) fn text(asked: Asked) -> String {
    match asked {
        Asked::Wake { text, .. } => text,
        Asked::Post { body, .. } => {
            let said = body.get("message").or(body.get("text"));
            said.and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        other => panic!("no delivery: {other:?}"),
    }
}

async fn listen(listener: TcpListener, play: Play) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(connection(stream, play.clone()));
    }
}

async fn connection(stream: TcpStream, play: Play) {
    let mut head = [0; 4096];
    let Ok(length) = stream.peek(&mut head).await else {
        return;
    };
    let head = String::from_utf8_lossy(&head[..length]).to_lowercase();
    if head.contains("upgrade: websocket") {
        websocket(stream, &play).await;
        play.ask(Asked::Closed);
    } else {
        let service = service_fn(|request| hook(request, play.clone()));
        let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        drop(served.await);
    }
}

async fn websocket(stream: TcpStream, play: &Play) {
    let Ok(mut socket) = accept_async(stream).await else {
        return;
    };
    let challenge = json!({"type": "event", "event": "connect.challenge",
        "payload": {"nonce": "n", "ts": 1}});
    if socket
        .send(Message::text(challenge.to_string()))
        .await
        .is_err()
    {
        return;
    }
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { return };
        let frame: Value = serde_json::from_str(&text).unwrap();
        for answer in answers(&frame, play) {
            let Some(answer) = answer else { return };
            if socket.send(Message::text(answer)).await.is_err() {
                return;
            }
        }
    }
}

/// The answers to a frame; `None` is the end of the connection.
fn answers(frame: &Value, play: &Play) -> Vec<Option<String>> {
    let id = frame["id"].as_str().unwrap().to_owned();
    let (asked, payload) = match frame["method"].as_str().unwrap() {
        "connect" => (
            Asked::Connect(frame["params"].clone()),
            json!({"type": "hello-ok", "policy": {"maxPayload": 512 * 1024}}),
        ),
        "channels.status" => (
            Asked::Channels,
            json!({"channelOrder": ["telegram", "line"]}),
        ),
        "wake" => (
            Asked::Wake {
                id: id.clone(),
                text: frame["params"]["text"].as_str().unwrap().to_owned(),
            },
            json!({"ok": true}),
        ),
        other => (
            Asked::Call {
                method: other.to_owned(),
                params: frame["params"].clone(),
            },
            frame["params"].clone(),
        ),
    };
    let well = json!({"type": "res", "id": id, "ok": true, "payload": payload}).to_string();
    match play.ask(asked) {
        Reply::Well => vec![Some(well)],
        Reply::Garbage => vec![
            Some("garbage".to_owned()),
            Some("{}".to_owned()),
            Some(json!({"type": "res", "id": "unknown", "ok": true}).to_string()),
            Some(well),
        ],
        Reply::Refuse(code, message) => {
            let error = json!({"code": code, "message": message});
            let refused = json!({"type": "res", "id": id, "ok": false, "error": error});
            vec![Some(refused.to_string())]
        }
        Reply::Say(payloads) => payloads
            .into_iter()
            .map(|payload| json!({"type": "res", "id": id, "ok": true, "payload": payload}))
            .map(|answer| Some(answer.to_string()))
            .collect(),
        Reply::Silence => vec![],
        Reply::Cut => vec![None],
        Reply::Status(_) => panic!("a WebSocket has no status"),
    }
}

async fn hook(
    request: Request<Incoming>,
    play: Play,
) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let header = |name: &str| {
        let value = request.headers().get(name);
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    let (path, token) = (request.uri().path().to_owned(), header("authorization"));
    let key = header("idempotency-key").unwrap_or_default();
    let body = request.into_body().collect().await?.to_bytes();
    let Some(token) = token else {
        return Ok(status(401));
    };
    let body = serde_json::from_slice(&body)?;
    match play.ask(Asked::Post {
        path,
        token,
        key,
        body,
    }) {
        Reply::Well => Ok(status(202)),
        Reply::Status(code) => Ok(status(code)),
        Reply::Cut => Err("cut".into()),
        other => panic!("hooks do not answer {other:?}"),
    }
}

fn status(code: u16) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::from(format!(r#"{{"status":{code}}}"#)));
    *answer.status_mut() = code.try_into().unwrap();
    answer
}
