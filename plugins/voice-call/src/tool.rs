//! The agent's tool `voice_call`.
//!
//! It must not fail: what goes wrong is a payload with an `error`, as the legacy has it. The surprise: an action
//! nobody knows is a call after all, because the tool once had no actions.

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::outside::{Outside, Trouble};
use crate::settings::{Audio, Mode};

/// The tool's name.
pub const NAME: &str = "voice_call";

/// What the tool may be asked, as JSON Schema.
pub fn parameters() -> Value {
    let text = |about: &str| json!({"type": "string", "description": about});
    let word = |word: &str| json!({"const": word, "type": "string"});
    let object = |properties: Value, required: &[&str]| json!({"type": "object", "properties": properties, "required": required});
    let call = |action: &str| {
        object(
            json!({"action": word(action), "callId": text("Call ID")}),
            &["action", "callId"],
        )
    };
    let say = |action: &str, about: &str| {
        object(
            json!({"action": word(action), "callId": text("Call ID"), "message": text(about)}),
            &["action", "callId", "message"],
        )
    };
    json!({"anyOf": [
        object(
            json!({
                "action": word("initiate_call"),
                "to": text("Call target"),
                "message": text("Intro message"),
                "mode": {"anyOf": [word("notify"), word("conversation")]},
            }),
            &["action", "message"],
        ),
        say("continue_call", "Follow-up message"),
        say("speak_to_user", "Message to speak"),
        call("end_call"),
        call("get_status"),
        json!({"type": "object", "properties": {
            "mode": {"anyOf": [word("call"), word("status")]},
            "to": text("Call target"),
            "sid": text("Call SID"),
            "message": text("Optional intro message"),
        }}),
    ]})
}

impl<O: Outside> Desk<'_, O> {
    /// Does what the agent asks; the payload for it.
    pub fn invoke(&self, arguments: &Value) -> Value {
        let able = match (self.settings.enabled, self.settings.audio) {
            (false, _) => Err("Voice call disabled in plugin config".into()),
            (_, Audio::Stream) => {
                Err("calls with a media stream are made by the legacy gateway".into())
            }
            _ => Ok(()),
        };
        able.and_then(|()| self.act(arguments))
            .unwrap_or_else(|trouble: Trouble| json!({"error": trouble.message}))
    }

    fn act(&self, arguments: &Value) -> Result<Value, Trouble> {
        match arguments["action"].as_str() {
            Some("initiate_call") => self.initiate(arguments),
            Some("continue_call") => {
                let (id, message) = id_and_message(arguments)?;
                let heard = self.converse(&id, &message)?;
                Ok(json!({"success": true, "transcript": heard}))
            }
            Some("speak_to_user") => {
                let (id, message) = id_and_message(arguments)?;
                self.speak(&id, &message)?;
                Ok(json!({"success": true}))
            }
            Some("end_call") => {
                self.end(&wanted(arguments, "callId", "callId required")?)?;
                Ok(json!({"success": true}))
            }
            Some("get_status") => self.status(&wanted(arguments, "callId", "callId required")?),
            _ => self.without_action(arguments),
        }
    }

    fn initiate(&self, arguments: &Value) -> Result<Value, Trouble> {
        let message = wanted(arguments, "message", "message required")?;
        let mode = arguments["mode"].as_str().and_then(Mode::parse);
        let to = self.target(arguments).ok_or("to required")?;
        let id = self.make(&to, Some(&message), mode)?;
        Ok(json!({"callId": id, "initiated": true}))
    }

    fn without_action(&self, arguments: &Value) -> Result<Value, Trouble> {
        if arguments["mode"] == "status" {
            let sid = string(arguments, "sid").ok_or("sid required for status")?;
            return self.status(&sid);
        }
        let to = self.target(arguments).ok_or("to required for call")?;
        let message = string(arguments, "message");
        let id = self.make(&to, message.as_deref(), None)?;
        Ok(json!({"callId": id, "initiated": true}))
    }

    fn status(&self, id: &str) -> Result<Value, Trouble> {
        Ok(match self.look(id)? {
            Some(call) => json!({"found": true, "call": call}),
            None => json!({"found": false}),
        })
    }

    fn target(&self, arguments: &Value) -> Option<String> {
        string(arguments, "to").or_else(|| self.settings.to_number.clone())
    }
}

