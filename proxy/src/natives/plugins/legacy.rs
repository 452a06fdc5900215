//! Where the gateway is, for whoever calls its methods.

use overgrow_bridge::Target;
use overgrow_settings::{Secret, Settings};

use crate::config::UpstreamUrl;

/// Its address and what lets us in. Hooks are of no concern here, and may be off.
pub(super) fn target(legacy: &UpstreamUrl, settings: &Settings) -> Target {
    let auth = &settings.gateway.auth;
    let hooks = settings.hooks.as_ref();
    Target {
        url: legacy.to_string(),
        base: hooks.map(|hooks| hooks.base.clone()).unwrap_or_default(),
        hooks_token: hooks.map_or_else(|| Secret::new(""), |hooks| hooks.token.clone()),
        gateway_token: auth.token.clone(),
        password: auth.password.clone(),
        max_body: Target::MAX_BODY,
    }
}
