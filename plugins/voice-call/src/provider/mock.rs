//! Nobody: events come as JSON from whoever tests.

use serde_json::Value;

use crate::call::State;
use crate::event::{Event, Kind, Stamp};
use crate::reading::{Incoming, Reading};

/// Reads `{"events":[…]}` or `{"event":…}`.
pub fn read(incoming: Incoming<'_>, stamp: &Stamp) -> Reading {
    let Ok(body) = serde_json::from_slice::<Value>(incoming.body) else {
        return Reading::unreadable();
    };
    let events: Vec<&Value> = match (body.get("events"), body.get("event")) {
        _ if body.is_null() => return Reading::unreadable(),
        (Some(Value::Array(events)), _) if events.contains(&Value::Null) => {
            return Reading::unreadable();
        }
        (Some(Value::Array(events)), _) => events.iter().collect(),
        (_, event) => event.into_iter().collect(),
    };
    let numbered = events.into_iter().enumerate();
    Reading::taken(
        numbered
            .filter_map(|(at, one)| event(one, at, stamp))
            .collect(),
    )
}

fn event(value: &Value, at: usize, stamp: &Stamp) -> Option<Event> {
    let text = |name| {
        value
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    Some(Event {
        kind: kind(value, text("type")?)?,
        call_id: text("callId")?.to_owned(),
        id: text("id").map_or_else(|| format!("{}-{at}", stamp.id), str::to_owned),
        provider_call_id: text("providerCallId").map(str::to_owned),
        timestamp: value
            .get("timestamp")
            .and_then(Value::as_u64)
            .filter(|time| *time > 0)
            .unwrap_or(stamp.now),
        direction: None,
        from: None,
        to: None,
    })
}

fn kind(value: &Value, word: &str) -> Option<Kind> {
    let text = |name| value.get(name).and_then(Value::as_str).unwrap_or_default();
    let flag = |name| value.get(name).and_then(Value::as_bool);
    Some(match word {
        "call.initiated" => Kind::Reached(State::Initiated),
        "call.ringing" => Kind::Reached(State::Ringing),
        "call.answered" => Kind::Reached(State::Answered),
        "call.active" => Kind::Reached(State::Active),
        "call.speaking" => Kind::Reached(State::Speaking),
        "call.speech" => Kind::Speech {
            text: text("transcript").to_owned(),
            done: flag("isFinal").unwrap_or(true),
        },
        "call.silence" | "call.dtmf" => Kind::Noise,
        "call.ended" => Kind::Ended(State::ending(text("reason"))),
        "call.error" => Kind::Failed {
            retryable: flag("retryable").unwrap_or(false),
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{kinds, reading, status};
    use super::*;

    fn check(body: &str, expect: &[Kind]) {
        assert_eq!(kinds(&reading(read, "", body)), expect, "{body}");
    }

    #[test]
    fn events_come_alone_or_in_a_list() {
        let answered = Kind::Reached(State::Answered);
        check(
            r#"{"event":{"type":"call.answered","callId":"a"}}"#,
            std::slice::from_ref(&answered),
        );
        check(
            r#"{"events":[{"type":"call.answered","callId":"a"},{"type":"no","callId":"a"},{"type":"call.answered"},5,
                {"type":"call.ended","callId":"a","reason":"busy"}]}"#,
            &[answered, Kind::Ended(State::Busy)],
        );
        check(
            r#"{"event":{"type":"call.speech","callId":"a","transcript":"hi","isFinal":false}}"#,
            &[Kind::Speech {
                text: "hi".into(),
                done: false,
            }],
        );
        check(
            r#"{"event":{"type":"call.error","callId":"a"}}"#,
            &[Kind::Failed { retryable: false }],
        );
        check("[]", &[]);
        check("7", &[]);
        check(r#"{"event":null}"#, &[]);
    }

    #[test]
    fn what_is_no_json_is_a_bad_request() {
        for body in ["", "{", "null", r#"{"events":[null]}"#] {
            assert_eq!(status(&reading(read, "", body)), 400, "{body}");
        }
    }

    #[test]
    fn events_without_an_id_have_different_ones() {
        let body = r#"{"events":[{"type":"call.answered","callId":"a"},{"type":"call.answered","callId":"a"}]}"#;
        let events = reading(read, "", body).events;
        assert_ne!(events[0].id, events[1].id);
    }
}
