//! Dead letters: entries that the legacy will never take, kept for people to look at.
//!
//! It must not know why one died. The surprise: they are capped too, and the oldest makes room for the newest.

use std::time::SystemTime;

use rusqlite::{Connection, Row, Transaction, params};
use serde_json::Value;

use super::store::Store;
use super::tally::Tally;
use crate::BridgeError;
use crate::status::{now, time};

/// Dead letters that are kept. There should be none; a thousand are enough to see what is wrong.
const KEPT: usize = 1_000;

/// Bytes of dead letters that are kept, and so what it may take to show them all. A thousand of the largest would be a
/// quarter of a gigabyte, on the disk and for whoever looks at them.
const BYTES: u64 = 16 << 20;

/// An entry that the legacy will never take.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// Its number, for [`resend`](crate::Bridge::resend) and [`discard`](crate::Bridge::discard).
    pub id: i64,
    /// When it was accepted.
    pub accepted: SystemTime,
    /// When it died.
    pub died: SystemTime,
    /// Why.
    pub reason: String,
    /// The dispatch as it was written; a text, should it be no JSON.
    pub body: Value,
}

/// Copies an entry that waits to the dead ones.
pub(super) fn bury(
    transaction: &Transaction<'_>,
    tally: &mut Tally,
    id: i64,
    reason: &str,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO dead (at, died, reason, body)
               SELECT at, ?2, ?3, body FROM waiting WHERE id = ?1";
    tally.dead += transaction.execute(sql, params![id, now(), reason])?;
    let dropped = transaction.execute(BEYOND, params![KEPT as i64, BYTES])?;
    tally.dead = tally.dead.saturating_sub(dropped);
    if dropped > 0 {
        tracing::warn!(
            dropped,
            "dead letters to the legacy were dropped: too many of them"
        );
    }
    Ok(())
}

/// Drops the oldest that are one too many, or with which it is too many bytes. The newest stays, whatever its size.
const BEYOND: &str = "
    DELETE FROM dead WHERE id IN (
        SELECT id FROM (
            SELECT id,
                row_number() OVER newest AS place,
                sum(octet_length(body)) OVER newest AS bytes
            FROM dead WINDOW newest AS (ORDER BY id DESC))
        WHERE place > ?1 OR (place > 1 AND bytes > ?2))";

impl Store {
    /// All dead letters, the oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn letters(&self) -> Result<Vec<DeadLetter>, BridgeError> {
        let sql = "SELECT id, at, died, reason, body FROM dead ORDER BY id";
        let mut select = self.file.prepare_cached(sql)?;
        let letters = select.query_map([], letter)?;
        Ok(letters.collect::<rusqlite::Result<_>>()?)
    }

    /// Puts a dead letter behind all that waits, bounds or no bounds: it was accepted once.
    ///
    /// # Errors
    /// [`BridgeError::NoSuchLetter`], or when the file cannot be written.
    pub(crate) fn resend(&mut self, id: i64) -> Result<(), BridgeError> {
        let sql = "INSERT INTO waiting (at, body) SELECT at, body FROM dead WHERE id = ?1";
        self.file.execute(sql, [id])?;
        self.discard(id)
    }

    /// Forgets a dead letter.
    ///
    /// # Errors
    /// [`BridgeError::NoSuchLetter`], or when the file cannot be written.
    pub(crate) fn discard(&mut self, id: i64) -> Result<(), BridgeError> {
        let gone = remove(&self.file, id)?;
        self.read()?;
        if gone == 0 {
            return Err(BridgeError::NoSuchLetter(id));
        }
        Ok(())
    }
}

fn remove(file: &Connection, id: i64) -> rusqlite::Result<usize> {
    file.execute("DELETE FROM dead WHERE id = ?1", [id])
}

fn letter(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    let body: String = row.get(4)?;
    Ok(DeadLetter {
        id: row.get(0)?,
        accepted: time(row.get(1)?),
        died: time(row.get(2)?),
        reason: row.get(3)?,
        body: serde_json::from_str(&body).unwrap_or(Value::String(body)),
    })
}
