//! Follows the framing of a chunked body as it passes and refuses whatever two parsers could read differently.
//!
//! It must not know sockets, and it keeps none of the bytes. The one surprise: a chunk's data is skipped in one step
//! however long it is; only sizes, extensions and trailers are looked at byte by byte.

use super::alphabet::{is_token, is_value};
use super::refusal::Refusal;

/// Digits of a chunk size: as many as a 64-bit number has, leading zeros included.
const SIZE_DIGITS: u8 = 16;

/// The first size that some servers would read as negative.
const NEGATIVE: u64 = 1 << 63;

/// Bytes of extension in one chunk. Extensions are all but unused; signatures of signed uploads fit.
const CHUNK_EXTENSION: usize = 256;

/// Bytes of extension in one message, so that one-byte chunks cannot carry a stream of them. hyper stops at 16 KiB with an
/// error that says less.
const MESSAGE_EXTENSIONS: usize = 15 * 1024;

/// Bytes of all trailer lines together; hyper stops at 16 KiB here too.
const TRAILER_BYTES: usize = 15 * 1024;

/// Number of trailer lines.
const TRAILER_LINES: usize = 64;

/// Trailers that would change how the message is read, had they been headers.
const FORBIDDEN_TRAILERS: [&[u8]; 3] = [b"content-length", b"transfer-encoding", b"host"];

/// The framing of one chunked body, from its first size to the end of its trailers.
#[derive(Debug, Default)]
pub struct Chunks {
    at: At,
    extension: usize,
    extensions: usize,
    trailer_bytes: usize,
    trailer_lines: usize,
    name: TrailerName,
}

/// What became of the bytes given to [`Chunks::advance`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// All of them belong to the body, which goes on.
    More,
    /// The body ended after this many bytes.
    Done(usize),
    /// The byte at this offset does not belong in a body.
    Refused(usize, Refusal),
}

/// The place of the next byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Size { size: u64, digits: u8 },
    Extension { size: u64 },
    SizeLf { size: u64 },
    Data { left: u64 },
    DataCr,
    DataLf,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLf,
    LastLf,
    Done,
}

impl Default for At {
    fn default() -> At {
        At::Size { size: 0, digits: 0 }
    }
}

impl Chunks {
    /// Follows the body through `bytes`. After anything but [`Progress::More`] there is nothing to follow any more.
    pub fn advance(&mut self, bytes: &[u8]) -> Progress {
        let mut offset = 0;
        while offset < bytes.len() {
            if let At::Data { left } = self.at {
                offset += self.skip(left, bytes.len() - offset);
                continue;
            }
            match self.step(bytes[offset]) {
                Ok(next) => self.at = next,
                Err(refusal) => return Progress::Refused(offset, refusal),
            }
            offset += 1;
            if self.at == At::Done {
                return Progress::Done(offset);
            }
        }
        Progress::More
    }

    /// Passes over the chunk's data; returns how much of what is here that was.
    fn skip(&mut self, left: u64, here: usize) -> usize {
        let step = usize::try_from(left).unwrap_or(usize::MAX).min(here);
        let left = left - step as u64;
        self.at = if left == 0 {
            At::DataCr
        } else {
            At::Data { left }
        };
        step
    }

    fn step(&mut self, byte: u8) -> Result<At, Refusal> {
        match self.at {
            At::Size { size, digits } => self.size(byte, size, digits),
            At::Extension { size } => self.extension(byte, size),
            At::SizeLf { size } => after_cr(byte, data(size)),
            At::Data { .. } | At::DataCr if byte == b'\r' => Ok(At::DataLf),
            At::Data { .. } | At::DataCr => Err(Refusal::ChunkEnd),
            At::DataLf if byte == b'\n' => Ok(At::default()),
            At::DataLf => Err(Refusal::ChunkEnd),
            At::TrailerStart | At::TrailerName | At::TrailerValue => self.trailer(byte),
            At::TrailerLf => after_cr(byte, At::TrailerStart),
            At::LastLf | At::Done => after_cr(byte, At::Done),
        }
    }

