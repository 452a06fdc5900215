//! The legacy gateway's methods.

use std::time::Duration;

use async_trait::async_trait;
use overgrow_bridge::{Gateway, RpcError};
use serde_json::Value;

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

#[async_trait]
impl GatewayRpc for Gateway {
    async fn call(
        &self,
        method: &str,
        params: Value,
        timeout: Duration,
    ) -> Result<Value, RpcError> {
        Gateway::call(self, method, params, timeout).await
    }
}
