//! Calls of `channel`: messages out.
//!
//! Each of them fails as [`CallError`] says, with `Absent` for a plugin that is no channel, and is cancelled by dropping
//! its future; whether the message went out is then not known.

use super::{Plugin, exports};
use crate::call::{Ask, CallError};
use crate::wit::channel::{Attachment, ChannelInfo, Delivery, Poll, Target, Text};

impl Plugin {
    /// What the channel is and can.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn channel(&self, ask: &Ask) -> Result<ChannelInfo, CallError> {
        let export = self.as_channel()?.describe;
        let (info,) = self.call(ask, export, |_| ()).await?;
        Ok(info)
    }

    /// Sends a text.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn send_text(
        &self,
        ask: &Ask,
        target: Target,
        text: Text,
    ) -> Result<Delivery, CallError> {
        let export = self.as_channel()?.send_text;
        let (sent,) = self.call(ask, export, |ctx| (ctx, target, text)).await?;
        Ok(sent?)
    }

    /// Sends files.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn send_media(
        &self,
        ask: &Ask,
        target: Target,
        caption: Option<Text>,
        attachments: Vec<Attachment>,
    ) -> Result<Delivery, CallError> {
        let export = self.as_channel()?.send_media;
        let arguments = |ctx| (ctx, target, caption, attachments);
        let (sent,) = self.call(ask, export, arguments).await?;
        Ok(sent?)
    }

    /// Sends a poll.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn send_poll(
        &self,
        ask: &Ask,
        target: Target,
        poll: Poll,
    ) -> Result<Delivery, CallError> {
        let export = self.as_channel()?.send_poll;
        let (sent,) = self.call(ask, export, |ctx| (ctx, target, poll)).await?;
        Ok(sent?)
    }

    /// Gives a message another text.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn edit(
        &self,
        ask: &Ask,
        target: Target,
        message: String,
        text: Text,
    ) -> Result<Delivery, CallError> {
        let export = self.as_channel()?.edit;
        let arguments = |ctx| (ctx, target, message, text);
        let (done,) = self.call(ask, export, arguments).await?;
        Ok(done?)
    }

    /// Takes a message back.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn delete(
        &self,
        ask: &Ask,
        target: Target,
        message: String,
    ) -> Result<Delivery, CallError> {
        let export = self.as_channel()?.delete;
        let (done,) = self.call(ask, export, |ctx| (ctx, target, message)).await?;
        Ok(done?)
    }

    /// Reacts to a message; an empty emoji takes the reaction back.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn react(
        &self,
        ask: &Ask,
        target: Target,
        message: String,
        emoji: String,
    ) -> Result<Delivery, CallError> {
        let export = self.as_channel()?.react;
        let arguments = |ctx| (ctx, target, message, emoji);
        let (done,) = self.call(ask, export, arguments).await?;
        Ok(done?)
    }

    /// Shows the other side whether an answer is being written.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn typing(
        &self,
        ask: &Ask,
        target: Target,
        typing: Typing,
    ) -> Result<Delivery, CallError> {
        let export = self.as_channel()?.typing;
        let on = typing == Typing::On;
        let (done,) = self.call(ask, export, |ctx| (ctx, target, on)).await?;
        Ok(done?)
    }

    /// Turns what a person wrote into targets: pairs of address and label.
    ///
    /// # Errors
    /// As [`CallError`] says.
    pub async fn resolve(
        &self,
        ask: &Ask,
        account: Option<String>,
        query: String,
    ) -> Result<Vec<(String, String)>, CallError> {
        let export = self.as_channel()?.resolve;
        let arguments = |ctx| (ctx, account, query);
        let (found,) = self.call(ask, export, arguments).await?;
        Ok(found?)
    }

    fn as_channel(&self) -> Result<exports::Channel, CallError> {
        self.loaded
            .exports
            .channel
            .ok_or(CallError::Absent("channel"))
    }
}

/// Whether an answer is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    /// It is.
    On,
    /// No longer.
    Off,
}
