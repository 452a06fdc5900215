//! The hooks handler, the bridge it dispatches over, and where that bridge leads.
//!
//! The surprise: the bridge is opened when the first route names the handler, and follows the legacy's own settings
//! from then on, so that a new token in them needs no reload here.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use overgrow_bridge::{Bridge, BridgeConfig, Target};
use overgrow_handler::Handler;
use overgrow_hooks::handler;
use overgrow_settings::{Live, Settings};

use super::NativeError;
use crate::config::UpstreamUrl;

/// The hooks handler, once it is needed.
#[derive(Debug, Default)]
pub(super) struct Hooks(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    opened: Option<(Bridge, Handler)>,
    legacy: Option<UpstreamUrl>,
}

impl Hooks {
    /// The handler, over a bridge whose queue lies in `data`.
    pub(super) fn handler(&self, live: &Live, data: &Path) -> Result<Handler, NativeError> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, handler)) = &inner.opened {
            return Ok(handler.clone());
        }
        let bridge = Bridge::open(BridgeConfig::new(data)).map_err(NativeError::Bridge)?;
        let handler = handler(live.clone(), bridge.clone());
        inner.opened = Some((bridge, handler.clone()));
        Ok(handler)
    }

    /// The bridge, if it is open.
    pub(super) fn bridge(&self) -> Option<Bridge> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.opened.as_ref().map(|(bridge, _)| bridge.clone())
    }

    /// The legacy is there now.
    pub(super) fn lead_to(&self, legacy: Option<UpstreamUrl>, settings: Option<&Settings>) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.legacy = legacy;
        inner.lead(settings);
    }

    /// The legacy's settings are these now.
    pub(super) fn settle(&self, settings: Option<&Settings>) {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.lead(settings);
    }
}

impl Inner {
    fn lead(&self, settings: Option<&Settings>) {
        let (Some((bridge, _)), Some(legacy), Some(settings)) =
            (&self.opened, &self.legacy, settings)
        else {
            return;
        };
        if let Some(target) = target(legacy, settings) {
            bridge.follow(target);
        }
    }
}

/// Without hooks there is nothing to dispatch to.
fn target(legacy: &UpstreamUrl, settings: &Settings) -> Option<Target> {
    let hooks = settings.hooks.as_ref()?;
    let auth = &settings.gateway.auth;
    Some(Target {
        url: legacy.to_string(),
        base: hooks.base.clone(),
        hooks_token: hooks.token.clone(),
        gateway_token: auth.token.clone(),
        password: auth.password.clone(),
        max_body: usize::try_from(hooks.max_body).unwrap_or(usize::MAX),
    })
}
