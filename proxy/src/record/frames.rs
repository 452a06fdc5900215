//! Reads the messages of one direction of a WebSocket from copies of its bytes.
//!
//! It is told bytes and tells messages (RFC 6455); it must not know sockets, clocks or who listens. The surprise: it never
//! answers and never waits, so that what both ends took for granted is lost on it. Whatever it cannot follow ends it, once
//! and for good, since the borders of the frames behind that are anybody's guess.

use bytes::Bytes;
use overgrow_parity::trace::{Close, Payload};

/// Two bytes, a length of up to eight, a mask of four.
const LONGEST_HEAD: usize = 14;

/// A control frame's payload has at most so many bytes; a longer one is no control frame.
const LARGEST_CONTROL: u64 = 125;

/// What an empty close frame means.
const NO_CODE: u16 = 1005;

/// What one direction says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// A whole message.
    Message(Payload),
    /// That it closes; nothing is said behind it.
    Close(Close),
    /// Bytes that are no frames, and why; nothing is understood behind them.
    Nonsense(&'static str),
}

/// Puts messages together from bytes, which may be cut anywhere.
///
/// It holds no more than the bytes of one message, as far as they came: a length that is only promised takes no room.
#[derive(Debug, Default)]
pub(super) struct Reader {
    head: Head,
    /// The frame whose payload comes next.
    frame: Option<Frame>,
    message: Option<Begun>,
    control: Vec<u8>,
    over: bool,
}

#[derive(Debug, Default)]
struct Head {
    bytes: [u8; LONGEST_HEAD],
    filled: usize,
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    kind: Kind,
    is_last: bool,
    compressed: bool,
    /// Zeros when there is none.
    mask: [u8; 4],
    /// Payload that was read and that is to come, in bytes.
    read: usize,
    left: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    More,
    Text,
    Binary,
    Close,
    /// Ping or pong.
    Beat,
}

/// A message whose last frame has not come yet.
#[derive(Debug)]
struct Begun {
    kind: Kind,
    compressed: bool,
    bytes: Vec<u8>,
}

impl Reader {
    /// What is whole with these bytes, in order.
    pub(super) fn take(&mut self, mut bytes: &[u8]) -> Vec<Said> {
        let mut said = Vec::new();
        while !self.over {
            match self.step(&mut bytes) {
                Ok(Some(whole)) => self.tell(whole, &mut said),
                Ok(None) if bytes.is_empty() => break,
                Ok(None) => {}
                Err(why) => self.tell(Said::Nonsense(why), &mut said),
            }
        }
        said
    }

    fn tell(&mut self, whole: Said, said: &mut Vec<Said>) {
        self.over = !matches!(whole, Said::Message(_));
        if self.over {
            // Nobody asks for the rest of a message any more.
            (self.message, self.control) = (None, Vec::new());
        }
        said.push(whole);
    }

    /// Goes on to the next head or the end of a payload, whichever the bytes reach first.
    fn step(&mut self, bytes: &mut &[u8]) -> Result<Option<Said>, &'static str> {
        let mut frame = match self.frame.take() {
            Some(frame) => frame,
            None => match self.head.take(bytes)? {
                Some(frame) => self.begin(frame)?,
                None => return Ok(None),
            },
        };
        let kept = match (frame.kind.is_control(), &mut self.message) {
            (false, Some(message)) => &mut message.bytes,
            _ => &mut self.control,
        };
        frame.take(bytes, kept);
        if frame.left > 0 {
            self.frame = Some(frame);
            return Ok(None);
        }
        self.end(frame)
    }

    /// Whether a frame may come now.
    fn begin(&mut self, frame: Frame) -> Result<Frame, &'static str> {
        match (frame.kind, &self.message) {
            (Kind::Close | Kind::Beat, _) => self.control.clear(),
            (Kind::More, None) => return Err("a continuation of nothing"),
            (Kind::More, Some(_)) if frame.compressed => return Err("compression in the middle"),
            (Kind::More, Some(_)) => {}
            (Kind::Text | Kind::Binary, Some(_)) => return Err("a message inside a message"),
            (kind, None) => {
                self.message = Some(Begun {
                    kind,
                    compressed: frame.compressed,
                    bytes: Vec::new(),
                });
            }
        }
        Ok(frame)
    }

    fn end(&mut self, frame: Frame) -> Result<Option<Said>, &'static str> {
        match frame.kind {
            Kind::Beat => Ok(None),
            Kind::Close => closed(&self.control).map(|close| Some(Said::Close(close))),
            Kind::More | Kind::Text | Kind::Binary if !frame.is_last => Ok(None),
            Kind::More | Kind::Text | Kind::Binary => {
                let payload = self.message.take().map(Begun::payload).transpose()?;
                Ok(payload.map(Said::Message))
            }
        }
    }
}

