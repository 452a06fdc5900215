//! Dead letters: looking at them, sending them again, discarding them.

use rusqlite::{OptionalExtension, Transaction, params};

use super::{STANDING, Store, Tally, standing};
use crate::{Message, OutboxError, Standing};

/// A message that was given up.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// How it stands with it.
    pub standing: Standing,
    /// What was not sent of it; `None` when it cannot be read.
    pub message: Option<Message>,
}

impl Store {
    /// The dead letters, the newest first, but no more than so many.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn letters(&self, most: usize) -> Result<Vec<DeadLetter>, OutboxError> {
        let sql = format!("{STANDING} WHERE state = 2 ORDER BY ended DESC, number DESC LIMIT ?1");
        let mut select = self.file.prepare_cached(&sql)?;
        let letters = select.query_map([most as i64], |row| {
            let body: String = row.get(2)?;
            Ok(DeadLetter {
                standing: standing(row)?,
                message: serde_json::from_str(&body).ok(),
            })
        })?;
        Ok(letters.collect::<Result<_, _>>()?)
    }

    /// Puts a dead letter behind all that waits, as if it had never been tried.
    ///
    /// # Errors
    /// [`OutboxError::NoSuchMessage`], [`OutboxError::NotDead`], or when the file cannot be written.
    pub(crate) fn resend(&mut self, id: &str) -> Result<(), OutboxError> {
        self.on_letter(id, |transaction, tally| {
            // A new number, because whoever delivers looks behind the last one that it knows.
            let sql =
                "UPDATE message SET state = 0, due = 0, made = 0, settled = settled + 1, ended = 0, fault = 0,
                number = (SELECT max(seq) + 1 FROM sqlite_sequence WHERE name = 'message')
                WHERE id = ?1 RETURNING number, octet_length(body)";
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            let (number, bytes): (i64, usize) = transaction.query_row(sql, [id], row)?;
            let sql = "UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'message'";
            transaction.execute(sql, params![number])?;
            tally.add(bytes);
            Ok(())
        })
    }

    /// Forgets a dead letter, and with it its key.
    ///
    /// # Errors
    /// Like [`resend`](Self::resend).
    pub(crate) fn discard(&mut self, id: &str) -> Result<(), OutboxError> {
        self.on_letter(id, |transaction, _| {
            transaction.execute("DELETE FROM message WHERE id = ?1", [id])?;
            Ok(())
        })
    }

    fn on_letter(
        &mut self,
        id: &str,
        act: impl FnOnce(&Transaction<'_>, &mut Tally) -> rusqlite::Result<()>,
    ) -> Result<(), OutboxError> {
        let state = self.change(|transaction, tally, _| {
            let state = state(transaction, id)?;
            if state == Some(2) {
                act(transaction, tally)?;
            }
            Ok(state)
        })?;
        // The dead are counted afresh.
        self.read()?;
        match state {
            Some(2) => Ok(()),
            Some(_) => Err(OutboxError::NotDead(id.to_owned())),
            None => Err(OutboxError::NoSuchMessage(id.to_owned())),
        }
    }
}

fn state(transaction: &Transaction<'_>, id: &str) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT state FROM message WHERE id = ?1";
    transaction
        .query_row(sql, [id], |row| row.get(0))
        .optional()
}
