//! The `gate` key.

use std::time::Duration;

use toml::Spanned;

use crate::config::field::Field;
use crate::config::read::{Item, Section};
use crate::config::value::{duration, percent, stop};
use crate::config::{Auto, GateConfig};
use crate::route::Dial;

/// The table as it is written.
#[derive(Debug, Clone)]
pub(super) struct GateFile {
    steps: Field<Vec<Dial>>,
    hold: Field<Duration>,
    mismatch: Field<f64>,
    errors: Field<f64>,
    latency: Field<f64>,
    auto: Field<Auto>,
}

impl GateFile {
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
        let file = GateFile {
            steps: section.take("steps", steps),
            hold: section.take("hold", duration),
            mismatch: section.take("mismatch", percent),
            errors: section.take("errors", percent),
            latency: section.take("latency", factor),
            auto: section.take("auto", auto),
        };
        section.finish(&[]);
        file
    }

    /// Key by key: what this table leaves open is taken from `inherited`.
    pub(super) fn or(self, inherited: &Self) -> Self {
        GateFile {
            steps: self.steps.or(&inherited.steps),
            hold: self.hold.or(&inherited.hold),
            mismatch: self.mismatch.or(&inherited.mismatch),
            errors: self.errors.or(&inherited.errors),
            latency: self.latency.or(&inherited.latency),
            auto: self.auto.or(&inherited.auto),
        }
    }

    pub(super) fn check(self) -> GateConfig {
        let defaults = GateConfig::default();
        GateConfig {
            steps: self.steps.value().unwrap_or(defaults.steps),
            hold: self.hold.value().unwrap_or(defaults.hold),
            mismatch: self.mismatch.value().unwrap_or(defaults.mismatch),
            errors: self.errors.value().unwrap_or(defaults.errors),
            latency: self.latency.value().unwrap_or(defaults.latency),
            auto: self.auto.value().unwrap_or(defaults.auto),
        }
    }
}

impl Default for GateConfig {
    fn default() -> Self {
        GateConfig {
            steps: [5.0, 25.0, 50.0, 100.0]
                .into_iter()
                .filter_map(Dial::from_percent)
                .collect(),
            hold: Duration::from_secs(600),
            mismatch: 0.1,
            errors: 0.5,
            latency: 1.25,
            auto: Auto::Off,
        }
    }
}

/// `true`, `false` or `"fleet"`.
fn auto(item: &mut Item<'_, '_>) -> Option<Auto> {
    match (item.flag(), item.text()) {
        (Some(true), _) => Some(Auto::Sidecar),
        (Some(false), _) => Some(Auto::Off),
        (None, Some("fleet")) => Some(Auto::Fleet),
        _ => item.mismatch("true, false or \"fleet\"", "true, without quotes"),
    }
}

fn steps(item: &mut Item<'_, '_>) -> Option<Vec<Dial>> {
    let steps = item.list("[5, 25, 50, 100]", stop)?;
    if steps.is_empty() {
        return item.refuse(
            "a gate without steps leads nowhere",
            "for example [5, 25, 50, 100]",
        );
    }
    let fall = steps
        .windows(2)
        .find(|pair| pair[0].get_ref() >= pair[1].get_ref());
    if let Some([before, after]) = fall {
        let message = format!(
            "{} does not rise above {}",
            after.get_ref().percent(),
            before.get_ref().percent()
        );
        item.fault_at(after.span(), message)
            .help("steps rise: for example [5, 25, 50, 100]");
        return None;
    }
    Some(steps.into_iter().map(Spanned::into_inner).collect())
}

/// A multiple of the legacy's latency.
fn factor(item: &mut Item<'_, '_>) -> Option<f64> {
    match item.number() {
        Some(factor) if factor.is_finite() && factor > 0.0 => Some(factor),
        Some(factor) => item.refuse(
            format!("{factor} is not a multiple"),
            "1.25 allows a quarter more than the legacy",
        ),
        None => item.mismatch("a number", "1.25"),
    }
}
