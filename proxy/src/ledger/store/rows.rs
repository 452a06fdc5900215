//! Epochs in the file: the last one of each route, and writing them.
//!
//! The rule for two processes: an epoch belongs to whoever wrote it last. A process that has not written it yet takes
//! over what it finds; one that finds its epoch taken over writes it no more. While an old process drains, what it
//! still learns about a route is lost from the new one's first write on; nothing is counted twice.

use rusqlite::{OptionalExtension as _, Row, Transaction, TransactionBehavior, params};

use super::{LedgerError, SampleRow, Store, samples};

/// Ended epochs whose summary is remembered per route.
const REMEMBERED: u32 = 10;

/// An epoch as it is in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ledger) struct Epoch {
    pub(in crate::ledger) route: String,
    /// Counts up from 1 within a route.
    pub(in crate::ledger) number: u32,
    /// Of what the evidence speaks of.
    pub(in crate::ledger) fingerprint: String,
    /// Unix seconds.
    pub(in crate::ledger) began: i64,
    /// Changes with every write.
    pub(in crate::ledger) revision: i64,
    /// The evidence and what goes with it.
    pub(in crate::ledger) page: String,
    /// What will be left of it when it has ended.
    pub(in crate::ledger) summary: String,
}

/// An epoch that is to be written.
#[derive(Debug, Clone)]
pub(in crate::ledger) struct Draft {
    /// Its revision is the one that was read or written last, 0 for an epoch that is not in the file.
    pub(in crate::ledger) epoch: Epoch,
    /// Whether this process has written it before.
    pub(in crate::ledger) tenure: Tenure,
}

/// Whether a process has written an epoch before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ledger) enum Tenure {
    /// It has: the epoch is its own until somebody else writes it.
    Own,
    /// It has not: whoever wrote it last may have gone on since it was read.
    First,
}

/// What became of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ledger) enum Saved {
    /// It is in the file, with this revision.
    Written(i64),
    /// The other process had gone on: this is what it wrote, and it is now this process's to continue.
    Adopted(Epoch),
    /// Another process continues this epoch: it is no longer this one's to write.
    TakenOver,
}

impl Store {
    /// The last epoch of every route.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(in crate::ledger) fn latest(&self) -> Result<Vec<Epoch>, LedgerError> {
        let mut query = self.file.prepare(
            "SELECT * FROM epochs AS one
             WHERE number = (SELECT max(number) FROM epochs WHERE route = one.route)",
        )?;
        let epochs = query.query_map([], epoch)?;
        Ok(epochs.collect::<Result<_, _>>()?)
    }

    /// Writes epochs and samples, all or none, and tells what became of each epoch.
    ///
    /// # Errors
    /// When the file cannot be written; nothing of it is then.
    pub(in crate::ledger) fn save(
        &mut self,
        drafts: &[Draft],
        sampled: &[SampleRow],
    ) -> Result<Vec<Saved>, LedgerError> {
        let change = self
            .file
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let saved = drafts
            .iter()
            .map(|draft| save(&change, draft, &self.writer))
            .collect::<Result<Vec<_>, _>>()?;
        samples::insert(&change, sampled, &self.limits)?;
        change.commit()?;
        self.prune()?;
        Ok(saved)
    }
}

fn save(change: &Transaction<'_>, draft: &Draft, writer: &str) -> rusqlite::Result<Saved> {
    let Epoch { route, number, .. } = &draft.epoch;
    let found = change
        .prepare_cached("SELECT * FROM epochs WHERE route = ? AND number = ?")?
        .query_row(params![route, number], |row| {
            let ended: Option<i64> = row.get("ended")?;
            let owner: String = row.get("writer")?;
            Ok((epoch(row)?, ended.is_some() || owner != writer))
        })
        .optional()?;
    match (found, draft.tenure) {
        (Some((_, true)), Tenure::Own) => Ok(Saved::TakenOver),
        (Some((newer, _)), Tenure::First) if newer.revision != draft.epoch.revision => {
            claim(change, &newer, writer)?;
            Ok(Saved::Adopted(newer))
        }
        _ => Ok(Saved::Written(write(change, &draft.epoch, writer)?)),
    }
}

fn claim(change: &Transaction<'_>, epoch: &Epoch, writer: &str) -> rusqlite::Result<()> {
    change
        .prepare_cached("UPDATE epochs SET writer = ? WHERE route = ? AND number = ?")?
        .execute(params![writer, epoch.route, epoch.number])?;
    Ok(())
}

fn write(change: &Transaction<'_>, epoch: &Epoch, writer: &str) -> rusqlite::Result<i64> {
    let revision = epoch.revision + 1;
    change
        .prepare_cached("INSERT OR REPLACE INTO epochs VALUES (?, ?, ?, ?, NULL, ?, ?, ?, ?)")?
        .execute(params![
            epoch.route,
            epoch.number,
            epoch.fingerprint,
            epoch.began,
            writer,
            revision,
            epoch.page,
            epoch.summary
        ])?;
    change
        .prepare_cached(
            "UPDATE epochs SET ended = ?, page = '' WHERE route = ? AND number < ? AND ended IS NULL",
        )?
        .execute(params![epoch.began, epoch.route, epoch.number])?;
    change
        .prepare_cached("DELETE FROM epochs WHERE route = ? AND number + ? < ?")?
        .execute(params![epoch.route, REMEMBERED, epoch.number])?;
    Ok(revision)
}

fn epoch(row: &Row<'_>) -> rusqlite::Result<Epoch> {
    Ok(Epoch {
        route: row.get("route")?,
        number: row.get("number")?,
        fingerprint: row.get("fingerprint")?,
        began: row.get("began")?,
        revision: row.get("revision")?,
        page: row.get("page")?,
        summary: row.get("summary")?,
    })
}
