//! The store as its callers see it: reading, taking once, saving, sweeping.
//!
//! It decides by ages, sizes and effects and leaves the touching to its backend. The surprise: to take a file is to read it
//! first and to claim it afterwards, so that an answer that turns out to carry no bytes need not use the file up.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use object_store::ObjectStore;
use overgrow_handler::{Effect, Effects};
use uuid::Uuid;

use crate::backend::Backend;
use crate::expiry::Fate;
use crate::folder::Folder;
use crate::objects::{NotS3, Objects, S3};
use crate::tally::{Tally, age};
use crate::usage::Usage;
use crate::{Lifetimes, MediaId, Shelf, StoreError, TakeError, mime, name};

/// A store of media files; cheap to clone, and clones share one count of what is used.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    backend: Backend,
    limits: Limits,
    usage: Usage,
}

/// How much is kept for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all files together; a save past it is refused.
    pub cap: u64,
    /// How long files are kept.
    pub lifetimes: Lifetimes,
}

/// A file that was read and not yet claimed.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its name.
    pub id: MediaId,
    /// All of it.
    pub bytes: Bytes,
    /// When it was last changed.
    pub modified: SystemTime,
}

/// A file to be saved.
#[derive(Debug, Clone)]
pub struct New<'a> {
    /// All of it.
    pub bytes: Bytes,
    /// What its sender said of its type.
    pub content_type: Option<&'a str>,
    /// Where it is to lie.
    pub shelf: Shelf,
    /// What its sender called it.
    pub original_name: Option<&'a str>,
    /// Bytes that it may have.
    pub max_bytes: u64,
}

/// A file that was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Its name on its shelf.
    pub id: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its type, when one was found or declared.
    pub content_type: Option<String>,
}

impl Limits {
    /// 1 GiB: two hundred files of the largest size, and little of any disk.
    pub const CAP: u64 = 1024 * 1024 * 1024;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cap: Self::CAP,
            lifetimes: Lifetimes::default(),
        }
    }
}

impl Store {
    /// Files in a folder, which is made when the first file is saved: 0700, and files 0600.
    pub fn folder(root: impl Into<PathBuf>, limits: Limits) -> Self {
        Self::over(Backend::Folder(Arc::new(Folder::new(root.into()))), limits)
    }

    /// Files in a bucket; the module `objects` says what is less atomic there.
    ///
    /// # Errors
    /// When the configuration makes no store. Nothing is asked of the bucket yet.
    pub fn s3(bucket: &S3, limits: Limits) -> Result<Self, NotS3> {
        Ok(Self::over(Backend::Objects(bucket.build()?), limits))
    }

    /// Files in any object store that can create an object only if there is none.
    pub fn objects(store: Arc<dyn ObjectStore>, prefix: &str, limits: Limits) -> Self {
        Self::over(Backend::Objects(Objects::new(store, prefix)), limits)
    }

    fn over(backend: Backend, limits: Limits) -> Self {
        Self(Arc::new(Inner {
            backend,
            limits,
            usage: Usage::default(),
        }))
    }

    /// Reads a file of at most `max_bytes` from the top; it stays. Dropping the future changes nothing.
    ///
    /// # Errors
    /// When there is no such file to give. One whose time is over is removed, which a plan records instead.
    pub async fn read(
        &self,
        effects: &Effects,
        id: &MediaId,
        max_bytes: u64,
    ) -> Result<Held, TakeError> {
        let opened = self.0.backend.open(Shelf::Top, id).await?;
        let (size, modified) = (opened.size(), opened.modified());
        if size > max_bytes {
            return Err(TakeError::TooLarge { size });
        }
        if age(SystemTime::now(), modified) > self.0.limits.lifetimes.link {
            self.expire(effects, id, size).await;
            return Err(TakeError::Expired);
        }
        Ok(Held {
            id: id.clone(),
            bytes: opened.read().await?,
            modified,
        })
    }

    /// Reads a file of at most `max_bytes` from a shelf, however old it is: it is there until it is swept, as in the
    /// legacy. Dropping the future changes nothing.
    ///
    /// # Errors
    /// When there is no such file to give.
    pub async fn look(
        &self,
        shelf: Shelf,
        id: &MediaId,
        max_bytes: u64,
    ) -> Result<Held, TakeError> {
        let opened = self.0.backend.open(shelf, id).await?;
        let (size, modified) = (opened.size(), opened.modified());
        if size > max_bytes {
            return Err(TakeError::TooLarge { size });
        }
        Ok(Held {
            id: id.clone(),
            bytes: opened.read().await?,
            modified,
        })
    }

