//! The rows of the tables, each with what it promises.

use std::time::Duration;

use fastrand::Rng;
use overgrow_parity::Gate;

use crate::flight::{Flight, Plan, fly};
use crate::share::{Share, requests};
use crate::watched::{By, pleases};
use crate::world::{Route, World};

/// A promise that the runs did not keep, in a sentence.
pub(crate) type Broken = String;

/// The gate's default, as a share.
const GOAL: f64 = 0.001;

/// A hundred times what is needed at best: nobody waits longer for a promotion.
const LONGEST: u64 = 316_100;

/// How often a route with so many mismatches is ever promoted when it is looked at after every request.
pub(crate) fn promotion(runs: u64) -> Vec<Broken> {
    println!(
        "| mismatch rate | promoted by the 95 % limit alone | promoted by the gate | after requests (median / p95) |"
    );
    println!("|---|--:|--:|--:|");
    let mut broken = Vec::new();
    for (name, times) in [
        ("0", 0.0),
        ("half of the gate's", 0.5),
        ("the gate's 0.1 %", 1.0),
        ("twice the gate's", 2.0),
        ("ten times the gate's", 10.0),
    ] {
        let ever = |by| {
            let mut rng = Rng::with_seed(1);
            let rate = times * GOAL;
            Share::of((0..runs).map(|_| pleases(&mut rng, rate, GOAL, LONGEST, by)))
        };
        let (limit, odds) = (ever(By::Limit), ever(By::Odds));
        println!("| {name} | {limit} | {odds} | {} |", requests(&odds));
        // What is promised is 5 %; three deviations are left to chance.
        let most = 0.05 + 3.0 * (0.05 * 0.95 / runs as f64).sqrt();
        if times >= 1.0 && odds.share() > most {
            broken.push(format!("{name}: promoted wrongly in {odds} of runs"));
        }
    }
    broken
}

/// How soon a new build that fails every request is at 0.
pub(crate) fn outage(runs: u64) -> Vec<Broken> {
    println!(
        "\n| dial | shadow | at 0 after requests (median / p95) | seconds at 100 req/s | within 2 s |"
    );
    println!("|--:|--:|--:|--:|--:|");
    let mut broken = Vec::new();
    let stops = [5.0, 25.0, 50.0, 100.0];
    for (dial, shadow) in stops
        .iter()
        .flat_map(|dial| [0.0, 0.1, 1.0].map(|shadow| (*dial, shadow)))
    {
        let world = World {
            shadow,
            ..World::HEALTHY
        };
        let all = Share::of((0..runs * 5).map(|seed| outage_of(seed, &world, dial)));
        let soon = all.within(200);
        println!(
            "| {dial} % | {:.0} % | {} | {} | {:.1} % |",
            100.0 * shadow,
            requests(&all),
            all.seconds(world.rate),
            100.0 * soon,
        );
        if all.quantile(0.95).is_none_or(|late| late >= 200) || all.share() < 1.0 {
            broken.push(format!("at {dial} % with {shadow} shadowed a broken handler is at 0 within 2 s in {soon} of runs"));
        }
    }
    broken
}

fn outage_of(seed: u64, world: &World, dial: f64) -> Option<u64> {
    let mut route = Route::new(seed);
    for _ in 0..3_000 {
        route.request(world, 5.0);
    }
    // The new build begins the evidence anew.
    route.evidence = route.evidence.next("broken".to_owned(), 30);
    let down = World {
        rust_fails: 1.0,
        ..*world
    };
    let plan = Plan {
        dial,
        longest: 100_000,
    };
    fly(&mut route, &down, &gate(), plan).rolled_back
}

/// What becomes of a route from 0 on, with a gate that holds a minute at each stop.
pub(crate) fn flights(runs: u64) -> Vec<Broken> {
    println!(
        "\n| planted | first promoted | at 100 | seconds to 100 (median / p95) | rolled back | seconds to it |"
    );
    println!("|---|--:|--:|--:|--:|--:|");
    let mut broken = Vec::new();
    for scene in &SCENES {
        let plan = Plan {
            dial: scene.dial,
            longest: 120_000,
        };
        let all: Vec<Flight> = (0..runs)
            .map(|seed| fly(&mut Route::new(seed), &scene.world, &gate(), plan))
            .collect();
        let of = |what: fn(&Flight) -> Option<u64>| Share::of(all.iter().map(what));
        let promoted = of(|flight| flight.promoted);
        let arrived = of(|flight| flight.arrived);
        let back = of(|flight| flight.rolled_back);
        let rate = scene.world.rate;
        println!(
            "| {} | {promoted} | {arrived} | {} | {back} | {} |",
            scene.name,
            arrived.seconds(rate),
            back.seconds(rate),
        );
        broken.extend(scene.broken(&promoted, &back));
    }
    broken
}

