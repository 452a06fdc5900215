//! Plugins, the messages they carry and those they bring, and what all of that acts through.
//!
//! Opened once, when routes.toml first speaks of any of it, and kept: a reload changes grants, not instances. The
//! surprise: the outbox is opened before the plugins that carry its messages, and told of them afterwards, because what
//! plugins bring in may answer through it at once.

mod keychain;
mod legacy;
mod observer;
mod public;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use overgrow_bridge::{Gateway, Reach};
use overgrow_handler::Handler;
use overgrow_keep::Keep;
use overgrow_messages::MessageLimits;
use overgrow_outbox::{Fork, Inbox, Outbox, OutboxConfig};
use overgrow_plugins::{EngineConfig, Hands, Plugins, PluginsConfig, Trust};
use overgrow_settings::{Live, Settings};
use overgrow_store::Store;
use tokio::time::timeout;

use self::keychain::OfThisMachine;
use self::observer::Counted;
use super::NativeError;
use crate::config::{Config, HandlerRef, PluginHost, UpstreamUrl};
use crate::metrics::PluginMetrics;

/// How long a start waits for plugins: compiling a thousand of them takes that long, loading them compiled a second.
const PATIENCE: Duration = Duration::from_secs(20);

/// Plugins, once they are needed.
#[derive(Debug)]
pub(super) struct Plugging {
    opened: Mutex<Option<Opened>>,
    /// The one of routes.toml that is at work.
    legacy: Mutex<Option<UpstreamUrl>>,
    metrics: PluginMetrics,
}

/// Everything that is open.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The plugins.
    pub plugins: Plugins,
    /// Messages on their way out.
    pub outbox: Outbox,
    /// Messages on their way in.
    pub inbox: Inbox,
    gateway: Gateway,
    /// Messages that the legacy was to send, because no plugin carries their channel; every try counts.
    by_legacy: Arc<AtomicU64>,
}

/// What is needed to open it.
pub(super) struct Means<'a> {
    pub(super) data: &'a Path,
    pub(super) live: &'a Live,
    pub(super) store: Store,
}

impl Plugging {
    pub(super) fn new(metrics: PluginMetrics) -> Self {
        Self {
            opened: Mutex::default(),
            legacy: Mutex::default(),
            metrics,
        }
    }

    /// What is open, if anything is.
    pub(super) fn opened(&self) -> Option<Opened> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.clone()
    }

    /// Opens everything, unless it is. Must run inside a tokio runtime.
    pub(super) fn open<'a>(
        &self,
        config: &Config,
        means: impl FnOnce() -> Result<Means<'a>, NativeError>,
    ) -> Result<Opened, NativeError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = &*opened {
            return Ok(opened.clone());
        }
        let fresh = open(config, means()?, self.metrics.clone())?;
        Ok(opened.insert(fresh).clone())
    }

    /// Another version of routes.toml is at work.
    pub(super) fn follow(&self, config: &Config, settings: Option<&Settings>) {
        *self.legacy() = config.legacy.urls.first().cloned();
        if let Some(opened) = self.opened() {
            opened.plugins.follow(config.plugins.grants.clone());
        }
        self.settle(settings);
    }

    /// The legacy's settings are these now.
    pub(super) fn settle(&self, settings: Option<&Settings>) {
        let legacy = self.legacy().clone();
        if let (Some(opened), Some(legacy), Some(settings)) = (self.opened(), legacy, settings) {
            opened.gateway.follow(legacy::target(&legacy, settings));
        }
    }

    fn legacy(&self) -> MutexGuard<'_, Option<UpstreamUrl>> {
        self.legacy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Opened {
    /// Returns when what lies in the folder is loaded, or when a start should wait no longer: what is not there yet
    /// answers 503 until it is.
    pub(super) async fn ready(&self) {
        if timeout(PATIENCE, self.plugins.ready()).await.is_err() {
            tracing::warn!("plugins are still being loaded; the sidecar starts without them");
        }
    }

    /// Answers requests by a plugin, or by an ordinary component of that name.
    pub(super) fn plugin(&self, name: &str) -> Handler {
        public::told(&self.plugins, name)
    }

    /// What the legacy was asked to do, for whoever only wants to know whether that went on.
    pub(super) fn uses_of_legacy(&self) -> u64 {
        let inbox = self.inbox.status();
        self.by_legacy.load(Ordering::Relaxed) + inbox.sent + inbox.retried
    }

    /// What it is still to do: answer those who wrote to it.
    pub(super) fn waiting_for_legacy(&self) -> u64 {
        self.inbox.status().waiting as u64
    }

    /// Takes messages over HTTP.
    pub(super) fn messages(&self) -> Handler {
        overgrow_messages::handler(self.outbox.clone(), MessageLimits::default())
    }
}

