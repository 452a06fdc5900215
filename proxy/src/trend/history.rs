//! All series on one axis of time.
//!
//! Pure: readings and times are handed in. The surprise: a side that answers no client yet is drawn by its shadow
//! requests, since that is when one wants to see how it does; which of the two it is, is said.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use serde::Serialize;

use super::KEPT;
use super::ring::{MINUTE, Ring, added};
use crate::metrics::{Counted, Reading, Role, Tally};
use crate::route::Side;

/// How a side did over a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rates {
    /// Requests per second.
    pub rps: f64,
    /// Share of 5xx, 0 to 1.
    pub errors: f64,
    /// Median, seconds.
    pub p50: f64,
    /// 99th percentile, seconds.
    pub p99: f64,
}

/// One side of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// Whose answers these were.
    pub role: Role,
    /// One for each sample of the line; none where nothing was asked.
    pub rates: Vec<Option<Rates>>,
}

/// The half hour of a route or of all together, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// When each sample was taken, unix seconds.
    pub at: Vec<u64>,
    /// The legacy's.
    pub legacy: Share,
    /// Rust's.
    pub rust: Share,
}

/// What is known of one time span.
#[derive(Debug, Clone, Copy)]
struct Tick {
    /// Its end, unix seconds.
    at: u64,
    seconds: f64,
}

/// The samples of all routes.
#[derive(Debug, Default)]
pub struct History {
    ticks: VecDeque<Tick>,
    routes: HashMap<Counted, Ring>,
    /// All routes together.
    total: HashMap<(Side, Role), Ring>,
}

impl History {
    /// Takes a sample: what stood on the counters at that time, in unix seconds, so long after the sample before.
    pub fn take(&mut self, reading: &Reading, at: u64, passed: Duration) {
        if self.ticks.len() == KEPT {
            self.ticks.pop_front();
        }
        let seconds = passed.as_secs_f64();
        self.ticks.push_back(Tick { at, seconds });
        let mut sums = HashMap::<(Side, Role), Tally>::new();
        for (counted, tally) in reading {
            let sum = sums.entry((counted.side, counted.role)).or_default();
            *sum = added(*sum, tally);
            let ring = self.routes.entry(counted.clone()).or_default();
            ring.take(tally);
            if ring.is_quiet() {
                ring.rest();
            }
        }
        for (key, sum) in sums {
            self.total.entry(key).or_default().take(&sum);
        }
    }

    /// How a side of a route did in the last minute, and for whom; none when it was not asked.
    pub fn now(&self, route: &str, side: Side) -> Option<(Role, Rates)> {
        let seconds = self.seconds(MINUTE);
        let of = |role| Some((role, self.ring(Some(route), side, role)?.minute(seconds)?));
        of(Role::Primary).or_else(|| of(Role::Shadow))
    }

    /// Requests of clients that each side answered in the last `time`, and how many seconds of it there were.
    pub fn answered(&self, time: Duration) -> (u64, u64, f64) {
        let samples = usize::try_from(time.as_secs() / super::STEP.as_secs()).unwrap_or(KEPT);
        let of = |side| {
            let ring = self.ring(None, side, Role::Primary);
            ring.map_or(0, |ring| ring.requests(samples))
        };
        (of(Side::Legacy), of(Side::Rust), self.seconds(samples))
    }

    /// The half hour of a route, or of all together.
    pub fn line(&self, route: Option<&str>) -> Line {
        Line {
            at: self.ticks.iter().map(|tick| tick.at).collect(),
            legacy: self.share(route, Side::Legacy),
            rust: self.share(route, Side::Rust),
        }
    }

    /// Requests per second of both sides of every route that was asked, in steps of so many samples; and the steps'
    /// ends in unix seconds.
    pub fn sparks(&self, samples: usize) -> (Vec<u64>, BTreeMap<String, [Vec<f64>; 2]>) {
        let samples = samples.max(1);
        let ends = self.ticks.iter().rev().step_by(samples).map(|tick| tick.at);
        let mut at: Vec<u64> = ends.collect();
        at.reverse();
        let mut routes = BTreeMap::new();
        for counted in self.routes.keys() {
            routes.entry(counted.route.clone()).or_insert_with(|| {
                [Side::Legacy, Side::Rust].map(|side| self.spark(&counted.route, side, samples))
            });
        }
        routes.retain(|_, sides| sides.iter().flatten().any(|rps| *rps > 0.0));
        (at, routes)
    }

    fn spark(&self, route: &str, side: Side, samples: usize) -> Vec<f64> {
        let share = self.share(Some(route), side);
        let rps: Vec<f64> = share
            .rates
            .iter()
            .map(|rates| rates.map_or(0.0, |rates| rates.rps))
            .collect();
        // From the newest back, so that the newest step is always a whole one.
        rps.rchunks(samples)
            .rev()
            .map(|step| step.iter().sum::<f64>() / step.len() as f64)
            .collect()
    }

    fn share(&self, route: Option<&str>, side: Side) -> Share {
        let rates = |role| self.rates(route, side, role);
        let primary = rates(Role::Primary);
        if primary.iter().any(Option::is_some) {
            return Share {
                role: Role::Primary,
                rates: primary,
            };
        }
        let shadow = rates(Role::Shadow);
        match shadow.iter().any(Option::is_some) {
            true => Share {
                role: Role::Shadow,
                rates: shadow,
            },
            false => Share {
                role: Role::Primary,
                rates: primary,
            },
        }
    }

