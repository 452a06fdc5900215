//! The two that are believed, and where their keys are.
//!
//! It must not know how keys are fetched.

use crate::settings::Services;

/// Who the Bot Framework says it is.
pub const BOT_FRAMEWORK: &str = "https://api.botframework.com";

/// Somebody who publishes keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// The Bot Framework's connector.
    BotFramework,
    /// The tenant's directory, in whose name the emulator and other agents sign.
    Tenant,
}

impl Authority {
    /// Where it says how it signs.
    pub fn metadata(self, services: &Services, tenant: &str) -> String {
        match self {
            Self::BotFramework => services.metadata.clone(),
            Self::Tenant => format!(
                "{}/{tenant}/v2.0/.well-known/openid-configuration",
                services.login
            ),
        }
    }

    /// Under what name its keys are kept.
    pub fn shelf(self) -> &'static str {
        match self {
            Self::BotFramework => "keys/botframework",
            Self::Tenant => "keys/tenant",
        }
    }
}
