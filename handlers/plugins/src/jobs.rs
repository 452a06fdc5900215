//! Work that is owed to plugins: timers that rang, and what webhooks answered before doing.
//!
//! One task for all plugins takes what is due from the file that keeps it and has each plugin do its own, one at a time
//! and in order. The surprise: a job of a plugin that is not loaded counts no attempt; it waits until the plugin is back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use overgrow_handler::Effects;
use overgrow_keep::{Fate, Job, Keep, Lease};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::backoff;
use crate::call::{Ask, CallError, Retry};
use crate::plugin::Plugin;

/// Attempts before a job is dead.
const ATTEMPTS: u32 = 10;
/// The first wait after a failure.
const FIRST: Duration = Duration::from_secs(2);
/// The longest: ten attempts then take about two hours.
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// How long a job may take; past it somebody else takes it.
const LEASE: Duration = Duration::from_secs(10 * 60);
/// Taken at a time.
const BATCH: u32 = 64;
/// Between two looks when the file says nothing is due, should a clock have jumped.
const LOOK: Duration = Duration::from_secs(60);
/// Until a plugin that is away is asked for again.
const AWAY: Duration = Duration::from_secs(5);

/// Who has the plugin of a name now.
pub(crate) type Loaded = Arc<dyn Fn(&str) -> Option<Plugin> + Send + Sync>;

/// Does what is owed until dropped. Cancelled in the middle, what was being done is done again when its lease is over.
pub(crate) async fn work(keep: Keep, loaded: Loaded) {
    loop {
        match turn(&keep, &loaded).await {
            Ok(true) => {}
            Ok(false) => rest(&keep).await,
            Err(error) => {
                tracing::error!(%error, "what is owed to plugins cannot be read");
                sleep(AWAY).await;
            }
        }
    }
}

/// Takes what is due and does it, each plugin's jobs in order and the plugins beside each other; says whether there was
/// any.
async fn turn(keep: &Keep, loaded: &Loaded) -> Result<bool, overgrow_keep::KeepError> {
    let lease = Lease {
        most: BATCH,
        millis: millis(LEASE),
    };
    let jobs = keep.take(&Effects::performing(), lease).await?;
    let some = !jobs.is_empty();
    let plugins: BTreeSet<String> = jobs.iter().map(|job| job.plugin.clone()).collect();
    let mut working = JoinSet::new();
    for name in plugins {
        let its: Vec<Job> = jobs
            .iter()
            .filter(|job| job.plugin == name)
            .cloned()
            .collect();
        working.spawn(in_order(keep.clone(), loaded(&name), its));
    }
    while working.join_next().await.is_some() {}
    Ok(some)
}

async fn in_order(keep: Keep, plugin: Option<Plugin>, jobs: Vec<Job>) {
    for job in jobs {
        let fate = match &plugin {
            Some(plugin) => done(&keep, plugin, &job).await,
            None => away(&keep),
        };
        if let Err(error) = keep.settle(&Effects::performing(), job.id, fate).await {
            tracing::error!(plugin = job.plugin, %error, "what became of a job cannot be kept; it is done again");
        }
    }
}

async fn done(keep: &Keep, plugin: &Plugin, job: &Job) -> Fate {
    let ask = Ask {
        id: job.call_id.clone(),
        attempt: job.attempt,
        deadline: Instant::now() + LEASE,
        account: None,
        effects: Effects::performing(),
    };
    let ran = plugin.run_job(&ask, job.name.clone(), job.payload.clone());
    match ran.await {
        Ok(()) => Fate::Done,
        Err(error) => {
            tracing::warn!(plugin = job.plugin, job = job.name, attempt = job.attempt, %error, "a job failed");
            fate(&error, job.attempt, keep.now(), fastrand::f64())
        }
    }
}

fn away(keep: &Keep) -> Fate {
    Fate::Again {
        at: keep.now() + millis(AWAY),
        reason: "the plugin is not loaded".to_owned(),
    }
}

/// What becomes of a job that failed. `now` in Unix milliseconds.
fn fate(error: &CallError, attempt: u32, now: u64, chance: f64) -> Fate {
    let reason = error.to_string();
    let retry = match error {
        CallError::Failed { retry, .. } => *retry,
        CallError::Absent(_) => Retry::Never,
        _ => Retry::Backoff,
    };
    let wait = match retry {
        Retry::Never => return Fate::Dead { reason },
        _ if attempt >= ATTEMPTS => return Fate::Dead { reason },
        Retry::Backoff => backoff::wait(attempt, FIRST, LONGEST, chance),
        Retry::After(wait) => wait,
    };
    Fate::Again {
        at: now.saturating_add(millis(wait)),
        reason,
    }
}

/// Waits until something may be due.
async fn rest(keep: &Keep) {
    let due = keep.next_due().await.ok().flatten();
    let wait = due.map_or(LOOK, |due| {
        Duration::from_millis(due.saturating_sub(keep.now())).min(LOOK)
    });
    tokio::select! {
        () = sleep(wait) => {}
        () = keep.stirred() => {}
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(retry: Retry) -> CallError {
        CallError::Failed {
            code: "upstream".into(),
            message: "away".into(),
            retry,
        }
    }

    #[test]
    fn a_failure_is_tried_again_as_it_says_and_not_for_ever() {
        let at = |error: &CallError, attempt| match fate(error, attempt, 1000, 1.0) {
            Fate::Again { at, .. } => Some(at),
            _ => None,
        };
        assert_eq!(at(&failed(Retry::Backoff), 1), Some(3000));
        assert_eq!(
            at(&failed(Retry::After(Duration::from_secs(7))), 3),
            Some(8000)
        );
        assert_eq!(at(&failed(Retry::Never), 1), None);
        assert_eq!(at(&CallError::Trap("x".into()), 2), Some(5000));
        assert_eq!(at(&CallError::Trap("x".into()), ATTEMPTS), None);
    }
}
