//! Methods of the legacy gateway.
//!
//! Each is granted by its name, and the operator says whether it changes something. The surprise: one that changes
//! nothing is called in plans too.

use std::time::Duration;

use overgrow_bridge::RpcError;
use overgrow_handler::Effect;
use serde_json::{Map, Value};

use super::{State, answer};
use crate::bindings::overgrow::plugin::legacy::{Error, Host};
use crate::grant::Class;
use crate::plan;

/// How long a method may take when the plugin does not say; the call's own deadline holds besides.
const PATIENCE: Duration = Duration::from_secs(30);

impl Host for State {
    async fn call(
        &mut self,
        method: String,
        params: String,
        timeout: Option<u64>,
    ) -> wasmtime::Result<Result<String, Error>> {
        let timeout = timeout.map_or(PATIENCE, Duration::from_millis);
        Ok(self.call_legacy(&method, &params, timeout).await)
    }
}

impl State {
    async fn call_legacy(
        &mut self,
        method: &str,
        params: &str,
        timeout: Duration,
    ) -> Result<String, Error> {
        let class = self.legacy_class(method)?;
        let params: Value = serde_json::from_str(params)
            .map_err(|_| answer::invalid("the parameters are not JSON"))?;
        let gateway = self.who.hands.gateway.as_ref();
        let timeout = timeout.min(self.left());
        let perform = |params| async move {
            let gateway = gateway.ok_or_else(|| answer::absent("a legacy gateway"))?;
            let called = gateway.call(method, params, timeout).await;
            called.map_err(refused)
        };
        let answered = match class {
            Class::Read => perform(params).await?,
            Class::Effect => {
                let effect = Effect::new("legacy", method).detail(self.shown(&params));
                let planned = self.planned_legacy(method);
                let perform = || perform(params);
                self.ask.effects.run(effect, planned, perform).await?
            }
        };
        Ok(answered.to_string())
    }

    fn legacy_class(&self, method: &str) -> Result<Class, Error> {
        let mut granted = self.who.grant.legacy.iter();
        let grant = granted.find(|grant| grant.method == method);
        grant.map(|grant| grant.class).ok_or_else(|| {
            let missing = format!("legacy = [{{ method = {method:?} }}]");
            self.who.denied("legacy", &missing)
        })
    }

    fn planned_legacy(&self, method: &str) -> Value {
        let rule = plan::rule(&self.who.grant.plan, "legacy", method);
        rule.map_or(Value::Object(Map::new()), |rule| rule.answer.clone())
    }
}

fn refused(error: RpcError) -> Error {
    match error {
        RpcError::Away(_) | RpcError::Broken => Error::Unavailable(error.to_string()),
        RpcError::Timeout(_) => Error::Timeout,
        RpcError::TooLarge { most, .. } => Error::TooLarge(most as u64),
        RpcError::Refused {
            retry_after: Some(after),
            ..
        } => Error::RateLimited(u64::try_from(after.as_millis()).ok()),
        RpcError::Refused {
            code,
            message,
            retryable: false,
            ..
        } => Error::Other((code, message)),
        refusal @ RpcError::Refused { .. } => Error::Unavailable(refusal.to_string()),
    }
}
