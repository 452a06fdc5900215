//! Reads one request head strictly by RFC 9112 and says how the message goes on, or why it is refused.
//!
//! It must not know sockets or what came before. The one surprise: it checks and forgets; the engine behind parses
//! the same bytes again, and this room exists so that both can only read them one way.

use super::alphabet::{TARGET, VALUE, is_authority, method_run, text_run, token_run};
use super::facts::{Facts, Framing, Version};
use super::refusal::{Refusal, STAND_IN_METHOD};
use super::respell::needs_respelling;

/// How much of a head is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the request line, its end included.
    pub request_line: usize,
    /// Bytes of the whole head.
    pub head: usize,
    /// Header lines.
    pub headers: usize,
    /// Bytes read and thrown away after a refusal, so that the answer survives the close.
    pub linger: usize,
}

impl Default for Limits {
    /// Twice the longest request line nginx takes and four times Node's longest head: the service behind should be
    /// the one to find a head too long. A hundred headers is where hyper stops.
    fn default() -> Limits {
        Limits {
            request_line: 16 * 1024,
            head: 64 * 1024,
            headers: 100,
            linger: 64 * 1024,
        }
    }
}

/// What the bytes at the start of a request are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scan {
    /// A head that has not ended, good so far.
    Partial,
    /// A whole head.
    Complete(Head),
    /// Not a request that may pass.
    Refused(Refusal),
}

/// What the rest of the connection needs to know about a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Bytes of the head, the empty line included.
    pub len: usize,
    /// How the body is delimited.
    pub framing: Framing,
    /// It asks for another protocol: what follows its body may not be HTTP.
    pub upgrade: bool,
    /// Its target holds characters that the engine does not take as they are.
    pub respell: bool,
}

/// Scans the head that `bytes` begin with. Bytes after the head are not looked at.
pub fn scan(bytes: &[u8], limits: &Limits) -> Scan {
    let within = &bytes[..bytes.len().min(limits.head)];
    match read(within, limits) {
        Ok(head) => Scan::Complete(head),
        Err(Stop::Refused(refusal)) => Scan::Refused(refusal),
        Err(Stop::Partial) if bytes.len() >= limits.head => Scan::Refused(Refusal::HeadTooLong),
        Err(Stop::Partial) => Scan::Partial,
    }
}

/// Why a scan ended without a head.
enum Stop {
    Partial,
    Refused(Refusal),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

struct Line<'a> {
    name: &'a [u8],
    value: &'a [u8],
    len: usize,
}

fn read(bytes: &[u8], limits: &Limits) -> Result<Head, Stop> {
    let mut at = empty_line(bytes)?;
    let (version, len) = bounded_request_line(&bytes[at..], limits)?;
    let respell = needs_respelling(&bytes[at..at + len]);
    at += len;
    let mut facts = Facts::default();
    let mut count = 0;
    while let Some(line) = header_line(&bytes[at..])? {
        at += line.len;
        count += 1;
        if count > limits.headers {
            return Err(Refusal::TooManyHeaders.into());
        }
        facts.note(line.name, line.value)?;
    }
    let (framing, upgrade) = facts.conclude(version)?;
    let len = at + 2;
    Ok(Head {
        len,
        framing,
        upgrade,
        respell,
    })
}

/// Skips one empty line, which old clients send after a body (RFC 9112, 2.2).
fn empty_line(bytes: &[u8]) -> Result<usize, Stop> {
    match bytes {
        [b'\r', ..] => line_end(bytes, 0),
        _ => Ok(0),
    }
}

fn bounded_request_line(bytes: &[u8], limits: &Limits) -> Result<(Version, usize), Stop> {
    let within = &bytes[..bytes.len().min(limits.request_line)];
    match request_line(within) {
        Err(Stop::Partial) if bytes.len() >= limits.request_line => {
            Err(Refusal::RequestLineTooLong.into())
        }
        other => other,
    }
}

