//! Who moved which dial: told from what is remembered, what runs now and what is noted behind each dial in the file.
//!
//! It must not know what follows from it; the pilot reads the history. The surprise: a note is believed once. One that
//! was seen before, behind a dial that moved since, was left there by somebody who edited the value by hand.

use std::time::{SystemTime, UNIX_EPOCH};

use super::Lower;
use crate::config::Config;
use crate::edit::{self, Note, What};
use crate::ledger::{Ledger, Move, RESUMED};
use crate::route::{By, Dial};

/// Enters into the history what has become of every dial of a file that runs from now on.
pub(super) fn observe(ledger: &Ledger, config: &Config, source: &[u8]) {
    let source = std::str::from_utf8(source).unwrap_or_default();
    let notes = edit::notes(source).unwrap_or_default();
    let now = milliseconds(SystemTime::now());
    for route in &config.routes {
        let before = ledger.moves(Some(&route.id), usize::MAX);
        let note = notes.get(&*route.id);
        let fresh = note.filter(|note| is_news(note, route.rust, &before));
        if let Some(moved) = what_moved(&route.id, before.first(), route.rust, fresh, now) {
            enter(ledger, moved);
        }
    }
}

/// A route was taken from rust without the file.
pub(super) fn lowered(ledger: &Ledger, wanted: &Lower, from: Dial) {
    let moved = Move {
        route: wanted.route.clone(),
        at: wanted.at.saturating_mul(1000),
        by: By::Pilot,
        from: Some(from.percent()),
        to: 0.0,
        why: Some(wanted.why.clone()),
    };
    enter(ledger, moved);
}

/// What has become of a dial since its last move, if anything has. `fresh` is a note that was not there before and
/// speaks of where the dial is; `now` is in unix milliseconds.
fn what_moved(
    route: &str,
    last: Option<&Move>,
    dial: Dial,
    fresh: Option<&Note>,
    now: u64,
) -> Option<Move> {
    let to = dial.percent();
    let from = last.map(|last| last.to);
    if from == Some(to) && fresh.is_none() {
        return None;
    }
    Some(Move {
        route: route.to_owned(),
        at: fresh.map_or(now, |note| after(last, note)),
        by: fresh.map_or(By::File, |note| note.by),
        from: from.or_else(|| fresh.and_then(left_by)),
        to,
        why: fresh.and_then(Note::why).map(str::to_owned),
    })
}

/// When a noted move was, in unix milliseconds. The note tells the second; of two moves in one second the later one is
/// later.
fn after(last: Option<&Move>, note: &Note) -> u64 {
    let same_second = last.filter(|last| last.at / 1000 == note.at);
    let first = note.at.saturating_mul(1000);
    same_second.map_or(first, |last| (last.at + 1).min(first.saturating_add(999)))
}

/// Where a dial stood before the first move that is remembered. What was handed back has no before.
fn left_by(note: &Note) -> Option<f64> {
    match &note.what {
        What::Moved { from, .. } => Some(from.percent()),
        What::Resumed(_) => None,
    }
}

fn is_news(note: &Note, dial: Dial, before: &[Move]) -> bool {
    let same = |moved: &Move| {
        moved.by == note.by && moved.at / 1000 == note.at && moved.to == note.leaves().percent()
    };
    note.leaves() == dial && !before.iter().any(same)
}

