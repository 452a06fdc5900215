//! One question put to one side: the answer under a cap and a deadline, or why there is none.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt;
use overgrow_handler::{Body, Effect};
use tokio::time::{Instant, timeout_at};

use super::witness::length;
use crate::backend::{Backend, Fault};
use crate::tee::{Budget, Copied, End, Lease};

/// What is waited for and kept.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    /// When the whole answer must be there.
    pub(super) deadline: Instant,
    /// Bytes of a body that are kept.
    pub(super) cap: usize,
    /// What all copies may take together.
    pub(super) budget: Budget,
}

/// An answer, as far as it was kept.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Copied,
    /// What a native handler planned to do.
    pub(super) effects: Vec<Effect>,
    /// When the question went out.
    pub(super) asked: Instant,
    /// When the head was there.
    pub(super) head: Instant,
}

/// There is no answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// Not in time.
    Late,
    /// The side cannot be reached: that says nothing about its answers.
    Unreached,
    /// The handler leaves the question to the legacy.
    Declined,
    /// A client would have been told this status instead of an answer.
    Failed {
        /// The status.
        status: StatusCode,
        /// Why, in a word.
        reason: &'static str,
        /// Whether it had been reached and broke off.
        broke: Broke,
    },
}

/// Whether a failed question is a sign of a side that is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broke {
    /// The connection ended without an answer.
    Connection,
    /// Only this call failed.
    Call,
}

/// Asks and keeps the answer. Dropping the future cancels the question.
pub(super) async fn ask(
    backend: &Backend,
    mut request: Request<Body>,
    limits: &Limits,
) -> Result<Given, Unanswered> {
    let asked = Instant::now();
    let asking = backend.ask(&mut request);
    let response = match timeout_at(limits.deadline, asking).await {
        Ok(Ok(response)) => response,
        Ok(Err(fault)) => return Err(unanswered(&fault)),
        Err(_) => return Err(Unanswered::Late),
    };
    let head = Instant::now();
    let (parts, body) = response.into_parts();
    let promised = length(&parts.headers).unwrap_or_default();
    let body = match promised > limits.cap as u64 && !body.is_end_stream() {
        // Not a byte of what would be thrown away is read.
        true => Copied {
            bytes: Bytes::new(),
            end: End::Full,
            lease: limits.budget.lease(),
        },
        false => keep(body, limits).await,
    };
    Ok(Given {
        status: parts.status,
        headers: parts.headers,
        body,
        effects: Vec::new(),
        asked,
        head,
    })
}

fn unanswered(fault: &Fault) -> Unanswered {
    match fault {
        Fault::Connect { .. } | Fault::ConnectTimeout { .. } => Unanswered::Unreached,
        Fault::Timeout => Unanswered::Late,
        Fault::Declined(_) => Unanswered::Declined,
        fault => Unanswered::Failed {
            status: fault.status(),
            reason: fault.reason(),
            broke: match fault.is_cut_off() {
                true => Broke::Connection,
                false => Broke::Call,
            },
        },
    }
}

/// Reads a body to its end, its cap or the deadline. What is left is dropped, and the connection with it.
async fn keep(mut body: Body, limits: &Limits) -> Copied {
    let mut kept = BytesMut::new();
    let mut lease = limits.budget.lease();
    let end = loop {
        // A body that is always ready would never let the time-out look at its clock, nor anybody else have a turn.
        tokio::task::consume_budget().await;
        if Instant::now() >= limits.deadline {
            break End::Late;
        }
        let frame = match timeout_at(limits.deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(_))) => break End::Failed,
            Ok(None) => break End::Whole,
            Err(_) => break End::Late,
        };
        let Some(data) = frame.data_ref() else {
            continue;
        };
        if let Err(why) = take(&mut kept, &mut lease, data, limits.cap) {
            break why;
        }
    };
    Copied {
        bytes: kept.freeze(),
        end,
        lease,
    }
}

fn take(kept: &mut BytesMut, lease: &mut Lease, data: &[u8], cap: usize) -> Result<(), End> {
    let fits = data.len().min(cap - kept.len());
    if !lease.grow(fits) {
        return Err(End::Crowded);
    }
    kept.extend_from_slice(&data[..fits]);
    if fits < data.len() {
        return Err(End::Full);
    }
    Ok(())
}
