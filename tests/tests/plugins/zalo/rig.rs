//! The plugin in the real host, between a double of its provider and an inbox that remembers.

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
use overgrow_plugins::wit::webhook::{Outcome, Request};
use overgrow_plugins::{Ask, Engine, EngineConfig, Grant, Hands, Plugin};
use overgrow_store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::provider::Provider;
use crate::host::component;
use crate::inbox::Kept;

/// Longest time that a call may take: far more than any does.
const PATIENCE: Duration = Duration::from_secs(60);

/// The plugin and everything around it.
pub(crate) struct Rig {
    pub(crate) plugin: Plugin,
    pub(crate) provider: Provider,
    pub(crate) inbox: Arc<Kept>,
    pub(crate) store: PathBuf,
    /// What the host gives a service when it starts it.
    pub(crate) config: String,
    asked: AtomicUsize,
    _folder: TempDir,
}

/// Settings of two accounts that share a path, as a plugin sees them.
pub(crate) fn webhooks() -> Value {
    json!({
        "botToken": { "$secret": "bot-token" },
        "webhookUrl": "https://me.example/hook/zalo",
        "webhookSecret": { "$secret": "webhook-secret" },
        "accounts": {
            "default": {},
            "second": { "botToken": { "$secret": "bot-token-second" }, "webhookSecret": { "$secret": "second-secret" } },
        },
    })
}

/// Secrets by their names in those settings.
pub(crate) const SECRETS: [(&str, &str); 4] = [
    ("bot-token", "12:first-token"),
    ("webhook-secret", "a-secret-of-the-first"),
    ("bot-token-second", "34:second"),
    ("second-secret", "a-secret-of-the-second"),
];

impl Rig {
    pub(crate) async fn start(mut settings: Value) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let provider = Provider::start().await?;
        settings["apiBase"] = provider.url("").into();
        let inbox = Arc::<Kept>::default();
        let store = folder.path().join("media");
        let hands = Hands {
            keep: Some(Keep::open(&folder.path().join("keep"))?),
            store: Some(Store::folder(&store, overgrow_store::Limits::default())),
            inbox: Some(Arc::clone(&inbox) as _),
            ..Hands::default()
        };
        let config = settings.to_string();
        let grant = grant(settings, &provider, &folder)?;
        let bytes = std::fs::read(component("zalo"))?;
        let plugin = Plugin::load(&engine()?, "zalo", bytes, grant, hands).await?;
        Ok(Self {
            plugin,
            provider,
            inbox,
            store,
            config,
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

    /// What the webhook says to a request, and the work behind the answer.
    pub(crate) async fn hook(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Said> {
        let header = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        let request = Request {
            route: "/hook/zalo".into(),
            method: method.into(),
            path: path.into(),
            query: None,
            headers: headers.iter().map(header).collect(),
            body: body.into(),
            public_url: format!("https://me.example{path}"),
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

    /// Has an update delivered, as the host does behind the answer.
    pub(crate) async fn deliver(&self, secret: &str, update: &Value) -> Result<()> {
        let headers = [("x-bot-api-secret-token", secret)];
        let said = self
            .hook(
                "POST",
                "/hook/zalo",
                &headers,
                update.to_string().as_bytes(),
            )
            .await?;
        let (name, payload) = said.job.context("work behind the answer")?;
        Ok(self.plugin.run_job(&self.ask(), name, payload).await?)
    }
}

/// An answer of the webhook.
#[derive(Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) job: Option<(String, String)>,
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

fn grant(settings: Value, provider: &Provider, folder: &TempDir) -> Result<Grant> {
    let host = HostPattern::parse(&provider.address().to_string()).context("a host")?;
    let secret = |(name, value): &(&str, &str)| -> Result<SecretGrant> {
        let file = folder.path().join(name);
        std::fs::write(&file, value)?;
        Ok(SecretGrant {
            name: name.to_string(),
            source: SecretSource::File(file),
            hosts: vec![host.clone()],
            reveal: Reveal::Never,
            write: Write::Denied,
        })
    };
    Ok(Grant {
        settings: settings.as_object().cloned().unwrap_or_default(),
        secrets: SECRETS.iter().map(secret).collect::<Result<_>>()?,
        http: vec![HttpGrant {
            hosts: vec![host.clone()],
            methods: vec!["GET".into(), "POST".into()],
            network: Network::Private,
            read: vec!["/*/getUpdates".into()],
        }],
        kv: Some(KvGrant::default()),
        media: Some(MediaGrant {
            write: Write::Granted,
            ..MediaGrant::default()
        }),
        inbound: vec!["zalo".into()],
        webhook: vec!["/hook/zalo".into()],
        limits: Limits {
            deadline: PATIENCE,
            ..Limits::default()
        },
        ..Grant::default()
    })
}
