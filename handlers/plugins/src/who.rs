//! One loaded version of a plugin as its host calls see it: its name, what it was granted and what it acts through.
//!
//! It must not know Wasmtime. The surprise: its rates and what was already complained about live here and not in a call,
//! so that many calls at once share them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use crate::bindings::overgrow::plugin::types::Error;
use crate::grant::Grant;
use crate::hands::Hands;
use crate::rate::Pace;

/// Programs of one plugin that run at a time; a helper or two is what they are for.
const PROGRAMS: usize = 16;

/// A plugin, for all its calls.
pub(crate) struct Who {
    pub(crate) name: String,
    pub(crate) grant: Grant,
    pub(crate) hands: Hands,
    pub(crate) paces: Paces,
    /// Keys of events that are on their way to the inbox.
    pub(crate) submitting: Mutex<HashSet<String>>,
    /// Places for programs that run.
    pub(crate) programs: Arc<Semaphore>,
    told: Mutex<HashSet<&'static str>>,
}

/// How often a plugin may act.
#[derive(Debug)]
pub(crate) struct Paces {
    pub(crate) http: Pace,
    pub(crate) inbound: Pace,
    pub(crate) log: Pace,
}

impl Who {
    pub(crate) fn new(name: impl Into<String>, grant: Grant, hands: Hands) -> Self {
        let rates = &grant.rates;
        Self {
            name: name.into(),
            paces: Paces {
                http: Pace::new(rates.http),
                inbound: Pace::new(rates.inbound),
                log: Pace::new(rates.log),
            },
            grant,
            hands,
            submitting: Mutex::default(),
            programs: Arc::new(Semaphore::new(PROGRAMS)),
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
