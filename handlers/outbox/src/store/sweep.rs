//! Forgetting: what was sent after a day, dead letters and sessions past their number, sessions that are idle.

use rusqlite::{Transaction, params};

use super::Store;
use crate::OutboxError;
use crate::clock::millis;

const AT_ONCE: i64 = Store::SWEEP as i64;

impl Store {
    /// Rows that one sweep takes of each kind, so that nobody waits long for the file.
    pub(crate) const SWEEP: usize = 10_000;

    /// Forgets what it is time for; gives how many rows that were. From [`SWEEP`](Self::SWEEP) on there may be more.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn sweep(&mut self, now: i64) -> Result<usize, OutboxError> {
        let swept = self.change(|transaction, _, config| {
            let remembered = now.saturating_sub(millis(config.memory));
            let sent = delete_ended(transaction, 1, remembered, config.letters)?;
            let dead = delete_ended(transaction, 2, i64::MIN, config.letters)?;
            let seen = now.saturating_sub(millis(config.session_idle));
            let idle = delete_sessions(transaction, seen, config.sessions)?;
            Ok(sent + dead + idle)
        })?;
        self.read()?;
        Ok(swept)
    }
}

/// Deletes what ended before a time, and of the rest what is past a number, the oldest.
fn delete_ended(
    transaction: &Transaction<'_>,
    state: i64,
    before: i64,
    most: usize,
) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM message WHERE number IN (
        SELECT number FROM message WHERE state = ?1 AND ended < ?2 LIMIT ?3)";
    let old = transaction.execute(sql, params![state, before, AT_ONCE])?;
    let sql = "DELETE FROM message WHERE number IN (
        SELECT number FROM message WHERE state = ?1 ORDER BY ended DESC, number DESC LIMIT ?3 OFFSET ?2)";
    let many = transaction.execute(sql, params![state, most as i64, AT_ONCE])?;
    Ok(old + many)
}

fn delete_sessions(
    transaction: &Transaction<'_>,
    before: i64,
    most: usize,
) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM session WHERE (channel, account, conversation) IN (
        SELECT channel, account, conversation FROM session WHERE last < ?1 LIMIT ?2)";
    let idle = transaction.execute(sql, params![before, AT_ONCE])?;
    let sql = "DELETE FROM session WHERE (channel, account, conversation) IN (
        SELECT channel, account, conversation FROM session ORDER BY last DESC LIMIT ?2 OFFSET ?1)";
    let many = transaction.execute(sql, params![most as i64, AT_ONCE])?;
    Ok(idle + many)
}
