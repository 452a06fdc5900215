//! Work that is owed to plugins: it is done at least once, or dies and is told.
//!
//! It must not know how a plugin is called. The surprise is the lease: whoever takes a job has it for a time only, so a
//! job whose taker was killed comes back by itself, and its attempt counts, since it may be what killed it.

use overgrow_handler::{Effect, Effects};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{Keep, KeepError};

/// Jobs of one plugin that may wait. An hour of a busy webhook; what is above is refused, and its sender sends it again.
const WAITING: u64 = 10_000;

/// Bytes of a payload: a webhook's whole body fits.
const PAYLOAD: usize = 1024 * 1024;

/// Dead jobs of one plugin that are kept for people to look at; the oldest make room.
const DEAD: u64 = 1_000;

/// A job to be made.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Whose.
    pub plugin: String,
    /// What the plugin calls it.
    pub name: String,
    /// JSON, as the plugin gave it.
    pub payload: String,
    /// When, Unix milliseconds.
    pub due: u64,
}

/// A job that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its number, for what becomes of it.
    pub id: i64,
    /// The same at every attempt, and no other job's.
    pub call_id: String,
    /// Whose.
    pub plugin: String,
    /// What the plugin calls it.
    pub name: String,
    /// JSON, as the plugin gave it.
    pub payload: String,
    /// 1 for the first.
    pub attempt: u32,
}

/// What became of a job that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is done.
    Done,
    /// It is tried again, not before this: Unix milliseconds.
    Again {
        /// When.
        at: u64,
        /// Why.
        reason: String,
    },
    /// It never will be done.
    Dead {
        /// Why.
        reason: String,
    },
}

/// A job that died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadJob {
    /// The job; its attempt is the last.
    pub job: Job,
    /// When, Unix milliseconds.
    pub died: u64,
    /// Why.
    pub reason: String,
}

/// How many jobs of a plugin there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JobCounts {
    /// That wait or are taken.
    pub waiting: u64,
    /// That died.
    pub dead: u64,
}

/// How many jobs are taken, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// At most so many.
    pub most: u32,
    /// Milliseconds after which a job is due again, if nobody said what became of it: more than a call may take.
    pub millis: u64,
}

impl Keep {
    /// Owes a plugin a job. When this returns, it is on the disk.
    ///
    /// # Errors
    /// [`KeepError::TooLarge`] of the payload, [`KeepError::TooMany`] when ten thousand of the plugin's wait.
    pub async fn owe(&self, effects: &Effects, job: NewJob) -> Result<(), KeepError> {
        if job.payload.len() > PAYLOAD {
            let max = PAYLOAD as u64;
            return Err(KeepError::TooLarge { max });
        }
        let effect = Effect::new("job", format!("{} {}", job.plugin, job.name));
        let effect = effect.payload(job.payload.as_bytes());
        let now = self.now();
        let perform = || async {
            self.writing.ask(move |file| add(file, &job, now)).await?;
            self.stirred.notify_one();
            Ok(())
        };
        effects.run(effect, (), perform).await
    }

    /// Takes what is due, the oldest first. Timers that rang are among it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn take(&self, effects: &Effects, lease: Lease) -> Result<Vec<Job>, KeepError> {
        let (now, store) = (self.now(), self.name.clone());
        let take = move |file: &_| {
            crate::timers::ring(file, now)?;
            take(file, &store, lease, now)
        };
        let perform = || self.writing.ask(take);
        effects
            .run(Effect::new("job", "take what is due"), Vec::new(), perform)
            .await
    }

    /// Says what became of a job that was taken.
    ///
    /// # Errors
    /// When the file cannot be written; the job is then due again when its lease is over.
    pub async fn settle(&self, effects: &Effects, id: i64, fate: Fate) -> Result<(), KeepError> {
        let now = self.now();
        let perform = || async {
            self.writing
                .ask(move |file| settle(file, id, &fate, now))
                .await?;
            self.stirred.notify_one();
            Ok(())
        };
        effects
            .run(Effect::new("job", format!("settle {id}")), (), perform)
            .await
    }

    /// When the next job or timer is due, Unix milliseconds; `None` when nothing waits.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn next_due(&self) -> Result<Option<u64>, KeepError> {
        let sql = "SELECT min(at) FROM (
                       SELECT min(due) AS at FROM jobs WHERE died IS NULL
                       UNION ALL SELECT min(at) FROM timers)";
        let next = move |file: &Connection| Ok(file.query_row(sql, [], |row| row.get(0))?);
        self.reading.ask(next).await
    }

    /// Returns when a job or timer was added or settled since this last returned. For one waiter.
    pub async fn stirred(&self) {
        self.stirred.notified().await;
    }

    /// Jobs of a plugin that died, the oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn dead_jobs(&self, plugin: &str) -> Result<Vec<DeadJob>, KeepError> {
        let (plugin, store) = (plugin.to_owned(), self.name.clone());
        self.reading
            .ask(move |file| dead(file, &store, &plugin))
            .await
    }

    /// How many jobs of a plugin there are.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn job_counts(&self, plugin: &str) -> Result<JobCounts, KeepError> {
        let plugin = plugin.to_owned();
        self.reading.ask(move |file| counts(file, &plugin)).await
    }
}

