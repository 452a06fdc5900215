//! A plugin's place: whichever version is in it now answers the next call.
//!
//! It must not know files. The surprise: a version that is taken out lives on in the calls that are under way.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;

use super::version::Version;
use crate::call::CallError;
use crate::metrics::Watcher;
use crate::plugin::Plugin;
use crate::service::{ServiceStatus, Supervised};
use crate::wit::service::StopReason;

/// A service's last words; the contract says how long they may take.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// A plugin's place; it is there as long as its file is.
#[derive(Debug)]
pub(crate) struct Slot {
    name: String,
    version: ArcSwapOption<Version>,
    watcher: Watcher,
    calls: AtomicU64,
    failures: AtomicU64,
    news: Mutex<News>,
    service: Mutex<Option<Supervised>>,
}

/// How the last loading went.
#[derive(Debug, Clone, Default)]
pub(crate) struct News {
    /// Why the file's present content is not in the place; `None` when it is.
    pub(crate) fault: Option<String>,
    /// When the version came that is there now.
    pub(crate) since: Option<SystemTime>,
}

/// What is in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PluginState {
    /// The file was not looked into yet.
    Loading,
    /// The file's present version.
    Loaded,
    /// An earlier version, since the present one is broken.
    Stale,
    /// Nothing, since the file's version is broken.
    Broken,
}

impl PluginState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Loading, Self::Loaded, Self::Stale, Self::Broken];

    /// The word for metrics and tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Loaded => "loaded",
            Self::Stale => "stale",
            Self::Broken => "broken",
        }
    }
}

impl Slot {
    pub(crate) fn new(name: &str, watcher: Watcher) -> Self {
        Self {
            name: name.to_owned(),
            version: ArcSwapOption::default(),
            watcher,
            calls: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            news: Mutex::default(),
            service: Mutex::default(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The version that answers now.
    pub(crate) fn version(&self) -> Option<Arc<Version>> {
        self.version.load_full()
    }

    /// Calls one export of a version; counted and told to whoever watches.
    ///
    /// # Errors
    /// As [`CallError`] says. Dropping the future cancels the call.
    pub(crate) async fn call<T>(
        &self,
        call: &'static str,
        calling: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        self.calls.fetch_add(1, Relaxed);
        let ended = self.watcher.call(&self.name, call, calling).await;
        if ended.is_err() {
            self.failures.fetch_add(1, Relaxed);
        }
        ended
    }

    /// Calls one export of the version that is there now.
    ///
    /// # Errors
    /// As [`CallError`] says; [`CallError::Gone`] when none is there.
    pub(crate) async fn ask<T, F>(
        &self,
        call: &'static str,
        export: impl FnOnce(Plugin) -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let version = self.version();
        let calling = async {
            let plugin = version.as_ref().and_then(|version| version.plugin());
            export(plugin.cloned().ok_or(CallError::Gone)?).await
        };
        self.call(call, calling).await
    }

    /// Puts a version in the place of the one before it.
    pub(super) fn put(&self, version: Version) {
        let mut news = self.news();
        news.fault = None;
        news.since = Some(SystemTime::now());
        drop(news);
        self.version.store(Some(Arc::new(version)));
    }

    /// Keeps what is there and remembers why nothing newer is. Whether that is news.
    pub(super) fn keep(&self, fault: &str) -> bool {
        let mut news = self.news();
        let other = news.fault.as_deref() != Some(fault);
        news.fault = Some(fault.to_owned());
        other
    }

    /// Takes out what is there.
    pub(super) fn clear(&self) {
        self.news().since = None;
        self.version.store(None);
    }

    /// Begins the service of the version that is there, if it has one. The one before it was ended first.
    pub(super) fn begin_service(&self) {
        let version = self.version();
        let serving = version.filter(|version| version.exports().contains(&"service"));
        let service = serving.and_then(|version| {
            let plugin = version.plugin()?.clone();
            Some(Supervised::start(plugin, version.document.to_string()))
        });
        *self.service() = service;
    }

    /// Ends the service, if there is one; returns when it is gone.
    pub(super) async fn end_service(&self, reason: StopReason) {
        let service = self.service().take();
        if let Some(service) = service {
            service.stop(reason, LAST_WORDS).await;
        }
    }

    /// How the service fares, if there is one.
    pub(crate) fn service_status(&self) -> Option<ServiceStatus> {
        self.service().as_ref().map(Supervised::status)
    }

    pub(crate) fn state(&self) -> PluginState {
        match (self.version.load().is_some(), &self.news().fault) {
            (true, None) => PluginState::Loaded,
            (true, Some(_)) => PluginState::Stale,
            (false, Some(_)) => PluginState::Broken,
            (false, None) => PluginState::Loading,
        }
    }

    /// How the last loading went.
    pub(crate) fn last(&self) -> News {
        self.news().clone()
    }

    /// Calls so far, and how many of them failed.
    pub(crate) fn tally(&self) -> (u64, u64) {
        (self.calls.load(Relaxed), self.failures.load(Relaxed))
    }

    fn service(&self) -> MutexGuard<'_, Option<Supervised>> {
        let service = self.service.lock();
        service.unwrap_or_else(PoisonError::into_inner)
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Silent;

    #[tokio::test]
    async fn an_empty_place_answers_that_nobody_is_there() {
        let slot = Slot::new("zalo", Watcher::new(Arc::new(Silent)));
        let gone = slot.ask("routes", |_| async { Ok(()) }).await;
        assert_eq!(gone, Err(CallError::Gone));
        assert_eq!(slot.tally(), (1, 1));
        assert_eq!(slot.state(), PluginState::Loading);
        assert!(slot.keep("no component"));
        assert!(!slot.keep("no component"));
        assert_eq!(slot.state(), PluginState::Broken);
    }
}
