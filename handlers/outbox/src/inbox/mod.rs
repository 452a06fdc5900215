//! The way in: what people write to a channel, checked by the legacy's own rules, to its agent, and the answer out again.
//!
//! It must not know plugins: they are told what became of a message and no more. The surprise: what is on its way to the
//! agent lies in an outbox too, one of its own; durable, once per message, in order per conversation and not for ever is
//! what both need.

mod envelope;
mod habits;
mod inbound;
mod pairing;
mod policy;
mod route;
mod shelves;
#[cfg(test)]
mod tests;
mod turn;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use overgrow_bridge::Gateway;
use overgrow_handler::Effects;
use overgrow_settings::{Live, Settings};

use self::habits::habits;
pub use self::inbound::{Addressed, Chat, Inbound, Reception, Sender, SenderKind};
use self::pairing::{Applicant, Asked, Pairing};
use self::policy::{Rules, Ruling};
use self::turn::Turns;
use crate::{
    Content, DeadLetter, Message, Outbox, OutboxConfig, OutboxError, OutboxStatus, Posted,
};

/// The way in; cheap to clone.
#[derive(Debug, Clone)]
pub struct Inbox {
    /// What is on its way to the agent.
    turns: Outbox,
    /// Where its answers go.
    replies: Outbox,
    settings: Live,
    /// The legacy's `credentials`, where they are not below its state folder.
    credentials: Option<PathBuf>,
}

/// Why a message was not taken. The provider had better send it again.
#[derive(Debug, Clone, thiserror::Error)]
pub enum InboxError {
    /// There are no settings, so nobody knows who may write.
    #[error("the legacy's settings are not known")]
    NoSettings,
    /// The channel's id is none.
    #[error("{0} is no channel's id")]
    NoChannel(String),
    /// The pairing store cannot be written.
    #[error("the pairing store cannot be written: {0}")]
    Pairing(String),
    /// What is on its way to the agent cannot take more.
    #[error(transparent)]
    Turns(#[from] OutboxError),
}

impl Inbox {
    /// Opens the way in; blocks for as long as it takes to read its file once. The folder must not be the outbox's.
    /// `gateway` needs everyday reach.
    ///
    /// # Errors
    /// Like [`Outbox::open`].
    pub fn open(
        folder: impl Into<PathBuf>,
        replies: Outbox,
        gateway: Gateway,
        settings: Live,
    ) -> Result<Self, OutboxError> {
        let turns = Outbox::open(OutboxConfig {
            // An agent's turn takes seconds to minutes; the legacy itself gives up after ten.
            patience: Duration::from_secs(15 * 60),
            attempts: 5,
            per_channel: 16,
            ..OutboxConfig::new(folder)
        })?;
        turns.carry(Arc::new(Turns::new(
            gateway,
            replies.clone(),
            settings.clone(),
        )));
        Ok(Self {
            turns,
            replies,
            settings,
            credentials: None,
        })
    }

    /// Says where the legacy's credentials lie, when it is told so by `OPENCLAW_OAUTH_DIR`.
    #[must_use]
    pub fn with_credentials(self, folder: impl Into<PathBuf>) -> Self {
        Self {
            credentials: Some(folder.into()),
            ..self
        }
    }

    /// What would become of a message: `None` is that it would be taken. It changes nothing, so that whether a sender is
    /// told a pairing code is a guess: another request may come first.
    ///
    /// # Errors
    /// When it cannot be said.
    pub async fn judge(&self, message: &Inbound) -> Result<Option<Reception>, InboxError> {
        let (ruling, pairing) = self.rule(message).await?;
        Ok(match ruling {
            None => Some(Reception::Duplicate),
            Some(Ruling::Drop(why)) => Some(Reception::Filtered(why.to_owned())),
            Some(Ruling::Admit) => None,
            Some(Ruling::Pair) => {
                let applicant = applicant(message);
                let asked = blocking(move || pairing.foresee(&applicant)).await?;
                Some(Reception::Pairing(told(message, &asked)))
            }
        })
    }

    /// Takes a message: when it is accepted it is durable. Planning, everything is checked and nothing written, and an
    /// accepted message is told as `planned`. Dropping the future may or may not have taken it.
    ///
    /// # Errors
    /// When it was not taken, and should come again.
    pub async fn submit(
        &self,
        effects: &Effects,
        message: Inbound,
    ) -> Result<Reception, InboxError> {
        let (ruling, pairing) = self.rule(&message).await?;
        match ruling {
            None => Ok(Reception::Duplicate),
            Some(Ruling::Drop(why)) => Ok(Reception::Filtered(why.to_owned())),
            Some(Ruling::Pair) => self.pair(effects, pairing, &message).await,
            Some(Ruling::Admit) => self.take(effects, message).await,
        }
    }

