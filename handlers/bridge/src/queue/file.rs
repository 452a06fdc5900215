//! The queue's file: opening it, and setting a damaged one aside.
//!
//! It must not know what an entry says. The surprise: two processes may have it open, while one hands over to the
//! other, so nothing read from it may be believed without [`Connection::pragma_query_value`] of `data_version`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::BridgeError;
use crate::status::now;

/// What `user_version` of a file says whose tables are the ones below.
const SCHEMA: i64 = 1;

/// How long another process may hold the file before a write gives up. Its writes take milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// `waiting` never gives a number twice, even when it was emptied in between: an entry's idempotency key is made of
/// it. Times are Unix milliseconds.
const TABLES: &str = "
    CREATE TABLE waiting (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        body TEXT NOT NULL
    );
    CREATE TABLE dead (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        died INTEGER NOT NULL,
        reason TEXT NOT NULL,
        body TEXT NOT NULL
    );
    CREATE TABLE memory (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID;
";

/// An open file, and where a damaged one before it went.
pub(super) struct Opened {
    pub(super) file: Connection,
    pub(super) set_aside: Option<PathBuf>,
}

/// Opens `bridge.db` in a folder, makes it where there is none, and begins a new one where it is damaged.
///
/// # Errors
/// [`BridgeError::Folder`] and [`BridgeError::Storage`] of the surroundings, [`BridgeError::Foreign`] of the file.
pub(super) fn open(folder: &Path) -> Result<Opened, BridgeError> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join("bridge.db");
    match prepared(&path) {
        Ok(file) => Ok(Opened {
            file,
            set_aside: None,
        }),
        Err(error) if is_of_the_file(&error) => {
            let set_aside = Some(set_aside(&path)?);
            let file = prepared(&path)?;
            Ok(Opened { file, set_aside })
        }
        Err(error) => Err(error),
    }
}

fn prepared(path: &Path) -> Result<Connection, BridgeError> {
    private(path)?;
    let mut file = Connection::open(path)?;
    file.busy_timeout(PATIENCE)?;
    match version(&file)? {
        0 => create(&mut file)?,
        SCHEMA => check(&file)?,
        found => return Err(BridgeError::Foreign(found)),
    }
    // A power cut may lose the last commits; the end of this process loses none, and neither damages the file.
    file.pragma_update(None, "synchronous", "NORMAL")?;
    // 16 MiB instead of 4: a checkpoint is what a dispatch may have to wait for.
    file.pragma_update(None, "wal_autocheckpoint", 4096)?;
    Ok(file)
}

/// Makes the file, where there is none, for its owner alone: it holds what others wrote to the legacy's users. SQLite
/// gives the files beside it the same rights.
fn private(path: &Path) -> Result<(), BridgeError> {
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
        transaction.pragma_update(None, "user_version", SCHEMA)?;
    }
    transaction.commit()
}

/// Reads the whole file once, so that damage shows now and not with the entry that cannot be delivered.
fn check(file: &Connection) -> rusqlite::Result<()> {
    let found: String = file.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" {
        return Ok(());
    }
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Err(rusqlite::Error::SqliteFailure(code, Some(found)))
}

fn is_of_the_file(error: &BridgeError) -> bool {
    let BridgeError::Storage(error) = error else {
        return false;
    };
    matches!(
        error.sqlite_error_code(),
        // `Unknown` is a table that is not there.
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown)
    )
}

/// Moves the file and what SQLite keeps beside it out of the way; gives its new name.
fn set_aside(path: &Path) -> Result<PathBuf, BridgeError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn damaged(folder: &Path, bytes: &[u8]) -> Opened {
        std::fs::write(folder.join("bridge.db"), bytes).unwrap();
        open(folder).unwrap()
    }

    #[test]
    fn what_is_no_database_is_set_aside_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let garbage = b"not a database, whatever it says ".repeat(100);
        let aside = damaged(folder.path(), &garbage).set_aside.unwrap();
        assert!(
            aside
                .to_str()
                .is_some_and(|name| name.contains("bridge.db.corrupt-"))
        );
        assert_eq!(std::fs::read(aside).unwrap(), garbage);
        assert!(open(folder.path()).unwrap().set_aside.is_none());
    }

    #[test]
    fn a_database_with_a_broken_page_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bridge.db");
        let file = open(folder.path()).unwrap().file;
        let long = "x".repeat(50_000);
        file.execute("INSERT INTO waiting (at, body) VALUES (1, ?1)", [&long])
            .unwrap();
        file.close().unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[4096..5 * 4096].fill(0xff);
        assert!(damaged(folder.path(), &bytes).set_aside.is_some());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_what_waits() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let _open = open(folder.path()).unwrap();
        for name in ["bridge.db", "bridge.db-wal"] {
            let metadata = std::fs::metadata(folder.path().join(name)).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_newer_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = open(folder.path()).unwrap().file;
        file.pragma_update(None, "user_version", 99).unwrap();
        drop(file);
        assert!(matches!(open(folder.path()), Err(BridgeError::Foreign(99))));
    }
}
