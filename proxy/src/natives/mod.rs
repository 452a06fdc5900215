//! The handlers of overgrow's own, made of what they act through: settings, bridge, stores, the network.
//!
//! It knows neither routes nor requests. The surprise: nothing is opened before a route names a handler that needs it.

mod hooks;
mod media;
mod plugins;
mod tailscale;
mod uploads;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use overgrow_auth::{Cached, Whois};
use overgrow_bridge::{Bridge, BridgeError};
use overgrow_handler::Handler;
use overgrow_keep::KeepError;
use overgrow_outbox::OutboxError;
use overgrow_plugins::EngineError;
use overgrow_settings::{Live, LiveStatus};
use overgrow_store::NotS3;

use self::hooks::Hooks;
use self::media::{Media, Sweep};
pub use self::plugins::Opened;
use self::plugins::{Means, Plugging};
use self::tailscale::Tailscale;
use crate::config::{Config, HandlerRef, Handlers, Needs, RouteConfig, SecretError};
use crate::metrics::PluginMetrics;

/// Names of handlers that every overgrow has.
const AUTH: &str = "auth";
const HOOKS: &str = "hooks";
const MEDIA: &str = "media";
const MESSAGES: &str = "messages";
const TOOLS: &str = "tools";

/// What the handlers of overgrow's own share; cheap to clone.
#[derive(Clone)]
pub struct Natives(Arc<Shared>);

struct Shared {
    /// `[server].data`.
    data: PathBuf,
    live: Live,
    whois: Arc<dyn Whois>,
    hooks: Hooks,
    media: Media,
    plugins: Plugging,
}

