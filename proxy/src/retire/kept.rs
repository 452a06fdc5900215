//! The idle time between two processes: a small file in the data folder.
//!
//! The surprise: to read it is to take it away. While a process runs there is no file, so one that was killed leaves
//! none, and nobody believes a count that misses its last requests.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The file's name in the data folder.
const NAME: &str = "legacy-idle.json";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    idle_seconds: u64,
}

/// Where it is kept.
pub(super) fn file(data: &Path) -> PathBuf {
    data.join(NAME)
}

/// What was left there, which is gone afterwards. What cannot be taken away is not believed: it would be there again.
pub(super) fn take(file: &Path) -> Option<Duration> {
    let text = std::fs::read(file).ok()?;
    std::fs::remove_file(file).ok()?;
    let kept: Kept = serde_json::from_slice(&text).ok()?;
    Some(Duration::from_secs(kept.idle_seconds))
}

/// Leaves it for the next process. The file is there whole or not at all.
///
/// # Errors
/// What the system says.
pub(super) fn leave(file: &Path, idle: Duration) -> io::Result<()> {
    let kept = Kept {
        idle_seconds: idle.as_secs(),
    };
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut fresh = tempfile::NamedTempFile::new_in(folder)?;
    fresh.write_all(&serde_json::to_vec(&kept)?)?;
    fresh.as_file().sync_all()?;
    fresh.persist(file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_written_by_us_is_believed() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        for text in [
            "",
            "{}",
            "{\"idle_seconds\":-1}",
            "{\"idle_seconds\":1,\"x\":2}",
        ] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(take(&file), None, "{text}");
            assert!(!file.exists(), "{text}");
        }
        leave(&file, Duration::from_secs(90)).unwrap();
        assert_eq!(take(&file), Some(Duration::from_secs(90)));
        assert_eq!(take(&file), None);
    }
}
