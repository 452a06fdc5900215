//! One entry of `hooks.mappings`: which payloads it takes and what it makes of them.
//!
//! It must not know how a template is filled. The surprise: a preset is a mapping like any other, written down here
//! instead of in the file.

use std::path::{Path, PathBuf};

use crate::environment::trim;
use crate::include::normal;
use crate::key::Key;

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

impl Mapping {
    /// Takes the entry at a place in the list, counted from 0.
    pub(crate) fn of(entry: &Key<'_>, nth: usize, transforms: &Path) -> Self {
        let owned = |name: &str| entry.at(name).text().map(str::to_owned);
        let matching = entry.at("match");
        Self {
            id: id(entry.at("id").text(), nth),
            path: matching.at("path").text().and_then(match_path),
            source: matching.at("source").text().and_then(not_blank),
            action: entry.at("action").one_of(&ACTIONS).unwrap_or(Action::Agent),
            wake_mode: entry.at("wakeMode").one_of(&WAKES).unwrap_or(WakeMode::Now),
            name: owned("name"),
            session_key: owned("sessionKey"),
            message: owned("messageTemplate"),
            text: owned("textTemplate"),
            deliver: entry.at("deliver").flag(),
            allow_unsafe: entry.at("allowUnsafeExternalContent").flag(),
            channel: owned("channel"),
            to: owned("to"),
            model: owned("model"),
            thinking: owned("thinking"),
            timeout_seconds: entry.at("timeoutSeconds").number(),
            transform: Transform::of(&entry.at("transform"), transforms),
        }
    }

    /// The mappings of a preset; an unknown one has none. `allow_unsafe` is that of `hooks.gmail`.
    pub(crate) fn of_preset(name: &str, allow_unsafe: Option<bool>) -> Option<Self> {
        (name == "gmail").then(|| Self {
            id: "gmail".to_owned(),
            path: Some("gmail".to_owned()),
            source: None,
            action: Action::Agent,
            wake_mode: WakeMode::Now,
            name: Some("Gmail".to_owned()),
            session_key: Some("hook:gmail:{{messages[0].id}}".to_owned()),
            message: Some(GMAIL.to_owned()),
            text: None,
            deliver: None,
            allow_unsafe,
            channel: None,
            to: None,
            model: None,
            thinking: None,
            timeout_seconds: None,
            transform: None,
        })
    }
}

impl Transform {
    fn of(entry: &Key<'_>, folder: &Path) -> Option<Self> {
        if !entry.is_there() {
            return None;
        }
        let module = entry.at("module").text();
        if module.is_none() {
            entry.at("module").wrong("must be a text");
        }
        Some(Self {
            module: normal(&folder.join(module.unwrap_or_default())),
            export: entry.at("export").text().and_then(not_blank),
        })
    }
}

const ACTIONS: [(&str, Action); 2] = [("wake", Action::Wake), ("agent", Action::Agent)];

const WAKES: [(&str, WakeMode); 2] = [
    ("now", WakeMode::Now),
    ("next-heartbeat", WakeMode::NextHeartbeat),
];

/// The message of the `gmail` preset: part of the legacy's interface, since prompts are written against it.
const GMAIL: &str = "New email from {{messages[0].from}}\nSubject: {{messages[0].subject}}\n\
                     {{messages[0].snippet}}\n{{messages[0].body}}";

fn id(written: Option<&str>, nth: usize) -> String {
    let own = written.and_then(not_blank);
    own.unwrap_or_else(|| format!("mapping-{}", nth + 1))
}

/// White space goes first, then slashes: `/ /` is a path of one space. Nothing left takes every path.
fn match_path(written: &str) -> Option<String> {
    let path = trim(written).trim_matches('/');
    (!path.is_empty()).then(|| path.to_owned())
}

fn not_blank(written: &str) -> Option<String> {
    let text = trim(written);
    (!text.is_empty()).then(|| text.to_owned())
}
