//! A call: who talks to whom, how far it got, what was said.
//!
//! It must not know providers, storage or clocks. The surprise: states only move forward, whatever order the
//! provider's events come in; only speaking and listening take turns.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How many pieces of a conversation are kept.
const LINES: usize = 200;

/// Longest piece that is kept, characters.
const LINE: usize = 4000;

/// How many events are remembered, so that a repeated one changes nothing.
const EVENTS: usize = 200;

/// One call, as the agent is shown it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// Our id.
    pub call_id: String,
    /// Who carries it.
    pub provider: String,
    /// Who began it.
    pub direction: Direction,
    /// How far it got.
    pub state: State,
    /// The number that calls.
    pub from: String,
    /// The number that is called.
    pub to: String,
    /// When it began, Unix ms.
    pub started_at: u64,
    /// What was said.
    pub transcript: Vec<Line>,
    /// Events that have been taken in.
    pub processed_event_ids: Vec<String>,
    /// `mode`, and `initialMessage` until it is spoken.
    pub metadata: Map<String, Value>,
    /// The provider's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_call_id: Option<String>,
    /// When it was answered, Unix ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<u64>,
    /// When it ended, Unix ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<u64>,
    /// Why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_reason: Option<State>,
}

/// Who began a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// We did.
    Outbound,
    /// They did.
    Inbound,
}

/// How far a call got; from `Completed` on it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each says what it is")]
pub enum State {
    Initiated,
    Ringing,
    Answered,
    Active,
    Speaking,
    Listening,
    Completed,
    HangupUser,
    HangupBot,
    Timeout,
    Error,
    Failed,
    NoAnswer,
    Busy,
    Voicemail,
}

/// One piece of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// When, Unix ms.
    pub timestamp: u64,
    /// Who.
    pub speaker: Speaker,
    /// What.
    pub text: String,
    /// Always true: guesses are not kept.
    pub is_final: bool,
}

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// The agent.
    Bot,
    /// The person.
    User,
}

impl State {
    /// Whether nothing can follow.
    pub fn is_over(self) -> bool {
        self >= Self::Completed
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::Active => "active",
            Self::Speaking => "speaking",
            Self::Listening => "listening",
            Self::Completed => "completed",
            Self::HangupUser => "hangup-user",
            Self::HangupBot => "hangup-bot",
            Self::Timeout => "timeout",
            Self::Error => "error",
            Self::Failed => "failed",
            Self::NoAnswer => "no-answer",
            Self::Busy => "busy",
            Self::Voicemail => "voicemail",
        }
    }

    /// The end that a word means; anything unknown is an ordinary end.
    pub fn ending(word: &str) -> Self {
        [
            Self::HangupUser,
            Self::HangupBot,
            Self::Timeout,
            Self::Error,
            Self::Failed,
            Self::NoAnswer,
            Self::Busy,
            Self::Voicemail,
        ]
        .into_iter()
        .find(|state| state.as_str() == word)
        .unwrap_or(Self::Completed)
    }

    /// Where it is after news of another state.
    fn after(self, next: Self) -> Self {
        let turns = |state| matches!(state, Self::Speaking | Self::Listening);
        match (self.is_over(), next.is_over()) {
            (true, _) => self,
            (false, true) => next,
            (false, false) if turns(self) && turns(next) => next,
            (false, false) => self.max(next),
        }
    }
}

impl Call {
    /// Takes in news of its state.
    pub fn reach(&mut self, next: State) {
        self.state = self.state.after(next);
    }

    /// It is over.
    pub fn end(&mut self, reason: State, now: u64) {
        self.ended_at = Some(now);
        self.end_reason = Some(reason);
        self.reach(reason);
    }

    /// Keeps what was said.
    pub fn say(&mut self, speaker: Speaker, text: &str, now: u64) {
        self.transcript.push(Line {
            timestamp: now,
            speaker,
            text: text.chars().take(LINE).collect(),
            is_final: true,
        });
        let surplus = self.transcript.len().saturating_sub(LINES);
        self.transcript.drain(..surplus);
    }

    /// Remembers an event; false when it was known.
    pub fn note(&mut self, event: &str) -> bool {
        if self.processed_event_ids.iter().any(|known| known == event) {
            return false;
        }
        self.processed_event_ids.push(event.to_owned());
        let surplus = self.processed_event_ids.len().saturating_sub(EVENTS);
        self.processed_event_ids.drain(..surplus);
        true
    }

    /// What is to be said first, if that has not been said.
    pub fn first_words(&self) -> Option<&str> {
        let text = self.metadata.get("initialMessage")?.as_str()?.trim();
        Some(text).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) const ALL: [State; 15] = [
        State::Initiated,
        State::Ringing,
        State::Answered,
        State::Active,
        State::Speaking,
        State::Listening,
        State::Completed,
        State::HangupUser,
        State::HangupBot,
        State::Timeout,
        State::Error,
        State::Failed,
        State::NoAnswer,
        State::Busy,
        State::Voicemail,
    ];

    pub(crate) fn call() -> Call {
        Call {
            call_id: "c1".into(),
            provider: "mock".into(),
            direction: Direction::Outbound,
            state: State::Initiated,
            from: "+15550000000".into(),
            to: "+15550000001".into(),
            started_at: 1,
            transcript: Vec::new(),
            processed_event_ids: Vec::new(),
            metadata: Map::new(),
            provider_call_id: None,
            answered_at: None,
            ended_at: None,
            end_reason: None,
        }
    }

    #[test]
    fn words_are_those_of_the_json() {
        for state in ALL {
            let json = serde_json::to_value(state).expect("json");
            assert_eq!(json, state.as_str());
        }
        assert_eq!(State::ending("no-answer"), State::NoAnswer);
        assert_eq!(State::ending("ringing"), State::Completed);
    }

    #[test]
    fn only_speaking_and_listening_take_turns() {
        assert_eq!(State::Listening.after(State::Speaking), State::Speaking);
        assert_eq!(State::Speaking.after(State::Answered), State::Speaking);
        assert_eq!(State::Answered.after(State::Ringing), State::Answered);
        assert_eq!(State::Initiated.after(State::Active), State::Active);
        assert_eq!(State::Busy.after(State::Completed), State::Busy);
    }

    proptest! {
        #[test]
        fn a_call_that_is_over_stays_as_it_is(steps in prop::collection::vec(0..ALL.len(), 0..20)) {
            let mut call = call();
            let mut over = None;
            for step in steps {
                call.reach(ALL[step]);
                over = over.or(call.state.is_over().then_some(call.state));
                prop_assert_eq!(over.unwrap_or(call.state), call.state);
            }
        }

        #[test]
        fn what_is_kept_is_bounded(count in 0usize..500) {
            let mut call = call();
            for at in 0..count {
                call.say(Speaker::User, "x", 0);
                call.note(&at.to_string());
            }
            prop_assert!(call.transcript.len() <= LINES && call.processed_event_ids.len() <= EVENTS);
        }
    }

    #[test]
    fn an_event_is_new_once() {
        let mut call = call();
        assert!(call.note("a") && call.note("b") && !call.note("a"));
    }

    #[test]
    fn first_words_are_not_blank() {
        let mut call = call();
        assert_eq!(call.first_words(), None);
        call.metadata.insert("initialMessage".into(), "  ".into());
        assert_eq!(call.first_words(), None);
        call.metadata.insert("initialMessage".into(), " hi ".into());
        assert_eq!(call.first_words(), Some("hi"));
    }
}
