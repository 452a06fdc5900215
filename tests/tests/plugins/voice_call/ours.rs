//! The guest in the real host, with the grants of its README.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use overgrow_handler::Effects;
use overgrow_keep::{Keep, Timer};
use overgrow_plugins::grant::{
    HostPattern, HttpGrant, KvGrant, Limits, Network, Reveal, SecretGrant, SecretSource,
    TimersGrant, Write,
};
use overgrow_plugins::wit::tool::Invocation;
use overgrow_plugins::wit::webhook::{Outcome, Request, Response};
use overgrow_plugins::{Ask, Engine, EngineConfig, Grant, Hands, Plugin};
use overgrow_settings::{Environment, Live};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::provider::{Provider, Webhook};
use super::sides::Told;
use crate::host;

/// Where the legacy's settings have the plugin's.
const SUBTREE: &str = "plugins.entries.voice-call.config";

pub(crate) struct Ours {
    plugin: Plugin,
    keep: Keep,
    provider: Provider,
    asked: AtomicU32,
    deadline: Duration,
    _folder: TempDir,
}

impl Ours {
    /// Loads it with a configuration, which it gets as any plugin does: from the legacy's settings, its secrets by name.
    pub(crate) async fn start(config: Value, deadline: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let deadline = humantime::parse_duration(deadline)?;
        let keep = Keep::open(&folder.path().join("keep"))?;
        let hands = Hands {
            settings: settings(folder.path(), &config)?,
            keep: Some(keep.clone()),
            ..Hands::default()
        };
        let engine = Engine::new(EngineConfig {
            threads: 2,
            instances: 40,
            cache: Some(env!("CARGO_TARGET_TMPDIR").into()),
        })?;
        let bytes = std::fs::read(host::component("voice-call"))?;
        let grant = grant(&config, deadline);
        let plugin = Plugin::load(&engine, "voice-call", bytes, grant, hands).await?;
        Ok(Self {
            plugin,
            keep,
            provider: named(&config),
            asked: AtomicU32::new(0),
            deadline,
            _folder: folder,
        })
    }

    /// What a webhook is answered; what it leaves to be done is done.
    pub(crate) async fn webhook(&self, webhook: &Webhook, id: &str) -> Result<Told> {
        let (sent, headers) = webhook.about(self.provider, id);
        let request = Request {
            route: "webhook".into(),
            method: sent.method.into(),
            path: sent.path.clone(),
            query: (!sent.query.is_empty()).then(|| sent.query.clone()),
            headers,
            body: sent.body.clone().into_bytes(),
            public_url: format!("http://127.0.0.1:3334{}", sent.target()),
            peer: Some("127.0.0.1".into()),
            received_at: self.keep.now(),
        };
        let ask = self.ask();
        match self.plugin.handle_webhook(&ask, request).await? {
            Outcome::Reply(response) => Ok(told(response)),
            Outcome::ReplyThen((response, name, payload)) => {
                self.plugin.run_job(&ask, name, payload).await?;
                Ok(told(response))
            }
            Outcome::Pass => bail!("it was passed to the legacy"),
        }
    }

    /// What the tool gives the agent.
    pub(crate) async fn invoke(&self, arguments: &Value) -> Result<Value> {
        let invocation = Invocation {
            name: "voice_call".into(),
            arguments: arguments.to_string(),
            agent: None,
            session: None,
            channel: None,
        };
        let output = self.plugin.invoke(&self.ask(), invocation).await?;
        let details = output.details.context("details")?;
        Ok(serde_json::from_str(&details)?)
    }

    /// What it has put off.
    pub(crate) async fn timers(&self) -> Result<Vec<Timer>> {
        let mut timers = self.keep.timers("voice-call").await?;
        timers.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(timers)
    }

    /// The time of a timer has come.
    pub(crate) async fn rings(&self, timer: &Timer) -> Result<()> {
        let (name, payload) = (timer.name.clone(), timer.payload.clone());
        Ok(self.plugin.run_job(&self.ask(), name, payload).await?)
    }

    fn ask(&self) -> Ask {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        Ask {
            id: format!("call-{number}"),
            attempt: 1,
            deadline: Instant::now() + self.deadline,
            account: None,
            effects: Effects::performing(),
        }
    }
}

fn settings(folder: &std::path::Path, config: &Value) -> Result<Live> {
    let entries = json!({"voice-call": {"enabled": true, "config": config}});
    let path = folder.join("openclaw.json");
    std::fs::write(&path, json!({"plugins": {"entries": entries}}).to_string())?;
    let live = Live::within(Environment::default());
    live.follow(Some(path));
    Ok(live)
}

fn grant(config: &Value, deadline: Duration) -> Grant {
    let api = ["twilio", "telnyx", "plivo"]
        .iter()
        .find_map(|name| config[name]["apiBase"].as_str());
    let host = api.and_then(|api| HostPattern::parse(api.strip_prefix("http://")?));
    let hosts: Vec<_> = host.into_iter().collect();
    let secret = |name: &str, path: &str| SecretGrant {
        name: name.into(),
        source: SecretSource::Config(format!("{SUBTREE}.{path}")),
        hosts: hosts.clone(),
        reveal: Reveal::Never,
        write: Write::Denied,
    };
    Grant {
        config: vec![SUBTREE.into()],
        secrets: vec![
            secret("twilio", "twilio.authToken"),
            secret("telnyx", "telnyx.apiKey"),
            secret("plivo", "plivo.authToken"),
        ],
        http: vec![HttpGrant {
            hosts: hosts.clone(),
            methods: vec!["POST".into(), "DELETE".into()],
            network: Network::Private,
            read: Vec::new(),
        }],
        kv: Some(KvGrant::default()),
        timers: Some(TimersGrant::default()),
        webhook: vec!["/voice/webhook/*".into()],
        limits: Limits {
            deadline,
            ..Limits::default()
        },
        ..Grant::default()
    }
}

fn named(config: &Value) -> Provider {
    match config["provider"].as_str() {
        Some("twilio") => Provider::Twilio,
        Some("telnyx") => Provider::Telnyx,
        Some("plivo") => Provider::Plivo,
        _ => Provider::Mock,
    }
}

fn told(response: Response) -> Told {
    let mut types = response.headers.iter();
    let content_type = types.find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    Told {
        status: response.status,
        content_type: content_type.map(|(_, value)| value.clone()),
        body: String::from_utf8_lossy(&response.body).into_owned(),
    }
}
