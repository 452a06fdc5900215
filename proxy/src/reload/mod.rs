//! From a changed routes.toml to a running generation: notice, settle, check, swap, report.
//!
//! A file with a fault changes nothing but the report. The surprise: a fault is believed only when the file has been
//! still for a moment, because an editor that writes in place is seen half way.

mod edit;
mod lowered;
mod moved;
mod notice;
mod status;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinError;
use tokio::time::{Instant, sleep};

pub use self::edit::{edit, rehearse};
pub use self::notice::Noticed;
pub use self::status::Status;

use self::lowered::Lowered;

use crate::config::{Config, Faults, Handlers, ServerConfig};
use crate::gateway::{BuildError, Generation, Parts};
use crate::natives::Natives;
use crate::route::Dial;

/// The content must be the same twice, this far apart, before it is read.
const SETTLE: Duration = Duration::from_millis(15);

/// Content that never is the same twice, because somebody edits without a pause, is read as it is after this long.
const RESTLESS: Duration = Duration::from_millis(250);

/// How long a writer that has the file open may take before what is there is read all the same.
const WRITER: Duration = Duration::from_millis(500);

/// How long a fault must stand before it is reported.
const DOUBT: Duration = Duration::from_millis(200);

/// Whole contents are compared this often, for file systems that report nothing.
const NET: Duration = Duration::from_secs(1);

/// Everything a reload works on.
#[derive(Debug)]
pub struct Reloader {
    file: PathBuf,
    running: Arc<ArcSwap<Generation>>,
    parts: Parts,
    status: Arc<ArcSwap<Status>>,
    /// What the process was started with; a difference needs a restart.
    started_with: ServerConfig,
    /// Content that was last accepted or rejected; none when it is to be read again whatever it is.
    seen: Option<Vec<u8>>,
    noticed: Noticed,
    lowered: Lowered,
}

/// Asks the running reloader for something.
#[derive(Debug, Clone)]
pub struct Nudge(mpsc::Sender<Wish>);

/// What a reloader is asked for.
#[derive(Debug)]
pub struct Wish {
    what: Wanted,
    done: oneshot::Sender<()>,
}

#[derive(Debug)]
enum Wanted {
    /// A look at the file.
    Look,
    /// A route at zero, whatever the file says, for this reason.
    Lower(Lower),
}

/// A rollback that the file does not have.
#[derive(Debug)]
struct Lower {
    route: String,
    /// Unix seconds.
    at: u64,
    why: String,
}

impl Nudge {
    /// Resolves when the file has been looked at. Returns at once when the reloader is gone.
    pub async fn look(&self) {
        self.wish(Wanted::Look).await;
    }

    /// Takes a route from rust in what runs, because routes.toml cannot be made to say so or cannot be read. Resolves
    /// when it is done. The route's next line in the file overrules it. `at` is in unix seconds.
    pub async fn lower(&self, route: &str, at: u64, why: &str) {
        let (route, why) = (route.to_owned(), why.to_owned());
        self.wish(Wanted::Lower(Lower { route, at, why })).await;
    }

    async fn wish(&self, what: Wanted) {
        let (done, granted) = oneshot::channel();
        if self.0.send(Wish { what, done }).await.is_ok() {
            let _ = granted.await;
        }
    }
}

impl Reloader {
    /// Reloads into `running`, which was built from `seen`. Changes are noticed from here on.
    pub fn new(
        file: PathBuf,
        seen: Vec<u8>,
        running: Arc<ArcSwap<Generation>>,
        parts: Parts,
        status: Arc<ArcSwap<Status>>,
    ) -> Self {
        let started_with = running.load().config.server.clone();
        let noticed = Noticed::watch(&file);
        moved::observe(&parts.ledger, &running.load().config, &seen);
        Self {
            file,
            running,
            parts,
            status,
            started_with,
            seen: Some(seen),
            noticed,
            lowered: Lowered::default(),
        }
    }

