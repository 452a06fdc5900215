//! The pilot's watch: it looks at every route once a second, and at one on which rust has just failed at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::decide::{Turn, decide};
use super::{Pilot, Seat, is_auto, judgement};
use crate::config::RouteConfig;
use crate::gateway::Generation;
use crate::ledger::Book;

/// Between two looks at everything. Holds are counted in seconds.
const TICK: Duration = Duration::from_secs(1);

impl Pilot {
    /// Watches and moves until the future is dropped. A move that is being written then is finished by its own thread.
    pub async fn run(self) {
        let seat = self.0;
        tokio::spawn(seat.webhook.deliveries());
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let turns = tokio::select! {
                () = seat.parts.ledger.alarmed() => seat.after_failures(),
                _ = tick.tick() => seat.look_round(),
            };
            for turn in turns {
                seat.make(turn).await;
            }
        }
    }
}

impl Seat {
    /// Moves of routes on which rust has just failed.
    fn after_failures(&self) -> Vec<Turn> {
        let generation = self.parts.running.load_full();
        let books = self.parts.ledger.take_alarms();
        let turns = books.iter().filter_map(|book| {
            let route = auto(&generation).find(|route| *route.id == *book.route())?;
            self.consider(route, book)
        });
        turns.collect()
    }

    /// Moves of any route, rollbacks first, and those that could not be written before.
    fn look_round(&self) -> Vec<Turn> {
        let generation = self.parts.running.load_full();
        let books =
            auto(&generation).filter_map(|route| Some((route, self.parts.ledger.find(&route.id)?)));
        let turns = books.filter_map(|(route, book)| self.consider(route, &book));
        let mut turns: Vec<Turn> = turns.chain(self.unwritten(Instant::now())).collect();
        turns.sort_by_key(|turn| turn.direction);
        turns
    }

    fn consider(&self, route: &RouteConfig, book: &Arc<Book>) -> Option<Turn> {
        let judgement = judgement(book, route);
        let stance = self.stance(route, Some(book), Some(&judgement));
        let turn = decide(&route.id, route.rust, stance.state, &judgement)?;
        self.may_make(&turn, Instant::now()).then_some(turn)
    }
}

fn auto(generation: &Generation) -> impl Iterator<Item = &RouteConfig> {
    generation
        .config
        .routes
        .iter()
        .filter(|route| is_auto(route))
}
