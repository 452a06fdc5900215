//! All plugins, as the rest of the program sees them.
//!
//! It passes on and decides nothing. The surprise: everything behind it runs on a thread of its own, so that it works
//! from any runtime and from none, and ends with the last handle.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use http::{Request, Response};
use overgrow_handler::{Body, BoxError, Effects, Handler};
use overgrow_outbox::{Carrier, Natives};
use tokio::runtime;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::artifact::Trust;
use crate::call::CallError;
use crate::channel::PluginCarrier;
use crate::engine::{Engine, EngineConfig, EngineError};
use crate::folder::{Keeper, Orders, Shelf, Workshop};
use crate::grant::Grant;
use crate::hands::Hands;
use crate::inspect::{self, Inspection};
use crate::metrics::{Observer, Watcher};
use crate::status::{self, PluginStatus};
use crate::wit::channel::Delivery;
use crate::wit::tool::Output;
use crate::{by_hand, tools, webhook};

/// Services have five seconds for their last words; the rest is for whatever runs beside them.
const END: Duration = Duration::from_secs(8);

/// Where plugins are and how they are run.
#[derive(Debug, Clone)]
pub struct PluginsConfig {
    /// The folder of `NAME.wasm` files. It need not be there yet.
    pub folder: PathBuf,
    /// Whose signatures count.
    pub trust: Trust,
    /// What runs them.
    pub engine: EngineConfig,
}

/// All plugins; cheap to clone. With the last handle they end as by [`shutdown`](Self::shutdown), but nobody waits for
/// it. Handlers are no handles.
#[derive(Clone)]
pub struct Plugins(Arc<Shared>);

struct Shared {
    shelf: Shelf,
    hands: Hands,
    orders: watch::Sender<Orders>,
    /// The keeper's rounds after which nothing was left to be loaded; closed when it ended.
    rounds: watch::Receiver<u64>,
}

