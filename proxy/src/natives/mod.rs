//! The handlers of overgrow's own, made of what they act through: settings, bridge, stores, the network.
//!
//! It knows neither routes nor requests. The surprise: nothing is opened before a route names a handler that needs it.

mod tailscale;

use std::path::PathBuf;
use std::sync::Arc;

use overgrow_auth::{Cached, Whois};
use overgrow_handler::Handler;
use overgrow_settings::Live;

use self::tailscale::Tailscale;
use crate::config::{Config, Handlers, Needs};

/// Names of handlers that every overgrow has.
const AUTH: &str = "auth";

/// What the handlers of overgrow's own share; cheap to clone.
#[derive(Clone)]
pub struct Natives(Arc<Shared>);

struct Shared {
    /// `[server].data`.
    data: PathBuf,
    live: Live,
    whois: Arc<dyn Whois>,
}

/// Why a handler cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum NativeError {}

impl Natives {
    /// Opens nothing yet; `data` is `[server].data`.
    pub fn new(data: PathBuf) -> Self {
        Self(Arc::new(Shared {
            data,
            live: Live::default(),
            whois: Arc::new(Cached::new(Tailscale::of_this_machine())),
        }))
    }

    /// Adds the names of these handlers to those of a program, which keeps its own.
    pub fn names(known: Handlers) -> Handlers {
        known.with_builtin(AUTH, Needs::Settings)
    }

    /// Takes on another version of routes.toml.
    pub fn follow(&self, config: &Config) {
        let _ = (config, &self.0.data);
    }

    /// The handler of that name, if it is one of these.
    ///
    /// # Errors
    /// When what it acts through cannot be opened.
    pub fn handler(&self, name: &str, config: &Config) -> Result<Option<Handler>, NativeError> {
        let _ = (name, config);
        Ok(None)
    }

    /// The legacy's own settings.
    pub fn live(&self) -> &Live {
        &self.0.live
    }

    /// Who knows the tailnet.
    pub fn whois(&self) -> &dyn Whois {
        &*self.0.whois
    }
}

impl std::fmt::Debug for Natives {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Natives")
    }
}
