//! What goes over a WebSocket, taken down from copies of both directions.
//!
//! It must not know the connections. The surprise: it is always the beginning of the conversation. The first message that
//! cannot be kept, because it is too much, compressed or nonsense, ends it: one with a hole in it could not be played again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use overgrow_parity::Extent;
use overgrow_parity::trace::{Close, Conversation, Message, Payload, Way};

use super::Listener;
use super::entry::Draft;
use super::frames::{Reader, Said};
use crate::tee::Lease;

/// A trace of longer conversations would be no file to work with.
const MESSAGES: usize = 1000;

/// Of both directions together, with their frames' heads: what is kept is never more.
const BYTES: usize = 1024 * 1024;

/// An open WebSocket. The listeners are told when the last of its ears is dropped.
pub(super) struct Open {
    pub(super) draft: Arc<Draft>,
    pub(super) listeners: Vec<Listener>,
}

impl Drop for Open {
    fn drop(&mut self) {
        let draft = &self.draft;
        self.listeners
            .iter()
            .for_each(|listener| listener.hear(draft));
    }
}

/// What was said so far.
pub(super) struct Heard(Mutex<Notes>);

struct Notes {
    messages: Vec<Message>,
    stage: Stage,
    client: Reader,
    service: Reader,
    room: usize,
    lease: Lease,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    Open,
    /// One of them closed; what the service said when it was the first.
    Closed(Option<Close>),
    Cut,
}

impl Heard {
    /// Nothing yet; what comes is held on account of `lease`.
    pub(super) fn new(lease: Lease) -> Self {
        Self(Mutex::new(Notes {
            messages: Vec::new(),
            stage: Stage::Open,
            client: Reader::default(),
            service: Reader::default(),
            room: BYTES,
            lease,
        }))
    }

    /// Takes note of bytes as they came over the wire.
    pub(super) fn take(&self, way: Way, bytes: &[u8]) {
        self.notes().take(way, bytes);
    }

    /// As far as it has come, with its secrets. One that nobody has closed may go on.
    pub(super) fn conversation(&self) -> Conversation {
        let notes = self.notes();
        let (close, extent) = match &notes.stage {
            Stage::Closed(close) => (close.clone(), Extent::Whole),
            Stage::Open | Stage::Cut => (None, Extent::Cut),
        };
        Conversation {
            messages: notes.messages.clone(),
            close,
            extent,
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notes {
    fn take(&mut self, way: Way, bytes: &[u8]) {
        if self.stage != Stage::Open {
            return;
        }
        let fits = bytes.len().min(self.room);
        self.room -= fits;
        if !self.lease.grow(fits) {
            return self.end(Stage::Cut);
        }
        let reader = match way {
            Way::Send => &mut self.client,
            Way::Receive => &mut self.service,
        };
        for said in reader.take(&bytes[..fits]) {
            self.note(way, said);
        }
        if fits < bytes.len() {
            self.end(Stage::Cut);
        }
    }

    fn note(&mut self, way: Way, said: Said) {
        match said {
            _ if self.stage != Stage::Open => {}
            Said::Close(close) => {
                self.end(Stage::Closed((way == Way::Receive).then_some(close)));
            }
            Said::Message(payload @ (Payload::Text(_) | Payload::Binary(_)))
                if self.messages.len() < MESSAGES =>
            {
                self.messages.push(Message {
                    way,
                    time: now(),
                    payload,
                });
            }
            // What is compressed cannot be looked through for secrets, nor be said again.
            Said::Message(_) => self.end(Stage::Cut),
            Said::Nonsense(why) => {
                tracing::debug!(why, "a WebSocket is not taken down any further");
                self.end(Stage::Cut);
            }
        }
    }

    /// For good, whatever comes next. Messages that have begun are let go.
    fn end(&mut self, stage: Stage) {
        if self.stage == Stage::Open {
            self.stage = stage;
            (self.client, self.service) = (Reader::default(), Reader::default());
        }
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tee::Budget;

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
        [&[first, 126], &length[..], payload].concat()
    }

    fn heard(said: &[(Way, Vec<u8>)]) -> Conversation {
        let heard = Heard::new(Budget::new(2 * BYTES).lease());
        for (way, bytes) in said {
            heard.take(*way, bytes);
        }
        heard.conversation()
    }

    fn texts(conversation: &Conversation) -> Vec<(Way, String)> {
        let messages = conversation.messages.iter();
        let texts = messages.map(|message| match &message.payload {
            Payload::Text(text) => (message.way, text.clone()),
            other => panic!("{other:?}"),
        });
        texts.collect()
    }

    const HELLO: &[u8] = b"\x81\x05hello";
    const BYE: &[u8] = b"\x88\x02\x03\xe8";

    #[test]
    fn both_directions_are_told_in_their_order() {
        let (there, back) = (Way::Send, Way::Receive);
        let hello = || HELLO.to_vec();
        let found = heard(&[
            (back, hello()),
            (there, b"\x81\x02".to_vec()),
            (back, hello()),
            (there, b"me".to_vec()),
        ]);
        let hello = |way| (way, "hello".to_owned());
        let expect = [hello(back), hello(back), (there, "me".to_owned())];
        assert_eq!(texts(&found), expect);
        assert_eq!(found.extent, Extent::Cut, "it may go on");
        assert!(found.messages[0].time > 1.7e9);
    }

    #[test]
    fn who_closes_first_has_closed() {
        for (first, second, is_told) in [
            (Way::Send, Way::Receive, false),
            (Way::Receive, Way::Send, true),
        ] {
            let found = heard(&[(first, BYE.to_vec()), (second, BYE.to_vec())]);
            assert_eq!(found.extent, Extent::Whole);
            assert_eq!(found.close.is_some(), is_told, "{first:?}");
        }
    }

    #[test]
    fn what_cannot_be_kept_ends_it() {
        let large = frame(0x82, &[7; 60_000]);
        let crowd = (0..30).map(|_| (Way::Send, large.clone())).collect();
        let many = (0..2 * MESSAGES).map(|_| (Way::Send, HELLO.to_vec()));
        let end = (Way::Receive, BYE.to_vec());
        for (said, messages) in [
            (crowd, BYTES / large.len()),
            (many.chain([end]).collect(), MESSAGES),
            (between(b"\xc1\x01x"), 1),
            (between(b"\x83\x01x"), 1),
        ] {
            let found = heard(&said);
            assert_eq!(found.messages.len(), messages);
            assert_eq!((found.extent, found.close), (Extent::Cut, None));
        }
    }

    fn between(bytes: &[u8]) -> Vec<(Way, Vec<u8>)> {
        let all = [HELLO, bytes, HELLO, BYE];
        all.map(|bytes| (Way::Receive, bytes.to_vec())).to_vec()
    }

    #[test]
    fn without_memory_nothing_is_kept() {
        let heard = Heard::new(Budget::new(3).lease());
        heard.take(Way::Send, HELLO);
        assert_eq!(heard.conversation().messages, []);
    }
}
