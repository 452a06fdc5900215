//! Work for later: a timer that rings becomes a job, in the same transaction.
//!
//! It must not know what a job does. The surprise: one that repeats and was missed several times, because nobody ran,
//! rings once and goes on at its own beat.

use overgrow_handler::{Effect, Effects};
use rusqlite::{Connection, params};
use serde_json::json;

use crate::jobs::{self, NewJob};
use crate::{Keep, KeepError};

/// Timers that ring in one go; the rest ring in the next.
const RINGING: u32 = 256;

/// A timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// Whose.
    pub plugin: String,
    /// Its name among the plugin's; another of that name takes its place.
    pub name: String,
    /// When it rings first, Unix milliseconds.
    pub at: u64,
    /// How often after that, milliseconds; `None` is never.
    pub every: Option<u64>,
    /// JSON, for the job.
    pub payload: String,
}

impl Keep {
    /// Arms a timer, in the place of one of the same name. When this returns, it is on the disk.
    ///
    /// # Errors
    /// [`KeepError::TooMany`] when the plugin has `most` others.
    pub async fn arm(&self, effects: &Effects, timer: Timer, most: u64) -> Result<(), KeepError> {
        let detail = json!({ "every": timer.every, "payload": timer.payload });
        let effect = Effect::new("timer", format!("arm {}", timer.name)).detail(detail);
        let perform = || async {
            self.writing
                .ask(move |file| arm(file, &timer, most))
                .await?;
            self.stirred.notify_one();
            Ok(())
        };
        effects.run(effect, (), perform).await
    }

    /// Cancels a timer; whether it was there, in a plan too.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn cancel(
        &self,
        effects: &Effects,
        plugin: &str,
        name: &str,
    ) -> Result<bool, KeepError> {
        let planned = match effects.is_planning() {
            true => self.timers(plugin).await?.iter().any(|it| it.name == name),
            false => false,
        };
        let effect = Effect::new("timer", format!("cancel {name}"));
        let (plugin, name) = (plugin.to_owned(), name.to_owned());
        let perform = || self.writing.ask(move |file| cancel(file, &plugin, &name));
        effects.run(effect, planned, perform).await
    }

    /// A plugin's timers, the next first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn timers(&self, plugin: &str) -> Result<Vec<Timer>, KeepError> {
        let plugin = plugin.to_owned();
        self.reading.ask(move |file| list(file, &plugin)).await
    }
}

fn arm(file: &Connection, timer: &Timer, most: u64) -> Result<(), KeepError> {
    let sql = "SELECT count(*) FROM timers WHERE plugin = ?1 AND name <> ?2";
    let others: u64 = file
        .prepare_cached(sql)?
        .query_row([&timer.plugin, &timer.name], |row| row.get(0))?;
    if others >= most {
        return Err(KeepError::TooMany { max: most });
    }
    put(file, timer)
}

fn put(file: &Connection, timer: &Timer) -> Result<(), KeepError> {
    let sql = "INSERT OR REPLACE INTO timers (plugin, name, at, every, payload)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let Timer { plugin, name, .. } = timer;
    let row = params![plugin, name, timer.at, timer.every, timer.payload];
    file.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

fn cancel(file: &Connection, plugin: &str, name: &str) -> Result<bool, KeepError> {
    let sql = "DELETE FROM timers WHERE plugin = ?1 AND name = ?2";
    Ok(file.prepare_cached(sql)?.execute([plugin, name])? > 0)
}

fn list(file: &Connection, plugin: &str) -> Result<Vec<Timer>, KeepError> {
    let sql = "SELECT plugin, name, at, every, payload FROM timers WHERE plugin = ?1
               ORDER BY at, name";
    let mut select = file.prepare_cached(sql)?;
    let timers = select.query_map([plugin], timer)?;
    Ok(timers.collect::<rusqlite::Result<_>>()?)
}

fn timer(row: &rusqlite::Row<'_>) -> rusqlite::Result<Timer> {
    Ok(Timer {
        plugin: row.get(0)?,
        name: row.get(1)?,
        at: row.get(2)?,
        every: row.get(3)?,
        payload: row.get(4)?,
    })
}

/// Makes jobs of the timers whose time has come. One whose plugin is owed too much already rings later.
pub(crate) fn ring(file: &Connection, now: u64) -> Result<(), KeepError> {
    let sql = "SELECT plugin, name, at, every, payload FROM timers WHERE at <= ?1
               ORDER BY at LIMIT ?2";
    let mut select = file.prepare_cached(sql)?;
    let due = select.query_map(params![now, RINGING], timer)?;
    let due: Vec<_> = due.collect::<rusqlite::Result<_>>()?;
    for timer in due {
        match jobs::add(file, &rung(&timer), now) {
            Ok(()) => wind(file, timer, now)?,
            Err(KeepError::TooMany { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn rung(timer: &Timer) -> NewJob {
    NewJob {
        plugin: timer.plugin.clone(),
        name: timer.name.clone(),
        payload: timer.payload.clone(),
        due: timer.at,
    }
}

/// Sets a timer that repeats to its next time and removes any other.
fn wind(file: &Connection, timer: Timer, now: u64) -> Result<(), KeepError> {
    match timer.every.filter(|every| *every > 0) {
        Some(every) => {
            let missed = now.saturating_sub(timer.at) / every;
            let at = timer.at.saturating_add(every.saturating_mul(missed + 1));
            put(file, &Timer { at, ..timer })
        }
        None => cancel(file, &timer.plugin, &timer.name).map(drop),
    }
}
