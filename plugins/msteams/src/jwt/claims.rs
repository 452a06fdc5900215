//! What a token says, and what is expected of it.
//!
//! It must not know keys but for the channels they may speak for. The surprise: the Bot Framework's tokens name the
//! service that a message came from, and a directory's do not.

use serde_json::Value;

use super::Refusal;
use super::authority::{Authority, BOT_FRAMEWORK};
use super::keys::Key;
use super::token::Token;
use crate::settings::{Issuers, Settings};

/// How far two clocks may differ, s, as the Bot Framework asks.
pub const SKEW: f64 = 300.0;

/// What is looked at in a token.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    /// Who issued it.
    pub issuer: String,
    /// Whom it is for: one name. The legacy believes no list either.
    pub audience: String,
    /// Not before, Unix s.
    pub not_before: Option<f64>,
    /// Not from then on, Unix s.
    pub expires: f64,
    /// Where the message came from.
    pub service: Option<String>,
}

/// What a token is held to.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    /// The operator's settings.
    pub settings: &'a Settings,
    /// The service that the message names.
    pub service: Option<&'a str>,
    /// The channel that the message names.
    pub channel: Option<&'a str>,
}

impl Claims {
    /// Reads them; a time that is no number makes them unreadable.
    pub fn read(token: &Token<'_>) -> Result<Self, Refusal> {
        let payload = &token.payload;
        let text = |key: &str| payload[key].as_str().map(str::to_owned);
        Ok(Self {
            issuer: text("iss").unwrap_or_default(),
            audience: text("aud").unwrap_or_default(),
            not_before: time(payload, "nbf", Refusal::NotYet)?,
            expires: time(payload, "exp", Refusal::Endless)?.ok_or(Refusal::Endless)?,
            service: text("serviceurl").or_else(|| text("serviceUrl")),
        })
    }
}

impl Expected<'_> {
    /// What can be said before anybody's keys are asked for: whose they would be.
    pub fn accepts(&self, token: &Token<'_>, claims: &Claims) -> Result<Authority, Refusal> {
        let ours = !claims.audience.is_empty() && claims.audience == self.settings.app_id;
        if !ours {
            return Err(Refusal::Audience);
        }
        if token.signature.is_empty() {
            return Err(Refusal::Unsigned);
        }
        if token.algorithm != "RS256" {
            return Err(Refusal::Algorithm);
        }
        if token.key_id.is_empty() {
            return Err(Refusal::UnknownKey(String::new()));
        }
        self.authority(&claims.issuer)
    }

    /// What can be said when the signature is known to be good.
    pub fn holds(
        &self,
        claims: &Claims,
        key: &Key,
        authority: Authority,
        now: u64,
    ) -> Result<(), Refusal> {
        let now = now as f64 / 1000.0;
        if claims.not_before.is_some_and(|from| from > now + SKEW) {
            return Err(Refusal::NotYet);
        }
        if now >= claims.expires + SKEW {
            return Err(Refusal::Expired);
        }
        if !self.is_from(claims, authority) {
            return Err(Refusal::Service);
        }
        let endorsed = self.channel.is_some_and(|channel| key.endorses(channel));
        match authority {
            Authority::BotFramework if !endorsed => Err(Refusal::Channel),
            _ => Ok(()),
        }
    }

    fn authority(&self, issuer: &str) -> Result<Authority, Refusal> {
        let tenants = self.tenants();
        match self.settings.issuers {
            _ if issuer == BOT_FRAMEWORK => Ok(Authority::BotFramework),
            Issuers::Tenant if tenants.iter().any(|one| one == issuer) => Ok(Authority::Tenant),
            Issuers::Tenant => Err(Refusal::Issuer(format!(
                "{BOT_FRAMEWORK},{}",
                tenants.join(",")
            ))),
            Issuers::BotFramework => Err(Refusal::Issuer(BOT_FRAMEWORK.to_owned())),
        }
    }

    /// The names that the tenant's directory signs under, by the token's version.
    fn tenants(&self) -> [String; 2] {
        let tenant = &self.settings.tenant;
        [
            format!("https://sts.windows.net/{tenant}/"),
            format!("{}/{tenant}/v2.0", self.settings.services.login),
        ]
    }

    /// Whether the token was issued for the service that the message names. Where the token is the Bot Framework's it
    /// has to say so; a directory's may.
    fn is_from(&self, claims: &Claims, authority: Authority) -> bool {
        let bare = |url: &str| url.trim_end_matches('/').to_owned();
        match (&claims.service, authority) {
            (Some(claimed), _) => self.service.map(bare) == Some(bare(claimed)),
            (None, Authority::BotFramework) => false,
            (None, Authority::Tenant) => true,
        }
    }
}

fn time(payload: &Value, key: &str, fault: Refusal) -> Result<Option<f64>, Refusal> {
    match &payload[key] {
        Value::Null => Ok(None),
        Value::Number(number) => number.as_f64().ok_or(fault).map(Some),
        _ => Err(fault),
    }
}
