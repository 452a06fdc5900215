//! The handle that everybody else holds.
//!
//! It says what the outbox can be asked and does none of it.

use std::sync::Arc;
use std::time::Duration;

use overgrow_handler::Effects;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::courier::Courier;
use crate::delivery::Carrier;
use crate::status::Gauges;
use crate::store::Posted as Added;
use crate::store::{Conversation, Direction, Draft};
use crate::waiters::Waiters;
use crate::writer::Writer;
use crate::{DeadLetter, Message, OutboxConfig, OutboxError, OutboxStatus, Session, Standing};

/// The way out; cheap to clone. What it does in the background ends with the last clone, and what is not delivered by
/// then is when the outbox is opened again.
#[derive(Clone)]
pub struct Outbox(Arc<Shared>);

struct Shared {
    writer: Writer,
    gauges: Arc<Gauges>,
    waiters: Arc<Waiters>,
    largest: usize,
    /// The courier ends when this does.
    carriers: watch::Sender<Option<Arc<dyn Carrier>>>,
}

/// What became of a message that was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posted {
    /// It is in the outbox, under this id.
    New(String),
    /// It was already, or had been: the same key and the same message.
    Again(String),
    /// Nothing was done, because effects are planned only.
    Planned,
}

impl Posted {
    /// The id that a plan has for every message.
    pub const PLANNED: &str = "planned";

    /// The message's id.
    pub fn id(&self) -> &str {
        match self {
            Self::New(id) | Self::Again(id) => id,
            Self::Planned => Self::PLANNED,
        }
    }
}

impl Outbox {
    /// Opens the outbox. Blocks for as long as it takes to read its file once. Until [`carry`](Self::carry) is called
    /// everything waits.
    ///
    /// # Errors
    /// When the folder or the file cannot be used. A damaged file is no error: it is set aside as
    /// `outbox.db.corrupt-<Unix seconds>`, which the log says.
    pub fn open(config: OutboxConfig) -> Result<Self, OutboxError> {
        let gauges = Arc::<Gauges>::default();
        let waiters = Arc::<Waiters>::default();
        let writer = Writer::open(&config, Arc::clone(&gauges))?;
        let carriers = watch::Sender::default();
        let config = Arc::new(config);
        let courier = Courier::new(
            writer.clone(),
            Arc::clone(&config),
            Arc::clone(&gauges),
            Arc::clone(&waiters),
        );
        courier.start(&config.folder, carriers.subscribe())?;
        Ok(Self(Arc::new(Shared {
            writer,
            gauges,
            waiters,
            largest: config.largest,
            carriers,
        })))
    }

    /// Says who carries the messages from now on; what is on its way with the one before stays so.
    pub fn carry(&self, carrier: Arc<dyn Carrier>) {
        self.0.carriers.send_replace(Some(carrier));
    }

    /// Accepts a message: when this returns it is durable, in the sense that the end of this process does not lose it; a
    /// power cut may lose the last moments. With a key it is accepted once, for as long as it is remembered. Planning,
    /// it is only described. Dropping the future may or may not have accepted it.
    ///
    /// # Errors
    /// When it was not accepted.
    pub async fn post(
        &self,
        effects: &Effects,
        message: Message,
        key: Option<String>,
    ) -> Result<Posted, OutboxError> {
        let effect = message.effect(key.as_deref());
        let accept = || self.accept(message, key);
        effects.run(effect, Posted::Planned, accept).await
    }

    async fn accept(&self, message: Message, key: Option<String>) -> Result<Posted, OutboxError> {
        let (size, most) = (message.to_json().len(), self.0.largest);
        if size > most {
            return Err(OutboxError::TooLarge { size, most });
        }
        let id = format!("{:032x}", fastrand::u128(..));
        let draft = Draft {
            id: id.clone(),
            key,
            message,
        };
        match self.0.writer.add(draft).await? {
            Added::New => Ok(Posted::New(id)),
            Added::Again(id) => Ok(Posted::Again(id)),
            Added::Other(id) => Err(OutboxError::Conflict { id }),
            Added::Full => Err(OutboxError::Full),
        }
    }

    /// Waits until nothing more will become of a message by itself, but no longer than so long; gives how it stands with
    /// it then.
    ///
    /// # Errors
    /// [`OutboxError::NoSuchMessage`], or when the file cannot be read.
    pub async fn wait(&self, id: &str, patience: Duration) -> Result<Standing, OutboxError> {
        /// Another process may deliver it, which tells nobody here.
        const LOOK: Duration = Duration::from_secs(1);
        let until = Instant::now() + patience;
        loop {
            let waiter = self.0.waiters.enter(id);
            let ended = waiter.ended();
            let standing = self.look(id).await?;
            if standing.has_ended() || Instant::now() >= until {
                return Ok(standing);
            }
            tokio::select! {
                () = ended => {}
                () = sleep_until(until.min(Instant::now() + LOOK)) => {}
            }
        }
    }

    /// How it stands with a message.
    ///
    /// # Errors
    /// [`OutboxError::NoSuchMessage`], or when the file cannot be read.
    pub async fn look(&self, id: &str) -> Result<Standing, OutboxError> {
        let name = id.to_owned();
        let standing = self.0.writer.ask(move |store| store.look(&name)).await?;
        standing.ok_or_else(|| OutboxError::NoSuchMessage(id.to_owned()))
    }

    /// Whether a key was used, and is remembered.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn known(&self, key: &str) -> Result<bool, OutboxError> {
        let key = key.to_owned();
        self.0.writer.ask(move |store| store.knows(&key)).await
    }

    /// How it does; cheap.
    pub fn status(&self) -> OutboxStatus {
        self.0.gauges.status()
    }

    /// The dead letters, the newest first, but no more than so many.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn dead_letters(&self, most: usize) -> Result<Vec<DeadLetter>, OutboxError> {
        self.0.writer.ask(move |store| store.letters(most)).await
    }

    /// Puts a dead letter behind all that waits; it has all its attempts again.
    ///
    /// # Errors
    /// [`OutboxError::NoSuchMessage`], [`OutboxError::NotDead`], or when the file cannot be written.
    pub async fn resend(&self, id: &str) -> Result<(), OutboxError> {
        let id = id.to_owned();
        self.0.writer.ask(move |store| store.resend(&id)).await?;
        self.0.writer.stir();
        Ok(())
    }

    /// Forgets a dead letter, and with it its key.
    ///
    /// # Errors
    /// Like [`resend`](Self::resend).
    pub async fn discard(&self, id: &str) -> Result<(), OutboxError> {
        let id = id.to_owned();
        self.0.writer.ask(move |store| store.discard(&id)).await
    }

    /// The sessions in which something was said last, but no more than so many.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn sessions(&self, most: usize) -> Result<Vec<Session>, OutboxError> {
        self.0.writer.ask(move |store| store.sessions(most)).await
    }

    /// Counts a message that came from a conversation, and remembers the legacy's key of its session.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn received(
        &self,
        channel: &str,
        account: Option<&str>,
        conversation: &str,
        key: Option<&str>,
    ) -> Result<(), OutboxError> {
        let conversation = Conversation {
            channel: channel.to_owned(),
            account: account.unwrap_or_default().to_owned(),
            name: conversation.to_owned(),
            key: key.map(str::to_owned),
        };
        let touch =
            move |store: &mut crate::store::Store| store.touch(&conversation, Direction::Received);
        self.0.writer.ask(touch).await
    }
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox")
            .field("status", &self.status())
            .finish()
    }
}
