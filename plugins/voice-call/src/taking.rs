//! Taking in what a provider reports.
//!
//! It must not answer. The surprise: nothing is asked of the provider here, because the provider waits for the answer;
//! what is to be asked is ordered for afterwards.

use crate::book::{Entry, fits};
use crate::call::{Direction, Speaker, State};
use crate::desk::{Desk, limit};
use crate::event::{Event, Kind};
use crate::outside::{Note, Order, Outside, Trouble};
use crate::settings::{Inbound, Provider, digits};

/// What an event did to a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Effect {
    answered: bool,
    greeting: Option<String>,
}

impl<O: Outside> Desk<'_, O> {
    /// Takes in an event; what is to be done because of it. `webhook` is where this call's webhooks come.
    pub fn take(&self, event: &Event, webhook: &str) -> Result<Option<Order>, Trouble> {
        let Some(id) = self.meant(event, webhook)? else {
            return Ok(None);
        };
        let greets = !matches!(self.settings.provider, Provider::Twilio(_));
        let changed = self
            .book()
            .change(&id, |entry| apply(entry, event, greets))?;
        let Some((entry, effect)) = changed else {
            return Ok(None);
        };
        if entry.call.state.is_over() {
            self.struck(&entry)?;
            return Ok(None);
        }
        if effect.answered {
            let at = self.outside.now() + self.settings.max_duration_ms;
            let order = Order::HangUp {
                call_id: id.clone(),
            };
            self.outside.arm(&limit(&id), at, &order)?;
        }
        let greet = |text| Order::Greet { call_id: id, text };
        Ok(effect.greeting.map(greet))
    }

    /// Our id of the call an event is about, which may be one that has just come in.
    fn meant(&self, event: &Event, webhook: &str) -> Result<Option<String>, Trouble> {
        if let Some(entry) = self.book().find(&event.call_id)? {
            return Ok(Some(entry.call.call_id));
        }
        let line = event.provider_call_id.as_deref().filter(|id| fits(id));
        let (Some(Direction::Inbound), Some(line)) = (event.direction, line) else {
            return Ok(None);
        };
        if self.book().gone(line)?.is_some() {
            return Ok(None);
        }
        let from = event.from.as_deref().unwrap_or("unknown");
        if !self.welcomes(event.from.as_deref()) {
            self.outside
                .note(Note::Odd, "an inbound call is not accepted", line);
            return Ok(None);
        }
        let own = self.settings.from_number.as_deref();
        let to = event.to.as_deref().or(own).unwrap_or("unknown");
        let entry = self.inbound(line, from, to, webhook);
        match self.book().admit(&entry)? {
            true => Ok(Some(entry.call.call_id)),
            false => Ok(self.book().find(line)?.map(|entry| entry.call.call_id)),
        }
    }

    /// Whether somebody may call in. The whole number must be listed: the legacy takes an end of it, and no number at
    /// all, for enough.
    fn welcomes(&self, from: Option<&str>) -> bool {
        let caller = digits(from.unwrap_or_default());
        match &self.settings.inbound {
            Inbound::Disabled => false,
            Inbound::Open => true,
            Inbound::Listed(listed) => !caller.is_empty() && listed.contains(&caller),
        }
    }
}

fn apply(entry: &mut Entry, event: &Event, greets: bool) -> Effect {
    let mut effect = Effect::default();
    if !event.id.is_empty() && fits(&event.id) && !entry.call.note(&event.id) {
        return effect;
    }
    if let Some(line) = event.provider_call_id.as_ref().filter(|id| fits(id)) {
        entry.call.provider_call_id = Some(line.clone());
    }
    match &event.kind {
        Kind::Reached(state) => {
            entry.call.reach(*state);
            if *state == State::Answered {
                effect.answered = entry.call.answered_at.is_none();
                entry.call.answered_at.get_or_insert(event.timestamp);
                effect.greeting = greets.then(|| first_words(entry)).flatten();
            }
        }
        Kind::Speech { text, done } => {
            if *done && !text.is_empty() {
                entry.call.say(Speaker::User, text, event.timestamp);
                entry.heard += 1;
            }
            entry.call.reach(State::Listening);
        }
        Kind::Ended(reason) => entry.call.end(*reason, event.timestamp),
        Kind::Failed { retryable: false } => entry.call.end(State::Error, event.timestamp),
        Kind::Failed { retryable: true } | Kind::Noise => {}
    }
    effect
}

