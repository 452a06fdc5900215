//! A double of a homeserver: enough of the client-server API to be a user's whole world, and a memory of what it was asked.
//!
//! It must not know who asks. The surprise: it is strict where real ones are, about tokens and transaction ids, so that a
//! message sent twice is one event only when it should be.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

/// Longest wait for something that is to happen: far more than it takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// The bot.
pub(crate) const BOT: &str = "@bot:home.example";
/// Its password.
pub(crate) const PASSWORD: &str = "correct horse";

/// A request as it came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    /// `PUT /_matrix/…`, decoded, without the query.
    pub(crate) line: String,
    pub(crate) query: String,
    pub(crate) token: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Bytes,
}

/// An event that was sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) room: String,
    pub(crate) kind: String,
    pub(crate) content: Value,
}

/// A running double; ended on drop.
pub(crate) struct Homeserver {
    address: SocketAddr,
    inner: Arc<Inner>,
    serving: JoinHandle<()>,
}

struct Inner {
    world: Mutex<World>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct World {
    seen: Vec<Seen>,
    tokens: HashSet<String>,
    logins: u32,
    /// Answers to `GET /sync` to come, and how many were given.
    news: VecDeque<Value>,
    batches: u32,
    rooms: HashMap<String, Vec<String>>,
    encrypted: HashSet<String>,
    aliases: HashMap<String, String>,
    files: HashMap<String, (String, Bytes)>,
    sent: Vec<Sent>,
    transactions: HashMap<(String, String), String>,
    script: HashMap<String, VecDeque<(u16, Value)>>,
}

impl Homeserver {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let inner = Arc::new(Inner {
            world: Mutex::default(),
            changed: watch::Sender::new(0),
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&inner));
        let serving = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self {
            address,
            inner,
            serving,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A token that is good from now on.
    pub(crate) fn admit(&self, token: &str) {
        self.inner.world().tokens.insert(token.to_owned());
    }

    /// All tokens are unknown from now on.
    pub(crate) fn log_out(&self) {
        self.inner.world().tokens.clear();
    }

    pub(crate) fn room(&self, id: &str, members: &[&str]) {
        let members = members.iter().map(|user| (*user).to_owned()).collect();
        self.inner.world().rooms.insert(id.to_owned(), members);
    }

    pub(crate) fn encrypt(&self, room: &str) {
        self.inner.world().encrypted.insert(room.to_owned());
    }

    pub(crate) fn alias(&self, alias: &str, room: &str) {
        self.inner
            .world()
            .aliases
            .insert(alias.to_owned(), room.to_owned());
    }

    /// A file under `mxc://home.example/<id>`.
    pub(crate) fn file(&self, id: &str, content_type: &str, bytes: &'static [u8]) {
        let file = (content_type.to_owned(), Bytes::from_static(bytes));
        self.inner.world().files.insert(id.to_owned(), file);
    }

    pub(crate) fn uploaded(&self, uri: &str) -> Option<(String, Bytes)> {
        let id = uri.rsplit('/').next().unwrap_or_default();
        self.inner.world().files.get(id).cloned()
    }

    /// The next answer to `GET /sync`, but for where it ends.
    pub(crate) fn news(&self, batch: Value) {
        self.inner.world().news.push_back(batch);
        self.inner.changed.send_modify(|count| *count += 1);
    }

    /// Events of a room, as news.
    pub(crate) fn events(&self, room: &str, events: Value) {
        self.news(
            json!({"rooms": {"join": {room: {"timeline": {"events": events, "limited": false}}}}}),
        );
    }

    /// The next answer to a request of this line.
    pub(crate) fn says(&self, line: &str, status: u16, body: Value) {
        self.inner
            .world()
            .script
            .entry(line.to_owned())
            .or_default()
            .push_back((status, body));
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.inner.world().seen.clone()
    }

    /// How often a line was asked for.
    pub(crate) fn count(&self, line: &str) -> usize {
        self.inner
            .world()
            .seen
            .iter()
            .filter(|seen| seen.line == line)
            .count()
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.inner.world().sent.clone()
    }

    /// Waits until something is so.
    pub(crate) async fn until(&self, so: impl Fn(&Self) -> bool) -> Result<()> {
        let mut changed = self.inner.changed.subscribe();
        let settled = async {
            while !so(self) {
                changed.changed().await?;
            }
            anyhow::Ok(())
        };
        timeout(PATIENCE, settled).await?
    }
}

impl Drop for Homeserver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Inner {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(
    State(inner): State<Arc<Inner>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let token = text(header::AUTHORIZATION)
        .and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
    let path = decoded(uri.path());
    let seen = Seen {
        line: format!("{method} {path}"),
        query: decoded(uri.query().unwrap_or_default()),
        token,
        content_type: text(header::CONTENT_TYPE),
        body,
    };
    inner.world().seen.push(seen.clone());
    inner.changed.send_modify(|count| *count += 1);
    let segments: Vec<String> = uri.path().split('/').skip(1).map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let reply = match (seen.line.as_str(), segments.as_slice()) {
        ("GET /_matrix/client/v3/sync", _)
            if inner.world().knows(&seen) && !inner.world().has_script(&seen) =>
        {
            sync(&inner, &seen).await
        }
        (_, segments) => inner.world().answer(&seen, segments),
    };
    inner.changed.send_modify(|count| *count += 1);
    reply
}

/// Waits for news as long as the client says.
async fn sync(inner: &Inner, seen: &Seen) -> Response {
    let wait = seen
        .query
        .split('&')
        .find_map(|pair| pair.strip_prefix("timeout=")?.parse().ok());
    let end = Instant::now() + Duration::from_millis(wait.unwrap_or(0));
    let mut changed = inner.changed.subscribe();
    loop {
        if let Some(batch) = inner.world().next_batch() {
            return reply(200, batch);
        }
        if timeout_at(end, changed.changed()).await.is_err() {
            let reached = inner.world().batches;
            return reply(200, json!({"next_batch": format!("s{reached}")}));
        }
    }
}

impl World {
    fn knows(&self, seen: &Seen) -> bool {
        seen.token
            .as_ref()
            .is_some_and(|token| self.tokens.contains(token))
    }

