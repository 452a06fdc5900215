//! Takes one message of the outbox to a plugin that is its channel.
//!
//! It knows nothing of queues and tries. The surprise: a piece's call has the same id at every try, because the id says
//! how much of the message was still to come, and that does not change when the pieces before it are out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use overgrow_handler::Effects;
use overgrow_outbox::{
    Attachment, Attempt, Carrier, Content, Delivery, Format, Message, Notice, Receipt, Rest, Retry,
    Source,
};

use super::kind;
use super::split::{Cut, cut, units};
use crate::call::{self, Ask, CallError};
use crate::folder::{Slot, Version};
use crate::plugin::Plugin;
use crate::wit::channel::{self, Target, Text, TextFormat};
use crate::wit::types::RetryAdvice;

/// More than any grant's own deadline needs to be; the grant's is what counts.
const PATIENCE: Duration = Duration::from_secs(55);

/// A plugin that carries the messages of its channel: the version that was there when it was asked for.
#[derive(Debug, Clone)]
pub struct PluginCarrier {
    slot: Arc<Slot>,
    plugin: Plugin,
    /// Longest text, UTF-16 units; zero is no limit.
    limit: usize,
}

/// What is out of a message when something after it fails.
#[derive(Debug, Default)]
struct Progress {
    receipt: Option<Receipt>,
}

/// How a message ended that is not out as a whole.
type Ended = Box<Delivery>;

impl PluginCarrier {
    /// Of a version that serves a channel.
    pub(crate) fn new(slot: Arc<Slot>, version: &Version) -> Option<Self> {
        let info = version.channel.as_ref()?;
        Some(Self {
            slot,
            plugin: version.plugin()?.clone(),
            limit: usize::try_from(info.text_limit).unwrap_or(usize::MAX),
        })
    }

    /// Sends the text in pieces, all but what goes along with attachments; the first that is not sent ends it.
    async fn texts(
        &self,
        message: &Message,
        attempt: &Attempt,
        progress: &mut Progress,
    ) -> Result<(), Ended> {
        let content = &message.content;
        let mut left = content.text.clone();
        while !left.is_empty() {
            let Cut { piece, rest } = cut(&left, self.limit);
            let text = Text {
                body: piece,
                format: format(content.format),
            };
            let ask = ask(attempt, left.len());
            let sending = self.plugin.send_text(&ask, target(message), text);
            let sent = self.slot.call("send-text", sending).await;
            let unsent = Content {
                text: left,
                ..content.clone()
            };
            progress.note(sent, unsent)?;
            left = rest;
        }
        Ok(())
    }

    async fn files(
        &self,
        message: &Message,
        attempt: &Attempt,
        progress: &mut Progress,
        caption: Option<Text>,
    ) -> Result<(), Ended> {
        let files = &message.content.attachments;
        let unsent = Content {
            text: caption
                .as_ref()
                .map(|text| text.body.clone())
                .unwrap_or_default(),
            ..message.content.clone()
        };
        let files = files.iter().map(attachment).collect();
        let ask = ask(attempt, 0);
        let sent = self
            .plugin
            .send_media(&ask, target(message), caption, files);
        progress.note(sent.await, unsent)
    }

    async fn all(
        &self,
        message: &Message,
        attempt: &Attempt,
        progress: &mut Progress,
    ) -> Result<(), Ended> {
        let content = &message.content;
        if content.attachments.is_empty() {
            return self.texts(message, attempt, progress).await;
        }
        let limit = self.limit;
        if limit > 0 && units(&content.text) > limit {
            self.texts(message, attempt, progress).await?;
            return self.files(message, attempt, progress, None).await;
        }
        let caption = (!content.text.is_empty()).then(|| Text {
            body: content.text.clone(),
            format: format(content.format),
        });
        self.files(message, attempt, progress, caption).await
    }
}

#[async_trait]
impl Carrier for PluginCarrier {
    async fn deliver(&self, message: &Message, attempt: &Attempt) -> Delivery {
        let mut progress = Progress::default();
        match self.all(message, attempt, &mut progress).await {
            Ok(()) => Delivery::Sent(progress.receipt.unwrap_or_default()),
            Err(ended) => *ended,
        }
    }
}