    /// Watches until the future is dropped. `hang_up` is SIGHUP.
    pub async fn run(mut self, mut nudges: mpsc::Receiver<Wish>, mut hang_up: mpsc::Receiver<()>) {
        let mut net = tokio::time::interval(NET);
        loop {
            let mut waiting = None;
            tokio::select! {
                () = self.noticed.change() => {}
                _ = net.tick() => {}
                Some(()) = hang_up.recv() => self.seen = None,
                Some(wish) = nudges.recv() => waiting = Some(wish),
                else => return,
            }
            self.look().await;
            self.noticed.follow(&self.file);
            if let Some(Wish { what, done }) = waiting {
                if let Wanted::Lower(wanted) = what {
                    self.lower(wanted).await;
                }
                let _ = done.send(());
            }
        }
    }

    /// One look at the file.
    async fn look(&mut self) {
        let noticed = Instant::now();
        let Some(content) = self.changed().await else {
            return;
        };
        match Config::parse_bytes(&content, &self.known()) {
            Ok(config) => self.accept(config, content, noticed).await,
            Err(faults) => self.doubt(faults, content).await,
        }
    }

    /// New content, once nobody writes to it and it stays the same, or will not.
    async fn changed(&mut self) -> Option<Vec<u8>> {
        let mut content = self.read_whole().await?;
        if self.has_seen(&content) {
            return None;
        }
        let restless = Instant::now() + RESTLESS;
        loop {
            sleep(SETTLE).await;
            let again = self.read_whole().await?;
            if again == content || Instant::now() >= restless {
                return (!self.has_seen(&again)).then_some(again);
            }
            content = again;
        }
    }

    fn known(&self) -> Handlers {
        Natives::names(Handlers::of(&self.parts.handlers))
    }

    fn has_seen(&self, content: &[u8]) -> bool {
        self.seen.as_deref() == Some(content)
    }

    /// The file's content between two writers. One that is missing, also after a moment, keeps what runs.
    async fn read_whole(&mut self) -> Option<Vec<u8>> {
        self.noticed.writer_done(WRITER).await;
        if let Ok(content) = self.read().await {
            return Some(content);
        }
        // Some editors move the old file away before they write the new one.
        sleep(DOUBT).await;
        self.noticed.writer_done(WRITER).await;
        match self.read().await {
            Ok(content) => Some(content),
            Err(error) => {
                self.report_unreadable(&error);
                None
            }
        }
    }

    async fn read(&self) -> std::io::Result<Vec<u8>> {
        tokio::fs::read(&self.file).await
    }

    fn report_unreadable(&mut self, error: &std::io::Error) {
        // What comes back is read even if it is what was there before.
        self.seen = None;
        let text = format!("cannot read {}: {error}", self.file.display());
        if self.status.load().error_text() == Some(text.as_str()) {
            return;
        }
        tracing::error!(file = %self.file.display(), %error, "routes.toml cannot be read, the running routes stay");
        self.parts.metrics.reload_rejected();
        self.update_status(|status| status.unreadable(text));
    }

    async fn doubt(&mut self, faults: Faults, content: Vec<u8>) {
        sleep(DOUBT).await;
        if self.read().await.is_ok_and(|now| now == content) {
            self.reject(faults, content);
        }
    }

    fn reject(&mut self, faults: Faults, content: Vec<u8>) {
        self.seen = Some(content);
        self.parts.metrics.reload_rejected();
        let faults = faults.named(self.file.display().to_string());
        tracing::error!(
            "routes.toml has faults, the running routes stay
{faults}"
        );
        self.update_status(|status| status.rejected(faults));
    }

    async fn accept(&mut self, mut config: Config, content: Vec<u8>, noticed: Instant) {
        self.lowered.apply(&mut config, &content);
        if let Taken::Not = self.put_to_work(config, noticed).await {
            self.seen = Some(content);
            return;
        }
        moved::observe(&self.parts.ledger, &self.running.load().config, &content);
        self.seen = Some(content);
        self.say_what_is_lowered();
    }

