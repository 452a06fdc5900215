//! The media handler over the store that routes.toml names.
//!
//! The surprise: a store is kept for as long as `[media]` says the same, so that a reload does not count its files anew;
//! and it is swept only while a route answers natively: a handler that is only compared must not remove a file.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use overgrow_fetch::{Fetcher, Policy};
use overgrow_handler::Handler;
use overgrow_images::Images;
use overgrow_media::{Helpers, MediaLimits, Upload, handler};
use overgrow_settings::Settings;
use overgrow_store::{Keys, Lifetimes, Limits, S3, Store};
use tokio::task::JoinHandle;

use super::NativeError;
use super::uploads::{Links, Smaller};
use crate::config::{MediaConfig, PlaceConfig, S3Config, Secret};

/// Between two sweeps at the least: a lifetime of a second must not keep a disk busy.
const SWEEP: Duration = Duration::from_secs(10);

/// The media handler that was made last.
#[derive(Debug, Default)]
pub(super) struct Media(Mutex<Option<Kept>>);

/// A handler, and what it was made of.
#[derive(Debug)]
struct Kept {
    config: MediaConfig,
    folder: PathBuf,
    handler: Handler,
    store: Store,
    sweeping: Option<Sweeping>,
}

/// Whether files are removed when their time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sweep {
    /// They are.
    On,
    /// They are somebody else's.
    Off,
}

/// A task that sweeps; it ends with this.
#[derive(Debug)]
struct Sweeping(JoinHandle<()>);

impl Drop for Sweeping {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Media {
    /// Has the store swept or not. Must run inside a tokio runtime.
    pub(super) fn sweep(&self, sweep: Sweep) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.as_mut() {
            kept.sweep(sweep);
        }
    }

    /// The handler for that configuration. Must run inside a tokio runtime.
    pub(super) fn handler(
        &self,
        config: &MediaConfig,
        settings: Option<&Settings>,
        data: &Path,
    ) -> Result<Handler, NativeError> {
        let folder = folder(config, settings, data);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = kept.as_ref().filter(|kept| kept.is_for(config, &folder)) {
            return Ok(same.handler.clone());
        }
        let made = make(config, folder)?;
        let handler = made.handler.clone();
        *kept = Some(made);
        Ok(handler)
    }
}

impl Kept {
    fn is_for(&self, config: &MediaConfig, folder: &Path) -> bool {
        self.config == *config && self.folder == folder
    }

    fn sweep(&mut self, sweep: Sweep) {
        let store = self.store.clone();
        let every = self.config.ttl.max(SWEEP);
        let start = || tokio::spawn(async move { store.keep_swept(every).await });
        match sweep {
            Sweep::Off => self.sweeping = None,
            Sweep::On => drop(self.sweeping.get_or_insert_with(|| Sweeping(start()))),
        }
    }
}

fn make(config: &MediaConfig, folder: PathBuf) -> Result<Kept, NativeError> {
    let store = store(config, &folder)?;
    let limits = MediaLimits {
        max_bytes: config.max,
        max_unreduced_bytes: MediaLimits::default().max_unreduced_bytes.max(config.max),
    };
    Ok(Kept {
        config: config.clone(),
        folder,
        handler: handler(store.clone(), limits, upload(config)?),
        store,
        sweeping: None,
    })
}

fn upload(config: &MediaConfig) -> Result<Upload, NativeError> {
    if !config.upload {
        return Ok(Upload::Off);
    }
    let fetcher = Fetcher::new(Policy::public());
    Ok(Upload::On(Helpers {
        source: Some(Arc::new(Links(fetcher))),
        reducer: Some(Arc::new(Smaller(Images::new(Default::default())))),
    }))
}

fn store(config: &MediaConfig, folder: &Path) -> Result<Store, NativeError> {
    let limits = Limits {
        cap: config.disk,
        lifetimes: Lifetimes {
            link: config.ttl,
            ..Lifetimes::default()
        },
    };
    match &config.place {
        PlaceConfig::S3(s3) => Store::s3(&bucket(s3)?, limits).map_err(NativeError::S3),
        PlaceConfig::Default | PlaceConfig::Folder(_) => Ok(Store::folder(folder, limits)),
    }
}

fn bucket(config: &S3Config) -> Result<S3, NativeError> {
    let key = |secret: &Secret| {
        let key = secret.read().map_err(NativeError::Key)?;
        Ok(overgrow_settings::Secret::new(key.as_str()))
    };
    let keys = match (&config.access_key, &config.secret_key) {
        (Some(access), Some(secret)) => Some(Keys {
            access: key(access)?,
            secret: key(secret)?,
        }),
        _ => None,
    };
    Ok(S3 {
        bucket: config.bucket.clone(),
        prefix: config.prefix.clone(),
        endpoint: config
            .endpoint
            .as_ref()
            .map(|url| url.as_str().trim_end_matches('/').to_owned()),
        region: Some(config.region.clone()),
        keys,
    })
}

/// The legacy's own folder where it is known, so that both sides have the same files.
fn folder(config: &MediaConfig, settings: Option<&Settings>, data: &Path) -> PathBuf {
    match (&config.place, settings) {
        (PlaceConfig::Folder(folder), _) => folder.clone(),
        (_, Some(settings)) => settings.state.join("media"),
        (_, None) => data.join("media"),
    }
}
