//! What can be done with calls: make one, speak into it, listen, end it.
//!
//! It must not know who asks. The surprise: an instance lives for one request only, so whoever waits for an answer of
//! the person looks into the book again and again, where another instance writes it.

use serde_json::{Map, Value};

use crate::book::{Book, Entry, Places};
use crate::call::{Call, Direction, Speaker, State};
use crate::outside::{Note, Order, Outside, Trouble};
use crate::provider::{self, Dial, Leg, Requested};
use crate::settings::{Mode, Provider, Settings};
use crate::xml;

/// How long past its last possible minute a call stays in the book, ms.
const GRACE: u64 = 5 * 60 * 1000;

/// How often whoever waits looks again, ms.
const LOOK: u64 = 400;

/// The desk at which one request is served.
#[derive(Debug)]
pub struct Desk<'a, O> {
    /// The host.
    pub outside: &'a O,
    /// What the operator wrote.
    pub settings: &'a Settings,
    /// The request's id, the same when it is repeated.
    pub task: &'a str,
    /// When the host gives up on it, Unix ms.
    pub deadline: u64,
}

impl<'a, O: Outside> Desk<'a, O> {
    /// Makes a call; its id.
    pub fn make(
        &self,
        to: &str,
        message: Option<&str>,
        mode: Option<Mode>,
    ) -> Result<String, Trouble> {
        let mode = mode.unwrap_or(self.settings.mode);
        let entry = self.outbound(to, message, mode)?;
        let id = entry.call.call_id.clone();
        let most = self.settings.max_calls;
        if !self.book().open(&entry, Places::Limited(most))? {
            let message = format!("Maximum concurrent calls ({most}) reached");
            return Err(Trouble::lasting(message));
        }
        match self.dial(&entry) {
            Ok(provider_call_id) => self.dialled(&id, provider_call_id)?,
            Err(trouble) => {
                self.strike(&id, State::Failed)?;
                return Err(trouble);
            }
        }
        Ok(id)
    }

    fn outbound(&self, to: &str, message: Option<&str>, mode: Mode) -> Result<Entry, Trouble> {
        let mock = self.settings.provider == Provider::Mock;
        let webhook = self.settings.public_url.clone();
        if webhook.is_none() && !mock {
            return Err("Webhook URL not configured".into());
        }
        let from = match &self.settings.from_number {
            Some(from) => from.clone(),
            None if mock => "+15550000000".into(),
            None => return Err("fromNumber not configured".into()),
        };
        let mut metadata = Map::new();
        if let Some(message) = message {
            metadata.insert("initialMessage".into(), message.into());
        }
        metadata.insert("mode".into(), mode.as_str().into());
        let voice = xml::voice(self.settings.voice.as_deref());
        let twilio = matches!(self.settings.provider, Provider::Twilio(_));
        Ok(Entry {
            notice: message
                .filter(|_| twilio && mode == Mode::Notify)
                .map(|message| xml::notify(message, voice)),
            webhook,
            ..self.blank(Direction::Outbound, State::Initiated, from, to, metadata)
        })
    }

    /// A call that has come in.
    pub fn inbound(&self, provider_call_id: &str, from: &str, to: &str, webhook: &str) -> Entry {
        let mut metadata = Map::new();
        let greeting = self.settings.greeting.as_str();
        metadata.insert("initialMessage".into(), greeting.into());
        let from = from.to_owned();
        let mut entry = self.blank(Direction::Inbound, State::Ringing, from, to, metadata);
        entry.call.provider_call_id = Some(provider_call_id.to_owned());
        entry.webhook = Some(webhook.to_owned());
        entry
    }

    fn blank(
        &self,
        direction: Direction,
        state: State,
        from: String,
        to: &str,
        metadata: Map<String, Value>,
    ) -> Entry {
        let now = self.outside.now();
        let longest = self.settings.ring_timeout_ms + self.settings.max_duration_ms;
        Entry {
            call: Call {
                call_id: self.outside.unique(),
                provider: self.settings.provider.as_str().into(),
                direction,
                state,
                from,
                to: to.to_owned(),
                started_at: now,
                transcript: Vec::new(),
                processed_event_ids: Vec::new(),
                metadata,
                provider_call_id: None,
                answered_at: None,
                ended_at: None,
                end_reason: None,
            },
            until: now.saturating_add(longest).saturating_add(GRACE),
            webhook: None,
            notice: None,
            words: None,
            request: None,
            heard: 0,
            listener: None,
        }
    }