impl Plugins {
    /// Starts following the folder. It returns at once; [`ready`](Self::ready) waits for what lies there now.
    ///
    /// # Errors
    /// When the engine cannot be set up or a thread not be started. A folder that is not there is no error, nor is a
    /// plugin that is broken.
    pub fn open(
        config: PluginsConfig,
        grants: BTreeMap<String, Grant>,
        mut hands: Hands,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, EngineError> {
        let watcher = Watcher::new(observer);
        hands
            .counter
            .get_or_insert_with(|| Arc::new(watcher.clone()));
        let (orders, ordered) = watch::channel(Orders {
            grants: Arc::new(grants),
            ending: false,
        });
        let (rounds, made) = watch::channel(0);
        let shelf = Shelf::default();
        let keeper = Keeper {
            folder: config.folder,
            workshop: Workshop {
                engine: Engine::new(config.engine)?,
                hands: hands.clone(),
                trust: config.trust,
            },
            shelf: shelf.clone(),
            watcher,
            orders: ordered,
            rounds,
        };
        start(keeper)?;
        Ok(Self(Arc::new(Shared {
            shelf,
            hands,
            orders,
            rounds: made,
        })))
    }

    /// Returns when everything in the folder was loaded or turned down. A file that is being written for longer than five
    /// seconds is not waited for.
    pub async fn ready(&self) {
        let mut rounds = self.0.rounds.clone();
        // It is closed when everything has ended, and then there is nothing to wait for.
        let _ = rounds.wait_for(|rounds| *rounds > 0).await;
    }

    /// Takes other grants. Plugins whose grant is another one now are loaded again under it; those that do not load
    /// under it are taken out, unless only their settings changed.
    pub fn follow(&self, grants: BTreeMap<String, Grant>) {
        self.0.orders.send_if_modified(|orders| {
            let changed = *orders.grants != grants;
            if changed {
                orders.grants = Arc::new(grants);
            }
            changed
        });
    }

    /// The handler that answers requests by the plugin of a name, whichever version of it is there at each request;
    /// 503 as long as there is none. Requests that the plugin passes on, or has no route for, are
    /// [`Declined`](overgrow_handler::Declined).
    pub fn handler(&self, name: &str) -> Handler {
        webhook::handler(name, self.0.shelf.clone(), &self.0.hands)
    }

    /// The handler of `/tools/invoke` for the plugins' tools; what none of them has is
    /// [`Declined`](overgrow_handler::Declined). `gate` is asked with the head of each request: it answers whom it turns
    /// away, declines with `passed` whom it lets in, and with another word what the legacy is to judge.
    pub fn tools(&self, gate: Handler) -> Handler {
        tools::handler(self.0.shelf.clone(), gate)
    }

    /// What carries the messages of a channel, by its id or one of its aliases; `None` when no plugin serves it now.
    pub fn carrier(&self, channel: &str) -> Option<PluginCarrier> {
        let (slot, version) = self.0.shelf.first(|version| version.serves(channel))?;
        PluginCarrier::new(slot, &version)
    }

    /// The plugins' channels as the outbox asks for them, each time anew.
    pub fn natives(&self) -> Natives {
        let plugins = self.clone();
        Arc::new(move |channel| {
            let carrier = plugins.carrier(channel)?;
            Some(Arc::new(carrier) as Arc<dyn Carrier>)
        })
    }

    /// All plugins by name, those that are broken too.
    pub fn list(&self) -> Vec<PluginStatus> {
        status::list(&self.0.shelf)
    }

    /// One plugin, its imports against its grant; `None` when there is no file of that name.
    pub fn inspect(&self, name: &str) -> Option<Inspection> {
        inspect::inspect(&self.0.shelf, name)
    }

    /// Calls a tool by hand, its arguments as JSON. With planning effects nothing happens, and the plan says what would.
    ///
    /// # Errors
    /// As [`CallError`] says; [`CallError::Gone`] when the plugin is not loaded.
    pub async fn invoke(
        &self,
        plugin: &str,
        tool: &str,
        arguments: &str,
        effects: Effects,
    ) -> Result<Output, CallError> {
        by_hand::invoke(&self.0.shelf, plugin, tool, arguments, effects).await
    }

    /// Sends a text over a plugin's channel by hand, as one piece.
    ///
    /// # Errors
    /// As [`CallError`] says; [`CallError::Gone`] when the plugin is not loaded.
    pub async fn send_text(
        &self,
        plugin: &str,
        to: &str,
        text: &str,
        effects: Effects,
    ) -> Result<Delivery, CallError> {
        by_hand::send_text(&self.0.shelf, plugin, to, text, effects).await
    }

    /// Has a plugin answer a request by hand, without a route: as if it came from this machine. The body of the answer
    /// may still be on its way when this returns.
    ///
    /// # Errors
    /// [`Declined`](overgrow_handler::Declined) when the plugin leaves the request to the legacy.
    pub async fn request(
        &self,
        plugin: &str,
        request: Request<Body>,
        effects: Effects,
    ) -> Result<Response<Body>, BoxError> {
        by_hand::request(self.handler(plugin), request, effects).await
    }

    /// Names the content of the file that answers now; another content is another plugin to whoever compares answers.
    pub fn content(&self, name: &str) -> Option<String> {
        let version = self.0.shelf.slot(name)?.version()?;
        Some(version.sha256.chars().take(16).collect())
    }

    /// Ends everything: services get their last words, for five seconds and no longer. Returns when that is done; calls
    /// under way go on, and requests that come later are answered by 503, so it is for when there are no more.
    pub async fn shutdown(&self) {
        self.0.orders.send_modify(|orders| orders.ending = true);
        let mut rounds = self.0.rounds.clone();
        let ended = async { while rounds.changed().await.is_ok() {} };
        let _ = timeout(END, ended).await;
    }
}

impl fmt::Debug for Plugins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Plugins")
            .field(&self.0.shelf.slots().keys())
            .finish()
    }
}

/// Runs the keeper on a thread of its own until it ends.
fn start(keeper: Keeper) -> Result<(), EngineError> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    let thread = thread::Builder::new().name("plugins-keeper".to_owned());
    thread.spawn(move || runtime.block_on(keeper.run()))?;
    Ok(())
}
