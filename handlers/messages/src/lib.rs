//! Takes messages over HTTP, and says what became of them.
//!
//! `POST /api/message` means what the gateway's WebSocket method `send` means: once per key, the provider's id for an
//! answer. What takes longer than a client should wait is answered with an id to ask for. It must not know who delivers,
//! nor who may post: the route's own gate lets callers in. The surprise: a message that is answered `202` is as safe as
//! one that is answered `200`.
//!
//! # Asked
//! `POST /api/message`, JSON: `channel`, `target` and `content` are required. `content` is a text, or an object of
//! `text`, `format` (`markdown`, `plain`, `html`), `mediaUrl` and `mediaUrls`. Beside them: `idempotencyKey` (or the
//! header `Idempotency-Key`), `accountId`, `threadId`, `replyTo`, `mediaUrl`, `mediaUrls`, `silent`, `sessionKey`.
//! `GET /api/message/{id}` asks for one again.
//!
//! # Answered
//! `{"ok":true,"id","runId","channel","to","status","attempts","messageId"?,"messageIds"?,"conversationId"?,…}` with
//! `status` one of `sent` (200), `queued` (202), `planned` (202); or `{"ok":false,…,"error":{"code","message"}}`: 400 for
//! what is wrong with the message (also `status` `failed`, when it is its channel that says so), 404 for an id that is
//! not known, 405, 409 for a key that was another message's, 413, 502 with `status` `failed` for one that was given up,
//! and 503 when the outbox is full. `runId` is the key, or the id where there was none.

mod answer;
mod form;
mod read;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use http::header::{ALLOW, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use overgrow_handler::{Body, BoxError, Call, Handler};
use overgrow_outbox::{Outbox, OutboxError, Posted};

use answer::Refusal;
use form::Form;

/// What the routes allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageLimits {
    /// Bytes that a request's body may have.
    pub max_body: usize,
    /// How long an answer waits for the delivery.
    pub wait: Duration,
}

impl Default for MessageLimits {
    /// 512 KiB, as the gateway takes over its WebSocket; 5 s, which is longer than providers take when all is well.
    fn default() -> Self {
        Self {
            max_body: 512 * 1024,
            wait: Duration::from_secs(5),
        }
    }
}

/// The message routes over an outbox. Whoever mounts them lets in only those who may post.
pub fn handler(outbox: Outbox, limits: MessageLimits) -> Handler {
    let messages = Messages { outbox, limits };
    Handler::from_fn(move |request| {
        let messages = messages.clone();
        async move { messages.respond(request).await }
    })
    .through_effects()
}

#[derive(Clone)]
struct Messages {
    outbox: Outbox,
    limits: MessageLimits,
}

/// A request reached the handler by another way than through overgrow.
#[derive(Debug, thiserror::Error)]
#[error("the request has no call in its extensions")]
struct NoCall;

/// The path below which all of this is.
const BASE: &str = "/api/message";

/// How much of a call's time is kept for the answer itself.
const MARGIN: Duration = Duration::from_millis(250);

impl Messages {
    async fn respond(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let method = request.method().clone();
        let answer = match request.uri().path().strip_prefix(BASE) {
            Some("" | "/") if method == Method::POST => self.post(request).await?,
            Some("" | "/") => not_allowed("POST"),
            Some(rest) if is_id(rest) && (method == Method::GET || method == Method::HEAD) => {
                self.look(&rest[1..]).await
            }
            Some(rest) if is_id(rest) => not_allowed("GET, HEAD"),
            _ => Refusal::not_found("there is nothing here").into_response(),
        };
        Ok(match method {
            Method::HEAD => answer.map(|_| Body::empty()),
            _ => answer,
        })
    }

    /// # Errors
    /// When the client is gone.
    async fn post(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let (head, body) = request.into_parts();
        let call: &Call = head.extensions.get().ok_or(NoCall)?;
        let form = match read::body(body, self.limits.max_body).await? {
            Ok(bytes) => Form::read(&bytes, &head.headers),
            Err(refusal) => Err(refusal),
        };
        let answered = match form {
            Ok(form) => self.send(form, call).await,
            Err(refusal) => Err(refusal),
        };
        Ok(answered.unwrap_or_else(Refusal::into_response))
    }

    async fn send(&self, form: Form, call: &Call) -> Result<Response<Body>, Refusal> {
        let Form { message, key } = form;
        let planned = answer::planned(&message, key.as_deref());
        let posted = self.outbox.post(&call.effects, message, key).await;
        let posted = posted.map_err(|error| turned_away(&error, call))?;
        if posted == Posted::Planned {
            return Ok(planned);
        }
        let left = call.deadline.saturating_duration_since(Instant::now());
        let wait = self.limits.wait.min(left.saturating_sub(MARGIN));
        let standing = self.outbox.wait(posted.id(), wait).await;
        match standing {
            Ok(standing) => Ok(answer::of(&standing)),
            // It is in the outbox: only the answer is missing.
            Err(error) => Err(turned_away(&error, call)),
        }
    }

    async fn look(&self, id: &str) -> Response<Body> {
        match self.outbox.look(id).await {
            Ok(standing) => answer::asked(&standing),
            Err(OutboxError::NoSuchMessage(_)) => {
                Refusal::not_found("no such message, or not any more").into_response()
            }
            Err(error) => {
                tracing::error!(%error, "a message could not be looked up");
                Refusal::unavailable("the outbox cannot be read").into_response()
            }
        }
    }
}

/// `/` and a name without another one in it.
fn is_id(rest: &str) -> bool {
    let name = rest.strip_prefix('/').unwrap_or_default();
    !name.is_empty() && !name.contains('/')
}

fn turned_away(error: &OutboxError, call: &Call) -> Refusal {
    tracing::warn!(request_id = %call.request_id, %error, "a message was turned away");
    match error {
        OutboxError::Conflict { id } => Refusal::conflict(id),
        OutboxError::TooLarge { most, .. } => Refusal::too_large(*most),
        OutboxError::Full => Refusal::unavailable("the outbox is full"),
        _ => Refusal::unavailable("the outbox cannot be written"),
    }
}

fn not_allowed(allow: &'static str) -> Response<Body> {
    let refusal = Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        "this is not how to ask",
    );
    let mut response = refusal.into_response();
    let allow = HeaderValue::from_static(allow);
    response.headers_mut().insert(ALLOW, allow);
    response
}
