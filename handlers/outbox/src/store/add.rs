//! Adding messages, each once per key.

use rusqlite::{OptionalExtension, Transaction, params};

use super::sessions::{Conversation, Direction, touch};
use super::{Store, Tally};
use crate::clock::now;
use crate::status::count;
use crate::{Message, OutboxConfig, OutboxError};

/// A message to be added.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// The id that it gets.
    pub(crate) id: String,
    /// What it is known by to whoever posts it.
    pub(crate) key: Option<String>,
    pub(crate) message: Message,
}

/// What became of a message that was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Posted {
    /// It is in the file.
    New,
    /// It was already, under this id.
    Again(String),
    /// Another one was, under this id.
    Other(String),
    /// There is no room for it.
    Full,
}

impl Store {
    /// Adds all in one transaction, each unless it is known or there is no room for it.
    ///
    /// # Errors
    /// When the transaction failed; then nothing was written of any.
    pub(crate) fn add(&mut self, drafts: &[Draft]) -> Result<Vec<Posted>, OutboxError> {
        let posted = self.change(|transaction, tally, config| {
            let add = |draft| add_one(transaction, tally, config, draft);
            drafts.iter().map(add).collect::<rusqlite::Result<Vec<_>>>()
        })?;
        for posted in &posted {
            match posted {
                Posted::New => count(&self.gauges.accepted),
                Posted::Again(_) => count(&self.gauges.repeated),
                Posted::Full => count(&self.gauges.refused),
                Posted::Other(_) => {}
            }
        }
        Ok(posted)
    }
}

impl Store {
    /// Whether there is a message with that key.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn knows(&self, key: &str) -> Result<bool, OutboxError> {
        let sql = "SELECT 1 FROM message WHERE key = ?1";
        Ok(self.file.prepare_cached(sql)?.exists([key])?)
    }
}

fn add_one(
    transaction: &Transaction<'_>,
    tally: &mut Tally,
    config: &OutboxConfig,
    draft: &Draft,
) -> rusqlite::Result<Posted> {
    let (body, digest) = (draft.message.to_json(), draft.message.digest());
    if let Some(known) = known(transaction, draft)? {
        return Ok(match known {
            (id, same) if same == digest => Posted::Again(id),
            (id, _) => Posted::Other(id),
        });
    }
    if tally.waiting >= config.cap || tally.bytes + body.len() as u64 > config.bytes {
        return Ok(Posted::Full);
    }
    let sql =
        "INSERT INTO message (id, key, digest, lane, at, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut insert = transaction.prepare_cached(sql)?;
    let lane = draft.message.lane();
    insert.execute(params![draft.id, draft.key, digest, lane, now(), body])?;
    tally.add(body.len());
    touch(
        transaction,
        &Conversation::of(&draft.message),
        Direction::Sent,
    )?;
    Ok(Posted::New)
}

/// The id and the digest of the message with the draft's key.
fn known(transaction: &Transaction<'_>, draft: &Draft) -> rusqlite::Result<Option<(String, i64)>> {
    let Some(key) = &draft.key else {
        return Ok(None);
    };
    let mut select = transaction.prepare_cached("SELECT id, digest FROM message WHERE key = ?1")?;
    let known = select.query_row([key], |row| Ok((row.get(0)?, row.get(1)?)));
    known.optional()
}
