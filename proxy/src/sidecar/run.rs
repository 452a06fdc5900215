//! A running sidecar and its end.
//!
//! Pingora's own server loop sleeps for a fixed time when it ends; this one waits for exactly the work in flight.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use pingora_core::server::ListenFds;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tracing_appender::non_blocking::ErrorCounter;

use crate::admin::Shown;
use crate::listen::{self, BindError};

/// How long both processes accept after a hand-over, so that the new one has surely begun.
const OVERLAP: Duration = Duration::from_secs(1);

/// Between two looks at the count of dropped log lines.
const LOG_COUNT: Duration = Duration::from_secs(1);

/// A sidecar that takes traffic. Dropping it ends it at once; [`stop`](Self::stop) ends it in order.
pub struct Running {
    pub(super) listen: Vec<SocketAddr>,
    pub(super) admin: SocketAddr,
    pub(super) traffic: Option<pingora_runtime::Runtime>,
    pub(super) control: Option<tokio::runtime::Runtime>,
    pub(super) stop_traffic: watch::Sender<bool>,
    pub(super) stop_admin: watch::Sender<bool>,
    pub(super) accepting: Vec<JoinHandle<()>>,
    pub(super) hang_up: mpsc::Sender<()>,
    pub(super) shown: Shown,
    pub(super) signals: Option<Signals>,
    pub(super) fds: ListenFds,
    pub(super) upgrade_socket: PathBuf,
    pub(super) drain_limit: Duration,
    pub(super) ready_after: Duration,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Drain,
    HandOver,
    Reload,
}

/// Signals that no longer have their default effect, which is to end the process on the spot.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
    hang_up: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Drain,
            _ = self.interrupt.recv() => Asked::Drain,
            _ = self.quit.recv() => Asked::HandOver,
            _ = self.hang_up.recv() => Asked::Reload,
        }
    }
}

impl Running {
    /// Addresses that take traffic, with their real ports.
    pub fn listen(&self) -> &[SocketAddr] {
        &self.listen
    }

    /// Address of the admin listener.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// How long it took to get ready.
    pub fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// How many routes are loaded.
    pub fn routes(&self) -> usize {
        self.shown.running.load().config.routes.len()
    }

    /// Shows in the metrics how many log lines were given up.
    pub fn count_dropped_lines(&self, dropped: ErrorCounter) {
        let metrics = self.shown.metrics.clone();
        let Some(control) = &self.control else { return };
        control.spawn(async move {
            let mut tick = tokio::time::interval(LOG_COUNT);
            loop {
                tick.tick().await;
                metrics.log_lines_dropped(dropped.dropped_lines() as u64);
            }
        });
    }

    /// Makes the reloader look at routes.toml now.
    pub fn reload(&self) {
        // A full queue means that it is about to look anyway.
        let _ = self.hang_up.try_send(());
    }

    /// Takes charge of SIGTERM, SIGINT, SIGQUIT and SIGHUP, which wait for [`until_signal`](Self::until_signal) from
    /// here on. Call it before telling anybody that the sidecar is ready.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn hear_signals(&mut self) -> std::io::Result<()> {
        let _inside = self.control.as_ref().map(tokio::runtime::Runtime::enter);
        if self.signals.is_none() {
            self.signals = Some(Signals::listen()?);
        }
        Ok(())
    }

    /// Blocks until a signal ends the process: see [`Builder::run`](super::Builder::run).
    pub fn until_signal(mut self) {
        if let Err(error) = self.hear_signals() {
            return tracing::error!(%error, "cannot listen for signals");
        }
        let control = self
            .control
            .as_ref()
            .map(tokio::runtime::Runtime::handle)
            .cloned();
        let (Some(control), Some(mut signals)) = (control, self.signals.take()) else {
            return;
        };
        loop {
            match control.block_on(signals.next()) {
                Asked::Reload => self.reload(),
                Asked::Drain => break,
                Asked::HandOver => match self.hand_over() {
                    Ok(()) => break,
                    Err(error) => {
                        tracing::error!(%error, "nobody took the sockets, this process stays")
                    }
                },
            }
        }
        // A second signal must not wait for the drain.
        control.spawn(async move {
            while signals.next().await != Asked::Drain {}
            std::process::exit(1);
        });
        self.stop();
    }

    /// Hands the listening sockets to the process that waits at the upgrade socket, then goes on accepting for a
    /// moment, so that there is always somebody who does. Blocks; call [`stop`](Self::stop) afterwards.
    ///
    /// # Errors
    /// When nobody waits there; this sidecar then goes on as before.
    pub fn hand_over(&self) -> Result<(), BindError> {
        listen::hand_over(&self.fds.lock(), &self.upgrade_socket)?;
        tracing::info!("the listening sockets were handed over");
        std::thread::sleep(OVERLAP);
        Ok(())
    }

    /// Stops accepting, waits for the work in flight for at most `[server].drain`, and ends. Gives the number of
    /// requests and sockets that were cut off.
    pub fn stop(mut self) -> usize {
        let drain = std::sync::Arc::clone(&self.shown.drain);
        drain.begin();
        // Nobody listening any more is no reason not to stop.
        let _ = self.stop_traffic.send(true);
        tracing::info!(in_flight = drain.in_flight(), limit = ?self.drain_limit, "draining");
        let Some(control) = self.control.take() else {
            return 0;
        };
        let left = control.block_on(drain.wait(self.drain_limit));
        if left > 0 {
            tracing::warn!(left, "the drain is over, the rest is cut off");
        }
        control.block_on(self.shown.natives.stop_plugins());
        self.end(control);
        left
    }

    /// The accept loops end before their runtimes do: one whose socket belongs to a thread that has ended already
    /// turns in circles on the error, and its own thread could not be joined any more.
    fn stop_accepting(&mut self, control: &tokio::runtime::Runtime) {
        let _ = self.stop_traffic.send(true);
        let _ = self.stop_admin.send(true);
        for accepting in self.accepting.drain(..) {
            let _ = control.block_on(accepting);
        }
    }

    /// Answers may still be in the sockets' buffers of threads that are about to end: they get a last moment.
    fn end(&mut self, control: tokio::runtime::Runtime) {
        const LAST_MOMENT: Duration = Duration::from_millis(20);
        self.stop_accepting(&control);
        std::thread::sleep(LAST_MOMENT);
        if let Some(traffic) = self.traffic.take() {
            traffic.shutdown_timeout(LAST_MOMENT);
        }
        control.shutdown_timeout(LAST_MOMENT);
        self.shown.ledger.flush();
        self.shown.watch.keep();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(control) = self.control.take() {
            self.end(control);
        }
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("listen", &self.listen)
            .field("admin", &self.admin)
            .finish_non_exhaustive()
    }
}
