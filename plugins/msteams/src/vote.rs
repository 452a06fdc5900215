//! Polls: the card that asks, and what a click on it says.
//!
//! It must not know where polls are kept. Teams has no polls of its own, so the votes are counted here. The surprise: a
//! vote is somebody's whole opinion and replaces what they said before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How long a poll is kept after the last vote, ms: thirty days.
pub const LIFETIME: u64 = 30 * 24 * 60 * 60 * 1000;
/// How many options a poll may have, as the legacy says.
pub const MOST_OPTIONS: usize = 12;
/// What the names of all kept polls begin with.
pub const SHELF: &str = "poll/";

/// A poll and what was said to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Poll {
    /// Its name.
    pub id: String,
    /// What is asked.
    pub question: String,
    /// What can be said.
    pub options: Vec<String>,
    /// How much of it at once.
    pub max_selections: usize,
    /// Where it was asked.
    pub conversation: String,
    /// When anything happened to it last, Unix ms.
    pub seen_at: u64,
    /// Who said what, by the place in `options`.
    pub votes: BTreeMap<String, Vec<u32>>,
}

/// What a click says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// Which poll.
    pub poll: String,
    /// The choices as they came.
    pub choices: Vec<String>,
}

/// Where a poll is kept.
pub fn key(id: &str) -> String {
    format!("{SHELF}{id}")
}

impl Poll {
    /// The attachment that asks.
    pub fn card(&self) -> Value {
        let several = self.max_selections > 1;
        let hint = match several {
            true => format!("Select up to {} options.", self.max_selections),
            false => "Select one option.".to_owned(),
        };
        let choice =
            |(at, title): (usize, &String)| json!({"title": title, "value": at.to_string()});
        let choices: Vec<Value> = self.options.iter().enumerate().map(choice).collect();
        let data = json!({"openclawPollId": self.id, "pollId": self.id});
        json!({
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {
                "type": "AdaptiveCard",
                "version": "1.5",
                "body": [
                    {"type": "TextBlock", "text": self.question, "wrap": true, "weight": "Bolder", "size": "Medium"},
                    {"type": "Input.ChoiceSet", "id": "choices", "isMultiSelect": several, "style": "expanded",
                     "choices": choices},
                    {"type": "TextBlock", "text": hint, "wrap": true, "isSubtle": true, "spacing": "Small"},
                ],
                "actions": [{
                    "type": "Action.Submit",
                    "title": "Vote",
                    "data": data,
                    "msteams": {"type": "messageBack", "text": "openclaw poll vote", "displayText": "Vote recorded",
                                "value": data},
                }],
            },
        })
    }

    /// Writes down what somebody said; gives what of it counts.
    pub fn record(&mut self, voter: &str, vote: &Vote, now: u64) -> Vec<u32> {
        let valid = vote
            .choices
            .iter()
            .filter_map(|choice| leading_number(choice));
        let valid = valid.filter(|at| (*at as usize) < self.options.len());
        let mut counted: Vec<u32> = Vec::new();
        for at in valid.take(self.max_selections.max(1)) {
            if !counted.contains(&at) {
                counted.push(at);
            }
        }
        self.votes.insert(voter.to_owned(), counted.clone());
        self.seen_at = now;
        counted
    }
}

/// How many choices a poll of so many options has when so many were asked for.
pub fn selections(wanted: u32, options: usize) -> usize {
    (wanted.max(1) as usize).min(options.max(1))
}

/// Reads a click on a card; `None` when it is none, or says nothing.
pub fn read(value: &Value) -> Option<Vote> {
    let names: [&[&str]; 7] = [
        &["openclawPollId"],
        &["pollId"],
        &["openclaw", "pollId"],
        &["openclaw", "poll", "id"],
        &["data", "openclawPollId"],
        &["data", "pollId"],
        &["data", "openclaw", "pollId"],
    ];
    let poll = names.iter().find_map(|path| text(value, path))?;
    let direct = choices(&value["choices"]);
    let choices = match direct.is_empty() {
        true => choices(&value["data"]["choices"]),
        false => direct,
    };
    (!choices.is_empty()).then_some(Vote { poll, choices })
}

