//! What the operator wrote, checked.
//!
//! It must not know the host: the document comes in as JSON, with the names of secrets where their values stood. The
//! surprise: a Telnyx public key is no secret, yet legacies mark it as one, so it may be a name here as well.

use serde_json::Value;

/// A path in the document and what is wrong with it.
pub type Fault = (String, String);

/// The document as the rest of the crate needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether calls are made and taken at all.
    pub enabled: bool,
    /// Who carries the calls.
    pub provider: Provider,
    /// The number that calls come from, E.164.
    pub from_number: Option<String>,
    /// The number to call when nobody names one.
    pub to_number: Option<String>,
    /// Who may call in.
    pub inbound: Inbound,
    /// What a caller hears first.
    pub greeting: String,
    /// What becomes of a call that nobody says otherwise of.
    pub mode: Mode,
    /// How long a notified person may still hear silence, ms.
    pub notify_hangup_ms: u64,
    /// Longest call from the answer, ms.
    pub max_duration_ms: u64,
    /// How long a tool waits for what a person says, ms.
    pub transcript_timeout_ms: u64,
    /// How long it may ring, ms.
    pub ring_timeout_ms: u64,
    /// How many calls there may be at one time.
    pub max_calls: usize,
    /// Where the provider's requests arrive.
    pub path: String,
    /// How the provider reaches that path; without it nobody can be called.
    pub public_url: Option<String>,
    /// Whether signatures are checked.
    pub signatures: Signatures,
    /// Who serves the audio.
    pub audio: Audio,
    /// What becomes of webhooks for calls that are not in the book.
    pub strangers: Strangers,
    /// The voice that the speech settings name.
    pub voice: Option<String>,
}

/// Who carries the calls, with what is needed to talk to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provider {
    /// Programmable Voice.
    Twilio(Account),
    /// Call Control.
    Telnyx(Telnyx),
    /// The Voice API.
    Plivo(Account),
    /// Nobody: events come as JSON, nothing goes out.
    Mock,
}

/// An account that is known by a user and a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account's id.
    pub id: String,
    /// The name of the secret that is its token.
    pub token: String,
    /// Where its API is, without a slash at the end.
    pub api: String,
}

/// An application of Telnyx's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telnyx {
    /// The name of the secret that is its key.
    pub key: String,
    /// The application's id.
    pub connection: String,
    /// What webhooks are signed for.
    pub public_key: PublicKey,
    /// Where its API is, without a slash at the end.
    pub api: String,
}

/// Where a public key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// Nowhere: nothing can be trusted.
    Absent,
    /// In the document.
    Text(String),
    /// Behind a name; it needs `reveal`.
    Secret(String),
}

/// Who may call in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inbound {
    /// Nobody.
    Disabled,
    /// These numbers, digits only.
    Listed(Vec<String>),
    /// Everybody.
    Open,
}

/// What an outbound call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To say one thing and hang up.
    Notify,
    /// To talk.
    Conversation,
}

/// Whether signatures are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatures {
    /// They are.
    Checked,
    /// The operator has turned that off, for a test bench.
    Skipped,
}

/// Who serves the audio of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audio {
    /// The provider speaks and listens.
    Provider,
    /// A media stream; that is the legacy's, and so are its calls.
    Stream,
}

/// What becomes of webhooks for calls that are not in the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strangers {
    /// They are answered as the legacy would, which changes nothing.
    Answered,
    /// They are the legacy's: it has calls of its own.
    Passed,
}

impl Mode {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notify => "notify",
            Self::Conversation => "conversation",
        }
    }

    /// What the word means.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "notify" => Some(Self::Notify),
            "conversation" => Some(Self::Conversation),
            _ => None,
        }
    }
}

impl Provider {
    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Twilio(_) => "twilio",
            Self::Telnyx(_) => "telnyx",
            Self::Plivo(_) => "plivo",
            Self::Mock => "mock",
        }
    }
}

impl Settings {
    /// Reads the document, JSON text. All its faults are reported, not the first.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let document = serde_json::from_str(text)
            .map_err(|error| vec![(String::new(), format!("not JSON: {error}"))])?;
        let mut reader = Reader {
            document,
            faults: Vec::new(),
        };
        let settings = reader.settings();
        match reader.faults.is_empty() {
            true => Ok(settings),
            false => Err(reader.faults),
        }
    }
}

/// Digits of a number, which is how two ways of writing it are compared.
pub fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

struct Reader {
    document: Value,
    faults: Vec<Fault>,
}

impl Reader {
    fn settings(&mut self) -> Settings {
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
        let fault = match url::Url::parse(&text) {
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
        if url::Url::parse(&text).is_err() {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        Settings::parse(text)
            .expect_err("faulty")
            .into_iter()
            .map(|(path, _)| path)
            .collect()
    }

    #[test]
    fn an_empty_document_is_a_mock_that_takes_no_calls() {
        let settings = Settings::parse("{}").expect("settings");
        assert_eq!(settings.provider, Provider::Mock);
        assert_eq!(settings.inbound, Inbound::Disabled);
        assert_eq!(settings.path, "/voice/webhook");
        assert_eq!(settings.max_duration_ms, 300_000);
        assert_eq!(settings.max_calls, 1);
        assert_eq!(settings.mode, Mode::Notify);
        assert_eq!(settings.signatures, Signatures::Checked);
    }

    #[test]
    fn every_fault_is_reported_once() {
        let text = r#"{"provider":"twilio","toNumber":"5","maxDurationSeconds":0,"publicUrl":"x","inboundPolicy":"some"}"#;
        assert_eq!(
            faults(text),
            [
                "twilio.accountSid",
                "fromNumber",
                "toNumber",
                "inboundPolicy",
                "maxDurationSeconds",
                "publicUrl"
            ]
        );
        assert_eq!(faults("nonsense"), [""]);
        assert_eq!(
            faults(r#"{"enabled":"yes","serve":{"path":"x"}}"#),
            ["enabled", "serve.path"]
        );
    }

    #[test]
    fn a_plugin_that_is_off_needs_no_account() {
        let settings = Settings::parse(r#"{"enabled":false,"provider":"twilio"}"#);
        assert!(!settings.expect("settings").enabled);
    }

    #[test]
    fn secrets_go_by_the_names_of_their_grants() {
        let text = r#"{"provider":"telnyx","fromNumber":"+15550001234","telnyx":{
            "apiKey":{"$secret":"mine"},"connectionId":"c","publicKey":{"$redacted":true}}}"#;
        let Provider::Telnyx(telnyx) = Settings::parse(text).expect("settings").provider else {
            panic!("telnyx");
        };
        assert_eq!(telnyx.key, "mine");
        assert_eq!(
            telnyx.public_key,
            PublicKey::Secret("telnyx-public-key".into())
        );
        assert_eq!(telnyx.api, "https://api.telnyx.com");
    }

    #[test]
    fn the_listed_are_compared_by_their_digits() {
        let text = r#"{"inboundPolicy":"allowlist","allowFrom":["+1555000123","+49301234"]}"#;
        assert_eq!(
            Settings::parse(text).expect("settings").inbound,
            Inbound::Listed(vec!["1555000123".into(), "49301234".into()])
        );
        assert_eq!(
            faults(r#"{"inboundPolicy":"allowlist","allowFrom":["+0"]}"#),
            ["allowFrom.0"]
        );
    }
}
