//! Notices that routes.toml may have changed.
//!
//! The folder is watched, not the file: editors replace files, Kubernetes swaps a link. When routes.toml is a link,
//! the folder it leads to is watched too.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// A file was touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Touch {
    /// Somebody is writing into it.
    Writing,
    /// A writer has closed it, or a whole file has taken its place.
    Done,
}

/// Changes in the folders of one file.
pub struct Noticed {
    touches: mpsc::Receiver<Touch>,
    last: Touch,
    watched: Vec<PathBuf>,
    watcher: Option<RecommendedWatcher>,
}

impl Noticed {
    /// Watches the folders of a file. Where the system cannot watch, nothing is ever noticed here and the reloader's
    /// regular look has to do.
    pub fn watch(file: &Path) -> Self {
        // More than one pending touch says no more than one; a full queue drops the rest.
        let (sender, touches) = mpsc::channel(64);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if let Some(touch) = event.ok().and_then(|event| touch_of(event.kind)) {
                let _ = sender.try_send(touch);
            }
        });
        let (watched, last) = (Vec::new(), Touch::Done);
        let watcher = watcher.map_err(|error| report(&error)).ok();
        let mut noticed = Self {
            touches,
            last,
            watched,
            watcher,
        };
        noticed.follow(file);
        noticed
    }

    /// Watches where the file is now: a link may lead to another folder than before.
    pub fn follow(&mut self, file: &Path) {
        let folders = folders(file);
        let Some(watcher) = self.watcher.as_mut().filter(|_| folders != self.watched) else {
            return;
        };
        for gone in self
            .watched
            .iter()
            .filter(|folder| !folders.contains(folder))
        {
            // The folder itself may be gone, and its watch with it.
            let _ = watcher.unwatch(gone);
        }
        for new in folders
            .iter()
            .filter(|folder| !self.watched.contains(folder))
        {
            if let Err(error) = watcher.watch(new, RecursiveMode::NonRecursive) {
                report(&error);
            }
        }
        self.watched = folders;
    }

    /// Resolves at the next touch.
    pub async fn change(&mut self) {
        match self.touches.recv().await {
            Some(touch) => self.last = touch,
            None => std::future::pending().await,
        }
    }

    /// Waits for a writer to close the file, at most `limit`, and forgets the touches so far.
    pub async fn writer_done(&mut self, limit: Duration) {
        let deadline = Instant::now() + limit;
        while let Ok(touch) = self.touches.try_recv() {
            self.last = touch;
        }
        while self.last == Touch::Writing {
            match timeout_at(deadline, self.touches.recv()).await {
                Ok(Some(touch)) => self.last = touch,
                _ => self.last = Touch::Done,
            }
        }
    }
}

fn report(error: &notify::Error) {
    tracing::warn!(%error, "changes of routes.toml are only noticed once a second");
}

/// Reading a file must not look like changing it, or each look would bring on the next.
fn touch_of(kind: EventKind) -> Option<Touch> {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Some(Touch::Done),
        EventKind::Access(_) => None,
        EventKind::Modify(notify::event::ModifyKind::Data(_)) => Some(Touch::Writing),
        _ => Some(Touch::Done),
    }
}

fn folders(file: &Path) -> Vec<PathBuf> {
    let parent = |path: &Path| match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut folders = vec![parent(file)];
    if let Ok(real) = file.canonicalize() {
        folders.push(parent(&real));
    }
    folders.dedup();
    folders
}