/// `method SP target SP version CRLF`, refused at the first byte that cannot be part of it, so that a client which
/// speaks something else is told at once.
fn request_line(bytes: &[u8]) -> Result<(Version, usize), Stop> {
    let method = method_run(bytes);
    match bytes.get(method).ok_or(Stop::Partial)? {
        b' ' if method > 0 => check_method(&bytes[..method])?,
        b'\r' | b'\n' => return Err(Refusal::RequestLine.into()),
        _ => return Err(Refusal::Method.into()),
    }
    let start = method + 1;
    let end = start + text_run(&bytes[start..], TARGET);
    match bytes.get(end).ok_or(Stop::Partial)? {
        b' ' if end > start => {}
        b' ' | b'\r' | b'\n' => return Err(Refusal::RequestLine.into()),
        _ => return Err(Refusal::Target.into()),
    }
    let (version, len) = version(&bytes[end + 1..])?;
    check_target(&bytes[..method], &bytes[start..end])?;
    Ok((version, end + 1 + len))
}

fn check_method(method: &[u8]) -> Result<(), Refusal> {
    if method == b"CONNECT" {
        return Err(Refusal::Connect);
    }
    if method == STAND_IN_METHOD.as_bytes() {
        return Err(Refusal::ReservedMethod);
    }
    Ok(())
}

/// A path, `*` for OPTIONS, or a scheme, a host and what follows (RFC 9112, 3.2). The bytes are left to the engine,
/// which would take a bare word for a host.
fn check_target(method: &[u8], target: &[u8]) -> Result<(), Refusal> {
    let good = match target {
        [b'/', ..] => true,
        b"*" => method == b"OPTIONS",
        _ => is_absolute(target),
    };
    good.then_some(()).ok_or(Refusal::Target)
}

fn is_absolute(target: &[u8]) -> bool {
    let scheme = target
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    let Some(rest) = target[scheme..].strip_prefix(b"://") else {
        return false;
    };
    let end = rest
        .iter()
        .position(|byte| b"/?#".contains(byte))
        .unwrap_or(rest.len());
    target[0].is_ascii_alphabetic() && is_authority(&rest[..end])
}

/// The version and the end of its line.
fn version(bytes: &[u8]) -> Result<(Version, usize), Stop> {
    const SHAPE: &[u8] = b"HTTP/0.0\r\n";
    for (&byte, &shape) in bytes.iter().zip(SHAPE) {
        let fits = if shape == b'0' {
            byte.is_ascii_digit()
        } else {
            byte == shape
        };
        if !fits {
            let refusal = if byte == b'\n' {
                Refusal::BareLf
            } else {
                Refusal::RequestLine
            };
            return Err(refusal.into());
        }
    }
    match bytes.get(..SHAPE.len()).ok_or(Stop::Partial)? {
        b"HTTP/1.1\r\n" => Ok((Version::Http11, SHAPE.len())),
        b"HTTP/1.0\r\n" => Ok((Version::Http10, SHAPE.len())),
        _ => Err(Refusal::Version.into()),
    }
}

/// The next header line, or `None` at the empty line that ends the head.
fn header_line(bytes: &[u8]) -> Result<Option<Line<'_>>, Stop> {
    let name = token_run(bytes);
    match bytes.get(name).ok_or(Stop::Partial)? {
        b':' if name > 0 => {}
        b'\r' if name == 0 => return line_end(bytes, 0).map(|_| None),
        b' ' | b'\t' if name == 0 => return Err(Refusal::ObsFold.into()),
        b' ' | b'\t' => return Err(Refusal::SpaceBeforeColon.into()),
        b'\n' => return Err(Refusal::BareLf.into()),
        _ => return Err(Refusal::HeaderName.into()),
    }
    let end = value_end(bytes, name + 1)?;
    Ok(Some(Line {
        name: &bytes[..name],
        value: &bytes[name + 1..end],
        len: end + 2,
    }))
}

fn value_end(bytes: &[u8], start: usize) -> Result<usize, Stop> {
    let mut at = start;
    loop {
        at += text_run(&bytes[at..], VALUE);
        match bytes.get(at).ok_or(Stop::Partial)? {
            b'\t' => at += 1,
            b'\r' => return line_end(bytes, at).map(|_| at),
            b'\n' => return Err(Refusal::BareLf.into()),
            _ => return Err(Refusal::Control.into()),
        }
    }
}

/// Takes the CRLF whose carriage return is at `at`; returns where the next line begins.
fn line_end(bytes: &[u8], at: usize) -> Result<usize, Stop> {
    match bytes.get(at + 1).ok_or(Stop::Partial)? {
        b'\n' => Ok(at + 2),
        _ => Err(Refusal::BareCr.into()),
    }
}

#[cfg(test)]
mod tests;
