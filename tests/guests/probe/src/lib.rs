//! A guest that does whatever it is told, for the tests of the host.
//!
//! A `Command` is JSON: the argument of its tool `do`, the body of a webhook below `/probe`, the payload
//! of a job. A list of them runs in order in one instance and gives a list of results. It exports every interface, so
//! that a test can ask any of them.

mod answer;
mod channel;
mod command;
mod hostile;
mod outside;
mod service;
mod state;

use overgrow_sdk::Failure;
use overgrow_sdk::host::types::CallContext;
use overgrow_sdk::webhook::Reply;
use serde_json::{Value, json};

overgrow_sdk::world!("everything", "../../../wit/0.1");
overgrow_sdk::ease!(lifecycle, channel, webhook, tool);

use exports::overgrow::plugin::events::{Guest as Events, Verdict};
use exports::overgrow::plugin::jobs::Guest as Jobs;
use exports::overgrow::plugin::lifecycle::{Guest as Lifecycle, Identity, Problem};
use exports::overgrow::plugin::tool::{Definition, Guest as Tool, Invocation, Output};
use exports::overgrow::plugin::webhook::{
    Guest as Webhook, Outcome, PathMatch, Request, Response, Route,
};

struct Probe;

impl Lifecycle for Probe {
    fn describe() -> Identity {
        Identity {
            id: "probe".into(),
            name: "Probe".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "Does whatever it is told.".into(),
        }
    }

    /// A configuration with `"bad": TEXT` has that problem.
    fn check_config(config: String) -> Vec<Problem> {
        let config: Value = serde_json::from_str(&config).unwrap_or_default();
        let problem = |text: &str| overgrow_sdk::config::Fault::new("bad", text).into();
        config["bad"].as_str().map(problem).into_iter().collect()
    }
}

impl Tool for Probe {
    fn definitions() -> Vec<Definition> {
        vec![Definition {
            name: "do".into(),
            label: "Do".into(),
            description: "Does whatever it is told.".into(),
            parameters: r#"{"type":"object"}"#.into(),
            effect: true,
        }]
    }

    fn invoke(ctx: CallContext, call: Invocation) -> Result<Output, Failure> {
        Output::json(&command::run(&call.parse()?, &ctx)?)
    }
}

impl Webhook for Probe {
    /// Whatever is below `/probe`, or the paths that the configuration lists as `routes`.
    fn routes(config: String) -> Result<Vec<Route>, Failure> {
        let config: Value = serde_json::from_str(&config)?;
        let route = |path: PathMatch| Route {
            id: "probe".into(),
            path,
            methods: Vec::new(),
            max_body: config["maxBody"].as_u64().unwrap_or(1 << 20),
        };
        let Some(paths) = config["routes"].as_array() else {
            return Ok(vec![route(PathMatch::Prefix("/probe".into()))]);
        };
        let exact = |path: &Value| route(PathMatch::Exact(path.as_str().unwrap_or("/").into()));
        Ok(paths.iter().map(exact).collect())
    }

    /// `/probe/pass` is not for it; `/probe/echo` says what came; `/probe/then` has the body run as a job;
    /// `/probe/status/N` answers so; elsewhere the body is a command.
    fn handle(ctx: CallContext, req: Request) -> Result<Outcome, Failure> {
        let rest = req.path.strip_prefix("/probe").unwrap_or_default();
        match rest.split('/').nth(1) {
            Some("pass") => Ok(Outcome::Pass),
            Some("echo") => Ok(Reply::json(200, &echo(&req))?.into()),
            Some("then") => {
                let payload: Value = serde_json::from_slice(&req.body)?;
                Ok(Reply::bare(200, "ok").then("command", &payload)?.into())
            }
            Some("status") => {
                let status = rest
                    .rsplit('/')
                    .next()
                    .and_then(|digits| digits.parse().ok());
                Ok(Outcome::Reply(Response {
                    status: status.unwrap_or(200),
                    headers: Vec::new(),
                    body: req.body,
                }))
            }
            _ => {
                let told = serde_json::from_slice(&req.body)?;
                Ok(Reply::json(200, &command::run(&told, &ctx)?)?.into())
            }
        }
    }
}

fn echo(req: &Request) -> Value {
    json!({
        "route": req.route, "method": req.method, "path": req.path, "query": req.query,
        "headers": req.headers, "body": req.body, "publicUrl": req.public_url, "peer": req.peer,
        "receivedAt": req.received_at,
    })
}

impl Jobs for Probe {
    /// Runs the payload, and leaves in `job:NAME` how often it was called and with what.
    fn run(ctx: CallContext, name: String, payload: String) -> Result<(), Failure> {
        let told: Value = serde_json::from_str(&payload)?;
        overgrow_sdk::kv::update(&format!("job:{name}"), |seen: Option<Vec<Value>>| {
            let mut seen = seen.unwrap_or_default();
            seen.push(json!({ "id": ctx.call_id, "attempt": ctx.attempt, "payload": told }));
            Ok(seen)
        })?;
        command::run(&told, &ctx).map(drop)
    }
}

impl Events for Probe {
    fn subscribe() -> Vec<String> {
        vec!["message-sending".into(), "before-tool-call".into()]
    }

    /// A payload with `cancel` is stopped, one with `replace` replaced by that.
    fn handle(_: CallContext, _: String, payload: String) -> Result<Verdict, Failure> {
        let payload: Value = serde_json::from_str(&payload)?;
        Ok(match (&payload["cancel"], &payload["replace"]) {
            (Value::String(why), _) => Verdict::Cancel(why.clone()),
            (_, Value::Null) => Verdict::Proceed,
            (_, fresh) => Verdict::Replace(fresh.to_string()),
        })
    }
}

#[cfg(target_family = "wasm")]
export!(Probe);
