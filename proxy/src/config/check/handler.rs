//! The `handler` key, and what is asked of a handler that plans.

use crate::config::read::{Item, brief};
use crate::config::suggest::{listed, nearest};
use crate::config::value::{filled, upstream};
use crate::config::{HandlerRef, Handlers};

pub(super) fn read(item: &mut Item<'_, '_>, known: &Handlers) -> Option<HandlerRef> {
    let name = filled(item, "\"http://127.0.0.1:9000\"")?;
    if name.contains("://") {
        return upstream(item).map(HandlerRef::Upstream);
    }
    match (name.strip_prefix("plugin:"), known.contains(name)) {
        (Some(plugin), true) => Some(HandlerRef::Plugin(plugin.to_owned())),
        (None, true) => Some(HandlerRef::Named(name.to_owned())),
        (Some(_), false) if !known.names().any(|known| known.starts_with("plugin:")) => item
            .refuse(
                "plugins are not part of this build",
                "use a handler of this program or a service of your own: \"http://127.0.0.1:9000\"",
            ),
        (_, false) => item.refuse(
            format!("no handler is called `{}`", brief(name)),
            help(name, known),
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
        HandlerRef::Upstream(_) => return None,
    };
    let message = format!(
        "`{name}` cannot plan: it does not declare that all it does goes through `Effects`"
    );
    (!known.can_plan(&name)).then_some((message, help))
}
