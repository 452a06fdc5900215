//! What must be left to the legacy before the body is read.
//!
//! The surprise: it is about the body's size. Up to a bound a body that was read can still be left; one that may be
//! larger is only begun when nothing in it can make us leave it.

use http_body::SizeHint;
use overgrow_handler::Declined;
use overgrow_settings::{Action, Hooks, Mapping};

use crate::channel::Channels;
use crate::mapping;

/// Leaves what has to be left now.
///
/// # Errors
/// When the legacy has to answer.
pub(crate) fn check(
    hooks: &Hooks,
    hook: &str,
    channels: &Channels,
    body: &SizeHint,
) -> Result<(), Declined> {
    if let Some(declined) = certain(hooks, hook) {
        return Err(declined);
    }
    let largest = body.upper().unwrap_or(u64::MAX).min(hooks.max_body);
    if largest > Declined::BODY as u64 && may_leave(hooks, hook, channels) {
        return Err(Declined("large_body"));
    }
    Ok(())
}

/// Whether the address alone decides for a mapping that is left.
fn certain(hooks: &Hooks, hook: &str) -> Option<Declined> {
    if matches!(hook, "wake" | "agent") {
        return None;
    }
    let first = mapping::possible(&hooks.mappings, hook).next()?;
    match mapping::source(first) {
        None => mapping::left(first),
        Some(_) => None,
    }
}

fn may_leave(hooks: &Hooks, hook: &str, channels: &Channels) -> bool {
    match hook {
        "wake" => false,
        "agent" => !channels.are_known(),
        _ => mapping::possible(&hooks.mappings, hook).any(|mapping| may_be_left(mapping, channels)),
    }
}

fn may_be_left(mapping: &Mapping, channels: &Channels) -> bool {
    let asks_channels = mapping.action == Action::Agent && mapping.channel.is_some();
    mapping::left(mapping).is_some() || asks_channels && !channels.are_known()
}
