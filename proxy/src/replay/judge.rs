//! Where an answer is not the recorded one.
//!
//! The comparison itself is the parity crate's; this adds what it has no words for: an answer that did not come, a body
//! of which only the length was recorded, the messages and the end of a WebSocket.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use overgrow_parity::trace::{Answer, Body, Conversation, Entry, Given, Payload, Way};
use overgrow_parity::{
    AliasBook, Difference, Extent, Kept, Key, Kind, Observation, Place, Rules, Standing, compare,
};

use super::exchange::{Answered, Ended, Seen};
use super::socket::{End, Heard};

/// A difference and, in a WebSocket, the received message that has it, from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which message; none when it is in the answer itself.
    pub message: Option<usize>,
    /// What differs. The recorded side is `legacy`, the one that came back `rust`.
    pub difference: Difference,
}

pub(super) struct Judge<'a> {
    rules: &'a Rules,
    names: &'a mut AliasBook,
    client: u64,
    findings: Vec<Finding>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(rules: &'a Rules, names: &'a mut AliasBook, client: u64) -> Self {
        Self {
            rules,
            names,
            client,
            findings: Vec::new(),
        }
    }

    /// All that was found.
    pub(super) fn findings(self) -> Vec<Finding> {
        self.findings
    }

    /// Holds an answer against the recorded one. Two silences are equal, whatever their reason.
    pub(super) fn answer(&mut self, entry: &Entry, seen: &Seen) {
        match (&entry.answer, seen) {
            (Answer::Silence(_), Seen::Silent(_)) => {}
            (Answer::Given(given), Seen::Answered(answered)) => {
                self.answers(given, entry.took, answered);
            }
            (Answer::Given(given), Seen::Silent(why)) => {
                self.differs(None, "status", Kind::Missing, given.status, why);
            }
            (Answer::Silence(why), Seen::Answered(answered)) => {
                let status = answered.observation.status;
                self.differs(None, "status", Kind::Extra, why, status);
            }
        }
    }

    fn answers(&mut self, given: &Given, took: Duration, answered: &Answered) {
        let mut recorded = given.observation(took);
        let mut seen = answered.observation.clone();
        if let Some((kind, expected, actual)) = lengths(&given.body, answered) {
            self.differs(None, "body", kind, expected, actual);
            // The rest of a body that has ended too soon would be found missing once more.
            recorded.body = nothing();
            seen.body = nothing();
        }
        if let Body::Length(_) = given.body {
            seen.body = nothing();
        }
        self.compare(None, &recorded, &seen);
    }

    /// Holds what was received against what was recorded, message by message.
    pub(super) fn conversation(&mut self, recorded: &Conversation, heard: &Heard) {
        let received = recorded.messages.iter();
        let received = received.filter(|message| message.way == Way::Receive);
        let expected: Vec<&Payload> = received.map(|message| &message.payload).collect();
        for (at, (expected, actual)) in expected.iter().zip(&heard.messages).enumerate() {
            self.compare(Some(at), &spoken(expected), &spoken(actual));
        }
        let (wanted, got) = (expected.len(), heard.messages.len());
        for (at, payload) in expected.iter().enumerate().skip(got) {
            self.differs(Some(at), "message", Kind::Missing, shown(payload), "");
        }
        if recorded.extent == Extent::Cut {
            // What came next, and how it ended, is not in the recording.
            return;
        }
        for (at, payload) in heard.messages.iter().enumerate().skip(wanted) {
            self.differs(Some(at), "message", Kind::Extra, "", shown(payload));
        }
        let (expected, actual) = (end_of(recorded), &heard.end);
        if expected != *actual {
            self.differs(None, "close", Kind::Value, told(&expected), told(actual));
        }
    }

    fn compare(&mut self, message: Option<usize>, recorded: &Observation, seen: &Observation) {
        let names = Some((&mut *self.names, self.client));
        let found = compare(recorded, seen, self.rules, names);
        let findings = found.differences.into_iter().map(|difference| Finding {
            message,
            difference,
        });
        self.findings.extend(findings);
    }

    fn differs(
        &mut self,
        message: Option<usize>,
        place: &str,
        kind: Kind,
        expected: impl ToString,
        actual: impl ToString,
    ) {
        let said = |text: String| (!text.is_empty()).then_some(text);
        let difference = Difference {
            key: Key {
                place: Place::new(place),
                kind,
            },
            standing: Standing::Open,
            legacy: said(expected.to_string()),
            rust: said(actual.to_string()),
            offset: None,
        };
        self.findings.push(Finding {
            message,
            difference,
        });
    }
}

/// A difference that the lengths tell alone.
fn lengths(recorded: &Body, answered: &Answered) -> Option<(Kind, String, String)> {
    let bytes = answered.observation.body.bytes.len();
    let why = match answered.ended {
        Ended::Late => ", then nothing in time",
        Ended::Broke => ", then the connection broke off",
        Ended::Whole | Ended::Enough => "",
    };
    let actual = format!("{bytes} bytes{why}");
    match recorded {
        Body::Length(size) if bytes as u64 != *size => {
            Some((Kind::Size, format!("{size} bytes"), actual))
        }
        Body::Kept(kept) if kept.extent == Extent::Whole && !why.is_empty() => {
            Some((Kind::Size, format!("{} bytes", kept.bytes.len()), actual))
        }
        _ => None,
    }
}

fn nothing() -> Kept {
    Kept {
        bytes: Bytes::new(),
        extent: Extent::Cut,
    }
}

/// A message as an answer without a head, so that the route's rules hold for it.
fn spoken(payload: &Payload) -> Observation {
    let bytes = match payload {
        Payload::Text(text) => Bytes::from(text.clone()),
        Payload::Binary(bytes) | Payload::Compressed(bytes) => bytes.clone(),
    };
    Observation {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        body: Kept::whole(bytes),
        effects: Vec::new(),
        took: Duration::ZERO,
    }
}

/// Enough to know a message by.
const SHOWN: usize = 80;

fn shown(payload: &Payload) -> String {
    match payload {
        Payload::Text(text) => text.chars().take(SHOWN).collect(),
        Payload::Binary(bytes) | Payload::Compressed(bytes) => format!("{} bytes", bytes.len()),
    }
}

fn end_of(recorded: &Conversation) -> End {
    match &recorded.close {
        Some(close) => End::Closed(close.clone()),
        None => End::Open,
    }
}

fn told(end: &End) -> String {
    match end {
        End::Open => "open".to_owned(),
        End::Closed(close) => format!("{} {}", close.code, close.reason)
            .trim_end()
            .to_owned(),
        End::Lost(why) => why.clone(),
        End::Late => "not in time".to_owned(),
    }
}
