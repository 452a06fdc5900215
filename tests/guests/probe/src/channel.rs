//! A channel that does as its target says: `ok`, `fail`, `busy`, `later:MS`, `half`, `none`, or `command:` and JSON.
//!
//! Every delivery leaves a note in `sent:TARGET`, so that a test can count.

use overgrow_sdk::delivery::{Delivered, Parts};
use overgrow_sdk::host::types::CallContext;
use overgrow_sdk::{Failure, RetryAdvice, kv};
use serde_json::{Value, json};

use crate::exports::overgrow::plugin::channel::{
    Attachment, ChannelInfo, Delivery, Guest, Poll, Target, Text,
};
use crate::{Probe, command};

impl Guest for Probe {
    fn describe() -> ChannelInfo {
        ChannelInfo {
            id: "probe".into(),
            label: "Probe".into(),
            aliases: vec!["prb".into()],
            order: 900,
            capabilities: vec!["text".into(), "media".into(), "polls".into()],
            text_limit: 100,
            media_limit: 1 << 20,
        }
    }

    fn send_text(ctx: CallContext, target: Target, text: Text) -> Result<Delivery, Failure> {
        deliver(&ctx, &target, json!({ "text": text.body }))
    }

    fn send_media(
        ctx: CallContext,
        target: Target,
        caption: Option<Text>,
        attachments: Vec<Attachment>,
    ) -> Result<Delivery, Failure> {
        let files: Vec<_> = attachments
            .iter()
            .map(|file| json!({ "id": file.media_id, "url": file.url }))
            .collect();
        deliver(
            &ctx,
            &target,
            json!({ "caption": caption.map(|text| text.body), "files": files }),
        )
    }

    fn send_poll(ctx: CallContext, target: Target, poll: Poll) -> Result<Delivery, Failure> {
        let note = json!({ "question": poll.question, "options": poll.options });
        deliver(&ctx, &target, note)
    }

    fn edit(ctx: CallContext, target: Target, id: String, text: Text) -> Result<Delivery, Failure> {
        deliver(&ctx, &target, json!({ "edit": id, "text": text.body }))
    }

    fn delete(ctx: CallContext, target: Target, id: String) -> Result<Delivery, Failure> {
        deliver(&ctx, &target, json!({ "delete": id }))
    }

    fn react(
        ctx: CallContext,
        target: Target,
        id: String,
        emoji: String,
    ) -> Result<Delivery, Failure> {
        deliver(&ctx, &target, json!({ "react": id, "emoji": emoji }))
    }

    fn typing(_: CallContext, _: Target, _: bool) -> Result<Delivery, Failure> {
        Ok(Delivery::Unsupported)
    }

    fn resolve(
        _: CallContext,
        _: Option<String>,
        query: String,
    ) -> Result<Vec<(String, String)>, Failure> {
        let known = [("u1", "Ann"), ("u2", "Anton"), ("u3", "Bob")];
        let found = known.iter().filter(|(_, name)| name.contains(&query));
        Ok(found
            .map(|(id, name)| (id.to_string(), name.to_string()))
            .collect())
    }
}

fn deliver(ctx: &CallContext, target: &Target, what: Value) -> Result<Delivery, Failure> {
    let (word, rest) = target.to.split_once(':').unwrap_or((&target.to, ""));
    if word == "command" {
        let told = serde_json::from_str(rest)?;
        let said = command::run(&told, ctx)?.to_string();
        return Ok(Delivered::sent(said).into());
    }
    let count = note(ctx, target, what)?;
    let one = Parts {
        message_ids: vec![format!("m{count}")],
        ..Parts::default()
    };
    Ok(match word {
        "fail" => Delivered::Failed(RetryAdvice::Never, "as told".into()),
        "busy" => Delivered::Failed(RetryAdvice::Backoff, "as told".into()),
        "later" => {
            let wait = rest.parse().unwrap_or(1);
            Delivered::Failed(RetryAdvice::After(wait), "as told".into())
        }
        "half" => Delivered::Partial(one, RetryAdvice::Backoff, "as told".into()),
        "none" => Delivered::Unsupported,
        _ => Delivered::Sent(one),
    }
    .into())
}

/// How many there are by now. Without a grant for state none is kept, and every delivery is the first.
fn note(ctx: &CallContext, target: &Target, what: Value) -> Result<usize, Failure> {
    let noted = kv::update(
        &format!("sent:{}", target.to),
        |seen: Option<Vec<Value>>| {
            let mut seen = seen.unwrap_or_default();
            seen.push(json!({ "id": ctx.call_id, "attempt": ctx.attempt, "what": what }));
            Ok(seen)
        },
    );
    match noted {
        Ok(seen) => Ok(seen.len()),
        Err(failure) if failure.code == "denied" => Ok(1),
        Err(failure) => Err(failure),
    }
}
