//! One version of a plugin that was found good, with what it said of itself.
//!
//! It is made by [`validate`](super::validate) and never changes. Calls under way hold it, so that it ends after them.

use std::sync::Arc;

use serde_json::Value;

use crate::grant::Grant;
use crate::plugin::{Imports, Plugin};
use crate::web::WebComponent;
use crate::webhook::Routes;
use crate::wit::channel::ChannelInfo;
use crate::wit::tool::Definition;

/// One version of a plugin.
#[derive(Debug)]
pub(crate) struct Version {
    /// To be called.
    pub(crate) component: Component,
    /// Of the file, in hexadecimal digits.
    pub(crate) sha256: String,
    /// The configuration it was checked with, JSON.
    pub(crate) document: Arc<str>,
    /// Where it answers requests.
    pub(crate) routes: Routes,
    /// The channel it serves.
    pub(crate) channel: Option<ChannelInfo>,
    /// The tools it offers.
    pub(crate) tools: Vec<Tool>,
    /// The gateway's events it would like to see.
    pub(crate) events: Vec<String>,
}

/// What a file holds.
#[derive(Debug)]
pub(crate) enum Component {
    /// A plugin, as the contract has it.
    Plugin(Plugin),
    /// An ordinary `wasi:http` component.
    Web(WebComponent),
}

/// A tool that is offered.
#[derive(Debug)]
pub(crate) struct Tool {
    pub(crate) definition: Definition,
    /// The JSON Schema of its arguments, which is an object.
    pub(crate) schema: Value,
}

impl Version {
    /// The plugin, unless it is none but a `wasi:http` component.
    pub(crate) fn plugin(&self) -> Option<&Plugin> {
        match &self.component {
            Component::Plugin(plugin) => Some(plugin),
            Component::Web(_) => None,
        }
    }

    /// What it was granted.
    pub(crate) fn grant(&self) -> &Grant {
        match &self.component {
            Component::Plugin(plugin) => plugin.grant(),
            Component::Web(component) => component.grant(),
        }
    }

    /// What it asks the host for.
    pub(crate) fn imports(&self) -> &Imports {
        match &self.component {
            Component::Plugin(plugin) => plugin.imports(),
            Component::Web(component) => component.imports(),
        }
    }

    /// The interfaces it exports: of the contract without their package, else `wasi:http`.
    pub(crate) fn exports(&self) -> Vec<&'static str> {
        match &self.component {
            Component::Plugin(plugin) => plugin.exports(),
            Component::Web(_) => vec!["wasi:http"],
        }
    }

    /// Its own version, if it says one.
    pub(crate) fn number(&self) -> Option<&str> {
        self.plugin()
            .map(|plugin| plugin.identity().version.as_str())
    }

    /// The tool of a name.
    pub(crate) fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.definition.name == name)
    }

    /// Whether it serves a channel of this id or alias.
    pub(crate) fn serves(&self, channel: &str) -> bool {
        let info = self.channel.as_ref();
        info.is_some_and(|info| {
            info.id == channel || info.aliases.iter().any(|alias| alias == channel)
        })
    }
}
