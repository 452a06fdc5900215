//! The tool `zalouser`, by which an agent sends and looks around.
//!
//! The surprise: what goes wrong is told as `{"error": …}` in an answer that is none, as the legacy tells it.

use overgrow_sdk::Failure;
use overgrow_sdk::host::types::CallContext;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::exports::overgrow::plugin::tool::{
    Content, Definition, Guest as Tool, Invocation, Output,
};
use crate::target::Thread;
use crate::{Zalouser, zca};

const DESCRIPTION: &str = "Send messages and access data via Zalo personal account. Actions: send (text message), \
    image (send image URL), link (send link), friends (list/search friends), groups (list groups), me (profile info), \
    status (auth check).";

const PARAMETERS: &str = r#"{"type":"object","additionalProperties":false,"required":["action"],"properties":{
"action":{"type":"string","enum":["send","image","link","friends","groups","me","status"],"description":"Action to perform: send, image, link, friends, groups, me, status"},
"threadId":{"type":"string","description":"Thread ID for messaging"},
"message":{"type":"string","description":"Message text"},
"isGroup":{"type":"boolean","description":"Is group chat"},
"profile":{"type":"string","description":"Profile name"},
"query":{"type":"string","description":"Search query"},
"url":{"type":"string","description":"URL for media/link"}}}"#;

/// What the agent asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wish {
    action: String,
    thread_id: Option<String>,
    message: Option<String>,
    is_group: bool,
    profile: Option<String>,
    query: Option<String>,
    url: Option<String>,
}

/// One run of the program, and how its output is told.
#[derive(Debug, PartialEq)]
struct Errand {
    args: Vec<String>,
    tells: Tells,
    else_says: &'static str,
}

#[derive(Debug, PartialEq, Clone, Copy)]
enum Tells {
    /// That it is done, and what was printed.
    Done,
    /// The JSON that was printed.
    Json,
    /// Whether it succeeded.
    Status,
}

impl Tool for Zalouser {
    fn definitions() -> Vec<Definition> {
        vec![Definition {
            name: "zalouser".into(),
            label: "Zalo Personal".into(),
            description: DESCRIPTION.into(),
            parameters: PARAMETERS.into(),
            effect: true,
        }]
    }

    fn invoke(_: CallContext, call: Invocation) -> Result<Output, Failure> {
        let said = call.parse().and_then(|wish| run(&wish));
        told(&said.unwrap_or_else(|failure| json!({ "error": failure.message })))
    }
}

/// Pretty JSON for the agent, and the same for programs.
fn told(said: &Value) -> Result<Output, Failure> {
    Ok(Output {
        content: vec![Content::Text(serde_json::to_string_pretty(said)?)],
        details: Some(said.to_string()),
        is_error: false,
    })
}

fn run(wish: &Wish) -> Result<Value, Failure> {
    let Errand {
        args,
        tells,
        else_says,
    } = wish.errand()?;
    let profile = wish
        .profile
        .as_deref()
        .filter(|profile| !profile.is_empty());
    if tells == Tells::Status {
        let output = zca::run(profile, args)?;
        let words = if output.stdout.is_empty() {
            output.stderr
        } else {
            output.stdout
        };
        return Ok(json!({ "authenticated": output.ok, "output": words }));
    }
    let printed = zca::demand(profile, args, else_says)?;
    Ok(match tells {
        Tells::Json => zca::json(&printed).unwrap_or_else(|| json!({ "raw": printed })),
        _ => json!({ "success": true, "output": printed }),
    })
}

impl Wish {
    fn errand(&self) -> Result<Errand, Failure> {
        let list = |args: &[&str]| args.iter().map(|arg| arg.to_string()).collect();
        let (args, tells, else_says) = match &*self.action {
            "send" | "image" | "link" => return self.sending(),
            "friends" => match self.query.as_deref().filter(|query| !query.is_empty()) {
                Some(query) => (
                    list(&["friend", "find", &zca::words(query)]),
                    Tells::Json,
                    "Failed to get friends",
                ),
                None => (
                    list(&["friend", "list", "-j"]),
                    Tells::Json,
                    "Failed to get friends",
                ),
            },
            "groups" => (
                list(&["group", "list", "-j"]),
                Tells::Json,
                "Failed to get groups",
            ),
            "me" => (
                list(&["me", "info", "-j"]),
                Tells::Json,
                "Failed to get profile",
            ),
            "status" => (list(&["auth", "status"]), Tells::Status, ""),
            other => {
                return Err(wrong(format!(
                    "Unknown action: {other}. Valid actions: send, image, link, friends, groups, me, status"
                )));
            }
        };
        Ok(Errand {
            args,
            tells,
            else_says,
        })
    }

