//! The rounds of a comparison: every contestant once, then every contestant again, so that a slow minute of the machine is everybody's.
//!
//! It must not know targets. The surprise: contestants stay up between their turns, so one that is busy while idle would tax the others;
//! its CPU time before its first turn is not counted, but its effect is there to see.

use std::time::Duration;

use crate::bridge::Standing;
use crate::contestant::Started;
use crate::error::Result;
use crate::latency::{Summary, median};
use crate::load::Load;
use crate::stage::Stage;

/// How often and how long.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Turns of each contestant that count.
    pub rounds: usize,
    /// Length of a turn.
    pub turn: Duration,
    /// Length of the turn before, which does not count.
    pub warm_up: Duration,
}

/// One turn of one contestant.
#[derive(Clone, Debug)]
pub struct Turn {
    /// What the load generator saw.
    pub load: Summary,
    /// CPU time of the contestant's processes.
    pub cpu: Duration,
    /// Its resident bytes at the end.
    pub resident: u64,
    /// Requests that reached the second origin meanwhile.
    pub asked: u64,
    /// What its bridge did meanwhile.
    pub bridge: Standing,
    /// How long its bridge was busy afterwards.
    pub settled: Duration,
}

/// All turns of one contestant that count, in order.
#[derive(Clone, Debug)]
pub struct Track {
    /// The contestant.
    pub name: String,
    /// Its turns.
    pub turns: Vec<Turn>,
}

/// A number that a turn yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// CPU seconds for 100,000 answers.
    Cpu,
    /// Answers per second.
    Rate,
    /// Median latency in microseconds.
    P50,
    /// 99th percentile in microseconds.
    P99,
    /// Resident bytes.
    Resident,
    /// Requests at the second origin for each answer to the load.
    Asked,
    /// Wakes that the gateway had been told by the end of the turn, for each answer to the load.
    Delivered,
    /// Wakes that were the same as the one before, for each answer to the load.
    Coalesced,
    /// Seconds until the gateway had the rest.
    Settled,
}

impl Turn {
    /// The figure of this turn.
    pub fn figure(&self, figure: Figure) -> f64 {
        match figure {
            Figure::Cpu => self.cpu.as_secs_f64() * 1e5 / self.load.count as f64,
            Figure::Rate => self.load.rate(),
            Figure::P50 => self.load.p50,
            Figure::P99 => self.load.p99,
            Figure::Resident => self.resident as f64,
            Figure::Asked => self.share(self.asked),
            Figure::Delivered => self.share(self.bridge.delivered),
            Figure::Coalesced => self.share(self.bridge.coalesced),
            Figure::Settled => self.settled.as_secs_f64(),
        }
    }

    fn share(&self, count: u64) -> f64 {
        count as f64 / self.load.count as f64
    }
}

impl Track {
    /// The median over the turns.
    pub fn median(&self, figure: Figure) -> f64 {
        median(
            &self
                .turns
                .iter()
                .map(|turn| turn.figure(figure))
                .collect::<Vec<_>>(),
        )
    }

    /// The median of the quotients, each of two turns of the same round.
    pub fn ratio(&self, figure: Figure, peer: &Self) -> f64 {
        self.paired(peer, |own, other| own.figure(figure) / other.figure(figure))
    }

    /// The median of the differences, each of two turns of the same round.
    pub fn difference(&self, figure: Figure, peer: &Self) -> f64 {
        self.paired(peer, |own, other| own.figure(figure) - other.figure(figure))
    }

    /// Failed requests over all turns.
    pub fn errors(&self) -> u64 {
        self.turns.iter().map(|turn| turn.load.errors).sum()
    }

    fn paired(&self, peer: &Self, pair: impl Fn(&Turn, &Turn) -> f64) -> f64 {
        let pairs = self.turns.iter().zip(&peer.turns);
        median(
            &pairs
                .map(|(own, other)| pair(own, other))
                .collect::<Vec<_>>(),
        )
    }
}

/// Lets the contestants take turns; they have been warmed up.
pub fn run(stage: &Stage, contestants: &[Started], load: Load, plan: Plan) -> Result<Vec<Track>> {
    let track = |contestant: &Started| Track {
        name: contestant.name.clone(),
        turns: Vec::new(),
    };
    let mut tracks: Vec<Track> = contestants.iter().map(track).collect();
    for _ in 0..plan.rounds {
        for (contestant, track) in contestants.iter().zip(&mut tracks) {
            track.turns.push(turn(stage, contestant, load, plan.turn)?);
        }
    }
    Ok(tracks)
}

fn turn(stage: &Stage, contestant: &Started, load: Load, length: Duration) -> Result<Turn> {
    let cpu = || contestant.tree().map_or(Duration::ZERO, |tree| tree.cpu());
    let (before, asked, standing) = (cpu(), stage.asked(), contestant.standing()?);
    let load = load.run(stage.programs(), contestant.address, length)?;
    let resident = contestant.tree().map_or(0, |tree| tree.resident());
    Ok(Turn {
        load,
        cpu: cpu().saturating_sub(before),
        resident,
        asked: stage.asked().saturating_sub(asked),
        bridge: contestant.standing()?.since(standing),
        settled: settle(stage, contestant)?,
    })
}

/// What a bridge still owes would take from the next contestant's turn.
fn settle(stage: &Stage, contestant: &Started) -> Result<Duration> {
    if stage.settles() {
        return contestant.settle();
    }
    Ok(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(rates: &[u64]) -> Track {
        let turn = |count: &u64| Turn {
            load: Summary {
                count: *count,
                seconds: 1.0,
                ..Summary::default()
            },
            cpu: Duration::from_secs(1),
            resident: 0,
            asked: 0,
            bridge: Standing::default(),
            settled: Duration::ZERO,
        };
        Track {
            name: String::new(),
            turns: rates.iter().map(turn).collect(),
        }
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        let (own, peer) = (track(&[100, 10, 50]), track(&[200, 10, 100]));
        assert_eq!(own.ratio(Figure::Rate, &peer), 0.5);
        assert_eq!(own.difference(Figure::Rate, &peer), -50.0);
    }

    #[test]
    fn cpu_is_for_a_hundred_thousand_answers() {
        assert_eq!(track(&[50_000]).median(Figure::Cpu), 2.0);
    }
}
