//! Follows the folder and the grants: loads what is new, swaps what changed, takes out what is gone.
//!
//! It decides little ([`round`](super::round) does) and knows no requests. The surprise: a file must be gone in two
//! looks before its plugin goes, since replacing a file may be removing it first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use overgrow_settings::Changes;
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep;
use tracing::{error, info, warn};

use super::bell::Bell;
use super::document::document;
use super::fault::Fault;
use super::files::{self, Files, Found, Stamp};
use super::round::{Made, Step, Tried, Writing, may_stay, step};
use super::shelf::Shelf;
use super::slot::Slot;
use super::validate::{Candidate, Workshop};
use super::version::Version;
use crate::artifact::LARGEST;
use crate::grant::Grant;
use crate::jobs;
use crate::metrics::Watcher;
use crate::wit::service::StopReason;

/// How often the folder is looked at without a report.
const LOOK: Duration = Duration::from_secs(2);

/// How long a file must look the same to be whole.
const QUIET: Duration = Duration::from_millis(200);

/// How long whoever waits for the first plugins waits for a file that is being written.
const PATIENCE: Duration = Duration::from_secs(5);

/// Plugins that are compiled and questioned at one time.
const AT_ONCE: usize = 4;

/// What the keeper is told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Orders {
    /// What each plugin was granted; one that is not named has the default grant.
    pub(crate) grants: Arc<BTreeMap<String, Grant>>,
    /// Everything is to end.
    pub(crate) ending: bool,
}

/// The keeper of one folder.
pub(crate) struct Keeper {
    pub(crate) folder: PathBuf,
    pub(crate) workshop: Workshop,
    pub(crate) shelf: Shelf,
    pub(crate) watcher: Watcher,
    pub(crate) orders: watch::Receiver<Orders>,
    /// Rounds after which nothing was left to be loaded.
    pub(crate) rounds: watch::Sender<u64>,
}

/// A plugin of which there is a file.
#[derive(Debug)]
struct Known {
    slot: Arc<Slot>,
    seen: Option<Stamp>,
    tried: Option<Tried>,
    /// The file was not there at the last look.
    missing: bool,
}

/// What the keeper remembers between rounds.
struct Memory {
    known: BTreeMap<String, Known>,
    strangers: BTreeSet<String>,
    /// Why the folder could not be looked into, when it could not.
    blind: Option<String>,
}

/// A plugin to be loaded.
struct Work {
    name: String,
    files: Files,
    made: Made,
}

impl Keeper {
    /// Keeps the folder until it is told to end or nobody is left to tell; then its services get their last words.
    pub(crate) async fn run(mut self) {
        let mut memory = Memory {
            known: BTreeMap::new(),
            strangers: BTreeSet::new(),
            blind: None,
        };
        let began = Instant::now();
        let mut bell = Bell::new();
        let mut settings = self.workshop.hands.settings.changes();
        // Begun after the first round: what is owed to a plugin that is not loaded yet would wait for longer.
        let mut working = None;
        while !self.orders.borrow_and_update().ending {
            bell.watch(&self.folder);
            let waits = self.round(&mut memory).await;
            if !waits || began.elapsed() > PATIENCE {
                self.rounds.send_modify(|rounds| *rounds += 1);
            }
            working.get_or_insert_with(|| self.work_off());
            if !self.pause(&bell, &mut settings, waits).await {
                break;
            }
        }
        drop(working);
        self.end(memory).await;
    }

    /// Does what plugins are owed, until dropped.
    fn work_off(&self) -> Option<JoinSet<()>> {
        let keep = self.workshop.hands.keep.clone()?;
        let shelf = self.shelf.clone();
        let loaded = move |name: &str| shelf.slot(name)?.version()?.plugin().cloned();
        let mut working = JoinSet::new();
        working.spawn(jobs::work(keep, Arc::new(loaded)));
        Some(working)
    }

    /// Waits until it is time for another round; whether there is to be one.
    async fn pause(&mut self, bell: &Bell, settings: &mut Changes, waits: bool) -> bool {
        if waits {
            sleep(QUIET).await;
            return self.orders.has_changed().is_ok();
        }
        tokio::select! {
            changed = self.orders.changed() => return changed.is_ok(),
            () = bell.rung() => {}
            Some(_) = settings.changed() => {}
            () = sleep(LOOK) => {}
        }
        true
    }

    /// One look and what follows from it; whether some file is still being written.
    async fn round(&self, memory: &mut Memory) -> bool {
        let folder = self.folder.clone();
        let looked = spawn_blocking(move || files::look(&folder)).await;
        let found = match looked {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => return memory.see_nothing(&error.to_string()),
            Err(_) => return false,
        };
        memory.blind = None;
        memory.meet(&found.strangers);
        let gone = self.take_out(memory, &found).await;
        let (work, waits) = self.work(memory, found);
        self.load(memory, work).await;
        self.watcher.states(&self.shelf.states());
        waits || gone
    }

    /// Takes out plugins whose files are gone for good; whether some may be gone.
    async fn take_out(&self, memory: &mut Memory, found: &Found) -> bool {
        let mut gone = Vec::new();
        let mut perhaps = false;
        for (name, known) in &mut memory.known {
            let there = found.plugins.contains_key(name);
            if !there && known.missing {
                gone.push(name.clone());
            }
            perhaps |= !there && !known.missing;
            known.missing = !there;
        }
        for name in gone {
            info!(plugin = %name, "its file is gone");
            self.shelf.change(|slots| drop(slots.remove(&name)));
            if let Some(known) = memory.known.remove(&name) {
                known.slot.clear();
                known.slot.end_service(StopReason::Disabled).await;
            }
        }
        perhaps
    }