impl Head {
    /// The frame, once its head is whole.
    fn take(&mut self, bytes: &mut &[u8]) -> Result<Option<Frame>, &'static str> {
        while self.filled < self.length() {
            let Some((first, rest)) = bytes.split_first() else {
                return Ok(None);
            };
            self.bytes[self.filled] = *first;
            self.filled += 1;
            *bytes = rest;
        }
        self.filled = 0;
        self.frame().map(Some)
    }

    /// How long it is, as far as it is known.
    fn length(&self) -> usize {
        if self.filled < 2 {
            return 2;
        }
        let mask = if self.is_masked() { 4 } else { 0 };
        2 + self.length_bytes() + mask
    }

    fn is_masked(&self) -> bool {
        self.bytes[1] & 0x80 != 0
    }

    fn length_bytes(&self) -> usize {
        match self.bytes[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        }
    }

    fn frame(&self) -> Result<Frame, &'static str> {
        let first = self.bytes[0];
        let frame = Frame {
            kind: Kind::of(first & 0x0f)?,
            is_last: first & 0x80 != 0,
            compressed: first & 0x40 != 0,
            mask: self.mask(),
            read: 0,
            left: self.payload(),
        };
        if first & 0x30 != 0 {
            return Err("an extension that nobody knows");
        }
        let is_fit = frame.is_last && !frame.compressed && frame.left <= LARGEST_CONTROL;
        if frame.kind.is_control() && !is_fit {
            return Err("a control frame that is none");
        }
        Ok(frame)
    }

    fn payload(&self) -> u64 {
        let short = u64::from(self.bytes[1] & 0x7f);
        let long = &self.bytes[2..2 + self.length_bytes()];
        match long {
            [] => short,
            long => long.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        }
    }

    fn mask(&self) -> [u8; 4] {
        let at = 2 + self.length_bytes();
        match self.is_masked() {
            true => std::array::from_fn(|n| self.bytes[at + n]),
            false => [0; 4],
        }
    }
}

impl Frame {
    /// Takes its payload out of `bytes`, unmasked.
    fn take(&mut self, bytes: &mut &[u8], kept: &mut Vec<u8>) {
        let fits = usize::try_from(self.left).unwrap_or(usize::MAX);
        let (mine, rest) = bytes.split_at(fits.min(bytes.len()));
        let at = self.read;
        let unmasked = mine
            .iter()
            .zip(at..)
            .map(|(byte, n)| byte ^ self.mask[n % 4]);
        kept.extend(unmasked);
        self.read += mine.len();
        self.left -= mine.len() as u64;
        *bytes = rest;
    }
}

impl Kind {
    fn of(opcode: u8) -> Result<Self, &'static str> {
        match opcode {
            0 => Ok(Self::More),
            1 => Ok(Self::Text),
            2 => Ok(Self::Binary),
            8 => Ok(Self::Close),
            9 | 10 => Ok(Self::Beat),
            _ => Err("an opcode that nobody knows"),
        }
    }

    fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Beat)
    }
}

impl Begun {
    fn payload(self) -> Result<Payload, &'static str> {
        match self.kind {
            _ if self.compressed => Ok(Payload::Compressed(self.bytes.into())),
            Kind::Text => match String::from_utf8(self.bytes) {
                Ok(text) => Ok(Payload::Text(text)),
                Err(_) => Err("a text that is none"),
            },
            _ => Ok(Payload::Binary(Bytes::from(self.bytes))),
        }
    }
}

fn closed(payload: &[u8]) -> Result<Close, &'static str> {
    let (code, reason) = match payload {
        [] => (NO_CODE, &[][..]),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
        [_] => return Err("half a close code"),
    };
    Ok(Close {
        code,
        reason: String::from_utf8_lossy(reason).into_owned(),
    })
}

#[cfg(test)]
mod tests;
