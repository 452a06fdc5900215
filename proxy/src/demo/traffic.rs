//! Steady traffic: a few clients that ask at a fixed pace, and what they see.
//!
//! They must not know what the script is up to. Which side answered is read from the answer, as any client on this
//! machine may ask for it. The surprise: what was seen is a bounded window that others wait on, so a script learns
//! of the first answer from the new side the moment a client has it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::Full;
use overgrow_handler::BoxError;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval_at, timeout};

use super::line::{Asked, Line};
use crate::route::Side;

/// Clients, each with a connection of its own.
pub(super) const CLIENTS: u32 = 8;

/// Between two requests of one client: 8 clients make 500 a second.
const PACE: Duration = Duration::from_millis(16);

/// Past it a request has failed; nothing that is asked here takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers kept for looking back: sixteen seconds' worth.
const WINDOW: usize = 8_000;

/// The route whose answers are measured.
pub(super) const ROUTE: &str = "orders";

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mix {
    /// Orders read and placed, prices, and now and then something slow.
    Shop,
    /// `GET /` of a legacy nobody knows anything about.
    Root,
}

/// One request as its client saw it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) sent: Instant,
    pub(super) answered: Instant,
    pub(super) answer: Answer,
}

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The route that moves, or the only thing asked.
    Watched(Side),
    /// Another route.
    Other,
    /// Nobody, or somebody with a 5xx.
    Failed,
}

/// Counted since the start.
#[derive(Debug, Clone, Default)]
pub(super) struct Totals {
    pub(super) asked: u64,
    pub(super) failed: u64,
    /// What went wrong first.
    pub(super) why: Option<String>,
}

/// The last answers, oldest first.
#[derive(Debug, Default)]
pub(super) struct Window {
    pub(super) seen: VecDeque<Seen>,
    totals: Totals,
}

impl Window {
    fn note(&mut self, seen: Seen, why: Option<String>) {
        self.totals.asked += 1;
        self.totals.failed += u64::from(why.is_some());
        self.totals.why = self.totals.why.take().or(why);
        if self.seen.len() == WINDOW {
            self.seen.pop_front();
        }
        self.seen.push_back(seen);
    }

    /// What was answered after `start`, latest first.
    pub(super) fn since(&self, start: Instant) -> impl Iterator<Item = &Seen> {
        let latest = self.seen.iter().rev();
        latest.take_while(move |seen| seen.answered > start)
    }
}

/// Running clients; they end with it.
#[derive(Debug)]
pub(super) struct Traffic {
    window: watch::Receiver<Window>,
    clients: JoinSet<()>,
}

impl Traffic {
    /// Starts the clients, evenly spread over the pace.
    pub(super) fn start(runtime: &Runtime, to: SocketAddr, mix: Mix) -> Self {
        let (noted, window) = watch::channel(Window::default());
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let client = Client {
                line: Line::to(to),
                mix,
                noted: noted.clone(),
                turn: number,
            };
            clients.spawn_on(client.run(PACE / CLIENTS * number), runtime.handle());
        }
        Self { window, clients }
    }

    /// A view to look at and to wait on.
    pub(super) fn window(&self) -> watch::Receiver<Window> {
        self.window.clone()
    }

    /// The counts so far.
    pub(super) fn totals(&self) -> Totals {
        self.window.borrow().totals.clone()
    }

    /// Ends the clients, within their requests if need be.
    pub(super) fn stop(mut self) {
        self.clients.abort_all();
    }
}

struct Client {
    line: Line,
    mix: Mix,
    noted: watch::Sender<Window>,
    turn: u32,
}

impl Client {
    async fn run(mut self, delay: Duration) {
        let mut pace = interval_at(tokio::time::Instant::now() + delay, PACE);
        // A stall is not made up for with a burst: the pace is the most there ever is.
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            pace.tick().await;
            self.ask().await;
            // The clients count on without meeting: eight numbers further each time.
            self.turn = self.turn.wrapping_add(CLIENTS);
        }
    }

    async fn ask(&mut self) {
        let sent = Instant::now();
        let request = self.mix.request(self.turn);
        let answered = timeout(PATIENCE, self.line.ask(request)).await;
        let judged = answered
            .map_err(BoxError::from)
            .flatten()
            .and_then(|response| self.mix.judge(&response));
        let (answer, why) = match judged {
            Ok(answer) => (answer, None),
            Err(error) => (Answer::Failed, Some(error.to_string())),
        };
        let answered = Instant::now();
        self.noted.send_modify(|window| {
            window.note(
                Seen {
                    sent,
                    answered,
                    answer,
                },
                why,
            )
        });
    }
}

impl Mix {
    fn request(self, turn: u32) -> Asked {
        match (self, turn % 100) {
            (Self::Root, _) => request(Method::GET, "/", Bytes::new()),
            (Self::Shop, 50) => request(Method::GET, "/slow", Bytes::new()),
            (Self::Shop, part) if part % 10 == 3 => {
                let order = Bytes::from_static(br#"{"item":"bell","quantity":2}"#);
                request(Method::POST, "/orders", order)
            }
            (Self::Shop, part) if part % 10 == 7 => {
                request(Method::GET, "/prices/compass", Bytes::new())
            }
            (Self::Shop, _) => request(Method::GET, &format!("/orders/{turn}"), Bytes::new()),
        }
    }

    fn judge(self, response: &Response<Bytes>) -> Result<Answer, BoxError> {
        let status = response.status();
        if status.is_server_error() {
            return Err(format!("the answer was {status}").into());
        }
        let watched = match self {
            Self::Shop => is(response.headers(), "x-overgrow-route", ROUTE),
            Self::Root => true,
        };
        Ok(match side(response.headers()) {
            Some(side) if watched => Answer::Watched(side),
            _ => Answer::Other,
        })
    }
}

fn request(method: Method, target: &str, body: Bytes) -> Asked {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    // Every target above is one.
    *request.uri_mut() = target.parse().unwrap_or_default();
    let yes = http::HeaderValue::from_static("1");
    request.headers_mut().insert("x-overgrow-debug", yes);
    request
}

fn is(headers: &HeaderMap, name: &str, value: &str) -> bool {
    headers.get(name).is_some_and(|found| found == value)
}

fn side(headers: &HeaderMap) -> Option<Side> {
    let sides = [Side::Legacy, Side::Rust];
    let mut named = sides
        .into_iter()
        .filter(|side| is(headers, "x-overgrow-backend", side.name()));
    named.next()
}
