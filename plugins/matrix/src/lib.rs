//! Matrix as a channel: a homeserver is asked for what is new, and told what to say.
//!
//! Everything but `host` is plain and tested natively. The surprise: there is no end-to-end encryption here, so an
//! encrypted room is neither read nor answered.

pub mod addressee;
pub mod chunk;
pub mod client;
pub mod content;
#[cfg(test)]
mod double;
pub mod event;
pub mod hearing;
pub mod host;
pub mod location;
pub mod markdown;
pub mod names;
pub mod policy;
pub mod poll;
pub mod rooms;
pub mod sanitize;
pub mod session;
pub mod settings;
pub mod speak;
pub mod sync;
pub mod trouble;
pub mod watch;
pub mod world;

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated from wit/, where the documentation is"
)]
pub mod bindings {
    overgrow_sdk::world!("polling-channel");
    overgrow_sdk::ease!(channel);
}

use std::cell::RefCell;

use bindings::exports::overgrow::plugin::{channel, lifecycle, service};
use overgrow_sdk::delivery::{Delivered, Parts};
use overgrow_sdk::host::config;
use overgrow_sdk::host::types::{CallContext, Failure};

use crate::client::Client;
use crate::host::Host;
use crate::settings::{Settings, TEXT_LIMIT};
use crate::speak::Speaker;
use crate::watch::{Next, Watch};
use crate::world::World;

/// Largest file, bytes: what most homeservers take. The operator's own limit is `mediaMaxMb`.
const MEDIA_LIMIT: u64 = 50 * 1024 * 1024;

thread_local! {
    /// The service's state: its instance stays alive.
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

/// The plugin.
#[derive(Debug)]
pub struct Matrix;

impl lifecycle::Guest for Matrix {
    fn describe() -> lifecycle::Identity {
        lifecycle::Identity {
            id: "matrix".into(),
            name: "Matrix".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: env!("CARGO_PKG_DESCRIPTION").into(),
        }
    }

    fn check_config(config: String) -> Vec<lifecycle::Problem> {
        let problems = Settings::parse(&config).err().unwrap_or_default();
        let problem = |(path, message)| lifecycle::Problem { path, message };
        problems.into_iter().map(problem).collect()
    }
}

impl channel::Guest for Matrix {
    fn describe() -> channel::ChannelInfo {
        let words = "text markdown html media voice polls native-polls edit delete react reply threads typing groups";
        channel::ChannelInfo {
            id: "matrix".into(),
            label: "Matrix".into(),
            aliases: Vec::new(),
            order: 70,
            capabilities: words.split(' ').map(str::to_owned).collect(),
            text_limit: u32::try_from(TEXT_LIMIT).unwrap_or(u32::MAX),
            media_limit: MEDIA_LIMIT,
        }
    }

    fn send_text(
        ctx: CallContext,
        target: channel::Target,
        text: channel::Text,
    ) -> Result<channel::Delivery, Failure> {
        deliver(&ctx, |speaker| speaker.text(&target, &text))
    }

    fn send_media(
        ctx: CallContext,
        target: channel::Target,
        caption: Option<channel::Text>,
        attachments: Vec<channel::Attachment>,
    ) -> Result<channel::Delivery, Failure> {
        deliver(&ctx, |speaker| {
            speaker.media(&target, caption.as_ref(), &attachments)
        })
    }

    fn send_poll(
        ctx: CallContext,
        target: channel::Target,
        poll: channel::Poll,
    ) -> Result<channel::Delivery, Failure> {
        deliver(&ctx, |speaker| speaker.poll(&target, &poll))
    }

    fn edit(
        ctx: CallContext,
        target: channel::Target,
        message_id: String,
        text: channel::Text,
    ) -> Result<channel::Delivery, Failure> {
        deliver(&ctx, |speaker| speaker.edit(&target, &message_id, &text))
    }

    fn delete(
        ctx: CallContext,
        target: channel::Target,
        message_id: String,
    ) -> Result<channel::Delivery, Failure> {
        deliver(&ctx, |speaker| speaker.delete(&target, &message_id))
    }

    fn react(
        ctx: CallContext,
        target: channel::Target,
        message_id: String,
        emoji: String,
    ) -> Result<channel::Delivery, Failure> {
        deliver(&ctx, |speaker| speaker.react(&target, &message_id, &emoji))
    }

    fn typing(
        ctx: CallContext,
        target: channel::Target,
        on: bool,
    ) -> Result<channel::Delivery, Failure> {
        deliver(&ctx, |speaker| speaker.typing(&target, on))
    }

    fn resolve(
        ctx: CallContext,
        _account: Option<String>,
        query: String,
    ) -> Result<Vec<(String, String)>, Failure> {
        let settings = settings(&config::all())?;
        let mut client = Client::open(&Host, &settings)?;
        client.deadline = ctx.deadline;
        Ok(client.resolve(&query)?)
    }
}

impl service::Guest for Matrix {
    fn start(_ctx: CallContext, config: String) -> Result<service::Next, Failure> {
        let settings = settings(&config)?;
        let watch = Watch::new(settings, Host.now());
        watch.introduce(&Host);
        WATCH.replace(Some(watch));
        Ok(service::Next::After(0))
    }

    fn tick(ctx: CallContext) -> Result<service::Next, Failure> {
        let next = WATCH
            .with_borrow_mut(|watch| watch.as_mut().map(|watch| watch.tick(&Host, ctx.deadline)));
        Ok(match next {
            Some(Next::After(wait)) => service::Next::After(wait),
            Some(Next::Never) | None => service::Next::Idle,
        })
    }

    fn stop(_ctx: CallContext, _reason: service::StopReason) -> Result<(), Failure> {
        WATCH.take();
        Ok(())
    }

    fn health() -> Result<String, String> {
        WATCH.with_borrow(|watch| watch.as_ref().map_or(Ok("off".into()), Watch::health))
    }
}

fn settings(document: &str) -> Result<Settings, Failure> {
    Settings::parse(document).map_err(|problems| {
        let lines: Vec<String> = problems
            .into_iter()
            .map(|(path, what)| format!("{path}: {what}"))
            .collect();
        Failure::permanent("bad-config", lines.join("; "))
    })
}

/// Says something. Not being known to the homeserver is a message that failed, not a plugin that did.
fn deliver(
    ctx: &CallContext,
    say: impl FnOnce(&Speaker<'_, Host>) -> Delivered,
) -> Result<channel::Delivery, Failure> {
    let settings = settings(&config::all())?;
    let delivered = match Client::open(&Host, &settings) {
        Ok(mut client) => {
            client.deadline = ctx.deadline;
            let call = ctx.call_id.clone();
            say(&Speaker { client, call })
        }
        Err(trouble) => Parts::default().failed(trouble.into()),
    };
    Ok(delivered.into())
}

#[cfg(target_family = "wasm")]
bindings::export!(Matrix with_types_in bindings);