fn text(value: &Value, path: &[&str]) -> Option<String> {
    let found = path.iter().try_fold(value, |value, name| value.get(name))?;
    let text = found.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn choices(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().filter_map(choice).collect(),
        other => choice(other).map_or_else(Vec::new, |text| {
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()
        }),
    }
}

fn choice(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim())
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The number that a text begins with, as `parseInt` finds it.
fn leading_number(text: &str) -> Option<u32> {
    let text = text.trim_start();
    let text = text.strip_prefix('+').unwrap_or(text);
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(max: usize) -> Poll {
        Poll {
            id: "p1".into(),
            question: "Lunch?".into(),
            options: vec!["Pizza".into(), "Sushi".into(), "Soup".into()],
            max_selections: max,
            conversation: "19:g".into(),
            seen_at: 0,
            votes: BTreeMap::new(),
        }
    }

    #[test]
    fn clicks_are_read_wherever_the_client_puts_them() {
        let check = |value: Value, expect: Option<(&str, &[&str])>| {
            let got = read(&value).map(|vote| (vote.poll, vote.choices));
            let expect = expect.map(|(poll, list)| {
                (
                    poll.to_owned(),
                    list.iter().map(|it| (*it).to_owned()).collect(),
                )
            });
            assert_eq!(got, expect, "{value}");
        };
        check(
            json!({"openclawPollId": "p1", "choices": "0,2"}),
            Some(("p1", &["0", "2"])),
        );
        check(
            json!({"pollId": " p1 ", "choices": ["0", 1, " "]}),
            Some(("p1", &["0", "1"])),
        );
        check(
            json!({"data": {"openclawPollId": "p1", "choices": "1"}}),
            Some(("p1", &["1"])),
        );
        check(
            json!({"openclaw": {"poll": {"id": "p1"}}, "choices": 2}),
            Some(("p1", &["2"])),
        );
        check(json!({"pollId": "p1", "choices": ""}), None);
        check(json!({"pollId": "p1"}), None);
        check(json!({"pollId": 7, "choices": "0"}), None);
        check(json!({"choices": "0"}), None);
        check(json!(null), None);
        check(json!("p1"), None);
        check(json!([{"pollId": "p1"}]), None);
    }

    #[test]
    fn a_vote_counts_as_far_as_it_goes() {
        let vote = |list: &[&str]| Vote {
            poll: "p1".into(),
            choices: list.iter().map(|it| (*it).to_owned()).collect(),
        };
        let check = |max: usize, list: &[&str], expect: &[u32]| {
            assert_eq!(poll(max).record("ada", &vote(list), 9), expect)
        };
        check(1, &["2", "0"], &[2]);
        check(2, &["0", "2", "1"], &[0, 2]);
        check(3, &["0", "0", "1"], &[0, 1]);
        check(3, &["3", "-1", "x", "1px"], &[1]);
        check(1, &["9"], &[]);
        check(1, &["99999999999999999999"], &[]);
    }

    #[test]
    fn a_second_vote_replaces_the_first() {
        let mut it = poll(1);
        let vote = |at: &str| Vote {
            poll: "p1".into(),
            choices: vec![at.into()],
        };
        it.record("ada", &vote("0"), 1);
        it.record("bob", &vote("1"), 2);
        it.record("ada", &vote("2"), 3);
        assert_eq!(
            it.votes,
            BTreeMap::from([("ada".into(), vec![2]), ("bob".into(), vec![1])])
        );
        assert_eq!(it.seen_at, 3);
    }

    #[test]
    fn the_card_asks_for_as_many_as_may_be() {
        let card = poll(2).card();
        let body = &card["content"]["body"];
        assert_eq!(card["content"]["version"], "1.5");
        assert_eq!(body[1]["id"], "choices");
        assert_eq!(body[1]["isMultiSelect"], true);
        assert_eq!(
            body[1]["choices"][2],
            json!({"title": "Soup", "value": "2"})
        );
        assert_eq!(body[2]["text"], "Select up to 2 options.");
        assert_eq!(
            card["content"]["actions"][0]["data"],
            json!({"openclawPollId": "p1", "pollId": "p1"})
        );
        assert_eq!(
            poll(1).card()["content"]["body"][2]["text"],
            "Select one option."
        );
        assert_eq!(selections(0, 3), 1);
        assert_eq!(selections(9, 3), 3);
    }
}