    /// Makes a checked file what runs, unless it is that already.
    async fn put_to_work(&mut self, config: Config, noticed: Instant) -> Taken {
        let running = self.running.load_full();
        let needs_restart = self.started_with.differences(&config.server);
        if !needs_restart.is_empty() {
            tracing::warn!(keys = ?needs_restart, "[server] changed: these keys need a restart");
        }
        if config == running.config {
            tracing::info!(
                generation = running.number,
                "routes.toml says what is running already"
            );
            self.parts.metrics.resynchronized();
            self.update_status(|status| status.accepted(running.number, needs_restart));
            return Taken::Yes;
        }
        let next = match self.build(config, running).await {
            Ok(Ok(next)) => next,
            Ok(Err(error)) => return self.not_built(&error),
            Err(ended) => return self.not_built(&ended),
        };
        let number = next.number;
        self.running.store(Arc::new(next));
        self.parts.metrics.reloaded(number, noticed.elapsed());
        tracing::info!(
            generation = number,
            ms = noticed.elapsed().as_secs_f64() * 1000.0,
            "routes.toml reloaded"
        );
        self.update_status(|status| status.accepted(number, needs_restart));
        Taken::Yes
    }

    /// Takes a route from rust in what runs.
    async fn lower(&mut self, wanted: Lower) {
        let running = self.running.load_full();
        let mut config = running.config.clone();
        let mut routes = config.routes.iter_mut();
        let Some(route) = routes.find(|route| *route.id == *wanted.route) else {
            return;
        };
        let from = std::mem::take(&mut route.rust);
        if from.is_off() {
            return;
        }
        let taken = match self.build(config, running).await {
            Ok(Ok(next)) => self.run_lowered(next, &wanted, from),
            Ok(Err(error)) => self.not_built(&error),
            Err(ended) => self.not_built(&ended),
        };
        if let Taken::Not = taken {
            tracing::error!(route = wanted.route, "a rollback is not made");
        }
    }

    fn run_lowered(&mut self, next: Generation, wanted: &Lower, from: Dial) -> Taken {
        self.lowered.add(&wanted.route, from, wanted.at);
        let number = next.number;
        self.running.store(Arc::new(next));
        moved::lowered(&self.parts.ledger, wanted, from);
        self.parts.metrics.out_of_sync(number);
        self.update_status(|status| status.lowered(number));
        self.say_what_is_lowered();
        Taken::Yes
    }

    /// Loudly: what runs is not what the file says, and nobody wrote it.
    fn say_what_is_lowered(&mut self) {
        let Some(text) = self.lowered.report() else {
            return;
        };
        tracing::error!("{text}");
        self.parts
            .metrics
            .out_of_sync(self.status.load().generation);
        // A fault of the file says more.
        if self.status.load().is_synchronized() {
            self.update_status(|status| status.unreadable(text));
        }
    }

    /// Off the threads that serve: a keychain may keep it waiting for half a minute, and a full queue is read whole.
    async fn build(
        &self,
        config: Config,
        running: Arc<Generation>,
    ) -> Result<Result<Generation, BuildError>, JoinError> {
        let parts = self.parts.clone();
        let build = move || Generation::build(config, &parts, Some(&running));
        tokio::task::spawn_blocking(build).await
    }

    /// The file is good, and what it names is not there. It is looked at again when it changes.
    fn not_built(&self, error: &impl std::error::Error) -> Taken {
        self.parts.metrics.reload_rejected();
        tracing::error!(%error, "routes.toml cannot be put to work, the running routes stay");
        self.update_status(|status| status.unreadable(error.to_string()));
        Taken::Not
    }

    fn update_status(&self, change: impl FnOnce(Status) -> Status) {
        let status = Status::clone(&self.status.load());
        self.status.store(Arc::new(change(status)));
    }
}

/// Whether a checked file is what runs now.
enum Taken {
    Yes,
    Not,
}

/// A reloader's nudge and the end that the reloader listens at.
pub fn nudge() -> (Nudge, mpsc::Receiver<Wish>) {
    let (sender, receiver) = mpsc::channel(16);
    (Nudge(sender), receiver)
}

/// The status of a first generation.
pub fn first_status(file: &Path) -> Status {
    Status::first(file.to_owned(), SystemTime::now())
}
