//! What can be told about the running version of routes.toml.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::config::Faults;

/// Whether the file is what runs, and if not, why.
#[derive(Debug, Clone)]
pub struct Status {
    /// Where routes.toml is.
    pub file: PathBuf,
    /// The running generation.
    pub generation: u64,
    /// When it was loaded.
    pub loaded_at: SystemTime,
    /// `[server]` keys that changed since the start.
    pub needs_restart: Vec<&'static str>,
    fault: Option<Fault>,
}

/// Why the file is not what runs.
#[derive(Debug, Clone)]
enum Fault {
    Unreadable(String),
    Faults(Faults, String),
}

impl Status {
    pub(super) fn first(file: PathBuf, now: SystemTime) -> Self {
        Self {
            file,
            generation: 1,
            loaded_at: now,
            needs_restart: Vec::new(),
            fault: None,
        }
    }

    /// Whether the file is what runs.
    pub fn is_synchronized(&self) -> bool {
        self.fault.is_none()
    }

    /// The report for people, with excerpts.
    pub fn error_text(&self) -> Option<&str> {
        match self.fault.as_ref()? {
            Fault::Unreadable(text) | Fault::Faults(_, text) => Some(text),
        }
    }

    /// The faults one by one, when the file could be read.
    pub fn faults(&self) -> Option<&Faults> {
        match self.fault.as_ref()? {
            Fault::Faults(faults, _) => Some(faults),
            Fault::Unreadable(_) => None,
        }
    }

    pub(super) fn accepted(self, generation: u64, needs_restart: Vec<&'static str>) -> Self {
        let loaded_at = if generation == self.generation {
            self.loaded_at
        } else {
            SystemTime::now()
        };
        Self {
            generation,
            loaded_at,
            needs_restart,
            fault: None,
            ..self
        }
    }

    /// Another generation runs, which is not the file's.
    pub(super) fn lowered(self, generation: u64) -> Self {
        Self { generation, ..self }
    }

    pub(super) fn rejected(self, faults: Faults) -> Self {
        let text = faults.to_string();
        Self {
            fault: Some(Fault::Faults(faults, text)),
            ..self
        }
    }

    pub(super) fn unreadable(self, text: String) -> Self {
        Self {
            fault: Some(Fault::Unreadable(text)),
            ..self
        }
    }
}
