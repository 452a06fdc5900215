//! `GET /api/burndown`: how many routes were on which side, over time, out of the history of the dials.
//!
//! The surprise: only routes that exist now are counted, or a route that was taken out of the file would stay on the
//! legacy for ever; so the past may look smaller than it was.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::Shown;
use super::overview::state_of;
use crate::ledger::Move;

/// Points in the drawing; nobody's screen is much wider.
const MOST: usize = 500;

/// A time, in unix seconds, and how many routes were on the legacy, split and on rust from then on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    at: u64,
    routes: [u32; 3],
}

/// `GET /api/burndown`.
pub(super) async fn show(State(shown): State<Shown>) -> Json<Value> {
    let moves = shown.ledger.moves(None, usize::MAX);
    let generation = shown.running.load();
    let routes = generation.config.routes.iter();
    let dials: Vec<_> = routes
        .map(|route| (&*route.id, route.rust.percent()))
        .collect();
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let points = points(&moves, &dials, since.map_or(0, |since| since.as_secs()));
    let of =
        |state: usize| -> Vec<u32> { points.iter().map(|point| point.routes[state]).collect() };
    Json(json!({
        "at": points.iter().map(|point| point.at).collect::<Vec<_>>(),
        "legacy": of(0),
        "split": of(1),
        "rust": of(2),
    }))
}

/// What the moves, newest first, made of the routes with their dials, until now.
fn points(moves: &[Move], dials: &[(&str, f64)], now: u64) -> Vec<Point> {
    let mut standing = beginning(moves, dials);
    let mut routes = counted(standing.values().flatten().copied());
    let begun = moves.last().map_or(now, |first| first.at / 1000);
    let mut points = vec![Point { at: begun, routes }];
    let step = (now.saturating_sub(begun) / MOST as u64).max(1);
    for moved in moves.iter().rev() {
        let Some(state) = standing.get_mut(moved.route.as_str()) else {
            continue;
        };
        let next = state_of(moved.to);
        if let Some(left) = state.replace(next) {
            routes[left] -= 1;
        }
        routes[next] += 1;
        note(
            &mut points,
            Point {
                at: moved.at / 1000,
                routes,
            },
            step,
        );
    }
    // Told by the dials themselves: moves within one second may be in another order than they were made.
    let present = Point {
        at: now.max(begun),
        routes: counted(dials.iter().map(|(_, percent)| state_of(*percent))),
    };
    note(&mut points, present, 1);
    points
}

fn counted(states: impl Iterator<Item = usize>) -> [u32; 3] {
    let mut routes = [0; 3];
    for state in states {
        routes[state] += 1;
    }
    routes
}

/// The state of each route before the first move that is remembered; none of one that did not exist yet.
fn beginning<'a>(moves: &[Move], dials: &[(&'a str, f64)]) -> HashMap<&'a str, Option<usize>> {
    let standing = dials
        .iter()
        .map(|(id, percent)| (*id, Some(state_of(*percent))));
    let mut standing: HashMap<_, _> = standing.collect();
    // The oldest move of a route comes last and has the last word.
    for moved in moves {
        if let Some(state) = standing.get_mut(moved.route.as_str()) {
            *state = moved.from.map(state_of);
        }
    }
    standing
}

/// Adds a point, or moves the last one on if it is of the same step.
fn note(points: &mut Vec<Point>, point: Point, step: u64) {
    match points.last_mut() {
        Some(last) if last.at / step == point.at / step => last.routes = point.routes,
        Some(last) if last.routes == point.routes && step > 1 => {}
        _ => points.push(point),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::By;

    fn moved(route: &str, second: u64, from: Option<f64>, to: f64) -> Move {
        Move {
            route: route.into(),
            at: second * 1000,
            by: By::File,
            from,
            to,
            why: None,
        }
    }

    /// `at: legacy split rust` each.
    #[track_caller]
    fn check(mut moves: Vec<Move>, dials: &[(&str, f64)], expect: &[&str]) {
        moves.reverse();
        let points = points(&moves, dials, 100);
        let told: Vec<String> = points
            .iter()
            .map(
                |Point {
                     at,
                     routes: [l, s, r],
                 }| format!("{at}: {l} {s} {r}"),
            )
            .collect();
        assert_eq!(told, expect);
    }

    #[test]
    fn routes_burn_down_from_the_legacy_to_rust() {
        check(
            vec![
                moved("a", 10, None, 0.0),
                moved("b", 10, None, 0.0),
                moved("a", 20, Some(0.0), 5.0),
                moved("b", 30, Some(0.0), 100.0),
                moved("a", 40, Some(5.0), 100.0),
                moved("a", 50, Some(100.0), 0.0),
            ],
            &[("a", 0.0), ("b", 100.0)],
            &[
                "10: 2 0 0",
                "20: 1 1 0",
                "30: 0 1 1",
                "40: 0 0 2",
                "50: 1 0 1",
                "100: 1 0 1",
            ],
        );
    }

    #[test]
    fn without_a_history_there_is_the_present() {
        check(vec![], &[("a", 0.0), ("b", 7.0)], &["100: 1 1 0"]);
    }

    #[test]
    fn what_was_forgotten_is_taken_from_what_came_after() {
        check(
            vec![moved("a", 60, Some(5.0), 100.0)],
            &[("a", 100.0), ("b", 0.0)],
            &["60: 1 0 1", "100: 1 0 1"],
        );
    }

    #[test]
    fn the_present_is_what_the_dials_say() {
        check(
            vec![
                moved("a", 20, Some(50.0), 100.0),
                moved("a", 20, None, 50.0),
            ],
            &[("a", 100.0)],
            &["20: 0 1 0", "100: 0 0 1"],
        );
    }

    #[test]
    fn routes_that_are_gone_are_not_counted() {
        check(
            vec![moved("gone", 10, None, 0.0), moved("a", 20, None, 0.0)],
            &[("a", 0.0)],
            &["10: 0 0 0", "20: 1 0 0", "100: 1 0 0"],
        );
    }

    #[test]
    fn a_long_history_is_thinned() {
        let moves = (0..100_000).map(|at| moved("a", at, Some(0.0), f64::from((at % 2) as u32)));
        let moves: Vec<_> = moves.rev().collect();
        let points = points(&moves, &[("a", 0.0)], 100_000);
        assert!(points.len() <= MOST + 2, "{}", points.len());
    }
}
