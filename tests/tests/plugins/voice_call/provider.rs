//! The providers: how each is configured, what each sends in the life of a call, and how it signs.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use ring::hmac;
use serde_json::{Value, json};

use super::double::Double;

/// Where webhooks arrive.
pub(crate) const PATH: &str = "/voice/webhook";

/// The origin that the operator has written down.
pub(crate) const ORIGIN: &str = "https://calls.example.com";

/// The token of every account here.
pub(crate) const TOKEN: &str = "token";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    Twilio,
    Telnyx,
    Plivo,
    Mock,
}

/// A webhook before it is signed. `ID` in it stands for the id of the call.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: String,
    headers: Vec<(String, String)>,
    content_type: &'static str,
    origin: Option<String>,
}

impl Webhook {
    pub(crate) fn form(query: &str, body: &str) -> Self {
        Self {
            method: "POST",
            path: PATH.into(),
            query: query.into(),
            body: body.into(),
            headers: Vec::new(),
            content_type: "application/x-www-form-urlencoded",
            origin: Some(ORIGIN.into()),
        }
    }

    pub(crate) fn json(query: &str, body: &str) -> Self {
        Self {
            content_type: "application/json",
            ..Self::form(query, body)
        }
    }

    pub(crate) fn unsigned(mut self) -> Self {
        self.origin = None;
        self
    }

    pub(crate) fn signed_for(mut self, origin: &str) -> Self {
        self.origin = Some(origin.into());
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn at(mut self, method: &'static str, path: &str) -> Self {
        self.method = method;
        self.path = path.into();
        self
    }

    /// The same about a call, with all its headers.
    pub(crate) fn about(&self, provider: Provider, id: &str) -> (Self, Vec<(String, String)>) {
        let mut sent = self.clone();
        let state = STANDARD.encode(id);
        sent.query = self.query.replace("ID", id);
        sent.body = self.body.replace("STATE", &state).replace("ID", id);
        let mut headers = vec![("Content-Type".into(), self.content_type.into())];
        headers.extend(self.headers.clone());
        if let Some(origin) = &self.origin {
            headers.extend(provider.sign(origin, &sent));
        }
        (sent, headers)
    }

    /// Path and query.
    pub(crate) fn target(&self) -> String {
        match self.query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }
}

impl Provider {
    pub(crate) const ALL: [Self; 4] = [Self::Twilio, Self::Telnyx, Self::Plivo, Self::Mock];

    /// A configuration in the legacy's words; the addresses of the APIs are ours alone.
    pub(crate) fn config(self, double: &Double) -> Value {
        let api = format!("http://{}", double.address);
        let mut config = json!({
            "fromNumber": "+15550000000",
            "publicUrl": format!("{ORIGIN}{PATH}"),
            // Theirs would hang up by itself in the middle of a slow test.
            "outbound": {"notifyHangupDelaySec": 600},
        });
        let (name, account) = match self {
            Self::Twilio => ("twilio", json!({"accountSid": "AC1", "authToken": TOKEN})),
            Self::Plivo => ("plivo", json!({"authId": "MA1", "authToken": TOKEN})),
            Self::Telnyx => (
                "telnyx",
                json!({"apiKey": TOKEN, "connectionId": "conn", "publicKey": public_key()}),
            ),
            Self::Mock => ("mock", json!({})),
        };
        config["provider"] = name.into();
        if self != Self::Mock {
            config[name] = account;
            config[name]["apiBase"] = api.into();
        }
        config
    }

