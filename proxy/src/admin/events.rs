//! `GET /api/events`: the overview as it changes, by server-sent events.
//!
//! One task makes the document once a second for everybody, and only while somebody listens. The surprise: a listener
//! that falls behind is sent away, not waited for; its browser comes back by itself and begins with a whole document.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Extension;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Receiver, Sender};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::overview::{Change, Overview};
use super::seats::{Seat, Seats};
use super::{Shown, history, problem};
use crate::ledger::Move;

/// Listeners at a time. Each is a browser tab of somebody who operates this service.
const MOST: usize = 64;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// Looks between two at which a row is sent for another reason alone: most reasons say how long something has lasted.
const WORDS: u32 = 10;

/// Something is sent at least this often, so that whatever stands between does not take the stream for dead.
const QUIET: Duration = Duration::from_secs(15);

/// News that a listener may be behind.
const BEHIND: usize = 16;

/// A comment: no event.
const STILL_HERE: Bytes = Bytes::from_static(b": still here\n\n");

/// What all listeners hear.
pub(super) struct Feed {
    shown: Shown,
    news: Sender<News>,
    seats: Seats,
    /// Whether the task runs. Somebody who begins to listen and a task about to end must not miss each other.
    told: Mutex<bool>,
}

#[derive(Debug, Clone)]
enum News {
    Event(Bytes),
    End,
}

impl Feed {
    pub(super) fn new(shown: Shown) -> Arc<Self> {
        Arc::new(Self {
            shown,
            news: broadcast::channel(BEHIND).0,
            seats: Seats::new(MOST),
            told: Mutex::new(false),
        })
    }

    /// Begins to listen; makes somebody tell if nobody does.
    fn listen(self: &Arc<Self>) -> Receiver<News> {
        let mut told = self.told();
        let news = self.news.subscribe();
        if !*told {
            *told = true;
            tokio::spawn(Arc::clone(self).tell());
        }
        news
    }

    /// Tells what changes while anybody listens and the sidecar is not about to end.
    async fn tell(self: Arc<Self>) {
        let mut moves = self.shown.ledger.listen();
        let mut tick = interval(LOOK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut before = Overview::of(&self.shown);
        let mut looks = 0;
        tick.tick().await;
        loop {
            tokio::select! {
                Ok(moved) = moves.recv() => self.send("move", &move_of(&moved)),
                _ = tick.tick() => {
                    if self.is_over() {
                        return;
                    }
                    looks = (looks + 1) % WORDS;
                    let mut now = Overview::of(&self.shown);
                    if looks != 0 {
                        now.keep_words_of(&before);
                    }
                    self.send_change(&before, &now);
                    before = now;
                }
            }
        }
    }

    /// Whether there is nobody left to tell.
    fn is_over(&self) -> bool {
        let mut told = self.told();
        if self.shown.drain.is_draining() {
            let _ = self.news.send(News::End);
        } else if self.news.receiver_count() > 0 {
            return false;
        }
        *told = false;
        true
    }

    fn send_change(&self, before: &Overview, now: &Overview) {
        match now.since(before) {
            Change::Nothing => {}
            Change::Rows(change) => self.send("change", &change),
            Change::Table => self.send("snapshot", &now.whole()),
        }
    }

    fn send(&self, name: &str, data: &Value) {
        // The last listener may have left.
        let _ = self.news.send(News::Event(event(name, data)));
    }

    fn told(&self) -> MutexGuard<'_, bool> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A document has no line break of its own, so it is one line of data.
fn event(name: &str, data: &Value) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

fn move_of(moved: &Move) -> Value {
    let mut told = history::as_json(moved);
    told["route"] = moved.route.as_str().into();
    told
}

/// `GET /api/events`.
pub(super) async fn stream(Extension(feed): Extension<Arc<Feed>>) -> Response {
    let Some(seat) = feed.seats.take() else {
        let detail = "too many pages are open; close one of them";
        return problem::of(StatusCode::SERVICE_UNAVAILABLE, detail);
    };
    // Listening comes first: what changes while the first document is made is then not missed.
    let news = feed.listen();
    let first = event("snapshot", &Overview::of(&feed.shown).whole());
    let listener = Listener {
        seat,
        news,
        first: Some(first),
    };
    let events = stream::unfold(listener, |mut listener| async {
        let event = listener.next().await?;
        Some((Ok::<_, Infallible>(event), listener))
    });
    let fields = [
        (header::CONTENT_TYPE, "text/event-stream"),
        // nginx would hold events back until it has a buffer full of them.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let fields = fields.map(|(name, value)| (name, HeaderValue::from_static(value)));
    (fields, Body::from_stream(events)).into_response()
}

struct Listener {
    seat: Seat,
    news: Receiver<News>,
    first: Option<Bytes>,
}

impl Listener {
    /// None ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.seat.stir() {
            return None;
        }
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        match timeout(QUIET, self.news.recv()).await {
            Err(_) => Some(STILL_HERE),
            Ok(Ok(News::Event(event))) => Some(event),
            Ok(Ok(News::End) | Err(RecvError::Lagged(_) | RecvError::Closed)) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn listener(news: &Sender<News>, seats: &Seats) -> Listener {
        Listener {
            seat: seats.take().unwrap(),
            news: news.subscribe(),
            first: Some(Bytes::from_static(b"first")),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_stream_says_that_it_is_there() {
        let (news, seats) = (broadcast::channel(BEHIND).0, Seats::new(1));
        let mut listener = listener(&news, &seats);
        assert_eq!(listener.next().await.unwrap(), "first");
        let began = tokio::time::Instant::now();
        assert_eq!(listener.next().await.unwrap(), STILL_HERE);
        assert_eq!(began.elapsed(), QUIET);
    }

    #[tokio::test]
    async fn who_falls_behind_is_sent_away() {
        let (news, seats) = (broadcast::channel(BEHIND).0, Seats::new(1));
        let mut listener = listener(&news, &seats);
        listener.next().await;
        for _ in 0..=BEHIND {
            news.send(News::Event(Bytes::new())).unwrap();
        }
        assert_eq!(listener.next().await, None);
    }

    #[tokio::test]
    async fn the_end_ends_it() {
        let (news, seats) = (broadcast::channel(BEHIND).0, Seats::new(1));
        let mut listener = listener(&news, &seats);
        listener.next().await;
        news.send(News::End).unwrap();
        assert_eq!(listener.next().await, None);
    }

    #[test]
    fn an_event_is_one_line_whatever_it_says() {
        let told = event("move", &json!({"why": "a\nevent: b\r\n\r\ndata: c"}));
        let text = std::str::from_utf8(&told).unwrap();
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.ends_with("\n\n"));
    }
}
