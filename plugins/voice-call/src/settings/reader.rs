//! The document, member by member.
//!
//! It must not know what the settings are for. Nothing stops it: whatever is wrong is noted, and the usual value stands
//! in until all faults are reported together.

use serde_json::Value;
use url::Url;

use super::{
    Account, Audio, Fault, Inbound, Mode, Provider, PublicKey, Settings, Signatures, Strangers,
    Telnyx, digits,
};

/// A document being read.
pub(super) struct Reader {
    document: Value,
    /// What is wrong so far.
    pub(super) faults: Vec<Fault>,
}

impl Reader {
    pub(super) fn new(document: Value) -> Self {
        Self {
            document,
            faults: Vec::new(),
        }
    }

    pub(super) fn settings(&mut self) -> Settings {
        let enabled = self.flag("/enabled", true);
        Settings {
            enabled,
            provider: self.provider(enabled),
            from_number: self.own_number(enabled),
            to_number: self.number("/toNumber"),
            inbound: self.inbound(),
            greeting: self
                .text("/inboundGreeting")
                .filter(|text| !text.is_empty())
                .unwrap_or_else(|| "Hello! How can I help you today?".into()),
            mode: self.mode(),
            notify_hangup_ms: self.seconds("/outbound/notifyHangupDelaySec", 3, 0),
            max_duration_ms: self.seconds("/maxDurationSeconds", 300, 1),
            transcript_timeout_ms: self.whole("/transcriptTimeoutMs", 180_000, 1),
            ring_timeout_ms: self.whole("/ringTimeoutMs", 30_000, 1),
            max_calls: usize::try_from(self.whole("/maxConcurrentCalls", 1, 1))
                .unwrap_or(usize::MAX),
            path: self.path(),
            public_url: self.public_url(),
            signatures: match self.flag("/skipSignatureVerification", false) {
                true => Signatures::Skipped,
                false => Signatures::Checked,
            },
            audio: match self.flag("/streaming/enabled", false) {
                true => Audio::Stream,
                false => Audio::Provider,
            },
            strangers: self.strangers(),
            voice: self.text("/tts/openai/voice"),
        }
    }

    fn provider(&mut self, enabled: bool) -> Provider {
        match self.text("/provider").as_deref() {
            Some("twilio") => Provider::Twilio(Account {
                id: self.needed("/twilio/accountSid", enabled),
                token: self.secret("/twilio/authToken", "twilio-auth-token"),
                api: self.base("/twilio/apiBase", "https://api.twilio.com"),
            }),
            Some("plivo") => Provider::Plivo(Account {
                id: self.needed("/plivo/authId", enabled),
                token: self.secret("/plivo/authToken", "plivo-auth-token"),
                api: self.base("/plivo/apiBase", "https://api.plivo.com"),
            }),
            Some("telnyx") => Provider::Telnyx(Telnyx {
                key: self.secret("/telnyx/apiKey", "telnyx-api-key"),
                connection: self.needed("/telnyx/connectionId", enabled),
                public_key: self.public_key(),
                api: self.base("/telnyx/apiBase", "https://api.telnyx.com"),
            }),
            None | Some("mock" | "log") => Provider::Mock,
            Some(other) => {
                let message = format!("`{other}` is none of twilio, telnyx, plivo, mock");
                self.fault("/provider", message);
                Provider::Mock
            }
        }
    }

    fn own_number(&mut self, enabled: bool) -> Option<String> {
        let number = self
            .number("/fromNumber")
            .or_else(|| self.number("/twilio/from"));
        let mock = matches!(
            self.text("/provider").as_deref(),
            None | Some("mock" | "log")
        );
        if enabled && !mock && number.is_none() {
            self.fault("/fromNumber", "is required".into());
        }
        number
    }

    fn inbound(&mut self) -> Inbound {
        match self.text("/inboundPolicy").as_deref() {
            None | Some("disabled") => Inbound::Disabled,
            Some("open") => Inbound::Open,
            // Pairing by telephone was never built; whoever is listed may call.
            Some("allowlist" | "pairing") => Inbound::Listed(self.listed()),
            Some(other) => {
                let message = format!("`{other}` is none of disabled, allowlist, pairing, open");
                self.fault("/inboundPolicy", message);
                Inbound::Disabled
            }
        }
    }

