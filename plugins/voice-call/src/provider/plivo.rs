//! Plivo's Voice API.
//!
//! The surprise: Plivo cannot be told what to say. It is told to fetch a document, and what to say waits for it.

use serde_json::{Value, json};

use super::{Dial, Leg, NO_WEBHOOK, Requested, Unable};
use crate::address;
use crate::ask::{Ask, Auth, below};
use crate::call::{Direction, State};
use crate::event::{Event, Kind, Stamp};
use crate::form::Form;
use crate::reading::{Answer, Incoming, Reading, Reply};
use crate::settings::Account;
use crate::xml;

/// The flow that fetches what is to be said.
pub const SPEAK: &str = "xml-speak";

/// The flow that fetches an ear.
pub const LISTEN: &str = "xml-listen";

/// Reads a form.
pub fn read(incoming: Incoming<'_>, stamp: &Stamp) -> Reading {
    let flow = incoming.query.last("flow").unwrap_or_default();
    let document = |body| Reply::Plain(Answer::document(xml::PLIVO, body));
    let (SPEAK | LISTEN) = flow else {
        let fields = Form::parse(incoming.body);
        let stays = matches!(flow, "answer" | "getinput");
        return Reading {
            events: event(incoming, &fields, stamp).into_iter().collect(),
            reply: document(if stays { xml::WAIT } else { xml::EMPTY }),
        };
    };
    let reply = match incoming.call_id().map(str::to_owned) {
        None => document(xml::WAIT),
        Some(call_id) if flow == SPEAK => Reply::Speak { call_id },
        Some(call_id) => Reply::Listen {
            action: at(incoming.base, "getinput", &call_id),
            call_id,
        },
    };
    Reading {
        events: Vec::new(),
        reply,
    }
}

fn event(incoming: Incoming<'_>, fields: &Form, stamp: &Stamp) -> Option<Event> {
    let call = fields.get("CallUUID");
    let leg = call.or_else(|| fields.get("RequestUUID"));
    Some(Event {
        kind: kind(fields, call)?,
        // A nonce is for one request and its repeats.
        id: incoming
            .headers
            .get("x-plivo-signature-v3-nonce")
            .map_or_else(|| stamp.id.clone(), |nonce| format!("plivo-{nonce}")),
        call_id: incoming.call_id().or(leg).unwrap_or_default().to_owned(),
        provider_call_id: leg.map(str::to_owned),
        timestamp: stamp.now,
        direction: match fields.get("Direction") {
            Some("inbound") => Some(Direction::Inbound),
            Some("outbound") => Some(Direction::Outbound),
            _ => None,
        },
        from: fields.get("From").map(str::to_owned),
        to: fields.get("To").map(str::to_owned),
    })
}

fn kind(fields: &Form, call: Option<&str>) -> Option<Kind> {
    if fields.get("Digits").is_some() {
        return Some(Kind::Noise);
    }
    if let Some(text) = said(fields) {
        let text = text.to_owned();
        return Some(Kind::Speech { text, done: true });
    }
    Some(match fields.get("CallStatus") {
        Some("ringing") => Kind::Reached(State::Ringing),
        Some("in-progress") => Kind::Reached(State::Answered),
        Some(ended @ ("completed" | "busy" | "no-answer" | "failed")) => {
            Kind::Ended(State::ending(ended))
        }
        // The answer address is only called once somebody has answered.
        _ if fields.get("Event") == Some("StartApp") && call.is_some() => {
            Kind::Reached(State::Answered)
        }
        _ => return None,
    })
}

/// Plivo's products have put what was said under several names.
fn said(fields: &Form) -> Option<&str> {
    [
        "Speech",
        "Transcription",
        "TranscriptionText",
        "SpeechResult",
        "RecognizedSpeech",
        "Text",
    ]
    .into_iter()
    .filter_map(|name| fields.get(name))
    .map(str::trim)
    .find(|text| !text.is_empty())
}

fn at(base: &str, flow: &str, call_id: &str) -> String {
    let pairs = [("provider", "plivo"), ("flow", flow), ("callId", call_id)];
    address::with(base, &pairs)
}

/// What makes a call.
pub fn dial(account: &Account, dial: Dial<'_>) -> Ask {
    let flow = |flow| {
        let pairs = [
            ("provider", "plivo"),
            ("callId", dial.call_id),
            ("flow", flow),
        ];
        address::with(dial.webhook, &pairs)
    };
    let body = json!({
        "from": number(dial.from),
        "to": number(dial.to),
        "answer_url": flow("answer"),
        "answer_method": "POST",
        "hangup_url": flow("hangup"),
        "hangup_method": "POST",
        "hangup_on_ring": (dial.ring_ms / 1000).max(1),
    });
    Ask::json("Plivo", url(account, &["Call", ""]), auth(account), &body)
}

/// The id of a request to call; the call's own comes with its first webhook.
pub fn dialled(answer: &[u8]) -> Result<String, Unable> {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let request = &answer["request_uuid"];
    let id = request.as_str().or_else(|| request[0].as_str());
    id.filter(|id| !id.is_empty())
        .map(str::to_owned)
        .ok_or("Plivo call create returned no request_uuid")
}

/// What ends a call, and the request for one when it is not known to have become a call.
pub fn hang_up(account: &Account, leg: Leg<'_>) -> Vec<Ask> {
    let delete = |kind| {
        let at = url(account, &[kind, leg.provider_call_id, ""]);
        Ask::delete("Plivo", at, auth(account)).or_absent()
    };
    match leg.requested {
        Requested::No => vec![delete("Call")],
        Requested::Still => vec![delete("Call"), delete("Request")],
    }
}

