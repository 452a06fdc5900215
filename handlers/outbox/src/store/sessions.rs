//! Conversations that messages came from or went to.
//!
//! It must not know what was said. The surprise: a session is made by whoever speaks first, and counts both ways.

use rusqlite::{Connection, Row, params};

use super::Store;
use crate::clock::now;
use crate::{Message, OutboxError};

/// A conversation, and how much was said in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The channel's id.
    pub channel: String,
    /// The account of ours; empty where the channel has one only.
    pub account: String,
    /// The conversation, as the channel names it: what messages go to.
    pub conversation: String,
    /// The legacy's key of the session, when it is known.
    pub key: Option<String>,
    /// When something was first said, Unix milliseconds.
    pub first: i64,
    /// When something was last said, Unix milliseconds.
    pub last: i64,
    /// Messages from it.
    pub received: u64,
    /// Messages to it.
    pub sent: u64,
}

/// Which conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conversation {
    pub(crate) channel: String,
    pub(crate) account: String,
    pub(crate) name: String,
    pub(crate) key: Option<String>,
}

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Received,
    Sent,
}

impl Conversation {
    pub(crate) fn of(message: &Message) -> Self {
        Self {
            channel: message.channel.clone(),
            account: message.account.clone().unwrap_or_default(),
            name: message.to.clone(),
            key: message.session.clone(),
        }
    }
}

impl Store {
    /// Counts a message.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn touch(
        &mut self,
        conversation: &Conversation,
        direction: Direction,
    ) -> Result<(), OutboxError> {
        Ok(touch(&self.file, conversation, direction)?)
    }

    /// The sessions in which something was said last, but no more than so many.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn sessions(&self, most: usize) -> Result<Vec<Session>, OutboxError> {
        let sql = "SELECT channel, account, conversation, key, first, last, received, sent
            FROM session ORDER BY last DESC LIMIT ?1";
        let mut select = self.file.prepare_cached(sql)?;
        let sessions = select.query_map([most as i64], session)?;
        Ok(sessions.collect::<Result<_, _>>()?)
    }
}

pub(super) fn touch(
    file: &Connection,
    conversation: &Conversation,
    direction: Direction,
) -> rusqlite::Result<()> {
    let (received, sent) = match direction {
        Direction::Received => (1, 0),
        Direction::Sent => (0, 1),
    };
    let sql = "INSERT INTO session VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7)
        ON CONFLICT DO UPDATE SET key = coalesce(?4, key), last = max(last, ?5),
        received = received + ?6, sent = sent + ?7";
    let mut upsert = file.prepare_cached(sql)?;
    let Conversation {
        channel,
        account,
        name,
        key,
    } = conversation;
    upsert.execute(params![channel, account, name, key, now(), received, sent])?;
    Ok(())
}

fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        channel: row.get(0)?,
        account: row.get(1)?,
        conversation: row.get(2)?,
        key: row.get(3)?,
        first: row.get(4)?,
        last: row.get(5)?,
        received: row.get(6)?,
        sent: row.get(7)?,
    })
}
