//! Keeps the connection to the gateway: makes it, sees it break, makes it again.
//!
//! It lives on a thread and a runtime of its own, so that it depends on nobody's. It must not know what is called. The
//! surprise: callers wait while a connection is being made, but not while the next attempt is waited for, so that a
//! legacy that is away is told at once.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime;
use tokio::sync::watch;
use tokio::time::sleep;

use super::Reach;
use crate::Target;
use crate::deliver::socket::{Greeting, Socket};
use crate::deliver::{backoff, frames};

/// How it stands with the connection.
#[derive(Debug)]
pub(super) enum State {
    /// It is being made.
    Connecting,
    /// The gateway has let us in.
    Ready(Arc<Socket>),
    /// It could not be made.
    Away(String),
}

impl State {
    /// Before anybody said where the legacy is.
    pub(super) fn unknown() -> Self {
        Self::Away("nobody said where it is".to_owned())
    }
}

/// Makes the connection again and again.
pub(super) struct Keeper {
    scopes: &'static [&'static str],
    longest_wait: Duration,
    state: Arc<watch::Sender<State>>,
}

type Targets = watch::Receiver<Option<Arc<Target>>>;

impl Keeper {
    pub(super) fn new(reach: Reach, longest_wait: Duration) -> (Self, Arc<watch::Sender<State>>) {
        let state = Arc::new(watch::Sender::new(State::unknown()));
        let shown = Arc::clone(&state);
        let scopes = match reach {
            Reach::Everyday => frames::EVERYDAY,
            Reach::Everything => frames::EVERYTHING,
        };
        let keeper = Self {
            scopes,
            longest_wait,
            state,
        };
        (keeper, shown)
    }

    /// Starts it on a thread of its own.
    ///
    /// # Errors
    /// When there is no thread or no runtime to be had.
    pub(super) fn start(self, targets: Targets) -> io::Result<()> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        thread::Builder::new()
            .name("bridge-gateway".to_owned())
            .spawn(move || runtime.block_on(self.follow(targets)))?;
        Ok(())
    }

    /// Keeps a connection to whichever legacy is the one now, until there will be no other.
    async fn follow(self, mut targets: Targets) {
        loop {
            let target = targets.borrow_and_update().clone();
            let goes_on = tokio::select! {
                biased;
                changed = targets.changed() => changed.is_ok(),
                () = self.keep(target) => true,
            };
            part(&self.state);
            if !goes_on {
                return;
            }
        }
    }

    /// Connects without end, waiting longer after each attempt that went wrong.
    async fn keep(&self, target: Option<Arc<Target>>) {
        let Some(target) = target else {
            return std::future::pending().await;
        };
        if !target.has_gateway() {
            self.say(State::Away("there is no token for it".to_owned()));
            return std::future::pending().await;
        }
        let mut failed = 0;
        loop {
            self.say(State::Connecting);
            match self.attempt(&target).await {
                Ok(socket) => {
                    socket.gone().await;
                    tracing::info!("the legacy's gateway closed the connection for calls");
                    failed = 0;
                    self.say(State::Connecting);
                }
                Err(reason) => self.complain(reason, failed),
            }
            let chance = fastrand::f64();
            sleep(backoff::delay(failed, self.longest_wait, chance)).await;
            failed = failed.saturating_add(1);
        }
    }

    /// One connection, shown to callers.
    async fn attempt(&self, target: &Target) -> Result<Arc<Socket>, String> {
        match Socket::open(target, self.scopes).await {
            Ok(Greeting::Welcome(socket)) => {
                let socket = Arc::new(socket);
                self.say(State::Ready(Arc::clone(&socket)));
                Ok(socket)
            }
            Ok(Greeting::Refused(refusal)) => Err(format!("it does not let us in: {refusal}")),
            Err(trouble) => Err(trouble.to_string()),
        }
    }

    /// The first time aloud.
    fn complain(&self, reason: String, failed: u32) {
        if failed == 0 {
            tracing::warn!("calls of the legacy's gateway: {reason}");
        }
        self.say(State::Away(reason));
    }

    fn say(&self, state: State) {
        self.state.send_replace(state);
    }
}

/// Breaks the connection, for another one: whoever waits for an answer learns so, whoever calls waits for the other.
pub(super) fn part(state: &watch::Sender<State>) {
    if let State::Ready(socket) = state.send_replace(State::Connecting) {
        socket.close();
    }
}