fn gate() -> Gate {
    Gate {
        steps: vec![5.0, 25.0, 50.0, 100.0],
        hold: Duration::from_secs(60),
        mismatch: 100.0 * GOAL,
        errors: 0.5,
        latency: 1.25,
    }
}

/// A planted route.
struct Scene {
    name: &'static str,
    world: World,
    /// Where the dial stands at first, percent.
    dial: f64,
    /// What is right for it.
    right: Right,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    /// Not to be rolled back.
    Stay,
    /// Neither to be turned up nor rolled back.
    Hold,
    /// To be rolled back.
    Back,
    /// A matter of degree; nothing is promised.
    Open,
}

impl Scene {
    /// One run in twenty may be promoted wrongly, one in a hundred rolled back wrongly; the rest is left to chance.
    fn broken(&self, promoted: &Share, back: &Share) -> Option<Broken> {
        let name = self.name;
        match self.right {
            Right::Hold if promoted.share() > 0.1 => {
                Some(format!("{name}: promoted wrongly in {promoted}"))
            }
            Right::Stay | Right::Hold if back.share() > 0.05 => {
                Some(format!("{name}: rolled back wrongly in {back}"))
            }
            Right::Back if back.share() < 0.95 => {
                Some(format!("{name}: rolled back in {back} only"))
            }
            _ => None,
        }
    }
}

const HEALTHY: World = World::HEALTHY;

const SCENES: [Scene; 17] = [
    scene("nothing", HEALTHY, 0.0, Right::Stay),
    scene(
        "nothing, 10 % shadowed",
        World {
            shadow: 0.1,
            ..HEALTHY
        },
        0.0,
        Right::Stay,
    ),
    scene(
        "a field that differs from answer to answer in 30 %",
        World {
            noise: 0.3,
            ..HEALTHY
        },
        0.0,
        Right::Stay,
    ),
    scene(
        "0.05 % mismatches",
        World {
            mismatch: 0.000_5,
            ..HEALTHY
        },
        0.0,
        Right::Stay,
    ),
    scene(
        "0.1 % mismatches",
        World {
            mismatch: 0.001,
            ..HEALTHY
        },
        0.0,
        Right::Hold,
    ),
    scene(
        "1 % mismatches",
        World {
            mismatch: 0.01,
            ..HEALTHY
        },
        0.0,
        Right::Hold,
    ),
    scene(
        "1 % mismatches beside a noisy field",
        World {
            mismatch: 0.01,
            noise: 0.3,
            ..HEALTHY
        },
        0.0,
        Right::Hold,
    ),
    scene("both fail 2 %", fails(0.02, 0.02), 0.0, Right::Stay),
    scene("both fail 10 %", fails(0.1, 0.1), 50.0, Right::Open),
    scene(
        "rust fails 0.2 %, dial at 5",
        fails(0.0, 0.002),
        5.0,
        Right::Open,
    ),
    scene(
        "rust fails 1 %, dial at 5",
        fails(0.0, 0.01),
        5.0,
        Right::Back,
    ),
    scene(
        "rust fails 5 %, dial at 5",
        fails(0.0, 0.05),
        5.0,
        Right::Back,
    ),
    scene(
        "rust fails 5 %, legacy 2 %, dial at 5",
        fails(0.02, 0.05),
        5.0,
        Right::Back,
    ),
    scene(
        "rust takes 1.1 times as long",
        slower(1.1),
        0.0,
        Right::Stay,
    ),
    scene(
        "rust takes 1.25 times as long",
        slower(1.25),
        0.0,
        Right::Open,
    ),
    scene(
        "rust takes 1.5 times as long",
        slower(1.5),
        0.0,
        Right::Hold,
    ),
    scene("rust takes 3 times as long", slower(3.0), 0.0, Right::Hold),
];

const fn scene(name: &'static str, world: World, dial: f64, right: Right) -> Scene {
    Scene {
        name,
        world,
        dial,
        right,
    }
}

const fn fails(legacy_fails: f64, rust_fails: f64) -> World {
    World {
        legacy_fails,
        rust_fails,
        ..HEALTHY
    }
}

const fn slower(slower: f64) -> World {
    World { slower, ..HEALTHY }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hardly_any_route_is_promoted_wrongly() {
        assert_eq!(promotion(100), Vec::<Broken>::new());
    }

    #[test]
    fn a_new_build_that_fails_is_at_zero_within_two_seconds() {
        assert_eq!(outage(4), Vec::<Broken>::new());
    }
}