    fn has_script(&self, seen: &Seen) -> bool {
        self.script
            .get(&seen.line)
            .is_some_and(|answers| !answers.is_empty())
    }

    fn next_batch(&mut self) -> Option<Value> {
        let mut batch = self.news.pop_front()?;
        self.batches += 1;
        batch["next_batch"] = format!("s{}", self.batches).into();
        Some(batch)
    }

    fn answer(&mut self, seen: &Seen, segments: &[&str]) -> Response {
        if let Some((status, body)) = self
            .script
            .get_mut(&seen.line)
            .and_then(VecDeque::pop_front)
        {
            return reply(status, body);
        }
        if segments == ["_matrix", "client", "v3", "login"] {
            return self.log_in(seen);
        }
        if !self.knows(seen) {
            return error(401, "M_UNKNOWN_TOKEN", "Unrecognised access token");
        }
        match segments {
            ["_matrix", "client", "v3", rest @ ..] => self.client(seen, rest),
            ["_matrix", "client", "v1", "media", "download", _, id] => match self.files.get(*id) {
                Some((kind, bytes)) => {
                    ([(header::CONTENT_TYPE, kind.clone())], bytes.clone()).into_response()
                }
                None => error(404, "M_NOT_FOUND", "Not found"),
            },
            ["_matrix", "client", "v1", "rooms", _, "relations", ..] => {
                let reactions = self.sent.iter().filter(|sent| sent.kind == "m.reaction");
                let chunk: Vec<_> = reactions.map(|sent| json!({"event_id": sent.id, "sender": BOT, "type": sent.kind, "content": sent.content})).collect();
                reply(200, json!({"chunk": chunk}))
            }
            ["_matrix", "media", "v3", "upload"] => {
                let id = format!("upload{}", self.files.len());
                let kind = seen.content_type.clone().unwrap_or_default();
                self.files.insert(id.clone(), (kind, seen.body.clone()));
                reply(
                    200,
                    json!({"content_uri": format!("mxc://home.example/{id}")}),
                )
            }
            _ => error(404, "M_UNRECOGNIZED", "Unrecognized request"),
        }
    }

