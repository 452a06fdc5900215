//! What the header lines of one head say about its message: host, length, coding, upgrade.
//!
//! It must not know lines or limits. The one surprise: a length of zero is no body at all, which is how the engine
//! sees it too.

use super::alphabet::is_host;
use super::refusal::Refusal;

/// How a body is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    None,
    /// By its length in bytes.
    Length(u64),
    /// By chunks.
    Chunked,
}

/// The versions that are spoken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Http10,
    Http11,
}

/// What the header lines so far say about the message.
#[derive(Default)]
pub(super) struct Facts {
    length: Option<u64>,
    chunked: bool,
    host: bool,
    upgrade: bool,
}

impl Facts {
    /// Takes one header line in; `value` with the white space around it.
    pub(super) fn note(&mut self, name: &[u8], value: &[u8]) -> Result<(), Refusal> {
        // The length sorts out nearly every line with one comparison.
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => self.note_host(value),
            7 if name.eq_ignore_ascii_case(b"upgrade") => self.note_upgrade(),
            14 if name.eq_ignore_ascii_case(b"content-length") => self.note_length(value),
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => self.note_coding(value),
            _ => Ok(()),
        }
    }

    fn note_host(&mut self, value: &[u8]) -> Result<(), Refusal> {
        if self.host {
            return Err(Refusal::TwoHosts);
        }
        self.host = true;
        is_host(trim(value)).then_some(()).ok_or(Refusal::Host)
    }

    fn note_upgrade(&mut self) -> Result<(), Refusal> {
        self.upgrade = true;
        Ok(())
    }

    fn note_length(&mut self, value: &[u8]) -> Result<(), Refusal> {
        if self.length.is_some() {
            return Err(Refusal::TwoContentLengths);
        }
        self.length = Some(number(trim(value)).ok_or(Refusal::ContentLength)?);
        Ok(())
    }

    fn note_coding(&mut self, value: &[u8]) -> Result<(), Refusal> {
        if self.chunked {
            return Err(Refusal::TwoTransferEncodings);
        }
        let value = trim(value);
        self.chunked = value.eq_ignore_ascii_case(b"chunked");
        match self.chunked {
            true => Ok(()),
            false if is_known_coding(value) => Err(Refusal::TransferCoding),
            false => Err(Refusal::TransferEncoding),
        }
    }

    /// How the body is delimited, and whether the message asks for an upgrade.
    pub(super) fn conclude(self, version: Version) -> Result<(Framing, bool), Refusal> {
        let framing = match (self.length, self.chunked) {
            (Some(_), true) => return Err(Refusal::ContentLengthAndTransferEncoding),
            (None, true) if version == Version::Http10 => {
                return Err(Refusal::TransferEncodingInHttp10);
            }
            (None, true) => Framing::Chunked,
            (Some(length), false) if length > 0 => Framing::Length(length),
            (_, false) => Framing::None,
        };
        if !self.host && version == Version::Http11 {
            return Err(Refusal::NoHost);
        }
        // HTTP/1.0 has no upgrade; the engine ignores the header there, and so must we.
        let upgrade = self.upgrade && version == Version::Http11;
        Ok((framing, upgrade))
    }
}

/// Digits only: no sign, no list, no overflow. A number that fits 64 bits but not 63 is one that some servers read as
/// negative.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    let value = digits.iter().try_fold(0i64, |sum, &digit| {
        let digit = digit.is_ascii_digit().then(|| i64::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    });
    value.map(i64::unsigned_abs)
}

/// A registered coding before the final `chunked`: an honest request for something this server does not do.
fn is_known_coding(value: &[u8]) -> bool {
    let known: [&[u8]; 5] = [b"gzip", b"x-gzip", b"deflate", b"compress", b"x-compress"];
    let mut codings = value.rsplit(|&byte| byte == b',').map(trim);
    let last = codings
        .next()
        .is_some_and(|it| it.eq_ignore_ascii_case(b"chunked"));
    last && codings.all(|it| known.iter().any(|known| it.eq_ignore_ascii_case(known)))
}

/// Without the spaces around a value. Tabs are white space too, but not all servers think so (nginx does not), and
/// no client puts one into the headers that are read here; they stay and spoil the value.
fn trim(value: &[u8]) -> &[u8] {
    let solid = |&byte: &u8| byte != b' ';
    let start = value.iter().position(solid).unwrap_or(value.len());
    let end = value.iter().rposition(solid).map_or(start, |last| last + 1);
    &value[start..end]
}
