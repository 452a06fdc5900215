//! Makes a message of a file, in the way that the place it is for allows.
//!
//! The surprise: nothing but small pictures can be in a message. A person is asked whether they want a file; a group gets
//! it by way of a drive.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use overgrow_sdk::Failure;
use overgrow_sdk::host::log::Level;
use serde_json::{Value, json};

use crate::activity::Place;
use crate::consent::{self, ASKED_FROM, Waiting};
use crate::files::hosts::Scope;
use crate::graph::{self, Drive};
use crate::memory;
use crate::outgoing::{Message, advice};
use crate::reference::Reference;
use crate::say::{self, File};
use crate::settings::Settings;
use crate::token;
use crate::world::{Body, Reply, Request, World};

/// A file, looked at.
struct Known {
    id: String,
    name: String,
    kind: String,
    size: u64,
}

/// The message that brings a file, with what is said of it. Files for groups are on the drive when this returns.
///
/// # Errors
/// When the file cannot be read, is too large, or the drive does not take it.
pub fn message(
    world: &impl World,
    settings: &Settings,
    reference: &Reference,
    file: &File,
    caption: Option<Message>,
) -> Result<Message, Failure> {
    let caption = caption.unwrap_or_default();
    match file {
        File::Elsewhere { url, name, kind } => {
            Ok(linked(url, name.as_deref(), kind.as_deref(), caption))
        }
        File::Stored { id, name, kind } => {
            let known = look(world, settings, id, name.as_deref(), kind.as_deref())?;
            stored(world, settings, reference, &known, caption)
        }
    }
}

fn stored(
    world: &impl World,
    settings: &Settings,
    reference: &Reference,
    file: &Known,
    caption: Message,
) -> Result<Message, Failure> {
    let small_picture = file.kind.starts_with("image/") && file.size < ASKED_FROM;
    match (reference.place, &settings.site) {
        (Place::Personal, _) if small_picture => inline(world, file, caption),
        (Place::Personal, _) => ask(world, reference, file, caption),
        (_, None) if small_picture => inline(world, file, caption),
        (_, Some(site)) => on_site(world, settings, reference, file, caption, site),
        (_, None) => on_drive(world, settings, file, caption),
    }
}

fn look(
    world: &impl World,
    settings: &Settings,
    id: &str,
    name: Option<&str>,
    kind: Option<&str>,
) -> Result<Known, Failure> {
    let info = world.file(id)?;
    if info.size > settings.media_limit {
        let why = format!(
            "the file has {} bytes, {} may be sent",
            info.size, settings.media_limit
        );
        return Err(Failure::permanent("too-large", why));
    }
    let kind = kind
        .map(str::to_owned)
        .or(info.kind)
        .unwrap_or_else(|| "application/octet-stream".to_owned());
    let usual = || match kind.strip_prefix("image/") {
        Some(end) if end.chars().all(|c| c.is_ascii_alphanumeric()) => format!("image.{end}"),
        _ => "file.bin".to_owned(),
    };
    Ok(Known {
        id: id.to_owned(),
        name: name.map(str::to_owned).or(info.name).unwrap_or_else(usual),
        kind,
        size: info.size,
    })
}

/// A file that clients fetch themselves.
fn linked(url: &str, name: Option<&str>, kind: Option<&str>, caption: Message) -> Message {
    let last = url
        .split(['?', '#'])
        .next()
        .and_then(|url| url.rsplit('/').next());
    let name = name
        .or(last)
        .filter(|name| !name.is_empty())
        .unwrap_or("file");
    attach(
        caption,
        json!({"name": name, "contentType": kind.unwrap_or("application/octet-stream"), "contentUrl": url}),
    )
}

fn inline(world: &impl World, file: &Known, caption: Message) -> Result<Message, Failure> {
    let bytes = world.read(&file.id, file.size)?;
    let url = format!("data:{};base64,{}", file.kind, STANDARD.encode(bytes));
    Ok(attach(
        caption,
        json!({"name": file.name, "contentType": file.kind, "contentUrl": url}),
    ))
}