    fn rates(&self, route: Option<&str>, side: Side, role: Role) -> Vec<Option<Rates>> {
        let Some(ring) = self.ring(route, side, role) else {
            return vec![None; self.ticks.len()];
        };
        let newest_last = self.ticks.iter().enumerate();
        newest_last
            .map(|(at, tick)| ring.rates(self.ticks.len() - 1 - at, tick.seconds))
            .collect()
    }

    fn ring(&self, route: Option<&str>, side: Side, role: Role) -> Option<&Ring> {
        match route {
            None => self.total.get(&(side, role)),
            Some(route) => {
                let route = route.to_owned();
                self.routes.get(&Counted { route, side, role })
            }
        }
    }

    /// How long the newest samples took.
    fn seconds(&self, samples: usize) -> f64 {
        let newest = self.ticks.iter().rev().take(samples);
        newest.map(|tick| tick.seconds).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_secs(5);

    /// `requests` of 10 to 25 ms, `errors` of them failed.
    fn tally(requests: u64, errors: u64) -> Tally {
        let mut tally = Tally {
            requests,
            errors,
            ..Tally::default()
        };
        tally.buckets[5] = requests;
        tally
    }

    fn reading(counted: &[(&str, Side, Role, u64)]) -> Reading {
        let counted = counted.iter().map(|(route, side, role, requests)| {
            let key = Counted {
                route: (*route).to_owned(),
                side: *side,
                role: *role,
            };
            (key, tally(*requests, requests / 10))
        });
        counted.collect()
    }

    #[test]
    fn a_minute_and_a_line_are_made_of_differences() {
        let mut history = History::default();
        for at in 1..=20 {
            let counted = [
                ("a", Side::Rust, Role::Primary, at * 50),
                ("b", Side::Legacy, Role::Primary, at * 10),
            ];
            history.take(&reading(&counted), 1_000 + at * 5, STEP);
        }
        let (role, now) = history.now("a", Side::Rust).unwrap();
        assert_eq!((role, now.rps, now.errors), (Role::Primary, 10.0, 0.1));
        assert!(now.p50 > 0.01 && now.p99 < 0.025, "{now:?}");
        assert_eq!(history.now("a", Side::Legacy), None);
        assert_eq!(history.answered(Duration::from_secs(50)), (100, 500, 50.0));
        let all = history.line(None);
        assert_eq!((all.at.len(), all.at[0]), (20, 1_005));
        assert_eq!(all.legacy.rates[19].unwrap().rps, 2.0);
        let none = history.line(Some("c"));
        assert!(none.rust.rates.iter().all(Option::is_none));
    }

    #[test]
    fn a_side_that_only_shadows_is_drawn_by_its_shadow() {
        let mut history = History::default();
        history.take(&reading(&[("a", Side::Rust, Role::Shadow, 50)]), 5, STEP);
        assert_eq!(history.now("a", Side::Rust).unwrap().0, Role::Shadow);
        assert_eq!(history.line(Some("a")).rust.role, Role::Shadow);
        let both = [
            ("a", Side::Rust, Role::Shadow, 60),
            ("a", Side::Rust, Role::Primary, 5),
        ];
        history.take(&reading(&both), 10, STEP);
        let rust = history.line(Some("a")).rust;
        assert_eq!((rust.role, rust.rates[0]), (Role::Primary, None));
        assert_eq!(rust.rates[1].unwrap().rps, 1.0);
    }

    #[test]
    fn half_an_hour_is_kept_and_no_more() {
        let mut history = History::default();
        for at in 0..(KEPT as u64 * 3) {
            let busy = at.min(KEPT as u64);
            history.take(
                &reading(&[("a", Side::Rust, Role::Primary, busy * 5)]),
                at,
                STEP,
            );
        }
        let line = history.line(Some("a"));
        assert_eq!(line.at.len(), KEPT);
        assert!(line.rust.rates.iter().all(Option::is_none));
        let (at, sparks) = history.sparks(6);
        assert_eq!(at.len(), 60);
        assert!(
            sparks.is_empty(),
            "a route that rests has no spark: {sparks:?}"
        );
        // What it had counted is remembered: the next sample is one request, not all of them.
        let more = KEPT as u64 * 5 + 1;
        history.take(
            &reading(&[("a", Side::Rust, Role::Primary, more)]),
            9_999,
            STEP,
        );
        let rates = history.line(Some("a")).rust.rates;
        assert_eq!(rates.last().unwrap().unwrap().rps, 0.2);
    }

    #[test]
    fn sparks_are_means_of_their_steps() {
        let mut history = History::default();
        for at in 1..=12 {
            let rust = if at > 6 { (at - 6) * 30 } else { 0 };
            let counted = [
                ("a", Side::Rust, Role::Primary, rust),
                ("a", Side::Legacy, Role::Primary, at * 5),
            ];
            history.take(&reading(&counted), at * 5, STEP);
        }
        let (at, sparks) = history.sparks(6);
        assert_eq!(at, [30, 60]);
        assert_eq!(sparks["a"], [vec![1.0, 1.0], vec![0.0, 6.0]]);
    }
}
