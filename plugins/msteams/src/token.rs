//! Tokens by which the bot is let in: asked for with its password, and kept until they are old.
//!
//! The surprise: a token passes through here once, when it is issued. From then on it is a secret of the host's, which
//! puts it only into requests to the hosts that the operator named for it, wherever a message says that replies go.

use overgrow_sdk::{Failure, form};
use serde::{Deserialize, Serialize};

use crate::files::hosts::Scope;
use crate::memory;
use crate::outgoing::advice;
use crate::settings::Settings;
use crate::world::{Body, Key, PASSWORD_MARK, Request, World};

/// How long before its end a token is replaced, ms: clocks differ, and a request takes time.
const EARLY: u64 = 5 * 60 * 1000;

/// What is known of a token that is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// Whose it is: after a change of application it is of no use.
    bot: String,
    /// Until when it is good, Unix ms.
    until: u64,
}

impl Scope {
    /// The name of the secret.
    pub fn secret(self) -> &'static str {
        match self {
            Self::Graph => "graph-token",
            Self::Bot => "bot-token",
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::Graph => "https://graph.microsoft.com/.default",
            Self::Bot => "https://api.botframework.com/.default",
        }
    }

    fn shelf(self) -> &'static str {
        match self {
            Self::Graph => "token/graph",
            Self::Bot => "token/bot",
        }
    }
}

/// The name of a secret that holds a good token.
///
/// # Errors
/// When none is issued; the issuer's status says whether to try again.
pub fn token(
    world: &impl World,
    settings: &Settings,
    scope: Scope,
) -> Result<&'static str, Failure> {
    let kept: Option<Kept> = memory::recall(world, scope.shelf())?;
    let now = world.now();
    let good = kept.is_some_and(|kept| kept.bot == bot(settings) && kept.until > now + EARLY);
    if !(good && world.has_secret(scope.secret())) {
        issue(world, settings, scope)?;
    }
    Ok(scope.secret())
}

/// Forgets a token that was not believed.
///
/// # Errors
/// What the host says.
pub fn distrust(world: &impl World, scope: Scope) -> Result<(), Failure> {
    world.forget(scope.shelf()).map(drop)
}

fn issue(world: &impl World, settings: &Settings, scope: Scope) -> Result<(), Failure> {
    let url = format!(
        "{}/{}/oauth2/v2.0/token",
        settings.services.login, settings.tenant
    );
    let pairs = [
        ("grant_type", "client_credentials"),
        ("client_id", settings.app_id.as_str()),
        ("client_secret", PASSWORD_MARK),
        ("scope", scope.wanted()),
    ];
    let body = form::write(pairs).into_bytes();
    let mut request = Request::with(
        "POST",
        url,
        Body::Bytes(body, "application/x-www-form-urlencoded"),
    );
    request.key = Key::Password(settings.password.clone());
    let reply = world.ask(&request)?;
    let document = reply.json();
    let issued = document["access_token"]
        .as_str()
        .filter(|token| reply.is_good() && !token.is_empty());
    let Some(issued) = issued else {
        // The description names the request and the time; the code says what is wrong.
        let code = document["error"].as_str().unwrap_or("no token");
        let why = format!("no token was issued: {} {code}", reply.status);
        return Err(Failure::new(
            "no-token",
            why,
            advice(reply.status, reply.wait),
        ));
    };
    world.keep_secret(scope.secret(), issued)?;
    let lifetime = document["expires_in"]
        .as_f64()
        .unwrap_or(3600.0)
        .clamp(0.0, 86_400.0) as u64
        * 1000;
    let kept = Kept {
        bot: bot(settings),
        until: world.now() + lifetime,
    };
    memory::keep(world, scope.shelf(), &kept, lifetime.max(1))
}

fn bot(settings: &Settings) -> String {
    format!("{}@{}", settings.app_id, settings.tenant)
}
