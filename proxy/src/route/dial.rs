//! The share of requests that go to the rust side.
//!
//! Hundredths of a percent, so that a share is an integer and the draw is compared exactly; the file and people speak
//! percent. It knows nothing of rules. The one surprise: a percentage with a third decimal is refused, not rounded.

use std::fmt;

/// Share of requests for the rust side in hundredths of a percent, 0 to 10 000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Dial(u16);

impl Dial {
    /// Nothing goes to rust.
    pub const OFF: Self = Self(0);
    /// Everything goes to rust.
    pub const FULL: Self = Self(10_000);

    /// The dial at `percent`; nothing when it is not within 0..=100 or has more than two decimals.
    pub fn from_percent(percent: f64) -> Option<Self> {
        let hundredths = (percent * 100.0).round();
        // Division rounds to the nearest double, as parsing does, so equality here means "written with two decimals".
        let exact = hundredths / 100.0 == percent;
        let in_range = (0.0..=f64::from(Self::FULL.0)).contains(&hundredths);
        (exact && in_range).then_some(Self(hundredths as u16))
    }

    /// Percent, with at most two decimals.
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// Whether nothing goes to rust.
    pub fn is_off(self) -> bool {
        self == Self::OFF
    }

    /// Whether everything goes to rust.
    pub fn is_full(self) -> bool {
        self == Self::FULL
    }

    /// Whether a draw in 0..10 000 falls on the rust side.
    pub(super) fn takes(self, drawn: u16) -> bool {
        drawn < self.0
    }
}

/// As a person writes it: `25`, `0.5`, `12.25`.
impl fmt::Display for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.percent())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(percent: f64, expect: Option<&str>) {
        let dial = Dial::from_percent(percent);
        assert_eq!(
            dial.map(|dial| dial.to_string()).as_deref(),
            expect,
            "{percent}"
        );
    }

    #[test]
    fn two_decimals_within_the_range_are_taken() {
        for (percent, text) in [
            (0.0, "0"),
            (0.01, "0.01"),
            (0.07, "0.07"),
            (0.5, "0.5"),
            (12.25, "12.25"),
            (100.0, "100"),
        ] {
            check(percent, Some(text));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for percent in [
            -0.01,
            100.01,
            12.345,
            1e-9,
            1e300,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ] {
            check(percent, None);
        }
    }

    #[test]
    fn every_stop_survives_the_way_through_text() {
        for hundredths in 0..=10_000 {
            let dial = Dial(hundredths);
            let read: f64 = dial.to_string().parse().unwrap();
            assert_eq!(Dial::from_percent(read), Some(dial));
        }
    }
}
