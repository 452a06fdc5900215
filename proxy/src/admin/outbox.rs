//! `/api/outbox` and `/api/inbox`: messages on their way out and in, and what never got there.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use overgrow_outbox::{DeadLetter, Outbox, OutboxError, OutboxStatus, Session};
use serde_json::{Value, json};

use super::{Shown, problem};

/// Dead letters and sessions that are told at once.
const MOST: usize = 100;

/// Which of the two.
#[derive(Debug, Clone, Copy)]
enum Way {
    Out,
    In,
}

/// `GET /api/outbox`.
pub(super) async fn outgoing(State(shown): State<Shown>) -> Response {
    show(&shown, Way::Out).await
}

/// `GET /api/inbox`.
pub(super) async fn incoming(State(shown): State<Shown>) -> Response {
    show(&shown, Way::In).await
}

/// `POST /api/outbox/dead/{id}` sends a dead letter once more.
pub(super) async fn resend(State(shown): State<Shown>, Path(id): Path<String>) -> Response {
    match either(&shown, &id).await {
        Some(outbox) => answered(outbox.resend(&id).await),
        None => absent(&id),
    }
}

/// `DELETE /api/outbox/dead/{id}` throws it away.
pub(super) async fn discard(State(shown): State<Shown>, Path(id): Path<String>) -> Response {
    match either(&shown, &id).await {
        Some(outbox) => answered(outbox.discard(&id).await),
        None => absent(&id),
    }
}

/// Both ways in `/metrics`, once plugins have opened them.
pub(super) fn show_metrics(shown: &Shown) {
    for (name, way) in [("out", Way::Out), ("in", Way::In)] {
        if let Some(outbox) = of(shown, way) {
            shown.metrics.outbox(name, &outbox.status());
        }
    }
}

async fn show(shown: &Shown, way: Way) -> Response {
    let Some(outbox) = of(shown, way) else {
        return Json(json!({"open": false})).into_response();
    };
    let told = async {
        let mut told = status(&outbox.status());
        let letters = outbox.dead_letters(MOST).await?;
        told["dead_letters"] = letters.iter().map(letter).collect();
        if matches!(way, Way::Out) {
            let sessions = outbox.sessions(MOST).await?;
            told["sessions"] = sessions.iter().map(session).collect();
        }
        Ok(told)
    };
    match told.await {
        Ok(told) => Json(told).into_response(),
        Err(error) => refused(&error),
    }
}

fn of(shown: &Shown, way: Way) -> Option<Outbox> {
    let opened = shown.natives.plugins()?;
    Some(match way {
        Way::Out => opened.outbox,
        Way::In => opened.inbox.turns().clone(),
    })
}

/// The one that knows the letter.
async fn either(shown: &Shown, id: &str) -> Option<Outbox> {
    for way in [Way::Out, Way::In] {
        let outbox = of(shown, way)?;
        if outbox.look(id).await.is_ok() {
            return Some(outbox);
        }
    }
    None
}

fn absent(id: &str) -> Response {
    problem::of(
        StatusCode::NOT_FOUND,
        &format!("there is no message `{id}`"),
    )
}

fn answered(done: Result<(), OutboxError>) -> Response {
    match done {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(&error),
    }
}

fn refused(error: &OutboxError) -> Response {
    let status = match error {
        OutboxError::NoSuchMessage(_) => StatusCode::NOT_FOUND,
        OutboxError::Full | OutboxError::NotDead(_) => StatusCode::CONFLICT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    problem::of(status, &error.to_string())
}

fn status(status: &OutboxStatus) -> Value {
    json!({
        "open": true,
        "waiting": status.waiting,
        "in_flight": status.in_flight,
        "dead": status.dead,
        "accepted": status.accepted,
        "repeated": status.repeated,
        "refused": status.refused,
        "sent": status.sent,
        "retried": status.retried,
    })
}

fn letter(letter: &DeadLetter) -> Value {
    let standing = &letter.standing;
    json!({
        "id": standing.id,
        "key": standing.key,
        "channel": standing.channel,
        "account": standing.account,
        "to": standing.to,
        "accepted": standing.at,
        "attempts": standing.attempts,
        "reason": standing.reason,
        "sent_ids": standing.receipt.message_ids,
        "message": letter.message,
    })
}

fn session(session: &Session) -> Value {
    json!({
        "channel": session.channel,
        "account": session.account,
        "conversation": session.conversation,
        "key": session.key,
        "first": session.first,
        "last": session.last,
        "received": session.received,
        "sent": session.sent,
    })
}
