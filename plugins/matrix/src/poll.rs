//! Polls, in words and as events.
//!
//! The surprise: two types go by the same name. Clients still send and show the one with `org.matrix.msc3381`; the
//! gateway sends the other one, so that is what is sent unless the operator says otherwise.

use serde_json::{Map, Value, json};

use crate::settings::PollType;

const STABLE: &str = "m.poll.start";
const UNSTABLE: &str = "org.matrix.msc3381.poll.start";

/// Whether events of a type begin a poll.
pub fn begins(kind: &str) -> bool {
    kind == STABLE || kind == UNSTABLE
}

/// A poll in the gateway's words; `None` when it asks nothing.
pub fn read(content: &Value) -> Option<String> {
    let poll = [STABLE, UNSTABLE, "m.poll"]
        .iter()
        .find_map(|name| content.get(*name))?;
    let question = text(poll.get("question")?).filter(|question| !question.is_empty())?;
    let answers = poll.get("answers").and_then(Value::as_array);
    let answers = answers.into_iter().flatten().filter_map(text);
    let lines = numbered(answers.filter(|answer| !answer.trim().is_empty()));
    let head = format!("[Poll]\n{question}\n");
    Some(
        std::iter::once(head)
            .chain(lines)
            .collect::<Vec<_>>()
            .join("\n"),
    )
}

/// The type and the content of the event that asks. `None` without a question or without answers.
pub fn write(
    kind: PollType,
    question: &str,
    options: &[String],
    most: u32,
) -> Option<(&'static str, Value)> {
    let question = question.trim();
    let options: Vec<&str> = options
        .iter()
        .map(|option| option.trim())
        .filter(|option| !option.is_empty())
        .collect();
    if question.is_empty() || options.is_empty() {
        return None;
    }
    let fallback: Vec<String> = std::iter::once(question.to_owned())
        .chain(numbered(options.iter().map(|option| (*option).to_owned())))
        .collect();
    let fallback = fallback.join("\n");
    let (name, disclosure) = match kind {
        PollType::Stable => (STABLE, "m.poll"),
        PollType::Unstable => (UNSTABLE, "org.matrix.msc3381.poll"),
    };
    let most = most.clamp(1, u32::try_from(options.len()).unwrap_or(u32::MAX));
    let hidden = if most > 1 { "undisclosed" } else { "disclosed" };
    let answers = options.iter().enumerate().map(|(at, option)| {
        let id = Map::from_iter([("id".to_owned(), json!(format!("answer{}", at + 1)))]);
        Value::Object(id.into_iter().chain(words(option)).collect())
    });
    let poll = json!({
        "question": Value::Object(words(question)),
        "kind": format!("{disclosure}.{hidden}"),
        "max_selections": most,
        "answers": answers.collect::<Vec<_>>(),
    });
    let content = words(&fallback)
        .into_iter()
        .chain([(name.to_owned(), poll)]);
    Some((name, Value::Object(content.collect())))
}

fn words(text: &str) -> Map<String, Value> {
    ["m.text", "org.matrix.msc1767.text"]
        .map(|name| (name.to_owned(), text.into()))
        .into_iter()
        .collect()
}

/// A text in any of the forms in which texts were once written: plain, or a list of representations.
fn text(value: &Value) -> Option<String> {
    let form = ["m.text", "org.matrix.msc1767.text", "body"]
        .iter()
        .find_map(|name| value.get(*name))?;
    let text = match form {
        Value::Array(forms) => forms.first()?.get("body")?.as_str(),
        form => form.as_str(),
    };
    text.map(str::to_owned)
}

fn numbered(answers: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    answers
        .enumerate()
        .map(|(at, answer)| format!("{}. {answer}", at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_types_are_read() {
        let poll = |name: &str| {
            json!({name: {
                "question": {"org.matrix.msc1767.text": "Lunch?"}, "kind": "org.matrix.msc3381.poll.disclosed", "max_selections": 1,
                "answers": [{"id": "a", "org.matrix.msc1767.text": "Pizza"}, {"id": "b"}, {"id": "c", "m.text": [{"body": "Soup"}]}],
            }})
        };
        for name in [STABLE, UNSTABLE, "m.poll"] {
            assert_eq!(
                read(&poll(name)).as_deref(),
                Some("[Poll]\nLunch?\n\n1. Pizza\n2. Soup"),
                "{name}"
            );
        }
    }

    #[test]
    fn what_asks_nothing_is_none() {
        for content in [
            json!({}),
            json!({STABLE: {}}),
            json!({STABLE: {"question": {"body": ""}}}),
            json!({STABLE: {"question": {"m.text": []}}}),
        ] {
            assert_eq!(read(&content), None, "{content}");
        }
    }

    #[test]
    fn a_poll_is_written_as_the_gateway_does() {
        let options = [" Pizza ".to_owned(), String::new(), "Soup".to_owned()];
        let (kind, content) = write(PollType::Stable, " Lunch? ", &options, 1).expect("a poll");
        assert_eq!(kind, "m.poll.start");
        assert_eq!(
            content,
            json!({
                "m.poll.start": {
                    "question": {"m.text": "Lunch?", "org.matrix.msc1767.text": "Lunch?"},
                    "kind": "m.poll.disclosed", "max_selections": 1,
                    "answers": [
                        {"id": "answer1", "m.text": "Pizza", "org.matrix.msc1767.text": "Pizza"},
                        {"id": "answer2", "m.text": "Soup", "org.matrix.msc1767.text": "Soup"},
                    ],
                },
                "m.text": "Lunch?\n1. Pizza\n2. Soup", "org.matrix.msc1767.text": "Lunch?\n1. Pizza\n2. Soup",
            })
        );
        assert_eq!(
            read(&content).as_deref(),
            Some("[Poll]\nLunch?\n\n1. Pizza\n2. Soup")
        );
    }

    #[test]
    fn a_poll_that_clients_show_has_their_names() {
        let options = ["a".to_owned(), "b".to_owned()];
        let (kind, content) = write(PollType::Unstable, "q", &options, 9).expect("a poll");
        assert_eq!(kind, UNSTABLE);
        assert_eq!(
            content[UNSTABLE]["kind"],
            "org.matrix.msc3381.poll.undisclosed"
        );
        assert_eq!(content[UNSTABLE]["max_selections"], 2);
    }

    #[test]
    fn nothing_to_ask_is_no_poll() {
        assert_eq!(write(PollType::Stable, " ", &["a".to_owned()], 1), None);
        assert_eq!(write(PollType::Stable, "q", &[" ".to_owned()], 1), None);
    }
}
