//! The gateway's WebSocket: the greeting, then requests and their answers.
//!
//! It must not know what is asked. The surprise: a task of its own reads whether or not an answer is waited for,
//! because the gateway closes on whoever lets its events pile up; the task ends with the [`Socket`].

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::frames::{self, Incoming};
use super::trouble::Trouble;
use super::verdict::Refusal;
use crate::Target;

/// How long the gateway may take for its greeting, and for any answer. It itself waits as long for a greeting.
const PATIENCE: Duration = Duration::from_secs(10);

/// Requests that may wait for the task: more than one batch.
const REQUESTS: usize = 64;

/// What the gateway answered to a request.
pub(crate) type Answer = Result<Value, Refusal>;

/// An open and greeted WebSocket.
#[derive(Debug)]
pub(crate) struct Socket {
    requests: mpsc::Sender<Request>,
    task: AbortHandle,
    /// Bytes of the largest frame that the gateway takes.
    pub(crate) largest: usize,
}

/// How the gateway met us.
pub(crate) enum Greeting {
    /// It let us in.
    Welcome(Socket),
    /// It knows us not; asking again helps only when somebody changed something.
    Refused(Refusal),
}

/// Which answer to a request is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// The first.
    Answered,
    /// The one that ends it: an agent's turn is answered when it is accepted, and again when it is over.
    Done,
}

struct Request {
    id: String,
    frame: String,
    reply: Waiting,
}

/// Somebody who waits for an answer.
struct Waiting {
    until: Until,
    reply: oneshot::Sender<Answer>,
}

impl Socket {
    /// Connects, greets and asks for those scopes.
    ///
    /// # Errors
    /// When the gateway cannot be reached, makes no sense or takes longer than 10 s.
    pub(crate) async fn open(target: &Target, scopes: &[&str]) -> Result<Greeting, Trouble> {
        let greeted = timeout(PATIENCE, greet(target, scopes)).await;
        greeted.map_err(|_| Trouble::away("it did not greet within 10 s"))?
    }

    /// Sends a request; requests arrive in the order in which this was called. The answer is to be awaited with
    /// [`answer`].
    ///
    /// # Errors
    /// When the connection is gone.
    pub(crate) async fn send(
        &self,
        id: String,
        frame: String,
        until: Until,
    ) -> Result<oneshot::Receiver<Answer>, Trouble> {
        let (reply, answer) = oneshot::channel();
        let reply = Waiting { until, reply };
        let sent = self.requests.send(Request { id, frame, reply }).await;
        sent.map_err(|_| Trouble::away("its WebSocket was closed"))?;
        Ok(answer)
    }

    /// Returns when the connection is gone.
    pub(crate) async fn gone(&self) {
        self.requests.closed().await;
    }

    /// Ends the connection, whoever else holds on to it; who waits for an answer learns so.
    pub(crate) fn close(&self) {
        self.task.abort();
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Waits for an answer.
///
/// # Errors
/// When the connection is gone, or the answer takes longer than 10 s.
pub(crate) async fn answer(reply: oneshot::Receiver<Answer>) -> Result<Answer, Trouble> {
    match timeout(PATIENCE, reply).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) => Err(Trouble::away("its WebSocket was closed before the answer")),
        Err(_) => Err(Trouble::away("it did not answer within 10 s")),
    }
}

type Stream = WebSocketStream<TcpStream>;

async fn greet(target: &Target, scopes: &[&str]) -> Result<Greeting, Trouble> {
    let authority = target.authority().map_err(Trouble::Away)?;
    let connection = TcpStream::connect(&authority)
        .await
        .map_err(Trouble::away)?;
    connection.set_nodelay(true).map_err(Trouble::away)?;
    let (mut stream, _) = client_async(format!("ws://{authority}/"), connection)
        .await
        .map_err(Trouble::away)?;
    while next(&mut stream).await? != Incoming::Challenge {}
    let connect = frames::connect("connect", target, scopes);
    stream
        .send(Message::text(connect))
        .await
        .map_err(Trouble::away)?;
    loop {
        if let Incoming::Answer(_, answer) = next(&mut stream).await? {
            return Ok(match answer {
                Ok(hello) => Greeting::Welcome(start(stream, frames::largest(&hello))),
                Err(refusal) => Greeting::Refused(refusal),
            });
        }
    }
}

fn start(stream: Stream, largest: usize) -> Socket {
    let (requests, received) = mpsc::channel(REQUESTS);
    let task = tokio::spawn(pump(stream, received)).abort_handle();
    Socket {
        requests,
        task,
        largest,
    }
}

/// The task: writes requests, reads answers, ends with the connection. Whoever waits for an answer then learns so,
/// because the map is dropped.
async fn pump(mut stream: Stream, mut requests: mpsc::Receiver<Request>) {
    let mut waiting = HashMap::new();
    loop {
        tokio::select! {
            request = requests.recv() => {
                let Some(Request { id, frame, reply }) = request else { return };
                forget_the_gone(&mut waiting);
                waiting.insert(id, reply);
                if stream.send(Message::text(frame)).await.is_err() {
                    return;
                }
            }
            incoming = next(&mut stream) => {
                let Ok(incoming) = incoming else { return };
                hand_over(&mut waiting, incoming);
            }
        }
    }
}

/// How many may wait before it is looked who does not any more, because it took too long.
const MANY: usize = 1_024;

fn forget_the_gone(waiting: &mut HashMap<String, Waiting>) {
    if waiting.len() >= MANY {
        waiting.retain(|_, waiting| !waiting.reply.is_closed());
    }
}

fn hand_over(waiting: &mut HashMap<String, Waiting>, incoming: Incoming) {
    let Incoming::Answer(id, answer) = incoming else {
        return;
    };
    let is_for_later =
        |waiting: &Waiting| waiting.until == Until::Done && frames::is_begun(&answer);
    if waiting.get(&id).is_some_and(is_for_later) {
        return;
    }
    if let Some(waiting) = waiting.remove(&id) {
        // Nobody waits any more for what took too long.
        drop(waiting.reply.send(answer));
    }
}

/// The next frame that makes sense; what does not is no reason to leave, the gateway's events are its own.
async fn next(stream: &mut Stream) -> Result<Incoming, Trouble> {
    while let Some(message) = stream.next().await {
        match message.map_err(Trouble::away)? {
            Message::Text(text) => return Ok(frames::read(&text).unwrap_or(Incoming::Other)),
            Message::Close(frame) => return Err(closed(frame.map(|frame| frame.to_string()))),
            _ => {}
        }
    }
    Err(closed(None))
}

fn closed(why: Option<String>) -> Trouble {
    let why = why.unwrap_or_else(|| "without a word".to_owned());
    Trouble::Away(format!("it closed its WebSocket: {why}"))
}
