//! The last durations of each side, for requests that only one side was asked.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Side;
use crate::statistics::{Windows, mann_whitney};

/// Durations kept of each side: enough to see a quarter more, few enough to sort at every look.
const WINDOW: usize = 512;

/// Two windows of durations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recent {
    legacy: VecDeque<f64>,
    rust: VecDeque<f64>,
}

impl Recent {
    pub(super) fn record(&mut self, side: Side, took: Duration) {
        let window = match side {
            Side::Legacy => &mut self.legacy,
            Side::Rust => &mut self.rust,
        };
        if window.len() == WINDOW {
            window.pop_front();
        }
        window.push_back(took.as_secs_f64());
    }

    /// The size of the smaller window.
    pub fn count(&self) -> usize {
        self.legacy.len().min(self.rust.len())
    }

    /// Whether rust takes more than `tolerance` times as long as the legacy.
    pub fn slower_than(&self, tolerance: f64) -> Windows {
        let tolerated: Vec<f64> = self.legacy.iter().map(|took| took * tolerance).collect();
        let rust: Vec<f64> = self.rust.iter().copied().collect();
        mann_whitney(&rust, &tolerated)
    }
}
