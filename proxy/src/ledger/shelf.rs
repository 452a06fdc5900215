//! Where the ledger's file stands, and what to do when it cannot be used.
//!
//! A file that is at fault is set aside, never deleted, and another one begun; bad surroundings are waited out in memory.
//! The surprise: none of it is a failure for anybody else. A sidecar without a disk serves like one with a disk.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::book::now;
use super::moves::Move;
use super::store::{Draft, Epoch, Filter, LedgerError, Limits, SampleRow, Saved, Store};

/// The file's name in the data folder.
const NAME: &str = "ledger.db";

/// What SQLite puts beside the file. Its log belongs to it, and must not meet the next file.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// How often a disk that cannot be used is tried again.
const AGAIN: Duration = Duration::from_secs(30);

/// How the ledger came to be open.
#[derive(Debug)]
pub enum Opened {
    /// There was no file.
    Fresh,
    /// There was one.
    Continued,
    /// There was one that cannot be used, and another one was begun.
    SetAside {
        /// Where it is now.
        path: PathBuf,
        /// What is wrong with it.
        why: LedgerError,
    },
    /// There is no file: what is learnt is lost with the process, unless the disk comes back before.
    MemoryOnly {
        /// Why not.
        why: LedgerError,
    },
}

/// The file, or what stands for it.
pub(super) struct Shelf {
    /// None for a ledger that is meant to live in memory.
    path: Option<PathBuf>,
    limits: Limits,
    store: Option<Store>,
    /// When to try the disk again, which could not be used.
    again: Option<Instant>,
}

/// What became of drafts and samples.
pub(super) enum Shelved {
    /// They are in the file; each draft's fate.
    Saved(Vec<Saved>),
    /// They are not, and this file is another one, which knows these epochs. Give the drafts again.
    Moved(Vec<Epoch>),
    /// They are not, and it was said why.
    Not,
}

impl Shelf {
    /// Opens the ledger's file in a folder, which is made where it is missing.
    pub(super) fn open(folder: &Path, limits: Limits) -> (Self, Vec<Epoch>, Opened) {
        let mut shelf = Self {
            path: Some(folder.join(NAME)),
            limits,
            store: None,
            again: None,
        };
        let (latest, opened) = match shelf.reopen() {
            Ok(found) => found,
            Err(why) => {
                shelf.store = Store::in_memory(shelf.limits.clone()).ok();
                shelf.rest();
                (Vec::new(), Opened::MemoryOnly { why })
            }
        };
        (shelf, latest, opened)
    }

    /// A ledger that is gone with the process.
    pub(super) fn in_memory(limits: Limits) -> Self {
        Self {
            path: None,
            store: Store::in_memory(limits.clone()).ok(),
            limits,
            again: None,
        }
    }

    /// When the disk is to be tried again, if it could not be used.
    pub(super) fn again(&self) -> Option<Instant> {
        self.again
    }

    /// Writes epochs and samples, all or none.
    pub(super) fn save(&mut self, drafts: &[Draft], samples: &[SampleRow]) -> Shelved {
        match self.try_save(drafts, samples) {
            Ok(saved) => {
                self.recovered();
                Shelved::Saved(saved)
            }
            Err(why) if why.is_of_the_file() && self.path.is_some() => self.replace(why),
            Err(why) => {
                self.complain(&why);
                Shelved::Not
            }
        }
    }

    /// Writes moves of dials, all or none. Whether they are in the file; a file that cannot be written was complained of.
    pub(super) fn add_moves(&mut self, moves: &[Move]) -> bool {
        let added = match &mut self.store {
            Some(store) => store.add_moves(moves),
            None => Err(LedgerError::Closed),
        };
        if let Err(why) = &added {
            self.complain(why);
        }
        added.is_ok()
    }

    /// The moves that the file knows, the oldest first; none when they cannot be read.
    pub(super) fn moves(&self) -> Vec<Move> {
        let moves = self.store.as_ref().map(Store::moves);
        moves.and_then(Result::ok).unwrap_or_default()
    }

    /// Tries again to open a file that could not be opened, when it is time to. Gives what the file knows, if there is
    /// one now.
    pub(super) fn retry(&mut self, now: Instant) -> Option<Vec<Epoch>> {
        if self.on_disk() || self.again().is_none_or(|again| again > now) {
            return None;
        }
        match self.reopen() {
            Ok((latest, opened)) => {
                tracing::info!(?opened, "the ledger is on disk again");
                self.again = None;
                Some(latest)
            }
            Err(_) => {
                self.rest();
                None
            }
        }
    }

