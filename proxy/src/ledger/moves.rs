//! The history of the dials: every move of every route, in memory and in the file.
//!
//! It must not know why a dial moves or who may move it. The surprise: it is read from memory only, so that nobody who
//! asks waits for the disk, and a ledger without a disk still tells what happened since the start.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;

use crate::route::By;

/// Moves remembered per route. A migration has a dozen; this is a dial that somebody plays with for a day.
pub(super) const REMEMBERED: usize = 200;

/// Moves that may wait for a disk that cannot be written. Beyond it the oldest are known to this process only.
const WAITING: usize = 4096;

/// Moves that a slow listener may be behind before it misses some: every route of a large file moving twice.
const BEHIND: usize = 1024;

/// One move of a dial.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// The route's id.
    pub route: String,
    /// When, in unix milliseconds.
    pub at: u64,
    /// Who moved it.
    pub by: By,
    /// Percent before; none when the route was seen for the first time. The same as `to` when the dial stayed where it
    /// was and is somebody else's now: it was handed back to the pilot, say.
    pub from: Option<f64>,
    /// Percent after.
    pub to: f64,
    /// On what grounds, when whoever moved it told.
    pub why: Option<String>,
}

/// The grounds of a move that hands a dial back to the pilot.
pub const RESUMED: &str = "resumed";

impl Move {
    /// Whether it took the route from rust altogether.
    pub fn is_rollback(&self) -> bool {
        self.to == 0.0 && self.from.is_none_or(|from| from > 0.0)
    }
}

/// What is remembered, and who wants to hear of more.
pub(super) struct History {
    routes: Mutex<BTreeMap<String, VecDeque<Move>>>,
    /// What the file does not have yet, the oldest first.
    unwritten: Mutex<VecDeque<Move>>,
    news: broadcast::Sender<Move>,
}

impl History {
    /// The moves that a file knows, the oldest first.
    pub(super) fn of(moves: Vec<Move>) -> Self {
        let history = Self {
            routes: Mutex::default(),
            unwritten: Mutex::default(),
            news: broadcast::channel(BEHIND).0,
        };
        moves.into_iter().for_each(|moved| history.keep(moved));
        history
    }

    /// Adds a move and tells whoever listens.
    pub(super) fn add(&self, moved: Move) {
        self.keep(moved.clone());
        locked(&self.unwritten).push_back(moved.clone());
        // Nobody may be listening.
        let _ = self.news.send(moved);
    }

    /// The moves of one route, or of all of them, the newest first.
    pub(super) fn newest(&self, route: Option<&str>, limit: usize) -> Vec<Move> {
        let routes = self.routes();
        let Some(route) = route else {
            let mut moves: Vec<&Move> = routes.values().flatten().collect();
            moves.sort_by_key(|moved| std::cmp::Reverse(moved.at));
            return moves.into_iter().take(limit).cloned().collect();
        };
        // As they came: a note in the file tells its time in seconds, what overgrow saw itself in milliseconds.
        let moves = routes.get(route).into_iter().flatten().rev();
        moves.take(limit).cloned().collect()
    }

    /// What is to be written; it is the caller's from now on.
    pub(super) fn take_unwritten(&self) -> Vec<Move> {
        std::mem::take(&mut *locked(&self.unwritten)).into()
    }

    /// These could not be written, and come before what was added since.
    pub(super) fn not_written(&self, moves: Vec<Move>) {
        let mut unwritten = locked(&self.unwritten);
        let since = std::mem::replace(&mut *unwritten, moves.into());
        unwritten.extend(since);
        let beyond = unwritten.len().saturating_sub(WAITING);
        unwritten.drain(..beyond);
    }

    /// There is another file, and nothing of this is in it.
    pub(super) fn unfiled(&self) {
        let all: VecDeque<Move> = self.routes().values().flatten().cloned().collect();
        *locked(&self.unwritten) = all;
    }

    /// Every move from now on.
    pub(super) fn listen(&self) -> broadcast::Receiver<Move> {
        self.news.subscribe()
    }

    fn keep(&self, moved: Move) {
        let mut routes = self.routes();
        let kept = routes.entry(moved.route.clone()).or_default();
        if kept.len() >= REMEMBERED {
            kept.pop_front();
        }
        kept.push_back(moved);
    }

    fn routes(&self) -> MutexGuard<'_, BTreeMap<String, VecDeque<Move>>> {
        locked(&self.routes)
    }
}

fn locked<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for History {
    fn default() -> Self {
        Self::of(Vec::new())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::ledger) fn moved(route: &str, at: u64, to: f64) -> Move {
        Move {
            route: route.into(),
            at,
            by: By::Pilot,
            from: (to > 0.0).then_some(0.0),
            to,
            why: Some("0 of 3,120 differ".into()),
        }
    }

    #[test]
    fn the_newest_come_first_of_one_route_or_of_all() {
        let history = History::of(vec![moved("a", 1, 0.0), moved("b", 2, 0.0)]);
        history.add(moved("a", 3, 5.0));
        history.add(moved("a", 3, 25.0));
        let tos = |route, limit| -> Vec<f64> {
            let moves = history.newest(route, limit);
            moves.iter().map(|moved| moved.to).collect()
        };
        assert_eq!(tos(Some("a"), 9), [25.0, 5.0, 0.0]);
        assert_eq!(tos(Some("a"), 1), [25.0]);
        assert_eq!(tos(None, 9)[2..], [0.0, 0.0]);
        assert!(tos(Some("c"), 9).is_empty());
    }

    #[test]
    fn a_route_that_moves_all_the_time_does_not_crowd_out_another() {
        let history = History::default();
        history.add(moved("quiet", 0, 0.0));
        (1..1000).for_each(|at| history.add(moved("loud", at, 5.0)));
        assert_eq!(history.newest(Some("loud"), 9999).len(), REMEMBERED);
        assert_eq!(history.newest(Some("quiet"), 9999).len(), 1);
    }

    #[tokio::test]
    async fn whoever_listens_hears_of_it() {
        let history = History::default();
        let mut heard = history.listen();
        history.add(moved("a", 1, 5.0));
        assert_eq!(heard.recv().await.unwrap(), moved("a", 1, 5.0));
    }
}
