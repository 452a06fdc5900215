//! The settings that hold now.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::Settings;

/// A handle on the settings that hold now; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Live(Arc<ArcSwapOption<Settings>>);

impl Live {
    /// Settings that never change, for tests and for programs without a file.
    pub fn fixed(settings: Settings) -> Self {
        Self(Arc::new(ArcSwapOption::from_pointee(settings)))
    }

    /// The last good settings; `None` when there never were any.
    pub fn load(&self) -> Option<Arc<Settings>> {
        self.0.load_full()
    }
}
