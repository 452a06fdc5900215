//! The media store: large bytes by handle.
//!
//! Ids are keys below the store's top, such as `inbound/photo---<uuid>.jpg`. The surprise: a plugin stores on the shelf for
//! what channels received, because that is what a plugin gets from outside; what it is to send was stored by others.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use overgrow_handler::Effect;
use overgrow_store::{Held, MediaId, New, Saved, Shelf, Store, StoreError, TakeError, mime, name};
use serde_json::json;
use wasmtime::component::Resource;

use super::{State, answer, env};
use crate::bindings::overgrow::plugin::media::{BlobInfo, Error, Host, HostBlob};
use crate::grant::{MediaGrant, Write};

/// Bytes of all files that one call may have open, if not one of them alone may be larger.
const HELD: u64 = 64 * 1024 * 1024;

/// A stored file, by handle.
#[derive(Debug)]
pub struct Blob(pub(super) Stored);

/// A file's bytes and what is known of it. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) info: BlobInfo,
    pub(super) bytes: Bytes,
}

/// A file to be stored.
pub(super) struct NewFile {
    pub(super) bytes: Bytes,
    pub(super) content_type: Option<String>,
    pub(super) filename: Option<String>,
}

impl Host for State {
    async fn open(&mut self, id: String) -> wasmtime::Result<Result<Resource<Blob>, Error>> {
        Ok(match self.open_file(&id).await {
            Ok(stored) => self.hold(stored)?,
            Err(error) => Err(error),
        })
    }

    async fn put(
        &mut self,
        data: Vec<u8>,
        content_type: Option<String>,
        filename: Option<String>,
    ) -> wasmtime::Result<Result<Resource<Blob>, Error>> {
        let file = NewFile {
            bytes: data.into(),
            content_type,
            filename,
        };
        Ok(match self.put_file(file).await {
            Ok(stored) => self.hold(stored)?,
            Err(error) => Err(error),
        })
    }

    async fn publish(
        &mut self,
        blob: Resource<Blob>,
        ttl: u64,
    ) -> wasmtime::Result<Result<String, Error>> {
        let stored = self.table.get(&blob)?.0.clone();
        let ttl = Duration::from_millis(ttl);
        Ok(self.publish_file(&stored, ttl).await)
    }
}

impl HostBlob for State {
    fn info(&mut self, blob: Resource<Blob>) -> wasmtime::Result<BlobInfo> {
        Ok(self.table.get(&blob)?.0.info.clone())
    }

    async fn read(
        &mut self,
        blob: Resource<Blob>,
        offset: u64,
        len: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let bytes = &self.table.get(&blob)?.0.bytes;
        let start = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        let end = start.saturating_add(len as usize).min(bytes.len());
        Ok(Ok(bytes[start..end].to_vec()))
    }

    async fn drop(&mut self, blob: Resource<Blob>) -> wasmtime::Result<()> {
        let Blob(stored) = self.table.delete(blob)?;
        self.held = self.held.saturating_sub(stored.bytes.len() as u64);
        Ok(())
    }
}

impl State {
    async fn open_file(&mut self, id: &str) -> Result<Stored, Error> {
        let grant = self.media_grant()?;
        if !grant.read {
            return Err(self.who.denied("media", "media = { read = true }"));
        }
        if let Some(planned) = self.overlay.files.get(id) {
            return Ok(planned.clone());
        }
        let (shelf, name) = Shelf::of_key(id).ok_or(Error::NotFound)?;
        let media = MediaId::parse(name).map_err(|_| Error::NotFound)?;
        let held = self.media()?.look(shelf, &media, grant.max_bytes).await;
        let held = held.map_err(|error| untaken(error, grant.max_bytes))?;
        Ok(opened(id, held))
    }

    /// Stores a file; in a plan, over what is there.
    pub(super) async fn put_file(&mut self, file: NewFile) -> Result<Stored, Error> {
        let max_bytes = self.media_room()?;
        let new = New {
            bytes: file.bytes.clone(),
            content_type: file.content_type.as_deref(),
            shelf: Shelf::Inbound,
            original_name: file.filename.as_deref(),
            max_bytes,
        };
        let saved = self.media()?.save(&self.ask.effects, new).await;
        let saved = saved.map_err(unsaved)?;
        let mut stored = stored(saved, file);
        if self.ask.effects.is_planning() {
            self.lay(&mut stored)?;
        }
        Ok(stored)
    }

