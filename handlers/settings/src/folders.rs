//! The folders in which something may happen to a file.
//!
//! It must not know what is in the files. Folders are watched, not files, because editors replace files and Kubernetes
//! swaps a link. The surprise: a file behind a link has two folders, and both are watched.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use crate::bell::Bell;

/// The folders that are watched now.
#[derive(Debug)]
pub(crate) struct Folders {
    watched: BTreeSet<PathBuf>,
    /// `None` where the system cannot watch.
    watcher: Option<RecommendedWatcher>,
    bell: Bell,
}

impl Folders {
    /// Watches nothing yet; what happens will ring the bell.
    pub(crate) fn new(bell: &Bell) -> Self {
        let ringing = bell.clone();
        let report = move |event: notify::Result<Event>| {
            if let Ok(event) = event {
                ringing.report(&event);
            }
        };
        Self {
            watched: BTreeSet::new(),
            watcher: notify::recommended_watcher(report).ok(),
            bell: bell.clone(),
        }
    }

    /// Watches the folders of these files and no others; tells whether one was not watched before.
    pub(crate) fn watch<P: AsRef<Path>>(&mut self, files: impl IntoIterator<Item = P>) -> bool {
        let paths = files.into_iter().flat_map(|file| links_end(file.as_ref()));
        let paths: BTreeSet<PathBuf> = paths.collect();
        let folders = paths.iter().filter_map(|path| path.parent());
        let folders: BTreeSet<PathBuf> = folders.map(Path::to_owned).collect();
        let names = paths.iter().filter_map(|path| path.file_name());
        self.bell.expect(names.map(ToOwned::to_owned).collect());
        let new = !folders.is_subset(&self.watched);
        self.change_to(folders);
        new
    }

    fn change_to(&mut self, folders: BTreeSet<PathBuf>) {
        if let Some(watcher) = &mut self.watcher {
            // A folder that is gone has lost its watch already, and one that is not there cannot be watched: the file
            // in it is missing too, and the regular look finds it when it comes.
            for gone in self.watched.difference(&folders) {
                let _ = watcher.unwatch(gone);
            }
            for new in folders.difference(&self.watched) {
                let _ = watcher.watch(new, RecursiveMode::NonRecursive);
            }
        }
        self.watched = folders;
    }
}

/// The file as it is named, and as it is called in the end.
fn links_end(file: &Path) -> Vec<PathBuf> {
    let named = std::path::absolute(file).ok();
    named.into_iter().chain(file.canonicalize().ok()).collect()
}
