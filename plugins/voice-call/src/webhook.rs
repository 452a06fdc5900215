//! From a request to its answer: where it came, whether it is believed, what it says, what is said back.
//!
//! It must not leak why a request is not believed. The surprise: once it is believed it is answered even if the book
//! cannot be written, because a provider that hears of an error plays it to the person on the line.

use url::Url;

use crate::address;
use crate::book::Entry;
use crate::desk::Desk;
use crate::event::{Event, Stamp};
use crate::form::Form;
use crate::outside::{Note, Order, Outside, Trouble};
use crate::provider;
use crate::reading::{Answer, Incoming, Reading, Reply};
use crate::settings::{Audio, Provider, PublicKey, Settings, Signatures, Strangers};
use crate::signature::{self, Distrust, Headers, Key, Signed};
use crate::xml;

/// A request as the host hands it over.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Upper case.
    pub method: &'a str,
    /// As received.
    pub path: &'a str,
    /// Without its mark.
    pub query: Option<&'a str>,
    /// In wire order.
    pub headers: &'a [(String, String)],
    /// As received.
    pub body: &'a [u8],
    /// The address as the host knows it.
    pub public_url: &'a str,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is answered, then the orders are carried out.
    Answer(Answer, Vec<Order>),
    /// It is the legacy's.
    Pass,
}

impl<O: Outside> Desk<'_, O> {
    /// Serves a request.
    pub fn serve(&self, request: Request<'_>) -> Result<Outcome, Trouble> {
        if !self.settings.enabled || self.settings.audio == Audio::Stream {
            return Ok(Outcome::Pass);
        }
        if let Some(refusal) = misplaced(self.settings, request) {
            return Ok(Outcome::Answer(refusal, Vec::new()));
        }
        let headers = Headers::new(request.headers);
        let own = self.settings.public_url.as_deref();
        let seen = address::seen(own, request.public_url, request.path, request.query);
        let Some(url) = seen else {
            return Err(Trouble::lasting("the host names no address"));
        };
        let signed = Signed {
            url: &url,
            headers: &headers,
            body: request.body,
        };
        if let Err(distrust) = self.believe(signed)? {
            let message = format!("a webhook is not believed: {distrust}");
            self.outside.note(Note::Odd, &message, "");
            let refusal = Answer::word(401, "Unauthorized");
            return Ok(Outcome::Answer(refusal, Vec::new()));
        }
        Ok(self.believed(request, &headers, &url))
    }

    fn believe(&self, signed: Signed<'_>) -> Result<Result<(), Distrust>, Trouble> {
        let skipped = self.settings.signatures == Signatures::Skipped;
        match &self.settings.provider {
            Provider::Mock => Ok(Ok(())),
            Provider::Telnyx(telnyx) => match self.public_key(&telnyx.public_key)? {
                None if skipped => Ok(Ok(())),
                None => Ok(Err(Distrust::Keyless)),
                Some(text) => Ok(Key::parse(&text)
                    .and_then(|key| signature::telnyx(signed, &key, self.outside.now()))),
            },
            _ if skipped => Ok(Ok(())),
            Provider::Twilio(account) => {
                signature::twilio(signed, &self.outside.secret(&account.token)?)
            }
            Provider::Plivo(account) => {
                signature::plivo(signed, &self.outside.secret(&account.token)?)
            }
        }
    }

    fn public_key(&self, key: &PublicKey) -> Result<Option<String>, Trouble> {
        match key {
            PublicKey::Absent => Ok(None),
            PublicKey::Text(text) => Ok(Some(text.clone())),
            PublicKey::Secret(name) => self.outside.reveal(name).map(Some),
        }
    }

    fn believed(&self, request: Request<'_>, headers: &Headers, url: &Url) -> Outcome {
        let query = Form::parse(request.query.unwrap_or_default().as_bytes());
        let base = address::base(url);
        let incoming = Incoming {
            query: &query,
            headers,
            body: request.body,
            base: &base,
        };
        let stamp = Stamp {
            now: self.outside.now(),
            id: self.task.to_owned(),
        };
        let reading = provider::read(self.settings, incoming, &stamp);
        if self.stranger(incoming, &reading) {
            return Outcome::Pass;
        }
        let taken = reading.events.iter().map(|event| self.taken(event, &base));
        let orders = taken.flatten().collect();
        Outcome::Answer(self.answer(reading.reply), orders)
    }

    fn taken(&self, event: &Event, base: &str) -> Option<Order> {
        self.take(event, base).unwrap_or_else(|trouble| {
            let message = format!("an event is lost: {trouble}");
            self.outside.note(Note::Odd, &message, &event.call_id);
            None
        })
    }

    /// Whether the legacy has made this call. Nobody else writes ids of ours into addresses.
    fn stranger(&self, incoming: Incoming<'_>, reading: &Reading) -> bool {
        if self.settings.strangers == Strangers::Answered {
            return false;
        }
        let named = reading.events.first().map(|event| event.call_id.as_str());
        let Some(id) = incoming.call_id().or(named) else {
            return false;
        };
        let inbound = reading.events.iter().any(|event| event.direction.is_some())
            && incoming.call_id().is_none();
        let known = |id| {
            let found = self.book().find(id);
            matches!(found, Err(_) | Ok(Some(_))) || matches!(self.book().gone(id), Ok(Some(_)))
        };
        !inbound && !known(id)
    }

    fn answer(&self, reply: Reply) -> Answer {
        match reply {
            Reply::Plain(answer) => answer,
            Reply::Notice { call_id, otherwise } => {
                let notice = self.fetched(&call_id, |entry| entry.notice.take());
                let document = notice.unwrap_or_else(|| otherwise.to_owned());
                Answer::document(xml::TWIML, document)
            }
            Reply::Speak { call_id } => {
                let words = self.fetched(&call_id, |entry| entry.words.take());
                let document = words.map_or_else(|| xml::WAIT.to_owned(), |text| xml::speak(&text));
                Answer::document(xml::PLIVO, document)
            }
            Reply::Listen { call_id, action } => {
                let words = self.fetched(&call_id, |entry| entry.words.take());
                Answer::document(xml::PLIVO, xml::get_input(&action, words.as_deref()))
            }
        }
    }

    fn fetched(&self, id: &str, take: impl FnMut(&mut Entry) -> Option<String>) -> Option<String> {
        let (_, taken) = self.book().change(id, take).ok()??;
        taken
    }
}

