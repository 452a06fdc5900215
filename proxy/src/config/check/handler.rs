//! The `handler` key, and what is asked of a handler that plans.

use super::plugins::is_name;
use crate::config::read::{Item, brief};
use crate::config::suggest::{listed, nearest};
use crate::config::value::{filled, upstream};
use crate::config::{HandlerRef, Handlers};

pub(super) fn read(item: &mut Item<'_, '_>, known: &Handlers) -> Option<HandlerRef> {
    let name = filled(item, "\"http://127.0.0.1:9000\"")?;
    if name.contains("://") {
        return upstream(item).map(HandlerRef::Upstream);
    }
    match name.split_once(':') {
        Some(("plugin", plugin)) if known.contains(name) => {
            Some(HandlerRef::Plugin(plugin.to_owned()))
        }
        Some(("plugin", plugin)) => ungranted(item, plugin, known),
        Some(("wasi-http", file)) => wasi_http(item, file),
        _ if known.contains(name) => Some(HandlerRef::Named(name.to_owned())),
        _ => item.refuse(
            format!("no handler is called `{}`", brief(name)),
            help(name, known),
        ),
    }
}

/// A plugin that answers a route needs at least the path that it answers at.
fn ungranted(item: &mut Item<'_, '_>, plugin: &str, known: &Handlers) -> Option<HandlerRef> {
    let granted = known
        .names()
        .filter_map(|name| name.strip_prefix("plugin:"));
    let help = match nearest(plugin, granted) {
        Some(meant) => format!("did you mean \"plugin:{meant}\"?"),
        None => format!(
            "add [plugins.{}] with the paths it may answer: webhook = [\"/..\"]",
            brief(plugin)
        ),
    };
    item.refuse(
        format!("nothing was granted to a plugin `{}`", brief(plugin)),
        help,
    )
}

/// A component in the folder of plugins, with or without `.wasm`.
fn wasi_http(item: &mut Item<'_, '_>, file: &str) -> Option<HandlerRef> {
    let name = file.strip_suffix(".wasm").unwrap_or(file);
    match is_name(name) {
        true => Some(HandlerRef::WasiHttp(name.to_owned())),
        false => item.refuse(
            format!("`{}` is not a file in the folder of plugins", brief(file)),
            "its name is lower-case letters, digits and hyphens: \"wasi-http:hello.wasm\"",
        ),
    }
}

fn help(name: &str, known: &Handlers) -> String {
    let suggestion =
        nearest(name, known.names()).map(|meant| format!("did you mean \"{meant}\"? "));
    let list = match listed(known.names()) {
        none if none.is_empty() => {
            "this program has none; name a service: \"http://127.0.0.1:9000\"".into()
        }
        list => format!("this program has {list}"),
    };
    suggestion.unwrap_or_default() + &list
}

/// Why a handler cannot be asked for a plan, and what to do about it. A service behind a URL has no place for a
/// declaration: whether it plans is told by its answers.
pub(super) fn refusal_to_plan(
    handler: &HandlerRef,
    known: &Handlers,
) -> Option<(String, &'static str)> {
    let (name, help) = match handler {
        HandlerRef::Named(name) => (
            name.clone(),
            "write shadow = { writes = \"skip\" }, or have the program declare it: Handler::new(..).through_effects()",
        ),
        HandlerRef::Plugin(plugin) => (
            format!("plugin:{plugin}"),
            "write shadow = { writes = \"skip\" }",
        ),
        HandlerRef::WasiHttp(_) | HandlerRef::Upstream(_) => return None,
    };
    let message = format!(
        "`{name}` cannot plan: it does not declare that all it does goes through `Effects`"
    );
    (!known.can_plan(&name)).then_some((message, help))
}
