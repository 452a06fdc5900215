//! The settings that hold now.
//!
//! It must not know what is in them. The surprise: a file that went bad changes only the status; the last good settings
//! of the same file stay. Those of another file do not: without settings the handlers leave all to the legacy.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use crate::watch::Watching;
use crate::{Environment, Settings, SettingsError};

/// A handle on the settings that hold now; cheap to clone. With the last one the watching ends.
#[derive(Debug, Clone, Default)]
pub struct Live(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    current: Arc<Current>,
    watching: Mutex<Option<Watching>>,
    /// `None` is the process's own, as it is when following begins.
    environment: Option<Environment>,
}

/// What the settings come from and how that went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveStatus {
    /// The file that is followed.
    pub path: Option<PathBuf>,
    /// When the file was last read without a fault.
    pub loaded_at: Option<SystemTime>,
    /// Why its last reading failed, without any value of it; `None` when it did not.
    pub error: Option<String>,
}

impl Live {
    /// Settings that never change, for tests and for programs without a file.
    pub fn fixed(settings: Settings) -> Self {
        let live = Self::default();
        live.0.current.settings.store(Some(Arc::new(settings)));
        live
    }

    /// No settings yet; files will be read as in this environment instead of the process's.
    pub fn within(environment: Environment) -> Self {
        Self(Arc::new(Shared {
            environment: Some(environment),
            ..Shared::default()
        }))
    }

    /// The last good settings; `None` when there never were any.
    pub fn load(&self) -> Option<Arc<Settings>> {
        self.0.current.settings.load_full()
    }

    /// Follows another file, or none. When this returns the file has been read once, and if it was good its settings
    /// hold; how it went is in the status. Following the same file again does nothing. It blocks on files.
    pub fn follow(&self, path: Option<PathBuf>) {
        let mut watching = self.watching();
        let now = watching.as_ref().map(Watching::path);
        if now == path.as_deref() {
            return;
        }
        let turn = self.0.current.turn_to(path.clone());
        *watching = path.and_then(|path| self.start(path, turn));
    }

    fn start(&self, path: PathBuf, turn: u64) -> Option<Watching> {
        let environment = self.0.environment.clone();
        let environment = environment.unwrap_or_else(Environment::of_process);
        let current = Arc::clone(&self.0.current);
        let started = Watching::start(path, environment, move |reading| {
            current.take(turn, reading);
        });
        let failed = |error| {
            self.0
                .current
                .fail(format!("changes are not noticed: {error}"))
        };
        started.map_err(failed).ok()
    }

    /// How the last reading went.
    pub fn status(&self) -> LiveStatus {
        self.0.current.now.borrow().status.clone()
    }

    /// The changes from here on.
    pub fn changes(&self) -> Changes {
        Changes(self.0.current.now.subscribe())
    }

    fn watching(&self) -> MutexGuard<'_, Option<Watching>> {
        // Nothing that holds the lock leaves a half-made value behind.
        let lock = self.0.watching.lock();
        lock.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Changes of the settings or of their status, from the moment it was asked for.
#[derive(Debug)]
pub struct Changes(watch::Receiver<Now>);

impl Changes {
    /// Waits for the next change, and tells the status after it; several changes in between count as one. `None` when
    /// the last handle is gone. Nothing is lost when the future is dropped.
    pub async fn changed(&mut self) -> Option<LiveStatus> {
        self.0.changed().await.ok()?;
        Some(self.0.borrow_and_update().status.clone())
    }
}

/// What the watching writes and the handles read.
#[derive(Debug, Default)]
struct Current {
    settings: ArcSwapOption<Settings>,
    now: watch::Sender<Now>,
}

#[derive(Debug, Default)]
struct Now {
    /// Counts the files that were followed, so that a late reading of an earlier one is not taken.
    turn: u64,
    status: LiveStatus,
}

impl Current {
    /// Forgets everything about the file so far.
    fn turn_to(&self, path: Option<PathBuf>) -> u64 {
        let mut turn = 0;
        self.now.send_modify(|now| {
            self.settings.store(None);
            now.turn += 1;
            now.status = LiveStatus {
                path,
                ..LiveStatus::default()
            };
            turn = now.turn;
        });
        turn
    }

    fn take(&self, turn: u64, settings: Result<Settings, SettingsError>) {
        self.now.send_if_modified(|now| {
            now.turn == turn
                && match settings {
                    Ok(settings) => self.accept(settings, &mut now.status),
                    Err(error) => refuse(&error, &mut now.status),
                }
        });
    }

    fn fail(&self, error: String) {
        self.now.send_modify(|now| now.status.error = Some(error));
    }

    /// Whether anything but the time changes.
    fn accept(&self, settings: Settings, status: &mut LiveStatus) -> bool {
        status.loaded_at = Some(SystemTime::now());
        let repaired = status.error.take().is_some();
        let same = self.settings.load().as_deref() == Some(&settings);
        if !same {
            self.settings.store(Some(Arc::new(settings)));
        }
        repaired || !same
    }
}

fn refuse(error: &SettingsError, status: &mut LiveStatus) -> bool {
    let error = Some(error.to_string());
    let other = status.error != error;
    status.error = error;
    other
}

#[cfg(test)]
mod tests;
