//! Where the files of a store lie. Nothing is decided here.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use crate::expiry::{Fate, Seen};
use crate::folder::{self, Folder};
use crate::objects::{self, Objects};
use crate::tally::Tally;
use crate::{MediaId, Shelf, StoreError, TakeError};

/// A place for files.
#[derive(Debug)]
pub(crate) enum Backend {
    Folder(Arc<Folder>),
    Objects(Objects),
}

/// A file that was found.
#[derive(Debug)]
pub(crate) enum Opened {
    File(folder::Opened),
    Object(objects::Opened),
}

impl Backend {
    /// Finds a file on a shelf.
    pub(crate) async fn open(&self, shelf: Shelf, id: &MediaId) -> Result<Opened, TakeError> {
        match self {
            Self::Folder(folder) => {
                let (folder, id) = (Arc::clone(folder), id.clone());
                blocking(move || folder.open(shelf, &id))
                    .await
                    .map(Opened::File)
            }
            Self::Objects(objects) => objects.open(shelf, id).await.map(Opened::Object),
        }
    }

    /// Makes a file at the top the caller's alone and removes it; of two callers at once one succeeds and the other gets
    /// `NotFound`.
    pub(crate) async fn claim(&self, id: &MediaId) -> Result<(), TakeError> {
        match self {
            Self::Folder(_) => self.remove(id).await,
            Self::Objects(objects) => objects.claim(id).await,
        }
    }

    /// Removes a file from the top.
    pub(crate) async fn remove(&self, id: &MediaId) -> Result<(), TakeError> {
        match self {
            Self::Folder(folder) => {
                let (folder, id) = (Arc::clone(folder), id.clone());
                blocking(move || folder.remove(&id)).await
            }
            Self::Objects(objects) => objects.remove(id).await,
        }
    }

    /// Writes a new file, whole or not at all.
    pub(crate) async fn write(
        &self,
        shelf: Shelf,
        name: &str,
        bytes: Bytes,
    ) -> Result<(), StoreError> {
        match self {
            Self::Folder(folder) => {
                let (folder, name) = (Arc::clone(folder), name.to_owned());
                blocking(move || Ok(folder.write(shelf, &name, &bytes)?)).await
            }
            Self::Objects(objects) => Ok(objects.write(shelf, name, bytes).await?),
        }
    }

    /// Asks `fate` for every file and does as it says.
    pub(crate) async fn sweep(
        &self,
        fate: impl Fn(Seen) -> Fate + Send + 'static,
    ) -> Result<Tally, StoreError> {
        let now = SystemTime::now();
        match self {
            Self::Folder(folder) => {
                let folder = Arc::clone(folder);
                blocking(move || Ok(folder.sweep(now, &fate)?)).await
            }
            Self::Objects(objects) => Ok(objects.sweep(now, fate).await?),
        }
    }
}

impl Opened {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::File(file) => file.size,
            Self::Object(object) => object.size(),
        }
    }

    pub(crate) fn modified(&self) -> SystemTime {
        match self {
            Self::File(file) => file.modified,
            Self::Object(object) => object.modified(),
        }
    }

    pub(crate) async fn read(self) -> Result<Bytes, TakeError> {
        match self {
            Self::File(file) => blocking(|| file.read()).await.map(Bytes::from),
            Self::Object(object) => object.read().await,
        }
    }
}

impl From<io::Error> for TakeError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

/// Off the threads that serve connections. It runs to its end even when nobody waits for it any more.
async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<io::Error> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(stopped) => Err(io::Error::other(stopped).into()),
    }
}