    /// A route's samples, the newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn samples(
        &self,
        route: &str,
        filter: &Filter,
        limit: u32,
    ) -> Result<Vec<String>, LedgerError> {
        let store = self.store.as_ref().ok_or(LedgerError::Closed)?;
        store.samples(route, filter, limit)
    }

    fn try_save(
        &mut self,
        drafts: &[Draft],
        samples: &[SampleRow],
    ) -> Result<Vec<Saved>, LedgerError> {
        let store = self.store.as_mut().ok_or(LedgerError::Closed)?;
        store.save(drafts, samples)
    }

    fn on_disk(&self) -> bool {
        self.store.as_ref().is_some_and(Store::is_file)
    }

    /// Opens the file, in the place of whatever is open.
    fn reopen(&mut self) -> Result<(Vec<Epoch>, Opened), LedgerError> {
        let path = self.path.clone().ok_or(LedgerError::Closed)?;
        let (store, opened) = open(&path, &self.limits)?;
        let latest = store.latest()?;
        self.store = Some(store);
        Ok((latest, opened))
    }

    /// Sets a file aside that turned out to be damaged, and begins another one.
    fn replace(&mut self, why: LedgerError) -> Shelved {
        tracing::warn!(%why, "the ledger's file is set aside, and another one begun");
        // Closed first: it would write its log into a file that is no longer its own.
        self.store = None;
        let path = self.path.clone().unwrap_or_default();
        match set_aside(&path)
            .map_err(LedgerError::from)
            .and_then(|_| self.reopen())
        {
            Ok((latest, _)) => Shelved::Moved(latest),
            Err(why) => {
                self.store = Store::in_memory(self.limits.clone()).ok();
                self.complain(&why);
                Shelved::Moved(Vec::new())
            }
        }
    }

    /// Says once that the disk cannot be used.
    fn complain(&mut self, why: &LedgerError) {
        if self.again.is_none() {
            let reason = why as &dyn std::error::Error;
            tracing::warn!(
                reason,
                "the ledger is not written, evidence is kept in memory"
            );
        }
        self.rest();
    }

    fn recovered(&mut self) {
        if self.on_disk() && self.again.take().is_some() {
            tracing::info!("the ledger is written again");
        }
    }

    fn rest(&mut self) {
        self.again = Some(Instant::now() + AGAIN);
    }
}

fn open(path: &Path, limits: &Limits) -> Result<(Store, Opened), LedgerError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let opened = match path.try_exists()? {
        true => Opened::Continued,
        false => Opened::Fresh,
    };
    make_private(path)?;
    match Store::open(path, limits.clone()) {
        Err(why) if why.is_of_the_file() => {
            let aside = set_aside(path)?;
            let opened = Opened::SetAside { path: aside, why };
            make_private(path)?;
            Ok((Store::open(path, limits.clone())?, opened))
        }
        store => Ok((store?, opened)),
    }
}

/// Makes the file, if there is none, for nobody else to read: it holds what people sent. SQLite gives its log the same
/// rights.
fn make_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    Ok(())
}

/// Moves a file and what belongs to it out of the way, and gives its new place.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let stem = format!("{}.corrupt-{}", path.display(), now());
    let aside = free_name(&stem)?;
    for companion in COMPANIONS {
        let log = with(path, companion);
        match std::fs::rename(&log, with(&aside, companion)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    std::fs::rename(path, &aside)?;
    Ok(aside)
}

/// A name that nothing has: two files may be set aside within a second.
fn free_name(stem: &str) -> io::Result<PathBuf> {
    let first = PathBuf::from(stem);
    if !first.try_exists()? {
        return Ok(first);
    }
    for number in 2..1000 {
        let next = PathBuf::from(format!("{stem}-{number}"));
        if !next.try_exists()? {
            return Ok(next);
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn with(path: &Path, companion: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(companion);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_is_tried_again_when_it_is_time() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("data");
        std::fs::write(&taken, "a file").unwrap();
        let (mut shelf, _, opened) = Shelf::open(&taken, Limits::default());
        assert!(matches!(opened, Opened::MemoryOnly { .. }), "{opened:?}");
        std::fs::remove_file(&taken).unwrap();
        let again = shelf.again().unwrap();
        assert!(shelf.retry(again - AGAIN).is_none());
        assert_eq!(shelf.retry(again), Some(Vec::new()));
        assert!(taken.join(NAME).exists() && shelf.again().is_none());
        assert!(shelf.retry(again).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_the_files() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (_shelf, ..) = Shelf::open(folder.path(), Limits::default());
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert!(files.len() > 1, "the log is there too");
        for file in files {
            let mode = file.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{mode:o}");
        }
    }

    #[test]
    fn a_full_disk_is_waited_out() {
        let folder = tempfile::tempdir().unwrap();
        let (mut shelf, ..) = Shelf::open(folder.path(), Limits::default());
        let sample = SampleRow {
            route: "orders".into(),
            at: 1,
            keys: vec![("status".into(), "status".into())],
            document: "x".repeat(1 << 20),
        };
        let room = |shelf: &Shelf, pages| shelf.store.as_ref().unwrap().give_room(pages);
        room(&shelf, 12);
        let full = shelf.save(&[], std::slice::from_ref(&sample));
        assert!(matches!(full, Shelved::Not) && shelf.again().is_some());
        room(&shelf, 1 << 20);
        let saved = shelf.save(&[], &[sample]);
        assert!(matches!(saved, Shelved::Saved(_)) && shelf.again().is_none());
        let found = shelf.samples("orders", &Filter::default(), 9).unwrap();
        assert_eq!(found.len(), 1);
    }
}