/// The answer to a request that is at the wrong door or knocks in the wrong way.
fn misplaced(settings: &Settings, request: Request<'_>) -> Option<Answer> {
    if !request.path.starts_with(&settings.path) {
        return Some(Answer::word(404, "Not Found"));
    }
    (request.method != "POST").then(|| Answer::word(405, "Method Not Allowed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outside::bench::{Bench, desk, settings};
    use crate::signature::Digest;
    use crate::signature::{Keyed as _, testing::Secret};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    const TWILIO: &str = r#"{"provider":"twilio","fromNumber":"+15550000000","publicUrl":"https://e.com/x",
        "twilio":{"accountSid":"AC1","authToken":"t"}}"#;
    const TELNYX: &str = r#"{"provider":"telnyx","fromNumber":"+15550000000","publicUrl":"https://e.com/x",
        "telnyx":{"apiKey":"k","connectionId":"c"}}"#;
    const PLIVO: &str = r#"{"provider":"plivo","fromNumber":"+15550000000","publicUrl":"https://e.com/x",
        "plivo":{"authId":"MA1","authToken":"t"}}"#;
    const PATH: &str = "/voice/webhook";

    fn request<'a>(query: Option<&'a str>, body: &'a str) -> Request<'a> {
        Request {
            method: "POST",
            path: PATH,
            query,
            headers: &[],
            body: body.as_bytes(),
            public_url: "http://127.0.0.1:3334/voice/webhook",
        }
    }

    fn served(bench: &Bench, document: &str, request: Request<'_>) -> (u16, String) {
        let outcome = desk(bench, &settings(document)).serve(request);
        match outcome.expect("an outcome") {
            Outcome::Answer(answer, _) => (answer.status, answer.body),
            Outcome::Pass => (0, "passed".into()),
        }
    }

    fn twilio(bench: &Bench, document: &str, query: Option<&str>, body: &str) -> (u16, String) {
        let mark = if query.is_some() { "?" } else { "" };
        let url = format!("https://e.com{PATH}{mark}{}", query.unwrap_or_default());
        let fields = Form::parse(body.as_bytes());
        let fields: String = fields
            .by_name()
            .into_iter()
            .map(|(n, v)| format!("{n}{v}"))
            .collect();
        let Ok(digest) = Secret("token").digest(Digest::Sha1, format!("{url}{fields}").as_bytes());
        let headers = [("X-Twilio-Signature".into(), STANDARD.encode(digest))];
        let request = Request {
            headers: &headers,
            ..request(query, body)
        };
        served(bench, document, request)
    }

    fn word(status: u16, word: &str) -> (u16, String) {
        (status, word.to_owned())
    }

    #[test]
    fn the_wrong_door_and_the_wrong_way_to_knock() {
        let bench = Bench::new();
        let at = |path, method| {
            let request = Request {
                path,
                method,
                ..request(None, "{}")
            };
            served(&bench, "{}", request)
        };
        assert_eq!(at("/voice", "POST"), word(404, "Not Found"));
        assert_eq!(at("/voice/webhook", "GET"), word(405, "Method Not Allowed"));
        assert_eq!(at("/voice/webhooks/any", "POST"), word(200, "OK"));
        assert_eq!(at("/other", "GET"), word(404, "Not Found"));
    }

    #[test]
    fn nothing_is_believed_without_a_signature() {
        let bench = Bench::new();
        for document in [TWILIO, TELNYX, PLIVO] {
            let refused = served(&bench, document, request(None, "CallSid=1"));
            assert_eq!(refused, word(401, "Unauthorized"));
            let open = document.replacen('{', r#"{"skipSignatureVerification":true,"#, 1);
            assert_ne!(served(&bench, &open, request(None, "{}")).0, 401);
        }
        assert!(bench.keys("", 9).expect("keys").is_empty());
        assert!(bench.notes.borrow()[1].contains("no public key"));
    }

    #[test]
    fn a_key_that_telnyx_has_is_checked_even_where_nothing_must_be() {
        let text = TELNYX.replacen('{', r#"{"skipSignatureVerification":true,"#, 1);
        let text = text.replace(r#""c"}"#, r#""c","publicKey":"AAAA"}"#);
        let refused = served(&Bench::new(), &text, request(None, "{}"));
        assert_eq!(refused, word(401, "Unauthorized"));
    }

    #[test]
    fn the_hosts_and_the_clients_idea_of_the_address_do_not_matter() {
        let bench = Bench::new();
        let body = "CallStatus=in-progress&CallSid=CA1";
        assert_eq!(twilio(&bench, TWILIO, None, body), word(200, xml::PAUSE));
        let query = Some("callId=a%20b&type=status");
        assert_eq!(twilio(&bench, TWILIO, query, body), word(200, xml::EMPTY));
    }

    #[test]
    fn a_notice_is_heard_once() {
        let bench = Bench::new();
        bench.answers(Ok(r#"{"sid":"CA1"}"#));
        let made = desk(&bench, &settings(TWILIO)).make("+15551", Some("Hi"), None);
        let id = made.expect("a call");
        let query = format!("callId={id}");
        let body = "CallSid=CA1&CallStatus=in-progress&Direction=outbound-api";
        let status = format!("{query}&type=status");
        let fetch = |query: &str| twilio(&bench, TWILIO, Some(query), body).1;
        assert_eq!(fetch(&status), xml::EMPTY);
        assert!(fetch(&query).contains("<Say voice=\"Polly.Joanna\">Hi</Say>"));
        assert_eq!(fetch(&query), xml::PAUSE);
    }

    #[test]
    fn what_waits_for_plivo_is_fetched_once() {
        let bench = Bench::new();
        let document = PLIVO.replacen('{', r#"{"skipSignatureVerification":true,"#, 1);
        let own = settings(&document);
        bench.answers(Ok(r#"{"request_uuid":"r"}"#));
        let id = desk(&bench, &own).make("+1", None, None).expect("a call");
        desk(&bench, &own).speak(&id, "Hi").expect("spoken");
        let fetch = |flow: &str| {
            let query = format!("flow={flow}&callId={id}");
            served(&bench, &document, request(Some(&query), "CallUUID=u")).1
        };
        assert_eq!(fetch("xml-speak"), xml::speak("Hi"));
        assert_eq!(fetch("xml-speak"), xml::WAIT);
        let action = format!("https://e.com{PATH}?provider=plivo&flow=getinput&callId={id}");
        assert_eq!(fetch("xml-listen"), xml::get_input(&action, None));
    }

    #[test]
    fn streams_belong_to_the_legacy() {
        let bench = Bench::new();
        let passed = word(0, "passed");
        for document in [
            r#"{"streaming":{"enabled":true}}"#,
            r#"{"enabled":false,"provider":"twilio"}"#,
        ] {
            assert_eq!(served(&bench, document, request(None, "")), passed);
        }
    }

    #[test]
    fn calls_of_the_legacy_are_left_to_it_where_the_operator_says_so() {
        let bench = Bench::new();
        let document = TWILIO.replacen('{', r#"{"strangers":"pass","inboundPolicy":"open","#, 1);
        let own = settings(&document);
        let body = "CallSid=CA1&CallStatus=in-progress&Direction=outbound-api";
        let at = |query, body| twilio(&bench, &document, query, body);
        assert_eq!(at(Some("callId=theirs"), body), word(0, "passed"));
        let inbound = "CallSid=CA2&CallStatus=ringing&Direction=inbound";
        assert_eq!(at(None, inbound), word(200, xml::PAUSE));
        let made = desk(&bench, &own).make("+1", None, None);
        assert_eq!(
            made.expect_err("full").message,
            "Maximum concurrent calls (1) reached"
        );
        desk(&bench, &own).end("CA2").expect("ended");
        bench.answers(Ok(r#"{"sid":"CA1"}"#));
        let id = desk(&bench, &own).make("+1", None, None).expect("a call");
        let query = format!("callId={id}");
        assert_eq!(at(Some(&query), body), word(200, xml::PAUSE));
        let ended = "CallSid=CA1&CallStatus=completed&Direction=outbound-api";
        assert_eq!(at(Some(&query), ended).0, 200);
        assert_eq!(
            at(Some(&query), ended).0,
            200,
            "it is remembered for a while"
        );
    }

    proptest! {
        #[test]
        fn no_request_is_too_odd(path in ".{0,20}", query in prop::option::of(".{0,40}"), body in prop::collection::vec(any::<u8>(), 0..80),
            name in "[a-z-]{1,12}", value in ".{0,20}") {
            let bench = Bench::new();
            let headers = [(name, value)];
            for document in [TWILIO, TELNYX, PLIVO, "{}"] {
                let open = document.replacen('{', r#"{"skipSignatureVerification":true"#, 1);
                let open = open.replacen("true\"", "true,\"", 1);
                let request = Request {
                    method: "POST",
                    path: &format!("{PATH}{path}"),
                    query: query.as_deref(),
                    headers: &headers,
                    body: &body,
                    public_url: "http://127.0.0.1/",
                };
                let served = desk(&bench, &settings(&open)).serve(request);
                prop_assert!(served.is_ok());
            }
        }
    }
}
