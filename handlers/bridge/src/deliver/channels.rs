//! The legacy's channels: learned from its gateway, remembered for when it is not there yet.
//!
//! It must not know what a channel is for. The payload tells ids in order and labels, no aliases.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use super::socket::{self, Socket, Until};
use super::trouble::Trouble;
use super::verdict::Refusal;
use super::{Courier, frames};
use crate::BridgeError;
use crate::queue::Store;

/// The key under which the queue's file remembers them.
const CHANNELS: &str = "channels";

/// Channels' ids, shared with whoever asks for them.
pub(crate) type Channels = Arc<ArcSwapOption<Arc<[String]>>>;

/// What the queue's file remembers from the last time; nothing when it does not, or not so that it can be read.
pub(crate) fn recall(store: &Store) -> Option<Arc<[String]>> {
    let value = store.recall(CHANNELS).ok().flatten()?;
    serde_json::from_str(&value).ok()
}

impl Courier {
    /// Asks the gateway for its channels. An answer that does not tell them leaves what is known; a refusal is given
    /// back, because the gateway then lets us in for nothing else either.
    ///
    /// # Errors
    /// When the gateway is away, or the queue's file cannot remember.
    pub(super) async fn learn_channels(
        &self,
        socket: &Socket,
    ) -> Result<Result<(), Refusal>, Trouble> {
        let id = "channels".to_owned();
        let frame = frames::channels_status(&id);
        let reply = socket.send(id, frame, Until::Answered).await?;
        match socket::answer(reply).await? {
            Ok(status) => {
                if let Some(ids) = frames::channel_order(&status) {
                    self.remember_channels(ids.into()).await?;
                }
                Ok(Ok(()))
            }
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    async fn remember_channels(&self, ids: Arc<[String]>) -> Result<(), BridgeError> {
        let known = self.channels.swap(Some(Arc::new(Arc::clone(&ids))));
        if known.is_some_and(|known| *known == ids) {
            return Ok(());
        }
        let value = serde_json::to_string(&*ids).unwrap_or_default();
        let remember = move |store: &mut Store| store.remember(CHANNELS, &value);
        self.queue.ask(remember).await
    }
}
