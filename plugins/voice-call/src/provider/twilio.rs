//! Twilio's Programmable Voice.
//!
//! It must not keep the document that a call is to hear: it only says that one may be waiting. The surprise: a status
//! callback wants an empty document, the very same status at the address of the call wants a real one.

use serde_json::Value;

use super::{Dial, Leg, NO_WEBHOOK, Unable};
use crate::address;
use crate::ask::{Ask, Auth, below};
use crate::call::{Direction, State};
use crate::event::{Event, Kind, Stamp};
use crate::form::Form;
use crate::reading::{Answer, Incoming, Reading, Reply};
use crate::settings::Account;
use crate::xml;

/// Reads a form.
pub fn read(incoming: Incoming<'_>, stamp: &Stamp) -> Reading {
    let fields = Form::parse(incoming.body);
    Reading {
        events: event(incoming, &fields, stamp).into_iter().collect(),
        reply: reply(incoming, &fields),
    }
}

fn event(incoming: Incoming<'_>, fields: &Form, stamp: &Stamp) -> Option<Event> {
    let sid = fields.get("CallSid").map(str::to_owned);
    Some(Event {
        kind: kind(fields)?,
        // Twilio repeats a request with the token of the first try.
        id: incoming
            .headers
            .get("i-twilio-idempotency-token")
            .map_or_else(|| stamp.id.clone(), |token| format!("twilio-{token}")),
        call_id: incoming
            .call_id()
            .map(str::to_owned)
            .or_else(|| sid.clone())
            .unwrap_or_default(),
        provider_call_id: sid,
        timestamp: stamp.now,
        direction: match fields.get("Direction") {
            Some("inbound") => Some(Direction::Inbound),
            Some("outbound-api" | "outbound-dial") => Some(Direction::Outbound),
            _ => None,
        },
        from: fields.get("From").map(str::to_owned),
        to: fields.get("To").map(str::to_owned),
    })
}

fn kind(fields: &Form) -> Option<Kind> {
    if let Some(text) = fields.get("SpeechResult") {
        let text = text.to_owned();
        return Some(Kind::Speech { text, done: true });
    }
    if fields.get("Digits").is_some() {
        return Some(Kind::Noise);
    }
    Some(match fields.get("CallStatus")? {
        "initiated" => Kind::Reached(State::Initiated),
        "ringing" => Kind::Reached(State::Ringing),
        "in-progress" => Kind::Reached(State::Answered),
        ended @ ("completed" | "busy" | "no-answer" | "failed") => {
            Kind::Ended(State::ending(ended))
        }
        "canceled" => Kind::Ended(State::HangupBot),
        _ => return None,
    })
}

fn reply(incoming: Incoming<'_>, fields: &Form) -> Reply {
    let direction = fields.get("Direction").unwrap_or_default();
    let outbound = direction.starts_with("outbound");
    let status = incoming.query.last("type") == Some("status");
    let waits = direction == "inbound" || fields.get("CallStatus") == Some("in-progress");
    let otherwise = match (status, incoming.call_id()) {
        (true, _) => xml::EMPTY,
        (false, Some(_)) if outbound => xml::PAUSE,
        (false, _) if waits => xml::PAUSE,
        (false, _) => xml::EMPTY,
    };
    match incoming.call_id().filter(|_| !status) {
        Some(call_id) => Reply::Notice {
            call_id: call_id.to_owned(),
            otherwise,
        },
        None => Reply::Plain(Answer::document(xml::TWIML, otherwise)),
    }
}

/// What makes a call.
pub fn dial(account: &Account, dial: Dial<'_>) -> Ask {
    let url = address::with(dial.webhook, &[("callId", dial.call_id)]);
    let status = address::with(
        dial.webhook,
        &[("callId", dial.call_id), ("type", "status")],
    );
    let pairs = [
        ("To", dial.to),
        ("From", dial.from),
        ("Url", &url),
        ("StatusCallback", &status),
        ("StatusCallbackEvent", "initiated"),
        ("StatusCallbackEvent", "ringing"),
        ("StatusCallbackEvent", "answered"),
        ("StatusCallbackEvent", "completed"),
        ("Timeout", "30"),
    ];
    ask(account, &["Calls.json"], &pairs)
}

/// The id of a call that was made.
pub fn dialled(answer: &[u8]) -> Result<String, Unable> {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let sid = answer["sid"].as_str().filter(|sid| !sid.is_empty());
    sid.map(str::to_owned)
        .ok_or("Twilio call create returned no sid")
}

/// What ends a call.
pub fn hang_up(account: &Account, leg: Leg<'_>) -> Ask {
    update(account, leg, "Status", "completed").or_absent()
}

/// What says something and listens.
pub fn speak(
    account: &Account,
    leg: Leg<'_>,
    text: &str,
    voice: Option<&str>,
) -> Result<Ask, Unable> {
    let webhook = leg.webhook.ok_or(NO_WEBHOOK)?;
    let action = address::with(webhook, &[("callId", leg.call_id)]);
    let twiml = xml::say_and_gather(text, xml::voice(voice), &action);
    Ok(update(account, leg, "Twiml", &twiml))
}

fn update(account: &Account, leg: Leg<'_>, name: &str, value: &str) -> Ask {
    let file = format!("{}.json", leg.provider_call_id);
    ask(account, &["Calls", &file], &[(name, value)])
}

