//! Services: plugins that work by themselves, as long as they are loaded.
//!
//! One task each. It starts the service, calls it when it asked to be called, and starts it afresh after a failure that
//! took its instance. The surprise: a call that is under way when the service is to stop is cut off, because a long poll
//! would keep a reload waiting for half a minute; what must survive is in `kv` by then.

mod life;
mod state;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use overgrow_handler::Effects;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::life::{End, live};
pub use self::state::{ServiceState, ServiceStatus};
use crate::backoff;
use crate::call::Ask;
use crate::plugin::Plugin;
use crate::wit::service::StopReason;

/// The first wait after a failure.
const FIRST: Duration = Duration::from_secs(1);
/// The longest.
const LONGEST: Duration = Duration::from_secs(300);
/// A service that lived this long is not one that keeps failing.
const GOOD_WHILE: Duration = Duration::from_secs(60);
/// Longer than any grant's deadline, which is what counts for a call.
const CALL: Duration = Duration::from_secs(24 * 60 * 60);

/// A service under way; dropping it ends it without a word, [`stop`](Self::stop) with one.
#[derive(Debug)]
pub struct Supervised {
    stop: watch::Sender<Option<StopReason>>,
    status: Arc<Mutex<ServiceStatus>>,
    task: JoinHandle<()>,
}

/// What the task needs.
struct Watched {
    plugin: Plugin,
    config: String,
    stop: watch::Receiver<Option<StopReason>>,
    status: Arc<Mutex<ServiceStatus>>,
}

impl Supervised {
    /// Starts the service of a plugin that has one, with its configuration as JSON. Must run inside a tokio runtime.
    pub fn start(plugin: Plugin, config: String) -> Self {
        let (stop, stopped) = watch::channel(None);
        let status = Arc::new(Mutex::new(ServiceStatus::default()));
        let watched = Watched {
            plugin,
            config,
            stop: stopped,
            status: Arc::clone(&status),
        };
        Self {
            stop,
            status,
            task: tokio::spawn(watched.keep_alive()),
        }
    }

    /// How it does.
    pub fn status(&self) -> ServiceStatus {
        self.status
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Has it stop, and waits until it did or `patience` is over; it is gone either way.
    pub async fn stop(mut self, reason: StopReason, patience: Duration) {
        self.stop.send_replace(Some(reason));
        let _ = tokio::time::timeout(patience, &mut self.task).await;
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Watched {
    /// One life after another, until it is stopped or gives up.
    async fn keep_alive(mut self) {
        let mut failed = 0;
        loop {
            let born = Instant::now();
            let end = live(&mut self).await;
            if born.elapsed() >= GOOD_WHILE {
                failed = 0;
            }
            failed += 1;
            match end {
                End::Stopped => return self.note(|status| status.state = ServiceState::Stopped),
                End::GaveUp(reason) => return self.gave_up(reason),
                End::Failed(reason) => {
                    let wait = backoff::wait(failed, FIRST, LONGEST, fastrand::f64());
                    self.failed(reason, wait);
                    if self.stopped_within(wait).await.is_some() {
                        return self.note(|status| status.state = ServiceState::Stopped);
                    }
                }
            }
        }
    }

    fn gave_up(&self, reason: String) {
        tracing::warn!(
            plugin = self.plugin.name(),
            reason,
            "a service gave up for good"
        );
        self.note(|status| {
            status.state = ServiceState::GaveUp;
            status.error = Some(reason);
        });
    }

    fn failed(&self, reason: String, wait: Duration) {
        let seconds = wait.as_secs_f64();
        tracing::warn!(
            plugin = self.plugin.name(),
            reason,
            seconds,
            "a service failed and is started again"
        );
        self.note(|status| {
            status.state = ServiceState::Waiting;
            status.restarts += 1;
            status.error = Some(reason);
        });
    }

    fn note(&self, change: impl FnOnce(&mut ServiceStatus)) {
        change(&mut self.status.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits so long, or until the service is to stop.
    async fn stopped_within(&mut self, wait: Duration) -> Option<StopReason> {
        tokio::time::timeout(wait, self.stopped()).await.ok()
    }

    /// Waits until the service is to stop; its owner gone is a shutdown.
    async fn stopped(&mut self) -> StopReason {
        let reason = self.stop.wait_for(Option::is_some).await;
        reason
            .ok()
            .and_then(|reason| *reason)
            .unwrap_or(StopReason::Shutdown)
    }

    /// What a call of the service is told.
    fn ask(&self, turn: u64) -> Ask {
        Ask {
            id: format!("service-{}-{turn}", self.plugin.name()),
            attempt: 1,
            deadline: Instant::now() + CALL,
            account: None,
            effects: Effects::performing(),
        }
    }
}
