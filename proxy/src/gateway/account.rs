//! What a request costs and how it ended: metrics, the log line, the count of work in flight.
//!
//! An account is settled when it is dropped, wherever that happens: at the end of the body, or in the middle of
//! anything when the client leaves.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, Version};
use http_body::{Frame, SizeHint};
use overgrow_handler::{Body, BoxError, RequestId};

use super::caller::Caller;
use super::date;
use super::generation::Route;
use super::socket::Socket;
use super::switch::{Switch, is_switch};
use crate::admit::TurnedAway;
use crate::listen::{Drain, InFlight, Peer};
use crate::metrics::StatusClass;
use crate::route::Side;

/// A request being answered.
pub(super) struct Account {
    route: Arc<Route>,
    side: Side,
    started: Instant,
    status: Option<http::StatusCode>,
    version: Version,
    /// Boxed: an account is moved with every step of its request.
    line: Option<Box<Line>>,
    in_flight: InFlight,
    course: Course,
}

/// What may become of a request besides an answer of the side that was decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    /// Nothing else.
    Plain,
    /// The native side left it to the legacy.
    Declined,
    /// It was not let in, for this reason.
    TurnedAway(&'static str),
}

/// What only the log needs; absent when nobody reads the log.
struct Line {
    request_id: RequestId,
    client: std::net::IpAddr,
    method: http::Method,
    path: String,
}

/// Target of the request lines, for filters.
const LOG: &str = "overgrow::request";

/// Bytes of a path in the log. Thousands of lines may wait there for a slow reader, and a client may send paths of 64 KiB.
const PATH: usize = 1024;

impl Account {
    /// Opens the account of a request whose side has been decided.
    pub(super) fn open<B>(
        route: Arc<Route>,
        side: Side,
        caller: &Caller,
        request: &Request<B>,
        drain: &Arc<Drain>,
    ) -> Self {
        route.metrics.in_flight(side).inc();
        let logged = tracing::enabled!(target: LOG, tracing::Level::INFO);
        let line = || Line {
            request_id: caller.request_id.clone(),
            client: caller.client,
            method: request.method().clone(),
            // Without the query: tokens travel there.
            path: shown(request.uri().path()),
        };
        let line = logged.then(line).map(Box::new);
        Self {
            route,
            side,
            started: Instant::now(),
            status: None,
            version: request.version(),
            line,
            in_flight: drain.enter(),
            course: Course::Plain,
        }
    }

    /// The route that took the request.
    pub(super) fn route(&self) -> &Arc<Route> {
        &self.route
    }

    /// The side that answers.
    pub(super) fn side(&self) -> Side {
        self.side
    }

    /// The client's version of HTTP.
    pub(super) fn http_version(&self) -> Version {
        self.version
    }

    /// The native side failed before its first byte; from here on the legacy answers.
    pub(super) fn falls_back(&mut self, reason: &'static str) {
        self.route.metrics.fell_back(reason);
        self.route.metrics.in_flight(self.side).dec();
        self.side = Side::Legacy;
        self.route.metrics.in_flight(self.side).inc();
    }

    /// The native side left the request to the legacy.
    pub(super) fn was_declined(&mut self) {
        self.course = Course::Declined;
    }

    /// Whether it did.
    pub(super) fn is_declined(&self) -> bool {
        self.course == Course::Declined
    }

    /// Tells a trusted peer who answered.
    pub(super) fn describe(&self, headers: &mut HeaderMap) {
        headers.insert(
            "x-overgrow-backend",
            HeaderValue::from_static(self.side.name()),
        );
        if let Ok(route) = HeaderValue::from_str(&self.route.id) {
            headers.insert("x-overgrow-route", route);
        }
    }

    /// The request is not let in: no side is asked, and none has it counted.
    pub(super) fn turn_away(mut self, turned: TurnedAway) -> Response<Answer> {
        let TurnedAway {
            mut response,
            reason,
        } = turned;
        self.route.metrics.denied(reason);
        self.course = Course::TurnedAway(reason);
        self.status = Some(response.status());
        date::add(response.headers_mut());
        response.map(|body| Answer {
            body,
            account: Some(self),
        })
    }

    /// Sends the answer on its way; the account is settled when the body has ended. After a switch the two
    /// connections are joined, and the socket is counted for as long as they are.
    pub(super) fn finish(
        mut self,
        mut response: Response<Body>,
        switch: Switch,
        peer: &Arc<Peer>,
    ) -> Response<Answer> {
        self.status = Some(response.status());
        if is_switch(response.status()) {
            let socket = Socket::open(
                self.route.metrics.websockets(self.side).clone(),
                self.in_flight.another(),
            );
            switch.join(&mut response, peer, socket);
        }
        response.map(|body| Answer {
            body,
            account: Some(self),
        })
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let now = Instant::now();
        let took = now.saturating_duration_since(self.started);
        let class = self.status.map_or(StatusClass::NONE, StatusClass::of);
        let denied = self.course.denied();
        if denied.is_none() {
            let seconds = took.as_secs_f64();
            self.route.metrics.finished(self.side, class, seconds);
            if self.side == Side::Legacy {
                self.route.watch.used(now);
            }
        }
        self.route.metrics.in_flight(self.side).dec();
        if let Some(line) = &self.line {
            tracing::info!(
                target: LOG,
                method = %line.method,
                path = line.path,
                status = self.status.map_or(0, |status| status.as_u16()),
                route = %self.route.id,
                backend = denied.map_or_else(|| self.side.name(), |_| "-"),
                denied,
                ms = milliseconds(took),
                client = %line.client,
                id = %line.request_id,
            );
        }
    }
}

impl Course {
    fn denied(self) -> Option<&'static str> {
        match self {
            Self::TurnedAway(reason) => Some(reason),
            Self::Plain | Self::Declined => None,
        }
    }
}

/// A path, or its beginning.
fn shown(path: &str) -> String {
    let cut = path.char_indices().find(|(at, _)| *at >= PATH);
    cut.map_or_else(|| path.to_owned(), |(at, _)| format!("{}…", &path[..at]))
}

/// To the microsecond: what lies behind it is noise of the conversion.
fn milliseconds(took: Duration) -> f64 {
    took.as_micros() as f64 / 1000.0
}

/// The body a client reads; settles the account at its end.
pub struct Answer {
    body: Body,
    account: Option<Account>,
}

impl Answer {
    /// A body nobody keeps account of: a refusal.
    pub fn unaccounted(body: Body) -> Self {
        Self {
            body,
            account: None,
        }
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(polled, Poll::Ready(None)) {
            self.account = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_cut_in_the_log() {
        assert_eq!(shown("/short"), "/short");
        let whole = "a".repeat(PATH);
        assert_eq!(shown(&whole), whole);
        assert_eq!(shown(&(whole.clone() + "b")), whole + "…");
        assert!(shown(&"é".repeat(PATH)).len() <= PATH + 4);
    }
}