    fn sending(&self) -> Result<Errand, Failure> {
        let message = self.message.as_deref().filter(|text| !text.is_empty());
        let url = self.url.as_deref().filter(|url| !url.is_empty());
        let thread = self.thread_id.as_deref().filter(|id| !id.is_empty());
        let (rest, thread, else_says) = match (&*self.action, thread, url, message) {
            ("send", Some(thread), _, Some(text)) => {
                (vec![zca::words(text)], thread, "Failed to send message")
            }
            ("send", ..) => return Err(wrong("threadId and message required for send action")),
            ("image", None, ..) => return Err(wrong("threadId required for image action")),
            ("image", _, None, _) => return Err(wrong("url required for image action")),
            ("image", Some(thread), Some(url), text) => {
                let words = text
                    .into_iter()
                    .flat_map(|text| ["-m".into(), zca::words(text)]);
                (
                    ["-u".into(), url.into()].into_iter().chain(words).collect(),
                    thread,
                    "Failed to send image",
                )
            }
            (_, Some(thread), Some(url), _) => {
                (vec![zca::words(url)], thread, "Failed to send link")
            }
            _ => return Err(wrong("threadId and url required for link action")),
        };
        let mut thread = Thread::parse(thread).ok_or_else(|| wrong("threadId is none"))?;
        thread.is_group |= self.is_group;
        let args = zca::message(&self.action, &thread, rest);
        Ok(Errand {
            args,
            tells: Tells::Done,
            else_says,
        })
    }
}

fn wrong(why: impl Into<String>) -> Failure {
    Failure::permanent("bad-arguments", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errand(wish: Value) -> Result<String, String> {
        let wish: Wish = serde_json::from_value(wish).expect("a wish");
        wish.errand()
            .map(|errand| errand.args.join(" "))
            .map_err(|failure| failure.message)
    }

    #[test]
    fn wishes_become_commands() {
        let check = |wish: Value, args: &str| assert_eq!(errand(wish).as_deref(), Ok(args));
        check(
            json!({ "action": "send", "threadId": "7", "message": "hi", "isGroup": true }),
            "msg send 7 hi -g",
        );
        check(
            json!({ "action": "image", "threadId": "7", "url": "u", "message": "m" }),
            "msg image 7 -u u -m m",
        );
        check(
            json!({ "action": "link", "threadId": "7", "url": "u" }),
            "msg link 7 u",
        );
        check(json!({ "action": "friends" }), "friend list -j");
        check(
            json!({ "action": "friends", "query": "Ann" }),
            "friend find Ann",
        );
        check(json!({ "action": "groups" }), "group list -j");
        check(json!({ "action": "me" }), "me info -j");
        check(json!({ "action": "status" }), "auth status");
    }

    #[test]
    fn what_is_missing_is_said_in_the_legacys_words() {
        let check = |wish: Value, words: &str| assert_eq!(errand(wish), Err(words.to_owned()));
        check(
            json!({ "action": "send", "threadId": "7" }),
            "threadId and message required for send action",
        );
        check(
            json!({ "action": "image", "url": "u" }),
            "threadId required for image action",
        );
        check(
            json!({ "action": "image", "threadId": "7" }),
            "url required for image action",
        );
        check(
            json!({ "action": "link", "threadId": "7" }),
            "threadId and url required for link action",
        );
        let unknown =
            "Unknown action: fly. Valid actions: send, image, link, friends, groups, me, status";
        check(json!({ "action": "fly" }), unknown);
        check(
            json!({ "action": "send", "threadId": "-g", "message": "m" }),
            "threadId is none",
        );
    }

    #[test]
    fn the_schema_is_one() {
        let schema: Value = serde_json::from_str(PARAMETERS).expect("JSON");
        assert_eq!(
            schema["properties"].as_object().map(|all| all.len()),
            Some(7)
        );
    }
}
