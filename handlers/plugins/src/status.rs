//! What people are told of the plugins: one row each.
//!
//! It reads and changes nothing. The surprise: a tool or channel that another plugin offers as well is told, because only
//! the first by name is asked.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::folder::{Shelf, Slot, Version};
use crate::service::ServiceStatus;
use crate::webhook::written;

/// One plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PluginStatus {
    /// Its file's name without `.wasm`.
    pub name: String,
    /// `loading`, `loaded`, `stale` or `broken`; see [`PluginState`](crate::PluginState).
    pub state: &'static str,
    /// Why the file's present content is not loaded.
    pub error: Option<String>,
    /// What is loaded; `None` when nothing is.
    pub loaded: Option<LoadedStatus>,
    /// How its service fares, when it is one.
    pub service: Option<ServiceSummary>,
    /// Calls since the file was first seen.
    pub calls: u64,
    /// How many of them failed.
    pub failures: u64,
}

/// A version that is loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoadedStatus {
    /// Its own version; a `wasi:http` component says none.
    pub version: Option<String>,
    /// What it says of itself.
    pub description: Option<String>,
    /// Of its file, hexadecimal.
    pub sha256: String,
    /// Since when, Unix milliseconds.
    pub since: Option<u64>,
    /// The interfaces it exports.
    pub exports: Vec<String>,
    /// The interfaces it imports, WASI's apart.
    pub imports: Vec<String>,
    /// Those among them that are of no use to it, since nothing of them was granted.
    pub ungranted: Vec<String>,
    /// Where it answers requests, as routes.toml would write it.
    pub routes: Vec<String>,
    /// The channel it serves.
    pub channel: Option<String>,
    /// The tools it offers.
    pub tools: Vec<String>,
    /// Its tools and channel that another plugin, earlier by name, is asked for instead.
    pub shadowed: Vec<String>,
    /// Events it would like to see; there is no source of events here, so it sees none.
    pub events: Vec<String>,
}

/// How a service fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceSummary {
    /// In a word.
    pub state: &'static str,
    /// How often it was started afresh after a failure.
    pub restarts: u64,
    /// Its last failure.
    pub error: Option<String>,
}

/// All plugins, by name.
pub(crate) fn list(shelf: &Shelf) -> Vec<PluginStatus> {
    let slots = shelf.slots();
    slots.values().map(|slot| status(shelf, slot)).collect()
}

/// One plugin.
pub(crate) fn status(shelf: &Shelf, slot: &Slot) -> PluginStatus {
    let last = slot.last();
    let (calls, failures) = slot.tally();
    let version = slot.version();
    PluginStatus {
        name: slot.name().to_owned(),
        state: slot.state().word(),
        error: last.fault,
        loaded: version.map(|version| loaded(shelf, &version, last.since)),
        service: slot.service_status().map(ServiceSummary::from),
        calls,
        failures,
    }
}

fn loaded(shelf: &Shelf, version: &Arc<Version>, since: Option<SystemTime>) -> LoadedStatus {
    let identity = version.plugin().map(|plugin| plugin.identity());
    let names = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
    LoadedStatus {
        version: identity.map(|identity| identity.version.clone()),
        description: identity.map(|identity| identity.description.clone()),
        sha256: version.sha256.clone(),
        since: since.and_then(millis),
        exports: names(version.exports()),
        imports: version.imports().overgrow.clone(),
        ungranted: crate::inspect::ungranted(version),
        routes: version
            .routes
            .iter()
            .map(|route| written(&route.path))
            .collect(),
        channel: version.channel.as_ref().map(|info| info.id.clone()),
        tools: tools(version).map(str::to_owned).collect(),
        shadowed: shadowed(shelf, version),
        events: version.events.clone(),
    }
}

/// What of a version another one is asked for.
fn shadowed(shelf: &Shelf, version: &Arc<Version>) -> Vec<String> {
    let is_other = |first: Arc<Version>| !Arc::ptr_eq(&first, version);
    let tools = tools(version).filter(|name| {
        let first = shelf.first(|other| other.tool(name).is_some());
        first.is_some_and(|(_, first)| is_other(first))
    });
    let info = version.channel.iter();
    let channels = info.flat_map(|info| std::iter::once(&info.id).chain(&info.aliases));
    let channels = channels.filter(|name| {
        let first = shelf.first(|other| other.serves(name));
        first.is_some_and(|(_, first)| is_other(first))
    });
    let tools = tools.map(|name| format!("tool {name}"));
    tools
        .chain(channels.map(|name| format!("channel {name}")))
        .collect()
}

fn tools(version: &Version) -> impl Iterator<Item = &str> {
    let tools = version.tools.iter();
    tools.map(|tool| tool.definition.name.as_str())
}

fn millis(time: SystemTime) -> Option<u64> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok()
}

impl From<ServiceStatus> for ServiceSummary {
    fn from(status: ServiceStatus) -> Self {
        Self {
            state: status.state.word(),
            restarts: status.restarts,
            error: status.error,
        }
    }
}
