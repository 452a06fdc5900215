//! The handler of `/tools/invoke` for tools of plugins, beside the gateway's own.
//!
//! It lets nobody in: a gate before it does. The surprise: a large body is read only as far as it must be to see which
//! tool is meant, since what the legacy is to answer must be sent to it whole.

use bytes::{Bytes, BytesMut};
use http::header::HeaderMap;
use http::request::Parts;
use http::{Method, Request, Response};
use http_body::Body as _;
use http_body_util::BodyExt;
use overgrow_handler::{Body, BoxError, Call, Declined, Handler};
use tower::ServiceExt;
use tracing::warn;

use super::asked::{Asked, peek};
use super::reply::Reply;
use crate::call::{Ask, CallError};
use crate::folder::Shelf;
use crate::wit::tool::Invocation;

/// Bytes of a body; the gateway's cap.
const MOST: usize = 2 * 1024 * 1024;

/// Bytes in which the tool's name is looked for when a body is too large to be sent to the legacy afterwards.
const BEGINNING: usize = 64 * 1024;

/// What a gate gives that would let the caller in.
const PASSED: Declined = Declined("passed");

const UNKNOWN: Stop = Stop::Left(Declined("unknown_tool"));

/// How a request ends that no tool answers.
enum Stop {
    Answered(Response<Body>),
    Left(Declined),
    Broken(BoxError),
}

/// Calls tools of plugins for callers whom the gate lets in; what no plugin has is left to the legacy. The gate is asked
/// with the head of each request. It answers whom it turns away, and declines: with `passed` whom it lets in, with
/// anything else what the legacy is to judge.
pub(crate) fn handler(shelf: Shelf, gate: Handler) -> Handler {
    let answer = move |request| {
        let (shelf, gate) = (shelf.clone(), gate.clone());
        async move {
            match answer(&shelf, gate, request).await {
                Ok(reply) => Ok(reply.into_response()),
                Err(Stop::Answered(response)) => Ok(response),
                Err(Stop::Left(declined)) => Err(declined.into()),
                Err(Stop::Broken(error)) => Err(error),
            }
        }
    };
    let leaves = || vec!["tools that no plugin offers".to_owned()];
    Handler::from_fn(answer)
        .through_effects()
        .declining()
        .leaving(leaves)
}

async fn answer(shelf: &Shelf, gate: Handler, request: Request<Body>) -> Result<Reply, Stop> {
    let (head, body) = request.into_parts();
    knock(gate, &head).await?;
    if head.method != Method::POST {
        return Ok(Reply::Method);
    }
    let call = head.extensions.get::<Call>();
    let call = call.ok_or_else(|| Stop::Broken("the request carries no call".into()))?;
    let Some(body) = read(shelf, body).await? else {
        return Ok(Reply::Large);
    };
    let Some(asked) = Asked::read(&body) else {
        return match body.len() <= Declined::BODY {
            true => Err(Stop::Left(Declined("json"))),
            false => Ok(Reply::NoTool),
        };
    };
    if asked.tool.is_empty() {
        return Ok(Reply::NoTool);
    }
    invoke(shelf, asked, &head.headers, call).await
}

/// Whether the caller is let in.
async fn knock(gate: Handler, head: &Parts) -> Result<(), Stop> {
    let knocking = Request::from_parts(head.clone(), Body::empty());
    let error = match gate.oneshot(knocking).await {
        Ok(response) => return Err(Stop::Answered(response)),
        Err(error) => error,
    };
    match error.downcast_ref::<Declined>() {
        Some(declined) if *declined == PASSED => Ok(()),
        Some(declined) => Err(Stop::Left(*declined)),
        None => Err(Stop::Broken(error)),
    }
}

async fn invoke(
    shelf: &Shelf,
    asked: Asked,
    headers: &HeaderMap,
    call: &Call,
) -> Result<Reply, Stop> {
    let found = shelf.first(|version| version.tool(&asked.tool).is_some());
    let (slot, version) = found.ok_or(UNKNOWN)?;
    let tool = version.tool(&asked.tool).ok_or(UNKNOWN)?;
    let plugin = version.plugin().ok_or(UNKNOWN)?;
    let ask = Ask {
        id: call.request_id.to_string(),
        attempt: 1,
        deadline: call.deadline,
        account: header(headers, "x-openclaw-account-id"),
        effects: call.effects.clone(),
    };
    let channel = header(headers, "x-openclaw-message-channel");
    let invocation = Invocation {
        name: asked.tool.clone(),
        agent: asked.agent(),
        session: asked.session.clone(),
        channel: channel.map(|channel| channel.to_lowercase()),
        arguments: asked.arguments(&tool.schema).to_string(),
    };
    let called = slot.call("invoke", plugin.invoke(&ask, invocation)).await;
    if let Err(error) = &called
        && !matches!(error, CallError::Failed { .. })
    {
        let (plugin, tool) = (slot.name(), &tool.definition.name);
        warn!(plugin, %tool, request_id = %call.request_id, "{error}");
    }
    Ok(Reply::of(called))
}

/// Reads a body of at most [`MOST`] bytes; `None` when it is larger, or is the legacy's and too large to be sent again.
async fn read(shelf: &Shelf, mut body: Body) -> Result<Option<Bytes>, Stop> {
    let size = body.size_hint();
    if size.lower() > MOST as u64 {
        return Ok(None);
    }
    let mut whole = BytesMut::new();
    let fits = size
        .upper()
        .is_some_and(|upper| upper <= Declined::BODY as u64);
    if !fits {
        read_to(&mut body, &mut whole, BEGINNING).await?;
        let ended = body.is_end_stream();
        let known = |tool: String| shelf.first(|version| version.tool(&tool).is_some());
        if !ended && peek(&whole).and_then(known).is_none() {
            return match whole.len() <= Declined::BODY {
                true => Err(UNKNOWN),
                false => Ok(None),
            };
        }
    }
    read_to(&mut body, &mut whole, MOST + 1).await?;
    Ok((whole.len() <= MOST).then(|| whole.freeze()))
}

/// Reads until there are so many bytes, or the body ends.
async fn read_to(body: &mut Body, into: &mut BytesMut, enough: usize) -> Result<(), Stop> {
    while into.len() < enough {
        let Some(frame) = body.frame().await else {
            return Ok(());
        };
        let frame = frame.map_err(Stop::Broken)?;
        if let Some(data) = frame.data_ref() {
            into.extend_from_slice(data);
        }
    }
    Ok(())
}

/// A header's text, trimmed; `None` when there is nothing in it.
fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