/// Asks the person. The caption is the description, since the card is all that can be sent.
fn ask(
    world: &impl World,
    reference: &Reference,
    file: &Known,
    caption: Message,
) -> Result<Message, Failure> {
    let upload = say::unique(world);
    let waiting = Waiting {
        media: file.id.clone(),
        name: file.name.clone(),
        content_type: Some(file.kind.clone()),
        conversation: reference.conversation.clone(),
    };
    memory::wait(world, &upload, &waiting)?;
    let card = consent::card(&upload, &file.name, file.size, caption.text.as_deref());
    Ok(Message::attached(card))
}

fn on_site(
    world: &impl World,
    settings: &Settings,
    reference: &Reference,
    file: &Known,
    caption: Message,
    site: &str,
) -> Result<Message, Failure> {
    let drive = Drive::Site(site.to_owned());
    let stored = upload(world, settings, &drive, file)?;
    let people = match reference.place {
        Place::Group => members(world, settings, &reference.conversation),
        Place::Personal | Place::Channel => Vec::new(),
    };
    link(world, settings, &drive, &stored.id, &people)?;
    let url = drive.card_url(&settings.services.graph, &stored.id);
    let answer = ask_graph(world, settings, Request::get(url), "the file's card")?;
    let card = graph::card(&answer).ok_or_else(|| incomplete("the file's card"))?;
    Ok(attach(caption, card))
}

fn on_drive(
    world: &impl World,
    settings: &Settings,
    file: &Known,
    caption: Message,
) -> Result<Message, Failure> {
    let stored = upload(world, settings, &Drive::Own, file)?;
    let url = link(world, settings, &Drive::Own, &stored.id, &[])?;
    let text = graph::mention(caption.text.as_deref(), &stored.name, &url);
    Ok(Message {
        text: Some(text),
        ..caption
    })
}

fn upload(
    world: &impl World,
    settings: &Settings,
    drive: &Drive,
    file: &Known,
) -> Result<graph::Stored, Failure> {
    let url = drive.upload_url(&settings.services.graph, &file.name);
    let request = Request::with("PUT", url, Body::File(file.id.clone(), file.kind.clone()));
    let answer = ask_graph(world, settings, request, "the upload")?;
    graph::stored(&answer).ok_or_else(|| incomplete("the upload"))
}

fn link(
    world: &impl World,
    settings: &Settings,
    drive: &Drive,
    item: &str,
    people: &[String],
) -> Result<String, Failure> {
    let url = drive.link_url(&settings.services.graph, item, people);
    let request = Request::json("POST", url, &Drive::link_body(people));
    let answer = ask_graph(world, settings, request, "the link")?;
    graph::link(&answer).ok_or_else(|| incomplete("the link"))
}

/// Who is in a chat. Without the permission to know, a link is for the organization, as with the legacy.
fn members(world: &impl World, settings: &Settings, chat: &str) -> Vec<String> {
    let url = graph::members_url(&settings.services.graph, chat);
    match ask_graph(world, settings, Request::get(url), "the members") {
        Ok(answer) => graph::members(&answer),
        Err(failure) => {
            world.log(
                Level::Warn,
                "a file is shared with the organization",
                &[("why", &failure.line())],
            );
            Vec::new()
        }
    }
}

fn ask_graph(
    world: &impl World,
    settings: &Settings,
    request: Request,
    what: &str,
) -> Result<Value, Failure> {
    let secret = token::token(world, settings, Scope::Graph)?;
    let reply: Reply = world.ask(&request.bearer(secret))?;
    match reply.is_good() {
        true => Ok(reply.json()),
        false => Err(Failure::new(
            format!("http-{}", reply.status),
            format!("Graph refused {what}"),
            advice(reply.status, reply.wait),
        )),
    }
}

fn attach(caption: Message, attachment: Value) -> Message {
    Message {
        attachments: vec![attachment],
        ..caption
    }
}

fn incomplete(what: &str) -> Failure {
    Failure::permanent(
        "bad-answer",
        format!("Graph's answer to {what} is not whole"),
    )
}
