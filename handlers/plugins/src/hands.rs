//! What all plugins act through, and where the rest of the program is asked to help.
//!
//! It decides nothing about grants. The surprise: whatever is absent here makes the calls that need it answer
//! `unavailable`, so a program without a legacy, or without a folder to keep state in, still runs its plugins.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use overgrow_settings::Live;
use overgrow_store::Store;
use serde_json::Value;

/// Everything plugins act through. Cheap to clone; by default there is nothing.
#[derive(Clone, Default)]
pub struct Hands {
    /// The legacy's settings.
    pub settings: Live,
    /// Media files.
    pub store: Option<Store>,
    /// The legacy gateway's methods.
    pub gateway: Option<Arc<dyn GatewayRpc>>,
    /// Told of each call that was not granted.
    pub counter: Option<Arc<dyn Counter>>,
}

/// Calls methods of the legacy gateway.
#[async_trait]
pub trait GatewayRpc: Send + Sync {
    /// Calls a method over a connection that is let in already. Dropping the future gives the answer up; whether the
    /// method ran is then not known.
    ///
    /// # Errors
    /// When there is no answer, or it is a refusal.
    async fn call(&self, method: &str, params: Value, timeout: Duration)
    -> Result<Value, RpcError>;
}

/// Why a method gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RpcError {
    /// The gateway is not reached, or does not let us in; later it may.
    #[error("the legacy gateway is away: {0}")]
    Away(String),
    /// It did not answer in time.
    #[error("the legacy gateway did not answer in time")]
    Timeout,
    /// It knows no such method.
    #[error("the legacy gateway has no such method")]
    NoMethod,
    /// It refused, with its own code.
    #[error("the legacy gateway refused: {code}: {message}")]
    Refused {
        /// Its code, such as `INVALID_REQUEST`.
        code: String,
        /// Its text.
        message: String,
    },
}

/// Counts what plugins were refused.
pub trait Counter: Send + Sync {
    /// A plugin asked for what it was not granted. `capability` is a word such as `http`, one of few.
    fn on_denied(&self, plugin: &str, capability: &'static str);
}

impl Hands {
    pub(crate) fn on_denied(&self, plugin: &str, capability: &'static str) {
        if let Some(counter) = &self.counter {
            counter.on_denied(plugin, capability);
        }
    }
}

impl fmt::Debug for Hands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hands")
    }
}
