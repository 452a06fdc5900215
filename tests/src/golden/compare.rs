//! Compares two observations of the same request and names every place where they differ.
//!
//! It must not know what is allowed. The surprise: two silences are equal, and a silence against an answer is one difference, at
//! `outcome`, not one per header.

use super::{Answered, Body, Observation};
use std::fmt;

/// How much of a value a report shows.
const SHOWN: usize = 300;

/// One place where two observations of a recording differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The recording's name.
    pub recording: String,
    /// `outcome`, `status-line`, `header:NAME`, `header-order`, `body`, `end`, or a place in a WebSocket conversation.
    pub place: String,
    /// What was expected: the recording's, or the gateway's own answer.
    pub expected: String,
    /// What was seen instead.
    pub actual: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            recording,
            place,
            expected,
            actual,
        } = self;
        write!(
            f,
            "{recording} at {place}: expected {expected:?}, got {actual:?}"
        )
    }
}

/// Where `actual` differs from `expected`; empty when a client cannot tell them apart.
pub fn differences(
    recording: &str,
    expected: &Observation,
    actual: &Observation,
) -> Vec<Difference> {
    let found = match (expected, actual) {
        (Observation::Answered(expected), Observation::Answered(actual)) => {
            answers(expected, actual)
        }
        (expected, actual) => {
            Vec::from_iter(place("outcome", expected.outcome(), actual.outcome()))
        }
    };
    let named = |(place, expected, actual)| Difference {
        recording: recording.to_owned(),
        place,
        expected,
        actual,
    };
    found.into_iter().map(named).collect()
}

type Found = (String, String, String);

fn place(place: &str, expected: impl fmt::Display, actual: impl fmt::Display) -> Option<Found> {
    let (expected, actual) = (expected.to_string(), actual.to_string());
    (expected != actual).then(|| (place.to_owned(), expected, actual))
}

fn answers(expected: &Answered, actual: &Answered) -> Vec<Found> {
    let mut found = Vec::from_iter(place(
        "status-line",
        &expected.status_line,
        &actual.status_line,
    ));
    found.extend(headers(&expected.headers, &actual.headers));
    found.extend(bodies(&expected.body, &actual.body));
    found.extend(place("end", end(expected), end(actual)));
    found
}

fn end(answered: &Answered) -> &'static str {
    if answered.complete { "complete" } else { "cut" }
}

fn headers(expected: &[String], actual: &[String]) -> Vec<Found> {
    let mut names: Vec<String> = expected
        .iter()
        .chain(actual)
        .map(|line| name(line))
        .collect();
    names.sort();
    names.dedup();
    let of = |lines: &[String], wanted: &str| {
        lines
            .iter()
            .filter(|line| name(line) == wanted)
            .cloned()
            .collect::<Vec<_>>()
            .join(" | ")
    };
    let each = |name: String| {
        place(
            &format!("header:{name}"),
            of(expected, &name),
            of(actual, &name),
        )
    };
    let found: Vec<Found> = names.into_iter().filter_map(each).collect();
    if found.is_empty() {
        return Vec::from_iter(place(
            "header-order",
            expected.join(" | "),
            actual.join(" | "),
        ));
    }
    found
}

fn name(line: &str) -> String {
    line.split(':')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
}

fn bodies(expected: &Body, actual: &Body) -> Option<Found> {
    match (expected, actual) {
        (Body::Bytes(expected), Body::Bytes(actual)) if expected == actual => None,
        (Body::Bytes(expected), Body::Bytes(actual)) => {
            Some(("body".to_owned(), shown(expected), shown(actual)))
        }
        _ => place("body", expected.len(), actual.len()),
    }
}

fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], body.len()),
        None => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status_line: &str, headers: &[&str], body: &str) -> Observation {
        Observation::Answered(Answered {
            status_line: status_line.to_owned(),
            headers: headers.iter().map(|h| (*h).to_owned()).collect(),
            body: Body::Bytes(body.into()),
            complete: true,
        })
    }

    fn check(actual: &Observation, expect: &[&str]) {
        let legacy = answered("HTTP/1.1 200 OK", &["A: 1", "B: 2", "B: 3"], "hi");
        let found = differences("r", &legacy, actual);
        assert_eq!(
            found.iter().map(|d| d.place.as_str()).collect::<Vec<_>>(),
            expect
        );
    }

    #[test]
    fn equal_answers_have_no_difference() {
        check(
            &answered("HTTP/1.1 200 OK", &["A: 1", "B: 2", "B: 3"], "hi"),
            &[],
        );
    }

    #[test]
    fn each_place_is_named() {
        check(
            &answered("HTTP/1.1 200 Fine", &["A: 1", "B: 2", "B: 3"], "hi"),
            &["status-line"],
        );
        check(
            &answered(
                "HTTP/1.1 200 OK",
                &["A: 9", "B: 2", "B: 3", "Server: x"],
                "ho",
            ),
            &["header:a", "header:server", "body"],
        );
    }

    #[test]
    fn case_and_order_of_headers_count() {
        check(
            &answered("HTTP/1.1 200 OK", &["a: 1", "B: 2", "B: 3"], "hi"),
            &["header:a"],
        );
        check(
            &answered("HTTP/1.1 200 OK", &["B: 2", "A: 1", "B: 3"], "hi"),
            &["header-order"],
        );
        check(
            &answered("HTTP/1.1 200 OK", &["A: 1", "B: 3", "B: 2"], "hi"),
            &["header:b"],
        );
    }

    #[test]
    fn silence_is_one_difference() {
        check(&Observation::ENDED, &["outcome"]);
        assert_eq!(
            differences("r", &Observation::ENDED, &Observation::ENDED),
            []
        );
    }
}