    fn listed(&mut self) -> Vec<String> {
        let count = self
            .document
            .pointer("/allowFrom")
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        (0..count)
            .filter_map(|at| self.number(&format!("/allowFrom/{at}")))
            .map(|number| digits(&number))
            .collect()
    }

    fn mode(&mut self) -> Mode {
        let word = self.text("/outbound/defaultMode");
        let word = word.as_deref().unwrap_or("notify");
        Mode::parse(word).unwrap_or_else(|| {
            let message = format!("`{word}` is neither notify nor conversation");
            self.fault("/outbound/defaultMode", message);
            Mode::Notify
        })
    }

    fn path(&mut self) -> String {
        let path = self.text("/serve/path");
        let path = path.unwrap_or_else(|| "/voice/webhook".into());
        if !path.starts_with('/') {
            self.fault("/serve/path", "must start with a slash".into());
        }
        path
    }

    fn public_url(&mut self) -> Option<String> {
        let text = self.text("/publicUrl")?;
        let fault = match Url::parse(&text) {
            Ok(url) if url.has_host() => return Some(text),
            Ok(_) => "names no host".to_owned(),
            Err(error) => error.to_string(),
        };
        self.fault("/publicUrl", fault);
        None
    }

    fn strangers(&mut self) -> Strangers {
        match self.text("/strangers").as_deref() {
            None | Some("answer") => Strangers::Answered,
            Some("pass") => Strangers::Passed,
            Some(other) => {
                let message = format!("`{other}` is neither answer nor pass");
                self.fault("/strangers", message);
                Strangers::Answered
            }
        }
    }

    fn public_key(&mut self) -> PublicKey {
        let at = "/telnyx/publicKey";
        match self.document.pointer(at) {
            None | Some(Value::Null) => PublicKey::Absent,
            Some(Value::String(text)) if text.is_empty() => PublicKey::Absent,
            Some(Value::String(text)) => PublicKey::Text(text.clone()),
            Some(_) => PublicKey::Secret(self.secret(at, "telnyx-public-key")),
        }
    }

    /// The name under which the value at a path was granted; the usual one when the value is elsewhere.
    fn secret(&mut self, at: &str, usual: &str) -> String {
        self.document
            .pointer(at)
            .and_then(|value| value.get("$secret"))
            .and_then(Value::as_str)
            .unwrap_or(usual)
            .to_owned()
    }

    fn base(&mut self, at: &str, usual: &str) -> String {
        let text = self.text(at).unwrap_or_else(|| usual.to_owned());
        if Url::parse(&text).is_err() {
            self.fault(at, "is no URL".into());
        }
        text.trim_end_matches('/').to_owned()
    }

    fn needed(&mut self, at: &str, enabled: bool) -> String {
        let text = self.text(at).unwrap_or_default();
        if enabled && text.is_empty() {
            self.fault(at, "is required".into());
        }
        text
    }

    fn number(&mut self, at: &str) -> Option<String> {
        let text = self.text(at)?;
        let rest = text.strip_prefix('+').unwrap_or_default();
        let well = (2..=15).contains(&rest.len())
            && !rest.starts_with('0')
            && rest.bytes().all(|byte| byte.is_ascii_digit());
        if !well {
            self.fault(at, "expected E.164 format, e.g. +15550001234".into());
        }
        well.then_some(text)
    }

    fn seconds(&mut self, at: &str, usual: u64, least: u64) -> u64 {
        self.whole(at, usual, least).saturating_mul(1000)
    }

    fn whole(&mut self, at: &str, usual: u64, least: u64) -> u64 {
        let Some(value) = self.document.pointer(at) else {
            return usual;
        };
        match value.as_u64().filter(|number| *number >= least) {
            Some(number) => number,
            None => {
                self.fault(at, format!("must be a whole number from {least}"));
                usual
            }
        }
    }

    fn flag(&mut self, at: &str, usual: bool) -> bool {
        match self.document.pointer(at) {
            None => usual,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.fault(at, "must be true or false".into());
                usual
            }
        }
    }

    fn text(&mut self, at: &str) -> Option<String> {
        match self.document.pointer(at)? {
            Value::String(text) => Some(text.clone()),
            _ => {
                self.fault(at, "must be a text".into());
                None
            }
        }
    }

    fn fault(&mut self, at: &str, message: String) {
        let path = at.trim_start_matches('/').replace('/', ".");
        let fault = (path, message);
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }
}