/// What makes it fetch a document.
pub fn fetch(account: &Account, leg: Leg<'_>, flow: &str) -> Result<Ask, Unable> {
    let webhook = leg.webhook.ok_or(NO_WEBHOOK)?;
    let body = json!({
        "legs": "aleg",
        "aleg_url": at(webhook, flow, leg.call_id),
        "aleg_method": "POST",
    });
    let call = url(account, &["Call", leg.provider_call_id, ""]);
    Ok(Ask::json("Plivo", call, auth(account), &body))
}

fn url(account: &Account, rest: &[&str]) -> String {
    let base = below(&account.api, &["v1", "Account", &account.id]);
    below(&base, rest)
}

fn auth(account: &Account) -> Auth {
    Auth::Basic(account.id.clone(), account.token.clone())
}

/// A number as Plivo wants it; addresses of SIP stay as they are.
fn number(text: &str) -> String {
    let text = text.trim();
    if text.to_ascii_lowercase().starts_with("sip:") {
        return text.to_owned();
    }
    text.chars()
        .filter(|c| c.is_ascii_digit() || *c == '+')
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{kinds, reading, text};
    use super::*;

    #[test]
    fn fields_become_events() {
        for (body, expect) in [
            ("CallStatus=ringing", Kind::Reached(State::Ringing)),
            ("CallStatus=in-progress", Kind::Reached(State::Answered)),
            ("CallStatus=busy", Kind::Ended(State::Busy)),
            ("Event=StartApp&CallUUID=u", Kind::Reached(State::Answered)),
            ("CallStatus=in-progress&Digits=5", Kind::Noise),
            (
                "CallStatus=in-progress&Speech=+&Text=+yes+",
                Kind::Speech {
                    text: "yes".into(),
                    done: true,
                },
            ),
        ] {
            assert_eq!(kinds(&reading(read, "", body)), [expect], "{body}");
        }
        assert!(reading(read, "", "Event=StartApp").events.is_empty());
    }

    #[test]
    fn ids_come_from_the_query_the_call_or_the_request() {
        let ids = |query, body| {
            let event = reading(read, query, body).events.remove(0);
            (event.call_id, event.provider_call_id.unwrap_or_default())
        };
        let own = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        let both = "CallStatus=ringing&CallUUID=u&RequestUUID=r";
        assert_eq!(ids("callId=c", both), own("c", "u"));
        assert_eq!(ids("", both), own("u", "u"));
        assert_eq!(ids("", "CallStatus=ringing&RequestUUID=r"), own("r", "r"));
    }

    #[test]
    fn flows_have_their_documents() {
        let body = "CallStatus=in-progress&CallUUID=u";
        let document = |query| text(&reading(read, query, body));
        assert_eq!(document("flow=answer&callId=c"), xml::WAIT);
        assert_eq!(document("flow=getinput&callId=c"), xml::WAIT);
        assert_eq!(document("flow=hangup&callId=c"), xml::EMPTY);
        assert_eq!(document(""), xml::EMPTY);
        assert_eq!(document("flow=xml-speak"), xml::WAIT);
        let listen = reading(read, "flow=xml-listen&callId=c", body);
        assert!(listen.events.is_empty());
        assert_eq!(
            listen.reply,
            Reply::Listen {
                call_id: "c".into(),
                action: "https://e.com/v?provider=plivo&flow=getinput&callId=c".into()
            }
        );
    }

    #[test]
    fn requests_are_the_documented_ones() {
        let account = Account {
            id: "MA1".into(),
            token: "t".into(),
            api: "https://api.plivo.com".into(),
        };
        let made = dial(
            &account,
            Dial {
                call_id: "c",
                from: "+1 (555) 0",
                to: " sip:a@b.c ",
                webhook: "https://e.com/v",
                ring_ms: 500,
            },
        );
        assert_eq!(made.url, "https://api.plivo.com/v1/Account/MA1/Call/");
        let body: Value = serde_json::from_slice(&made.body.expect("a body").1).expect("json");
        assert_eq!(
            body,
            json!({"from":"+15550","to":"sip:a@b.c","answer_method":"POST","hangup_method":"POST","hangup_on_ring":1,
                "answer_url":"https://e.com/v?provider=plivo&callId=c&flow=answer",
                "hangup_url":"https://e.com/v?provider=plivo&callId=c&flow=hangup"})
        );
    }

    #[test]
    fn a_request_that_is_no_call_yet_is_taken_back_as_both() {
        let account = Account {
            id: "MA1".into(),
            token: "t".into(),
            api: "https://api.plivo.com".into(),
        };
        let leg = |requested| Leg {
            call_id: "c",
            provider_call_id: "u",
            requested,
            webhook: Some("https://e.com/v"),
            command: "",
        };
        let urls = |requested| -> Vec<String> {
            let asks = hang_up(&account, leg(requested));
            asks.into_iter().map(|ask| ask.url).collect()
        };
        let call = "https://api.plivo.com/v1/Account/MA1/Call/u/";
        assert_eq!(urls(Requested::No), [call]);
        assert_eq!(
            urls(Requested::Still),
            [call, &call.replace("Call", "Request")]
        );
        let fetched = fetch(&account, leg(Requested::No), SPEAK).expect("an ask");
        assert_eq!(fetched.url, call);
    }

    #[test]
    fn a_request_has_an_id_alone_or_in_a_list() {
        assert_eq!(dialled(br#"{"request_uuid":"r"}"#), Ok("r".into()));
        assert_eq!(dialled(br#"{"request_uuid":["r","s"]}"#), Ok("r".into()));
        assert!(dialled(br#"{"request_uuid":[]}"#).is_err());
    }
}
