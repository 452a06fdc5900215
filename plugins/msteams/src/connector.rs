//! Posts Activities to the connector of a conversation.
//!
//! The surprise: a token that is not believed is replaced and the Activity sent once more, since what was refused was not
//! said. A connection that breaks off is another matter: the message may be out, and nobody is told it twice.

use overgrow_sdk::{Failure, RetryAdvice};
use serde_json::Value;

use crate::files::hosts::Scope;
use crate::outgoing::{self, Spot};
use crate::reference::Reference;
use crate::settings::Settings;
use crate::token;
use crate::world::{Request, World};

/// Says something in a conversation; the id of what was said, empty when the connector gives none.
///
/// # Errors
/// What the connector says, with advice by its status.
pub fn post(
    world: &impl World,
    settings: &Settings,
    reference: &Reference,
    spot: Spot<'_>,
    activity: &Value,
) -> Result<String, Failure> {
    let url = spot.url(reference, settings.services.connector.as_deref());
    let answer = ask(world, settings, &Request::json("POST", url, activity))?;
    Ok(answer["id"].as_str().unwrap_or_default().to_owned())
}

/// Changes what was said.
///
/// # Errors
/// As [`post`].
pub fn update(
    world: &impl World,
    settings: &Settings,
    reference: &Reference,
    id: &str,
    activity: &Value,
) -> Result<(), Failure> {
    let url = outgoing::activity_url(reference, settings.services.connector.as_deref(), id);
    ask(world, settings, &Request::json("PUT", url, activity)).map(drop)
}

/// Takes back what was said.
///
/// # Errors
/// As [`post`].
pub fn delete(
    world: &impl World,
    settings: &Settings,
    reference: &Reference,
    id: &str,
) -> Result<(), Failure> {
    let url = outgoing::activity_url(reference, settings.services.connector.as_deref(), id);
    let request = Request {
        method: "DELETE",
        ..Request::get(url)
    };
    ask(world, settings, &request).map(drop)
}

fn ask(world: &impl World, settings: &Settings, request: &Request) -> Result<Value, Failure> {
    let mut distrusted = false;
    loop {
        let secret = token::token(world, settings, Scope::Bot)?;
        let reply = world.ask(&request.clone().bearer(secret)).map_err(unsure)?;
        if reply.is_good() {
            return Ok(reply.json());
        }
        if reply.status == 401 && !distrusted {
            token::distrust(world, Scope::Bot)?;
            distrusted = true;
            continue;
        }
        let (code, hint) = (
            format!("http-{}", reply.status),
            outgoing::hint(reply.status),
        );
        let why = match told(&reply.json()) {
            Some(reason) => format!("{hint}: {reason}"),
            None => hint.to_owned(),
        };
        return Err(Failure::new(
            code,
            why,
            outgoing::advice(reply.status, reply.wait),
        ));
    }
}

/// A request that got no answer may have been heard all the same; one that the host never sent was not.
fn unsure(failure: Failure) -> Failure {
    match failure.code.as_str() {
        "timeout" | "unavailable" => Failure::new(
            "no-answer",
            format!("it may have been said already: {}", failure.message),
            RetryAdvice::Never,
        ),
        _ => failure,
    }
}

/// What the connector says is wrong, for people.
fn told(answer: &Value) -> Option<String> {
    let error = &answer["error"];
    let code = error["code"].as_str()?;
    let message: String = error["message"]
        .as_str()
        .unwrap_or_default()
        .chars()
        .take(200)
        .collect();
    Some(format!("{code} {message}").trim().to_owned())
}
