//! Compares two observations: status, headers, body by its kind.
//!
//! The surprise: equal bytes are never looked into. It is the usual case, and it costs a comparison of memory.

mod align;
mod clue;
mod decode;
mod diff;
mod events;
mod found;
mod headers;
mod path;
mod stream;

use std::borrow::Cow;

use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};

use self::decode::{Decoded, decode};
use self::diff::{Context, Diff};
use self::found::{Bit, Found};
use self::stream::Framing;
use crate::alias::AliasBook;
use crate::class::Relation;
use crate::json::read;
use crate::rules::{Rules, Spot};
use crate::{Comparison, Extent, Kind, Observation, Place};

/// Compares what the legacy answered with what rust answered. `names` is the table of identifiers and the client that
/// asked, as a hash; without it identifiers of one kind are equal by class unless both documents have one of them.
///
/// Of a body that was cut only the events of an event stream are compared, as far as both go.
pub fn compare(
    legacy: &Observation,
    rust: &Observation,
    rules: &Rules,
    names: Option<(&mut AliasBook, u64)>,
) -> Comparison {
    let mut found = Found::new(rules);
    let mut context = Context {
        gap: legacy.took.abs_diff(rust.took),
        names,
    };
    if legacy.status != rust.status {
        let bits = (
            Bit::Status(legacy.status.as_u16()),
            Bit::Status(rust.status.as_u16()),
        );
        let place = (Place::new("status"), Spot::Status);
        found.add(place, Kind::Status, bits, None);
    }
    headers::compare(&legacy.headers, &rust.headers, &mut found, &mut context);
    bodies(legacy, rust, &mut found, &mut context);
    found.done()
}

/// A whole body without its `Content-Encoding`; none when it cannot be unpacked, or only to more than 8 MiB.
pub fn unpacked<'a>(headers: &HeaderMap, body: &'a [u8]) -> Option<Cow<'a, [u8]>> {
    match decode(headers, body, Extent::Whole) {
        Decoded::Plain(bytes) => Some(bytes),
        Decoded::Packed(_) | Decoded::Bomb => None,
    }
}

/// Whether a body is a stream of events, which can be compared as far as it was kept.
pub fn is_event_stream(headers: &HeaderMap) -> bool {
    matches!(nature(headers), Nature::Stream(_))
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    Json,
    Stream(Framing),
    Text,
    /// JSON if it turns out to be, else bytes.
    Unknown,
    Binary,
}

fn bodies(
    legacy: &Observation,
    rust: &Observation,
    found: &mut Found<'_>,
    context: &mut Context<'_>,
) {
    let encodings = [legacy, rust].map(|side| side.headers.get_all(CONTENT_ENCODING));
    let whole = legacy.body.extent == Extent::Whole && rust.body.extent == Extent::Whole;
    if legacy.body.bytes == rust.body.bytes && encodings[0] == encodings[1] {
        return;
    }
    let ours = decode(&legacy.headers, &legacy.body.bytes, legacy.body.extent);
    let theirs = decode(&rust.headers, &rust.body.bytes, rust.body.extent);
    let (ours, theirs) = match (&ours, &theirs) {
        (Decoded::Plain(ours), Decoded::Plain(theirs)) => (&**ours, &**theirs),
        _ if !whole => return,
        _ => return packed(&ours, &theirs, legacy, rust, found),
    };
    if ours == theirs {
        return;
    }
    let nature = shared_nature(&legacy.headers, &rust.headers);
    match nature {
        Nature::Stream(framing) => {
            let sides = [(ours, legacy.body.extent), (theirs, rust.body.extent)];
            events::streams(framing, sides, found, context);
        }
        _ if !whole => {}
        Nature::Json | Nature::Unknown => json(nature, ours, theirs, found, context),
        Nature::Text => texts(ours, theirs, found, context),
        Nature::Binary => bytes(ours, theirs, found),
    }
}

/// What both sides say it is. Where they do not agree, the bodies are looked at, the same from either side.
fn shared_nature(legacy: &HeaderMap, rust: &HeaderMap) -> Nature {
    let (ours, theirs) = (nature(legacy), nature(rust));
    if ours == theirs {
        ours
    } else {
        Nature::Unknown
    }
}

fn nature(headers: &HeaderMap) -> Nature {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let Some(kind) = kind else {
        return Nature::Unknown;
    };
    let kind = String::from_utf8_lossy(kind).to_ascii_lowercase();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    match essence {
        "text/event-stream" => Nature::Stream(Framing::Sse),
        "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonl"
        | "application/jsonlines"
        | "application/x-jsonlines" => Nature::Stream(Framing::Lines),
        "application/json" | "text/json" => Nature::Json,
        "application/javascript" | "application/xml" | "application/x-www-form-urlencoded" => {
            Nature::Text
        }
        essence if essence.ends_with("+json") => Nature::Json,
        essence if essence.starts_with("text/") || essence.ends_with("+xml") => Nature::Text,
        _ => Nature::Binary,
    }
}

