//! Samples in the file: a document, and the keys it is a sample of.

use rusqlite::{Transaction, params};

use super::{LedgerError, Limits, Store};

/// A sample as it is in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ledger) struct SampleRow {
    pub(in crate::ledger) route: String,
    /// Unix milliseconds.
    pub(in crate::ledger) at: i64,
    /// Place and kind of each key.
    pub(in crate::ledger) keys: Vec<(String, String)>,
    /// The sample.
    pub(in crate::ledger) document: String,
}

/// Which samples of a route are asked for; nothing asked for is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Samples of keys with this place.
    pub place: Option<String>,
    /// Samples of keys with this kind.
    pub kind: Option<String>,
}

impl Store {
    /// The documents of a route's samples, the newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(in crate::ledger) fn samples(
        &self,
        route: &str,
        filter: &Filter,
        limit: u32,
    ) -> Result<Vec<String>, LedgerError> {
        let mut query = self.file.prepare_cached(
            "SELECT document FROM samples WHERE id IN (
                 SELECT sample FROM keys WHERE route = ?1
                 AND (?2 IS NULL OR place = ?2) AND (?3 IS NULL OR kind = ?3))
             ORDER BY id DESC LIMIT ?4",
        )?;
        let asked = params![route, filter.place, filter.kind, limit];
        let documents = query.query_map(asked, |row| row.get(0))?;
        Ok(documents.collect::<Result<_, _>>()?)
    }
}

/// Writes samples and forgets the oldest of their keys beyond the limit.
pub(super) fn insert(
    change: &Transaction<'_>,
    samples: &[SampleRow],
    limits: &Limits,
) -> rusqlite::Result<()> {
    for sample in samples {
        insert_one(change, sample, limits)?;
    }
    if !samples.is_empty() {
        // What no key refers to any more is no sample of anything.
        change.execute(
            "DELETE FROM samples WHERE id NOT IN (SELECT sample FROM keys)",
            [],
        )?;
    }
    Ok(())
}

fn insert_one(
    change: &Transaction<'_>,
    sample: &SampleRow,
    limits: &Limits,
) -> rusqlite::Result<()> {
    change
        .prepare_cached("INSERT INTO samples (route, at, document) VALUES (?, ?, ?)")?
        .execute(params![sample.route, sample.at, sample.document])?;
    let id = change.last_insert_rowid();
    for (place, kind) in &sample.keys {
        change
            .prepare_cached("INSERT OR IGNORE INTO keys VALUES (?, ?, ?, ?)")?
            .execute(params![sample.route, place, kind, id])?;
        change
            .prepare_cached(
                "DELETE FROM keys WHERE route = ?1 AND place = ?2 AND kind = ?3 AND sample NOT IN (
                     SELECT sample FROM keys WHERE route = ?1 AND place = ?2 AND kind = ?3
                     ORDER BY sample DESC LIMIT ?4)",
            )?
            .execute(params![sample.route, place, kind, limits.samples])?;
    }
    forget_keys(change, &sample.route, limits)
}

/// Forgets the keys of a route that have gone without a sample for longest, beyond the limit.
fn forget_keys(change: &Transaction<'_>, route: &str, limits: &Limits) -> rusqlite::Result<()> {
    change
        .prepare_cached(
            "DELETE FROM keys WHERE route = ?1 AND (place, kind) IN (
                 SELECT place, kind FROM keys WHERE route = ?1
                 GROUP BY place, kind ORDER BY max(sample) DESC LIMIT -1 OFFSET ?2)",
        )?
        .execute(params![route, limits.keys])?;
    Ok(())
}
