//! The handler of `plugin:NAME`: one request from the wire to the plugin and back.
//!
//! Whatever can be decided is decided beside it. The surprise: work that an answer leaves behind is on the disk before
//! the answer is given, so that a provider which has its 200 is never forgotten.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use overgrow_handler::{Body, BoxError, Call, Declined, Handler};
use overgrow_keep::{Keep, NewJob};
use tracing::warn;

use super::paths::Found;
use super::refusal::Refusal;
use super::{request, response};
use crate::call::Ask;
use crate::folder::{Component, Shelf, Slot, Version};
use crate::hands::Hands;
use crate::wit::webhook::{Outcome, Route};

/// Answers requests by one plugin, whichever version of it is there.
#[derive(Clone)]
struct Webhook {
    name: Arc<str>,
    shelf: Shelf,
    keep: Option<Keep>,
}

/// How a request ends that is not answered by the plugin.
enum Stop {
    Refused(Refusal),
    Left(Declined),
    /// The client broke off, or the chassis is at fault.
    Broken(BoxError),
}

/// Answers by the plugin of a name; by 503 as long as there is none. A `wasi:http` component answers by itself.
pub(crate) fn handler(name: &str, shelf: Shelf, hands: &Hands) -> Handler {
    let webhook = Webhook {
        name: name.into(),
        shelf,
        keep: hands.keep.clone(),
    };
    let answer = move |request| {
        let webhook = webhook.clone();
        async move { webhook.answer(request).await }
    };
    Handler::from_fn(answer).through_effects().declining()
}

impl Webhook {
    async fn answer(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let id = request.extensions().get::<Call>();
        let id = id.map(|call| call.request_id.clone());
        match self.ask(request).await {
            Ok(response) => Ok(response),
            Err(Stop::Left(declined)) => Err(declined.into()),
            Err(Stop::Broken(error)) => Err(error),
            Err(Stop::Refused(refusal)) => {
                if refusal.is_news() {
                    let id = id.as_ref().map(tracing::field::display);
                    warn!(plugin = &*self.name, request_id = id, "{refusal}");
                }
                Ok(refusal.into_response())
            }
        }
    }

    async fn ask(&self, request: Request<Body>) -> Result<Response<Body>, Stop> {
        let slot = self.shelf.slot(&self.name).ok_or(Refusal::Absent)?;
        let version = slot.version().ok_or(Refusal::Absent)?;
        let ask = ask(&request)?;
        if let Component::Web(component) = &version.component {
            let answering = component.handle(&ask, request);
            return Ok(slot
                .call("handle", answering)
                .await
                .map_err(Refusal::Call)?);
        }
        let (head, body) = request.into_parts();
        let route = route(&version, &head)?;
        let body = read(body, most(&version, route)).await?;
        let seen = request::seen(&route.id, &head, &body, received());
        let outcome = handled(&slot, &version, &ask, seen).await?;
        self.finish(&version, &ask, outcome, body.len()).await
    }

    /// Makes the answer, after whatever must be kept is kept.
    async fn finish(
        &self,
        version: &Version,
        ask: &Ask,
        outcome: Outcome,
        read: usize,
    ) -> Result<Response<Body>, Stop> {
        match outcome {
            Outcome::Reply(answer) => Ok(response::built(answer).map_err(Refusal::from)?),
            Outcome::ReplyThen((answer, job, payload)) => {
                let response = response::built(answer).map_err(Refusal::from)?;
                self.owe(version, ask, job, payload).await?;
                Ok(response)
            }
            Outcome::Pass if read <= Declined::BODY => Err(Stop::Left(Declined("plugin_pass"))),
            Outcome::Pass => Err(Refusal::Late.into()),
        }
    }

    async fn owe(
        &self,
        version: &Version,
        ask: &Ask,
        name: String,
        payload: String,
    ) -> Result<(), Refusal> {
        if !version.exports().contains(&"jobs") {
            return Err(Refusal::NoJobs(name));
        }
        let keep = self.keep.as_ref().ok_or(Refusal::Nowhere)?;
        let job = NewJob {
            plugin: self.name.to_string(),
            name,
            payload,
            due: keep.now(),
        };
        Ok(keep.owe(&ask.effects, job).await?)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

fn ask(request: &Request<Body>) -> Result<Ask, Stop> {
    let call = request.extensions().get::<Call>();
    let call = call.ok_or_else(|| Stop::Broken("the request carries no call".into()))?;
    Ok(Ask {
        id: call.request_id.to_string(),
        attempt: 1,
        deadline: call.deadline,
        account: None,
        effects: call.effects.clone(),
    })
}

fn route<'a>(version: &'a Version, head: &Parts) -> Result<&'a Route, Stop> {
    match version.routes.find(&head.method, head.uri.path()) {
        Found::Route(route) => Ok(route),
        Found::Methods(methods) => Err(Refusal::Method(methods.join(", ")).into()),
        Found::Nothing => Err(Stop::Left(Declined("plugin_route"))),
    }
}

/// What the plugin takes, and no more than it has memory for.
fn most(version: &Version, route: &Route) -> u64 {
    route.max_body.min(version.grant().limits.memory)
}

/// Reads the body; one that says that it is too large is not read at all.
async fn read(body: Body, most: u64) -> Result<Bytes, Stop> {
    if body.size_hint().lower() > most {
        return Err(Refusal::Large(most).into());
    }
    let limit = usize::try_from(most).unwrap_or(usize::MAX);
    match Limited::new(body, limit).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::Large(most).into()),
        Err(error) => Err(Stop::Broken(error)),
    }
}

async fn handled(
    slot: &Slot,
    version: &Version,
    ask: &Ask,
    seen: crate::wit::webhook::Request,
) -> Result<Outcome, Refusal> {
    let plugin = version.plugin().ok_or(Refusal::Absent)?;
    Ok(slot
        .call("handle", plugin.handle_webhook(ask, seen))
        .await?)
}

/// Unix milliseconds.
fn received() -> u64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
