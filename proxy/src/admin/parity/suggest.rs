//! Rules that a person may want to accept, for differences that nothing can be learned of.
//!
//! Where the legacy is not asked twice, noise cannot be told from a fault by numbers. What can be said is that a
//! difference has the look of noise: in most answers, and with values that look made up for the occasion. It is a
//! suggestion and nothing else: a handler that makes up what it should look up looks the same.

use overgrow_parity::{Key, Kind};
use serde_json::Value;

/// Fewer answers than this show no habit.
const LEAST: u64 = 10;
/// Numbers closer than this part of themselves are measured rather than counted.
const NEAR: f64 = 0.01;

/// A difference as far as a suggestion needs it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) key: &'a Key,
    pub(super) count: u64,
    pub(super) compared: u64,
    pub(super) legacy: Option<&'a str>,
    pub(super) rust: Option<&'a str>,
}

/// What to add to `parity` of the route, as it is written in routes.toml.
pub(super) fn rule(seen: &Seen<'_>) -> Option<String> {
    let is_habit = seen.compared >= LEAST && seen.count * 2 >= seen.compared;
    let (legacy, rust) = (seen.legacy?, seen.rust?);
    let place = seen.key.place.as_str();
    let in_json = place.starts_with("json:");
    match seen.key.kind {
        _ if !is_habit => None,
        Kind::Order if in_json => Some(format!("unordered = [{place:?}]")),
        Kind::Value if in_json => Some(match apart(legacy, rust) {
            Some(amount) => format!("tolerance = {{ {place:?} = {amount} }}"),
            None => ignore(place, legacy, rust)?,
        }),
        Kind::Header => ignore(place, legacy, rust),
        // A status, a type or a missing field is what a client breaks on.
        _ => None,
    }
}

fn ignore(place: &str, legacy: &str, rust: &str) -> Option<String> {
    let made_up = is_made_up(legacy) && is_made_up(rust) && legacy != rust;
    made_up.then(|| format!("ignore = [{place:?}]"))
}

/// An identifier, a time, a counter that has come far: six characters or more, with a digit among them. `5` against `6`
/// is a price that is wrong.
fn is_made_up(value: &str) -> bool {
    let bare = value.trim_matches('"');
    bare.len() >= 6 && bare.contains(|letter: char| letter.is_ascii_digit())
}

/// How far two numbers are apart that are nearly the same, rounded up to a power of ten.
fn apart(legacy: &str, rust: &str) -> Option<Value> {
    let (legacy, rust): (f64, f64) = (legacy.parse().ok()?, rust.parse().ok()?);
    let apart = (legacy - rust).abs();
    let is_near = apart > 0.0 && apart <= NEAR * legacy.abs().max(rust.abs());
    let amount = 10f64.powi(apart.log10().ceil() as i32);
    is_near.then(|| amount.into())
}

#[cfg(test)]
mod tests {
    use overgrow_parity::Place;

    use super::*;

    fn check(place: &str, kind: Kind, count: u64, values: [&str; 2], expect: Option<&str>) {
        let key = Key {
            place: Place::new(place),
            kind,
        };
        let seen = Seen {
            key: &key,
            count,
            compared: 100,
            legacy: Some(values[0]),
            rust: Some(values[1]),
        };
        assert_eq!(rule(&seen).as_deref(), expect, "{place} {kind}");
    }

    #[test]
    fn what_differs_by_habit_is_suggested() {
        let run = ["\"run-a1\"", "\"run-b2\""];
        check(
            "json:/runId",
            Kind::Value,
            98,
            run,
            Some("ignore = [\"json:/runId\"]"),
        );
        let tags = ["[1,2]", "[2,1]"];
        check(
            "json:/tags",
            Kind::Order,
            50,
            tags,
            Some("unordered = [\"json:/tags\"]"),
        );
        let times = ["1000.5", "1000.46"];
        check(
            "json:/took",
            Kind::Value,
            90,
            times,
            Some("tolerance = { \"json:/took\" = 0.1 }"),
        );
        check(
            "header:etag",
            Kind::Header,
            90,
            run,
            Some("ignore = [\"header:etag\"]"),
        );
    }

    #[test]
    fn what_clients_break_on_or_is_rare_is_not() {
        let run = ["\"run-a1\"", "\"run-b2\""];
        check("json:/runId", Kind::Value, 20, run, None);
        check("json:/price", Kind::Value, 100, ["5", "6"], None);
        check(
            "json:/mode",
            Kind::Value,
            100,
            ["\"now\"", "\"later\""],
            None,
        );
        check("json:/token", Kind::Value, 100, ["[redacted]"; 2], None);
        check("json:/id", Kind::Type, 100, ["1", "\"1\""], None);
        check("status", Kind::Status, 100, ["200", "500"], None);
        check("json:/name", Kind::Missing, 100, ["\"a\"", ""], None);
    }
}
