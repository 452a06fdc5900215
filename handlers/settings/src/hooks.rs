//! `hooks`: the webhooks and their mappings, presets already put behind the mappings.

use std::path::PathBuf;

use crate::Secret;

/// `hooks`, when it is enabled.
#[derive(Debug, Clone, PartialEq)]
pub struct Hooks {
    /// Normalised `hooks.path`: a leading slash, none at the end.
    pub base: String,
    /// `hooks.token`, trimmed and not empty.
    pub token: Secret,
    /// Largest body in bytes.
    pub max_body: u64,
    /// Mappings, then those of presets, in order; the first match wins.
    pub mappings: Vec<Mapping>,
}

/// One entry of `hooks.mappings`, normalised as the legacy does it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// Its id, or `mapping-<n>`.
    pub id: String,
    /// The sub-path it takes, slashes trimmed at both ends.
    pub path: Option<String>,
    /// The `source` of payloads it takes.
    pub source: Option<String>,
    /// What it turns a payload into.
    pub action: Action,
    /// When the heartbeat comes.
    pub wake_mode: WakeMode,
    /// Template of the name.
    pub name: Option<String>,
    /// Template of the session key.
    pub session_key: Option<String>,
    /// Template of the message.
    pub message: Option<String>,
    /// Template of the text.
    pub text: Option<String>,
    /// Whether the answer is delivered.
    pub deliver: Option<bool>,
    /// Whether the content goes without its wrapper.
    pub allow_unsafe: Option<bool>,
    /// The channel, as written.
    pub channel: Option<String>,
    /// Template of the addressee.
    pub to: Option<String>,
    /// Template of the model.
    pub model: Option<String>,
    /// Template of the thinking level.
    pub thinking: Option<String>,
    /// Limit of the turn, seconds.
    pub timeout_seconds: Option<f64>,
    /// A JavaScript transform, which only the legacy can run.
    pub transform: Option<Transform>,
}

/// A transform module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transform {
    /// Absolute path of the module.
    pub module: PathBuf,
    /// The named export, if one is named.
    pub export: Option<String>,
}

/// What a mapping makes of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A system event on the main session.
    Wake,
    /// An agent's turn.
    Agent,
}

/// When the heartbeat comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WakeMode {
    /// At once.
    Now,
    /// When it is due.
    NextHeartbeat,
}
