//! The plugin in the real host, between a double of a homeserver and an inbox that remembers.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use overgrow_handler::Effects;
use overgrow_keep::Keep;
use overgrow_plugins::grant::{
    HostPattern, HttpGrant, KvGrant, Limits, MediaGrant, Network, Reveal, SecretGrant,
    SecretSource, Write,
};
use overgrow_plugins::wit::channel::{Delivery, Receipt as Out, Target, Text, TextFormat};
use overgrow_plugins::wit::service::StopReason;
use overgrow_plugins::{
    Ask, Engine, EngineConfig, Event, Grant, Hands, Inbox, InboxError, Message, Plugin, Presence,
    Receipt, Submission, Supervised,
};
use overgrow_store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::timeout;

use super::homeserver::{BOT, Homeserver, PASSWORD};
use crate::host::component;

/// Longest time that anything may take: far more than it does.
const PATIENCE: Duration = Duration::from_secs(60);

/// The plugin and everything around it.
pub(crate) struct Rig {
    pub(crate) plugin: Plugin,
    pub(crate) server: Homeserver,
    pub(crate) inbox: Arc<Kept>,
    pub(crate) store: Store,
    settings: Value,
    asked: AtomicUsize,
    _folder: TempDir,
}

/// How the plugin is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Token,
    Password,
}

/// What the gateway was handed.
pub(crate) struct Kept {
    messages: watch::Sender<Vec<(Message, Vec<String>)>>,
    /// What becomes of the next ones; taken, when nothing is said.
    receipts: Mutex<Vec<Result<Receipt, InboxError>>>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            messages: watch::Sender::new(Vec::new()),
            receipts: Mutex::default(),
        }
    }
}

impl Kept {
    /// What becomes of the next.
    pub(crate) fn says(&self, receipt: Result<Receipt, InboxError>) {
        self.receipts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(0, receipt);
    }

    /// The messages, once there are so many.
    pub(crate) async fn messages(&self, count: usize) -> Result<Vec<(Message, Vec<String>)>> {
        let mut changed = self.messages.subscribe();
        let enough = timeout(PATIENCE, changed.wait_for(|all| all.len() >= count)).await;
        Ok(enough.context("messages")??.clone())
    }
}

#[async_trait]
impl Inbox for Kept {
    async fn judge(&self, _: &Submission) -> Result<Option<Receipt>, InboxError> {
        Ok(None)
    }

    async fn submit(&self, submission: Submission) -> Result<Receipt, InboxError> {
        let said = self
            .receipts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let receipt = said.unwrap_or_else(|| Ok(Receipt::Accepted("run".into())))?;
        if let Event::Message(message) = submission.event {
            self.messages
                .send_modify(|all| all.push((message, submission.attachments)));
        }
        Ok(receipt)
    }

    async fn presence(&self, _: Presence) -> Result<(), InboxError> {
        Ok(())
    }
}

impl Rig {
    /// The bot shares `!dm:home.example` with Alice, and `!room:home.example` with her and Carol.
    pub(crate) async fn start(by: By, more: Value) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let server = Homeserver::start().await?;
        server.admit("given");
        server.room("!dm:home.example", &["@alice:home.example", BOT]);
        server.room(
            "!room:home.example",
            &["@alice:home.example", "@carol:home.example", BOT],
        );
        let mut settings = json!({"homeserver": server.url(), "userId": BOT, "dm": {"policy": "open"}, "groups": {"!room:home.example": {}}});
        let more = more.as_object().cloned().unwrap_or_default();
        settings.as_object_mut().context("a map")?.extend(more);
        let inbox = Arc::<Kept>::default();
        let store = Store::folder(
            folder.path().join("media"),
            overgrow_store::Limits::default(),
        );
        let hands = Hands {
            keep: Some(Keep::open(&folder.path().join("keep"))?),
            store: Some(store.clone()),
            inbox: Some(Arc::clone(&inbox) as _),
            ..Hands::default()
        };
        let grant = grant(by, &settings, &server, &folder)?;
        let bytes = std::fs::read(component("matrix"))?;
        let plugin = Plugin::load(&engine()?, "matrix", bytes, grant, hands).await?;
        Ok(Self {
            plugin,
            server,
            inbox,
            store,
            settings,
            asked: AtomicUsize::new(0),
            _folder: folder,
        })
    }

    /// Starts to listen, and waits until history is over.
    pub(crate) async fn listen(&self) -> Result<Supervised> {
        let before = self.server.count(SYNC);
        self.server.news(json!({}));
        let service = Supervised::start(self.plugin.clone(), self.settings.to_string());
        self.server
            .until(|server| server.count(SYNC) >= before + 2)
            .await?;
        Ok(service)
    }

    /// A call of its own.
    pub(crate) fn ask(&self) -> Ask {
        let count = self.asked.fetch_add(1, Ordering::Relaxed);
        self.ask_as(&format!("call-{count}"), Effects::performing())
    }

    pub(crate) fn ask_as(&self, id: &str, effects: Effects) -> Ask {
        Ask {
            id: id.to_owned(),
            attempt: 1,
            deadline: Instant::now() + PATIENCE,
            account: None,
            effects,
        }
    }

    pub(crate) async fn say(&self, to: &str, text: &str) -> Result<Delivery> {
        Ok(self
            .plugin
            .send_text(&self.ask(), target(to), markdown(text))
            .await?)
    }
}

