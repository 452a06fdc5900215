//! Whether a promise was kept, from the tracks of one comparison; pure.

use crate::comparison::{Bound, Target};
use crate::rounds::{Figure, Track};

/// One line under a table.
#[derive(Debug, PartialEq)]
pub struct Verdict {
    /// The promise in words.
    pub promise: String,
    /// What was measured; `None` when somebody was missing.
    pub measured: Option<f64>,
    /// Whether the promise was kept.
    pub kept: bool,
}

impl Bound {
    /// Who the figure is held against.
    pub fn peer(&self) -> Option<&'static str> {
        match self {
            Self::AtMost(_, peer) | Self::AtLeast(_, peer) | Self::Added(_, peer) => Some(peer),
            Self::Below(_) => None,
        }
    }
}

/// Judges one target.
pub fn judge(target: &Target, tracks: &[Track]) -> Verdict {
    let measured = measure(target, tracks);
    let kept = measured.is_some_and(|value| holds(target.bound, value));
    Verdict {
        promise: promise(target),
        measured,
        kept,
    }
}

/// Judges a plain limit on something that is not a track's figure.
pub fn limit(promise: &str, measured: Option<f64>, below: f64) -> Verdict {
    let kept = measured.is_some_and(|value| value < below);
    Verdict {
        promise: promise.into(),
        measured,
        kept,
    }
}

fn measure(target: &Target, tracks: &[Track]) -> Option<f64> {
    let find = |name: &str| tracks.iter().find(|track| track.name == name);
    let subject = find(target.subject)?;
    let scale = scale(target.figure);
    Some(match target.bound {
        Bound::AtMost(_, peer) | Bound::AtLeast(_, peer) => {
            subject.ratio(target.figure, find(peer)?)
        }
        Bound::Added(_, peer) => subject.difference(target.figure, find(peer)?) / scale,
        Bound::Below(_) => subject.median(target.figure) / scale,
    })
}

fn holds(bound: Bound, value: f64) -> bool {
    match bound {
        Bound::AtMost(most, _) | Bound::Added(most, _) => value <= most,
        Bound::AtLeast(least, _) => value >= least,
        Bound::Below(limit) => value < limit,
    }
}

fn promise(target: &Target) -> String {
    let Target {
        subject,
        figure,
        bound,
    } = target;
    let (name, unit) = (name(*figure), unit(*figure));
    match bound {
        Bound::AtMost(factor, peer) => format!("{subject}: {name} ≤ {factor:.2} × {peer}"),
        Bound::AtLeast(factor, peer) => format!("{subject}: {name} ≥ {factor:.2} × {peer}"),
        Bound::Added(most, peer) => format!("{subject}: {name} ≤ {peer} + {most} {unit}"),
        Bound::Below(limit) => format!("{subject}: {name} < {limit} {unit}"),
    }
}

fn name(figure: Figure) -> &'static str {
    match figure {
        Figure::Cpu => "CPU",
        Figure::Rate => "throughput",
        Figure::P50 => "p50",
        Figure::P99 => "p99",
        Figure::Resident => "memory",
        Figure::Asked => "requests shadowed",
        Figure::Delivered => "wakes delivered",
        Figure::Coalesced => "wakes coalesced",
        Figure::Settled => "time until all is delivered",
    }
}

fn unit(figure: Figure) -> &'static str {
    match figure {
        Figure::P50 | Figure::P99 => "µs",
        Figure::Resident => "MB",
        Figure::Cpu => "s/100k",
        Figure::Rate => "/s",
        Figure::Asked | Figure::Delivered | Figure::Coalesced => "of all",
        Figure::Settled => "s",
    }
}

/// Memory is promised in megabytes.
fn scale(figure: Figure) -> f64 {
    if figure == Figure::Resident { 1e6 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::latency::Summary;
    use crate::rounds::Turn;

    fn track(name: &str, p50: f64, resident: u64) -> Track {
        let load = Summary {
            count: 1,
            seconds: 1.0,
            p50,
            ..Summary::default()
        };
        Track {
            name: name.into(),
            turns: vec![Turn {
                load,
                cpu: Duration::ZERO,
                resident,
                asked: 0,
                bridge: Default::default(),
                settled: Duration::ZERO,
            }],
        }
    }

    fn check(figure: Figure, bound: Bound, measured: f64, kept: bool) {
        let tracks = [track("own", 300.0, 40_000_000), track("peer", 200.0, 1)];
        let verdict = judge(
            &Target {
                subject: "own",
                figure,
                bound,
            },
            &tracks,
        );
        assert_eq!(
            (verdict.measured, verdict.kept),
            (Some(measured), kept),
            "{}",
            verdict.promise
        );
    }

    #[test]
    fn promises_are_held_against_the_peer() {
        check(Figure::P50, Bound::AtMost(1.4, "peer"), 1.5, false);
        check(Figure::P50, Bound::AtLeast(1.4, "peer"), 1.5, true);
        check(Figure::P50, Bound::Added(150.0, "peer"), 100.0, true);
        check(Figure::Resident, Bound::Below(50.0), 40.0, true);
    }

    #[test]
    fn a_missing_contestant_keeps_no_promise() {
        let target = Target {
            subject: "own",
            figure: Figure::Cpu,
            bound: Bound::AtMost(1.0, "peer"),
        };
        let verdict = judge(&target, &[track("own", 1.0, 1)]);
        assert_eq!((verdict.measured, verdict.kept), (None, false));
    }
}