    fn size(&mut self, byte: u8, size: u64, digits: u8) -> Result<At, Refusal> {
        let value = char::from(byte).to_digit(16);
        match (value, byte) {
            (Some(value), _) if digits < SIZE_DIGITS => Ok(At::Size {
                size: size << 4 | u64::from(value),
                digits: digits + 1,
            }),
            (None, _) if size >= NEGATIVE => Err(Refusal::ChunkSize),
            (None, b'\r') if digits > 0 => Ok(At::SizeLf { size }),
            (None, b';') if digits > 0 => {
                self.extension = 0;
                Ok(At::Extension { size })
            }
            (None, b'\n') if digits > 0 => Err(Refusal::BareLf),
            _ => Err(Refusal::ChunkSize),
        }
    }

    fn extension(&mut self, byte: u8, size: u64) -> Result<At, Refusal> {
        self.extension += 1;
        self.extensions += 1;
        match byte {
            b'\r' => Ok(At::SizeLf { size }),
            b'\n' => Err(Refusal::BareLf),
            _ if self.extension > CHUNK_EXTENSION => Err(Refusal::ChunkExtensionTooLong),
            _ if self.extensions > MESSAGE_EXTENSIONS => Err(Refusal::ChunkExtensionTooLong),
            _ if is_value(byte) => Ok(At::Extension { size }),
            _ => Err(Refusal::ChunkExtension),
        }
    }

    fn trailer(&mut self, byte: u8) -> Result<At, Refusal> {
        self.trailer_bytes += 1;
        if self.trailer_bytes > TRAILER_BYTES {
            return Err(Refusal::TrailersTooLong);
        }
        match self.at {
            At::TrailerStart => self.trailer_start(byte),
            At::TrailerName => self.trailer_name(byte),
            _ => trailer_value(byte),
        }
    }

    fn trailer_start(&mut self, byte: u8) -> Result<At, Refusal> {
        match byte {
            b'\r' => return Ok(At::LastLf),
            b'\n' => return Err(Refusal::BareLf),
            b' ' | b'\t' => return Err(Refusal::ObsFold),
            _ if !is_token(byte) => return Err(Refusal::HeaderName),
            _ => {}
        }
        self.trailer_lines += 1;
        if self.trailer_lines > TRAILER_LINES {
            return Err(Refusal::TrailersTooLong);
        }
        self.name = TrailerName::default();
        self.name.push(byte);
        Ok(At::TrailerName)
    }

    fn trailer_name(&mut self, byte: u8) -> Result<At, Refusal> {
        match byte {
            b':' if self.name.is_forbidden() => Err(Refusal::ForbiddenTrailer),
            b':' => Ok(At::TrailerValue),
            b' ' | b'\t' => Err(Refusal::SpaceBeforeColon),
            b'\n' => Err(Refusal::BareLf),
            _ if is_token(byte) => {
                self.name.push(byte);
                Ok(At::TrailerName)
            }
            _ => Err(Refusal::HeaderName),
        }
    }
}

/// The start of a trailer's name, in lower case: enough to recognise a forbidden one.
#[derive(Debug, Default)]
struct TrailerName {
    start: [u8; 17],
    len: usize,
}

impl TrailerName {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.start.get_mut(self.len) {
            *place = byte.to_ascii_lowercase();
        }
        self.len += 1;
    }

    fn is_forbidden(&self) -> bool {
        let name = self.start.get(..self.len);
        name.is_some_and(|name| FORBIDDEN_TRAILERS.contains(&name))
    }
}

/// What follows the line of a chunk's size; the chunk of size zero has no data.
fn data(size: u64) -> At {
    match size {
        0 => At::TrailerStart,
        left => At::Data { left },
    }
}

fn after_cr(byte: u8, next: At) -> Result<At, Refusal> {
    if byte == b'\n' {
        Ok(next)
    } else {
        Err(Refusal::BareCr)
    }
}

fn trailer_value(byte: u8) -> Result<At, Refusal> {
    match byte {
        b'\r' => Ok(At::TrailerLf),
        b'\n' => Err(Refusal::BareLf),
        _ if is_value(byte) => Ok(At::TrailerValue),
        _ => Err(Refusal::Control),
    }
}

#[cfg(test)]
mod tests;
