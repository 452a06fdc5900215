//! The entries in the file: adding, taking and settling them.
//!
//! It belongs to the queue's thread and must not know how the legacy is reached. The surprise: what it knows of the
//! file by heart is read again whenever another process wrote to it.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::letters;
use super::tally::{Admission, Draft, Limits, Repeats, Tally};
use crate::status::{Gauges, now};
use crate::{BridgeError, Dispatch};

/// An entry on its way to the legacy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its number; a smaller one came earlier.
    pub(crate) id: i64,
    /// Names it at the legacy, the same at every attempt and of no other entry.
    pub(crate) key: String,
    /// A [`Dispatch`] as JSON.
    pub(crate) body: String,
}

/// How it ended with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The legacy has it.
    Delivered,
    /// It never will, because of this.
    Dead(String),
}

/// The open queue.
pub(crate) struct Store {
    pub(super) file: Connection,
    pub(super) tally: Tally,
    limits: Limits,
    gauges: Arc<Gauges>,
    /// Names this queue among all there ever were.
    name: String,
    /// SQLite's `data_version` when the tally was read: it changes when another connection writes.
    version: i64,
}

impl Store {
    pub(super) fn new(
        file: Connection,
        limits: Limits,
        gauges: Arc<Gauges>,
    ) -> Result<Self, BridgeError> {
        let mut store = Self {
            name: name(&file)?,
            tally: Tally::default(),
            version: 0,
            file,
            limits,
            gauges,
        };
        store.read()?;
        Ok(store)
    }

    /// Adds all in one transaction, each unless there is no room for it or it repeats the one before.
    ///
    /// # Errors
    /// When the transaction failed; then nothing was written of any.
    pub(super) fn add(&mut self, drafts: Vec<Draft>) -> Result<Vec<Admission>, BridgeError> {
        self.change(|transaction, tally, limits| {
            let mut insert =
                transaction.prepare_cached("INSERT INTO waiting (at, body) VALUES (?1, ?2)")?;
            let at = now();
            let mut admissions = Vec::with_capacity(drafts.len());
            for draft in drafts {
                let admission = tally.admit(&draft, limits);
                if admission == Admission::Row {
                    let id = insert.insert(params![at, draft.body])?;
                    tally.add(id, at, draft);
                }
                admissions.push(admission);
            }
            Ok(admissions)
        })
        .inspect(|admissions| self.count_coalesced(admissions))
    }

    fn count_coalesced(&self, admissions: &[Admission]) {
        let coalesced = admissions.iter().filter(|a| **a == Admission::Coalesced);
        let coalesced = coalesced.count() as u64;
        self.gauges.coalesced.fetch_add(coalesced, Relaxed);
    }

    /// The oldest entries, which are in flight from now until they are settled or released, and no longer than until the next time
    /// that this is asked.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn take(&mut self, most: usize) -> Result<Vec<Entry>, BridgeError> {
        self.refresh()?;
        let entries = self.oldest(most)?;
        self.tally.in_flight = entries.len();
        self.tally.taken = entries.last().map_or(0, |entry| entry.id);
        self.tally.publish(&self.gauges);
        Ok(entries)
    }

    fn oldest(&self, most: usize) -> rusqlite::Result<Vec<Entry>> {
        let mut select = self
            .file
            .prepare_cached("SELECT id, body FROM waiting ORDER BY id LIMIT ?1")?;
        let rows = select.query_map([most as i64], |row| {
            let id = row.get(0)?;
            let key = format!("{}-{id}", self.name);
            let body = row.get(1)?;
            Ok(Entry { id, key, body })
        })?;
        rows.collect()
    }

    /// Lets those with an outcome leave the queue; whatever else was taken stays in flight.
    ///
    /// # Errors
    /// When the file cannot be written; then none has left.
    pub(crate) fn settle(&mut self, outcomes: &[(i64, Outcome)]) -> Result<(), BridgeError> {
        self.change(|transaction, tally, _| {
            for (id, outcome) in outcomes {
                settle_one(transaction, tally, *id, outcome)?;
            }
            tally.in_flight = tally.in_flight.saturating_sub(outcomes.len());
            tally.oldest = oldest(transaction)?;
            Ok(())
        })?;
        self.count_delivered(outcomes);
        Ok(())
    }

    /// Ends the flight of what was taken and not settled: it waits again.
    ///
    /// # Errors
    /// Never; it is asked for like what may fail.
    pub(crate) fn release(&mut self) -> Result<(), BridgeError> {
        self.tally.in_flight = 0;
        self.tally.taken = 0;
        self.tally.publish(&self.gauges);
        Ok(())
    }

    fn count_delivered(&self, outcomes: &[(i64, Outcome)]) {
        let delivered = outcomes.iter().filter(|(_, o)| *o == Outcome::Delivered);
        let delivered = delivered.count() as u64;
        self.gauges.delivered.fetch_add(delivered, Relaxed);
    }

    /// What was remembered under a key.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn recall(&self, key: &str) -> Result<Option<String>, BridgeError> {
        Ok(recall(&self.file, key)?)
    }

    /// Remembers a value under a key.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn remember(&mut self, key: &str, value: &str) -> Result<(), BridgeError> {
        let sql = "INSERT INTO memory VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2";
        self.file.execute(sql, [key, value])?;
        Ok(())
    }

    /// Changes rows and tally together, or neither.
    pub(super) fn change<T>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>, &mut Tally, Limits) -> rusqlite::Result<T>,
    ) -> Result<T, BridgeError> {
        self.refresh()?;
        let limits = self.limits;
        let changed = transact(&mut self.file, &mut self.tally, limits, change);
        if changed.is_err() {
            self.read()?;
        }
        self.tally.publish(&self.gauges);
        Ok(changed?)
    }

    /// Reads the tally again if another process wrote.
    fn refresh(&mut self) -> Result<(), BridgeError> {
        if version(&self.file)? == self.version {
            return Ok(());
        }
        self.read()
    }

    pub(super) fn read(&mut self) -> Result<(), BridgeError> {
        self.version = version(&self.file)?;
        let read = tally(&self.file)?;
        self.tally = Tally {
            in_flight: self.tally.in_flight,
            taken: self.tally.taken,
            ..read
        };
        self.tally.publish(&self.gauges);
        Ok(())
    }
}

