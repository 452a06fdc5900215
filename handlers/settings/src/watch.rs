//! Reads a configuration again whenever one of its files may have changed.
//!
//! It must not know who uses the settings. The surprise: a look once a second stands behind the system's reports,
//! because a link further up the path, or a file on a network, changes without one.

use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant, SystemTime};

use crate::bell::{Bell, News};
use crate::folders::Folders;
use crate::read::Reading;
use crate::{Environment, Settings, SettingsError};

/// How long the files must be left alone before they are read: a writer that replaces several files needs less.
const QUIET: Duration = Duration::from_millis(100);

/// A folder that is never quiet holds up a reading no longer than this.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often the files are looked at without a report; it costs a `stat` for each.
const LOOK: Duration = Duration::from_secs(1);

/// A file that is followed by a thread; dropping this ends it.
#[derive(Debug)]
pub(crate) struct Watching {
    path: PathBuf,
    bell: Bell,
}

impl Watching {
    /// Reads the file once before it returns and hands the result on, then again after every change.
    ///
    /// # Errors
    /// When no thread can be had; what was read is handed on all the same.
    pub(crate) fn start(
        path: PathBuf,
        environment: Environment,
        hand_on: impl Fn(Result<Settings, SettingsError>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (bell, rung) = Bell::new();
        let mut follower = Follower {
            path: path.clone(),
            environment,
            hand_on,
            folders: Folders::new(&bell),
            bell: bell.clone(),
            rung,
            seen: Vec::new(),
        };
        follower.folders.watch([&path]);
        follower.read();
        let thread = std::thread::Builder::new().name("settings".to_owned());
        thread.spawn(move || follower.run())?;
        Ok(Self { path, bell })
    }

    /// The file, as it was named.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.bell.end();
    }
}

/// The thread's own: reads, and knows when to read again.
struct Follower<H> {
    path: PathBuf,
    environment: Environment,
    hand_on: H,
    folders: Folders,
    bell: Bell,
    rung: Receiver<()>,
    /// The files of the last reading, as they were after it.
    seen: Vec<(PathBuf, Option<Stamp>)>,
}

impl<H: Fn(Result<Settings, SettingsError>)> Follower<H> {
    fn run(mut self) {
        while let Some(news) = self.wait() {
            if news.written || self.looks_different() {
                self.read();
            }
        }
    }

    /// What there is to know once nothing more comes, or when it is time for a look; `None` at the end.
    fn wait(&self) -> Option<News> {
        let mut news = News::default();
        if self.hear(LOOK, &mut news) {
            let began = Instant::now();
            while !news.ended && began.elapsed() < PATIENCE && self.hear(QUIET, &mut news) {}
        }
        (!news.ended).then_some(news)
    }

    /// Whether anything comes within the limit.
    fn hear(&self, limit: Duration, news: &mut News) -> bool {
        let rung = self.rung.recv_timeout(limit).is_ok();
        if rung {
            self.bell.take_into(news);
        }
        rung
    }

    fn looks_different(&self) -> bool {
        let mut seen = self.seen.iter();
        seen.any(|(path, stamp)| Stamp::of(path) != *stamp)
    }

    /// Reads a second time when a folder was not watched during the first: a change there would have gone unnoticed.
    fn read(&mut self) {
        let mut reading = Reading::of(&self.path, &self.environment);
        if self.folders.watch(&reading.files) {
            reading = Reading::of(&self.path, &self.environment);
        }
        let stamped = |path: PathBuf| {
            let stamp = Stamp::of(&path);
            (path, stamp)
        };
        self.seen = reading.files.into_iter().map(stamped).collect();
        (self.hand_on)(reading.settings);
    }
}

/// What a file looks like from outside: the file behind a link, not the link.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// A file that took the place of another may be of the same length and time.
    inode: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            inode: metadata.ino(),
        })
    }
}
