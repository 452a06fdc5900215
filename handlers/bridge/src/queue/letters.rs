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
    if tally.dead > KEPT {
        let beyond = tally.dead - KEPT;
        let sql = "DELETE FROM dead WHERE id IN (SELECT id FROM dead ORDER BY id LIMIT ?1)";
        tally.dead -= transaction.execute(sql, [beyond as i64])?;
        tracing::warn!(
            beyond,
            "dead letters to the legacy were dropped: too many of them"
        );
    }
    Ok(())
}

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
