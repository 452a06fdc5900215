//! Follows one direction of a connection, message after message, and says how many of its bytes may pass.
//!
//! It must not know sockets, wakers or time. The one surprise: after a message that asks for an upgrade it lets
//! nothing pass until it is told what became of it, because the next byte may belong to another protocol.

use super::chunk::{Chunks, Progress};
use super::facts::Framing;
use super::head::{Head, Limits, Scan, scan};
use super::refusal::Refusal;

/// Where in its stream of messages a connection is.
#[derive(Debug)]
pub(super) struct Flow {
    limits: Limits,
    at: At,
    upgrade: bool,
}

/// The place of the next byte.
#[derive(Debug)]
pub(super) enum At {
    /// Before the end of a head.
    Head,
    /// In a body with this many bytes to go.
    Length(u64),
    /// In a chunked body.
    Chunked(Chunks),
    /// After a message that asked for an upgrade.
    Undecided,
    /// In another protocol.
    Raw,
    /// After something that was refused.
    Refused,
}

/// What [`Flow::pass`] found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Passed {
    /// How many bytes may pass.
    pub(super) len: usize,
    /// How many heads are among them.
    pub(super) heads: u32,
    /// One of the heads asks for an upgrade.
    pub(super) upgrade: bool,
    /// Why the bytes after `len` may not pass.
    pub(super) stop: Stop,
}

/// Why [`Flow::pass`] stopped.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Stop {
    /// There are no more bytes.
    #[default]
    End,
    /// The rest is the beginning of a head.
    PartialHead,
    /// The last so many of the bytes that pass are a head whose target is to be respelled.
    Respell(usize),
    /// The rest may be another protocol.
    Undecided,
    /// The rest is a head that was refused.
    BadHead(Refusal),
    /// The rest is part of a body that was refused.
    BadBody(Refusal),
}

impl Passed {
    /// How many bytes may pass without a change.
    pub(super) fn as_it_is(&self) -> usize {
        match self.stop {
            Stop::Respell(head) => self.len - head,
            _ => self.len,
        }
    }
}

impl Flow {
    pub(super) fn new(limits: Limits) -> Flow {
        Flow {
            limits,
            at: At::Head,
            upgrade: false,
        }
    }

    pub(super) fn at(&self) -> &At {
        &self.at
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// In the middle of a body.
    pub(super) fn in_body(&self) -> bool {
        matches!(self.at, At::Length(_) | At::Chunked(_))
    }

    /// From here on everything passes.
    pub(super) fn go_raw(&mut self) {
        self.at = At::Raw;
    }

    /// The upgrade was not made: the next byte begins a head.
    pub(super) fn stay(&mut self) {
        self.at = At::Head;
    }

    /// Nothing passes any more.
    pub(super) fn refuse(&mut self) {
        self.at = At::Refused;
    }

    /// Judges `bytes`, which follow those that passed before. What did not pass is to be given again, with more.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Passed {
        let mut passed = Passed::default();
        while passed.stop == Stop::End && passed.len < bytes.len() {
            self.pass_part(&bytes[passed.len..], &mut passed);
        }
        passed
    }

    fn pass_part(&mut self, rest: &[u8], passed: &mut Passed) {
        match &mut self.at {
            At::Head => match scan(rest, &self.limits) {
                Scan::Complete(head) => self.enter(head, passed),
                Scan::Partial => passed.stop = Stop::PartialHead,
                Scan::Refused(refusal) => self.stop(Stop::BadHead(refusal), passed),
            },
            At::Length(left) => {
                let here = (*left).min(rest.len() as u64);
                *left -= here;
                passed.len += here as usize;
                if *left == 0 {
                    self.finish();
                }
            }
            At::Chunked(chunks) => match chunks.advance(rest) {
                Progress::More => passed.len += rest.len(),
                Progress::Done(len) => {
                    passed.len += len;
                    self.finish();
                }
                Progress::Refused(len, refusal) => {
                    passed.len += len;
                    self.stop(Stop::BadBody(refusal), passed);
                }
            },
            At::Undecided | At::Refused => passed.stop = Stop::Undecided,
            At::Raw => passed.len += rest.len(),
        }
    }

    fn enter(&mut self, head: Head, passed: &mut Passed) {
        passed.len += head.len;
        passed.heads += 1;
        passed.upgrade |= head.upgrade;
        self.upgrade = head.upgrade;
        if head.respell {
            passed.stop = Stop::Respell(head.len);
        }
        match head.framing {
            Framing::None => self.finish(),
            Framing::Length(length) => self.at = At::Length(length),
            Framing::Chunked => self.at = At::Chunked(Chunks::default()),
        }
    }

    fn finish(&mut self) {
        self.at = if self.upgrade {
            At::Undecided
        } else {
            At::Head
        };
    }

    fn stop(&mut self, stop: Stop, passed: &mut Passed) {
        self.at = At::Refused;
        passed.stop = stop;
    }
}
