//! Plays the client's part of a recorded conversation.
//!
//! A message is sent once as many have come as had come before it in the recording. That the service has nothing more to
//! say is learned by a ping, which is answered in order, not by waiting. The surprise: messages are read while others
//! are sent, since a service may close in the middle of a large one.

use futures_util::stream::SplitStream;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use overgrow_parity::trace::{Close, Conversation, Payload, Way};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::tungstenite::{Bytes as WsBytes, Error, Message};

use super::Chatter;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Far more than comes at once; a full queue only slows the service down.
const QUEUE: usize = 256;

/// What an empty close frame means.
const NO_CODE: u16 = 1005;

/// What was received.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// In order.
    pub(super) messages: Vec<Payload>,
    /// How it ended.
    pub(super) end: End,
}

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum End {
    /// The service had nothing more to say.
    #[default]
    Open,
    /// The service closed.
    Closed(Close),
    /// The connection broke off.
    Lost(String),
    /// What was recorded did not come in time.
    Late,
}

enum Event {
    Message(Payload),
    Pong,
    End(End),
}

/// Plays the recorded client until the recording ends, the service does, or the time is over.
pub(super) async fn play(
    upgraded: Upgraded,
    recorded: &Conversation,
    chatter: &Chatter,
    deadline: Instant,
) -> Heard {
    let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, None).await;
    let (mut sink, stream) = socket.split();
    let (sender, events) = mpsc::channel(QUEUE);
    // It ends with the connection, or with the receiver below.
    tokio::spawn(hear(stream, sender));
    let mut listener = Listener {
        heard: Heard::default(),
        events,
        chatter,
        deadline,
        ended: false,
    };
    let mut wanted = 0;
    for message in &recorded.messages {
        match message.way {
            Way::Receive => wanted += 1,
            Way::Send => {
                listener.until_messages(wanted).await;
                listener.send(&mut sink, said(&message.payload)).await;
            }
        }
    }
    listener.until_messages(wanted).await;
    if recorded.close.is_none() {
        listener
            .send(&mut sink, Message::Ping(WsBytes::from_static(b"over")))
            .await;
    }
    listener.until_end().await;
    listener.heard
}

struct Listener<'a> {
    heard: Heard,
    events: mpsc::Receiver<Event>,
    chatter: &'a Chatter,
    deadline: Instant,
    ended: bool,
}

impl Listener<'_> {
    /// A failed send shows in what comes back: the close that explains it, or the end of the connection.
    async fn send<S>(&mut self, sink: &mut S, message: Message)
    where
        S: futures_util::Sink<Message, Error = Error> + Unpin,
    {
        if !self.ended {
            let _ = timeout_at(self.deadline, sink.send(message)).await;
        }
    }

    async fn until_messages(&mut self, wanted: usize) {
        while !self.ended && self.heard.messages.len() < wanted {
            self.next().await;
        }
    }

    async fn until_end(&mut self) {
        while !self.ended {
            self.next().await;
        }
    }

    async fn next(&mut self) {
        match timeout_at(self.deadline, self.events.recv()).await {
            Err(_) => self.end(End::Late),
            Ok(None) => self.end(End::Lost("the connection ended".to_owned())),
            Ok(Some(Event::Pong)) => self.end(End::Open),
            Ok(Some(Event::End(end))) => self.end(end),
            Ok(Some(Event::Message(payload))) if self.chatter.covers(&payload) => {}
            Ok(Some(Event::Message(payload))) => self.heard.messages.push(payload),
        }
    }

    fn end(&mut self, end: End) {
        self.heard.end = end;
        self.ended = true;
    }
}

async fn hear(mut stream: SplitStream<Socket>, events: mpsc::Sender<Event>) {
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

fn event(received: Result<Message, Error>) -> Option<Event> {
    match received {
        Ok(Message::Text(text)) => Some(Event::Message(Payload::Text(text.as_str().to_owned()))),
        Ok(Message::Binary(bytes)) => Some(Event::Message(Payload::Binary(bytes))),
        Ok(Message::Pong(_)) => Some(Event::Pong),
        Ok(Message::Close(frame)) => Some(Event::End(End::Closed(closed(frame)))),
        Ok(Message::Ping(_) | Message::Frame(_)) => None,
        Err(error) => Some(Event::End(End::Lost(error.to_string()))),
    }
}

fn closed(frame: Option<CloseFrame>) -> Close {
    frame.map_or_else(
        || Close {
            code: NO_CODE,
            reason: String::new(),
        },
        |frame| Close {
            code: frame.code.into(),
            reason: frame.reason.to_string(),
        },
    )
}

/// A compressed message cannot be said again without its extension; its bytes go out as they are.
fn said(payload: &Payload) -> Message {
    match payload {
        Payload::Text(text) => Message::text(text.as_str()),
        Payload::Binary(bytes) | Payload::Compressed(bytes) => Message::Binary(bytes.clone()),
    }
}
