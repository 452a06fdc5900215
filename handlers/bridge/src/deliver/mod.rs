//! The courier: takes entries from the queue to the legacy, in order, until the last handle on the bridge is gone.
//!
//! It lives on a thread and a runtime of its own, so that it depends on nobody's. It must not know what is accepted, nor
//! why. The surprise: it takes nothing from the queue before the legacy is there, so that what waits can still be
//! coalesced.

pub(crate) mod backoff;
mod channels;
pub(crate) mod frames;
mod lease;
mod post;
mod round;
pub(crate) mod socket;
mod strikes;
pub(crate) mod trouble;
pub(crate) mod verdict;

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

pub(crate) use self::channels::{Channels, recall};
use self::lease::Lease;
use self::post::Hooks;
use self::socket::{Greeting, Socket};
use self::strikes::Strikes;
use self::trouble::Trouble;
use crate::Target;
use crate::queue::{Outcome, Queue};
use crate::status::Gauges;

/// How often the channels are asked for again, and a gateway that refused us is tried again.
const REFRESH: Duration = Duration::from_secs(60);

/// How often the queue is looked at although nothing was added here: another process may have.
const LOOK: Duration = Duration::from_secs(1);

/// How much further back in the system's queue the courier stands than the threads that clients wait for.
const NICENESS: i32 = 5;

/// Where the courier is told where the legacy is; it ends when the sender is gone.
pub(crate) type Targets = watch::Receiver<Option<Arc<Target>>>;

/// Takes entries to the legacy.
pub(crate) struct Courier {
    queue: Queue,
    gauges: Arc<Gauges>,
    channels: Channels,
    hooks: Hooks,
    strikes: Strikes,
    /// How it ended with entries in flight, not yet settled.
    outcomes: Vec<(i64, Outcome)>,
    /// Why the gateway does not let us in, when it does not.
    refused: Option<String>,
    /// Attempts in a row that went wrong.
    failed: u32,
    /// The longest wait after one.
    longest_wait: Duration,
}

/// Nobody waits for a delivery, and on a core that is shared a full queue would keep answers back for milliseconds.
fn step_back() {
    let this = rustix::thread::gettid();
    // Where it may not be changed the courier runs like everybody else.
    let _ = rustix::process::setpriority_process(Some(this), NICENESS);
}

impl Courier {
    pub(crate) fn new(
        queue: Queue,
        gauges: Arc<Gauges>,
        channels: Channels,
        longest_wait: Duration,
    ) -> Self {
        Self {
            queue,
            gauges,
            channels,
            hooks: Hooks::default(),
            strikes: Strikes::default(),
            outcomes: Vec::new(),
            refused: None,
            failed: 0,
            longest_wait,
        }
    }

    /// Starts it on a thread of its own.
    ///
    /// # Errors
    /// When there is no thread, no runtime or no lock file to be had.
    pub(crate) fn start(self, folder: &Path, targets: Targets) -> io::Result<()> {
        let lock = Lease::file(folder)?;
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let run = move || {
            step_back();
            runtime.block_on(self.run(lock, targets));
        };
        thread::Builder::new()
            .name("bridge-courier".to_owned())
            .spawn(run)?;
        Ok(())
    }

    async fn run(mut self, lock: File, mut targets: Targets) {
        let mut until = targets.clone();
        tokio::select! {
            () = ended(&mut until) => {}
            lease = Lease::acquire(lock) => {
                self.follow(&mut targets).await;
                drop(lease);
            }
        }
    }

    /// Serves whichever legacy is the one now, until there will be no other.
    async fn follow(&mut self, targets: &mut Targets) {
        loop {
            let target = targets.borrow_and_update().clone();
            let goes_on = tokio::select! {
                () = self.serve(target) => true,
                changed = targets.changed() => changed.is_ok(),
            };
            // What it was broken off with. If the queue fails, what is delivered is delivered again.
            drop(self.land().await);
            if !goes_on {
                return;
            }
        }
    }

    /// Attempts without end, waiting longer after each that went wrong.
    async fn serve(&mut self, target: Option<Arc<Target>>) {
        let Some(target) = target else {
            return std::future::pending().await;
        };
        self.hooks = Hooks::default();
        self.refused = None;
        self.failed = 0;
        loop {
            let began = Instant::now();
            let Err(trouble) = self.attempt(&target).await else {
                continue;
            };
            self.report(&trouble);
            if began.elapsed() > self.longest_wait {
                self.failed = 0;
            }
            let chance = fastrand::f64();
            sleep(backoff::delay(self.failed, self.longest_wait, chance)).await;
            self.failed = self.failed.saturating_add(1);
        }
    }

    /// One connection, for as long as it lasts.
    async fn attempt(&mut self, target: &Target) -> Result<(), Trouble> {
        let socket = self.connect(target).await?;
        if socket.is_some() && !self.gauges.is_connected() {
            self.gauges.well();
        }
        self.rounds(target, socket.as_ref()).await
    }

    /// The WebSocket; `None` where the gateway would not have us, and its hooks must do.
    async fn connect(&mut self, target: &Target) -> Result<Option<Socket>, Trouble> {
        if !target.has_gateway() {
            return Ok(None);
        }
        let refusal = match Socket::open(target, frames::EVERYDAY).await? {
            Greeting::Refused(refusal) => refusal,
            Greeting::Welcome(socket) => match self.learn_channels(&socket).await? {
                Err(refusal) => refusal,
                Ok(()) => {
                    self.refused = None;
                    return Ok(Some(socket));
                }
            },
        };
        self.note_refusal(&refusal.to_string());
        Ok(None)
    }

    fn note_refusal(&mut self, refusal: &str) {
        let reason = format!("the legacy's gateway does not let us in: {refusal}");
        self.gauges.complain(&reason);
        if self.refused.as_ref() != Some(&reason) {
            tracing::warn!("{reason}; wakes go to its hooks, channels are not learned");
        }
        self.refused = Some(reason);
    }

    /// Notes that a delivery went well.
    fn thrive(&mut self) {
        self.failed = 0;
        self.gauges.well();
        if let Some(reason) = &self.refused {
            self.gauges.complain(reason);
        }
    }

    fn report(&self, trouble: &Trouble) {
        let reason = trouble.to_string();
        let is_news = match trouble {
            Trouble::Away(_) => self.gauges.unwell(&reason),
            Trouble::Refused(_) | Trouble::Queue(_) => self.gauges.complain(&reason),
        };
        if is_news {
            tracing::warn!("{reason}; what waits for the legacy is kept and tried again");
        }
    }
}

/// Returns when there will be no other target.
async fn ended(targets: &mut Targets) {
    while targets.changed().await.is_ok() {}
}