/// Takes the first words out, so that they are said once.
fn first_words(entry: &mut Entry) -> Option<String> {
    let text = entry.call.first_words()?.to_owned();
    entry.call.metadata.remove("initialMessage");
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outside::bench::{Bench, desk, settings};
    use crate::settings::Settings;
    use serde_json::json;

    const OPEN: &str = r#"{"provider":"plivo","fromNumber":"+15550000000","publicUrl":"https://e.com/v",
        "plivo":{"authId":"MA1","authToken":"t"},"inboundPolicy":"open"}"#;

    fn event(id: &str, call_id: &str, kind: Kind) -> Event {
        Event {
            id: id.into(),
            call_id: call_id.into(),
            provider_call_id: Some("line".into()),
            timestamp: 5,
            direction: Some(Direction::Inbound),
            from: Some("+1 555".into()),
            to: None,
            kind,
        }
    }

    fn reached(id: &str, state: State) -> Event {
        event(id, "line", Kind::Reached(state))
    }

    fn take(bench: &Bench, settings: &Settings, event: &Event) -> Option<Order> {
        let taken = desk(bench, settings).take(event, "https://e.com/v");
        taken.expect("taken")
    }

    fn call(bench: &Bench, settings: &Settings) -> Option<serde_json::Value> {
        let call = desk(bench, settings).look("line").expect("a book")?;
        Some(json!(call))
    }

    #[test]
    fn a_call_comes_in_is_greeted_once_and_limited() {
        let (bench, settings) = (Bench::new(), settings(OPEN));
        assert_eq!(take(&bench, &settings, &reached("1", State::Ringing)), None);
        let greet = take(&bench, &settings, &reached("2", State::Answered));
        assert_eq!(
            greet,
            Some(Order::Greet {
                call_id: "id-1".into(),
                text: "Hello! How can I help you today?".into()
            })
        );
        assert_eq!(
            take(&bench, &settings, &reached("3", State::Answered)),
            None
        );
        let (at, order) = bench.timers.borrow()["limit/id-1"].clone();
        assert_eq!(at, bench.now() + 300_000);
        let call_id = "id-1".into();
        assert_eq!(order, Order::HangUp { call_id });
        let call = call(&bench, &settings).expect("a call");
        assert_eq!(call["state"], "answered");
        assert_eq!(call["direction"], "inbound");
        assert_eq!(call["to"], "+15550000000");
        assert_eq!(call["processedEventIds"], json!(["1", "2", "3"]));
    }

    #[test]
    fn the_same_event_counts_once() {
        let (bench, settings) = (Bench::new(), settings(OPEN));
        let text = "yes".to_owned();
        let said = event("1", "line", Kind::Speech { text, done: true });
        for _ in 0..3 {
            take(&bench, &settings, &said);
        }
        let call = call(&bench, &settings).expect("a call");
        assert_eq!(call["transcript"].as_array().map(Vec::len), Some(1));
        assert_eq!(call["transcript"][0]["speaker"], "user");
    }

    #[test]
    fn the_end_clears_up_and_late_reports_begin_nothing() {
        let (bench, settings) = (Bench::new(), settings(OPEN));
        take(&bench, &settings, &reached("1", State::Answered));
        take(
            &bench,
            &settings,
            &event("2", "line", Kind::Ended(State::Busy)),
        );
        assert_eq!(call(&bench, &settings), None);
        assert!(bench.timers.borrow().is_empty());
        take(&bench, &settings, &reached("3", State::Ringing));
        assert_eq!(call(&bench, &settings), None);
    }

    #[test]
    fn a_failure_ends_a_call_unless_it_is_tried_again() {
        let (bench, settings) = (Bench::new(), settings(OPEN));
        take(&bench, &settings, &reached("1", State::Answered));
        for (id, retryable, on) in [("2", true, true), ("3", false, false)] {
            take(
                &bench,
                &settings,
                &event(id, "line", Kind::Failed { retryable }),
            );
            assert_eq!(call(&bench, &settings).is_some(), on);
        }
    }

    #[test]
    fn who_may_call_in_is_the_operators_choice() {
        let listed = r#""inboundPolicy":"allowlist","allowFrom":["+1555"]"#;
        for (policy, from, welcome) in [
            (r#""inboundPolicy":"disabled""#, Some("+1555"), false),
            (listed, Some("+1 (555)"), true),
            (listed, Some("1555"), true),
            (listed, Some("+15"), false),
            (listed, Some("+441555"), false),
            (listed, Some("anonymous"), false),
            (listed, None, false),
        ] {
            let text = OPEN.replace(r#""inboundPolicy":"open""#, policy);
            let (bench, settings) = (Bench::new(), settings(&text));
            let mut event = reached("1", State::Ringing);
            event.from = from.map(str::to_owned);
            take(&bench, &settings, &event);
            assert_eq!(
                call(&bench, &settings).is_some(),
                welcome,
                "{policy} {from:?}"
            );
        }
    }

    #[test]
    fn events_of_nobody_are_nothing() {
        let (bench, settings) = (Bench::new(), settings(OPEN));
        let mut event = reached("1", State::Answered);
        event.direction = Some(Direction::Outbound);
        take(&bench, &settings, &event);
        event.direction = None;
        take(&bench, &settings, &event);
        event.direction = Some(Direction::Inbound);
        event.provider_call_id = Some("x".repeat(1000));
        take(&bench, &settings, &event);
        assert!(bench.keys("", 9).expect("keys").is_empty());
    }

    #[test]
    fn the_id_of_the_call_replaces_that_of_the_request() {
        let (bench, settings) = (Bench::new(), settings(OPEN));
        bench.answers(Ok(r#"{"request_uuid":"request"}"#));
        let id = desk(&bench, &settings).make("+1555", None, None);
        let id = id.expect("a call");
        take(
            &bench,
            &settings,
            &event("1", &id, Kind::Reached(State::Answered)),
        );
        let look = |name| desk(&bench, &settings).look(name).expect("a book");
        assert_eq!(look("line").expect("a call").call_id, id);
        assert_eq!(look("request"), None);
        desk(&bench, &settings).end(&id).expect("ended");
        let urls = bench.urls();
        assert_eq!(
            urls[1..],
            ["https://api.plivo.com/v1/Account/MA1/Call/line/"]
        );
    }
}