fn id_and_message(arguments: &Value) -> Result<(String, String), Trouble> {
    let missing = "callId and message required";
    Ok((
        wanted(arguments, "callId", missing)?,
        wanted(arguments, "message", missing)?,
    ))
}

/// A text, or a number that a model wrote where a text belongs.
fn wanted(arguments: &Value, name: &str, missing: &'static str) -> Result<String, Trouble> {
    let number = || match &arguments[name] {
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let text = string(arguments, name).or_else(number);
    text.ok_or_else(|| Trouble::lasting(missing))
}

fn string(arguments: &Value, name: &str) -> Option<String> {
    let text = arguments[name].as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outside::bench::{Bench, desk, settings};

    fn ask(bench: &Bench, document: &str, arguments: Value) -> Value {
        desk(bench, &settings(document)).invoke(&arguments)
    }

    fn refused(document: &str, arguments: Value, expect: &str) {
        let bench = Bench::new();
        let answer = ask(&bench, document, arguments);
        assert_eq!(answer, json!({"error": expect}));
    }

    #[test]
    fn what_is_missing_is_a_payload() {
        let act = |action: &str| json!({"action": action});
        refused("{}", act("initiate_call"), "message required");
        refused(
            "{}",
            json!({"action": "initiate_call", "message": " hi "}),
            "to required",
        );
        refused("{}", act("continue_call"), "callId and message required");
        refused(
            "{}",
            json!({"action": "speak_to_user", "callId": "a", "message": " "}),
            "callId and message required",
        );
        refused("{}", act("end_call"), "callId required");
        refused("{}", act("get_status"), "callId required");
        refused("{}", json!({"mode": "status"}), "sid required for status");
        refused("{}", act("sing"), "to required for call");
        refused("{}", json!([]), "to required for call");
        refused(
            "{}",
            json!({"action": "end_call", "callId": 7}),
            "Call not found",
        );
    }

    #[test]
    fn what_is_off_stays_off() {
        let call = json!({"to": "+1555"});
        refused(
            r#"{"enabled":false}"#,
            call.clone(),
            "Voice call disabled in plugin config",
        );
        refused(
            r#"{"streaming":{"enabled":true}}"#,
            call,
            "calls with a media stream are made by the legacy gateway",
        );
    }

    #[test]
    fn a_call_goes_from_its_beginning_to_its_end() {
        let (bench, mock) = (Bench::new(), r#"{"toNumber":"+15550001111"}"#);
        let begun = json!({"action": "initiate_call", "message": " Hi ", "mode": "conversation"});
        let begun = ask(&bench, mock, begun);
        assert_eq!(begun, json!({"callId": "id-1", "initiated": true}));

        let say = json!({"action": "speak_to_user", "callId": "id-1", "message": "Hello"});
        assert_eq!(ask(&bench, mock, say), json!({"success": true}));

        let status = ask(&bench, mock, json!({"mode": "status", "sid": "mock-id-1"}));
        assert_eq!(status["found"], true);
        assert_eq!(status["call"]["to"], "+15550001111");
        assert_eq!(status["call"]["state"], "speaking");
        assert_eq!(
            status["call"]["metadata"],
            json!({"initialMessage": "Hi", "mode": "conversation"})
        );
        assert_eq!(status["call"]["transcript"][0]["text"], "Hello");

        let end = json!({"action": "end_call", "callId": "id-1"});
        assert_eq!(ask(&bench, mock, end), json!({"success": true}));
        let status = json!({"action": "get_status", "callId": "id-1"});
        assert_eq!(ask(&bench, mock, status), json!({"found": false}));
    }

    #[test]
    fn the_schema_has_one_way_for_each_action_and_one_without() {
        let parameters = parameters();
        let ways = parameters["anyOf"].as_array().expect("ways");
        let action = |way: &Value| way["properties"]["action"]["const"].clone();
        let actions: Vec<_> = ways.iter().map(action).collect();
        assert_eq!(
            json!(actions),
            json!([
                "initiate_call",
                "continue_call",
                "speak_to_user",
                "end_call",
                "get_status",
                null
            ])
        );
    }
}
