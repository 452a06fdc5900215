//! The three ways in which a configuration file changes: written in place, renamed over, or behind a symlink that is swapped.
//!
//! It must not know what is in the file. The surprise: the third is how Kubernetes mounts a ConfigMap, and there the file's own folder
//! entry never changes, only the link that it goes through.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::error::{During, Result};

/// How a file is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Truncated and written, as `cp` and many editors do.
    InPlace,
    /// Written beside it and renamed over it.
    Rename,
    /// Written into a new folder to which `..data` then points.
    Symlink,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::InPlace, Self::Rename, Self::Symlink];

    /// What the table calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::InPlace => "in-place",
            Self::Rename => "rename",
            Self::Symlink => "symlink",
        }
    }
}

/// A file that is going to be edited.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
    way: Way,
    version: usize,
}

impl File {
    /// Takes over an existing file, and for [`Way::Symlink`] puts the links in its place.
    pub fn lay(path: PathBuf, way: Way) -> Result<Self> {
        let mut file = Self {
            path,
            way,
            version: 0,
        };
        if way == Way::Symlink {
            let text = std::fs::read_to_string(&file.path).during("read the file")?;
            file.swap(&text)?;
            std::fs::remove_file(&file.path).during("remove the file")?;
            symlink(Path::new("..data").join(file.name()), &file.path).during("link the file")?;
        }
        Ok(file)
    }

    /// Edits the file in its way.
    pub fn write(&mut self, text: &str) -> Result<()> {
        match self.way {
            Way::InPlace => std::fs::write(&self.path, text).during("write in place"),
            Way::Rename => self.rename(text),
            Way::Symlink => self.swap(text),
        }
    }

    fn rename(&self, text: &str) -> Result<()> {
        let beside = self.path.with_extension("new");
        std::fs::write(&beside, text).during("write beside")?;
        std::fs::rename(&beside, &self.path).during("rename over")
    }

    /// A new folder, a new link to it, and the new link renamed over the old one: readers see one text or the other.
    fn swap(&mut self, text: &str) -> Result<()> {
        self.version += 1;
        let folder = format!("..version-{}", self.version);
        let beside = self.path.with_file_name("..data-new");
        let inside = self.path.with_file_name(&folder);
        std::fs::create_dir(&inside).during("make a folder")?;
        std::fs::write(inside.join(self.name()), text).during("write into the folder")?;
        symlink(&folder, &beside).during("link the folder")?;
        std::fs::rename(&beside, self.path.with_file_name("..data")).during("swap the link")
    }

    fn name(&self) -> &Path {
        self.path.file_name().map_or(&self.path, Path::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_changes_what_is_read() {
        for way in Way::ALL {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("routes.toml");
            std::fs::write(&path, "one").unwrap();
            let mut file = File::lay(path.clone(), way).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
            for text in ["two", "three"] {
                file.write(text).unwrap();
                assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{way:?}");
            }
        }
    }
}