fn ask(account: &Account, rest: &[&str], pairs: &[(&str, &str)]) -> Ask {
    let base = below(&account.api, &["2010-04-01", "Accounts", &account.id]);
    let auth = Auth::Basic(account.id.clone(), account.token.clone());
    Ask::form("Twilio", below(&base, rest), auth, pairs)
}

#[cfg(test)]
mod tests {
    use super::super::Requested;
    use super::super::testing::{kinds, reading, text};
    use super::*;

    #[test]
    fn fields_become_events() {
        for (body, expect) in [
            ("CallStatus=initiated", Kind::Reached(State::Initiated)),
            ("CallStatus=in-progress", Kind::Reached(State::Answered)),
            ("CallStatus=no-answer", Kind::Ended(State::NoAnswer)),
            ("CallStatus=canceled", Kind::Ended(State::HangupBot)),
            ("CallStatus=in-progress&Digits=1", Kind::Noise),
            (
                "CallStatus=in-progress&SpeechResult=Yes%20please&Confidence=0.9",
                Kind::Speech {
                    text: "Yes please".into(),
                    done: true,
                },
            ),
        ] {
            assert_eq!(kinds(&reading(read, "", body)), [expect], "{body}");
        }
        assert!(reading(read, "", "CallStatus=queued").events.is_empty());
    }

    #[test]
    fn our_own_id_wins_over_twilios() {
        let body = "CallSid=CA1&CallStatus=ringing&Direction=inbound&From=%2B1&To=%2B2";
        let event = reading(read, "callId=ours", body).events.remove(0);
        assert_eq!(event.call_id, "ours");
        assert_eq!(event.provider_call_id.as_deref(), Some("CA1"));
        assert_eq!(event.direction, Some(Direction::Inbound));
        assert_eq!(event.from.as_deref(), Some("+1"));
        assert_eq!(reading(read, "", body).events[0].call_id, "CA1");
    }

    #[test]
    fn documents_are_those_of_the_legacy() {
        for (query, body, expect) in [
            ("type=status&callId=a", "CallStatus=in-progress", xml::EMPTY),
            ("", "CallStatus=ringing&Direction=inbound", xml::PAUSE),
            ("", "CallStatus=ringing&Direction=outbound-api", xml::EMPTY),
            ("", "CallStatus=in-progress", xml::PAUSE),
            ("", "", xml::EMPTY),
            ("callId=a", "Direction=outbound-api", xml::PAUSE),
            ("callId=a", "CallStatus=completed", xml::EMPTY),
            ("callId=+", "CallStatus=completed", xml::EMPTY),
        ] {
            assert_eq!(text(&reading(read, query, body)), expect, "{query} {body}");
        }
    }

    fn account() -> Account {
        Account {
            id: "AC1".into(),
            token: "t".into(),
            api: "https://api.twilio.com".into(),
        }
    }

    #[test]
    fn requests_are_the_documented_ones() {
        let made = dial(
            &account(),
            Dial {
                call_id: "c 1",
                from: "+1",
                to: "+2",
                webhook: "https://e.com/voice/webhook",
                ring_ms: 1,
            },
        );
        assert_eq!(
            made.url,
            "https://api.twilio.com/2010-04-01/Accounts/AC1/Calls.json"
        );
        assert_eq!(made.auth, Auth::Basic("AC1".into(), "t".into()));
        assert_eq!(
            made.body.expect("a body").1,
            b"To=%2B2&From=%2B1&Url=https%3A%2F%2Fe.com%2Fvoice%2Fwebhook%3FcallId%3Dc%2B1\
              &StatusCallback=https%3A%2F%2Fe.com%2Fvoice%2Fwebhook%3FcallId%3Dc%2B1%26type%3Dstatus\
              &StatusCallbackEvent=initiated&StatusCallbackEvent=ringing&StatusCallbackEvent=answered\
              &StatusCallbackEvent=completed&Timeout=30"
        );
    }

    #[test]
    fn a_leg_is_ended_and_spoken_to_by_its_sid() {
        let leg = Leg {
            call_id: "c1",
            provider_call_id: "CA1",
            requested: Requested::No,
            webhook: None,
            command: "",
        };
        let end = hang_up(&account(), leg);
        assert!(end.url.ends_with("/Accounts/AC1/Calls/CA1.json"));
        assert_eq!(end.body.expect("a body").1, b"Status=completed");
        assert_eq!(speak(&account(), leg, "Hi", None), Err(NO_WEBHOOK));
        let webhook = Some("https://e.com/v");
        let spoken = speak(&account(), Leg { webhook, ..leg }, "Hi", None).expect("an ask");
        let body = Form::parse(&spoken.body.expect("a body").1);
        let twiml = body.get("Twiml").expect("a document");
        assert!(
            twiml.contains(r#"action="https://e.com/v?callId=c1""#),
            "{twiml}"
        );
    }

    #[test]
    fn a_call_has_a_sid() {
        assert_eq!(
            dialled(br#"{"sid":"CA1","status":"queued"}"#),
            Ok("CA1".into())
        );
        assert!(dialled(b"{}").is_err() && dialled(b"").is_err());
    }
}
