//! Files in an S3-compatible store.
//!
//! It must not know caps or effects. The surprise is how a file is claimed: deleting an object tells nobody whether it was
//! there, so the one who manages to create a marker named after it has it, and the marker stays for a day, longer than any
//! reader that still holds the bytes. A new file must therefore never take an old name; ours are random.
//!
//! What cannot be atomic here: the cap, when several processes save at once; and a crash between marker and deletion leaves
//! an object that nobody can get any more, until it expires.

mod http;
mod s3;

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::path::{Path, PathPart};
use object_store::{
    Error, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
};

use crate::expiry::{Fate, Level, Part, Seen};
use crate::tally::{Tally, age};
use crate::{MediaId, Shelf, TakeError};

pub use s3::{Keys, NotS3, S3};

/// Where the markers of claimed files lie. No id holds a slash, so nobody can ask for one.
const CLAIMS: &str = "claims";

/// A part of a bucket.
#[derive(Debug)]
pub(crate) struct Objects {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

/// An object that was found, and whose bytes are not read yet.
#[derive(Debug)]
pub(crate) struct Opened(GetResult);

impl Objects {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, prefix: &str) -> Self {
        let prefix = Path::from(prefix);
        Self { store, prefix }
    }

    /// Finds a file on a shelf.
    pub(crate) async fn open(&self, shelf: Shelf, id: &MediaId) -> Result<Opened, TakeError> {
        let place = match shelf.folder() {
            Some(folder) => self.place(&[folder, id.as_str()]),
            None => self.place(&[id.as_str()]),
        };
        self.store.get(&place).await.map(Opened).map_err(refusal)
    }

    /// Makes a file the caller's alone; `NotFound` when it is somebody else's.
    pub(crate) async fn claim(&self, id: &MediaId) -> Result<(), TakeError> {
        let marker = self.place(&[CLAIMS, id.as_str()]);
        let first = PutOptions::from(PutMode::Create);
        let made = self.store.put_opts(&marker, PutPayload::new(), first);
        made.await.map_err(refusal)?;
        if let Err(error) = self.remove(id).await {
            // The marker holds; the object expires.
            tracing::warn!(%id, error = &error as &dyn std::error::Error, "a claimed object stays");
        }
        Ok(())
    }

    /// Deletes a file at the top, if it is there.
    pub(crate) async fn remove(&self, id: &MediaId) -> Result<(), TakeError> {
        match self.store.delete(&self.place(&[id.as_str()])).await {
            Err(Error::NotFound { .. }) => Ok(()),
            other => other.map_err(refusal),
        }
    }

    /// Writes a new file. One request, so it is there whole or not at all.
    pub(crate) async fn write(&self, shelf: Shelf, name: &str, bytes: Bytes) -> Result<(), Error> {
        let place = match shelf.folder() {
            Some(folder) => self.place(&[folder, name]),
            None => self.place(&[name]),
        };
        self.store.put(&place, bytes.into()).await.map(drop)
    }

    /// Asks `fate` for every file and does as it says. One that cannot be deleted stays for the next sweep.
    pub(crate) async fn sweep(
        &self,
        now: SystemTime,
        fate: impl Fn(Seen) -> Fate,
    ) -> Result<Tally, Error> {
        let mut tally = Tally::default();
        let mut found = self.store.list(Some(&self.prefix));
        while let Some(object) = found.try_next().await? {
            let removed = fate(self.seen(&object, now)) == Fate::Remove
                && self.store.delete(&object.location).await.is_ok();
            match removed {
                true => tally.removed += 1,
                false => tally.keep(object.size),
            }
        }
        Ok(tally)
    }

    fn seen(&self, object: &ObjectMeta, now: SystemTime) -> Seen {
        let depth = object.location.parts().count() - self.prefix.parts().count();
        Seen {
            level: if depth > 1 { Level::Below } else { Level::Top },
            part: object
                .location
                .filename()
                .map_or(Part::Foreign, Part::of_name),
            age: age(now, object.last_modified.into()),
        }
    }

    fn place(&self, parts: &[&str]) -> Path {
        let below = parts.iter().map(|part| PathPart::from(*part));
        self.prefix.parts().chain(below).collect()
    }
}

impl Opened {
    pub(crate) fn size(&self) -> u64 {
        self.0.meta.size
    }

    pub(crate) fn modified(&self) -> SystemTime {
        self.0.meta.last_modified.into()
    }

    pub(crate) async fn read(self) -> Result<Bytes, TakeError> {
        self.0.bytes().await.map_err(refusal)
    }
}

fn refusal(error: Error) -> TakeError {
    match error {
        Error::NotFound { .. } | Error::AlreadyExists { .. } => TakeError::NotFound,
        other => TakeError::Remote(other),
    }
}
