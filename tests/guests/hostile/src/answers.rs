//! The plainest answers to everything else: each gives back what it was told, so that a test sees it arrive.

use overgrow_sdk::host::types::{CallContext, Failure, RetryAdvice};

use crate::Hostile;
use crate::exports::overgrow::plugin::channel::{
    self, Attachment, ChannelInfo, Delivery, Poll, Receipt, Target, Text,
};
use crate::exports::overgrow::plugin::lifecycle::{self, Identity, Problem};
use crate::exports::overgrow::plugin::webhook::{
    self, Outcome, PathMatch, Request, Response, Route,
};
use crate::exports::overgrow::plugin::{events, jobs};

impl lifecycle::Guest for Hostile {
    fn describe() -> Identity {
        Identity {
            id: "hostile".into(),
            name: "Hostile".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "Misbehaves on request.".into(),
        }
    }

    fn check_config(config: String) -> Vec<Problem> {
        vec![Problem {
            path: "everything".into(),
            message: config,
        }]
    }
}

impl channel::Guest for Hostile {
    fn describe() -> ChannelInfo {
        ChannelInfo {
            id: "hostile".into(),
            label: "Hostile".into(),
            aliases: Vec::new(),
            order: 1,
            capabilities: vec!["text".into()],
            text_limit: 4000,
            media_limit: 0,
        }
    }

    fn send_text(ctx: CallContext, target: Target, text: Text) -> Result<Delivery, Failure> {
        sent([ctx.call_id, target.to, text.body])
    }

    fn send_media(
        ctx: CallContext,
        target: Target,
        caption: Option<Text>,
        attachments: Vec<Attachment>,
    ) -> Result<Delivery, Failure> {
        let files = attachments.into_iter().filter_map(|file| file.media_id);
        let words = [
            ctx.call_id,
            target.to,
            caption.map(|text| text.body).unwrap_or_default(),
        ];
        sent(words.into_iter().chain(files))
    }

    fn send_poll(_ctx: CallContext, target: Target, poll: Poll) -> Result<Delivery, Failure> {
        sent([target.to, poll.question].into_iter().chain(poll.options))
    }

    fn edit(
        _ctx: CallContext,
        target: Target,
        id: String,
        text: Text,
    ) -> Result<Delivery, Failure> {
        sent([target.to, id, text.body])
    }

    fn delete(_ctx: CallContext, target: Target, id: String) -> Result<Delivery, Failure> {
        sent([target.to, id])
    }

    fn react(
        _ctx: CallContext,
        target: Target,
        id: String,
        emoji: String,
    ) -> Result<Delivery, Failure> {
        sent([target.to, id, emoji])
    }

    fn typing(_ctx: CallContext, target: Target, on: bool) -> Result<Delivery, Failure> {
        sent([target.to, on.to_string()])
    }

    fn resolve(
        _ctx: CallContext,
        account: Option<String>,
        query: String,
    ) -> Result<Vec<(String, String)>, Failure> {
        Ok(vec![(account.unwrap_or_default(), query)])
    }
}

fn sent(ids: impl IntoIterator<Item = String>) -> Result<Delivery, Failure> {
    Ok(Delivery::Sent(Receipt {
        message_ids: ids.into_iter().collect(),
        conversation: None,
        sent_at: None,
        extra: Vec::new(),
    }))
}

impl webhook::Guest for Hostile {
    fn routes(config: String) -> Result<Vec<Route>, Failure> {
        Ok(vec![Route {
            id: config,
            path: PathMatch::Prefix("/hostile".into()),
            methods: Vec::new(),
            max_body: 1024,
        }])
    }

    fn handle(_ctx: CallContext, request: Request) -> Result<Outcome, Failure> {
        Ok(Outcome::Reply(Response {
            status: 200,
            headers: request.headers,
            body: request.body,
        }))
    }
}

impl jobs::Guest for Hostile {
    fn run(_ctx: CallContext, name: String, payload: String) -> Result<(), Failure> {
        Err(Failure {
            code: name,
            message: payload,
            retry: RetryAdvice::Never,
        })
    }
}

impl events::Guest for Hostile {
    fn subscribe() -> Vec<String> {
        vec!["message-sending".into()]
    }

    fn handle(
        _ctx: CallContext,
        name: String,
        payload: String,
    ) -> Result<events::Verdict, Failure> {
        Ok(events::Verdict::Cancel(format!("{name}: {payload}")))
    }
}
