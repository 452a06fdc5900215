//! What lies in the folder: `NAME.wasm` and, beside it, `NAME.wasm.sig`.
//!
//! It opens no plugin. The surprise: a file counts only when it was left alone for a moment, because a half-written
//! one looks like any other.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A file older than this is whole: whoever copies it is done, or does not change it any more.
const WHOLE: Duration = Duration::from_secs(2);

/// Longest name of a plugin, as the contract has it.
const LONGEST: usize = 32;

/// A plugin's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Files {
    /// The component.
    pub(crate) path: PathBuf,
    /// What they looked like.
    pub(crate) stamp: Stamp,
}

/// What both files looked like; another stamp is another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    wasm: Look,
    signature: Option<Look>,
}

/// Length and time of change; neither tells more than that something changed.
type Look = (u64, Option<SystemTime>);

/// What a look at the folder found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Plugins by name.
    pub(crate) plugins: BTreeMap<String, Files>,
    /// Files that end in `.wasm` and whose names no plugin can have.
    pub(crate) strangers: Vec<String>,
}

impl Files {
    /// Bytes of the component.
    pub(crate) fn len(&self) -> u64 {
        self.stamp.wasm.0
    }

    /// Whether nobody changed them for a while.
    pub(crate) fn is_whole(&self, now: SystemTime) -> bool {
        let old = |(_, changed): Look| {
            let age = changed.and_then(|changed| now.duration_since(changed).ok());
            age.is_some_and(|age| age >= WHOLE)
        };
        old(self.stamp.wasm) && self.stamp.signature.is_none_or(old)
    }

    /// Reads the component and its signature; `None` when they changed meanwhile. It blocks.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) fn read(&self) -> io::Result<Option<(Vec<u8>, Option<String>)>> {
        let wasm = std::fs::read(&self.path)?;
        let signature = match self.stamp.signature {
            Some(_) => Some(std::fs::read_to_string(signature(&self.path))?),
            None => None,
        };
        let same = stamp(&self.path)? == Some(self.stamp) && wasm.len() as u64 == self.len();
        Ok(same.then_some((wasm, signature)))
    }
}

/// Whether a plugin may be called that.
pub(crate) fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LONGEST).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with('-')
}

/// Looks into the folder; one that is not there holds nothing. It blocks.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn look(folder: &Path) -> io::Result<Found> {
    let mut found = Found::default();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(error),
    };
    for entry in entries {
        found.add(&entry?.path());
    }
    Ok(found)
}

impl Found {
    /// A file that vanishes under the look is none.
    fn add(&mut self, path: &Path) {
        let Some(file) = path.file_name().map(|name| name.to_string_lossy()) else {
            return;
        };
        // Hidden files are those that programs write before they rename them.
        let Some(name) = file
            .strip_suffix(".wasm")
            .filter(|_| !file.starts_with('.'))
        else {
            return;
        };
        let Ok(Some(stamp)) = stamp(path) else { return };
        if !is_name(name) {
            self.strangers.push(file.escape_debug().to_string());
            return;
        }
        let files = Files {
            path: path.to_owned(),
            stamp,
        };
        self.plugins.insert(name.to_owned(), files);
    }
}

fn stamp(path: &Path) -> io::Result<Option<Stamp>> {
    let wasm = std::fs::metadata(path)?;
    if !wasm.is_file() {
        return Ok(None);
    }
    let signature = std::fs::metadata(signature(path)).ok();
    Ok(Some(Stamp {
        wasm: seen(&wasm),
        signature: signature.as_ref().map(seen),
    }))
}

fn seen(file: &Metadata) -> Look {
    (file.len(), file.modified().ok())
}

fn signature(path: &Path) -> PathBuf {
    path.with_extension("wasm.sig")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_the_contract_allows() {
        for name in ["zalo", "voice-call", "a", "7", &"x".repeat(32)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "-a", "Zalo", "a_b", "a.b", "é", "a/b", &"x".repeat(33)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn a_look_finds_plugins_and_strangers_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        for file in [
            "zalo.wasm",
            "zalo.wasm.sig",
            "Bad Name.wasm",
            ".part.wasm",
            "README.md",
        ] {
            std::fs::write(folder.path().join(file), "x").expect("written");
        }
        std::fs::create_dir(folder.path().join("folder.wasm")).expect("made");
        let found = look(folder.path()).expect("a look");
        assert_eq!(found.plugins.keys().collect::<Vec<_>>(), ["zalo"]);
        assert_eq!(found.strangers, ["Bad Name.wasm"]);
        assert!(found.plugins["zalo"].stamp.signature.is_some());
        let none = look(&folder.path().join("absent")).expect("nothing");
        assert!(none.plugins.is_empty());
    }

    #[test]
    fn what_changes_while_it_is_read_is_not_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.wasm");
        std::fs::write(&path, "one").expect("written");
        let files = look(folder.path()).expect("a look").plugins["a"].clone();
        let read = files.read().expect("read").expect("unchanged");
        assert_eq!(read, (b"one".to_vec(), None));
        std::fs::write(&path, "other").expect("written");
        assert_eq!(files.read().expect("read"), None);
    }

    #[test]
    fn a_file_is_whole_when_it_was_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("a.wasm"), "one").expect("written");
        let files = look(folder.path()).expect("a look").plugins["a"].clone();
        let now = SystemTime::now();
        assert!(!files.is_whole(now - Duration::from_secs(60)));
        assert!(files.is_whole(now + WHOLE));
    }
}