fn json(
    nature: Nature,
    ours: &[u8],
    theirs: &[u8],
    found: &mut Found<'_>,
    context: &mut Context<'_>,
) {
    let (our_text, their_text) = unmarked(ours, theirs);
    match (read(our_text), read(their_text)) {
        (Some(ours), Some(theirs)) => Diff::new(&ours, &theirs, found, context).run(),
        (None, None) if nature == Nature::Unknown && !is_text(ours) => bytes(ours, theirs, found),
        (None, None) => texts(ours, theirs, found, context),
        _ => {
            let (ours, theirs) = (
                String::from_utf8_lossy(ours),
                String::from_utf8_lossy(theirs),
            );
            body(
                found,
                Kind::Type,
                (Bit::Text(&ours), Bit::Text(&theirs)),
                None,
            );
        }
    }
}

/// Without the mark of UTF-8 that both begin with; where only one does, a client may stumble over it.
fn unmarked<'a>(ours: &'a [u8], theirs: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    let stripped = ours.strip_prefix(MARK).zip(theirs.strip_prefix(MARK));
    stripped.unwrap_or((ours, theirs))
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
}

fn texts(ours: &[u8], theirs: &[u8], found: &mut Found<'_>, context: &mut Context<'_>) {
    let (our_text, their_text) = (
        String::from_utf8_lossy(ours),
        String::from_utf8_lossy(theirs),
    );
    let kind = if words(ours).eq(words(theirs)) {
        Kind::Order
    } else {
        match context.relate(our_text.trim(), their_text.trim()) {
            Relation::Equal | Relation::Identifiers => return found.by_class(),
            Relation::Counts | Relation::Different | Relation::OtherClass => Kind::Value,
        }
    };
    let offset = divergence(ours, theirs);
    let (ours, theirs) = (around(&our_text, offset), around(&their_text, offset));
    let bits = (Bit::Text(&ours), Bit::Text(&theirs));
    body(found, kind, bits, Some(offset as u64));
}

/// Of the bytes and not of the letters: bytes that are no letters would all look alike.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let words = text.split(u8::is_ascii_whitespace);
    words.filter(|word| !word.is_empty())
}

fn divergence(ours: &[u8], theirs: &[u8]) -> usize {
    ours.iter()
        .zip(theirs)
        .take_while(|(ours, theirs)| ours == theirs)
        .count()
}

/// The text from a little before an offset: what people want to see of a long one.
fn around(text: &str, offset: usize) -> String {
    const BEFORE: usize = 20;
    let mut start = offset.saturating_sub(BEFORE).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let lead = if start > 0 { "…" } else { "" };
    format!("{lead}{}", &text[start..])
}

fn bytes(ours: &[u8], theirs: &[u8], found: &mut Found<'_>) {
    let bits = (Bit::Bytes(ours.len()), Bit::Bytes(theirs.len()));
    let kind = match ours.len() == theirs.len() {
        true => Kind::Value,
        false => Kind::Size,
    };
    body(found, kind, bits, Some(divergence(ours, theirs) as u64));
}

fn body(found: &mut Found<'_>, kind: Kind, bits: (Bit<'_>, Bit<'_>), offset: Option<u64>) {
    found.add((Place::new("body"), Spot::Body), kind, bits, offset);
}

/// Bodies of which at least one could not be unpacked.
fn packed(
    ours: &Decoded<'_>,
    theirs: &Decoded<'_>,
    legacy: &Observation,
    rust: &Observation,
    found: &mut Found<'_>,
) {
    if let (Decoded::Packed(one), Decoded::Packed(other)) = (ours, theirs)
        && one == other
    {
        if legacy.body.bytes != rust.body.bytes {
            bytes(&legacy.body.bytes, &rust.body.bytes, found);
        }
        return;
    }
    let name = |decoded: &Decoded<'_>| match decoded {
        Decoded::Plain(_) => "identity".to_owned(),
        Decoded::Packed(coding) => format!("{coding}, which cannot be unpacked"),
        Decoded::Bomb => "more than 8 MiB when unpacked".to_owned(),
    };
    let (ours, theirs) = (name(ours), name(theirs));
    body(
        found,
        Kind::Size,
        (Bit::Text(&ours), Bit::Text(&theirs)),
        None,
    );
}

#[cfg(test)]
mod tests;