    /// What it sends from the first ring to the first words.
    pub(crate) fn life(self) -> Vec<Webhook> {
        let twilio = |query: &str, status: &str| {
            let common = "CallSid=CA0001&AccountSid=AC1&From=%2B15550000000&To=%2B15550000001&Direction=outbound-api";
            Webhook::form(query, &format!("{common}&CallStatus={status}"))
        };
        let telnyx = |id: &str, kind: &str, more: &str| {
            let payload =
                format!(r#"{{"call_control_id":"v3:AB_c-d","client_state":"STATE"{more}}}"#);
            let data = format!(
                r#"{{"record_type":"event","id":"{id}","event_type":"{kind}","payload":{payload}}}"#
            );
            Webhook::json("", &format!(r#"{{"data":{data},"meta":{{"attempt":1}}}}"#))
        };
        let plivo = |flow: &str, more: &str| {
            let common = "CallUUID=u-1&From=15550000000&To=15550000001&Direction=outbound";
            let query = format!("provider=plivo&callId=ID&flow={flow}");
            Webhook::form(&query, &format!("{common}{more}"))
        };
        match self {
            Self::Twilio => vec![
                twilio("callId=ID&type=status", "ringing"),
                twilio("callId=ID", "in-progress"),
                twilio("callId=ID", "in-progress"),
                twilio(
                    "callId=ID",
                    "in-progress&SpeechResult=Yes%2C+please&Confidence=0.91",
                ),
                twilio("callId=ID", "in-progress&Digits=12"),
            ],
            Self::Telnyx => vec![
                telnyx("e1", "call.initiated", ""),
                telnyx("e2", "call.answered", ""),
                telnyx("e2", "call.answered", ""),
                telnyx("e3", "call.speak.started", r#","text":"hi""#),
                telnyx(
                    "e4",
                    "call.transcription",
                    r#","transcription":"Yes, please","is_final":true"#,
                ),
                telnyx("e5", "call.playback.ended", ""),
            ],
            Self::Plivo => vec![
                plivo(
                    "answer",
                    "&CallStatus=in-progress&Event=StartApp&RequestUUID=9834029e-58b6-11e1-b8b7-a5bd0e4e126f",
                ),
                plivo("xml-speak", "&CallStatus=in-progress"),
                plivo("xml-speak", "&CallStatus=in-progress"),
                plivo("getinput", "&CallStatus=in-progress&Speech=Yes%2C+please"),
            ],
            Self::Mock => vec![
                Webhook::json(
                    "",
                    r#"{"event":{"id":"e1","type":"call.answered","callId":"ID","timestamp":5}}"#,
                ),
                Webhook::json(
                    "",
                    r#"{"events":[{"id":"e1","type":"call.ended","callId":"ID"},
                    {"id":"e2","type":"call.speech","callId":"ID","transcript":"Yes, please"}]}"#,
                ),
            ],
        }
    }

    /// What it fetches after it was told to say something.
    pub(crate) fn fetches(self) -> Vec<Webhook> {
        let plivo = |flow: &str| {
            let query = format!("provider=plivo&flow={flow}&callId=ID");
            Webhook::form(&query, "CallUUID=u-1&CallStatus=in-progress")
        };
        match self {
            Self::Plivo => vec![plivo("xml-speak"), plivo("xml-speak"), plivo("xml-listen")],
            _ => Vec::new(),
        }
    }

    /// How often it is asked in such a life: to call, to greet, to speak, to hang up. Twilio fetches its greeting.
    pub(crate) fn asked(self) -> usize {
        match self {
            Self::Twilio => 3,
            Self::Telnyx | Self::Plivo => 4,
            Self::Mock => 0,
        }
    }

    /// What nobody should send, and what has no call.
    pub(crate) fn odd(self) -> Vec<Webhook> {
        let inbound =
            "CallSid=CA9&CallUUID=u9&CallStatus=ringing&Direction=inbound&From=%2B15559&To=%2B1";
        vec![
            Webhook::form("", inbound),
            Webhook::form("", inbound).unsigned(),
            Webhook::form("", inbound).signed_for("https://other.example"),
            Webhook::form("callId=%20&type=+status", "CallStatus=in-progress"),
            Webhook::form("callId=a&callId=b", "CallStatus=completed&CallStatus=busy"),
            Webhook::form("flow=xml-listen&callId=a%26b", "CallUUID=u"),
            Webhook::form("flow=xml-speak", "CallUUID=u"),
            Webhook::form("flow=hangup&callId=x", "CallUUID=u&CallStatus=completed"),
            Webhook::form("", ""),
            Webhook::form("", "?a=1&&=&%zz=%41&b&b=%C3%A9&%F0%9F%98%80=%EF%BF%BF"),
            Webhook::form("b=2&a=1&b=1", "z=1&Z=2&z=0&%C3%A9=1"),
            Webhook::json("", "{}"),
            Webhook::json("", "null"),
            Webhook::json("", "7"),
            Webhook::json("", r#"{"data":{"event_type":"call.hangup"}}"#),
            Webhook::json("", r#"{"events":[null]}"#),
            Webhook::json("", r#"{"event":{"type":"call.ended","callId":"nobody"}}"#),
            Webhook::json("", "{"),
            Webhook::form("", inbound).at("GET", PATH),
            Webhook::form("", inbound).at("PUT", PATH),
            Webhook::form("", inbound).at("POST", "/voice/webhook2/deeper"),
            Webhook::form("", inbound).at("POST", "/voice"),
            Webhook::form("", inbound).at("GET", "/voice"),
        ]
    }

    /// The headers that show who sends it.
    fn sign(self, origin: &str, sent: &Webhook) -> Vec<(String, String)> {
        let url = format!("{origin}{}", sent.target());
        match self {
            Self::Twilio => {
                let fields = sorted(&sent.body, Sorted::Names);
                let text = format!("{url}{}", joined(&fields, "", ""));
                let mac = mac(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &text);
                vec![("X-Twilio-Signature".into(), mac)]
            }
            Self::Plivo => {
                let nonce = format!("{}", fastrand::u64(..));
                let mac = mac(hmac::HMAC_SHA256, &covered(origin, sent, &nonce));
                let name = "X-Plivo-Signature-V3";
                vec![(name.into(), mac), (format!("{name}-Nonce"), nonce)]
            }
            Self::Telnyx => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH);
                let now = now.unwrap_or_default().as_secs();
                let signature = key().sign(format!("{now}|{}", sent.body).as_bytes());
                vec![
                    (
                        "telnyx-signature-ed25519".into(),
                        STANDARD.encode(signature.to_bytes()),
                    ),
                    ("telnyx-timestamp".into(), now.to_string()),
                ]
            }
            Self::Mock => Vec::new(),
        }
    }
}

fn covered(origin: &str, sent: &Webhook, nonce: &str) -> String {
    let (query, fields) = (
        sorted(&sent.query, Sorted::NamesAndValues),
        sorted(&sent.body, Sorted::NamesAndValues),
    );
    let mark = if query.is_empty() && fields.is_empty() {
        ""
    } else {
        "?"
    };
    let dot = if query.is_empty() || fields.is_empty() {
        ""
    } else {
        "."
    };
    let (query, fields) = (joined(&query, "=", "&"), joined(&fields, "", ""));
    format!("{origin}{}{mark}{query}{dot}{fields}.{nonce}", sent.path)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sorted {
    Names,
    NamesAndValues,
}

fn sorted(form: &str, by: Sorted) -> Vec<(String, String)> {
    let mut pairs = pairs(form.strip_prefix('?').unwrap_or(form));
    let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
    pairs.sort_by_key(|(name, value)| match by {
        Sorted::Names => (units(name), Vec::new()),
        Sorted::NamesAndValues => (units(name), units(value)),
    });
    pairs
}

/// The pairs of a form, decoded.
pub(crate) fn pairs(form: &str) -> Vec<(String, String)> {
    let parsed = url::form_urlencoded::parse(form.as_bytes());
    parsed.into_owned().collect()
}

fn joined(pairs: &[(String, String)], within: &str, between: &str) -> String {
    let pairs = pairs
        .iter()
        .map(|(name, value)| format!("{name}{within}{value}"));
    pairs.collect::<Vec<_>>().join(between)
}

fn mac(algorithm: hmac::Algorithm, text: &str) -> String {
    let key = hmac::Key::new(algorithm, TOKEN.as_bytes());
    STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// In the one form that both sides take.
fn public_key() -> String {
    let der = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
    STANDARD.encode([&der[..], key().verifying_key().as_bytes()].concat())
}
