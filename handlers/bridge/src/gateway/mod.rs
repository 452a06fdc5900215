//! Calls of the legacy's gateway: many at a time, each with its answer, over one WebSocket.
//!
//! It must not know what is called, nor keep anything: what must not be lost is for the caller to call again. The
//! surprise: it is another connection than the courier's, which asks for no more than wakes need and is there for one
//! process of two only.

mod error;
mod keeper;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::timeout;

pub use self::error::RpcError;
use self::keeper::{Keeper, State};
use crate::Target;
use crate::deliver::frames;
use crate::deliver::socket::{Socket, Until};

/// The longest wait between two attempts to reach a gateway that is away.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The way to call the legacy's gateway; cheap to clone. Its connection and its thread end with the last clone. The
/// default one has no gateway and never will: for tests of whoever calls.
#[derive(Debug, Clone)]
pub struct Gateway(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The keeper ends when this does.
    targets: watch::Sender<Option<Arc<Target>>>,
    state: Arc<watch::Sender<State>>,
    calls: AtomicU64,
}

/// What the gateway is to let us do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Look, send messages and start turns.
    Everyday,
    /// Call whatever method there is, those of its plugins among them, which it counts as administration.
    Everything,
}

impl Default for Gateway {
    fn default() -> Self {
        Self(Arc::new(Shared {
            targets: watch::Sender::default(),
            state: Arc::new(watch::Sender::new(State::unknown())),
            calls: AtomicU64::new(0),
        }))
    }
}

impl Gateway {
    /// Starts the thread that keeps the connection. Until [`follow`](Self::follow) is called every call fails.
    ///
    /// # Errors
    /// When there is no thread or no runtime to be had.
    pub fn start(reach: Reach) -> io::Result<Self> {
        Self::start_waiting(reach, LONGEST_WAIT)
    }

    pub(crate) fn start_waiting(reach: Reach, longest_wait: Duration) -> io::Result<Self> {
        let targets = watch::Sender::default();
        let (keeper, state) = Keeper::new(reach, longest_wait);
        keeper.start(targets.subscribe())?;
        Ok(Self(Arc::new(Shared {
            targets,
            state,
            calls: AtomicU64::new(0),
        })))
    }

    /// Says where the legacy is. The same target again changes nothing; another one breaks the calls in flight, and
    /// those that come later wait for it.
    pub fn follow(&self, target: Target) {
        self.0.targets.send_if_modified(|now| {
            let changes = now.as_deref() != Some(&target);
            if changes {
                // First: what the keeper finds out about the other one must not be overwritten.
                keeper::part(&self.0.state);
                *now = Some(Arc::new(target));
            }
            changes
        });
    }

    /// Calls a method and gives the payload of its first answer. Dropping the future gives up the answer, not the call.
    ///
    /// # Errors
    /// When the gateway is away, goes away, refuses or does not answer within `patience`.
    pub async fn call(
        &self,
        method: &str,
        params: Value,
        patience: Duration,
    ) -> Result<Value, RpcError> {
        self.ask(method, params, patience, Until::Answered).await
    }

    /// Calls a method that answers twice, when it has accepted and when it is done, such as `agent`; gives the payload
    /// of the last answer. It may be the first one that is the last: of a run that is over already.
    ///
    /// # Errors
    /// Like [`call`](Self::call).
    pub async fn call_to_the_end(
        &self,
        method: &str,
        params: Value,
        patience: Duration,
    ) -> Result<Value, RpcError> {
        self.ask(method, params, patience, Until::Done).await
    }

    /// Whether the gateway has let us in.
    pub fn is_connected(&self) -> bool {
        matches!(&*self.0.state.borrow(), State::Ready(_))
    }

    /// Why not, when it is known.
    pub fn trouble(&self) -> Option<String> {
        match &*self.0.state.borrow() {
            State::Away(reason) => Some(reason.clone()),
            State::Connecting | State::Ready(_) => None,
        }
    }

    async fn ask(
        &self,
        method: &str,
        params: Value,
        patience: Duration,
        until: Until,
    ) -> Result<Value, RpcError> {
        let id = self.0.calls.fetch_add(1, Relaxed).to_string();
        let frame = frames::request(&id, method, params);
        let exchange = self.exchange(id, frame, until);
        let answer = timeout(patience, exchange).await;
        answer.unwrap_or(Err(RpcError::Timeout(patience)))
    }

    async fn exchange(&self, id: String, frame: String, until: Until) -> Result<Value, RpcError> {
        let socket = self.socket().await?;
        let (size, most) = (frame.len(), socket.largest);
        if size > most {
            return Err(RpcError::TooLarge { size, most });
        }
        let sent = socket.send(id, frame, until).await;
        let reply = sent.map_err(|trouble| RpcError::Away(trouble.to_string()))?;
        let answer = reply.await.map_err(|_| RpcError::Broken)?;
        answer.map_err(RpcError::from)
    }

    /// The connection; waits while it is being made.
    async fn socket(&self) -> Result<Arc<Socket>, RpcError> {
        let mut state = self.0.state.subscribe();
        let known = state.wait_for(|state| !matches!(state, State::Connecting));
        match known.await.as_deref() {
            Ok(State::Ready(socket)) => Ok(Arc::clone(socket)),
            Ok(State::Away(reason)) => Err(RpcError::Away(reason.clone())),
            Ok(State::Connecting) | Err(_) => Err(RpcError::Away("it is being left".to_owned())),
        }
    }
}
