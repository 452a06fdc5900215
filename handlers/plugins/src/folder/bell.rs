//! Rings when something in the folder may have changed.
//!
//! It must not know what lies there. The surprise: the system's reports are a courtesy; whoever waits here looks by
//! itself from time to time, since a folder on a network, or one made later, changes without a report.

use std::path::Path;
use std::sync::Arc;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;
use tracing::debug;

/// A folder that is watched until this is dropped.
pub(super) struct Bell {
    rung: Arc<Notify>,
    watcher: Option<RecommendedWatcher>,
    /// Whether the folder is among what the system reports.
    watched: bool,
}

impl Bell {
    /// Without a watcher from the system it never rings.
    pub(super) fn new() -> Self {
        let rung = Arc::<Notify>::default();
        let ring = Arc::clone(&rung);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| !matches!(event.kind, EventKind::Access(_))) {
                ring.notify_one();
            }
        });
        Self {
            rung,
            watcher: watcher
                .inspect_err(|error| debug!(%error, "plugins are looked for by the clock only"))
                .ok(),
            watched: false,
        }
    }

    /// Watches a folder, once it is there.
    pub(super) fn watch(&mut self, folder: &Path) {
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        match folder.is_dir() {
            true if !self.watched => {
                self.watched = watcher.watch(folder, RecursiveMode::NonRecursive).is_ok();
            }
            false if self.watched => {
                let _ = watcher.unwatch(folder);
                self.watched = false;
            }
            _ => {}
        }
    }

    /// Returns when it rang since this last returned.
    pub(super) async fn rung(&self) {
        self.rung.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn it_rings_for_a_folder_that_was_made_later() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("plugins");
        let mut bell = Bell::new();
        bell.watch(&folder);
        assert!(!bell.watched);
        std::fs::create_dir(&folder).expect("made");
        bell.watch(&folder);
        std::fs::write(folder.join("a.wasm"), "x").expect("written");
        let rung = timeout(Duration::from_secs(10), bell.rung());
        rung.await.expect("a report");
    }
}
