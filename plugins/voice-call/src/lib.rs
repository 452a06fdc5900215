//! Telephone calls by Twilio, Telnyx or Plivo: webhooks, a tool for the agent, and timers that hang up.
//!
//! This file only ties the rooms to the world of a plugin: `webhook` is how a request becomes an answer, `tool` what
//! the agent may ask, `desk` what can be done with a call, `taking` what reports do to one, `book` where calls are
//! written, `provider` what each provider says and wants to hear.

pub mod address;
pub mod ask;
pub mod book;
pub mod call;
pub mod desk;
pub mod event;
pub mod form;
mod host;
pub mod outside;
pub mod provider;
pub mod reading;
pub mod settings;
pub mod signature;
pub mod taking;
pub mod tool;
pub mod webhook;
pub mod xml;

use overgrow_sdk::host::config;
use overgrow_sdk::host::types::{CallContext, Failure};

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated from wit/, where the documentation is"
)]
mod world {
    overgrow_sdk::world!("call-plugin");
}

use world::exports::overgrow::plugin::{jobs, lifecycle, tool as tools, webhook as hooks};

use crate::desk::Desk;
use crate::host::Host;
use crate::outside::Order;
use crate::settings::Settings;
use crate::webhook::{Outcome, Request};

/// Largest webhook that is read, bytes: several times what a provider sends.
const BODY: u64 = 1024 * 1024;

/// The job that carries out what a webhook has led to.
const ORDERS: &str = "orders";

/// The plugin.
#[derive(Debug)]
pub struct VoiceCall;

impl lifecycle::Guest for VoiceCall {
    fn describe() -> lifecycle::Identity {
        lifecycle::Identity {
            id: "voice-call".into(),
            name: "Voice Call".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "Telephone calls by Twilio, Telnyx or Plivo.".into(),
        }
    }

    fn check_config(config: String) -> Vec<lifecycle::Problem> {
        let faults = Settings::parse(&config).err().unwrap_or_default();
        let problem = |(path, message)| lifecycle::Problem { path, message };
        faults.into_iter().map(problem).collect()
    }
}

impl hooks::Guest for VoiceCall {
    fn routes(config: String) -> Result<Vec<hooks::Route>, Failure> {
        let settings = parse(&config)?;
        Ok(vec![hooks::Route {
            id: "webhook".into(),
            path: hooks::PathMatch::Prefix(settings.path),
            // Others are told that they are not allowed.
            methods: Vec::new(),
            max_body: BODY,
        }])
    }

    fn handle(ctx: CallContext, req: hooks::Request) -> Result<hooks::Outcome, Failure> {
        let settings = parse(&config::all())?;
        let request = Request {
            method: &req.method,
            path: &req.path,
            query: req.query.as_deref(),
            headers: &req.headers,
            body: &req.body,
            public_url: &req.public_url,
        };
        let outcome = desk(&settings, &ctx).serve(request)?;
        Ok(match outcome {
            Outcome::Pass => hooks::Outcome::Pass,
            Outcome::Answer(answer, orders) if orders.is_empty() => {
                hooks::Outcome::Reply(response(answer))
            }
            Outcome::Answer(answer, orders) => {
                let payload = host::payload(&orders);
                hooks::Outcome::ReplyThen((response(answer), ORDERS.into(), payload))
            }
        })
    }
}

impl jobs::Guest for VoiceCall {
    fn run(ctx: CallContext, _name: String, payload: String) -> Result<(), Failure> {
        let settings = parse(&config::all())?;
        let orders: Vec<Order> = serde_json::from_str(&payload)?;
        for order in &orders {
            desk(&settings, &ctx).carry_out(order)?;
        }
        Ok(())
    }
}

impl tools::Guest for VoiceCall {
    fn definitions() -> Vec<tools::Definition> {
        vec![tools::Definition {
            name: tool::NAME.into(),
            label: "Voice Call".into(),
            description: "Make phone calls and have voice conversations via the voice-call plugin."
                .into(),
            parameters: tool::parameters().to_string(),
            effect: true,
        }]
    }

    fn invoke(ctx: CallContext, call: tools::Invocation) -> Result<tools::Output, Failure> {
        if call.name != tool::NAME {
            let message = format!("there is no tool {}", call.name);
            return Err(Failure::permanent("no-tool", message));
        }
        let settings = parse(&config::all())?;
        let arguments = serde_json::from_str(&call.arguments)?;
        let payload = desk(&settings, &ctx).invoke(&arguments);
        Ok(tools::Output {
            content: vec![tools::Content::Text(serde_json::to_string_pretty(
                &payload,
            )?)],
            details: Some(payload.to_string()),
            is_error: false,
        })
    }
}

fn desk<'a>(settings: &'a Settings, ctx: &'a CallContext) -> Desk<'a, Host> {
    Desk {
        outside: &Host,
        settings,
        task: &ctx.call_id,
        deadline: ctx.deadline,
    }
}

fn parse(config: &str) -> Result<Settings, Failure> {
    Settings::parse(config).map_err(|faults| {
        let line = |(path, message)| format!("{path}: {message}");
        let lines: Vec<_> = faults.into_iter().map(line).collect();
        Failure::permanent("bad-config", lines.join("; "))
    })
}

fn response(answer: reading::Answer) -> hooks::Response {
    let kind = answer.content_type;
    hooks::Response {
        status: answer.status,
        headers: kind
            .map(|kind| ("Content-Type".into(), kind.into()))
            .into_iter()
            .collect(),
        body: answer.body.into_bytes(),
    }
}

#[cfg(target_family = "wasm")]
world::export!(VoiceCall with_types_in world);
