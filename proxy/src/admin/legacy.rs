//! Whether the legacy can be switched off: the facts are gathered here and judged by `retire`.

use std::time::Duration;

use serde_json::{Value, json};

use super::Shown;
use super::parity::Shelf;
use crate::config::{Config, RouteConfig};
use crate::gateway::Generation;
use crate::retire::{Facts, Gate, Legacy, RouteFacts, judge};

/// Between two looks at what is counted elsewhere. A use is at most this much older than it is taken for, which only
/// makes the wait longer.
const LOOK: Duration = Duration::from_secs(1);

impl Shown {
    /// Watches the uses of the legacy that are not requests, until dropped.
    pub async fn watch_legacy(self) {
        let mut tick = tokio::time::interval(LOOK);
        loop {
            tick.tick().await;
            self.look_at_legacy();
            self.watch.join();
        }
    }

    /// What is open to it uses it now, and so does whatever a handler or a plugin asked of it since the last look.
    fn look_at_legacy(&self) {
        self.watch.counted(self.natives.uses_of_legacy());
        if self.metrics.open_to_legacy() > 0 {
            self.watch.used(std::time::Instant::now());
        }
    }

    /// The verdict on the legacy, made anew.
    pub fn legacy(&self) -> Legacy {
        self.look_at_legacy();
        let generation = self.running.load();
        judge(&facts(self, &generation))
    }
}

/// The verdict as the API shows it: `needed`, `idle_seconds`, `state`, `why`.
pub fn glance(shown: &Shown) -> Value {
    let legacy = shown.legacy();
    json!({
        "needed": legacy.is_needed(),
        "idle_seconds": (legacy != Legacy::Gone).then(|| shown.watch.idle().as_secs()),
        "state": legacy.state(),
        "why": legacy.to_string(),
    })
}

/// Shows the verdict in the metrics.
pub(super) fn count(shown: &Shown) {
    shown.metrics.legacy(&shown.legacy(), shown.watch.idle());
}

fn facts(shown: &Shown, generation: &Generation) -> Facts {
    let config = &generation.config;
    let shelf = Shelf::of(shown);
    let routes = config.routes.iter();
    Facts {
        is_named: !config.legacy.urls.is_empty(),
        routes: routes
            .map(|route| of_route(route, generation, &shelf))
            .collect(),
        plugins: plugins(config),
        waiting: shown.natives.waiting_for_legacy(),
        open: shown.metrics.open_to_legacy(),
        idle: shown.watch.idle(),
        limit: config.legacy.idle,
    }
}

fn of_route(route: &RouteConfig, generation: &Generation, shelf: &Shelf) -> RouteFacts {
    let gate = match shelf.brief(route)["holds"] == true {
        true => Gate::Holds,
        false => Gate::Waits,
    };
    RouteFacts {
        id: route.id.to_string(),
        rust: route.handler.as_ref().map(|_| route.rust.percent()),
        gate,
        leaves: generation.leaves(&route.id),
    }
}

/// Those that may call the gateway's methods, or hand it what they receive.
fn plugins(config: &Config) -> Vec<String> {
    let grants = config.plugins.grants.iter();
    let calls = grants.filter(|(_, grant)| !grant.legacy.is_empty() || !grant.inbound.is_empty());
    calls.map(|(name, _)| name.to_string()).collect()
}