/// Whether routes.toml speaks of plugins or of messages.
pub(super) fn are_wanted(config: &Config) -> bool {
    let by_route = |handler: &HandlerRef| match handler {
        HandlerRef::Plugin(_) | HandlerRef::WasiHttp(_) => true,
        HandlerRef::Named(name) => name == super::MESSAGES || name == super::TOOLS,
        HandlerRef::Upstream(_) => false,
    };
    let routes = config.routes.iter();
    !config.plugins.grants.is_empty()
        || routes
            .filter_map(|route| route.handler.as_ref())
            .any(by_route)
}

fn open(config: &Config, means: Means<'_>, metrics: PluginMetrics) -> Result<Opened, NativeError> {
    let Means { data, live, store } = means;
    let gateway = Gateway::start(Reach::Everything).map_err(NativeError::Gateway)?;
    let outbox = Outbox::open(OutboxConfig::new(data)).map_err(NativeError::Outbox)?;
    let inbox = Inbox::open(
        data.join("inbound"),
        outbox.clone(),
        gateway.clone(),
        live.clone(),
    )
    .map_err(NativeError::Outbox)?;
    let hands = Hands {
        settings: live.clone(),
        store: Some(store),
        keep: Some(Keep::open(data).map_err(NativeError::Keep)?),
        gateway: Some(Arc::new(gateway.clone())),
        inbox: Some(Arc::new(inbox.clone())),
        keychain: Some(Arc::new(OfThisMachine)),
        ..Hands::default()
    };
    let plugins = Plugins::open(
        host(&config.plugins.host, data),
        config.plugins.grants.clone(),
        hands,
        Arc::new(Counted(metrics)),
    )
    .map_err(NativeError::Engine)?;
    let by_legacy = Arc::default();
    let carriers = counted(plugins.natives(), Arc::clone(&by_legacy));
    outbox.carry(Arc::new(Fork::new(carriers, gateway.clone())));
    Ok(Opened {
        plugins,
        outbox,
        inbox,
        gateway,
        by_legacy,
    })
}

/// The carriers, and a count of how often there was none.
fn counted(
    carriers: overgrow_outbox::Natives,
    by_legacy: Arc<AtomicU64>,
) -> overgrow_outbox::Natives {
    Arc::new(move |channel: &str| {
        let carrier = carriers(channel);
        if carrier.is_none() {
            by_legacy.fetch_add(1, Ordering::Relaxed);
        }
        carrier
    })
}

fn host(host: &PluginHost, data: &Path) -> PluginsConfig {
    let cores = available_parallelism().map_or(1, usize::from);
    let cache = host.cache.clone();
    PluginsConfig {
        folder: host.folder.clone(),
        trust: Trust {
            keys: host.trust.clone(),
            signatures: host.signatures.into(),
        },
        engine: EngineConfig {
            threads: match host.threads {
                0 => cores,
                threads => threads,
            },
            instances: host.instances,
            cache: Some(cache.unwrap_or_else(|| PathBuf::from(data).join("plugins-cache"))),
        },
    }
}

impl From<crate::config::Signatures> for overgrow_plugins::Signatures {
    fn from(signatures: crate::config::Signatures) -> Self {
        match signatures {
            crate::config::Signatures::Optional => Self::Optional,
            crate::config::Signatures::Required => Self::Required,
        }
    }
}
