//! The catalogue: what is compared with what, under which load, and what the sidecar has promised.
//!
//! It must not know how any of it is run. The surprise: a promise is always a ratio or a difference within one run, or a plain limit
//! on memory; there is no figure here that would change with the machine.

mod hooks;
mod shadow;

use crate::load::Load;
use crate::rounds::Figure;
use crate::stage::{Behind, Core};

/// Contestants under one load.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    /// Its name on the command line.
    pub name: &'static str,
    /// The heading of its table.
    pub about: &'static str,
    /// What stands behind the contestants.
    pub behind: Behind,
    /// Who takes part, in the order of their turns.
    pub contestants: &'static [&'static str],
    /// What is asked of them.
    pub load: Load,
    /// What one of them has promised.
    pub targets: &'static [Target],
}

/// A promise about one contestant.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Who promised.
    pub subject: &'static str,
    /// What it is about.
    pub figure: Figure,
    /// The bound.
    pub bound: Bound,
}

/// What a figure is held against.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    /// At most this many times the peer's.
    AtMost(f64, &'static str),
    /// At least this many times the peer's.
    AtLeast(f64, &'static str),
    /// At most this much more than the peer's.
    Added(f64, &'static str),
    /// Below this; memory in megabytes.
    Below(f64),
}

/// All comparisons, in the order of the table of targets.
pub const CATALOGUE: &[Comparison] = &[
    Comparison {
        name: "forward-get",
        about: "GET of 1 KiB forwarded, 64 connections",
        behind: Behind::Origin,
        contestants: FORWARDERS,
        load: get(64),
        targets: &[cpu(1.10, "bare"), cpu(1.40, "nginx"), cpu(0.50, "caddy")],
    },
    Comparison {
        name: "forward-get-512",
        about: "GET of 1 KiB forwarded, 512 connections",
        behind: Behind::Origin,
        contestants: FORWARDERS,
        load: get(512),
        targets: &[cpu(1.10, "bare"), cpu(1.40, "nginx"), cpu(0.50, "caddy")],
    },
    Comparison {
        name: "forward-post-8k",
        about: "POST of 8 KiB forwarded, 64 connections",
        behind: Behind::Origin,
        contestants: FORWARDERS,
        load: Load::Http {
            connections: 64,
            path: "/",
            script: Some("post-8k.lua"),
        },
        targets: &[cpu(1.10, "bare"), cpu(1.30, "nginx"), cpu(0.50, "caddy")],
    },
    Comparison {
        name: "native-200",
        about: "1 KiB answered natively against nginx forwarding the same answer, 64 connections",
        behind: Behind::Origin,
        contestants: &["nginx", "overgrow", "overgrow-native"],
        load: get(64),
        targets: &[Target {
            subject: "overgrow-native",
            figure: Figure::Cpu,
            bound: Bound::AtMost(0.60, "nginx"),
        }],
    },
    Comparison {
        name: "ws-128",
        about: "WebSocket echo passed through, frames of 128 B, 64 sockets",
        behind: Behind::Origin,
        contestants: FORWARDERS,
        load: Load::Echo {
            connections: 64,
            size: 128,
        },
        targets: &[cpu(1.0, "nginx"), cpu(1.0, "haproxy")],
    },
    Comparison {
        name: "ws-16k",
        about: "WebSocket echo passed through, frames of 16 KiB, 64 sockets",
        behind: Behind::Origin,
        contestants: FORWARDERS,
        load: Load::Echo {
            connections: 64,
            size: 16 * 1024,
        },
        targets: &[cpu(1.0, "nginx"), cpu(1.0, "haproxy")],
    },
    Comparison {
        name: "added-latency",
        about: "GET of 1 KiB at 4,000 requests per second by the clock, 32 connections",
        behind: Behind::Origin,
        contestants: &["direct", "nginx", "bare", "overgrow"],
        load: Load::Paced {
            rate: 4000,
            path: "/",
        },
        targets: &[],
    },
    Comparison {
        name: "memory",
        about: "Resident memory under GET of 1 KiB, 64 connections",
        behind: Behind::Origin,
        contestants: &["nginx", "haproxy", "bare", "overgrow"],
        load: get(64),
        targets: &[overgrow(Figure::Resident, Bound::Below(50.0))],
    },
    Comparison {
        name: "openclaw-1",
        about: "The real gateway, POST /hooks/wake, 1 connection",
        behind: Behind::Gateway(Core::Load),
        contestants: &["direct", "nginx", "overgrow"],
        load: wake(1),
        targets: &[overgrow(Figure::P50, Bound::Added(150.0, "direct"))],
    },
    Comparison {
        name: "openclaw-32",
        about: "The real gateway, POST /hooks/wake, 32 connections",
        behind: Behind::Gateway(Core::Load),
        contestants: &["direct", "nginx", "overgrow"],
        load: wake(32),
        targets: &[overgrow(Figure::Rate, Bound::AtLeast(0.90, "direct"))],
    },
    hooks::SAME_1,
    hooks::SAME_32,
    hooks::FRESH_1,
    hooks::FRESH_32,
    hooks::SHARED_32,
    hooks::GONE_32,
    shadow::EQUAL,
    shadow::DIFFERING,
    shadow::PACED,
    shadow::BUSY,
    shadow::HANGS,
    shadow::REFUSES,
    shadow::RESETS,
    shadow::POURS,
];

const FORWARDERS: &[&str] = &["nginx", "haproxy", "caddy", "bare", "overgrow"];

/// The comparisons that a name stands for: its own, or those it begins.
pub fn named(name: &str) -> Vec<&'static Comparison> {
    let exact: Vec<_> = CATALOGUE
        .iter()
        .filter(|comparison| comparison.name == name)
        .collect();
    if !exact.is_empty() {
        return exact;
    }
    let group = format!("{name}-");
    CATALOGUE
        .iter()
        .filter(|comparison| comparison.name.starts_with(&group))
        .collect()
}

const fn get(connections: usize) -> Load {
    Load::Http {
        connections,
        path: "/",
        script: None,
    }
}

const fn wake(connections: usize) -> Load {
    Load::Http {
        connections,
        path: "/hooks/wake",
        script: Some("wake.lua"),
    }
}

const fn cpu(factor: f64, peer: &'static str) -> Target {
    overgrow(Figure::Cpu, Bound::AtMost(factor, peer))
}

const fn overgrow(figure: Figure, bound: Bound) -> Target {
    promise("overgrow", figure, bound)
}

const fn promise(subject: &'static str, figure: Figure, bound: Bound) -> Target {
    Target {
        subject,
        figure,
        bound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contestant::recipe;

    fn check(name: &str, expected: &[&str]) {
        let names: Vec<_> = named(name)
            .iter()
            .map(|comparison| comparison.name)
            .collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn a_name_is_itself_or_a_group() {
        check("forward-get", &["forward-get"]);
        check("openclaw", &["openclaw-1", "openclaw-32"]);
        check("open", &[]);
    }

    #[test]
    fn every_contestant_has_a_recipe() {
        let names = CATALOGUE
            .iter()
            .flat_map(|comparison| comparison.contestants);
        assert!(names.clone().all(|name| recipe(name, &[]).is_some()));
    }

    #[test]
    fn every_peer_of_a_target_takes_part() {
        for comparison in CATALOGUE {
            for target in comparison.targets {
                assert!(comparison.contestants.contains(&target.subject));
                let peer = target.bound.peer();
                assert!(peer.is_none_or(|peer| comparison.contestants.contains(&peer)));
            }
        }
    }
}