    /// A handle on a file, whose bytes are in memory until it is dropped.
    pub(super) fn hold(
        &mut self,
        stored: Stored,
    ) -> wasmtime::Result<Result<Resource<Blob>, Error>> {
        let files = self.who.grant.media.as_ref();
        let most = files.map_or(0, |media| media.max_bytes).max(HELD);
        let held = self.held.saturating_add(stored.bytes.len() as u64);
        if held > most {
            return Ok(Err(Error::TooLarge(most)));
        }
        self.held = held;
        Ok(Ok(self.table.push(Blob(stored))?))
    }

    /// Lays a file over what is there, under an id that is the same in every plan of the same work.
    fn lay(&mut self, stored: &mut Stored) -> Result<(), Error> {
        let laid = self.overlay.files.values().map(|it| it.bytes.len() as u64);
        if laid.sum::<u64>().saturating_add(stored.info.size) > HELD {
            return Err(Error::TooLarge(HELD));
        }
        let extension = name::extension(&stored.info.id);
        let number = self.overlay.files.len() + 1;
        let id = Shelf::Inbound.key(&format!("planned-{number}{extension}"));
        stored.info.id.clone_from(&id);
        self.overlay.files.insert(id, stored.clone());
        Ok(())
    }

    /// How large a file may be that the plugin stores.
    pub(super) fn media_room(&self) -> Result<u64, Error> {
        let grant = self.media_grant()?;
        if grant.write == Write::Denied {
            return Err(self.who.denied("media", "media = { write = true }"));
        }
        Ok(grant.max_bytes)
    }

    /// Copies a file to the store's top, where links lead to, and gives its link: it works once, for the store's own two
    /// minutes or so.
    async fn publish_file(&mut self, stored: &Stored, ttl: Duration) -> Result<String, Error> {
        let max_bytes = self.media_room()?;
        if self.ask.effects.is_planning() {
            return self.planned_link(stored, ttl).await;
        }
        let base = self.who.hands.media_base.as_deref();
        let base = base.ok_or_else(|| answer::absent("an address that the outside reaches"))?;
        let new = New {
            bytes: stored.bytes.clone(),
            content_type: stored.info.content_type.as_deref(),
            shelf: Shelf::Top,
            original_name: None,
            max_bytes,
        };
        let saved = self.media()?.save(&self.ask.effects, new).await;
        let link = format!(
            "{}/{}",
            base.trim_end_matches('/'),
            saved.map_err(unsaved)?.id
        );
        Ok(link)
    }

    async fn planned_link(&mut self, stored: &Stored, ttl: Duration) -> Result<String, Error> {
        let id = &stored.info.id;
        let ttl = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        let effect = Effect::new("media", format!("publish {id}")).detail(json!({ "ttl": ttl }));
        let link = format!("https://planned.invalid/{id}");
        self.ask
            .effects
            .run(effect, link, async || Err(Error::NotFound))
            .await
    }

    fn media_grant(&self) -> Result<&MediaGrant, Error> {
        let grant = self.who.grant.media.as_ref();
        grant.ok_or_else(|| self.who.denied("media", "media = true"))
    }

    fn media(&self) -> Result<&Store, Error> {
        let store = self.who.hands.store.as_ref();
        store.ok_or_else(|| answer::absent("a media store"))
    }
}

fn opened(id: &str, held: Held) -> Stored {
    let file = held.id.as_str();
    let extension = name::extension(file);
    let hints = mime::Hints {
        extension: &extension,
        declared: None,
    };
    let created = held.modified.duration_since(UNIX_EPOCH);
    Stored {
        info: BlobInfo {
            id: id.to_owned(),
            size: held.bytes.len() as u64,
            content_type: mime::detect(&held.bytes, hints),
            filename: Some(name::original_name(file)),
            created: created.map_or(0, |it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX)),
        },
        bytes: held.bytes,
    }
}

fn stored(saved: Saved, file: NewFile) -> Stored {
    Stored {
        info: BlobInfo {
            id: Shelf::Inbound.key(&saved.id),
            size: saved.size,
            content_type: saved.content_type,
            filename: file.filename,
            created: env::now(),
        },
        bytes: file.bytes,
    }
}

fn untaken(error: TakeError, max_bytes: u64) -> Error {
    match error {
        TakeError::TooLarge { .. } => Error::TooLarge(max_bytes),
        TakeError::NotFound | TakeError::Expired | TakeError::InvalidPath => Error::NotFound,
        other => Error::Unavailable(other.to_string()),
    }
}

fn unsaved(error: StoreError) -> Error {
    match error {
        StoreError::TooLarge { max, .. } => Error::TooLarge(max),
        other => Error::Unavailable(other.to_string()),
    }
}
