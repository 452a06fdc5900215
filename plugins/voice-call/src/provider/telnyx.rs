//! Telnyx's Call Control.
//!
//! The surprise: our id of a call travels as its client state, in Base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Dial, Leg, Unable};
use crate::ask::{Ask, Auth, below};
use crate::call::State;
use crate::event::{Event, Kind, Stamp};
use crate::reading::{Incoming, Reading};
use crate::settings::Telnyx;

/// Reads `{"data":{"event_type":…,"payload":…}}`.
pub fn read(incoming: Incoming<'_>, stamp: &Stamp) -> Reading {
    match serde_json::from_slice::<Value>(incoming.body) {
        Err(_) | Ok(Value::Null) => Reading::unreadable(),
        Ok(body) => Reading::taken(event(&body["data"], stamp).into_iter().collect()),
    }
}

fn event(data: &Value, stamp: &Stamp) -> Option<Event> {
    let payload = &data["payload"];
    let control = text(payload, "call_control_id").map(str::to_owned);
    Some(Event {
        kind: kind(text(data, "event_type")?, payload)?,
        id: text(data, "id").map_or_else(|| stamp.id.clone(), str::to_owned),
        call_id: text(payload, "client_state")
            .and_then(ours)
            .or_else(|| control.clone())
            .unwrap_or_default(),
        provider_call_id: control,
        timestamp: stamp.now,
        // Inbound calls would have to be answered by a command; the legacy has none.
        direction: None,
        from: None,
        to: None,
    })
}

fn ours(state: &str) -> Option<String> {
    let bytes = STANDARD.decode(state).ok()?;
    String::from_utf8(bytes).ok().filter(|id| !id.is_empty())
}

fn kind(word: &str, payload: &Value) -> Option<Kind> {
    Some(match word {
        "call.initiated" => Kind::Reached(State::Initiated),
        "call.ringing" => Kind::Reached(State::Ringing),
        "call.answered" => Kind::Reached(State::Answered),
        "call.bridged" => Kind::Reached(State::Active),
        "call.speak.started" => Kind::Reached(State::Speaking),
        "call.transcription" => speech(payload),
        "call.hangup" => Kind::Ended(cause(text(payload, "hangup_cause"))),
        "call.dtmf.received" => Kind::Noise,
        _ => return None,
    })
}

/// The documented payload has what was said one level down; the legacy looks only at the top.
fn speech(payload: &Value) -> Kind {
    let data = &payload["transcription_data"];
    let said = text(payload, "transcription").or_else(|| text(data, "transcript"));
    let done = payload["is_final"].as_bool().or(data["is_final"].as_bool());
    Kind::Speech {
        text: said.unwrap_or_default().to_owned(),
        done: done.unwrap_or(true),
    }
}