    /// What is to be loaded, and whether some file is still being written.
    fn work(&self, memory: &mut Memory, found: Found) -> (Vec<Work>, bool) {
        let grants = Arc::clone(&self.orders.borrow().grants);
        let (now, clock) = (Instant::now(), SystemTime::now());
        let mut work = Vec::new();
        let mut waits = false;
        for (name, files) in found.plugins {
            let known = self.known(memory, &name);
            let made = self.made(&name, &files, &grants);
            let same = known.seen.replace(files.stamp) == Some(files.stamp);
            let writing = match same || files.is_whole(clock) {
                true => Writing::Done,
                false => Writing::Perhaps,
            };
            match step(&made, known.tried.as_ref(), writing, now) {
                Step::Leave => {}
                Step::Wait => waits = true,
                Step::Load => work.push(Work { name, files, made }),
            }
        }
        (work, waits)
    }

    /// A plugin's place, made when its file is first seen.
    fn known<'a>(&self, memory: &'a mut Memory, name: &str) -> &'a mut Known {
        memory.known.entry(name.to_owned()).or_insert_with(|| {
            let slot = Arc::new(Slot::new(name, self.watcher.clone()));
            self.shelf
                .change(|slots| drop(slots.insert(name.to_owned(), Arc::clone(&slot))));
            Known {
                slot,
                seen: None,
                tried: None,
                missing: false,
            }
        })
    }

    fn made(&self, name: &str, files: &Files, grants: &BTreeMap<String, Grant>) -> Made {
        let grant = grants.get(name).cloned().unwrap_or_default();
        Made {
            stamp: files.stamp,
            document: document(name, &grant, &self.workshop.hands).into(),
            grant,
        }
    }

    async fn load(&self, memory: &mut Memory, work: Vec<Work>) {
        let loading = work.into_iter().map(|work| self.loaded(work));
        let mut loading = stream::iter(loading).buffer_unordered(AT_ONCE);
        while let Some((work, loaded)) = loading.next().await {
            if let Some(known) = memory.known.get_mut(&work.name) {
                known.take(work.made, loaded).await;
            }
        }
    }

    async fn loaded(&self, work: Work) -> (Work, Result<Version, Fault>) {
        let loaded = match read(work.files.clone()).await {
            Ok((wasm, signature)) => {
                let candidate = Candidate {
                    name: work.name.clone(),
                    wasm: wasm.into(),
                    signature,
                    grant: work.made.grant.clone(),
                    document: Arc::clone(&work.made.document),
                };
                self.workshop.version(candidate).await
            }
            Err(fault) => Err(fault),
        };
        (work, loaded)
    }

    async fn end(self, memory: Memory) {
        let services = memory.known.values();
        join_all(services.map(|known| known.slot.end_service(StopReason::Shutdown))).await;
        for known in memory.known.values() {
            known.slot.clear();
        }
        self.shelf.change(BTreeMap::clear);
    }
}

impl Memory {
    /// Says once that there is nothing to see; nobody is taken out because of that.
    fn see_nothing(&mut self, error: &str) -> bool {
        if self.blind.as_deref() != Some(error) {
            error!("the folder of plugins cannot be read: {error}");
            self.blind = Some(error.to_owned());
        }
        false
    }

    fn meet(&mut self, strangers: &[String]) {
        for name in strangers {
            if self.strangers.insert(name.clone()) {
                warn!(
                    "`{name}` is no plugin's file: its name is lower-case letters, digits and hyphens, at most 32"
                );
            }
        }
    }
}

impl Known {
    /// Puts the new version in its place, or keeps the old one.
    async fn take(&mut self, made: Made, loaded: Result<Version, Fault>) {
        let name = self.slot.name();
        match loaded {
            Ok(version) => {
                let number = version.number();
                info!(plugin = %name, version = number, sha256 = %version.sha256, "loaded");
                self.slot.end_service(StopReason::Reload).await;
                self.slot.put(version);
                self.slot.begin_service();
                self.tried = Some(Tried::well(made));
            }
            Err(fault) => {
                self.refuse(&made.grant, &fault).await;
                let passing = fault.is_passing();
                self.tried = Some(Tried::ill(made, passing, Instant::now()));
            }
        }
    }

    async fn refuse(&self, grant: &Grant, fault: &Fault) {
        let old = self.slot.version();
        let stays = old.is_some_and(|old| may_stay(old.grant(), grant));
        if !stays {
            self.slot.clear();
            self.slot.end_service(StopReason::Disabled).await;
        }
        if self.slot.keep(&fault.to_string()) {
            let name = self.slot.name();
            match stays {
                true => error!(plugin = %name, "the version before it stays: {fault}"),
                false => error!(plugin = %name, "not loaded: {fault}"),
            }
        }
    }
}

async fn read(files: Files) -> Result<(Vec<u8>, Option<String>), Fault> {
    if files.len() > LARGEST as u64 {
        return Err(Fault::Large(files.len()));
    }
    let read = spawn_blocking(move || files.read()).await;
    let read = read.map_err(std::io::Error::other)?;
    read?.ok_or(Fault::Changing)
}
