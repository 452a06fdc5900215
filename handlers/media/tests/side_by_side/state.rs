//! A state folder with media in it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

pub(crate) struct State(TempDir);

impl State {
    pub(crate) fn new() -> io::Result<Self> {
        tempfile::tempdir().map(Self)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn media(&self) -> PathBuf {
        self.path().join("media")
    }

    /// Writes files, each with its age in seconds.
    pub(crate) fn fill(&self, files: &[(&str, &[u8], u64)]) -> io::Result<()> {
        for (name, bytes, age) in files {
            let path = self.media().join(name);
            fs::create_dir_all(path.parent().expect("below the state"))?;
            fs::write(&path, bytes)?;
            let modified = SystemTime::now() - Duration::from_secs(*age);
            File::options()
                .write(true)
                .open(&path)?
                .set_modified(modified)?;
        }
        Ok(())
    }

    pub(crate) fn link(&self, to: &str, name: &str) -> io::Result<()> {
        std::os::unix::fs::symlink(to, self.media().join(name))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.media().join(name).symlink_metadata().is_ok()
    }

    /// How many files and folders there are.
    pub(crate) fn files(&self) -> io::Result<usize> {
        Ok(fs::read_dir(self.media())?.count())
    }

    /// Waits until there are fewer, which nothing announces: the legacy removes a file 50 ms after its answer.
    pub(crate) async fn fewer_than(&self, files: usize) -> io::Result<()> {
        while self.files()? >= files {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}
