//! The handle that everybody else holds.
//!
//! It says what the bridge can be asked and does none of it. The surprise: the default one has no legacy and no file;
//! it is for tests of whoever dispatches.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use overgrow_handler::Effects;
use tokio::sync::watch;

use crate::deliver::{Channels, Courier, recall};
use crate::queue::{DeadLetter, Draft, Limits, Queue};
use crate::status::Gauges;
use crate::{BridgeConfig, BridgeError, BridgeStatus, Dispatch, Target};

/// The way to the legacy; cheap to clone. What it does in the background ends with the last clone, and what is not
/// delivered by then is when the queue is opened again.
#[derive(Debug, Clone, Default)]
pub struct Bridge(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    keeping: Keeping,
    gauges: Arc<Gauges>,
    channels: Channels,
    /// Bytes that a dispatch may have.
    most: AtomicUsize,
    /// The courier ends when this does.
    targets: watch::Sender<Option<Arc<Target>>>,
}

#[derive(Debug)]
enum Keeping {
    Durably(Queue),
    InMemory(Mutex<Vec<Dispatch>>),
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            keeping: Keeping::InMemory(Mutex::default()),
            gauges: Arc::default(),
            channels: Arc::default(),
            most: Target::MAX_BODY.into(),
            targets: watch::Sender::default(),
        }
    }
}

impl Bridge {
    /// Entries that a bridge without a file takes.
    const IN_MEMORY: usize = 100_000;

    /// Opens the queue. Blocks for as long as it takes to read what waits in it.
    ///
    /// # Errors
    /// When the folder or the file cannot be used. A damaged file is no error: it is set aside as
    /// `bridge.db.corrupt-<Unix seconds>`, which the log and the [status](Self::status) say.
    pub fn open(config: BridgeConfig) -> Result<Self, BridgeError> {
        let gauges = Arc::<Gauges>::default();
        let limits = Limits {
            entries: config.cap,
            bytes: config.bytes,
        };
        let (queue, channels) = Queue::open(&config.folder, limits, Arc::clone(&gauges), recall)?;
        let shared = Shared {
            keeping: Keeping::Durably(queue.clone()),
            gauges: Arc::clone(&gauges),
            channels: Arc::new(channels.map(Arc::new).into()),
            ..Shared::default()
        };
        let channels = Arc::clone(&shared.channels);
        Courier::new(queue, gauges, channels, config.longest_wait)
            .start(&config.folder, shared.targets.subscribe())?;
        Ok(Self(Arc::new(shared)))
    }

    /// Says where the legacy is; until this is called the first time, everything waits. The same target again changes
    /// nothing, another one breaks off what is on its way to the one before, which is then sent to the new one.
    pub fn follow(&self, target: Target) {
        self.0.most.store(target.max_body, Relaxed);
        self.0.targets.send_if_modified(|now| {
            let changes = now.as_deref() != Some(&target);
            if changes {
                *now = Some(Arc::new(target));
            }
            changes
        });
    }

    /// A bridge without file and legacy that knows these channels: for tests of whoever dispatches.
    pub fn in_memory(channels: Vec<String>) -> Self {
        let bridge = Self::default();
        let channels = Arc::new(Arc::from(channels));
        bridge.0.channels.store(Some(channels));
        bridge
    }

    /// Accepts a dispatch: when this returns it is durable, in the sense that the end of this process does not lose
    /// it; a power cut may lose the last moments. Planning, it is only described.
    /// Dropping the future may or may not have accepted it.
    ///
    /// # Errors
    /// When it was not accepted.
    pub async fn dispatch(&self, effects: &Effects, dispatch: Dispatch) -> Result<(), BridgeError> {
        let effect = dispatch.effect();
        effects.run(effect, (), || self.accept(dispatch)).await
    }

    async fn accept(&self, dispatch: Dispatch) -> Result<(), BridgeError> {
        let draft = self.draft(&dispatch)?;
        match &self.0.keeping {
            Keeping::Durably(queue) => queue.add(draft).await,
            Keeping::InMemory(kept) => self.keep(kept, dispatch),
        }
    }

    fn draft(&self, dispatch: &Dispatch) -> Result<Draft, BridgeError> {
        let body = serde_json::to_string(dispatch).unwrap_or_default();
        let (size, most) = (body.len(), self.0.most.load(Relaxed));
        if size > most {
            return Err(BridgeError::TooLarge { size, most });
        }
        let repeats = dispatch.repeats();
        Ok(Draft { body, repeats })
    }

    fn keep(&self, kept: &Mutex<Vec<Dispatch>>, dispatch: Dispatch) -> Result<(), BridgeError> {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= Self::IN_MEMORY {
            return Err(BridgeError::Full);
        }
        kept.push(dispatch);
        self.0.gauges.waiting.store(kept.len(), Relaxed);
        Ok(())
    }

    /// What a bridge without a file has accepted; nothing from another one.
    pub fn kept(&self) -> Vec<Dispatch> {
        match &self.0.keeping {
            Keeping::Durably(_) => Vec::new(),
            Keeping::InMemory(kept) => kept.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Channel ids that the legacy told, in its order; `None` until it has. They outlive a restart.
    pub fn channels(&self) -> Option<Arc<[String]>> {
        self.0.channels.load().as_deref().cloned()
    }

    /// How it does; cheap.
    pub fn status(&self) -> BridgeStatus {
        self.0.gauges.status()
    }

    /// All dead letters, the oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, BridgeError> {
        match &self.0.keeping {
            Keeping::Durably(queue) => queue.ask(|store| store.letters()).await,
            Keeping::InMemory(_) => Ok(Vec::new()),
        }
    }

    /// Puts a dead letter behind all that waits.
    ///
    /// # Errors
    /// [`BridgeError::NoSuchLetter`], or when the file cannot be written.
    pub async fn resend(&self, letter: i64) -> Result<(), BridgeError> {
        let queue = self.queue(letter)?;
        queue.ask(move |store| store.resend(letter)).await?;
        queue.stir();
        Ok(())
    }

    /// Forgets a dead letter.
    ///
    /// # Errors
    /// [`BridgeError::NoSuchLetter`], or when the file cannot be written.
    pub async fn discard(&self, letter: i64) -> Result<(), BridgeError> {
        let queue = self.queue(letter)?;
        queue.ask(move |store| store.discard(letter)).await
    }

    fn queue(&self, letter: i64) -> Result<&Queue, BridgeError> {
        match &self.0.keeping {
            Keeping::Durably(queue) => Ok(queue),
            Keeping::InMemory(_) => Err(BridgeError::NoSuchLetter(letter)),
        }
    }
}