    fn client(&mut self, seen: &Seen, rest: &[&str]) -> Response {
        match rest {
            ["account", "whoami"] => reply(200, json!({"user_id": BOT, "device_id": "DEVICE"})),
            ["joined_rooms"] => reply(
                200,
                json!({"joined_rooms": self.rooms.keys().collect::<Vec<_>>()}),
            ),
            ["join", room] => reply(200, json!({"room_id": room})),
            ["directory", "room", alias] => match self.aliases.get(*alias) {
                Some(room) => reply(200, json!({"room_id": room, "servers": ["home.example"]})),
                None => error(404, "M_NOT_FOUND", "Room alias not found."),
            },
            ["rooms", room, rest @ ..] => self.room(seen, room, rest),
            ["user_directory", "search"] => reply(
                200,
                json!({"limited": false, "results": [{"user_id": "@alice:home.example", "display_name": "Alice"}]}),
            ),
            _ => error(404, "M_NOT_FOUND", "Not found"),
        }
    }

    fn room(&mut self, seen: &Seen, room: &str, rest: &[&str]) -> Response {
        let Some(members) = self.rooms.get(room) else {
            return error(403, "M_FORBIDDEN", "You are not in the room.");
        };
        match rest {
            ["joined_members"] => {
                let joined: BTreeMap<_, _> = members
                    .iter()
                    .map(|user| (user, json!({"display_name": "Somebody"})))
                    .collect();
                reply(200, json!({"joined": joined}))
            }
            ["state", "m.room.encryption", ""] if self.encrypted.contains(room) => {
                reply(200, json!({"algorithm": "m.megolm.v1.aes-sha2"}))
            }
            ["send", kind, _] => self.take(seen, room, kind),
            ["redact", _, _] => self.take(seen, room, "m.room.redaction"),
            ["receipt", ..] | ["typing", _] => reply(200, json!({})),
            _ => error(404, "M_NOT_FOUND", "Not found"),
        }
    }

    /// One event for each transaction of a token.
    fn take(&mut self, seen: &Seen, room: &str, kind: &str) -> Response {
        let key = (seen.token.clone().unwrap_or_default(), seen.line.clone());
        if let Some(id) = self.transactions.get(&key) {
            return reply(200, json!({"event_id": id}));
        }
        let id = format!("$event{}", self.sent.len());
        self.transactions.insert(key, id.clone());
        let content = serde_json::from_slice(&seen.body).unwrap_or_default();
        self.sent.push(Sent {
            id: id.clone(),
            room: room.to_owned(),
            kind: kind.to_owned(),
            content,
        });
        reply(200, json!({"event_id": id}))
    }

    fn log_in(&mut self, seen: &Seen) -> Response {
        let body: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        if body["password"] != PASSWORD || body["identifier"]["user"] != BOT {
            return error(403, "M_FORBIDDEN", "Invalid username or password");
        }
        self.logins += 1;
        let token = format!("obtained-{}", self.logins);
        self.tokens.insert(token.clone());
        let device = body["device_id"].as_str().unwrap_or("DEVICE").to_owned();
        reply(
            200,
            json!({"user_id": BOT, "access_token": token, "device_id": device, "home_server": "home.example"}),
        )
    }
}

fn reply(status: u16, body: Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        body.to_string(),
    )
        .into_response()
}

fn error(status: u16, code: &str, text: &str) -> Response {
    reply(status, json!({"errcode": code, "error": text}))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail
            .get(..2)
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match (first, code) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (byte, _) => {
                bytes.push(*byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
