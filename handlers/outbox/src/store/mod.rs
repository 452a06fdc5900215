//! The messages in the file: adding them, reading them, writing what became of them.
//!
//! It belongs to the outbox's thread and must not know who delivers. The surprise: what it knows of the file by heart is
//! read again whenever another process wrote to it.

mod add;
mod letters;
mod sessions;
mod settle;
mod sweep;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior};

pub(crate) use self::add::{Draft, Posted};
pub use self::letters::DeadLetter;
pub use self::sessions::Session;
pub(crate) use self::sessions::{Conversation, Direction};
use crate::delivery::Receipt;
use crate::status::Gauges;
use crate::verdict::Tries;
use crate::{Fault, Message, OutboxConfig, OutboxError, Standing, State};

/// The open outbox.
pub(crate) struct Store {
    file: Connection,
    tally: Tally,
    config: OutboxConfig,
    gauges: Arc<Gauges>,
    /// SQLite's `data_version` when the tally was read: it changes when another connection writes.
    version: i64,
}

/// What waits.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    waiting: usize,
    bytes: u64,
}

/// A message that waits, without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) number: i64,
    pub(crate) lane: String,
    pub(crate) due: i64,
}

/// A message to be delivered.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) number: i64,
    pub(crate) id: String,
    pub(crate) at: i64,
    pub(crate) tries: Tries,
    pub(crate) receipt: Receipt,
    /// `Err` says why it cannot be read.
    pub(crate) message: Result<Message, String>,
}

impl Store {
    pub(crate) fn new(
        file: Connection,
        config: OutboxConfig,
        gauges: Arc<Gauges>,
    ) -> Result<Self, OutboxError> {
        let mut store = Self {
            file,
            tally: Tally::default(),
            config,
            gauges,
            version: 0,
        };
        store.read()?;
        Ok(store)
    }

    /// What waits behind a number, in order, but no more than so much of it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn waiting(
        &mut self,
        behind: i64,
        most: usize,
    ) -> Result<Vec<Waiting>, OutboxError> {
        self.refresh()?;
        let sql = "SELECT number, lane, due FROM message
            WHERE state = 0 AND number > ?1 ORDER BY number LIMIT ?2";
        let mut select = self.file.prepare_cached(sql)?;
        let rows = select.query_map((behind, most as i64), |row| {
            Ok(Waiting {
                number: row.get(0)?,
                lane: row.get(1)?,
                due: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A message of that number; `None` when it does not wait any more.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn entry(&mut self, number: i64) -> Result<Option<Entry>, OutboxError> {
        let sql = "SELECT id, at, made, settled, receipt, body FROM message
            WHERE number = ?1 AND state = 0";
        let mut select = self.file.prepare_cached(sql)?;
        let entry = select.query_row([number], |row| {
            let body: String = row.get(5)?;
            Ok(Entry {
                number,
                id: row.get(0)?,
                at: row.get(1)?,
                tries: Tries {
                    made: row.get(2)?,
                    settled: row.get(3)?,
                },
                receipt: receipt(row, 4)?,
                message: serde_json::from_str(&body).map_err(|error| error.to_string()),
            })
        });
        Ok(entry.optional()?)
    }

    /// How it stands with a message; `None` when there is none of that id, or not any more.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn look(&self, id: &str) -> Result<Option<Standing>, OutboxError> {
        let sql = format!("{STANDING} WHERE id = ?1");
        let mut select = self.file.prepare_cached(&sql)?;
        Ok(select.query_row([id], standing).optional()?)
    }

    /// Changes rows and tally together, or neither.
    fn change<T>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>, &mut Tally, &OutboxConfig) -> rusqlite::Result<T>,
    ) -> Result<T, OutboxError> {
        self.refresh()?;
        let mut tally = self.tally;
        let changed = transact(&mut self.file, &mut tally, &self.config, change)?;
        self.tally = tally;
        self.publish();
        Ok(changed)
    }

    /// Reads the tally again if another process wrote.
    fn refresh(&mut self) -> Result<(), OutboxError> {
        if version(&self.file)? == self.version {
            return Ok(());
        }
        self.read()
    }

    fn read(&mut self) -> Result<(), OutboxError> {
        self.version = version(&self.file)?;
        let sql =
            "SELECT count(*), coalesce(sum(octet_length(body)), 0) FROM message WHERE state = 0";
        let read = |row: &Row<'_>| {
            Ok(Tally {
                waiting: row.get(0)?,
                bytes: row.get(1)?,
            })
        };
        self.tally = self.file.query_row(sql, [], read)?;
        let sql = "SELECT count(*) FROM message WHERE state = 2";
        let dead = self.file.query_row(sql, [], |row| row.get(0))?;
        self.gauges.dead.store(dead, Relaxed);
        self.publish();
        Ok(())
    }

    fn publish(&self) {
        self.gauges.waiting.store(self.tally.waiting, Relaxed);
        self.gauges.waiting_bytes.store(self.tally.bytes, Relaxed);
    }
}

impl Tally {
    fn add(&mut self, bytes: usize) {
        self.waiting += 1;
        self.bytes += bytes as u64;
    }

    fn remove(&mut self, bytes: u64) {
        self.waiting = self.waiting.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

fn transact<T>(
    file: &mut Connection,
    tally: &mut Tally,
    config: &OutboxConfig,
    change: impl FnOnce(&Transaction<'_>, &mut Tally, &OutboxConfig) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let changed = change(&transaction, tally, config)?;
    transaction.commit()?;
    Ok(changed)
}

fn version(file: &Connection) -> rusqlite::Result<i64> {
    file.pragma_query_value(None, "data_version", |row| row.get(0))
}

/// What [`standing`] reads.
const STANDING: &str =
    "SELECT id, key, body, at, state, due, ended, made, reason, receipt, fault FROM message";

fn standing(row: &Row<'_>) -> rusqlite::Result<Standing> {
    let body: String = row.get(2)?;
    // What cannot be read is shown as well as it can be: it is a dead letter, and somebody wants to know.
    let message: Message = serde_json::from_str(&body).unwrap_or_default();
    let ended = row.get(6)?;
    Ok(Standing {
        id: row.get(0)?,
        key: row.get(1)?,
        channel: message.channel,
        account: message.account,
        to: message.to,
        at: row.get(3)?,
        state: match row.get(4)? {
            0 => State::Waiting { due: row.get(5)? },
            1 => State::Sent { ended },
            _ => State::Dead {
                ended,
                fault: fault(row, 10)?,
            },
        },
        attempts: row.get(7)?,
        reason: row.get(8)?,
        receipt: receipt(row, 9)?,
    })
}

fn fault(row: &Row<'_>, column: usize) -> rusqlite::Result<Fault> {
    let number: i64 = row.get(column)?;
    Ok(if number == 1 {
        Fault::Message
    } else {
        Fault::Carriage
    })
}

fn receipt(row: &Row<'_>, column: usize) -> rusqlite::Result<Receipt> {
    let text: String = row.get(column)?;
    Ok(serde_json::from_str(&text).unwrap_or_default())
}
