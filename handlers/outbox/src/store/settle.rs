//! Writing what became of a try.

use std::sync::atomic::Ordering::Relaxed;

use rusqlite::{OptionalExtension, Transaction, params};

use super::{Entry, Store, Tally};
use crate::clock::{millis, now};
use crate::delivery::Receipt;
use crate::status::count;
use crate::verdict::{Again, Verdict};
use crate::{Content, Fault, Message, OutboxError};

impl Store {
    /// Writes a verdict. Gives when the message is due again; `None` when it has ended.
    ///
    /// # Errors
    /// When the file cannot be written; then the message still waits.
    pub(crate) fn settle(
        &mut self,
        entry: &Entry,
        verdict: Verdict,
    ) -> Result<Option<i64>, OutboxError> {
        let due = self.change(|transaction, tally, _| match &verdict {
            Verdict::Sent(receipt) => {
                let message = emptied(entry);
                end(transaction, tally, entry, &Ending::sent(receipt, message)).map(|()| None)
            }
            Verdict::Again(again) => postpone(transaction, tally, entry, again).map(Some),
            Verdict::Dead {
                receipt,
                rest,
                fault,
                reason,
            } => {
                let message = left(entry, rest.as_ref());
                let ending = Ending::dead(receipt, message, *fault, reason);
                end(transaction, tally, entry, &ending).map(|()| None)
            }
        })?;
        match verdict {
            Verdict::Sent(_) => count(&self.gauges.sent),
            Verdict::Again(_) => count(&self.gauges.retried),
            Verdict::Dead { .. } => {
                count(&self.gauges.died);
                self.gauges.dead.fetch_add(1, Relaxed);
            }
        }
        Ok(due)
    }
}

/// How a message leaves.
struct Ending<'a> {
    state: i64,
    receipt: &'a Receipt,
    /// What is still to be said of it; `None` leaves what is there.
    message: Option<Message>,
    fault: i64,
    reason: Option<&'a str>,
}

impl<'a> Ending<'a> {
    fn sent(receipt: &'a Receipt, message: Option<Message>) -> Self {
        Self {
            state: 1,
            receipt,
            message,
            fault: 0,
            reason: None,
        }
    }

    fn dead(receipt: &'a Receipt, message: Option<Message>, fault: Fault, reason: &'a str) -> Self {
        Self {
            state: 2,
            receipt,
            message,
            fault: i64::from(fault == Fault::Message),
            reason: Some(reason),
        }
    }
}

fn end(
    transaction: &Transaction<'_>,
    tally: &mut Tally,
    entry: &Entry,
    ending: &Ending<'_>,
) -> rusqlite::Result<()> {
    let Some(before) = size(transaction, entry)? else {
        return Ok(());
    };
    let sql = "UPDATE message SET state = ?2, ended = ?3, made = made + 1, reason = ?4,
        receipt = ?5, body = coalesce(?6, body), fault = ?7 WHERE number = ?1";
    let mut update = transaction.prepare_cached(sql)?;
    update.execute(params![
        entry.number,
        ending.state,
        now(),
        ending.reason,
        joined(entry, ending.receipt),
        ending.message.as_ref().map(Message::to_json),
        ending.fault,
    ])?;
    tally.remove(before);
    Ok(())
}

fn postpone(
    transaction: &Transaction<'_>,
    tally: &mut Tally,
    entry: &Entry,
    again: &Again,
) -> rusqlite::Result<i64> {
    let due = now().saturating_add(millis(again.wait));
    let Some(before) = size(transaction, entry)? else {
        return Ok(due);
    };
    let body = left(entry, again.rest.as_ref()).map(|message| message.to_json());
    let sql = "UPDATE message SET due = ?2, made = ?3, settled = ?4, reason = ?5,
        receipt = ?6, body = coalesce(?7, body) WHERE number = ?1";
    let mut update = transaction.prepare_cached(sql)?;
    update.execute(params![
        entry.number,
        due,
        again.tries.made,
        again.tries.settled,
        again.reason,
        joined(entry, &again.receipt),
        body,
    ])?;
    if let Some(body) = body {
        tally.remove(before);
        tally.add(body.len());
    }
    Ok(due)
}

/// Bytes that a message takes that waits; `None` when somebody else has ended it.
fn size(transaction: &Transaction<'_>, entry: &Entry) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT octet_length(body) FROM message WHERE number = ?1 AND state = 0";
    let mut select = transaction.prepare_cached(sql)?;
    select
        .query_row([entry.number], |row| row.get(0))
        .optional()
}

fn joined(entry: &Entry, later: &Receipt) -> String {
    let mut receipt = entry.receipt.clone();
    receipt.join(later.clone());
    serde_json::to_string(&receipt).unwrap_or_default()
}

/// The message with what is left of it, where that is less than it had.
fn left(entry: &Entry, rest: Option<&Content>) -> Option<Message> {
    let message = entry.message.as_ref().ok()?;
    Some(Message {
        content: rest?.clone(),
        ..message.clone()
    })
}

/// What was sent need not be kept: only to whom is asked later.
fn emptied(entry: &Entry) -> Option<Message> {
    left(entry, Some(&Content::default()))
}
