//! The ledger's file: opening it, and what is in it.
//!
//! It keeps documents and must not know what they say. The surprise: two processes may have the file open, while one
//! hands over to the other. An epoch belongs to whoever wrote it last; see [`Store::save`].

mod error;
mod moves;
mod prune;
mod rows;
mod samples;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

pub use self::error::LedgerError;
pub use self::prune::Limits;
pub(super) use self::rows::{Draft, Epoch, Saved, Tenure};
pub use self::samples::Filter;
pub(super) use self::samples::SampleRow;

/// What `user_version` of a file says whose tables are the ones below.
const SCHEMA: i64 = 1;

/// How long another process may hold the file before a write gives up. Its writes take milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// An epoch's page is the evidence and what else the book keeps, and is empty when the epoch has ended; its summary
/// stays. A sample's document is stored once, whatever number of
/// keys it is a sample of.
const TABLES: &str = "
    CREATE TABLE epochs (
        route TEXT NOT NULL,
        number INTEGER NOT NULL,
        fingerprint TEXT NOT NULL,
        began INTEGER NOT NULL,
        ended INTEGER,
        writer TEXT NOT NULL,
        revision INTEGER NOT NULL,
        page TEXT NOT NULL,
        summary TEXT NOT NULL,
        PRIMARY KEY (route, number)
    );
    CREATE TABLE samples (
        id INTEGER PRIMARY KEY,
        route TEXT NOT NULL,
        at INTEGER NOT NULL,
        document TEXT NOT NULL
    );
    CREATE TABLE keys (
        route TEXT NOT NULL,
        place TEXT NOT NULL,
        kind TEXT NOT NULL,
        sample INTEGER NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
        PRIMARY KEY (route, place, kind, sample)
    ) WITHOUT ROWID;
    CREATE INDEX keys_of_sample ON keys (sample);
";

/// An open ledger file, or one in memory.
pub(super) struct Store {
    file: Connection,
    limits: Limits,
    /// Tells this process from another one that has the same file open.
    writer: String,
}

impl Store {
    /// Opens the file, or makes it where there is none.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] and [`LedgerError::Foreign`] speak of the file, anything else of its surroundings.
    pub(super) fn open(path: &Path, limits: Limits) -> Result<Self, LedgerError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self::prepare(Connection::open_with_flags(path, flags)?, limits)
    }

    /// A store that is gone with the process.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub(super) fn in_memory(limits: Limits) -> Result<Self, LedgerError> {
        Self::prepare(Connection::open_in_memory()?, limits)
    }

    /// Whether it outlives the process.
    pub(super) fn is_file(&self) -> bool {
        self.file.path().is_some_and(|path| !path.is_empty())
    }

    fn prepare(mut file: Connection, limits: Limits) -> Result<Self, LedgerError> {
        file.busy_timeout(PATIENCE)?;
        match version(&file)? {
            0 => create(&mut file)?,
            SCHEMA => check(&file)?,
            found => return Err(LedgerError::Foreign(found)),
        }
        file.execute_batch(moves::TABLE)?;
        // A power cut may lose the last commits; it never damages the file.
        file.pragma_update(None, "synchronous", "NORMAL")?;
        file.pragma_update(None, "foreign_keys", true)?;
        limits.apply(&file)?;
        Ok(Self {
            file,
            limits,
            writer: format!("{:016x}", fastrand::u64(..)),
        })
    }
}

fn version(file: &Connection) -> rusqlite::Result<i64> {
    file.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Makes the tables, unless another process was faster.
fn create(file: &mut Connection) -> Result<(), LedgerError> {
    // Both are properties of the file. The first one holds only for a file that is still empty.
    file.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    file.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    let change = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if version(&change)? == 0 {
        let tables: i64 =
            change.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables > 0 {
            return Err(LedgerError::Foreign(0));
        }
        change.execute_batch(TABLES)?;
        change.pragma_update(None, "user_version", SCHEMA)?;
    }
    Ok(change.commit()?)
}

/// Reads every page, which finds a file that was cut or scribbled on. 64 MiB take about a tenth of a second.
fn check(file: &Connection) -> Result<(), LedgerError> {
    let found: String = file.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    match found.as_str() {
        "ok" => Ok(()),
        _ => Err(LedgerError::Damaged(found)),
    }
}
