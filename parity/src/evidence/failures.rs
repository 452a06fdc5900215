//! Server errors: rust's that the legacy did not give.
//!
//! Two alarms share the counts: a row, for the handler that is simply broken, and an e-value over discordant pairs, for
//! one that fails now and then. The surprise: an error of rust for a request that the legacy was *not* asked counts
//! into the row only while the legacy is known to be well; otherwise both may be failing for the same reason.

use serde::{Deserialize, Serialize};

/// Legacy's recent rate is an average over about so many answers.
const RECENT: f64 = 100.0;

/// Answers of the legacy before its recent rate says anything.
const KNOWN: u64 = 50;

/// Legacy is well below this rate; five unpaired errors in a row happen by chance once in 300 million then.
const WELL: f64 = 0.02;

/// Counts of 5xx.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Failures {
    /// Compared pairs.
    pub pairs: u64,
    /// Pairs in which both failed.
    pub both: u64,
    /// Pairs in which only rust did.
    pub rust_only: u64,
    /// Pairs in which only the legacy did.
    pub legacy_only: u64,
    /// Errors of rust since its last success, as far as they are held against it.
    pub row: u32,
    recent: f64,
    answers: u64,
}

impl Failures {
    /// What remains when the evidence begins anew: how well the legacy is, which is none of rust's doing.
    pub(super) fn of_legacy(&self) -> Self {
        Self {
            recent: self.recent,
            answers: self.answers,
            ..Self::default()
        }
    }

    /// Both statuses for one request.
    pub(super) fn pair(&mut self, legacy: u16, rust: u16) {
        self.pairs += 1;
        self.legacy(legacy);
        match (failed(legacy), failed(rust)) {
            (true, true) => self.both += 1,
            (false, true) => {
                self.rust_only += 1;
                self.row += 1;
            }
            (true, false) => {
                self.legacy_only += 1;
                self.row = 0;
            }
            (false, false) => self.row = 0,
        }
    }

    /// Legacy's status alone.
    pub(super) fn legacy(&mut self, status: u16) {
        self.answers += 1;
        let weight = 1.0 / RECENT.min(self.answers as f64);
        let failed = if failed(status) { 1.0 } else { 0.0 };
        self.recent += weight * (failed - self.recent);
    }

    /// Rust's status alone.
    pub(super) fn rust(&mut self, status: u16) {
        if !failed(status) {
            self.row = 0;
        } else if self.answers >= KNOWN && self.recent < WELL {
            self.row += 1;
        }
    }
}

fn failed(status: u16) -> bool {
    status >= 500
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answers: &[(u16, u16)], row: u32) {
        let mut failures = Failures::default();
        for (legacy, rust) in answers {
            failures.pair(*legacy, *rust);
        }
        assert_eq!(failures.row, row, "{answers:?}");
    }

    #[test]
    fn a_row_is_of_errors_that_the_legacy_did_not_give() {
        check(&[(200, 500), (404, 503), (200, 502)], 3);
        check(&[(200, 500), (200, 200), (200, 500)], 1);
        check(&[(200, 500), (500, 500), (200, 500)], 2);
        check(&[(200, 500), (500, 404)], 0);
    }

    #[test]
    fn how_well_the_legacy_is_outlives_what_rust_did() {
        let mut failures = Failures::default();
        for _ in 0..KNOWN {
            failures.pair(200, 500);
        }
        let mut next = failures.of_legacy();
        assert_eq!((next.pairs, next.rust_only, next.row), (0, 0, 0));
        next.rust(500);
        assert_eq!(next.row, 1, "the legacy is known to be well");
    }

    #[test]
    fn errors_nobody_else_was_asked_about_count_while_the_legacy_is_well() {
        let mut failures = Failures::default();
        failures.rust(500);
        assert_eq!(failures.row, 0, "nothing is known of the legacy");
        for _ in 0..KNOWN {
            failures.legacy(200);
        }
        failures.rust(500);
        failures.rust(500);
        assert_eq!(failures.row, 2);
        failures.rust(204);
        assert_eq!(failures.row, 0);
        for _ in 0..5 {
            failures.legacy(500);
        }
        failures.rust(500);
        assert_eq!(failures.row, 0, "the legacy fails as well");
    }
}
