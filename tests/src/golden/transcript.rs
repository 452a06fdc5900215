//! One recorded WebSocket conversation and the form in which two of them are compared.
//!
//! It must not know how a frame is sent. The surprise: a recorded `{"size":N}` stands for N bytes of filler, and a recorded string
//! is a frame that is not JSON.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The steps of one conversation, as recorded.
#[derive(Debug, Deserialize)]
pub struct Transcript {
    /// Unique, such as `auth.none`.
    pub name: String,
    /// The upgrade's target.
    pub path: String,
    /// Headers of the upgrade besides the usual ones.
    pub headers: BTreeMap<String, String>,
    /// What happened, in order.
    pub steps: Vec<Timed>,
}

/// A step and when it happened.
#[derive(Debug, Deserialize)]
pub struct Timed {
    /// What happened.
    #[serde(flatten)]
    pub step: Step,
    /// Milliseconds since the client connected; not known of what it sent.
    pub ms: Option<u64>,
}

/// One step of a conversation.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Step {
    /// The gateway sent a frame.
    Received {
        /// Its JSON.
        recv: Value,
    },
    /// The client sent a frame.
    Sent {
        /// Its JSON, its text when that is no JSON, or its size.
        send: Value,
    },
    /// The gateway closed.
    Closed {
        /// With what.
        close: Close,
    },
    /// A remark of the recorder: the connection was still open at the end.
    Note {
        /// Its text.
        note: String,
    },
}

/// A close frame.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Close {
    /// The code.
    pub code: u16,
    /// The reason, often empty.
    pub reason: String,
}

/// What a client received in one conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// The JSON frames, in order.
    pub frames: Vec<Value>,
    /// How it ended.
    pub end: End,
}

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The gateway had nothing more to say and answered a ping.
    Open,
    /// The gateway closed.
    Closed(Close),
    /// The connection broke or fell silent.
    Lost(String),
}

impl Transcript {
    /// What the client received when this was recorded.
    pub fn conversation(&self) -> Conversation {
        let mut conversation = Conversation {
            frames: Vec::new(),
            end: End::Open,
        };
        for Timed { step, .. } in &self.steps {
            match step {
                Step::Received { recv } => conversation.frames.push(recv.clone()),
                Step::Closed { close } => conversation.end = End::Closed(close.clone()),
                Step::Sent { .. } | Step::Note { .. } => {}
            }
        }
        conversation
    }

    /// The nonce of the recorded challenge.
    pub fn nonce(&self) -> Option<&str> {
        self.challenge()?.1["nonce"].as_str()
    }

    /// When the client connected, in milliseconds since 1970; 0 if the gateway did not say.
    pub fn began(&self) -> u64 {
        let began = self.challenge().and_then(|(ms, challenge)| {
            let sent = challenge["ts"].as_u64()?;
            sent.checked_sub(ms)
        });
        began.unwrap_or_default()
    }

    /// Whether the client introduces a device.
    pub fn has_device(&self) -> bool {
        self.steps.iter().any(|timed| match &timed.step {
            Step::Sent { send } => !send["params"]["device"].is_null(),
            _ => false,
        })
    }

    /// The payload of the first frame, and when it came.
    fn challenge(&self) -> Option<(u64, &Value)> {
        self.steps.iter().find_map(|timed| match &timed.step {
            Step::Received { recv } => Some((timed.ms.unwrap_or_default(), &recv["payload"])),
            _ => None,
        })
    }
}
