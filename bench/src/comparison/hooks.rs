//! The comparisons about hooks: the sidecar answers a wake and tells the real gateway later, which else answers it itself.
//!
//! It must not know how that is told. The surprise: what is accepted in a turn may still be on its way after it, and the next
//! turn waits for that; the columns say how much it was.

use super::{Bound, Comparison, Target, promise};
use crate::load::Load;
use crate::rounds::Figure;
use crate::stage::{Behind, Core};

pub(super) const SAME_1: Comparison = beside(
    "hooks-1",
    "POST /hooks/wake answered natively, the real gateway behind it, always the same text, 1 connection",
    Core::Load,
    wake(1, SAME),
);

pub(super) const SAME_32: Comparison = beside(
    "hooks-32",
    "POST /hooks/wake answered natively, the real gateway behind it, always the same text, 32 connections",
    Core::Load,
    wake(32, SAME),
);

pub(super) const FRESH_1: Comparison = beside(
    "hooks-fresh-1",
    "POST /hooks/wake answered natively, the real gateway behind it, another text each time, 1 connection",
    Core::Load,
    wake(1, FRESH),
);

pub(super) const FRESH_32: Comparison = beside(
    "hooks-fresh-32",
    "POST /hooks/wake answered natively, the real gateway behind it, another text each time, 32 connections",
    Core::Load,
    wake(32, FRESH),
);

/// A machine with one core for both: what the gateway does with a wake takes from who accepts the next one.
pub(super) const SHARED_32: Comparison = beside(
    "hooks-shared-32",
    "The same, with the gateway on the sidecar's core and the load alone on the other, another text each time, 32 connections",
    Core::Proxy,
    wake(32, FRESH),
);

/// Everything that is accepted waits.
pub(super) const GONE_32: Comparison = Comparison {
    name: "hooks-gone-32",
    about: "POST /hooks/wake answered natively, the real gateway stopped, another text each time, 32 connections",
    behind: Behind::GatewayGone,
    contestants: &["overgrow-hooks"],
    load: wake(32, FRESH),
    targets: &[],
};

const RATE: Target = hooks(Figure::Rate, Bound::AtLeast(4.0, "direct"));
const P99: Target = hooks(Figure::P99, Bound::AtMost(0.25, "direct"));

const SAME: &str = "wake.lua";
const FRESH: &str = "wake-fresh.lua";

const fn beside(name: &'static str, about: &'static str, core: Core, load: Load) -> Comparison {
    Comparison {
        name,
        about,
        behind: Behind::Gateway(core),
        contestants: &["direct", "overgrow-hooks"],
        load,
        targets: &[RATE, P99],
    }
}

const fn wake(connections: usize, script: &'static str) -> Load {
    Load::Http {
        connections,
        path: "/hooks/wake",
        script: Some(script),
    }
}

const fn hooks(figure: Figure, bound: Bound) -> Target {
    promise("overgrow-hooks", figure, bound)
}
