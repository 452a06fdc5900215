//! The channel: texts in pieces of 2000 units, pictures by URL.

use std::time::Duration;

use overgrow_sdk::delivery::Delivered;
use overgrow_sdk::host::media;
use overgrow_sdk::host::types::CallContext;
use overgrow_sdk::{Failure, text};

use crate::api::Bot;
use crate::exports::overgrow::plugin::channel::{
    Attachment, ChannelInfo, Delivery, Guest as Channel, Poll, Target, Text,
};
use crate::settings::{Account, Settings, plain_target};
use crate::{CHANNEL, Zalo, current};

/// Longest text that the provider takes, in UTF-16 units.
const TEXT_MAX: usize = 2000;

/// How long the provider may take to fetch a picture of ours.
const PUBLISHED: Duration = Duration::from_secs(10 * 60);

/// One message of the provider's.
enum Part {
    Text(String),
    Photo {
        url: String,
        caption: Option<String>,
    },
}

impl Channel for Zalo {
    fn describe() -> ChannelInfo {
        ChannelInfo {
            id: CHANNEL.into(),
            label: "Zalo".into(),
            aliases: vec!["zl".into()],
            order: 80,
            capabilities: vec!["text".into(), "media".into()],
            text_limit: TEXT_MAX as u32,
            media_limit: 5 << 20,
        }
    }

    fn send_text(ctx: CallContext, target: Target, text: Text) -> Result<Delivery, Failure> {
        send(&ctx, &target, texts(&text.body))
    }

    fn send_media(
        ctx: CallContext,
        target: Target,
        caption: Option<Text>,
        attachments: Vec<Attachment>,
    ) -> Result<Delivery, Failure> {
        let urls: Vec<_> = attachments.iter().map(url).collect::<Result<_, _>>()?;
        let caption = caption.map(|text| text.body).unwrap_or_default();
        send(&ctx, &target, photos(urls, &caption))
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

    /// An id is itself; a name is looked for among the people the operator knows, who have only ids here.
    fn resolve(
        _: CallContext,
        account: Option<String>,
        query: String,
    ) -> Result<Vec<(String, String)>, Failure> {
        let settings = current();
        let account = settings.account(account.as_deref());
        Ok(found(account, &query))
    }
}

fn send(ctx: &CallContext, target: &Target, parts: Vec<Part>) -> Result<Delivery, Failure> {
    let settings = current();
    let account = account(&settings, ctx, target)?;
    let chat = plain_target(&target.to);
    if chat.is_empty() {
        return Err(Failure::permanent("no-target", "no chat to send to"));
    }
    let bot = Bot::open(&settings, account)?;
    let sent = Delivered::each(parts, |part| match part {
        Part::Text(text) => bot.send_message(chat, &text),
        Part::Photo { url, caption } => bot.send_photo(chat, &url, caption.as_deref()),
    });
    Ok(sent.into())
}

fn account<'s>(
    settings: &'s Settings,
    ctx: &CallContext,
    target: &Target,
) -> Result<&'s Account, Failure> {
    let name = target.account.as_deref().or(ctx.account.as_deref());
    let none = || {
        Failure::permanent(
            "no-account",
            format!("no Zalo account {}", name.unwrap_or("at all")),
        )
    };
    settings.account(name).ok_or_else(none)
}

fn texts(body: &str) -> Vec<Part> {
    text::chunks(body, TEXT_MAX)
        .into_iter()
        .map(Part::Text)
        .collect()
}

/// The first picture has the caption. What is too long for one follows as texts, where the legacy throws it away.
fn photos(urls: Vec<String>, caption: &str) -> Vec<Part> {
    let mut captions = text::chunks(caption, TEXT_MAX).into_iter();
    let mut parts = Vec::new();
    for url in urls {
        let caption = if parts.is_empty() {
            captions.next()
        } else {
            None
        };
        parts.push(Part::Photo { url, caption });
    }
    parts.extend(captions.map(Part::Text));
    parts
}

/// Where the provider fetches a file: where it is, or where the host publishes it for a while.
fn url(file: &Attachment) -> Result<String, Failure> {
    match (&file.url, &file.media_id) {
        (Some(url), _) if !url.trim().is_empty() => Ok(url.trim().into()),
        (_, Some(id)) => {
            let stored = media::open(id)?;
            Ok(media::publish(&stored, PUBLISHED.as_millis() as u64)?)
        }
        _ => Err(Failure::permanent(
            "no-file",
            "neither a URL nor a stored file",
        )),
    }
}

fn found(account: Option<&Account>, query: &str) -> Vec<(String, String)> {
    let query = plain_target(query);
    let is_id = query.len() >= 3 && query.bytes().all(|byte| byte.is_ascii_digit());
    if is_id {
        return vec![(query.into(), query.into())];
    }
    let wanted = query.to_lowercase();
    let people = account
        .map(|account| &account.people[..])
        .unwrap_or_default();
    let named = people
        .iter()
        .filter(|id| id.to_lowercase().contains(&wanted));
    named.map(|id| (id.clone(), id.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(parts: Vec<Part>) -> Vec<String> {
        let show = |part| match part {
            Part::Text(text) => text,
            Part::Photo { url, caption } => format!("{url} {}", caption.unwrap_or_default()),
        };
        parts.into_iter().map(show).collect()
    }

    #[test]
    fn long_texts_go_in_pieces() {
        let body = format!("{}\n{}", "a".repeat(1999), "b".repeat(5));
        let parts = shown(texts(&body));
        assert_eq!(parts, ["a".repeat(1999), "b".repeat(5)]);
        assert!(texts("").is_empty());
    }

    #[test]
    fn the_first_picture_has_the_caption_and_nothing_of_it_is_lost() {
        let urls = vec!["u1".to_owned(), "u2".to_owned()];
        assert_eq!(shown(photos(urls.clone(), "hi")), ["u1 hi", "u2 "]);
        let long = format!("{} rest", "a".repeat(2000));
        assert_eq!(
            shown(photos(urls, &long)),
            [
                format!("u1 {}", "a".repeat(2000)),
                "u2 ".into(),
                "rest".into()
            ]
        );
    }

    #[test]
    fn an_id_is_itself_and_people_are_those_in_the_settings() {
        let (settings, _) = Settings::read(r#"{"allowFrom":["abc7", 81]}"#);
        let find = |query: &str| found(settings.account(None), query);
        assert_eq!(find("zalo:12345"), [("12345".into(), "12345".into())]);
        assert_eq!(find("BC"), [("abc7".into(), "abc7".into())]);
        assert!(find("nobody").is_empty() && found(None, "x").is_empty());
    }
}
