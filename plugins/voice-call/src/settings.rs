//! What the operator wrote, checked.
//!
//! It must not know the host: the document comes in as JSON, with the names of secrets where their values stood. The
//! surprise: a Telnyx public key is no secret, yet legacies mark it as one, so it may be a name here as well.

mod reader;

use self::reader::Reader;

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
        let mut reader = Reader::new(document);
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
