//! Listens to one exchange: notes the heads, copies the bodies, changes nothing of them.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use overgrow_handler::Body;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Listener;
use super::conversation::{Heard, Open};
use super::ear::Ears;
use super::entry::{Draft, Question};
use crate::tee::{Budget, Copied, Cutter, End, tee};

/// Of each body; a trace of larger ones would be no file to work with.
const LARGEST: usize = 4 * 1024 * 1024;

/// Told about a request before it is asked.
pub struct Tap {
    listeners: Vec<Listener>,
    budget: Budget,
}

/// Waits for the answer. Dropped without one, nothing is taken down: the client has left.
pub struct Pending {
    listeners: Vec<Listener>,
    budget: Budget,
    question: Question,
    body: oneshot::Receiver<Copied>,
    cutter: Cutter,
    began: Instant,
}

impl Tap {
    pub(super) fn new(listeners: Vec<Listener>, budget: &Budget) -> Self {
        Self {
            listeners,
            budget: budget.clone(),
        }
    }

    /// Takes note of a request as the client sent it, over `scheme`. Its body is copied as it is read.
    pub fn question(self, request: &mut Request<Body>, scheme: &'static str) -> Box<Pending> {
        let question = Question {
            scheme,
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            headers: request.headers().clone(),
            at: SystemTime::now(),
        };
        let (on_end, copied) = oneshot::channel();
        // Nobody waits any more when there was no answer.
        let on_end = Box::new(move |copied| drop(on_end.send(copied)));
        let body = std::mem::take(request.body_mut());
        let (body, cutter) = tee(body, None, LARGEST, &self.budget, on_end);
        *request.body_mut() = body;
        Box::new(Pending {
            listeners: self.listeners,
            budget: self.budget,
            question,
            body: copied,
            cutter,
            began: Instant::now(),
        })
    }
}

impl Pending {
    /// Takes note of the answer as the client gets it. The listeners are told when its body has ended or, when it opens
    /// a WebSocket, when whoever takes the [`Ears`] out of its extensions has dropped them.
    pub fn answered(self: Box<Self>, response: Response<Body>) -> Response<Body> {
        match response.status() {
            StatusCode::SWITCHING_PROTOCOLS => self.switched(response),
            _ => self.ended(response),
        }
    }

    fn ended(self: Box<Self>, response: Response<Body>) -> Response<Body> {
        let (parts, body) = response.into_parts();
        let (status, version, headers) = (parts.status, parts.version, parts.headers.clone());
        let budget = self.budget.clone();
        let on_end = Box::new(move |answer: Copied| {
            let listeners = self.listeners.clone();
            let Some((question, body, began)) = (*self).asked() else {
                return listeners.iter().for_each(Listener::miss);
            };
            let draft = Arc::new(Draft {
                question,
                body,
                status,
                version,
                headers,
                answer,
                took: began.elapsed(),
                heard: None,
            });
            listeners.iter().for_each(|listener| listener.hear(&draft));
        });
        let (body, _) = tee(body, None, LARGEST, &budget, on_end);
        Response::from_parts(parts, body)
    }

    fn switched(self: Box<Self>, mut response: Response<Body>) -> Response<Body> {
        let listeners = self.listeners.clone();
        let (nothing, lease) = (self.budget.lease(), self.budget.lease());
        let Some((question, body, began)) = (*self).asked() else {
            listeners.iter().for_each(Listener::miss);
            return response;
        };
        let draft = Arc::new(Draft {
            question,
            body,
            status: response.status(),
            version: response.version(),
            headers: response.headers().clone(),
            answer: Copied {
                bytes: Bytes::new(),
                end: End::Whole,
                lease: nothing,
            },
            took: began.elapsed(),
            heard: Some(Heard::new(lease)),
        });
        let open = Arc::new(Open { draft, listeners });
        open.listeners
            .iter()
            .for_each(|listener| listener.opened(&open));
        response.extensions_mut().insert(Ears(open));
        response
    }

    /// The question, if all of it went by and it can be asked again.
    fn asked(mut self) -> Option<(Question, Copied, Instant)> {
        self.cutter.cut();
        let body = self.body.try_recv().ok()?;
        let is_fit =
            body.end == End::Whole && (body.bytes.is_empty() || !self.question.is_packed());
        is_fit.then_some((self.question, body, self.began))
    }
}
