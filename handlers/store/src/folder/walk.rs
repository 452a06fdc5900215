//! Goes over all files of a folder: counts them and removes those whose time is over.
//!
//! It must not know how long that is. The surprise: links are looked at, never through; a link counts as a file of its own.

use std::ffi::CStr;
use std::io;
use std::time::SystemTime;

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Dir, FileType, Stat};
use rustix::io::Errno;

use super::{Absent, Folder, UNFINISHED, modified, open_folder, size};
use crate::expiry::{Fate, Level, Part, Seen};
use crate::tally::{Tally, age};

/// Levels of subfolders that are gone into. The legacy makes one; the bound keeps a strange tree from holding descriptors.
const DEPTH: usize = 8;

impl Folder {
    /// Asks `fate` for each file and does as it says. A file that vanishes meanwhile, or cannot be removed, is no error: the
    /// next sweep comes. A folder that is not there holds nothing.
    pub(crate) fn sweep(&self, now: SystemTime, fate: &dyn Fn(Seen) -> Fate) -> io::Result<Tally> {
        let mut tally = Tally::default();
        match self.root(Absent::Refuse) {
            Ok(root) => Walk { now, fate }.go_over(&root, 0, &mut tally)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(tally)
    }
}

struct Walk<'a> {
    now: SystemTime,
    fate: &'a dyn Fn(Seen) -> Fate,
}

impl Walk<'_> {
    fn go_over(&self, folder: &OwnedFd, depth: usize, tally: &mut Tally) -> Result<(), Errno> {
        for entry in Dir::read_from(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            let Ok(stat) = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) else {
                continue;
            };
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => self.go_into(folder, name, depth, tally),
                _ => self.decide(folder, name, (depth, &stat), tally),
            }
        }
        Ok(())
    }

    fn go_into(&self, parent: &OwnedFd, name: &CStr, depth: usize, tally: &mut Tally) {
        if depth == DEPTH {
            return;
        }
        // One folder that cannot be read must not keep the others from being swept.
        let Ok(folder) = open_folder(parent, name) else {
            return;
        };
        if let Err(error) = self.go_over(&folder, depth + 1, tally) {
            tracing::warn!(folder = ?name, %error, "a media folder cannot be swept");
        }
    }

    fn decide(&self, folder: &OwnedFd, name: &CStr, at: (usize, &Stat), tally: &mut Tally) {
        let (depth, stat) = at;
        let removed = (self.fate)(self.seen(name, depth, stat)) == Fate::Remove
            && rustix::fs::unlinkat(folder, name, AtFlags::empty()).is_ok();
        match removed {
            true => tally.removed += 1,
            false => tally.keep(size(stat)),
        }
    }

    fn seen(&self, name: &CStr, depth: usize, stat: &Stat) -> Seen {
        let level = match depth {
            0 => Level::Top,
            _ => Level::Below,
        };
        let part = match name.to_bytes().ends_with(UNFINISHED.as_bytes()) {
            true => Part::Unfinished,
            false => Part::of_name(&name.to_string_lossy()),
        };
        Seen {
            level,
            part,
            age: age(self.now, modified(stat)),
        }
    }
}
