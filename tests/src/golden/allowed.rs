//! The list of differences that the sidecar is meant to have, and the judgement of what was found.
//!
//! It must not know how a difference was found. The surprise: it works in both directions; a difference that is not listed fails,
//! and so does an entry that did not occur for each of its recordings.

use super::Difference;
use anyhow::{Result, ensure};
use serde::Deserialize;

/// The content of `allowed-differences.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowedDifferences {
    difference: Vec<Allowed>,
}

/// One intended difference.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// Its name in reports.
    pub id: String,
    /// The recordings in which it occurs, each of them.
    pub recordings: Vec<String>,
    /// Why that is better or cannot be otherwise.
    pub why: String,
    /// Who has to answer for it to occur; both, unless it says so.
    pub by: Option<By>,
    /// Off: it is not allowed any more, and the replay then says where it still occurs.
    #[serde(default)]
    pub switch: Switch,
    /// Where it shows, each of them.
    pub places: Vec<Place>,
}

/// Who answers behind the sidecar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The gateway itself; the sidecar forwards.
    Forwarding,
    /// The native handlers.
    Native,
}

/// Whether an entry is applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// It is.
    #[default]
    On,
    /// It is not.
    Off,
}

/// One place where an intended difference shows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The place, as in [`Difference::place`].
    pub at: String,
    /// What the gateway itself says there.
    pub legacy: String,
    /// What comes through the sidecar instead.
    pub overgrow: String,
}

impl AllowedDifferences {
    /// Reads the list. Fails on unknown keys.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(toml::from_str(text)?)
    }

    /// The entries, in file order.
    pub fn entries(&self) -> &[Allowed] {
        &self.difference
    }

    /// Judges what one suite found. Fails with every difference that is not listed and every listed one that a recording of the
    /// suite no longer shows.
    pub fn judge(&self, by: By, suite: &[&str], found: &[Difference]) -> Result<()> {
        let entries = || self.difference.iter().filter(|allowed| allowed.holds(by));
        let unlisted = found.iter().filter(|d| !entries().any(|a| a.covers(d)));
        let stale = entries().flat_map(|allowed| allowed.stale(suite, found));
        let faults: Vec<String> = unlisted.map(ToString::to_string).chain(stale).collect();
        ensure!(
            faults.is_empty(),
            "{} faults:\n{}",
            faults.len(),
            faults.join("\n")
        );
        Ok(())
    }
}

impl Allowed {
    fn holds(&self, by: By) -> bool {
        self.switch == Switch::On && self.by.is_none_or(|only| only == by)
    }

    fn covers(&self, difference: &Difference) -> bool {
        self.recordings.contains(&difference.recording)
            && self.places.iter().any(|place| place.is_of(difference))
    }

    fn stale(&self, suite: &[&str], found: &[Difference]) -> Vec<String> {
        let in_suite = |name: &&String| suite.contains(&name.as_str());
        let missing = self
            .recordings
            .iter()
            .filter(in_suite)
            .flat_map(|name| self.missing(name, found));
        missing.collect()
    }

    fn missing(&self, recording: &str, found: &[Difference]) -> Vec<String> {
        let occurs = |place: &&Place| {
            found
                .iter()
                .any(|d| d.recording == recording && place.is_of(d))
        };
        let missing = self.places.iter().filter(|place| !occurs(place));
        missing
            .map(|place| {
                format!(
                    "allowed difference {} did not occur in {recording} at {}: take it off the list",
                    self.id, place.at
                )
            })
            .collect()
    }
}

impl Place {
    fn is_of(&self, difference: &Difference) -> bool {
        self.at == difference.place
            && self.legacy == difference.expected
            && self.overgrow == difference.actual
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"
        [[difference]]
        id = "reset-becomes-502"
        recordings = ["big", "elsewhere"]
        why = "a proxy answers"
        by = "forwarding"
        places = [{ at = "outcome", legacy = "no answer", overgrow = "502" }]
    "#;

    fn check(by: By, recording: &str, actual: &str, faults: usize) {
        let found = Difference {
            recording: recording.to_owned(),
            place: "outcome".to_owned(),
            expected: "no answer".to_owned(),
            actual: actual.to_owned(),
        };
        let judged =
            AllowedDifferences::parse(LIST)
                .unwrap()
                .judge(by, &["big", "small"], &[found]);
        let report = judged.err().map(|e| e.to_string()).unwrap_or_default();
        assert_eq!(report.lines().skip(1).count(), faults, "{report}");
    }

    #[test]
    fn a_listed_difference_is_allowed() {
        check(By::Forwarding, "big", "502", 0);
    }

    #[test]
    fn an_unlisted_one_fails_and_makes_the_entry_stale() {
        check(By::Forwarding, "small", "502", 2);
        check(By::Forwarding, "big", "500", 2);
    }

    #[test]
    fn an_entry_of_the_other_answerer_is_none() {
        check(By::Native, "big", "502", 1);
        check(By::Native, "elsewhere", "502", 1);
    }
}