/// Why a handler cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum NativeError {
    /// The queue to the legacy cannot be opened.
    #[error("the queue to the legacy cannot be opened")]
    Bridge(#[source] BridgeError),
    /// The store cannot be used.
    #[error("the S3 store cannot be used")]
    S3(#[source] NotS3),
    /// A key of the store cannot be read.
    #[error("a key of the S3 store cannot be read")]
    Key(#[source] SecretError),
    /// The legacy's methods cannot be called.
    #[error("no thread for the connection to the legacy")]
    Gateway(#[source] std::io::Error),
    /// Messages cannot be kept.
    #[error("the queue of messages cannot be opened")]
    Outbox(#[source] OutboxError),
    /// What plugins keep cannot be kept.
    #[error("the state of plugins cannot be opened")]
    Keep(#[source] KeepError),
    /// Plugins cannot be run.
    #[error("plugins cannot be run")]
    Engine(#[source] EngineError),
}

impl Natives {
    /// Opens nothing yet; `data` is `[server].data`, `metrics` where plugins are counted.
    pub fn new(data: PathBuf, metrics: PluginMetrics) -> Self {
        Self(Arc::new(Shared {
            data,
            live: Live::default(),
            whois: Arc::new(Cached::new(Tailscale::of_this_machine())),
            hooks: Hooks::default(),
            media: Media::default(),
            plugins: Plugging::new(metrics),
        }))
    }

    /// Adds the names of these handlers to those of a program, which keeps its own.
    pub fn names(known: Handlers) -> Handlers {
        known
            .with_builtin(AUTH, Needs::Legacy)
            .with_builtin(HOOKS, Needs::Legacy)
            .with_builtin(MEDIA, Needs::Nothing)
            .with_builtin(MESSAGES, Needs::Settings)
            .with_builtin(TOOLS, Needs::Settings)
    }

    /// Reads the legacy's settings where that configuration says they are. They are read again when they change, and
    /// the last good ones hold.
    pub fn read_settings(&self, config: &Config) {
        let file = config.legacy.config.as_deref();
        self.0.live.follow(file.map(from_home));
    }

    /// Takes on another version of routes.toml.
    pub fn follow(&self, config: &Config) {
        let legacy = config.legacy.urls.first().cloned();
        let settings = self.0.live.load();
        self.0.plugins.follow(config, settings.as_deref());
        self.0.hooks.lead_to(legacy, settings.as_deref());
        let serves = config.routes.iter().any(serves_media);
        self.0
            .media
            .follow(if serves { Sweep::On } else { Sweep::Off });
    }

    /// Goes on with this version of routes.toml: another one could not be put to work.
    pub fn stay(&self, config: &Config) {
        self.read_settings(config);
        self.0.media.stay();
    }

    /// Passes changes of the legacy's settings on, until dropped.
    pub async fn watch_settings(self) {
        let mut changes = self.0.live.changes();
        let first = self.0.live.status();
        if first.path.is_some() {
            tell(&first);
        }
        while let Some(status) = changes.changed().await {
            tell(&status);
            let settings = self.0.live.load();
            self.0.hooks.settle(settings.as_deref());
            self.0.plugins.settle(settings.as_deref());
        }
    }

    /// How the last reading of the legacy's settings went.
    pub fn settings_status(&self) -> LiveStatus {
        self.0.live.status()
    }

    /// The handler of that name, if it is one of these. Must run inside a tokio runtime.
    ///
    /// # Errors
    /// When what it acts through cannot be opened.
    pub fn handler(&self, name: &str, config: &Config) -> Result<Option<Handler>, NativeError> {
        let Shared { data, live, .. } = &*self.0;
        match name {
            AUTH => Ok(Some(overgrow_auth::handler(live.clone()))),
            HOOKS => self.0.hooks.handler(live, data).map(Some),
            MEDIA => {
                let settings = live.load();
                let handler = self
                    .0
                    .media
                    .handler(&config.media, settings.as_deref(), data);
                handler.map(Some)
            }
            _ => self.plugged(name, config),
        }
    }

    /// Opens plugins and messages, if that configuration speaks of them. Must run inside a tokio runtime.
    ///
    /// # Errors
    /// When one of their files cannot be opened, or there is no thread for them.
    pub fn open_plugins(&self, config: &Config) -> Result<(), NativeError> {
        match plugins::are_wanted(config) {
            true => self.opened(config).map(drop),
            false => Ok(()),
        }
    }

    /// Plugins and messages, if they are open.
    pub fn plugins(&self) -> Option<Opened> {
        self.0.plugins.opened()
    }

    /// Returns when every plugin that lies in the folder was loaded or turned down, or after a while.
    pub async fn plugins_ready(&self) {
        if let Some(opened) = self.plugins() {
            opened.ready().await;
        }
    }

    /// Lets plugins' services say their last words.
    pub async fn stop_plugins(&self) {
        if let Some(opened) = self.plugins() {
            opened.plugins.shutdown().await;
        }
    }

    fn plugged(&self, name: &str, config: &Config) -> Result<Option<Handler>, NativeError> {
        let handler = match (name, name.split_once(':')) {
            (MESSAGES, _) => self.opened(config)?.messages(),
            (TOOLS, _) => {
                let gate = overgrow_auth::handler(self.0.live.clone());
                self.opened(config)?.plugins.tools(gate)
            }
            (_, Some(("plugin" | "wasi-http", plugin))) => self.opened(config)?.plugin(plugin),
            _ => return Ok(None),
        };
        Ok(Some(handler))
    }

    fn opened(&self, config: &Config) -> Result<Opened, NativeError> {
        let Shared { data, live, .. } = &*self.0;
        self.0.plugins.open(config, || {
            let settings = live.load();
            let store = self
                .0
                .media
                .store(&config.media, settings.as_deref(), data)?;
            Ok(Means { data, live, store })
        })
    }

    /// The legacy's own settings.
    pub fn live(&self) -> &Live {
        &self.0.live
    }

    /// Who knows the tailnet.
    pub fn whois(&self) -> &dyn Whois {
        &*self.0.whois
    }

    /// What handlers and plugins had the legacy do so far. Only a change of it means something.
    pub fn uses_of_legacy(&self) -> u64 {
        let bridge = self.bridge().map(|bridge| bridge.status());
        let delivered = bridge.map_or(0, |status| status.delivered);
        let plugins = self.plugins();
        delivered + plugins.map_or(0, |opened| opened.uses_of_legacy())
    }

    /// What they still want of it.
    pub fn waiting_for_legacy(&self) -> u64 {
        let bridge = self.bridge().map(|bridge| bridge.status());
        let waiting = bridge.map_or(0, |status| status.waiting as u64);
        let plugins = self.plugins();
        waiting + plugins.map_or(0, |opened| opened.waiting_for_legacy())
    }

    /// The queue to the legacy, if a handler needs it.
    pub fn bridge(&self) -> Option<Bridge> {
        self.0.hooks.bridge()
    }
}

/// Whether clients get media from this route's native side.
fn serves_media(route: &RouteConfig) -> bool {
    let media = matches!(&route.handler, Some(HandlerRef::Named(name)) if name == MEDIA);
    media && !route.rust.is_off()
}

/// A path as people write it: `~` is their home folder.
fn from_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => path.to_owned(),
    }
}

fn tell(status: &LiveStatus) {
    let file = status.path.as_ref().map(|path| path.display().to_string());
    match &status.error {
        None => tracing::info!(file, "the legacy's settings were read"),
        Some(error) => {
            tracing::error!(
                file,
                error,
                "the legacy's settings have faults, the last good ones hold"
            );
        }
    }
}

impl std::fmt::Debug for Natives {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Natives")
    }
}