pub(crate) const SYNC: &str = "GET /_matrix/client/v3/sync";

pub(crate) async fn stop(service: Supervised) {
    service.stop(StopReason::Shutdown, PATIENCE).await;
}

pub(crate) fn target(to: &str) -> Target {
    Target {
        to: to.into(),
        account: None,
        thread: None,
        reply_to: None,
        silent: false,
        extra: Vec::new(),
    }
}

pub(crate) fn markdown(body: &str) -> Text {
    Text {
        body: body.into(),
        format: TextFormat::Markdown,
    }
}

/// The receipt of what was sent.
pub(crate) fn out(delivery: Delivery) -> Result<Out> {
    match delivery {
        Delivery::Sent(receipt) => Ok(receipt),
        other => bail!("{other:?}"),
    }
}

/// A text that Alice sends now.
pub(crate) fn text(id: &str, body: &str) -> Value {
    said(
        id,
        "@alice:home.example",
        json!({"msgtype": "m.text", "body": body}),
    )
}

pub(crate) fn said(id: &str, sender: &str, content: Value) -> Value {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    json!({"type": "m.room.message", "event_id": id, "sender": sender, "origin_server_ts": now, "content": content})
}

/// A debug build's compiler takes seconds, so all tests share a cache.
fn engine() -> Result<Engine> {
    let config = EngineConfig {
        threads: 2,
        instances: 16,
        cache: Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled")),
    };
    Ok(Engine::new(config)?)
}

fn grant(by: By, settings: &Value, server: &Homeserver, folder: &TempDir) -> Result<Grant> {
    let host = HostPattern::parse(&server.address().to_string()).context("a host")?;
    let secret = |name: &str, source, write| SecretGrant {
        name: name.to_owned(),
        source,
        hosts: vec![host.clone()],
        reveal: Reveal::Never,
        write,
    };
    let (name, value) = match by {
        By::Token => ("access-token", "given"),
        By::Password => ("password", PASSWORD),
    };
    let file = folder.path().join(name);
    std::fs::write(&file, value)?;
    Ok(Grant {
        settings: settings.as_object().cloned().unwrap_or_default(),
        secrets: vec![
            secret(name, SecretSource::File(file), Write::Denied),
            secret("session", SecretSource::Stored, Write::Granted),
        ],
        http: vec![HttpGrant {
            hosts: vec![host.clone()],
            methods: ["GET", "POST", "PUT"].map(str::to_owned).to_vec(),
            network: Network::Private,
            read: vec!["/_matrix/client/v3/user_directory/search".into()],
        }],
        kv: Some(KvGrant::default()),
        media: Some(MediaGrant {
            write: Write::Granted,
            ..MediaGrant::default()
        }),
        inbound: vec!["matrix".into()],
        limits: Limits {
            deadline: PATIENCE,
            memory: 128 * 1024 * 1024,
            ..Limits::default()
        },
        ..Grant::default()
    })
}
