//! The comparisons about shadow requests: what asking a second origin as well costs, and what a bad one costs.
//!
//! It must not know how a contestant shadows. The surprise: CPU time counts for the share that was shadowed, since a sidecar that drops
//! half of its shadow requests has spent nothing on them; the share is a column and a promise of its own.

use super::{Bound, Comparison, Target, promise};
use crate::load::Load;
use crate::rounds::Figure;
use crate::stage::{Behind, Second};

pub(super) const EQUAL: Comparison = every_request(
    "shadow-equal",
    "Every request shadowed and compared, 1 KiB of JSON, answers equal, 64 connections",
    Second::Same,
);

pub(super) const DIFFERING: Comparison = every_request(
    "shadow-differing",
    "Every request shadowed and compared, 1 KiB of JSON, one field differs, 64 connections",
    Second::Differs,
);

pub(super) const PACED: Comparison = by_the_clock(
    "shadow-paced",
    "Every request shadowed and compared, 1 KiB of JSON, 4,000 requests per second by the clock, 32 connections",
    4000,
    &[
        CPU,
        SHARE,
        shadow(Figure::P50, Bound::AtMost(1.00, "nginx-mirror")),
        shadow(Figure::P99, Bound::AtMost(1.20, "overgrow")),
    ],
);

/// Nobody is near an end here, so everybody shadows everything, and wake-ups cost less than the work.
pub(super) const BUSY: Comparison = by_the_clock(
    "shadow-busy",
    "Every request shadowed and compared, 1 KiB of JSON, 10,000 requests per second by the clock, 32 connections",
    10_000,
    &[CPU, SHARE],
);

pub(super) const HANGS: Comparison = bad_target(
    "shadow-hangs",
    "Every request shadowed, the shadow target never answers, 64 connections",
    Second::Hangs,
);

pub(super) const REFUSES: Comparison = bad_target(
    "shadow-refuses",
    "Every request shadowed, nobody listens at the shadow target, 64 connections",
    Second::Refuses,
);

pub(super) const RESETS: Comparison = bad_target(
    "shadow-resets",
    "Every request shadowed, the shadow target resets its connections, 64 connections",
    Second::Resets,
);

pub(super) const POURS: Comparison = bad_target(
    "shadow-pours",
    "Every request shadowed, the shadow target answers 10 GiB, 64 connections",
    Second::Pours,
);

const SHADOWERS: &[&str] = &["nginx-mirror", "overgrow", "overgrow-shadow"];
const CPU: Target = shadow(Figure::Cpu, Bound::AtMost(0.50, "nginx-mirror"));
/// nginx asks the second origin for every request; who is compared with it has to.
const SHARE: Target = shadow(Figure::Asked, Bound::AtLeast(0.99, "nginx-mirror"));
const RATE: Target = shadow(Figure::Rate, Bound::AtLeast(0.95, "overgrow"));
/// What the end-to-end tests call flat.
const MEMORY: Target = shadow(Figure::Resident, Bound::Added(20.0, "overgrow"));

const DOCUMENT: Load = Load::Http {
    connections: 64,
    path: "/json",
    script: None,
};

const fn every_request(name: &'static str, about: &'static str, second: Second) -> Comparison {
    Comparison {
        name,
        about,
        behind: Behind::Two(second),
        contestants: SHADOWERS,
        load: DOCUMENT,
        targets: &[CPU, SHARE],
    }
}

const fn by_the_clock(
    name: &'static str,
    about: &'static str,
    rate: usize,
    targets: &'static [Target],
) -> Comparison {
    Comparison {
        name,
        about,
        behind: Behind::Two(Second::Same),
        contestants: SHADOWERS,
        load: Load::Paced {
            rate,
            path: "/json",
        },
        targets,
    }
}

/// Nobody is to notice what a shadow target does: the sidecar is held against itself without shadow requests.
const fn bad_target(name: &'static str, about: &'static str, second: Second) -> Comparison {
    Comparison {
        name,
        about,
        behind: Behind::Two(second),
        contestants: &["overgrow", "overgrow-shadow"],
        load: DOCUMENT,
        targets: &[RATE, MEMORY],
    }
}

const fn shadow(figure: Figure, bound: Bound) -> Target {
    promise("overgrow-shadow", figure, bound)
}