    fn dial(&self, entry: &Entry) -> Result<String, Trouble> {
        let dial = Dial {
            call_id: &entry.call.call_id,
            from: &entry.call.from,
            to: &entry.call.to,
            webhook: entry.webhook.as_deref().unwrap_or_default(),
            ring_ms: self.settings.ring_timeout_ms,
        };
        match provider::dial(self.settings, dial) {
            None => Ok(format!("mock-{}", entry.call.call_id)),
            Some(ask) => {
                let answer = self.outside.send(&ask)?;
                Ok(provider::dialled(self.settings, &answer)?)
            }
        }
    }

    /// The first webhook may have come before the answer did, with a better id.
    fn dialled(&self, id: &str, provider_call_id: String) -> Result<(), Trouble> {
        let plivo = matches!(self.settings.provider, Provider::Plivo(_));
        self.book().change(id, |entry| {
            entry.request = plivo.then(|| provider_call_id.clone());
            let known = entry.call.provider_call_id.take();
            entry.call.provider_call_id = known.or_else(|| Some(provider_call_id.clone()));
        })?;
        Ok(())
    }

    /// Says something.
    pub fn speak(&self, id: &str, text: &str) -> Result<(), Trouble> {
        let entry = self.say_soon(id, text, State::Speaking)?;
        let asked = provider::speak(self.settings, self.leg(&entry)?, text)?;
        if let Some(ask) = asked {
            self.outside.send(&ask)?;
        }
        self.said(&entry.call.call_id, text)
    }

    /// Says something and waits for what the person answers.
    pub fn converse(&self, id: &str, text: &str) -> Result<String, Trouble> {
        let entry = self.say_soon(id, text, State::Listening)?;
        for ask in provider::converse(self.settings, self.leg(&entry)?, text)? {
            self.outside.send(&ask)?;
        }
        self.said(&entry.call.call_id, text)?;
        let heard = self.wait(&entry)?;
        // It has been heard; that the ear stays open is no reason to keep it back.
        if let Some(ask) = provider::stop_listening(self.settings, self.leg(&entry)?) {
            let _ = self.outside.send(&ask);
        }
        Ok(heard)
    }

    fn wait(&self, since: &Entry) -> Result<String, Trouble> {
        let id = &since.call.call_id;
        let patience = self.settings.transcript_timeout_ms;
        let end = self.outside.now().saturating_add(patience);
        let end = end.min(self.deadline.saturating_sub(2 * LOOK));
        while self.outside.now() < end {
            self.outside.pause(LOOK)?;
            let Some(entry) = self.book().find(id)? else {
                let reason = self.book().gone(id)?.unwrap_or(State::Completed);
                return Err(Trouble::lasting(format!("Call ended: {}", reason.as_str())));
            };
            if entry.heard > since.heard {
                return Ok(last_heard(&entry.call));
            }
            if entry.listener != since.listener {
                return Err("Transcript waiter replaced".into());
            }
        }
        let message = format!("Timed out waiting for transcript after {patience}ms");
        Err(Trouble::lasting(message))
    }

    fn say_soon(&self, id: &str, text: &str, state: State) -> Result<Entry, Trouble> {
        let entry = self.connected(id)?;
        let plivo = matches!(self.settings.provider, Provider::Plivo(_));
        let changed = self.book().change(&entry.call.call_id, |entry| {
            entry.call.reach(state);
            entry.words = plivo.then(|| text.to_owned());
            if state == State::Listening {
                entry.listener = Some(self.task.to_owned());
            }
        })?;
        let (entry, ()) = changed.ok_or("Call has ended")?;
        Ok(entry)
    }

    fn said(&self, id: &str, text: &str) -> Result<(), Trouble> {
        let now = self.outside.now();
        self.book()
            .change(id, |entry| entry.call.say(Speaker::Bot, text, now))?;
        Ok(())
    }

    /// Ends a call.
    pub fn end(&self, id: &str) -> Result<(), Trouble> {
        let entry = self.connected(id)?;
        for ask in provider::hang_up(self.settings, self.leg(&entry)?) {
            self.outside.send(&ask)?;
        }
        self.strike(&entry.call.call_id, State::HangupBot)
    }