/// A rollback holds until the evidence begins anew, and somebody who hands a route back after one begins it anew.
fn enter(ledger: &Ledger, moved: Move) {
    let book = ledger.find(&moved.route);
    if let Some(book) = book.filter(|_| moved.by == By::Pilot) {
        match moved.why.as_deref() {
            Some(RESUMED) => book.resumed(),
            _ if moved.is_rollback() => book.rolled_back(),
            _ => {}
        }
    }
    tracing::info!(
        route = moved.route,
        by = %moved.by,
        from = moved.from,
        to = moved.to,
        why = moved.why,
        "a dial"
    );
    ledger.moved(moved);
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Handlers;

    /// A sidecar's memory, and the dial's line as it is found at one look after another.
    struct Looks(Ledger);

    impl Looks {
        fn look(&self, line: &str) -> Vec<(By, Option<f64>, f64)> {
            let source = format!(
                "[legacy]\nurl = \"http://a\"\n[[route]]\nid = \"a\"\nmatch = {{ path = \"/\" }}\nhandler = \"x\"\n{line}\n"
            );
            let config = Config::parse(&source, &Handlers::new(["x"])).unwrap();
            observe(&self.0, &config, source.as_bytes());
            let moves = self.0.moves(Some("a"), 99).into_iter();
            moves
                .map(|moved| (moved.by, moved.from, moved.to))
                .collect()
        }
    }

    fn looks() -> Looks {
        Looks(Ledger::in_memory())
    }

    #[test]
    fn the_first_look_is_no_move_of_anybodys() {
        let looks = looks();
        assert_eq!(looks.look("rust = 5"), [(By::File, None, 5.0)]);
        assert_eq!(looks.look("rust = 5.0 # the same").len(), 1);
    }

    #[test]
    fn a_note_names_who_moved_it() {
        let looks = looks();
        looks.look("rust = 0");
        let moves = looks.look("rust = 5 # pilot 2026-11-20T18:00:00Z 0 -> 5: fine");
        assert_eq!(moves[0], (By::Pilot, Some(0.0), 5.0));
        let last = looks.0.moves(Some("a"), 1).remove(0);
        assert_eq!(last.why.as_deref(), Some("fine"));
        assert_eq!(last.at, 1_795_197_600_000);
    }

    #[test]
    fn an_edit_by_hand_leaves_a_note_that_is_not_believed() {
        let looks = looks();
        looks.look("rust = 0");
        looks.look("rust = 5 # pilot 2026-11-20T18:00:00Z 0 -> 5");
        let moves = looks.look("rust = 10 # pilot 2026-11-20T18:00:00Z 0 -> 5");
        assert_eq!(moves[0], (By::File, Some(5.0), 10.0));
        // Back to the number of the note: still by hand.
        let moves = looks.look("rust = 5 # pilot 2026-11-20T18:00:00Z 0 -> 5");
        assert_eq!(moves[0], (By::File, Some(10.0), 5.0));
    }

    #[test]
    fn a_dial_that_went_away_and_came_back_between_two_looks_was_moved() {
        let looks = looks();
        looks.look("rust = 5");
        let moves = looks.look("rust = 5 # cli 2026-11-20T18:00:00Z 10 -> 5");
        assert_eq!(moves[0], (By::Cli, Some(5.0), 5.0));
    }

    #[test]
    fn of_two_moves_in_one_second_the_later_one_is_later() {
        let looks = looks();
        looks.look("rust = 0");
        looks.look("rust = 5 # cli 2026-11-20T18:00:00Z 0 -> 5");
        let moves = looks.look("rust = 10 # cli 2026-11-20T18:00:00Z 5 -> 10");
        assert_eq!(moves[0], (By::Cli, Some(5.0), 10.0));
        let newest = looks.0.moves(Some("a"), 2);
        assert_eq!(newest[0].at, newest[1].at + 1);
        // Neither note is news any more.
        let line = "rust = 10 # cli 2026-11-20T18:00:00Z 5 -> 10";
        assert_eq!(looks.look(line).len(), 3);
    }

    #[test]
    fn a_dial_is_handed_back_once() {
        let looks = looks();
        looks.look("rust = 5");
        looks.look("rust = 10");
        let resumed = "rust = 10 # pilot 2026-11-20T18:00:00Z resumed at 10";
        let moves = looks.look(resumed);
        assert_eq!(moves[0], (By::Pilot, Some(10.0), 10.0));
        assert_eq!(looks.look(resumed).len(), 3);
    }

    #[test]
    fn a_note_is_believed_by_a_sidecar_that_remembers_nothing() {
        let moves = looks().look("rust = 0 # pilot 2026-11-20T18:00:00Z 25 -> 0: errors");
        assert_eq!(moves, [(By::Pilot, Some(25.0), 0.0)]);
    }
}
