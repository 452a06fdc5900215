//! The outbox's file: opening it, and setting a damaged one aside.
//!
//! It must not know what a message says. The surprise: two processes may have it open, while one hands over to the
//! other.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::OutboxError;
use crate::clock::now;

/// What `user_version` of a file says whose tables are the ones below.
const SCHEMA: i64 = 1;

/// How long another process may hold the file before a write gives up. Its writes take milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// Times are Unix milliseconds. `number` is the order; a letter that is sent again gets a new one. `state` is 0 for what
/// waits, 1 for what was sent, 2 for a dead letter; `fault` is 1 for one
/// that is at fault itself. `body` is what is still to be sent of a message.
const TABLES: &str = "
    CREATE TABLE message (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        key TEXT UNIQUE,
        digest INTEGER NOT NULL,
        lane TEXT NOT NULL,
        at INTEGER NOT NULL,
        state INTEGER NOT NULL DEFAULT 0,
        due INTEGER NOT NULL DEFAULT 0,
        made INTEGER NOT NULL DEFAULT 0,
        settled INTEGER NOT NULL DEFAULT 0,
        ended INTEGER NOT NULL DEFAULT 0,
        reason TEXT,
        fault INTEGER NOT NULL DEFAULT 0,
        receipt TEXT NOT NULL DEFAULT '{}',
        body TEXT NOT NULL
    );
    CREATE INDEX waiting ON message (number) WHERE state = 0;
    CREATE INDEX ended ON message (state, ended) WHERE state > 0;
    CREATE TABLE session (
        channel TEXT NOT NULL,
        account TEXT NOT NULL,
        conversation TEXT NOT NULL,
        key TEXT,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        received INTEGER NOT NULL,
        sent INTEGER NOT NULL,
        PRIMARY KEY (channel, account, conversation)
    ) WITHOUT ROWID;
    CREATE INDEX idle ON session (last);
";

/// An open file, and where a damaged one before it went.
pub(crate) struct Opened {
    pub(crate) file: Connection,
    pub(crate) set_aside: Option<PathBuf>,
}

/// Opens `outbox.db` in a folder, makes it where there is none, and begins a new one where it is damaged.
///
/// # Errors
/// [`OutboxError::Folder`] and [`OutboxError::Storage`] of the surroundings, [`OutboxError::Foreign`] of the file.
pub(crate) fn open(folder: &Path) -> Result<Opened, OutboxError> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join("outbox.db");
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

fn prepared(path: &Path) -> Result<Connection, OutboxError> {
    private(path)?;
    let mut file = Connection::open(path)?;
    file.busy_timeout(PATIENCE)?;
    match version(&file)? {
        0 => create(&mut file)?,
        SCHEMA => check(&file)?,
        found => return Err(OutboxError::Foreign(found)),
    }
    // A power cut may lose the last commits; the end of this process loses none, and neither damages the file.
    file.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(file)
}

/// Makes the file, where there is none, for its owner alone: it holds what people write to each other. SQLite gives the
/// files beside it the same rights.
fn private(path: &Path) -> Result<(), OutboxError> {
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

/// Reads the whole file once, so that damage shows now and not with the message that cannot be delivered.
fn check(file: &Connection) -> rusqlite::Result<()> {
    let found: String = file.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" {
        return Ok(());
    }
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Err(rusqlite::Error::SqliteFailure(code, Some(found)))
}

fn is_of_the_file(error: &OutboxError) -> bool {
    let OutboxError::Storage(error) = error else {
        return false;
    };
    matches!(
        error.sqlite_error_code(),
        // `Unknown` is a table that is not there.
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown)
    )
}

/// Moves the file and what SQLite keeps beside it out of the way; gives its new name.
fn set_aside(path: &Path) -> Result<PathBuf, OutboxError> {
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

    #[test]
    fn what_is_no_database_is_set_aside_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let garbage = b"not a database, whatever it says ".repeat(100);
        std::fs::write(folder.path().join("outbox.db"), &garbage).unwrap();
        let aside = open(folder.path()).unwrap().set_aside.unwrap();
        assert_eq!(std::fs::read(aside).unwrap(), garbage);
        assert!(open(folder.path()).unwrap().set_aside.is_none());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_what_waits() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let _open = open(folder.path()).unwrap();
        for name in ["outbox.db", "outbox.db-wal"] {
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
        assert!(matches!(open(folder.path()), Err(OutboxError::Foreign(99))));
    }
}
