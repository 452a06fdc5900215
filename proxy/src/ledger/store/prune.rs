//! How large the ledger's file may be, and making it smaller.
//!
//! The surprise: the limit is for all files together, so the log of changes that stands beside the database has its
//! share: a quarter.

use rusqlite::Connection;

use super::{LedgerError, Store};

/// What the ledger may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all files together. The oldest samples go first; open epochs are never given up.
    pub bytes: u64,
    /// Samples per key.
    pub samples: u32,
    /// Keys per route that have samples.
    pub keys: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 64 * 1024 * 1024,
            samples: 20,
            keys: 200,
        }
    }
}

impl Limits {
    /// Tells SQLite when to take the log back into the database, and how much of it to leave standing.
    pub(super) fn apply(&self, file: &Connection) -> rusqlite::Result<()> {
        let page: i64 = file.pragma_query_value(None, "page_size", |row| row.get(0))?;
        // Half of its share, since a change is written as a whole before the log is taken back.
        let log = signed(self.bytes / 8);
        file.pragma_update_and_check(None, "wal_autocheckpoint", log / page, |_| Ok(()))?;
        file.pragma_update_and_check(None, "journal_size_limit", log, |_| Ok(()))
    }

    fn database(&self) -> i64 {
        signed(self.bytes / 4 * 3)
    }
}

impl Store {
    /// Gives up the oldest samples until the database has its size, and gives what they took back to the disk.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn prune(&mut self) -> Result<(), LedgerError> {
        if self.used()? <= self.limits.database() {
            return Ok(());
        }
        while self.used()? > self.limits.database() && self.forget_a_tenth()? > 0 {}
        self.run("PRAGMA incremental_vacuum")?;
        // Only this makes the files smaller. Somebody who reads them meanwhile makes it do less, which the next one mends.
        Ok(self.run("PRAGMA wal_checkpoint(TRUNCATE)")?)
    }

    /// Bytes of the pages that hold something.
    fn used(&self) -> rusqlite::Result<i64> {
        self.file.query_row(
            "SELECT (page_count - freelist_count) * page_size
             FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
            [],
            |row| row.get(0),
        )
    }

    /// A tenth at once, so that the next sample does not have to do it again.
    fn forget_a_tenth(&self) -> rusqlite::Result<usize> {
        self.file.execute(
            "DELETE FROM samples WHERE id IN (
                 SELECT id FROM samples ORDER BY id
                 LIMIT (SELECT (count(*) + 9) / 10 FROM samples))",
            [],
        )
    }

    /// Runs a statement to its end, whatever rows it gives: it frees a page per row.
    fn run(&self, statement: &str) -> rusqlite::Result<()> {
        let mut statement = self.file.prepare(statement)?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        Ok(())
    }
}

/// SQLite counts in signed numbers only.
fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
