//! Hands to the legacy what only the legacy can do: system events, agents' turns.
//!
//! What is accepted is durable before the caller is told so, and delivered at least once, in order, whenever the
//! legacy is there. It knows neither HTTP requests nor hooks. The surprise: planning, nothing is written at all.

mod dispatch;

use overgrow_handler::Effects;

pub use dispatch::{Agent, Dispatch, Wake, WakeMode};

/// The way to the legacy; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Bridge(());

/// Why a dispatch was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// As much waits for the legacy as may.
    #[error("the queue to the legacy is full")]
    Full,
}

impl Bridge {
    /// Accepts a dispatch: when this returns it is durable. Planning, it is only described.
    /// Dropping the future may or may not have accepted it.
    ///
    /// # Errors
    /// When it was not accepted.
    pub async fn dispatch(&self, effects: &Effects, dispatch: Dispatch) -> Result<(), BridgeError> {
        let accepted = || async { Ok(()) };
        effects.run(dispatch.effect(), (), accepted).await
    }

    /// Channel ids that the legacy told, in its order, with their aliases' targets; `None` until it has.
    pub fn channels(&self) -> Option<std::sync::Arc<[String]>> {
        None
    }
}
