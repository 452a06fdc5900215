//! Plays the client's part of a recorded WebSocket conversation.
//!
//! It must not judge what it receives. It sends only after everything that had been received by then in the recording has come,
//! and learns that a gateway has nothing more to say by a ping, which is answered in order, not by waiting.
//! The surprise: frames are read while others are sent, since the gateway may close in the middle of a large one.

use super::device::{Device, Nonces};
use crate::golden::{Close, Conversation, End, Step, Transcript};
use anyhow::{Context, Result};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Message, error::Error as WsError};

/// How long the next frame may take; the gateway answers in milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// The address that the recorded client asked for.
const RECORDED: &str = "ws://127.0.0.1:18789";

/// Plays `transcript` against the gateway at `at` and returns what was received.
pub async fn conversation(
    at: SocketAddr,
    transcript: &Transcript,
    device: &Device,
) -> Result<Conversation> {
    let mut client = Client::connect(at, transcript).await?;
    let mut awaited = HashMap::new();
    let mut end = Awaited::Pong;
    for timed in &transcript.steps {
        match &timed.step {
            Step::Received { recv } => expect(&mut awaited, recv),
            Step::Sent { send } => {
                client.receive(&awaited).await;
                client
                    .send(message(send, device, client.nonces(transcript))?)
                    .await;
            }
            Step::Closed { .. } => end = Awaited::Close,
            Step::Note { .. } => {}
        }
    }
    client.receive(&awaited).await;
    Ok(client.finish(end).await)
}

enum Awaited {
    Pong,
    Close,
}

enum Event {
    Frame(Value),
    Pong,
    End(End),
}

struct Client {
    sink: SplitSink<WebSocketStream<TcpStream>, Message>,
    events: mpsc::Receiver<Event>,
    frames: Vec<Value>,
    end: Option<End>,
}

impl Client {
    async fn connect(at: SocketAddr, transcript: &Transcript) -> Result<Self> {
        let mut request = format!("{RECORDED}{}", transcript.path).into_client_request()?;
        for (name, value) in &transcript.headers {
            request
                .headers_mut()
                .insert(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
        }
        let stream = TcpStream::connect(at).await?;
        let (socket, _) = tokio_tungstenite::client_async(request, stream)
            .await
            .context("upgrade")?;
        let (sink, stream) = socket.split();
        // Far more than a conversation has; a full queue only slows the gateway down.
        let (sender, events) = mpsc::channel(256);
        tokio::spawn(forward(stream, sender));
        Ok(Self {
            sink,
            events,
            frames: Vec::new(),
            end: None,
        })
    }

    fn nonces<'a>(&'a self, transcript: &'a Transcript) -> Nonces<'a> {
        let received = self
            .frames
            .first()
            .and_then(|frame| frame["payload"]["nonce"].as_str());
        Nonces {
            recorded: transcript.nonce().unwrap_or_default(),
            received: received.unwrap_or_default(),
        }
    }

    /// A failed send shows in what comes back: the close that explains it, or the end of the connection.
    async fn send(&mut self, message: Message) {
        let _ = self.sink.send(message).await;
    }

    async fn receive(&mut self, awaited: &HashMap<String, usize>) {
        while self.end.is_none() && !self.has(awaited) {
            self.next(&format!("{awaited:?}")).await;
        }
    }

    fn has(&self, awaited: &HashMap<String, usize>) -> bool {
        let count = |wanted: &String| {
            self.frames
                .iter()
                .filter(|frame| identity(frame) == *wanted)
                .count()
        };
        awaited
            .iter()
            .all(|(wanted, times)| count(wanted) >= *times)
    }

    /// Takes the next event in; returns whether it was a pong.
    async fn next(&mut self, waiting_for: &str) -> bool {
        match tokio::time::timeout(PATIENCE, self.events.recv()).await {
            Ok(Some(Event::Frame(frame))) => self.frames.push(frame),
            Ok(Some(Event::Pong)) => return true,
            Ok(Some(Event::End(end))) => self.end = Some(end),
            Ok(None) => self.end = Some(End::Lost("connection ended".to_owned())),
            Err(_) => self.end = Some(End::Lost(format!("silent, waiting for {waiting_for}"))),
        }
        false
    }

    async fn finish(mut self, awaited: Awaited) -> Conversation {
        if let Awaited::Pong = awaited {
            self.send(Message::Ping("over".into())).await;
        }
        while self.end.is_none() {
            if self.next("the end").await {
                self.end = Some(End::Open);
            }
        }
        Conversation {
            frames: self.frames,
            end: self.end.unwrap_or(End::Open),
        }
    }
}

async fn forward(mut stream: SplitStream<WebSocketStream<TcpStream>>, events: mpsc::Sender<Event>) {
    while let Some(received) = stream.next().await {
        let Some(event) = event(received) else {
            continue;
        };
        let last = matches!(event, Event::End(_));
        if events.send(event).await.is_err() || last {
            return;
        }
    }
}

fn event(received: Result<Message, WsError>) -> Option<Event> {
    match received {
        Ok(Message::Text(text)) => Some(Event::Frame(
            serde_json::from_str(&text).unwrap_or_else(|_| text.as_str().into()),
        )),
        Ok(Message::Pong(_)) => Some(Event::Pong),
        Ok(Message::Close(frame)) => Some(Event::End(closed(
            frame.map(|f| (f.code.into(), f.reason.to_string())),
        ))),
        Ok(_) => None,
        Err(error) => Some(Event::End(End::Lost(error.to_string()))),
    }
}

fn closed(frame: Option<(u16, String)>) -> End {
    // 1005 is what an empty close frame means.
    let (code, reason) = frame.unwrap_or((1005, String::new()));
    End::Closed(Close { code, reason })
}

fn message(recorded: &Value, device: &Device, nonces: Nonces<'_>) -> Result<Message> {
    if let Some(text) = recorded.as_str() {
        return Ok(Message::text(text));
    }
    if let Some(size) = recorded["size"].as_u64() {
        return Ok(Message::text("x".repeat(size.try_into()?)));
    }
    let mut frame = recorded.clone();
    device.introduce(&mut frame, nonces)?;
    Ok(Message::text(frame.to_string()))
}

/// Answers are told apart by their id and counted; of an event one is enough, since how many there are depends on other clients.
fn expect(awaited: &mut HashMap<String, usize>, frame: &Value) {
    let times = awaited.entry(identity(frame)).or_default();
    *times = if frame["type"] == "event" {
        1
    } else {
        *times + 1
    };
}

fn identity(frame: &Value) -> String {
    match frame["type"].as_str() {
        Some("event") => format!("event {}", frame["event"]),
        _ => format!("answer {}", frame["id"]),
    }
}
