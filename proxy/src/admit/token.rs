//! The `auth` key: credentials of the gateway, of its hooks, or a JWT.

use http::{HeaderMap, Uri};
use overgrow_auth::{Asked, authorize, hooks_token};

use super::bearer::Bearers;
use super::{Denied, Unusable, Visitor};
use crate::config::AuthConfig;
use crate::natives::Natives;

/// Without the legacy's settings nobody is let in: nothing says who may.
const NO_SETTINGS: &str = "the settings that say who may are not there";

/// Who is let in by what it shows.
#[derive(Debug)]
pub(super) enum Tokens {
    Gateway(Natives),
    Hooks(Natives),
    Bearer(Box<Bearers>),
}

impl Tokens {
    pub(super) fn new(auth: &AuthConfig, natives: &Natives) -> Result<Self, Unusable> {
        Ok(match auth {
            AuthConfig::Gateway => Self::Gateway(natives.clone()),
            AuthConfig::Hooks => Self::Hooks(natives.clone()),
            AuthConfig::Jwt(jwt) => Self::Bearer(Box::new(Bearers::new(jwt)?)),
        })
    }

    pub(super) async fn check(
        &self,
        (headers, uri): (&HeaderMap, &Uri),
        visitor: Visitor,
    ) -> Result<(), Denied> {
        match self {
            Self::Gateway(natives) => gateway(natives, (headers, uri), visitor).await,
            Self::Hooks(natives) => hooks(natives, (headers, uri)),
            Self::Bearer(bearers) => bearers.check(headers).await,
        }
    }
}

async fn gateway(
    natives: &Natives,
    (headers, uri): (&HeaderMap, &Uri),
    visitor: Visitor,
) -> Result<(), Denied> {
    let settings = natives.live().load();
    let settings = settings.ok_or(Denied::CannotJudge(NO_SETTINGS))?;
    let asked = Asked::of(visitor.peer, headers, uri);
    let passed = authorize(&settings.gateway, &asked, natives.whois()).await;
    passed.map(drop).map_err(|_| Denied::Gateway)
}

fn hooks(natives: &Natives, (headers, uri): (&HeaderMap, &Uri)) -> Result<(), Denied> {
    let settings = natives.live().load();
    let settings = settings.ok_or(Denied::CannotJudge(NO_SETTINGS))?;
    let hooks = settings.hooks.as_ref();
    let hooks = hooks.ok_or(Denied::CannotJudge("the legacy has no hooks"))?;
    let shown = hooks_token(headers, uri.query());
    match shown.is_some_and(|shown| hooks.token.matches(&shown.text)) {
        true => Ok(()),
        false => Err(Denied::Hooks),
    }
}
