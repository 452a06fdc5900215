//! The courier: takes messages from the file to the carrier, lane by lane, until the last handle on the outbox is gone.
//!
//! It lives on a thread and a runtime of its own, so that it depends on nobody's. It must not know what is accepted, nor
//! how a channel is reached. The surprise: it knows by heart which messages wait and when they are due, but what they say
//! is read from the file when their turn comes.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

use tokio::runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::clock::{between, now};
use crate::delivery::{Attempt, Carrier, Delivery, Retry};
use crate::lanes::{Breadth, Lanes, Turn};
use crate::lease::Lease;
use crate::status::Gauges;
use crate::store::{Entry, Store};
use crate::verdict::{Past, judge};
use crate::waiters::Waiters;
use crate::writer::Writer;
use crate::{OutboxConfig, OutboxError};

/// How often the file is looked at although nothing was added here: another process may have.
const LOOK: Duration = Duration::from_secs(1);

/// How often what it is time for is forgotten.
const SWEEP: Duration = Duration::from_secs(10 * 60);

/// Messages that are learned at once.
const LEARN: usize = 1_000;

/// How long to wait when the file failed: it is full, or gone.
const FILE_FAILED: Duration = Duration::from_secs(1);

/// Where the courier is told who carries; it ends when the sender is gone.
pub(crate) type Carriers = watch::Receiver<Option<Arc<dyn Carrier>>>;

/// Takes messages to the carrier.
pub(crate) struct Courier {
    writer: Writer,
    config: Arc<OutboxConfig>,
    gauges: Arc<Gauges>,
    waiters: Arc<Waiters>,
    lanes: Lanes,
    /// The last message that is in the lanes, or was.
    known: i64,
    tries: JoinSet<Try>,
    swept: Option<Instant>,
}

/// A try that has ended.
struct Try {
    turn: Turn,
    outcome: Result<Option<i64>, OutboxError>,
}

impl Courier {
    pub(crate) fn new(
        writer: Writer,
        config: Arc<OutboxConfig>,
        gauges: Arc<Gauges>,
        waiters: Arc<Waiters>,
    ) -> Self {
        let breadth = Breadth {
            channel: config.per_channel,
            all: config.in_flight,
        };
        Self {
            writer,
            config,
            gauges,
            waiters,
            lanes: Lanes::new(breadth),
            known: 0,
            tries: JoinSet::new(),
            swept: None,
        }
    }

    /// Starts it on a thread of its own.
    ///
    /// # Errors
    /// When there is no thread, no runtime or no lock file to be had.
    pub(crate) fn start(self, folder: &Path, carriers: Carriers) -> io::Result<()> {
        let lock = Lease::file(folder)?;
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        thread::Builder::new()
            .name("outbox-courier".to_owned())
            .spawn(move || runtime.block_on(self.run(lock, carriers)))?;
        Ok(())
    }

    /// What is on its way when the last handle goes is dropped, and delivered again when the outbox is opened again.
    async fn run(mut self, lock: File, mut carriers: Carriers) {
        let mut until = carriers.clone();
        let deliver = async {
            let _lease = Lease::acquire(lock).await;
            let is_known = carriers.wait_for(Option::is_some).await.is_ok();
            if is_known {
                self.rounds(&carriers).await;
            }
        };
        tokio::select! {
            () = deliver => {}
            () = ended(&mut until) => {}
        }
        self.gauges.in_flight.store(0, Relaxed);
    }

    async fn rounds(&mut self, carriers: &Carriers) {
        loop {
            if let Err(error) = self.round(carriers).await {
                tracing::error!("{error}; what waits is kept and tried again");
                sleep(FILE_FAILED).await;
            }
        }
    }

    /// Learns what is new, sends out whose turn it is, waits for something to happen.
    async fn round(&mut self, carriers: &Carriers) -> Result<(), OutboxError> {
        self.sweep().await?;
        self.learn().await?;
        while let Some(turn) = self.lanes.next(now()) {
            self.send_out(turn, carriers);
        }
        self.gauges.in_flight.store(self.lanes.in_flight(), Relaxed);
        self.rest().await
    }

    /// Enters into the lanes what was added since the last time.
    async fn learn(&mut self) -> Result<(), OutboxError> {
        loop {
            let known = self.known;
            let ask = move |store: &mut Store| store.waiting(known, LEARN);
            let new = self.writer.ask(ask).await?;
            for waiting in &new {
                self.lanes.add(waiting.number, &waiting.lane, waiting.due);
                self.known = waiting.number;
            }
            if new.len() < LEARN {
                return Ok(());
            }
        }
    }

