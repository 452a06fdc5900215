//! The channel: texts in pieces of 2000 units, files by URL.

use std::time::Duration;

use overgrow_sdk::delivery::Delivered;
use overgrow_sdk::host::media;
use overgrow_sdk::host::types::CallContext;
use overgrow_sdk::{Failure, text};
use serde_json::Value;

use crate::exports::overgrow::plugin::channel::{
    Attachment, ChannelInfo, Delivery, Guest as Channel, Poll, Target, Text,
};
use crate::settings::Account;
use crate::target::Thread;
use crate::{CHANNEL, Zalouser, current, zca};

/// Longest text that is sent at once, in UTF-16 units.
const TEXT_MAX: usize = 2000;

/// How long the program may take to fetch a file of ours.
const PUBLISHED: Duration = Duration::from_secs(10 * 60);

impl Channel for Zalouser {
    fn describe() -> ChannelInfo {
        ChannelInfo {
            id: CHANNEL.into(),
            label: "Zalo Personal".into(),
            aliases: vec!["zlu".into()],
            order: 85,
            capabilities: ["text", "media", "voice", "groups"]
                .map(String::from)
                .into(),
            text_limit: TEXT_MAX as u32,
            media_limit: 5 << 20,
        }
    }

    fn send_text(ctx: CallContext, target: Target, text: Text) -> Result<Delivery, Failure> {
        let commands = texts(&text.body);
        send(&ctx, &target, commands)
    }

    fn send_media(
        ctx: CallContext,
        target: Target,
        caption: Option<Text>,
        attachments: Vec<Attachment>,
    ) -> Result<Delivery, Failure> {
        let urls: Vec<_> = attachments.iter().map(url).collect::<Result<_, _>>()?;
        let caption = caption.map(|text| text.body).unwrap_or_default();
        send(&ctx, &target, files(urls, &caption))
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

    /// An id is itself; a name is looked for among friends and groups.
    fn resolve(
        ctx: CallContext,
        account: Option<String>,
        query: String,
    ) -> Result<Vec<(String, String)>, Failure> {
        let query = query.trim();
        if query.is_empty() || query.bytes().all(|byte| byte.is_ascii_digit()) {
            let itself = (!query.is_empty()).then(|| (query.to_owned(), query.to_owned()));
            return Ok(itself.into_iter().collect());
        }
        let account = self::account(account.as_deref().or(ctx.account.as_deref()))?;
        let ask = |args: &[&str]| {
            let args = args.iter().map(|arg| zca::words(arg)).collect();
            let printed = zca::demand(Some(&account.profile), args, "zca lookup failed")?;
            Ok::<_, Failure>(zca::json(&printed).unwrap_or_default())
        };
        let mut found = friends(&ask(&["friend", "find", query])?);
        found.extend(groups(&ask(&["group", "list", "-j"])?, query));
        Ok(found)
    }
}

/// What follows `msg`: the command, and what stands behind the thread.
type Command = (&'static str, Vec<String>);

fn send(ctx: &CallContext, target: &Target, commands: Vec<Command>) -> Result<Delivery, Failure> {
    let account = account(target.account.as_deref().or(ctx.account.as_deref()))?;
    let none = || Failure::permanent("no-target", "no thread to send to");
    let thread = Thread::parse(&target.to).ok_or_else(none)?;
    let sent = Delivered::each(commands, |(what, rest)| {
        let args = zca::message(what, &thread, rest);
        let printed = zca::demand(
            Some(&account.profile),
            args,
            &format!("Failed to send {what}"),
        )?;
        Ok(zca::message_id(&printed).unwrap_or_default())
    });
    Ok(sent.into())
}

fn account(name: Option<&str>) -> Result<Account, Failure> {
    let none = || {
        Failure::permanent(
            "no-account",
            format!("no Zalo account {}", name.unwrap_or("at all")),
        )
    };
    current()?.account(name).cloned().ok_or_else(none)
}

fn texts(body: &str) -> Vec<Command> {
    let pieces = text::chunks(body, TEXT_MAX).into_iter();
    pieces
        .map(|piece| ("send", vec![zca::words(&piece)]))
        .collect()
}

/// The first file has the caption. What is too long for one follows as texts, where the legacy throws it away.
fn files(urls: Vec<String>, caption: &str) -> Vec<Command> {
    let mut captions = text::chunks(caption, TEXT_MAX).into_iter();
    let mut commands = Vec::new();
    for url in urls {
        let caption = if commands.is_empty() {
            captions.next()
        } else {
            None
        };
        let what = zca::medium(&url);
        let mut rest = vec!["-u".into(), url];
        rest.extend(
            caption
                .into_iter()
                .flat_map(|caption| ["-m".into(), zca::words(&caption)]),
        );
        commands.push((what, rest));
    }
    commands.extend(captions.map(|rest| ("send", vec![zca::words(&rest)])));
    commands
}

/// Where the program fetches a file: where it is, or where the host publishes it for a while.
fn url(file: &Attachment) -> Result<String, Failure> {
    match (&file.url, &file.media_id) {
        (Some(url), _) if !url.trim().is_empty() => Ok(url.trim().into()),
        (_, Some(id)) => Ok(media::publish(
            &media::open(id)?,
            PUBLISHED.as_millis() as u64,
        )?),
        _ => Err(Failure::permanent(
            "no-file",
            "neither a URL nor a stored file",
        )),
    }
}

fn friends(printed: &Value) -> Vec<(String, String)> {
    rows(printed, "userId", "displayName").collect()
}

fn groups(printed: &Value, query: &str) -> Vec<(String, String)> {
    let wanted = query.to_lowercase();
    let named =
        rows(printed, "groupId", "name").filter(|(_, name)| name.to_lowercase().contains(&wanted));
    named
        .map(|(id, name)| (format!("group:{id}"), name))
        .collect()
}

fn rows(
    printed: &Value,
    id: &'static str,
    name: &'static str,
) -> impl Iterator<Item = (String, String)> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let rows = printed.as_array().cloned().unwrap_or_default();
    rows.into_iter().filter_map(move |row| {
        let id = text(&row[id])?;
        let name = text(&row[name]).unwrap_or_else(|| id.clone());
        Some((id, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn files_go_by_kind_with_the_first_caption() {
        let commands = files(
            vec!["https://h/a.mp3".into(), "https://h/b.png".into()],
            "-hi",
        );
        let words = |list: &[&str]| list.iter().map(|word| word.to_string()).collect::<Vec<_>>();
        assert_eq!(
            commands[0],
            ("voice", words(&["-u", "https://h/a.mp3", "-m", " -hi"]))
        );
        assert_eq!(commands[1], ("image", words(&["-u", "https://h/b.png"])));
    }

    #[test]
    fn long_texts_and_captions_lose_nothing() {
        assert_eq!(texts(&"a".repeat(4001)).len(), 3);
        let commands = files(vec!["u".into()], &format!("{} rest", "a".repeat(2000)));
        assert_eq!(commands[1], ("send", vec!["rest".to_owned()]));
    }

    #[test]
    fn people_and_groups_are_read_as_printed() {
        let people = json!([{ "userId": 7, "displayName": "Ann" }, { "userId": "8" }, { "x": 1 }]);
        assert_eq!(
            friends(&people),
            [("7".into(), "Ann".into()), ("8".into(), "8".into())]
        );
        let printed =
            json!([{ "groupId": "1", "name": "Book Club" }, { "groupId": "2", "name": "Family" }]);
        assert_eq!(
            groups(&printed, "book"),
            [("group:1".into(), "Book Club".into())]
        );
        assert!(friends(&Value::Null).is_empty());
    }
}
