//! The guarded stream: what the engine reads instead of the socket.
//!
//! It must not know HTTP beyond the verdicts of `flow`. The one surprise: in the common case it owns no bytes. A
//! whole head is judged where it lies in the engine's buffer, and only what may not pass yet is copied out of it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

use super::flow::{At, Flow, Passed, Stop};
use super::head::Limits;
use super::held::{Held, poll_direct};
use super::linger::poll_discard;
use super::refusal::Refusal;
use super::watch::{Verdict, Watch};
use super::write::Close;

/// Bytes held while an upgrade is undecided. More than a first frame or two before the answer is not polite; reading
/// on at all serves to notice that the client has gone.
const HOLD: usize = 16 * 1024;

/// A stream whose reader sees only well-formed HTTP/1 requests, head by whole head.
///
/// What is refused reaches the reader as a stand-in request (see [`STAND_IN_METHOD`](super::STAND_IN_METHOD)) if it
/// was a head, and as an error of kind `InvalidData` around the [`Refusal`] if it was a body. Writes pass untouched.
#[derive(Debug)]
pub struct Guard<S> {
    pub(super) inner: S,
    pub(super) flow: Flow,
    pub(super) held: Held,
    /// The held bytes are the beginning of a head.
    partial: bool,
    /// The inner stream has ended.
    pub(super) eof: bool,
    failure: Option<Refusal>,
    /// How many requests had finished when the engine last had nothing left to write.
    pub(super) flushed: u32,
    pub(super) close: Close,
    pub(super) watch: Arc<Watch>,
}

impl<S> Guard<S> {
    /// Guards `inner`, just accepted.
    pub fn new(inner: S, limits: Limits) -> Guard<S> {
        Guard {
            inner,
            flow: Flow::new(limits),
            held: Held::default(),
            partial: false,
            eof: false,
            failure: None,
            flushed: 0,
            close: Close::Open,
            watch: Arc::new(Watch::new()),
        }
    }

    /// The state shared with the gateway and the deadlines.
    pub fn watch(&self) -> Arc<Watch> {
        Arc::clone(&self.watch)
    }

    /// Judges what is held.
    pub(super) fn examine(&mut self) {
        loop {
            let passed = self.flow.pass(self.held.rest());
            self.held.clear_to_go(passed.len);
            self.settle(&passed);
            match passed.stop {
                Stop::Respell(head) => self.held.respell_last(head),
                _ => return,
            }
        }
    }

    /// Acts on a judgement; what did not pass is in `held`.
    fn settle(&mut self, passed: &Passed) {
        if passed.upgrade {
            self.watch.reopen();
        }
        if passed.heads > 0 {
            self.watch.add_requests(passed.heads);
            self.set_partial(false);
        }
        match passed.stop {
            Stop::End | Stop::Respell(_) | Stop::Undecided => {}
            Stop::PartialHead => self.set_partial(true),
            Stop::BadHead(refusal) => self.refuse(refusal),
            Stop::BadBody(refusal) => self.fail(refusal),
        }
    }

    pub(super) fn set_partial(&mut self, partial: bool) {
        if partial != self.partial {
            self.partial = partial;
            match partial {
                true => self.watch.head_begun(),
                false => self.watch.head_ended(),
            }
        }
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.flow.refuse();
        self.set_partial(false);
        let stand_in = refusal.stand_in();
        self.held.drop_rest();
        self.held.push(stand_in.as_bytes());
        self.held.clear_to_go(stand_in.len());
        self.watch.add_requests(1);
    }

    fn fail(&mut self, refusal: Refusal) {
        self.held.drop_rest();
        self.failure = Some(refusal);
    }

    pub(super) fn go_raw(&mut self) {
        self.set_partial(false);
        self.flow.go_raw();
        self.held.clear_to_go(self.held.rest().len());
    }

    fn note_eof(&mut self) {
        self.eof = true;
        self.watch.saw_eof();
    }

