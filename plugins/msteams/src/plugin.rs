//! The plugin as the host calls it: from the contract's words to this crate's, and back.
//!
//! Nothing is decided here.

use overgrow_sdk::Failure;
use overgrow_sdk::delivery::Delivered;
use overgrow_sdk::host::config;
use overgrow_sdk::host::types::CallContext;
use serde_json::Value;

use self::exports::overgrow::plugin::channel::{
    Attachment, ChannelInfo, Delivery, Guest as Channel, Poll, Target, Text, TextFormat,
};
use self::exports::overgrow::plugin::jobs::Guest as Jobs;
use self::exports::overgrow::plugin::lifecycle::{Guest as Lifecycle, Identity, Problem};
use self::exports::overgrow::plugin::webhook::{
    Guest as Webhook, Outcome, PathMatch, Request, Response, Route,
};
use crate::activity::Activity;
use crate::host::Host;
use crate::outgoing::{Format, Spot};
use crate::policy::{self, Policy};
use crate::receive::{self, Job, Question};
use crate::say::{self, Voice};
use crate::settings::{Settings, USUAL_PATH};
use crate::{CHANNEL, answer, body, deliver, people, upload};

overgrow_sdk::world!("webhook-channel");
overgrow_sdk::ease!(channel);

/// The plugin.
struct Teams;

impl Lifecycle for Teams {
    fn describe() -> Identity {
        Identity {
            id: CHANNEL.into(),
            name: "Microsoft Teams".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "A Bot Framework bot in Teams: messages, files, polls.".into(),
        }
    }

    fn check_config(config: String) -> Vec<Problem> {
        let faults = match serde_json::from_str(&config) {
            Ok(document) => Settings::read(&document).err().unwrap_or_default(),
            Err(error) => vec![(String::new(), error.to_string())],
        };
        let problem = |(path, message)| Problem { path, message };
        faults.into_iter().map(problem).collect()
    }
}

impl Webhook for Teams {
    fn routes(config: String) -> Result<Vec<Route>, Failure> {
        let document: Value = serde_json::from_str(&config)?;
        let settings = settings(&document)?;
        let mut paths = vec![settings.path.as_str(), USUAL_PATH];
        paths.dedup();
        Ok(match settings.enabled {
            true => paths.into_iter().map(route).collect(),
            false => Vec::new(),
        })
    }

    fn handle(_: CallContext, req: Request) -> Result<Outcome, Failure> {
        let settings = settings(&document()?)?;
        if !settings.enabled {
            return Ok(Outcome::Pass);
        }
        let question = Question {
            method: &req.method,
            path: &req.path,
            headers: &req.headers,
            body: &req.body,
        };
        match receive::answer(&Host, &settings, question) {
            receive::Outcome::Answer(answer) => Ok(Outcome::Reply(answer.into())),
            receive::Outcome::Work(answer, job, activity) => {
                let payload = serde_json::to_string(&activity)?;
                Ok(Outcome::ReplyThen((
                    answer.into(),
                    job.as_str().into(),
                    payload,
                )))
            }
        }
    }
}

impl Jobs for Teams {
    fn run(ctx: CallContext, name: String, payload: String) -> Result<(), Failure> {
        let job = Job::read(&name).ok_or_else(|| Failure::permanent("no-such-job", &name))?;
        let activity: Activity = serde_json::from_str(&payload)?;
        let document = document()?;
        let settings = settings(&document)?;
        match job {
            Job::Message => deliver::Delivery {
                world: &Host,
                settings: &settings,
                policy: &Policy::read(&document),
            }
            .deliver(&activity, &ctx.call_id),
            Job::Consent => upload::answered(&voice(&settings), &activity),
        }
    }
}

impl Channel for Teams {
    fn describe() -> ChannelInfo {
        let words = [
            "text", "markdown", "html", "media", "polls", "edit", "delete", "reply", "threads",
            "typing", "groups",
        ];
        ChannelInfo {
            id: CHANNEL.into(),
            label: "Microsoft Teams".into(),
            aliases: vec!["teams".into()],
            order: 60,
            capabilities: words.map(str::to_owned).to_vec(),
            text_limit: 4000,
            media_limit: 100 * 1024 * 1024,
        }
    }

    fn send_text(_: CallContext, target: Target, text: Text) -> Result<Delivery, Failure> {
        say(&target, |voice, target| {
            voice.text(target, &text.body, text.format.into())
        })
    }

