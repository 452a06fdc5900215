//! What is left to the legacy even when hooks are answered here, for people who want to switch it off.

use overgrow_settings::{Live, Mapping};

use crate::mapping;

/// One line each.
pub(crate) fn lines(live: &Live) -> Vec<String> {
    let settings = live.load();
    let hooks = settings
        .as_ref()
        .and_then(|settings| settings.hooks.as_ref());
    let Some(hooks) = hooks else {
        return vec![
            "hooks are not enabled in the legacy's settings: it answers all of them".to_owned(),
        ];
    };
    let always = [
        "agents' turns run at the legacy",
        "system events are queued at the legacy",
    ];
    let mappings = hooks.mappings.iter().filter_map(left);
    always
        .map(str::to_owned)
        .into_iter()
        .chain(mappings)
        .collect()
}

fn left(mapping: &Mapping) -> Option<String> {
    let why = match mapping::left(mapping)?.0 {
        "transform" => "its JavaScript transform cannot run here",
        _ => "its content goes without the wrapper, which cannot be asked of the legacy",
    };
    Some(format!(
        "mapping {} is answered by the legacy: {why}",
        mapping.id
    ))
}
