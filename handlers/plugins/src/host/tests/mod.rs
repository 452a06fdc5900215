//! The interfaces, called as a guest calls them, over real files and sockets.

mod http;
mod inbound;
mod origin;
mod process;
mod secrets;
mod settings;
mod state;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use overgrow_handler::{Effect, Effects, Plan};
use overgrow_keep::Keep;
use overgrow_store::{Limits, Store};
use tempfile::TempDir;

use super::*;
use crate::Grant;
use crate::bindings::overgrow::plugin::types::Error;
use crate::hands::{Counter, Hands};

/// Far more than any call here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A plugin and a folder for whatever it keeps.
struct Bench {
    folder: TempDir,
    hands: Hands,
    refused: Arc<Refused>,
}

/// What was counted as refused.
#[derive(Default)]
struct Refused(Mutex<Vec<String>>);

impl Counter for Refused {
    fn on_denied(&self, plugin: &str, capability: &'static str) {
        let line = format!("{plugin} {capability}");
        self.0.lock().unwrap().push(line);
    }
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let refused = Arc::<Refused>::default();
        let hands = Hands {
            keep: Some(Keep::open(&folder.path().join("keep")).unwrap()),
            store: Some(Store::folder(
                folder.path().join("media"),
                Limits::default(),
            )),
            counter: Some(Arc::clone(&refused) as _),
            ..Hands::default()
        };
        Self {
            folder,
            hands,
            refused,
        }
    }

    /// A call that acts.
    fn state(&self, grant: Grant) -> State {
        self.with(grant, Effects::performing())
    }

    /// A call that plans.
    fn planning(&self, grant: Grant) -> (State, Plan) {
        let (effects, plan) = Effects::planning();
        (self.with(grant, effects), plan)
    }

    fn with(&self, grant: Grant, effects: Effects) -> State {
        let who = Who::new("zalo", grant, self.hands.clone());
        let ask = Ask {
            id: "call-1".to_owned(),
            attempt: 1,
            deadline: Instant::now() + PATIENCE,
            account: None,
            effects,
        };
        State::new(Arc::new(who), &ask)
    }

    fn refused(&self) -> Vec<String> {
        self.refused.0.lock().unwrap().clone()
    }
}

/// The text of a refusal.
fn denial<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Denied(text)) => text,
        other => panic!("not denied: {other:?}"),
    }
}

/// The effects of a plan as lines of kind and target.
fn lines(effects: &[Effect]) -> Vec<String> {
    let line = |effect: &Effect| format!("{} {}", effect.kind, effect.target);
    effects.iter().map(line).collect()
}
