//! One request of the webhook: who sent it, what it is, and how it is answered.
//!
//! The surprise: the answer never waits for what a message leads to. A message that is answered 200 is in the host's own
//! queue, and is worked on behind the answer until the gateway has it.

use overgrow_sdk::host::log::Level;

use crate::activity::Activity;
use crate::answer::Answer;
use crate::body::{self, header};
use crate::consent;
use crate::jwt::claims::Expected;
use crate::jwt::{self, Fault};
use crate::settings::Settings;
use crate::trust::Published;
use crate::world::World;

/// A request as it came.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Upper case.
    pub method: &'a str,
    /// The path as received.
    pub path: &'a str,
    /// Headers in wire order.
    pub headers: &'a [(String, String)],
    /// The body as received.
    pub body: &'a [u8],
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Only an answer.
    Answer(Answer),
    /// An answer, and work behind it.
    Work(Answer, Job, Box<Activity>),
}

/// Work behind an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// A message is for the gateway.
    Message,
    /// Somebody has answered whether they want a file.
    Consent,
}

impl Job {
    /// Its name in the host's queue.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Consent => "consent",
        }
    }

    /// The work of that name.
    pub fn read(name: &str) -> Option<Self> {
        [Self::Message, Self::Consent]
            .into_iter()
            .find(|job| job.as_str() == name)
    }
}

/// Answers a request, in the order in which the legacy looks at things: the body, the method, the token, the Activity.
pub fn answer(world: &impl World, settings: &Settings, question: Question<'_>) -> Outcome {
    match judge(world, settings, question) {
        Ok(activity) => dispatch(world, activity),
        Err(answer) => Outcome::Answer(answer),
    }
}

fn judge(
    world: &impl World,
    settings: &Settings,
    question: Question<'_>,
) -> Result<Activity, Answer> {
    let body = body::read(question.headers, question.body).map_err(Answer::unread)?;
    if !matches!(question.method, "POST" | "GET") {
        return Err(Answer::refused(405, "Method not allowed"));
    }
    let body = body.unwrap_or_default();
    let expected = Expected {
        settings,
        service: body["serviceUrl"].as_str(),
        channel: body["channelId"].as_str(),
    };
    let_in(world, &expected, question.headers)?;
    if question.method != "POST" {
        return Err(Answer::missing(question.method, question.path));
    }
    let activity = Activity::read(&body).ok_or_else(|| Answer::bare(400))?;
    let whole = !activity.kind.is_empty() && !activity.conversation_id().is_empty();
    whole.then_some(activity).ok_or_else(|| Answer::bare(400))
}

fn let_in(
    world: &impl World,
    expected: &Expected<'_>,
    headers: &[(String, String)],
) -> Result<(), Answer> {
    let shown = header(headers, "authorization").filter(|value| !value.is_empty());
    let shown = shown.ok_or_else(|| Answer::refused(401, "authorization header not found"))?;
    let (scheme, token) = shown.split_once(' ').unwrap_or((shown, ""));
    let token = if scheme.eq_ignore_ascii_case("bearer") {
        token
    } else {
        ""
    };
    let mut keys = Published {
        world,
        settings: expected.settings,
    };
    match jwt::verify(token, expected, world.now(), &mut keys) {
        Ok(_) => Ok(()),
        Err(Fault::Refused(refusal)) => {
            let why = refusal.to_string();
            world.log(
                Level::Warn,
                "a request is not the Bot Framework's",
                &[("why", &why)],
            );
            Err(Answer::refused(401, &why))
        }
        Err(Fault::Keys(failure)) => {
            let why = failure.line();
            world.log(
                Level::Error,
                "nobody can be let in: there are no keys",
                &[("why", &why)],
            );
            Err(Answer::refused(503, "keys are not available"))
        }
    }
}

fn dispatch(world: &impl World, activity: Activity) -> Outcome {
    match activity.kind.as_str() {
        "message" => Outcome::Work(Answer::bare(200), Job::Message, Box::new(activity)),
        "invoke" if consent::read(&activity).is_some() => {
            Outcome::Work(Answer::invoked(200), Job::Consent, Box::new(activity))
        }
        "invoke" => {
            let name = activity.name.as_deref().unwrap_or_default();
            let known = matches!(name, "signin/verifyState" | "signin/tokenExchange");
            world.log(
                Level::Debug,
                "an invoke that is not acted on",
                &[("name", name)],
            );
            Outcome::Answer(Answer::invoked(if known { 200 } else { 501 }))
        }
        other => {
            world.log(
                Level::Debug,
                "an Activity that is not acted on",
                &[("type", other)],
            );
            Outcome::Answer(Answer::bare(200))
        }
    }
}