    /// By the rules that hold now; no ruling for what was taken before.
    async fn rule(&self, message: &Inbound) -> Result<(Option<Ruling>, Pairing), InboxError> {
        let settings = self.settings()?;
        let pairing = self.pairing(&settings, message)?;
        if self.turns.known(&message.key()).await? {
            return Ok((None, pairing));
        }
        let store = pairing.clone();
        let paired = blocking(move || store.allowed()).await?;
        let account = message.account.as_deref();
        let rules = Rules::read(&settings.document, &message.channel, account);
        Ok((Some(rules.judge(message, &paired)), pairing))
    }

    fn settings(&self) -> Result<Arc<Settings>, InboxError> {
        self.settings.load().ok_or(InboxError::NoSettings)
    }

    /// How what is on its way to the agent does; cheap.
    pub fn status(&self) -> OutboxStatus {
        self.turns.status()
    }

    /// What never reached the agent, the newest first, but no more than so many. To be sent again or discarded like
    /// other dead letters, with [`turns`](Self::turns).
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn dead_letters(&self, most: usize) -> Result<Vec<DeadLetter>, OutboxError> {
        self.turns.dead_letters(most).await
    }

    /// What is on its way to the agent.
    pub fn turns(&self) -> &Outbox {
        &self.turns
    }

    fn pairing(&self, settings: &Settings, message: &Inbound) -> Result<Pairing, InboxError> {
        let usual = || settings.state.join("credentials");
        let credentials = self.credentials.clone().unwrap_or_else(usual);
        let channel = &message.channel;
        let pairing = Pairing::of(&credentials, channel);
        pairing.ok_or_else(|| InboxError::NoChannel(channel.clone()))
    }

    async fn take(&self, effects: &Effects, message: Inbound) -> Result<Reception, InboxError> {
        let settings = self.settings()?;
        let (effect, key) = (message.effect("inbound"), message.key());
        let turn = turn(&settings, &message);
        let planned = Reception::Accepted(Posted::PLANNED.to_owned());
        let accept = || async {
            let session = turn.session.clone();
            let posted = self
                .turns
                .post(&Effects::performing(), turn, Some(key))
                .await?;
            self.count(&message, session.as_deref()).await;
            Ok(match posted {
                Posted::Again(_) => Reception::Duplicate,
                posted => Reception::Accepted(posted.id().to_owned()),
            })
        };
        effects.run(effect, planned, accept).await
    }

    /// Sessions are for people to look at: a message is not refused because one could not be counted.
    async fn count(&self, message: &Inbound, session: Option<&str>) {
        let (channel, account) = (&message.channel, message.account.as_deref());
        let conversation = &message.conversation;
        let counted = self
            .replies
            .received(channel, account, conversation, session)
            .await;
        if let Err(error) = counted {
            tracing::warn!(%error, "a session could not be counted");
        }
    }

    async fn pair(
        &self,
        effects: &Effects,
        pairing: Pairing,
        message: &Inbound,
    ) -> Result<Reception, InboxError> {
        let applicant = applicant(message);
        let foreseen = match effects.is_planning() {
            true => pairing.foresee(&applicant),
            // Nobody looks at it.
            false => Asked::Before,
        };
        let ask = || async {
            let asked = blocking(move || pairing.request(&applicant)).await?;
            asked.map_err(|error| InboxError::Pairing(error.to_string()))
        };
        let asked = effects
            .run(message.effect("pairing"), foreseen, ask)
            .await?;
        Ok(Reception::Pairing(told(message, &asked)))
    }
}

/// What a person says, as it is carried to the agent.
fn turn(settings: &Settings, message: &Inbound) -> Message {
    let files = message.attachments.iter();
    let files = files.filter_map(|key| shelves::path(&settings.state, key));
    let files: Vec<_> = files.collect();
    Message {
        channel: message.channel.clone(),
        account: message.account.clone(),
        to: message.conversation.clone(),
        thread: message.thread.clone(),
        session: Some(route::session_key(&settings.document, message)),
        content: Content::text(envelope::text(message, &files)),
        ..Message::default()
    }
}

fn applicant(message: &Inbound) -> Applicant {
    Applicant {
        id: message.sender.id.trim().to_owned(),
        name: message.sender.name.clone(),
    }
}

/// What a sender who is not known is told, the first time.
fn told(message: &Inbound, asked: &Asked) -> Option<String> {
    let Asked::New(code) = asked else { return None };
    let channel = &message.channel;
    let id = habits(channel).id_line;
    let id = id
        .map(|line| format!("{line}: {}\n\n", message.sender.id))
        .unwrap_or_default();
    Some(format!(
        "OpenClaw: access not configured.\n\n{id}Pairing code: {code}\n\n\
         Ask the bot owner to approve with:\nopenclaw pairing approve {channel} <code>"
    ))
}

/// Small files, but files: not on a thread that answers.
async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> T + Send + 'static,
) -> Result<T, InboxError> {
    let done = tokio::task::spawn_blocking(act).await;
    done.map_err(|error| InboxError::Pairing(error.to_string()))
}
