//! One loaded version of a plugin as its host calls see it: its name, what it was granted and what it acts through.
//!
//! It must not know Wasmtime. The surprise: its rates and what was already complained about live here and not in a call,
//! so that many calls at once share them.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::hands::Hands;
use crate::{Grant, bindings::overgrow::plugin::types::Error};

/// A plugin, for all its calls.
pub(crate) struct Who {
    pub(crate) name: String,
    pub(crate) grant: Grant,
    pub(crate) hands: Hands,
    told: Mutex<HashSet<&'static str>>,
}

impl Who {
    pub(crate) fn new(name: impl Into<String>, grant: Grant, hands: Hands) -> Self {
        Self {
            name: name.into(),
            grant,
            hands,
            told: Mutex::default(),
        }
    }

    /// Refuses what was not granted, in the words with which an operator would grant it. Counted each time, logged the
    /// first.
    pub(crate) fn denied(&self, capability: &'static str, missing: &str) -> Error {
        self.hands.on_denied(&self.name, capability);
        let text = format!("not granted: [plugins.{}] {missing}", self.name);
        if self.is_news(capability) {
            tracing::warn!(plugin = %self.name, capability, "{text}");
        }
        Error::Denied(text)
    }

    fn is_news(&self, capability: &'static str) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(capability)
    }
}
