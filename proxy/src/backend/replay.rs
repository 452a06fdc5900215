//! A request body that can be sent a second time, as long as not too much of it has gone by.
//!
//! The first reader's frames are kept up to a cap. When the first attempt is dropped, what it had not read comes
//! back, and a second body starts over from the kept frames. Nothing is read ahead of the first reader.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use overgrow_handler::{Body, BoxError};
use tokio::sync::oneshot;

/// How long a connection's task may take to let go of the body of an attempt that was dropped.
const HAND_BACK: Duration = Duration::from_millis(100);

/// The way back to a body's beginning.
#[derive(Debug)]
pub struct Replay(Option<Kept>);

#[derive(Debug)]
struct Kept {
    tape: Arc<Mutex<Tape>>,
    /// The part nobody has read, once the first reader is gone.
    rest: oneshot::Receiver<Body>,
}

#[derive(Debug)]
struct Tape {
    frames: VecDeque<Bytes>,
    room: usize,
    /// Set when a frame did not fit, was not data, or failed: there is no way back any more.
    torn: bool,
}

impl Replay {
    /// Splits a body into one for the first attempt and the way back; keeps at most `cap` bytes.
    pub fn new(body: Body, cap: usize) -> (Body, Self) {
        if body.is_end_stream() {
            return (body, Self(None));
        }
        let tape = Arc::new(Mutex::new(Tape {
            frames: VecDeque::new(),
            room: cap,
            torn: false,
        }));
        let (hand_back, rest) = oneshot::channel();
        let recorded = Recorded {
            body,
            tape: Arc::clone(&tape),
            hand_back: Some(hand_back),
        };
        (Body::new(recorded), Self(Some(Kept { tape, rest })))
    }

    /// The body from its beginning. Call it after the first attempt was dropped.
    ///
    /// `None` when too much has gone by, or when the first reader holds on to the rest.
    pub async fn rewind(self) -> Option<Body> {
        let Some(Kept { tape, rest }) = self.0 else {
            return Some(Body::empty());
        };
        let rest = tokio::time::timeout(HAND_BACK, rest).await.ok()?.ok()?;
        let mut tape = locked(&tape);
        let frames = std::mem::take(&mut tape.frames);
        (!tape.torn).then(|| Body::new(Rewound { frames, rest }))
    }
}

fn locked(tape: &Mutex<Tape>) -> MutexGuard<'_, Tape> {
    tape.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tape {
    fn record(&mut self, frame: &Result<Frame<Bytes>, BoxError>) {
        let data = frame.as_ref().ok().and_then(Frame::data_ref);
        match data {
            Some(data) if !self.torn && data.len() <= self.room => {
                self.room -= data.len();
                self.frames.push_back(data.clone());
            }
            _ => {
                self.torn = true;
                self.frames.clear();
            }
        }
    }
}

/// The first attempt's body.
struct Recorded {
    body: Body,
    tape: Arc<Mutex<Tape>>,
    hand_back: Option<oneshot::Sender<Body>>,
}

impl http_body::Body for Recorded {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(frame)) = &polled {
            locked(&self.tape).record(frame);
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

impl Drop for Recorded {
    fn drop(&mut self) {
        if let Some(hand_back) = self.hand_back.take() {
            // Nobody waits for it when the first attempt went well.
            let _ = hand_back.send(std::mem::take(&mut self.body));
        }
    }
}

/// The kept frames, then what had not been read.
struct Rewound {
    frames: VecDeque<Bytes>,
    rest: Body,
}

impl http_body::Body for Rewound {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.frames.pop_front() {
            Some(data) => Poll::Ready(Some(Ok(Frame::data(data)))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let kept = self
            .frames
            .iter()
            .map(|data| data.len() as u64)
            .sum::<u64>();
        let rest = self.rest.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(kept.saturating_add(rest.lower()));
        if let Some(upper) = rest.upper() {
            hint.set_upper(kept.saturating_add(upper));
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, StreamBody};

    use super::*;

    fn in_frames(frames: &[&'static str]) -> Body {
        let frames: Vec<_> = frames
            .iter()
            .map(|text| Ok::<_, BoxError>(Frame::data(Bytes::from_static(text.as_bytes()))))
            .collect();
        Body::new(StreamBody::new(futures_util::stream::iter(frames)))
    }

    async fn text(body: Body) -> String {
        String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn what_was_read_and_what_was_not_come_again() {
        let (mut first, replay) = Replay::new(in_frames(&["one ", "two ", "three"]), 100);
        first.frame().await.unwrap().unwrap();
        drop(first);
        assert_eq!(text(replay.rewind().await.unwrap()).await, "one two three");
    }

    #[tokio::test]
    async fn past_the_cap_there_is_no_way_back() {
        let (first, replay) = Replay::new(in_frames(&["one ", "two "]), 7);
        assert_eq!(text(first).await, "one two ");
        assert!(replay.rewind().await.is_none());
    }

    #[tokio::test]
    async fn an_unread_body_of_any_size_comes_again() {
        let (first, replay) = Replay::new(in_frames(&["much more than the cap"]), 1);
        drop(first);
        assert_eq!(
            text(replay.rewind().await.unwrap()).await,
            "much more than the cap"
        );
    }

    #[tokio::test]
    async fn a_reader_that_still_holds_the_body_keeps_it() {
        let (_first, replay) = Replay::new(in_frames(&["x"]), 10);
        assert!(replay.rewind().await.is_none());
    }
}
