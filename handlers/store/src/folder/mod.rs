//! Files in a folder: by default the legacy's own, so that both sides serve the same ones.
//!
//! Blocking; it must not know lifetimes, caps or effects. The surprise: nothing is resolved by path. A name is one
//! component, opened in its folder's descriptor without following a link, so there is no path for a stranger to bend and no
//! moment between a check and a use.

mod walk;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use uuid::Uuid;

use crate::{MediaId, Shelf, TakeError};

/// Ends the name of a file that is still being written. No id can hold `~`, so nobody can ask for one.
const UNFINISHED: &str = "~part";

/// A folder of files.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

/// A plain file, held open.
#[derive(Debug)]
pub(crate) struct Opened {
    file: File,
    pub(crate) size: u64,
    pub(crate) modified: SystemTime,
}

/// What to do about a folder that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Absent {
    Refuse,
    Make,
}

impl Folder {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Opens a file on a shelf.
    pub(crate) fn open(&self, shelf: Shelf, id: &MediaId) -> Result<Opened, TakeError> {
        let root = self.root(Absent::Refuse).map_err(refusal)?;
        let folder = match shelf.folder() {
            None => root,
            Some(name) => open_folder(&root, name).map_err(refusal)?,
        };
        let file = File::from(open_file(&folder, id.as_str()).map_err(refusal)?);
        let stat = rustix::fs::fstat(&file).map_err(refusal)?;
        if !is_file(&stat) {
            return Err(TakeError::InvalidPath);
        }
        Ok(Opened {
            file,
            size: size(&stat),
            modified: modified(&stat),
        })
    }

    /// Removes a file from the top; `NotFound` when somebody else did. Of two callers at once exactly one succeeds: that is
    /// what makes a file's single use atomic.
    pub(crate) fn remove(&self, id: &MediaId) -> Result<(), TakeError> {
        let root = self.root(Absent::Refuse).map_err(refusal)?;
        rustix::fs::unlinkat(&root, id.as_str(), AtFlags::empty()).map_err(refusal)
    }

    /// Writes a new file so that it is there whole or not at all. It is not forced to the disk: after a power cut the
    /// sender sends again, and two minutes later nobody would have asked for it.
    pub(crate) fn write(&self, shelf: Shelf, name: &str, bytes: &[u8]) -> io::Result<()> {
        let folder = self.shelf(shelf)?;
        let part = format!("{}{UNFINISHED}", Uuid::new_v4());
        let written = fill(&folder, &part, bytes)
            .and_then(|()| Ok(rustix::fs::renameat(&folder, &part, &folder, name)?));
        if written.is_err() {
            // Best effort: what stays is swept, and the first error is the one to tell.
            let _ = rustix::fs::unlinkat(&folder, &part, AtFlags::empty());
        }
        written
    }

    fn shelf(&self, shelf: Shelf) -> io::Result<OwnedFd> {
        let root = self.root(Absent::Make)?;
        match shelf.folder() {
            None => Ok(root),
            Some(name) => {
                made(rustix::fs::mkdirat(&root, name, Mode::RWXU))?;
                Ok(open_folder(&root, name)?)
            }
        }
    }

    /// Opened anew each time: the legacy may have replaced it. A link to the folder itself is its owner's business.
    fn root(&self, absent: Absent) -> io::Result<OwnedFd> {
        if absent == Absent::Make {
            use std::os::unix::fs::DirBuilderExt;
            let mut private = std::fs::DirBuilder::new();
            private.recursive(true).mode(0o700).create(&self.root)?;
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(rustix::fs::open(&self.root, flags, Mode::empty())?)
    }
}

impl Opened {
    /// The whole file, `TooLarge` when it has grown past what its size said.
    pub(crate) fn read(self) -> Result<Vec<u8>, TakeError> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.size).unwrap_or_default());
        let mut limited = self.file.take(self.size + 1);
        limited
            .read_to_end(&mut bytes)
            .map_err(TakeError::Unreadable)?;
        match bytes.len() as u64 {
            size if size > self.size => Err(TakeError::TooLarge { size }),
            _ => Ok(bytes),
        }
    }
}

fn fill(folder: &OwnedFd, name: &str, bytes: &[u8]) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let file = rustix::fs::openat(folder, name, flags, Mode::RUSR | Mode::WUSR)?;
    File::from(file).write_all(bytes)
}

/// Without following a link and without waiting, so that a pipe among the files holds nobody up.
fn open_file(folder: &OwnedFd, name: &str) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    rustix::fs::openat(folder, name, flags, Mode::empty())
}

fn open_folder<P: rustix::path::Arg>(parent: impl AsFd, name: P) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(parent, name, flags, Mode::empty())
}

fn made(made: Result<(), Errno>) -> Result<(), Errno> {
    match made {
        Err(Errno::EXIST) => Ok(()),
        other => other,
    }
}

fn refusal(error: impl Into<io::Error>) -> TakeError {
    let error = error.into();
    match Errno::from_io_error(&error) {
        Some(Errno::NOENT | Errno::NOTDIR) => TakeError::NotFound,
        // What a link gives, by whatever name the system calls it.
        Some(Errno::LOOP | Errno::INVAL | Errno::NOTSUP) => TakeError::InvalidPath,
        _ => TakeError::Unreadable(error),
    }
}

fn is_file(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
}

fn size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or_default()
}

/// A time before 1970 counts as 1970: it has expired either way.
fn modified(stat: &Stat) -> SystemTime {
    let seconds = u64::try_from(stat.st_mtime).unwrap_or_default();
    let nanos = u32::try_from(stat.st_mtime_nsec).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos)
}