    fn send_media(
        _: CallContext,
        target: Target,
        caption: Option<Text>,
        attachments: Vec<Attachment>,
    ) -> Result<Delivery, Failure> {
        let files: Vec<say::File> = attachments
            .into_iter()
            .map(file)
            .collect::<Result<_, _>>()?;
        let format = caption
            .as_ref()
            .map_or(Format::Markdown, |text| text.format.into());
        let caption = caption.map(|text| text.body).unwrap_or_default();
        say(&target, |voice, target| {
            voice.files(target, &caption, format, &files)
        })
    }

    fn send_poll(_: CallContext, target: Target, poll: Poll) -> Result<Delivery, Failure> {
        say(&target, |voice, target| {
            voice.poll(target, &poll.question, poll.options, poll.max_choices)
        })
    }

    fn edit(
        _: CallContext,
        target: Target,
        message_id: String,
        text: Text,
    ) -> Result<Delivery, Failure> {
        say(&target, |voice, target| {
            voice.edit(target, &message_id, &text.body, text.format.into())
        })
    }

    fn delete(_: CallContext, target: Target, message_id: String) -> Result<Delivery, Failure> {
        say(&target, |voice, target| voice.delete(target, &message_id))
    }

    fn react(_: CallContext, _: Target, _: String, _: String) -> Result<Delivery, Failure> {
        Ok(Delivery::Unsupported)
    }

    fn typing(_: CallContext, target: Target, on: bool) -> Result<Delivery, Failure> {
        match on {
            true => say(&target, |voice, target| voice.typing(target)),
            // It goes away by itself.
            false => Ok(Delivery::Unsupported),
        }
    }

    fn resolve(
        _: CallContext,
        _: Option<String>,
        query: String,
    ) -> Result<Vec<(String, String)>, Failure> {
        let query = query.trim();
        let bare = query.trim_start_matches('@').trim();
        if bare.is_empty() {
            return Ok(Vec::new());
        }
        if policy::is_id(query) || query.contains(':') {
            return Ok(vec![(query.to_owned(), query.to_owned())]);
        }
        let found = people::search(&Host, &settings(&document()?)?, bare)?;
        let target = |(id, name)| (format!("user:{id}"), name);
        Ok(found.into_iter().map(target).collect())
    }
}

fn say(
    target: &Target,
    how: impl FnOnce(&Voice<'_, Host>, say::Target<'_>) -> Result<Delivered, Failure>,
) -> Result<Delivery, Failure> {
    let settings = settings(&document()?)?;
    let spot = Spot {
        thread: target.thread.as_deref(),
        reply_to: target.reply_to.as_deref(),
    };
    let target = say::Target {
        to: &target.to,
        spot,
    };
    how(&voice(&settings), target).map(Into::into)
}

fn voice(settings: &Settings) -> Voice<'_, Host> {
    Voice {
        world: &Host,
        settings,
    }
}

fn document() -> Result<Value, Failure> {
    Ok(serde_json::from_str(&config::all())?)
}

fn settings(document: &Value) -> Result<Settings, Failure> {
    Settings::read(document).map_err(|faults| {
        let told: Vec<String> = faults
            .into_iter()
            .map(|(path, what)| format!("{path}: {what}"))
            .collect();
        Failure::permanent("bad-config", told.join("; "))
    })
}

/// One byte more than may be, so that what is too long is refused in the legacy's words.
fn route(path: &str) -> Route {
    Route {
        id: path.to_owned(),
        path: PathMatch::Exact(path.to_owned()),
        methods: Vec::new(),
        max_body: body::LIMIT as u64 + 1,
    }
}

fn file(attachment: Attachment) -> Result<say::File, Failure> {
    let (name, kind) = (attachment.filename, attachment.content_type);
    match (attachment.media_id, attachment.url) {
        (Some(id), _) => Ok(say::File::Stored { id, name, kind }),
        (None, Some(url)) => Ok(say::File::Elsewhere { url, name, kind }),
        (None, None) => Err(Failure::permanent(
            "no-file",
            "neither a stored file nor an address",
        )),
    }
}

impl From<TextFormat> for Format {
    fn from(format: TextFormat) -> Self {
        match format {
            TextFormat::Plain => Self::Plain,
            TextFormat::Markdown => Self::Markdown,
            TextFormat::Html => Self::Html,
        }
    }
}

impl From<answer::Answer> for Response {
    fn from(answer: answer::Answer) -> Self {
        Self {
            status: answer.status,
            headers: answer.headers,
            body: answer.body.into_bytes(),
        }
    }
}

#[cfg(target_family = "wasm")]
export!(Teams);
