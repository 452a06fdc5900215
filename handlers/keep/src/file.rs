//! The file: opening it, making its tables, and setting a damaged one aside.
//!
//! It must not know what the rows mean. The surprise: commits reach the disk before they are answered for
//! (`synchronous=FULL`), unlike in the bridge's queue: a refresh token that a provider just replaced cannot be asked
//! for again, and a webhook that was answered is not sent again.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::KeepError;

/// What `user_version` of a file says whose tables are the ones below.
const SCHEMA: i64 = 1;

/// How long another process may hold the file, while one hands over to the next, before a write gives up.
const PATIENCE: Duration = Duration::from_secs(2);

/// Times are Unix milliseconds. A space counts its own bytes, keys and versions: a version is never given twice, so a key
/// that was deleted and made again is another one. `secrets` is apart from `entries` so that no list of keys shows them.
const TABLES: &str = "
    CREATE TABLE spaces (
        name TEXT PRIMARY KEY,
        bytes INTEGER NOT NULL,
        keys INTEGER NOT NULL,
        version INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE entries (
        space TEXT NOT NULL,
        key TEXT NOT NULL,
        value BLOB NOT NULL,
        version INTEGER NOT NULL,
        expires INTEGER,
        PRIMARY KEY (space, key)
    ) WITHOUT ROWID;
    CREATE INDEX expiring ON entries (space, expires) WHERE expires IS NOT NULL;
    CREATE TABLE timers (
        plugin TEXT NOT NULL,
        name TEXT NOT NULL,
        at INTEGER NOT NULL,
        every INTEGER,
        payload TEXT NOT NULL,
        PRIMARY KEY (plugin, name)
    ) WITHOUT ROWID;
    CREATE INDEX ringing ON timers (at);
    CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        plugin TEXT NOT NULL,
        name TEXT NOT NULL,
        payload TEXT NOT NULL,
        made INTEGER NOT NULL,
        due INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        died INTEGER,
        reason TEXT
    );
    CREATE INDEX due ON jobs (due) WHERE died IS NULL;
    CREATE TABLE secrets (
        plugin TEXT NOT NULL,
        name TEXT NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (plugin, name)
    ) WITHOUT ROWID;
    CREATE TABLE memory (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID;
";

/// Both ways to the file, and where a damaged one before it went.
pub(crate) struct Opened {
    pub(crate) writing: Connection,
    pub(crate) reading: Connection,
    pub(crate) set_aside: Option<PathBuf>,
}

/// Opens `plugins.db` in a folder, makes it where there is none, and begins a new one where it is damaged.
pub(crate) fn open(folder: &Path) -> Result<Opened, KeepError> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join("plugins.db");
    match prepared(&path) {
        Ok(writing) => opened(writing, &path, None),
        Err(error) if is_of_the_file(&error) => {
            let aside = set_aside(&path)?;
            opened(prepared(&path)?, &path, Some(aside))
        }
        Err(error) => Err(error),
    }
}

fn opened(
    writing: Connection,
    path: &Path,
    set_aside: Option<PathBuf>,
) -> Result<Opened, KeepError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reading = Connection::open_with_flags(path, flags)?;
    reading.busy_timeout(PATIENCE)?;
    Ok(Opened {
        writing,
        reading,
        set_aside,
    })
}

fn prepared(path: &Path) -> Result<Connection, KeepError> {
    private(path)?;
    let mut file = Connection::open(path)?;
    file.busy_timeout(PATIENCE)?;
    match version(&file)? {
        0 => create(&mut file)?,
        SCHEMA => check(&file)?,
        found => return Err(KeepError::Foreign(found)),
    }
    file.pragma_update(None, "synchronous", "FULL")?;
    // A value that was deleted, perhaps because it was private, does not stay in a free page.
    file.pragma_update(None, "secure_delete", "ON")?;
    Ok(file)
}

/// Makes the file, where there is none, for its owner alone: it holds secrets. SQLite gives the files beside it the
/// same rights.
fn private(path: &Path) -> Result<(), KeepError> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    Ok(())
}

fn version(file: &Connection) -> rusqlite::Result<i64> {
    file.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Makes the tables, unless another process was faster.
fn create(file: &mut Connection) -> rusqlite::Result<()> {
    file.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if version(&transaction)? == 0 {
        transaction.execute_batch(TABLES)?;
        let name = format!("{:016x}", fastrand::u64(..));
        let sql = "INSERT INTO memory (key, value) VALUES ('name', ?1)";
        transaction.execute(sql, [name])?;
        transaction.pragma_update(None, "user_version", SCHEMA)?;
    }
    transaction.commit()
}

/// Reads the whole file once, so that damage shows now and not when a token is wanted.
fn check(file: &Connection) -> rusqlite::Result<()> {
    let found: String = file.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" {
        return Ok(());
    }
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Err(rusqlite::Error::SqliteFailure(code, Some(found)))
}

fn is_of_the_file(error: &KeepError) -> bool {
    let KeepError::Storage(error) = error else {
        return false;
    };
    matches!(
        error.sqlite_error_code(),
        // `Unknown` is a table that is not there.
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown)
    )
}

/// Moves the file and what SQLite keeps beside it out of the way; gives its new name.
fn set_aside(path: &Path) -> Result<PathBuf, KeepError> {
    let aside = suffixed(path, &format!(".corrupt-{}", now() / 1000));
    for beside in ["-wal", "-shm"] {
        let from = suffixed(path, beside);
        if from.exists() {
            std::fs::rename(from, suffixed(&aside, beside))?;
        }
    }
    std::fs::rename(path, &aside)?;
    Ok(aside)
}

fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Unix milliseconds.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_database_is_set_aside_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let garbage = b"not a database, whatever it says ".repeat(100);
        std::fs::write(folder.path().join("plugins.db"), &garbage).unwrap();
        let aside = open(folder.path()).unwrap().set_aside.unwrap();
        assert_eq!(std::fs::read(aside).unwrap(), garbage);
        assert!(open(folder.path()).unwrap().set_aside.is_none());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let _open = open(folder.path()).unwrap();
        for name in ["plugins.db", "plugins.db-wal"] {
            let metadata = std::fs::metadata(folder.path().join(name)).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_newer_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = open(folder.path()).unwrap().writing;
        file.pragma_update(None, "user_version", 99).unwrap();
        drop(file);
        assert!(matches!(open(folder.path()), Err(KeepError::Foreign(99))));
    }
}