fn transact<T>(
    file: &mut Connection,
    tally: &mut Tally,
    limits: Limits,
    change: impl FnOnce(&Transaction<'_>, &mut Tally, Limits) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let changed = change(&transaction, tally, limits)?;
    transaction.commit()?;
    Ok(changed)
}

fn settle_one(
    transaction: &Transaction<'_>,
    tally: &mut Tally,
    id: i64,
    outcome: &Outcome,
) -> rusqlite::Result<()> {
    if let Outcome::Dead(reason) = outcome {
        letters::bury(transaction, tally, id, reason)?;
    }
    let sql = "DELETE FROM waiting WHERE id = ?1 RETURNING octet_length(body)";
    let mut delete = transaction.prepare_cached(sql)?;
    let bytes: Option<u64> = delete.query_row([id], |row| row.get(0)).optional()?;
    let Some(bytes) = bytes else { return Ok(()) };
    tally.waiting = tally.waiting.saturating_sub(1);
    tally.bytes = tally.bytes.saturating_sub(bytes);
    tally.tail.take_if(|(tail, _)| *tail == id);
    Ok(())
}

fn oldest(file: &Connection) -> rusqlite::Result<i64> {
    let mut select = file.prepare_cached("SELECT at FROM waiting ORDER BY id LIMIT 1")?;
    let at = select.query_row([], |row| row.get(0)).optional()?;
    Ok(at.unwrap_or_default())
}

fn tally(file: &Connection) -> rusqlite::Result<Tally> {
    let sql = "SELECT count(*), coalesce(sum(octet_length(body)), 0) FROM waiting";
    let (waiting, bytes) = file.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Tally {
        waiting,
        bytes,
        dead: file.query_row("SELECT count(*) FROM dead", [], |row| row.get(0))?,
        oldest: oldest(file)?,
        tail: tail(file)?,
        ..Tally::default()
    })
}

fn tail(file: &Connection) -> rusqlite::Result<Option<(i64, String)>> {
    let sql = "SELECT id, body FROM waiting ORDER BY id DESC LIMIT 1";
    let last: Option<(i64, String)> = file
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(last.filter(|(_, body)| {
        serde_json::from_str::<Dispatch>(body)
            .is_ok_and(|dispatch| dispatch.repeats() == Repeats::Coalesce)
    }))
}

fn version(file: &Connection) -> rusqlite::Result<i64> {
    file.prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))
}

fn recall(file: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT value FROM memory WHERE key = ?1";
    file.query_row(sql, [key], |row| row.get(0)).optional()
}

/// The queue's name, which the first process to ask gives it.
fn name(file: &Connection) -> rusqlite::Result<String> {
    let fresh = format!("{:016x}", fastrand::u64(..));
    let sql = "INSERT INTO memory VALUES ('name', ?1) ON CONFLICT DO NOTHING";
    file.execute(sql, [&fresh])?;
    Ok(recall(file, "name")?.unwrap_or(fresh))
}