    /// Makes the file the caller's alone: of all that hold it, here or in another process, one claim succeeds. Dropping the
    /// future may leave the file claimed.
    ///
    /// # Errors
    /// `NotFound` when somebody else was first, or the legacy removed it.
    pub async fn claim(&self, effects: &Effects, held: &Held) -> Result<(), TakeError> {
        let claim = || self.0.backend.claim(&held.id);
        effects.run(removal("take", &held.id), (), claim).await?;
        self.0.usage.gone(held.bytes.len() as u64);
        Ok(())
    }

    /// Saves a file under a new name that tells nobody anything but its original one. Dropping the future may leave it saved.
    ///
    /// # Errors
    /// When it is too large, the store is full, or the backend refuses.
    pub async fn save(&self, effects: &Effects, new: New<'_>) -> Result<Saved, StoreError> {
        let size = new.bytes.len() as u64;
        if size > new.max_bytes {
            let max = new.max_bytes;
            return Err(StoreError::TooLarge { size, max });
        }
        let saved = named(&new);
        let write = || self.write(new.shelf, &saved.id, &new.bytes);
        effects.run(saving(&new), (), write).await?;
        Ok(saved)
    }

    /// Removes what is over its time, and what a crash left.
    ///
    /// # Errors
    /// When the backend cannot be listed.
    pub async fn sweep(&self, effects: &Effects) -> Result<(), StoreError> {
        let lifetimes = self.0.limits.lifetimes;
        let sweep = || async {
            let swept = self
                .0
                .backend
                .sweep(move |seen| lifetimes.fate(seen))
                .await?;
            self.counted(swept);
            Ok(())
        };
        effects
            .run(Effect::new("file", "sweep media"), (), sweep)
            .await
    }

    /// Sweeps at once and then again and again, until dropped. A sweep that fails is told in the log and tried again.
    pub async fn keep_swept(&self, every: Duration) {
        let effects = Effects::performing();
        let mut ticks = tokio::time::interval(every);
        loop {
            ticks.tick().await;
            if let Err(error) = self.sweep(&effects).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "media not swept");
            }
        }
    }

    /// Best effort, as the answer is `Expired` either way.
    async fn expire(&self, effects: &Effects, id: &MediaId, size: u64) {
        let remove = || self.0.backend.remove(id);
        match effects.run(removal("expire", id), (), remove).await {
            Ok(()) => self.0.usage.gone(size),
            Err(error) => tracing::debug!(%id, %error, "an expired file was not removed"),
        }
    }

    async fn write(&self, shelf: Shelf, id: &str, bytes: &Bytes) -> Result<(), StoreError> {
        let size = bytes.len() as u64;
        let cap = self.0.limits.cap;
        if self.0.usage.is_stale() || self.0.usage.reserve(size, cap).is_err() {
            self.count().await?;
        }
        let room = self.0.usage.reserve(size, cap)?;
        self.0.backend.write(shelf, id, bytes.clone()).await?;
        room.used();
        Ok(())
    }

    async fn count(&self) -> Result<(), StoreError> {
        let found = self.0.backend.sweep(|_| Fate::Keep).await?;
        self.counted(found);
        Ok(())
    }

    fn counted(&self, tally: Tally) {
        self.0.usage.set(tally.kept_bytes);
        if tally.removed > 0 {
            tracing::debug!(?tally, "media swept");
        }
    }
}

/// The name and type of a new file.
fn named(new: &New<'_>) -> Saved {
    let hints = mime::Hints {
        declared: new.content_type,
        ..Default::default()
    };
    let content_type = mime::detect(&new.bytes, hints);
    let extension = mime::extension_for(new.content_type, content_type.as_deref());
    Saved {
        id: name::compose(new.original_name, Uuid::new_v4(), extension),
        size: new.bytes.len() as u64,
        content_type,
    }
}

/// Without the id: half of it is random, and two plans of the same save must be equal.
fn saving(new: &New<'_>) -> Effect {
    let target = format!("save {}", new.shelf.key(new.original_name.unwrap_or("")));
    Effect::new("file", target).payload(&new.bytes)
}

fn removal(why: &str, id: &MediaId) -> Effect {
    Effect::new("file", format!("{why} {id}"))
}