    /// Whether the last `fresh` of the held bytes can have completed or spoiled the head. Scanning for every byte
    /// that trickles in would let a slow client make us read the same head thousands of times.
    fn is_worth_a_look(&self, fresh: usize) -> bool {
        let rest = self.held.rest();
        let before = rest.len() - fresh;
        let crosses = |limit| before < limit && rest.len() >= limit;
        let limits = self.flow.limits();
        crosses(limits.request_line)
            || crosses(limits.head)
            || memchr::memchr(b'\n', &rest[before..]).is_some()
    }
}

impl<S: AsyncRead + Unpin> Guard<S> {
    /// Reads into `held`; returns how much.
    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let fresh = ready!(self.held.poll_fill(&mut self.inner, cx))?;
        if fresh == 0 {
            self.note_eof();
        }
        Poll::Ready(Ok(fresh))
    }

    /// Reads on in heads and bodies. Returns whether the engine has something to see, be it the end.
    fn poll_http(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<bool>> {
        if self.eof {
            self.poll_end(cx).map_ok(|()| true)
        } else if self.held.is_empty() {
            self.poll_message(cx, buf)
        } else {
            self.poll_head(cx).map_ok(|()| false)
        }
    }

    /// Reads into the engine's buffer and takes out again what may not pass. Returns whether anything passed.
    fn poll_message(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<bool>> {
        let fresh = ready!(poll_direct(&mut self.inner, cx, buf))?;
        if fresh == 0 {
            self.note_eof();
            return Poll::Ready(Ok(false));
        }
        let before = buf.filled().len() - fresh;
        let bytes = &buf.filled()[before..];
        let passed = self.flow.pass(bytes);
        let as_it_is = passed.as_it_is();
        self.held.push(&bytes[as_it_is..]);
        self.settle(&passed);
        if let Stop::Respell(head) = passed.stop {
            self.held.clear_to_go(head);
            self.held.respell_last(head);
            self.examine();
        }
        buf.set_filled(before + as_it_is);
        Poll::Ready(Ok(as_it_is > 0))
    }

    /// Reads on in a head of which a part is held.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.watch.wake_guard(cx.waker());
        if self.watch.is_timed_out() {
            self.refuse(Refusal::HeadTimeout);
            return Poll::Ready(Ok(()));
        }
        let fresh = ready!(self.poll_fill(cx))?;
        if self.eof || self.is_worth_a_look(fresh) {
            self.examine();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_undecided(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.watch.wake_guard(cx.waker());
        match self.watch.verdict() {
            Verdict::Switched => {
                self.go_raw();
                self.watch.set_upgraded();
            }
            Verdict::Declined => {
                self.flow.stay();
                self.examine();
            }
            Verdict::Open if self.eof || self.held.rest().len() >= HOLD => return Poll::Pending,
            Verdict::Open => {
                ready!(self.poll_fill(cx))?;
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_refused(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.eof {
            if ready!(poll_discard(&mut self.inner, cx))? == 0 {
                self.note_eof();
            }
        }
        self.poll_end(cx)
    }

    /// The end of input, kept from the engine while it owes an answer or has not written all of it: it would take it
    /// for the client's leaving. An end in the middle of a body is told at once, because the answer may depend on
    /// the rest.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.watch.wake_guard(cx.waker());
        let answered = self.watch.in_flight() == 0 && self.flushed == self.watch.finished();
        if self.flow.in_body() || answered {
            return Poll::Ready(Ok(()));
        }
        Poll::Pending
    }

    fn poll_raw(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.eof {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let guard = self.get_mut();
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            if guard.held.is_cleared() {
                guard.held.hand_over(buf);
                return Poll::Ready(Ok(()));
            }
            if let Some(refusal) = guard.failure.take() {
                return Poll::Ready(Err(refusal.into()));
            }
            match guard.flow.at() {
                At::Raw => return guard.poll_raw(cx, buf),
                At::Refused => return guard.poll_refused(cx),
                At::Undecided => ready!(guard.poll_undecided(cx))?,
                At::Head | At::Length(_) | At::Chunked(_) => {
                    if ready!(guard.poll_http(cx, buf))? {
                        return Poll::Ready(Ok(()));
                    }
                }
            }
        }
    }
}
