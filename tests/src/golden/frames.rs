//! Compares two WebSocket conversations frame by frame.
//!
//! It must not know which of them was recorded. Answers are compared in order; events by name, because the gateway sends them when
//! it gets round to it. The surprise: what a gateway says about itself (presence, health, sessions) depends on what happened to it
//! before, so it is compared by shape: the same keys with the same types, an array by its elements' common shape.

use super::shape::{EACH, is_shape, masked};
use super::{Conversation, Difference, End, Masks};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Broadcasts about what other clients do: one more or less says nothing about this conversation. A recorded one is waited for
/// when the conversation is replayed, so none of them goes missing unnoticed.
const BROADCASTS: [&str; 4] = ["health", "heartbeat", "presence", "tick"];

/// Where `actual` differs from `expected`, both without what `masks` knows to be of their run.
pub fn conversation_differences(
    recording: &str,
    expected: (&Conversation, &Masks),
    actual: (&Conversation, &Masks),
) -> Vec<Difference> {
    let mut found = Found {
        recording,
        differences: Vec::new(),
    };
    let (expected, actual) = (
        Parts::new(expected.0, expected.1),
        Parts::new(actual.0, actual.1),
    );
    found.values("answers", &expected.answers, &actual.answers);
    found.events(&expected.events, &actual.events);
    found.ends(&expected.end, &actual.end);
    found.differences
}

struct Parts {
    answers: Value,
    events: BTreeMap<String, Value>,
    end: End,
}

impl Parts {
    fn new(conversation: &Conversation, masks: &Masks) -> Self {
        let frames = conversation.frames.iter().map(|frame| masked(frame, masks));
        let (events, answers): (Vec<_>, Vec<_>) =
            frames.partition(|frame| frame["type"] == "event");
        let named = events
            .into_iter()
            .map(|event| (event["event"].as_str().unwrap_or("?").to_owned(), event));
        Self {
            answers: answers.into(),
            events: named.collect(),
            end: conversation.end.clone(),
        }
    }
}

struct Found<'a> {
    recording: &'a str,
    differences: Vec<Difference>,
}

impl Found<'_> {
    fn add(&mut self, place: &str, expected: &str, actual: &str) {
        let [place, expected, actual] = [place, expected, actual].map(str::to_owned);
        self.differences.push(Difference {
            recording: self.recording.to_owned(),
            place,
            expected,
            actual,
        });
    }

    fn events(&mut self, expected: &BTreeMap<String, Value>, actual: &BTreeMap<String, Value>) {
        let broadcast = |name: &&String| BROADCASTS.contains(&name.as_str());
        for name in expected
            .keys()
            .chain(actual.keys().filter(|name| !expected.contains_key(*name)))
        {
            match (expected.get(name), actual.get(name)) {
                (Some(expected), Some(actual)) => {
                    self.values(&format!("event:{name}"), expected, actual)
                }
                _ if broadcast(&name) => {}
                (Some(_), None) => self.add(&format!("event:{name}"), "(sent)", "(none)"),
                (None, _) => self.add(&format!("event:{name}"), "(none)", "(sent)"),
            }
        }
    }

    fn ends(&mut self, expected: &End, actual: &End) {
        if expected != actual {
            self.add("end", &format!("{expected:?}"), &format!("{actual:?}"));
        }
    }

    fn values(&mut self, place: &str, expected: &Value, actual: &Value) {
        match (expected, actual) {
            (Value::Object(expected), Value::Object(actual))
                if is_shape(expected) && is_shape(actual) =>
            {
                self.shapes(place, expected, actual)
            }
            (Value::Object(expected), Value::Object(actual)) => {
                self.objects(place, expected, actual)
            }
            (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
                for (at, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                    self.values(&format!("{place}/{at}"), expected, actual);
                }
            }
            (expected, actual) if expected == actual => {}
            (expected, actual) => self.add(place, &expected.to_string(), &actual.to_string()),
        }
    }

    fn objects(&mut self, place: &str, expected: &Map<String, Value>, actual: &Map<String, Value>) {
        let added = actual.keys().filter(|key| !expected.contains_key(*key));
        for key in expected.keys().chain(added) {
            let side = |object: &Map<String, Value>| {
                object
                    .get(key)
                    .cloned()
                    .unwrap_or_else(|| json!("(absent)"))
            };
            self.values(&format!("{place}/{key}"), &side(expected), &side(actual));
        }
    }

    // Elements may have different optional keys on each side, and a side may have no elements: only what both have is compared.
    fn shapes(&mut self, place: &str, expected: &Map<String, Value>, actual: &Map<String, Value>) {
        match (&expected[EACH], &actual[EACH]) {
            (Value::Null, _) | (_, Value::Null) => {}
            (Value::Object(expected), Value::Object(actual)) => {
                for (key, expected) in expected {
                    self.values(
                        &format!("{place}/{EACH}/{key}"),
                        expected,
                        actual.get(key).unwrap_or(expected),
                    );
                }
            }
            (expected, actual) => self.values(&format!("{place}/{EACH}"), expected, actual),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn conversation(frames: &[Value]) -> Conversation {
        Conversation {
            frames: frames.to_vec(),
            end: End::Open,
        }
    }

    fn check(expected: &[Value], actual: &[Value], places: &[&str]) {
        let masks = Masks::new(Path::new("/tmp/xyz"), 4000);
        let found = conversation_differences(
            "r",
            (&conversation(expected), &masks),
            (&conversation(actual), &masks),
        );
        assert_eq!(
            found.iter().map(|d| d.place.as_str()).collect::<Vec<_>>(),
            places
        );
    }

    #[test]
    fn fresh_values_may_differ_but_not_their_type() {
        let frame = |nonce: Value| json!({"type": "res", "payload": {"nonce": nonce}});
        check(&[frame(json!("a"))], &[frame(json!("b"))], &[]);
        check(
            &[frame(json!("a"))],
            &[frame(json!(7))],
            &["answers/0/payload/nonce"],
        );
    }

    #[test]
    fn other_values_may_not() {
        let frame = |code: &str| json!({"type": "res", "error": {"code": code}});
        check(&[frame("A")], &[frame("B")], &["answers/0/error/code"]);
        check(&[frame("A")], &[frame("A"), frame("A")], &["answers"]);
    }

    #[test]
    fn answers_are_ordered_and_events_are_not() {
        let (one, two) = (
            json!({"type": "res", "id": "1"}),
            json!({"type": "res", "id": "2"}),
        );
        let event = json!({"type": "event", "event": "x"});
        check(
            &[one.clone(), two.clone(), event.clone()],
            &[event, one.clone(), two.clone()],
            &[],
        );
        check(
            &[one.clone(), two.clone()],
            &[two, one],
            &["answers/0/id", "answers/1/id"],
        );
    }

    #[test]
    fn an_event_is_missed_and_an_unknown_one_noticed() {
        let event = |name: &str| json!({"type": "event", "event": name});
        check(&[event("x"), event("presence")], &[], &["event:x"]);
        check(&[], &[event("x"), event("tick")], &["event:x"]);
    }

    #[test]
    fn presence_is_compared_by_shape() {
        let frame = |presence: Value| json!({"type": "res", "presence": presence});
        let (full, other) = (
            json!([{"ip": "1"}, {"ip": "2", "mode": "x"}]),
            json!([{"ip": 1}]),
        );
        check(&[frame(full.clone())], &[frame(json!([]))], &[]);
        check(&[frame(full.clone())], &[frame(json!([{"ip": "9"}]))], &[]);
        check(
            &[frame(full)],
            &[frame(other)],
            &["answers/0/presence/<each>/ip"],
        );
    }
}