impl Progress {
    /// Adds a piece that is out, or says how the message ended with `unsent` still to come.
    fn note(
        &mut self,
        sent: Result<channel::Delivery, CallError>,
        unsent: Content,
    ) -> Result<(), Ended> {
        match sent {
            Ok(channel::Delivery::Sent(receipt)) => {
                self.add(receipt);
                Ok(())
            }
            Ok(channel::Delivery::Partial((receipt, advice, reason))) => {
                self.add(receipt);
                // Which part of the piece is out, the plugin knows by the call's id.
                Err(self.failed(unsent, advice.into(), reason))
            }
            Ok(channel::Delivery::Failed((advice, reason))) => {
                Err(self.failed(unsent, advice.into(), reason))
            }
            Ok(channel::Delivery::Unsupported) => {
                let reason = "the channel has no such kind of message".to_owned();
                Err(match self.receipt {
                    Some(_) => self.failed(unsent, Retry::Never, reason),
                    None => Box::new(Delivery::Rejected { reason }),
                })
            }
            Err(error) => Err(self.broken(error, unsent)),
        }
    }

    fn add(&mut self, later: channel::Receipt) {
        let extra = later.extra.into_iter();
        let later = Receipt {
            message_ids: later.message_ids,
            conversation: later.conversation,
            sent_at: later.sent_at,
            extra: extra.map(|(key, value)| (key, value.into())).collect(),
        };
        self.receipt.get_or_insert_default().join(later);
    }

    fn failed(&mut self, unsent: Content, retry: Retry, reason: String) -> Ended {
        Box::new(match self.receipt.take() {
            Some(receipt) => Delivery::Partial {
                receipt,
                rest: Rest::Content(unsent),
                retry,
                reason,
            },
            None => Delivery::Failed { retry, reason },
        })
    }

    /// A call that gave no answer may have sent its piece, or not.
    fn broken(&mut self, error: CallError, unsent: Content) -> Ended {
        let reason = error.to_string();
        match error {
            CallError::Failed { retry, .. } => self.failed(unsent, retry.into(), reason),
            CallError::Busy | CallError::Gone if self.receipt.is_none() => {
                Box::new(Delivery::Away { reason })
            }
            CallError::Busy | CallError::Gone => self.failed(unsent, Retry::Backoff, reason),
            CallError::Absent(_) => self.failed(unsent, Retry::Never, reason),
            _ if self.receipt.is_none() => Box::new(Delivery::Unknown { reason }),
            _ => self.failed(unsent, Retry::Backoff, reason),
        }
    }
}

fn ask(attempt: &Attempt, left: usize) -> Ask {
    Ask {
        id: format!("{}-{left}", attempt.id),
        attempt: attempt.number,
        deadline: Instant::now() + PATIENCE,
        account: None,
        effects: Effects::performing(),
    }
}

fn target(message: &Message) -> Target {
    Target {
        to: message.to.clone(),
        account: message.account.clone(),
        thread: message.thread.clone(),
        reply_to: message.reply_to.clone(),
        silent: message.notice == Notice::Silent,
        extra: Vec::new(),
    }
}

fn format(format: Format) -> TextFormat {
    match format {
        Format::Plain => TextFormat::Plain,
        Format::Markdown => TextFormat::Markdown,
        Format::Html => TextFormat::Html,
    }
}

fn attachment(file: &Attachment) -> channel::Attachment {
    let (media_id, url) = match &file.source {
        Source::Media(id) => (Some(id.clone()), None),
        Source::Url(url) => (None, Some(url.clone())),
    };
    channel::Attachment {
        kind: kind::of(file),
        media_id,
        url,
        filename: file.filename.clone(),
        content_type: file.content_type.clone(),
        duration: None,
        extra: Vec::new(),
    }
}

impl From<RetryAdvice> for Retry {
    fn from(advice: RetryAdvice) -> Self {
        call::Retry::from(advice).into()
    }
}

impl From<call::Retry> for Retry {
    fn from(retry: call::Retry) -> Self {
        match retry {
            call::Retry::Never => Self::Never,
            call::Retry::Backoff => Self::Backoff,
            call::Retry::After(time) => Self::After(time),
        }
    }
}
