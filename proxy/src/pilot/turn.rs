//! Making a move: the edit, the reload, and what is told of it.
//!
//! The surprise: a rollback is made even where it cannot be written. What runs is turned down without the file then,
//! which is said loudly, and the edit is tried again until it succeeds or somebody writes another dial.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::Seat;
use super::decide::{Direction, Turn};
use super::webhook::Told;
use crate::edit::{self, EditError, Mark};
use crate::ledger;
use crate::reload;
use crate::route::By;

/// Between two tries of an edit that cannot be written.
const AGAIN: Duration = Duration::from_secs(5);

/// An edit that could not be made.
#[derive(Debug)]
pub(super) struct Trouble {
    turn: Turn,
    why: String,
    again: Instant,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// What became of an edit.
enum Written {
    Yes,
    /// Somebody else moved the dial meanwhile, and has the last word.
    Overruled,
    Not,
}

impl Seat {
    /// Whether a move may be made now: one that could not be written waits, and nothing is promoted while the file is
    /// not what runs.
    pub(super) fn may_make(&self, turn: &Turn, now: Instant) -> bool {
        let waits = |trouble: &Trouble| trouble.again > now && trouble.turn.to == turn.to;
        match turn.direction {
            Direction::Rollback => true,
            Direction::Promote => {
                self.parts.status.load().is_synchronized()
                    && !self.troubles().get(&turn.route).is_some_and(waits)
            }
        }
    }

    /// Rollbacks that run and are not in the file, when it is time to try again.
    pub(super) fn unwritten(&self, now: Instant) -> Vec<Turn> {
        let troubles = self.troubles();
        let due = troubles.values().filter(|trouble| {
            trouble.turn.direction == Direction::Rollback && trouble.again <= now
        });
        due.map(|trouble| trouble.turn.clone()).collect()
    }

    /// Makes a move and tells of it.
    pub(super) async fn make(&self, turn: Turn) {
        let at = ledger::now();
        match self.write(&turn, at).await {
            Written::Overruled => return,
            Written::Yes => self.parts.nudge.look().await,
            Written::Not if turn.direction == Direction::Promote => return,
            Written::Not => {}
        }
        if turn.direction == Direction::Rollback && self.is_up(&turn.route) {
            self.parts.nudge.lower(&turn.route, at, &turn.why).await;
        }
        self.tell(&turn, at);
    }

    async fn write(&self, turn: &Turn, at: u64) -> Written {
        let (file, handlers) = (self.parts.file.clone(), self.parts.handlers.clone());
        let (wanted, mark) = (turn.clone(), mark(turn, at));
        let edit = move || {
            reload::edit(&file, &handlers, |source| {
                edit::move_dial(source, &wanted.route, wanted.from, wanted.to, &mark)
            })
        };
        match tokio::task::spawn_blocking(edit).await {
            Ok(Ok(_)) => {
                self.troubles().remove(&turn.route);
                Written::Yes
            }
            Ok(Err(EditError::Moved(_) | EditError::NoSuchRoute(_))) => {
                self.troubles().remove(&turn.route);
                tracing::info!(route = turn.route, "somebody moved the dial first");
                Written::Overruled
            }
            Ok(Err(error)) => self.not_written(turn, &error),
            Err(error) => self.not_written(turn, &error),
        }
    }

    /// Said when it is news, counted always.
    fn not_written(&self, turn: &Turn, error: &dyn std::error::Error) -> Written {
        let why = match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        self.parts.metrics.failed(&turn.route);
        let trouble = Trouble {
            turn: turn.clone(),
            why: why.clone(),
            again: Instant::now() + AGAIN,
        };
        let before = self.troubles().insert(turn.route.clone(), trouble);
        if before.is_none_or(|before| before.why != why) {
            tracing::error!(
                route = turn.route,
                from = %turn.from,
                to = %turn.to,
                direction = turn.direction.name(),
                why,
                "the pilot cannot edit routes.toml"
            );
        }
        Written::Not
    }

    fn is_up(&self, id: &str) -> bool {
        let generation = self.parts.running.load();
        let mut routes = generation.config.routes.iter();
        routes.any(|route| *route.id == *id && !route.rust.is_off())
    }

    fn tell(&self, turn: &Turn, at: u64) {
        self.parts.metrics.moved(&turn.route, turn.direction.name());
        tracing::warn!(
            route = turn.route,
            from = %turn.from,
            to = %turn.to,
            direction = turn.direction.name(),
            why = turn.why,
            "the pilot moved a dial"
        );
        self.webhook.tell(Told {
            turn: turn.clone(),
            at,
        });
    }
}

fn mark(turn: &Turn, at: u64) -> Mark {
    Mark {
        why: turn.why.clone(),
        ..Mark::of(By::Pilot, at)
    }
}
