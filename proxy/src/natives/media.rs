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

/// The media handler that is at work, and the one that will be if the routes that name it are put to work.
#[derive(Debug, Default)]
pub(super) struct Media(Mutex<Handlers>);

#[derive(Debug, Default)]
struct Handlers {
    working: Option<Kept>,
    next: Option<Kept>,
}

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
    /// The routes are at work for which a handler was asked last. Has their store swept or not. Must run inside a tokio
    /// runtime.
    pub(super) fn follow(&self, sweep: Sweep) {
        let mut handlers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(next) = handlers.next.take() {
            handlers.working = Some(next);
        }
        if let Some(working) = handlers.working.as_mut() {
            working.sweep(sweep);
        }
    }

    /// The routes for which a handler was asked last are not put to work.
    pub(super) fn stay(&self) {
        let mut handlers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        handlers.next = None;
    }

    /// The handler for that configuration. Must run inside a tokio runtime.
    pub(super) fn handler(
        &self,
        config: &MediaConfig,
        settings: Option<&Settings>,
        data: &Path,
    ) -> Result<Handler, NativeError> {
        self.with(config, settings, data, |kept| kept.handler.clone())
    }

    /// The store for that configuration, for those beside the handler who keep files. Must run inside a tokio runtime.
    pub(super) fn store(
        &self,
        config: &MediaConfig,
        settings: Option<&Settings>,
        data: &Path,
    ) -> Result<Store, NativeError> {
        self.with(config, settings, data, |kept| kept.store.clone())
    }

    fn with<T>(
        &self,
        config: &MediaConfig,
        settings: Option<&Settings>,
        data: &Path,
        take: impl FnOnce(&Kept) -> T,
    ) -> Result<T, NativeError> {
        let folder = folder(config, settings, data);
        let mut handlers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = handlers.made(config, &folder) {
            return Ok(take(same));
        }
        let made = make(config, folder)?;
        Ok(take(handlers.next.insert(made)))
    }
}

impl Handlers {
    fn made(&self, config: &MediaConfig, folder: &Path) -> Option<&Kept> {
        let mut made = [&self.next, &self.working].into_iter().flatten();
        made.find(|kept| kept.is_for(config, folder))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn config(folder: &Path) -> MediaConfig {
        MediaConfig {
            place: PlaceConfig::Folder(folder.to_owned()),
            ttl: Duration::from_secs(1),
            max: 1,
            disk: 1,
            upload: false,
        }
    }

    /// The folder of the handler at work, and whether it is swept.
    fn working(media: &Media) -> (PathBuf, bool) {
        let handlers = media.0.lock().unwrap();
        let working = handlers.working.as_ref().unwrap();
        (working.folder.clone(), working.sweeping.is_some())
    }

    #[tokio::test]
    async fn routes_that_are_not_put_to_work_end_no_sweep() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [first, second] = folders.each_ref().map(|folder| folder.path());
        let media = Media::default();
        let ask = |folder: &Path| media.handler(&config(folder), None, folder).map(drop);
        ask(first).unwrap();
        media.follow(Sweep::On);
        assert_eq!(working(&media), (first.to_owned(), true));
        ask(second).unwrap();
        media.stay();
        assert_eq!(working(&media), (first.to_owned(), true));
        ask(first).unwrap();
        media.follow(Sweep::On);
        assert_eq!(working(&media), (first.to_owned(), true));
        ask(second).unwrap();
        media.follow(Sweep::Off);
        assert_eq!(working(&media), (second.to_owned(), false));
    }
}
