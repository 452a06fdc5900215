//! Mappings: hooks that the configuration makes of other services' payloads.
//!
//! The surprise: some are left to the legacy, and which one matches may depend on the payload.

use overgrow_bridge::{Agent, Dispatch, Wake, WakeMode};
use overgrow_handler::Declined;
use overgrow_settings::{Action, Mapping};
use uuid::Uuid;

use crate::agent;
use crate::channel::Channels;
use crate::js::Text;
use crate::json::{Kind, TooDeep, Value};
use crate::reply::Reply;
use crate::stop::Stop;
use crate::template::Scope;

/// The mappings that could match a hook, in order; the last one is the first that asks for no source.
pub(crate) fn possible<'a>(
    mappings: &'a [Mapping],
    hook: &'a str,
) -> impl Iterator<Item = &'a Mapping> {
    let mut undecided = true;
    let of_path = mappings
        .iter()
        .filter(move |mapping| is_of_path(mapping, hook));
    of_path.take_while(move |mapping| std::mem::replace(&mut undecided, source(mapping).is_some()))
}

/// The mapping that matches.
pub(crate) fn find<'a>(
    mappings: &'a [Mapping],
    hook: &'a str,
    payload: Value<'_>,
) -> Option<&'a Mapping> {
    let of = payload.get("source").and_then(Value::text);
    possible(mappings, hook).find(|mapping| match source(mapping) {
        None => true,
        Some(wanted) => of.is_some_and(|of| *of == wanted),
    })
}

/// Whether the source of a payload matters to a mapping.
pub(crate) fn source(mapping: &Mapping) -> Option<&str> {
    mapping
        .source
        .as_deref()
        .filter(|source| !source.is_empty())
}

fn is_of_path(mapping: &Mapping, hook: &str) -> bool {
    match mapping.path.as_deref() {
        None | Some("") => true,
        Some(path) => path == hook.trim_matches('/'),
    }
}

/// Why a mapping is left to the legacy, if it is: transforms are its JavaScript, and no turn that is handed to it can
/// go without the wrapper around its content.
pub(crate) fn left(mapping: &Mapping) -> Option<Declined> {
    if mapping.transform.is_some() {
        return Some(Declined("transform"));
    }
    let unwrapped = mapping.action == Action::Agent && mapping.allow_unsafe == Some(true);
    unwrapped.then_some(Declined("unsafe_content"))
}

/// What a mapping makes of a request, and the answer when it is accepted. `fresh` makes random ids.
///
/// # Errors
/// When the mapping is left to the legacy, has nothing to say, or its channel is none.
pub(crate) fn decide(
    mapping: &Mapping,
    scope: Scope<'_>,
    channels: &Channels,
    fresh: fn() -> Uuid,
) -> Result<(Dispatch, Reply), Stop> {
    if let Some(declined) = left(mapping) {
        return Err(declined.into());
    }
    match mapping.action {
        Action::Wake => wake(mapping, scope),
        Action::Agent => turn(mapping, scope, channels, fresh),
    }
}

fn wake(mapping: &Mapping, scope: Scope<'_>) -> Result<(Dispatch, Reply), Stop> {
    let text = required(mapping.text.as_deref(), scope, "hook mapping requires text")?;
    let mode = mode(mapping);
    Ok((Dispatch::Wake(Wake { text, mode }), Reply::Woken(mode)))
}

fn turn(
    mapping: &Mapping,
    scope: Scope<'_>,
    channels: &Channels,
    fresh: fn() -> Uuid,
) -> Result<(Dispatch, Reply), Stop> {
    let optional = |template: &Option<String>| optional(template.as_deref(), scope);
    let message = required(
        mapping.message.as_deref(),
        scope,
        "hook mapping requires message",
    )?;
    let session_key = optional(&mapping.session_key)?;
    let named = mapping.channel.as_deref().map(Text::from);
    let agent = Agent {
        message,
        name: optional(&mapping.name)?.unwrap_or_else(|| agent::NAME.to_owned()),
        wake_mode: mode(mapping),
        session_key: session_key.unwrap_or_else(|| agent::session(fresh)),
        deliver: mapping.deliver != Some(false),
        channel: channels.resolve(named.as_ref().map(Kind::String))?,
        to: optional(&mapping.to)?,
        model: optional(&mapping.model)?,
        thinking: optional(&mapping.thinking)?,
        timeout_seconds: mapping.timeout_seconds,
    };
    Ok((Dispatch::Agent(Box::new(agent)), Reply::Running(fresh())))
}

fn mode(mapping: &Mapping) -> WakeMode {
    match mapping.wake_mode {
        overgrow_settings::WakeMode::Now => WakeMode::Now,
        overgrow_settings::WakeMode::NextHeartbeat => WakeMode::NextHeartbeat,
    }
}

/// A template filled in, without white space at both ends. The gateway keeps that of a message until it puts a title
/// before it; nothing else tells the difference.
fn required(template: Option<&str>, scope: Scope<'_>, missing: &str) -> Result<String, Stop> {
    optional(template, scope)?.ok_or_else(|| Stop::bad(missing))
}

fn optional(template: Option<&str>, scope: Scope<'_>) -> Result<Option<String>, TooDeep> {
    let text = scope.render(template.unwrap_or_default())?.filled();
    Ok(text.map(|text| text.lossy()))
}