    /// The call of that id, ours or the provider's, while it is on.
    pub fn look(&self, id: &str) -> Result<Option<Call>, Trouble> {
        Ok(self.book().find(id)?.map(|entry| entry.call))
    }

    /// Writes down that a call is over.
    pub fn strike(&self, id: &str, reason: State) -> Result<(), Trouble> {
        let now = self.outside.now();
        let changed = self
            .book()
            .change(id, |entry| entry.call.end(reason, now))?;
        match changed {
            Some((entry, ())) => self.struck(&entry),
            None => Ok(()),
        }
    }

    /// Clears up after a call that has been written down as over.
    pub fn struck(&self, entry: &Entry) -> Result<(), Trouble> {
        let id = &entry.call.call_id;
        for name in [limit(id), farewell(id)] {
            self.outside.disarm(&name)?;
        }
        self.book().close(entry)?;
        let reason = entry.call.end_reason.unwrap_or(State::Completed);
        let message = format!("the call has ended: {}", reason.as_str());
        self.outside.note(Note::Plain, &message, id);
        Ok(())
    }

    /// Carries out what was put off.
    pub fn carry_out(&self, order: &Order) -> Result<(), Trouble> {
        let (id, done) = match order {
            Order::Greet { call_id, text } => (call_id, self.greet(call_id, text)),
            Order::HangUp { call_id } => (call_id, self.end(call_id)),
        };
        match (done, self.book().find(id)?) {
            (Err(trouble), Some(_)) => Err(trouble),
            // A call that is over needs nothing any more.
            _ => Ok(()),
        }
    }

    fn greet(&self, id: &str, text: &str) -> Result<(), Trouble> {
        self.speak(id, text)?;
        let Some(call) = self.look(id)? else {
            return Ok(());
        };
        if call.metadata.get("mode").and_then(Value::as_str) != Some(Mode::Notify.as_str()) {
            return Ok(());
        }
        let at = self.outside.now() + self.settings.notify_hangup_ms;
        let order = Order::HangUp { call_id: id.into() };
        self.outside.arm(&farewell(id), at, &order)
    }

    fn connected(&self, id: &str) -> Result<Entry, Trouble> {
        let entry = self.book().find(id)?.ok_or("Call not found")?;
        match entry.call.provider_call_id {
            Some(_) => Ok(entry),
            None => Err("Call not connected".into()),
        }
    }

    fn leg<'e>(&self, entry: &'e Entry) -> Result<Leg<'e>, Trouble>
    where
        'a: 'e,
    {
        let provider_call_id = entry.call.provider_call_id.as_deref();
        let provider_call_id = provider_call_id.ok_or("Call not connected")?;
        Ok(Leg {
            call_id: &entry.call.call_id,
            provider_call_id,
            requested: match entry.request.as_deref() == Some(provider_call_id) {
                true => Requested::Still,
                false => Requested::No,
            },
            webhook: entry.webhook.as_deref(),
            command: self.task,
        })
    }

    /// The book of calls.
    pub fn book(&self) -> Book<'a, O> {
        Book(self.outside)
    }
}

/// The timer of the longest time a call may take.
pub fn limit(id: &str) -> String {
    format!("limit/{id}")
}

/// The timer of the time a notified person has left.
fn farewell(id: &str) -> String {
    format!("farewell/{id}")
}

