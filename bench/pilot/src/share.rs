//! What many runs have in common: how often something happened, and when.

use std::fmt;

/// When it happened, in requests, of so many runs.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    runs: usize,
    when: Vec<u64>,
}

impl Share {
    pub(crate) fn of(all: impl IntoIterator<Item = Option<u64>>) -> Self {
        let all: Vec<_> = all.into_iter().collect();
        let mut when: Vec<u64> = all.iter().copied().flatten().collect();
        when.sort_unstable();
        Self {
            runs: all.len(),
            when,
        }
    }

    /// From 0 to 1.
    pub(crate) fn share(&self) -> f64 {
        self.when.len() as f64 / self.runs as f64
    }

    /// The share of runs in which it happened within so many requests, from 0 to 1.
    pub(crate) fn within(&self, requests: u64) -> f64 {
        self.when.partition_point(|at| *at < requests) as f64 / self.runs as f64
    }

    /// The request that the fraction of those in which it happened did not need to pass.
    pub(crate) fn quantile(&self, fraction: f64) -> Option<u64> {
        let rank = (fraction * self.when.len() as f64).ceil() as usize;
        self.when.get(rank.saturating_sub(1)).copied()
    }

    /// Median and 95th percentile, in seconds at a rate of requests a second.
    pub(crate) fn seconds(&self, rate: f64) -> String {
        let told = |fraction| self.quantile(fraction).map(|at| at as f64 / rate);
        match (told(0.5), told(0.95)) {
            (Some(half), Some(most)) => format!("{} / {}", figure(half), figure(most)),
            _ => "–".to_owned(),
        }
    }
}

/// As percent.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", figure(100.0 * self.share()))
    }
}

fn figure(value: f64) -> String {
    match value {
        large if large >= 10.0 => format!("{large:.0}"),
        one if one >= 1.0 => format!("{one:.1}"),
        small if small > 0.0 => format!("{small:.2}"),
        _ => "0".to_owned(),
    }
}

/// Requests, median and 95th percentile.
pub(crate) fn requests(share: &Share) -> String {
    match (share.quantile(0.5), share.quantile(0.95)) {
        (Some(half), Some(most)) => format!("{} / {}", grouped(half), grouped(most)),
        _ => "–".to_owned(),
    }
}

fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().collect();
    let groups = groups.into_iter().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}
