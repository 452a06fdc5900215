//! Notices that routes.toml may have changed.
//!
//! The folder is watched, not the file: editors replace files, Kubernetes swaps a link. When routes.toml is a link,
//! the folder it leads to is watched too. The surprise: a write beside it says nothing about its own writer, or a log
//! in the same folder would hold up every reload.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// Something in the folder was touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Touch {
    /// Somebody is writing into it.
    Writing,
    /// A writer has closed it, or a whole file has taken its place.
    Done,
    /// Another name has come, gone or changed, perhaps the link that leads to the file.
    Beside,
}

/// Changes in the folders of one file.
#[derive(Debug)]
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
        let names = names(file);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if let Some(touch) = event.ok().and_then(|event| touch_of(&event, &names)) {
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
            Some(touch) => self.note(touch),
            None => std::future::pending().await,
        }
    }

    /// Waits for a writer to close the file, at most `limit`, and forgets the touches so far.
    pub async fn writer_done(&mut self, limit: Duration) {
        let deadline = Instant::now() + limit;
        while let Ok(touch) = self.touches.try_recv() {
            self.note(touch);
        }
        while self.last == Touch::Writing {
            match timeout_at(deadline, self.touches.recv()).await {
                Ok(Some(touch)) => self.note(touch),
                _ => self.last = Touch::Done,
            }
        }
    }

    fn note(&mut self, touch: Touch) {
        if touch != Touch::Beside {
            self.last = touch;
        }
    }
}

fn report(error: &notify::Error) {
    tracing::warn!(%error, "changes of routes.toml are only noticed once a second");
}

fn touch_of(event: &Event, names: &[OsString]) -> Option<Touch> {
    let is_ours = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|name| names.iter().any(|n| n == name))
    };
    // A report without a name may be about anything.
    if event.paths.is_empty() || event.paths.iter().any(is_ours) {
        own_touch(event.kind)
    } else {
        beside(event.kind)
    }
}

/// Reading a file must not look like changing it, or each look would bring on the next.
fn own_touch(kind: EventKind) -> Option<Touch> {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Some(Touch::Done),
        EventKind::Access(_) => None,
        EventKind::Modify(ModifyKind::Data(_)) => Some(Touch::Writing),
        _ => Some(Touch::Done),
    }
}

fn beside(kind: EventKind) -> Option<Touch> {
    match kind {
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Data(_)) => None,
        _ => Some(Touch::Beside),
    }
}

/// The file's own name, and the one behind it when it is a link.
fn names(file: &Path) -> Vec<OsString> {
    let real = file.canonicalize().ok();
    let paths = [Some(file), real.as_deref()].into_iter().flatten();
    paths
        .filter_map(Path::file_name)
        .map(OsString::from)
        .collect()
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
