//! What it answers: requests, jobs, tools, messages, questions about itself.

use overgrow_sdk::host::env;
use overgrow_sdk::host::types::{CallContext, Failure, RetryAdvice};
use overgrow_sdk::{config, kv};

use crate::exports::overgrow::plugin::channel::{
    self, Attachment, ChannelInfo, Delivery, Poll, Receipt, Target, Text,
};
use crate::exports::overgrow::plugin::lifecycle::{self, Identity, Problem};
use crate::exports::overgrow::plugin::tool::{self, Content, Definition, Invocation, Output};
use crate::exports::overgrow::plugin::webhook::{
    self, Outcome, PathMatch, Request, Response, Route,
};
use crate::exports::overgrow::plugin::{events, jobs};
use crate::{Settings, Steady, settings};

impl lifecycle::Guest for Steady {
    fn describe() -> Identity {
        Identity {
            id: "steady".into(),
            name: "Steady".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "Does what plugins do.".into(),
        }
    }

    fn check_config(config: String) -> Vec<Problem> {
        let fault = config::parse::<Settings>(&config)
            .ok()
            .and_then(|it| it.fault);
        let problem = |message| Problem {
            path: "fault".into(),
            message,
        };
        fault.map(problem).into_iter().collect()
    }
}

impl webhook::Guest for Steady {
    fn routes(config: String) -> Result<Vec<Route>, Failure> {
        let path = config::parse::<Settings>(&config).map_or_else(|_| crate::path(), |it| it.path);
        Ok(vec![Route {
            id: "all".into(),
            path: PathMatch::Prefix(path),
            methods: vec!["GET".into(), "POST".into()],
            max_body: 512 * 1024,
        }])
    }

    fn handle(_ctx: CallContext, request: Request) -> Result<Outcome, Failure> {
        let end = request.path.rsplit('/').next().unwrap_or_default();
        match end {
            "greet" => Ok(reply(200, settings().greeting.into_bytes())),
            "echo" => Ok(reply(200, request.body)),
            "seen" => Ok(reply(200, request.public_url.into_bytes())),
            "pass" => Ok(Outcome::Pass),
            "status" => Ok(reply(42, Vec::new())),
            "trap" => panic!("on purpose"),
            "slow" => {
                spin(request.query.and_then(|millis| millis.parse().ok()));
                Ok(reply(200, settings().greeting.into_bytes()))
            }
            "later" => {
                let payload = String::from_utf8_lossy(&request.body).into_owned();
                let answer = response(202, Vec::new());
                Ok(Outcome::ReplyThen((answer, "note".into(), payload)))
            }
            "noted" => {
                let noted: Option<String> = kv::get("noted").ok().flatten();
                Ok(reply(200, noted.unwrap_or_default().into_bytes()))
            }
            _ => Ok(reply(404, Vec::new())),
        }
    }
}

/// Computes for so many milliseconds.
fn spin(millis: Option<u64>) {
    let end = env::now() + millis.unwrap_or(1000);
    while env::now() < end {
        std::hint::spin_loop();
    }
}

fn reply(status: u16, body: Vec<u8>) -> Outcome {
    Outcome::Reply(response(status, body))
}

fn response(status: u16, body: Vec<u8>) -> Response {
    Response {
        status,
        headers: vec![("X-Steady".into(), "yes".into())],
        body,
    }
}

impl jobs::Guest for Steady {
    fn run(_ctx: CallContext, _name: String, payload: String) -> Result<(), Failure> {
        kv::set("noted", &payload).map_err(|error| Failure {
            code: "kv".into(),
            message: error.to_string(),
            retry: RetryAdvice::Backoff,
        })
    }
}

impl tool::Guest for Steady {
    fn definitions() -> Vec<Definition> {
        let define = |name: &str| Definition {
            name: name.into(),
            label: name.into(),
            description: "For tests.".into(),
            parameters: r#"{"type":"object","properties":{"action":{"type":"string"}}}"#.into(),
            effect: false,
        };
        vec![
            define("steady_tell"),
            define("steady_fail"),
            define("steady_trap"),
        ]
    }

    fn invoke(ctx: CallContext, call: Invocation) -> Result<Output, Failure> {
        match call.name.as_str() {
            "steady_fail" => {
                return Err(Failure {
                    code: "no".into(),
                    message: "it would not".into(),
                    retry: RetryAdvice::Never,
                });
            }
            "steady_trap" => panic!("on purpose"),
            _ => {}
        }
        let words = [call.agent, call.session, call.channel, ctx.account];
        let words: Vec<_> = words.into_iter().map(Option::unwrap_or_default).collect();
        Ok(Output {
            content: vec![
                Content::Text(words.join("|")),
                Content::Json(call.arguments),
            ],
            details: Some("{}".into()),
            is_error: false,
        })
    }
}

impl channel::Guest for Steady {
    fn describe() -> ChannelInfo {
        ChannelInfo {
            id: "steady".into(),
            label: "Steady".into(),
            aliases: vec!["st".into()],
            order: 1,
            capabilities: vec!["text".into()],
            text_limit: 100,
            media_limit: 0,
        }
    }

    fn send_text(_: CallContext, target: Target, text: Text) -> Result<Delivery, Failure> {
        Ok(Delivery::Sent(Receipt {
            message_ids: vec![target.to, text.body],
            conversation: None,
            sent_at: None,
            extra: Vec::new(),
        }))
    }

    fn send_media(
        _: CallContext,
        _: Target,
        _: Option<Text>,
        _: Vec<Attachment>,
    ) -> Result<Delivery, Failure> {
        Ok(Delivery::Unsupported)
    }

    fn send_poll(_: CallContext, _: Target, _: Poll) -> Result<Delivery, Failure> {
        Ok(Delivery::Unsupported)
    }

    fn edit(_: CallContext, _: Target, _: String, _: Text) -> Result<Delivery, Failure> {
        Ok(Delivery::Unsupported)
    }

    fn delete(_: CallContext, _: Target, _: String) -> Result<Delivery, Failure> {
        Ok(Delivery::Unsupported)
    }

    fn react(_: CallContext, _: Target, _: String, _: String) -> Result<Delivery, Failure> {
        Ok(Delivery::Unsupported)
    }

    fn typing(_: CallContext, _: Target, _: bool) -> Result<Delivery, Failure> {
        Ok(Delivery::Unsupported)
    }

    fn resolve(
        _: CallContext,
        _: Option<String>,
        query: String,
    ) -> Result<Vec<(String, String)>, Failure> {
        Ok(vec![(query.clone(), query)])
    }
}

impl events::Guest for Steady {
    fn subscribe() -> Vec<String> {
        vec!["session-start".into()]
    }

    fn handle(_: CallContext, _: String, _: String) -> Result<events::Verdict, Failure> {
        Ok(events::Verdict::Proceed)
    }
}