fn counts(file: &Connection, plugin: &str) -> Result<JobCounts, KeepError> {
    let sql =
        "SELECT count(*) FILTER (WHERE died IS NULL), count(died) FROM jobs WHERE plugin = ?1";
    let counts = file.prepare_cached(sql)?.query_row([plugin], |row| {
        Ok(JobCounts {
            waiting: row.get(0)?,
            dead: row.get(1)?,
        })
    });
    Ok(counts?)
}

pub(crate) fn add(file: &Connection, job: &NewJob, now: u64) -> Result<(), KeepError> {
    if counts(file, &job.plugin)?.waiting >= WAITING {
        return Err(KeepError::TooMany { max: WAITING });
    }
    let sql = "INSERT INTO jobs (plugin, name, payload, made, due) VALUES (?1, ?2, ?3, ?4, ?5)";
    let row = params![job.plugin, job.name, job.payload, now, job.due];
    file.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

fn take(file: &Connection, store: &str, lease: Lease, now: u64) -> Result<Vec<Job>, KeepError> {
    let sql = "UPDATE jobs SET attempts = attempts + 1, due = ?2
               WHERE id IN (SELECT id FROM jobs WHERE died IS NULL AND due <= ?1
                            ORDER BY due, id LIMIT ?3)
               RETURNING id, plugin, name, payload, attempts";
    let mut update = file.prepare_cached(sql)?;
    let until = now.saturating_add(lease.millis);
    let rows = update.query_map(params![now, until, lease.most], |row| job(store, row))?;
    let mut jobs: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
    jobs.sort_unstable_by_key(|job| job.id);
    Ok(jobs)
}

fn job(store: &str, row: &Row<'_>) -> rusqlite::Result<Job> {
    let id: i64 = row.get(0)?;
    Ok(Job {
        id,
        call_id: format!("{store}-{id}"),
        plugin: row.get(1)?,
        name: row.get(2)?,
        payload: row.get(3)?,
        attempt: row.get(4)?,
    })
}

fn settle(file: &Connection, id: i64, fate: &Fate, now: u64) -> Result<(), KeepError> {
    match fate {
        Fate::Done => {
            let sql = "DELETE FROM jobs WHERE id = ?1 AND died IS NULL";
            file.prepare_cached(sql)?.execute([id])?;
        }
        Fate::Again { at, reason } => {
            let sql = "UPDATE jobs SET due = ?2, reason = ?3 WHERE id = ?1 AND died IS NULL";
            file.prepare_cached(sql)?.execute(params![id, at, reason])?;
        }
        Fate::Dead { reason } => bury(file, id, reason, now)?,
    }
    Ok(())
}

fn bury(file: &Connection, id: i64, reason: &str, now: u64) -> Result<(), KeepError> {
    let sql = "UPDATE jobs SET died = ?2, reason = ?3 WHERE id = ?1 AND died IS NULL
               RETURNING plugin";
    let plugin = file
        .prepare_cached(sql)?
        .query_row(params![id, now, reason], |row| row.get::<_, String>(0));
    let Some(plugin) = plugin.optional()? else {
        return Ok(());
    };
    let sql = "DELETE FROM jobs WHERE plugin = ?1 AND died IS NOT NULL AND id NOT IN (
                   SELECT id FROM jobs WHERE plugin = ?1 AND died IS NOT NULL
                   ORDER BY died DESC, id DESC LIMIT ?2)";
    file.prepare_cached(sql)?.execute(params![plugin, DEAD])?;
    Ok(())
}

fn dead(file: &Connection, store: &str, plugin: &str) -> Result<Vec<DeadJob>, KeepError> {
    let sql = "SELECT id, plugin, name, payload, attempts, died, coalesce(reason, '') FROM jobs
               WHERE plugin = ?1 AND died IS NOT NULL ORDER BY died, id";
    let mut select = file.prepare_cached(sql)?;
    let rows = select.query_map([plugin], |row| {
        Ok(DeadJob {
            job: job(store, row)?,
            died: row.get(5)?,
            reason: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
