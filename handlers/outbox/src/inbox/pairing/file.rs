//! A JSON file that the legacy writes too: locked by a folder beside it, replaced as a whole.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

/// How old a lock may become before its holder is taken for dead. A living one renews it.
const STALE: Duration = Duration::from_secs(30);

/// How often the lock is tried, and how long is waited in between: as long as the legacy waits at first. It holds the
/// lock for milliseconds.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// The document in a file; `None` where there is none, or none that can be read.
pub(super) fn read(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// A locked file; the lock is given up on drop.
pub(super) struct Locked {
    path: PathBuf,
    lock: PathBuf,
}

impl Locked {
    /// Locks a file, which is made where there is none: what is not there cannot be locked.
    ///
    /// # Errors
    /// When it cannot be made, or stays locked.
    pub(super) fn acquire(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            make(folder)?;
        }
        if !path.exists() {
            replace(path, &json!({"version": 1, "requests": []}))?;
        }
        let path = fs::canonicalize(path)?;
        let lock = suffixed(&path, ".lock");
        for _ in 0..TRIES {
            match fs::create_dir(&lock) {
                Ok(()) => return Ok(Self { path, lock }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => wait(&lock),
                Err(error) => return Err(error),
            }
        }
        let text = format!("{} stays locked", path.display());
        Err(io::Error::new(io::ErrorKind::WouldBlock, text))
    }

    /// Replaces the document.
    ///
    /// # Errors
    /// When it cannot be written; then the one before is still there.
    pub(super) fn write(&self, document: &Value) -> io::Result<()> {
        replace(&self.path, document)
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Who comes next takes a lock that is left for a stale one.
        drop(fs::remove_dir(&self.lock));
    }
}

/// Waits for a living holder; takes the lock of a dead one away.
fn wait(lock: &Path) {
    let age = fs::metadata(lock).and_then(|found| found.modified());
    let age = age.ok().and_then(|since| since.elapsed().ok());
    if age.is_some_and(|age| age > STALE) {
        drop(fs::remove_dir(lock));
    } else {
        sleep(PAUSE);
    }
}

fn replace(path: &Path, document: &Value) -> io::Result<()> {
    let text = serde_json::to_string_pretty(document)?;
    let beside = suffixed(path, &format!(".{:032x}.tmp", fastrand::u128(..)));
    let written = write_new(&beside, &text).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        drop(fs::remove_file(&beside));
    }
    written
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")
}

fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_waited_for_and_one_of_a_dead_holder_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        let first = Locked::acquire(&path).unwrap();
        let lock = first.lock.clone();
        let second =
            std::thread::spawn(move || Locked::acquire(&path).map(|locked| locked.path.clone()));
        // Long enough for the other one to find it locked; if it does not, the test holds all the same.
        sleep(PAUSE);
        assert!(!second.is_finished());
        drop(first);
        let path = second.join().unwrap().unwrap();
        fs::create_dir(&lock).unwrap();
        let long_ago = std::time::SystemTime::now() - STALE * 2;
        let times = fs::FileTimes::new().set_modified(long_ago);
        fs::File::open(&lock).unwrap().set_times(times).unwrap();
        assert!(Locked::acquire(&path).is_ok());
    }
}