fn last_heard(call: &Call) -> String {
    let mut lines = call.transcript.iter().rev();
    lines
        .find(|line| line.speaker == Speaker::User)
        .map(|line| line.text.clone())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Kind};
    use crate::form::Form;
    use crate::outside::Again;
    use crate::outside::bench::{Bench, desk, settings};

    const TWILIO: &str = r#"{"provider":"twilio","fromNumber":"+15550000000","publicUrl":"https://e.com/v",
        "twilio":{"accountSid":"AC1","authToken":"t"}}"#;
    const TELNYX: &str = r#"{"provider":"telnyx","fromNumber":"+15550000000","publicUrl":"https://e.com/v",
        "telnyx":{"apiKey":"k","connectionId":"c"}}"#;
    const PLIVO: &str = r#"{"provider":"plivo","fromNumber":"+15550000000","publicUrl":"https://e.com/v",
        "plivo":{"authId":"MA1","authToken":"t"},"maxConcurrentCalls":2}"#;

    fn report(bench: &Bench, settings: &Settings, id: &str, call_id: &str, kind: Kind) {
        let event = Event {
            id: id.into(),
            call_id: call_id.into(),
            provider_call_id: None,
            timestamp: bench.now(),
            direction: None,
            from: None,
            to: None,
            kind,
        };
        let taken = desk(bench, settings).take(&event, "https://e.com/v");
        taken.expect("taken");
    }

    fn made(bench: &Bench, settings: &Settings, answer: &str) -> String {
        bench.answers(Ok(answer));
        let made = desk(bench, settings).make("+15551", Some("Hi & bye"), None);
        made.expect("a call")
    }

    fn message<T: std::fmt::Debug>(result: Result<T, Trouble>) -> String {
        result.expect_err("trouble").message
    }

    #[test]
    fn a_notice_waits_for_twilio_to_fetch_it() {
        let (bench, settings) = (Bench::new(), settings(TWILIO));
        let id = made(&bench, &settings, r#"{"sid":"CA1","status":"queued"}"#);
        let entry = Book(&bench).find("CA1").expect("a book").expect("a call");
        let notice = entry.notice.expect("a notice");
        assert!(notice.contains("<Say voice=\"Polly.Joanna\">Hi &amp; bye</Say>"));
        assert!(notice.contains("<Hangup/>"));
        assert_eq!(entry.call.call_id, id);
        assert_eq!(entry.call.state, State::Initiated);
        let talk = desk(&bench, &settings).outbound("+1", Some("x"), Mode::Conversation);
        assert_eq!(talk.expect("a call").notice, None);
    }

    #[test]
    fn there_are_so_many_calls_at_one_time_and_failed_ones_do_not_count() {
        let (bench, settings) = (Bench::new(), settings(TWILIO));
        bench.answers(Err(Trouble::lasting("Twilio API error: 400 no")));
        let refused = desk(&bench, &settings).make("+1", None, None);
        assert_eq!(message(refused), "Twilio API error: 400 no");
        made(&bench, &settings, r#"{"sid":"CA1"}"#);
        let second = desk(&bench, &settings).make("+1", None, None);
        assert_eq!(message(second), "Maximum concurrent calls (1) reached");
        assert_eq!(bench.sent.borrow().len(), 2);
    }

    #[test]
    fn nobody_is_called_without_a_way_back() {
        let (bench, settings) = (
            Bench::new(),
            settings(&TWILIO.replace("publicUrl", "unused")),
        );
        let refused = desk(&bench, &settings).make("+1", None, None);
        assert_eq!(message(refused), "Webhook URL not configured");
    }

    #[test]
    fn words_are_sent_to_twilio_with_an_ear() {
        let (bench, settings) = (Bench::new(), settings(TWILIO));
        let id = made(&bench, &settings, r#"{"sid":"CA1"}"#);
        desk(&bench, &settings).speak(&id, "Hello").expect("spoken");
        let body = Form::parse(bench.last_body().as_bytes());
        let twiml = body.get("Twiml").expect("a document");
        assert!(
            twiml.contains(">Hello</Say>") && twiml.contains("<Gather"),
            "{twiml}"
        );
        let call = desk(&bench, &settings).look(&id).expect("a book");
        let call = call.expect("a call");
        assert_eq!(call.state, State::Speaking);
        assert_eq!(call.transcript[0].text, "Hello");
    }

    #[test]
    fn words_wait_for_plivo() {
        let (bench, settings) = (Bench::new(), settings(PLIVO));
        let id = made(&bench, &settings, r#"{"request_uuid":"r"}"#);
        desk(&bench, &settings).speak(&id, "Hello").expect("spoken");
        assert!(bench.last_body().contains("flow=xml-speak&callId=id-1"));
        let entry = Book(&bench).find(&id).expect("a book").expect("a call");
        assert_eq!(entry.words.as_deref(), Some("Hello"));
        desk(&bench, &settings).end(&id).expect("ended");
        assert_eq!(bench.urls().len(), 4, "a request is taken back as both");
    }

    #[test]
    fn who_converses_hears_the_answer() {
        let (bench, settings) = (Bench::new(), settings(TELNYX));
        let id = made(&bench, &settings, r#"{"data":{"call_control_id":"v3:x"}}"#);
        let (call_id, own) = (id.clone(), settings.clone());
        let answer = move |bench: &Bench| {
            for (id, done) in [("1", false), ("2", true)] {
                let text = "yes please".into();
                report(bench, &own, id, &call_id, Kind::Speech { text, done });
            }
        };
        bench.meanwhile.borrow_mut().push_back(Box::new(|_| {}));
        bench.meanwhile.borrow_mut().push_back(Box::new(answer));
        let heard = desk(&bench, &settings).converse(&id, "Well?");
        assert_eq!(heard, Ok("yes please".into()));
        let urls = bench.urls();
        let actions: Vec<_> = urls
            .iter()
            .filter_map(|url| url.split('/').nth(7))
            .collect();
        assert_eq!(
            actions,
            ["speak", "transcription_start", "transcription_stop"]
        );
    }

    #[test]
    fn who_waits_is_told_of_the_end_of_the_time_and_of_somebody_else() {
        let (bench, settings) = (Bench::new(), settings(TELNYX));
        let id = made(&bench, &settings, r#"{"data":{"call_control_id":"v3:x"}}"#);
        let converse = || message(desk(&bench, &settings).converse(&id, "Well?"));
        assert_eq!(
            converse(),
            "Timed out waiting for transcript after 180000ms"
        );

        let other = id.clone();
        let replace = move |bench: &Bench| {
            let changed = Book(bench).change(&other, |entry| entry.listener = Some("x".into()));
            changed.expect("a book");
        };
        bench.meanwhile.borrow_mut().push_back(Box::new(replace));
        assert_eq!(converse(), "Transcript waiter replaced");

        let (own, call_id) = (settings.clone(), id.clone());
        let end = move |bench: &Bench| {
            report(bench, &own, "9", &call_id, Kind::Ended(State::NoAnswer));
        };
        bench.meanwhile.borrow_mut().push_back(Box::new(end));
        assert_eq!(converse(), "Call ended: no-answer");
        assert_eq!(converse(), "Call not found");
    }

    #[test]
    fn nobody_waits_longer_than_the_host() {
        let (bench, settings) = (Bench::new(), settings(TELNYX));
        let id = made(&bench, &settings, r#"{"data":{"call_control_id":"v3:x"}}"#);
        let mut desk = desk(&bench, &settings);
        desk.deadline = bench.now() + 10_000;
        let before = bench.now();
        message(desk.converse(&id, "Well?"));
        assert!(bench.now() < before + 10_000);
    }

    #[test]
    fn a_call_that_cannot_be_ended_is_still_on() {
        let (bench, settings) = (Bench::new(), settings(TWILIO));
        let id = made(&bench, &settings, r#"{"sid":"CA1"}"#);
        bench.answers(Err(Trouble::passing("away")));
        assert_eq!(message(desk(&bench, &settings).end(&id)), "away");
        desk(&bench, &settings).end(&id).expect("ended");
        assert_eq!(message(desk(&bench, &settings).end(&id)), "Call not found");
    }

    #[test]
    fn a_notified_person_has_some_time_left() {
        let (bench, settings) = (Bench::new(), settings(TELNYX));
        let id = made(&bench, &settings, r#"{"data":{"call_control_id":"v3:x"}}"#);
        let text = "Hi & bye".into();
        let greet = Order::Greet {
            call_id: id.clone(),
            text,
        };
        desk(&bench, &settings).carry_out(&greet).expect("greeted");
        let (at, order) = bench.timers.borrow()[&farewell(&id)].clone();
        assert_eq!(at, bench.now() + 3000);
        desk(&bench, &settings).carry_out(&order).expect("ended");
        assert!(bench.urls()[2].ends_with("/actions/hangup"));
        assert!(bench.timers.borrow().is_empty());
        desk(&bench, &settings)
            .carry_out(&order)
            .expect("nothing to do");
    }

    #[test]
    fn an_order_that_fails_for_now_says_so() {
        let (bench, settings) = (Bench::new(), settings(TWILIO));
        let call_id = made(&bench, &settings, r#"{"sid":"CA1"}"#);
        bench.answers(Err(Trouble::passing("away")));
        let failed = desk(&bench, &settings).carry_out(&Order::HangUp { call_id });
        assert_eq!(failed.expect_err("trouble").again, Again::Later);
    }

    #[test]
    fn a_mock_calls_nobody() {
        let (bench, settings) = (Bench::new(), settings("{}"));
        let id = made(&bench, &settings, "unused");
        let call = desk(&bench, &settings).look(&format!("mock-{id}"));
        assert_eq!(call.expect("a book").expect("a call").from, "+15550000000");
        assert!(bench.sent.borrow().is_empty());
    }
}