fn cause(word: Option<&str>) -> State {
    match word {
        Some("originator_cancel") => State::HangupBot,
        Some("call_rejected" | "user_busy") => State::Busy,
        Some("no_answer" | "no_user_response") => State::NoAnswer,
        Some(
            "destination_out_of_order"
            | "network_out_of_order"
            | "service_unavailable"
            | "recovery_on_timer_expire",
        ) => State::Failed,
        Some("machine_detected" | "fax_detected") => State::Voicemail,
        Some("user_hangup" | "subscriber_absent") => State::HangupUser,
        _ => State::Completed,
    }
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// What makes a call.
pub fn dial(telnyx: &Telnyx, dial: Dial<'_>) -> Ask {
    let body = json!({
        "connection_id": telnyx.connection,
        "to": dial.to,
        "from": dial.from,
        "webhook_url": dial.webhook,
        "webhook_url_method": "POST",
        "client_state": STANDARD.encode(dial.call_id),
        "timeout_secs": 30,
    });
    ask(telnyx, &["calls"], &body)
}

/// The id of a call that was made.
pub fn dialled(answer: &[u8]) -> Result<String, Unable> {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    text(&answer["data"], "call_control_id")
        .map(str::to_owned)
        .ok_or("Telnyx call create returned no call_control_id")
}

/// What ends a call.
pub fn hang_up(telnyx: &Telnyx, leg: Leg<'_>) -> Ask {
    command(telnyx, leg, "hangup", json!({})).or_absent()
}

/// What says something.
pub fn speak(telnyx: &Telnyx, leg: Leg<'_>, text: &str) -> Ask {
    let body = json!({"payload": text, "voice": "female", "language": "en-US"});
    command(telnyx, leg, "speak", body)
}

/// What begins to listen.
pub fn listen(telnyx: &Telnyx, leg: Leg<'_>) -> Ask {
    command(
        telnyx,
        leg,
        "transcription_start",
        json!({"language": "en"}),
    )
}

/// What ends listening.
pub fn stop_listening(telnyx: &Telnyx, leg: Leg<'_>) -> Ask {
    command(telnyx, leg, "transcription_stop", json!({})).or_absent()
}

/// A command. Telnyx ignores one whose id it has seen, so that it may be repeated.
fn command(telnyx: &Telnyx, leg: Leg<'_>, action: &str, mut body: Value) -> Ask {
    body["command_id"] = format!("{}-{action}", leg.command).into();
    let at = ["calls", leg.provider_call_id, "actions", action];
    ask(telnyx, &at, &body)
}

fn ask(telnyx: &Telnyx, rest: &[&str], body: &Value) -> Ask {
    let auth = Auth::Bearer(telnyx.key.clone());
    let url = below(&below(&telnyx.api, &["v2"]), rest);
    Ask::json("Telnyx", url, auth, body)
}

#[cfg(test)]
mod tests {
    use super::super::Requested;
    use super::super::testing::{kinds, reading, status};
    use super::*;
    use crate::settings::PublicKey;

    fn check(word: &str, payload: &str, expect: Kind) {
        let body = format!(r#"{{"data":{{"event_type":"{word}","payload":{payload}}}}}"#);
        assert_eq!(kinds(&reading(read, "", &body)), [expect], "{body}");
    }

    #[test]
    fn event_types_become_events() {
        check("call.initiated", "{}", Kind::Reached(State::Initiated));
        check("call.bridged", "{}", Kind::Reached(State::Active));
        check("call.speak.started", "{}", Kind::Reached(State::Speaking));
        check("call.dtmf.received", r#"{"digit":"1"}"#, Kind::Noise);
        for (cause, end) in [
            ("normal_clearing", State::Completed),
            ("originator_cancel", State::HangupBot),
            ("user_busy", State::Busy),
            ("no_answer", State::NoAnswer),
            ("machine_detected", State::Voicemail),
            ("subscriber_absent", State::HangupUser),
            ("service_unavailable", State::Failed),
            ("who_knows", State::Completed),
        ] {
            let payload = format!(r#"{{"hangup_cause":"{cause}"}}"#);
            check("call.hangup", &payload, Kind::Ended(end));
        }
    }

    #[test]
    fn what_was_said_is_found_on_either_level() {
        let said = |done| Kind::Speech {
            text: "hello".into(),
            done,
        };
        check(
            "call.transcription",
            r#"{"transcription":"hello"}"#,
            said(true),
        );
        check(
            "call.transcription",
            r#"{"transcription_data":{"transcript":"hello","is_final":false,"confidence":0.9}}"#,
            said(false),
        );
    }

    #[test]
    fn our_id_is_in_the_client_state() {
        let body = |state: &str| {
            format!(
                r#"{{"data":{{"id":"e1","event_type":"call.answered","payload":{{"call_control_id":"v3:x","client_state":"{state}"}}}}}}"#
            )
        };
        let event = |state| reading(read, "", &body(state)).events.remove(0);
        assert_eq!(event("b3Vycw==").call_id, "ours");
        assert_eq!(event("***").call_id, "v3:x");
        assert_eq!(event("").call_id, "v3:x");
        assert_eq!(event("").id, "e1");
    }

    #[test]
    fn other_bodies_say_nothing() {
        for (body, expect) in [
            ("{}", 200),
            ("[]", 200),
            ("5", 200),
            ("null", 400),
            ("x", 400),
        ] {
            let reading = reading(read, "", body);
            assert_eq!(status(&reading), expect, "{body}");
            assert!(reading.events.is_empty());
        }
    }

    #[test]
    fn requests_are_the_documented_ones() {
        let telnyx = Telnyx {
            key: "k".into(),
            connection: "conn".into(),
            public_key: PublicKey::Absent,
            api: "https://api.telnyx.com".into(),
        };
        let leg = Leg {
            call_id: "ours",
            provider_call_id: "v3:x",
            requested: Requested::No,
            webhook: None,
            command: "7",
        };
        let made = speak(&telnyx, leg, "Hi");
        assert_eq!(
            made.url,
            "https://api.telnyx.com/v2/calls/v3:x/actions/speak"
        );
        assert_eq!(made.auth, Auth::Bearer("k".into()));
        let body: Value = serde_json::from_slice(&made.body.expect("a body").1).expect("json");
        assert_eq!(
            body,
            json!({"payload":"Hi","voice":"female","language":"en-US","command_id":"7-speak"})
        );
        let made = dial(
            &telnyx,
            Dial {
                call_id: "ours",
                from: "+1",
                to: "+2",
                webhook: "https://e.com/v",
                ring_ms: 1,
            },
        );
        assert_eq!(made.url, "https://api.telnyx.com/v2/calls");
        let body: Value = serde_json::from_slice(&made.body.expect("a body").1).expect("json");
        assert_eq!(body["client_state"], "b3Vycw==");
        assert_eq!(
            dialled(br#"{"data":{"call_control_id":"v3:x"}}"#),
            Ok("v3:x".into())
        );
        assert!(dialled(b"{}").is_err());
    }
}