    fn send_out(&mut self, turn: Turn, carriers: &Carriers) {
        let Some(carrier) = carriers.borrow().clone() else {
            return;
        };
        let errand = Errand {
            writer: self.writer.clone(),
            config: Arc::clone(&self.config),
            waiters: Arc::clone(&self.waiters),
            carrier,
        };
        self.tries.spawn(async move {
            let outcome = errand.run(turn.number).await;
            Try { turn, outcome }
        });
    }

    /// Waits for a try to end, for something to be added or due, for a moment.
    async fn rest(&mut self) -> Result<(), OutboxError> {
        let due = self.lanes.soonest().map(|due| between(now(), due));
        let moment = due.map_or(LOOK, |due| due.min(LOOK));
        tokio::select! {
            Some(ended) = self.tries.join_next() => {
                self.land(ended)?;
                while let Some(ended) = self.tries.try_join_next() {
                    self.land(ended)?;
                }
                Ok(())
            }
            () = self.writer.added() => Ok(()),
            () = sleep(moment) => Ok(()),
        }
    }

    /// Takes note of a try that has ended. One whose outcome could not be written is made again: that is at least once.
    fn land(&mut self, ended: Result<Try, tokio::task::JoinError>) -> Result<(), OutboxError> {
        let Ok(Try { turn, outcome }) = ended else {
            // Nothing in an errand panics but the carrier, which is caught there.
            return Err(OutboxError::Closed);
        };
        match outcome {
            Ok(None) => self.lanes.settle(&turn),
            Ok(Some(due)) => self.lanes.postpone(&turn, due),
            Err(error) => {
                self.lanes
                    .postpone(&turn, now() + crate::clock::millis(FILE_FAILED));
                return Err(error);
            }
        }
        Ok(())
    }

    async fn sweep(&mut self) -> Result<(), OutboxError> {
        if self.swept.is_some_and(|swept| swept.elapsed() < SWEEP) {
            return Ok(());
        }
        let swept = self.writer.ask(|store| store.sweep(now())).await?;
        if swept < Store::SWEEP {
            self.swept = Some(Instant::now());
        }
        if swept > 0 {
            tracing::debug!(swept, "the outbox forgot what it was time for");
        }
        Ok(())
    }
}

/// One try of one message.
struct Errand {
    writer: Writer,
    config: Arc<OutboxConfig>,
    waiters: Arc<Waiters>,
    carrier: Arc<dyn Carrier>,
}

impl Errand {
    /// Gives when the message is due again; `None` when it has ended.
    async fn run(&self, number: i64) -> Result<Option<i64>, OutboxError> {
        let entry = self.writer.ask(move |store| store.entry(number)).await?;
        let Some(entry) = entry else { return Ok(None) };
        let delivery = self.deliver(&entry).await;
        let past = Past {
            tries: entry.tries,
            age: between(entry.at, now()),
        };
        let verdict = judge(delivery, past, fastrand::f64(), &self.config);
        let id = entry.id.clone();
        let settle = move |store: &mut Store| store.settle(&entry, verdict);
        let due = self.writer.ask(settle).await?;
        if due.is_none() {
            self.waiters.tell(&id);
        }
        Ok(due)
    }

    async fn deliver(&self, entry: &Entry) -> Delivery {
        let message = match &entry.message {
            Ok(message) => message.clone(),
            Err(error) => return never(format!("it cannot be read: {error}")),
        };
        let attempt = attempt(entry);
        let carrier = Arc::clone(&self.carrier);
        // A task of its own, so that a carrier that panics takes nothing with it.
        let mut carried = JoinSet::new();
        carried.spawn(async move { carrier.deliver(&message, &attempt).await });
        match timeout(self.config.patience, carried.join_next()).await {
            Ok(Some(Ok(delivery))) => delivery,
            Ok(_) => unknown("what carries it broke off".to_owned()),
            Err(_) => {
                let patience = self.config.patience.as_secs();
                unknown(format!("nothing became of it within {patience} s"))
            }
        }
    }
}

fn attempt(entry: &Entry) -> Attempt {
    let key = match entry.tries.settled {
        0 => entry.id.clone(),
        settled => format!("{}.{settled}", entry.id),
    };
    Attempt {
        id: entry.id.clone(),
        number: entry.tries.made.saturating_add(1),
        key,
    }
}

fn never(reason: String) -> Delivery {
    Delivery::Failed {
        retry: Retry::Never,
        reason,
    }
}

fn unknown(reason: String) -> Delivery {
    Delivery::Unknown { reason }
}

/// Returns when there will be no other carrier.
async fn ended(carriers: &mut Carriers) {
    while carriers.changed().await.is_ok() {}
}
