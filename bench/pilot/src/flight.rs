//! The pilot at work on a planted route, under a simulated clock.
//!
//! It decides as the pilot does: the gate's word is what happens, once a second, and at once when rust failed. The
//! surprise: a flight ends at its first rollback, for the pilot does not turn a route up again within an epoch.

use overgrow_parity::{Gate, State, Stop, judge};

use crate::world::{Route, Rust, World};

/// What became of a route.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flight {
    /// After how many requests the dial was turned up for the first time.
    pub(crate) promoted: Option<u64>,
    /// After how many requests it was at 100.
    pub(crate) arrived: Option<u64>,
    /// After how many requests it was turned to 0.
    pub(crate) rolled_back: Option<u64>,
}

/// Where a flight begins and when it is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Percent.
    pub(crate) dial: f64,
    /// Requests.
    pub(crate) longest: u64,
}

/// Flies one route. Ends at 100, at a rollback, or after the longest time.
pub(crate) fn fly(route: &mut Route, world: &World, gate: &Gate, plan: Plan) -> Flight {
    let mut flight = Flight::default();
    let begun = route.requests;
    let mut stop = Stop {
        percent: plan.dial,
        since: seconds(begun, world),
        now: 0,
    };
    let tick = world.rate.ceil() as u64;
    while route.requests - begun < plan.longest {
        let rust = route.request(world, stop.percent);
        if rust == Rust::Well && !route.requests.is_multiple_of(tick) {
            continue;
        }
        stop.now = seconds(route.requests, world);
        let after = route.requests - begun;
        match judge(&route.evidence, gate, &stop).state {
            State::Hold => {}
            State::Promote { to } => {
                flight.promoted.get_or_insert(after);
                stop.percent = to;
                stop.since = stop.now;
                if to >= 100.0 {
                    flight.arrived = Some(after);
                    break;
                }
            }
            State::Rollback => {
                flight.rolled_back = Some(after);
                break;
            }
        }
    }
    flight
}

fn seconds(requests: u64, world: &World) -> u64 {
    (requests as f64 / world.rate) as u64
}
