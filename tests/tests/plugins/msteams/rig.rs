//! The plugin in the real host, between the doubles.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use overgrow_handler::Effects;
use overgrow_keep::Keep;
use overgrow_plugins::grant::{
    HostPattern, HttpGrant, KvGrant, Limits, MediaGrant, Network, Reveal, SecretGrant,
    SecretSource, Write,
};
use overgrow_plugins::wit::channel::{Target, Text, TextFormat};
use overgrow_plugins::wit::webhook::{Outcome, Request};
use overgrow_plugins::{Ask, Engine, EngineConfig, Grant, Hands, Plugin};
use overgrow_store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::inbox::Kept;
use super::microsoft::Microsoft;
use super::tokens;
use crate::host::component;

/// Longest time that a call may take: far more than any does.
const PATIENCE: Duration = Duration::from_secs(60);

/// The plugin and everything around it.
pub(crate) struct Rig {
    pub(crate) plugin: Plugin,
    pub(crate) microsoft: Microsoft,
    pub(crate) inbox: Arc<Kept>,
    asked: AtomicUsize,
    _folder: TempDir,
}

/// What the webhook said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) job: Option<(String, String)>,
}

impl Rig {
    pub(crate) async fn start(more: Value) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let microsoft = Microsoft::start().await?;
        let inbox = Arc::<Kept>::default();
        let store = Store::folder(
            folder.path().join("media"),
            overgrow_store::Limits::default(),
        );
        let hands = Hands {
            keep: Some(Keep::open(&folder.path().join("keep"))?),
            store: Some(store),
            inbox: Some(Arc::clone(&inbox) as _),
            ..Hands::default()
        };
        let grant = grant(more, &microsoft, &folder)?;
        let bytes = std::fs::read(component("msteams"))?;
        let plugin = Plugin::load(&engine()?, "msteams", bytes, grant, hands).await?;
        Ok(Self {
            plugin,
            microsoft,
            inbox,
            asked: AtomicUsize::new(0),
            _folder: folder,
        })
    }

    /// A call that acts.
    pub(crate) fn ask(&self) -> Ask {
        self.ask_with(Effects::performing())
    }

    pub(crate) fn ask_with(&self, effects: Effects) -> Ask {
        let count = self.asked.fetch_add(1, Ordering::Relaxed);
        Ask {
            id: format!("call-{count}"),
            attempt: 1,
            deadline: Instant::now() + PATIENCE,
            account: None,
            effects,
        }
    }

    /// Where the connector is.
    pub(crate) fn service(&self) -> String {
        self.microsoft.url("/amer/")
    }

    /// What the webhook says to a request.
    pub(crate) async fn hook(
        &self,
        method: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Said> {
        let length = body.len().to_string();
        let sent = [("Content-Length", length.as_str())];
        let header = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        let request = Request {
            route: "/api/messages".into(),
            method: method.into(),
            path: "/api/messages".into(),
            query: None,
            headers: sent.iter().chain(headers).map(header).collect(),
            body: body.into(),
            public_url: "https://me.example/api/messages".into(),
            peer: None,
            received_at: 1,
        };
        let (response, job) = match self.plugin.handle_webhook(&self.ask(), request).await? {
            Outcome::Reply(response) => (response, None),
            Outcome::ReplyThen((response, name, payload)) => (response, Some((name, payload))),
            Outcome::Pass => anyhow::bail!("passed"),
        };
        Ok(Said {
            status: response.status,
            headers: response.headers,
            body: String::from_utf8(response.body)?,
            job,
        })
    }

    /// What the webhook says to an Activity with that token.
    pub(crate) async fn post(&self, token: &str, activity: &Value) -> Result<Said> {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("Content-Type", "application/json; charset=utf-8"),
            ("Authorization", bearer.as_str()),
        ];
        self.hook("POST", &headers, &activity.to_string()).await
    }

    /// Has an Activity worked on, as the host does behind the answer.
    pub(crate) async fn deliver(&self, activity: &Value) -> Result<()> {
        let token = tokens::token(
            tokens::ONE,
            &tokens::header(),
            &tokens::claims(&self.service()),
        )?;
        let said = self.post(&token, activity).await?;
        anyhow::ensure!(said.status == 200, "{said:?}");
        let (name, payload) = said.job.context("work behind the answer")?;
        Ok(self.plugin.run_job(&self.ask(), name, payload).await?)
    }

    /// A message of Ada's to the bot alone.
    pub(crate) fn personal(&self, more: Value) -> Value {
        let mut activity = json!({
            "type": "message", "id": "m1", "timestamp": "2017-02-01T21:10:07.437Z", "channelId": "msteams",
            "serviceUrl": self.service(), "text": "hello",
            "from": {"id": "29:ada", "name": "Ada", "aadObjectId": "aad-ada"}, "recipient": {"id": "28:bot", "name": "Bot"},
            "conversation": {"id": "a:1", "conversationType": "personal", "tenantId": "tenant"},
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            activity[key] = value.clone();
        }
        activity
    }
}

pub(crate) fn to(recipient: &str) -> Target {
    Target {
        to: recipient.into(),
        account: None,
        thread: None,
        reply_to: None,
        silent: false,
        extra: Vec::new(),
    }
}

pub(crate) fn text(body: &str) -> Text {
    Text {
        body: body.into(),
        format: TextFormat::Markdown,
    }
}

fn engine() -> Result<Engine> {
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    Ok(Engine::new(EngineConfig {
        threads: 2,
        instances: 16,
        cache: Some(cache),
    })?)
}

/// As the README has it, but that everything is at the double.
fn grant(more: Value, microsoft: &Microsoft, folder: &TempDir) -> Result<Grant> {
    let mut settings = json!({
        "enabled": true, "appId": "app", "tenantId": "tenant", "loginBase": microsoft.url(""),
        "metadataUrl": microsoft.url("/metadata"), "graphBase": microsoft.url("/graph"),
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        settings[key] = value.clone();
    }
    let password = folder.path().join("password");
    std::fs::write(&password, "the+secret & more")?;
    let host = HostPattern::parse(&microsoft.address().to_string()).context("a host")?;
    let secret = |name: &str, source: SecretSource, write: Write| SecretGrant {
        name: name.into(),
        source,
        hosts: vec![host.clone()],
        reveal: Reveal::Never,
        write,
    };
    Ok(Grant {
        settings: settings.as_object().cloned().unwrap_or_default(),
        secrets: vec![
            secret("app-password", SecretSource::File(password), Write::Denied),
            secret("bot-token", SecretSource::Stored, Write::Granted),
            secret("graph-token", SecretSource::Stored, Write::Granted),
        ],
        http: vec![HttpGrant {
            hosts: vec![host.clone()],
            methods: ["GET", "POST", "PUT", "DELETE"].map(str::to_owned).to_vec(),
            network: Network::Private,
            read: vec!["/*/oauth2/v2.0/token".into()],
        }],
        kv: Some(KvGrant {
            namespace: None,
            max_bytes: 16 << 20,
            max_keys: 10_000,
        }),
        media: Some(MediaGrant {
            read: true,
            write: Write::Granted,
            max_bytes: 100 << 20,
        }),
        inbound: vec!["msteams".into()],
        webhook: vec!["/api/messages".into()],
        limits: Limits {
            // A debug build's guest checks signatures slowly, on a machine that has other things to do.
            deadline: PATIENCE,
            ..Limits::default()
        },
        ..Grant::default()
    })
}
