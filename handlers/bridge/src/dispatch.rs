//! What is dispatched.

use overgrow_handler::Effect;
use serde::{Deserialize, Serialize};

use crate::queue::Repeats;

/// Something the legacy is to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Dispatch {
    /// A system event.
    Wake(Wake),
    /// An agent's turn.
    Agent(Box<Agent>),
}

/// A system event on the main session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// Trimmed, not empty.
    pub text: String,
    /// When the heartbeat comes.
    pub mode: WakeMode,
}

/// When the heartbeat comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WakeMode {
    /// At once.
    Now,
    /// When it is due.
    NextHeartbeat,
}

/// An agent's turn, normalised: the body of `POST base/agent`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agent {
    /// Trimmed, not empty.
    pub message: String,
    /// Shown with the summary.
    pub name: String,
    /// When the heartbeat comes.
    pub wake_mode: WakeMode,
    /// The session.
    pub session_key: String,
    /// Whether the answer is delivered.
    pub deliver: bool,
    /// A channel the legacy knows.
    pub channel: String,
    /// The addressee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The thinking level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// Limit of the turn, whole seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<f64>,
}

impl Dispatch {
    /// What a plan shows of it.
    pub fn effect(&self) -> Effect {
        let (target, detail) = match self {
            Self::Wake(wake) => ("wake", serde_json::to_value(wake)),
            Self::Agent(agent) => ("agent", serde_json::to_value(agent)),
        };
        Effect::new("legacy", target).detail(detail.unwrap_or_default())
    }

    /// Whether one that says the same as the one before it is worth keeping.
    pub(crate) fn repeats(&self) -> Repeats {
        match self {
            Self::Wake(_) => Repeats::Coalesce,
            Self::Agent(_) => Repeats::Keep,
        }
    }
}
