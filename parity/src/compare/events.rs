//! Event streams, event by event and field by field; places are those of a list of events.

use super::diff::{Context, Diff};
use super::found::{Bit, Found};
use super::stream::{Event, Framing, events};
use super::{is_text, texts};
use crate::class::Relation;
use crate::json::read;
use crate::rules::Spot;
use crate::{Extent, Kind, Place};

/// Event by event. A stream that goes on where the other was cut is no difference.
pub(super) fn streams(
    framing: Framing,
    [(ours, our_extent), (theirs, their_extent)]: [(&[u8], Extent); 2],
    found: &mut Found<'_>,
    context: &mut Context<'_>,
) {
    let whole = [our_extent, their_extent] == [Extent::Whole; 2];
    if whole && !(is_text(ours) && is_text(theirs)) {
        return texts(ours, theirs, found, context);
    }
    let ours = events(framing, valid(ours), our_extent);
    let theirs = events(framing, valid(theirs), their_extent);
    let pairs = ours.complete.iter().zip(&theirs.complete);
    for (index, (one, other)) in pairs.enumerate() {
        event(index, one, other, found, context);
    }
    if !whole {
        return;
    }
    let shared = ours.complete.len().min(theirs.complete.len());
    // What no blank line ends is nothing to a browser, but other clients may read it.
    let next = (ours.complete.get(shared), theirs.complete.get(shared));
    let last = (ours.unfinished.as_ref(), theirs.unfinished.as_ref());
    match (next, last) {
        ((None, None), (Some(one), Some(other))) => event(shared, one, other, found, context),
        ((None, None), (one, other)) | ((one, other), _) => surplus(shared, one, other, found),
    }
}

/// An event that only one side has.
fn surplus(
    index: usize,
    one: Option<&Event<'_>>,
    other: Option<&Event<'_>>,
    found: &mut Found<'_>,
) {
    let (kind, event) = match (one, other) {
        (Some(event), None) => (Kind::Missing, event),
        (None, Some(event)) => (Kind::Extra, event),
        _ => return,
    };
    let fields = event.fields.iter().map(|(_, text)| text.as_str());
    let shown = fields.collect::<Vec<&str>>().join(" ");
    let bits = match kind {
        Kind::Missing => (Bit::Text(&shown), Bit::Nothing),
        _ => (Bit::Nothing, Bit::Text(&shown)),
    };
    let names = [index.to_string().into()];
    let place = (Place::new("json:/*"), Spot::Json(&names));
    found.add(place, kind, bits, Some(event.at.start as u64));
}

/// The text up to where a cut tore a letter apart.
fn valid(bytes: &[u8]) -> &str {
    let first = bytes.utf8_chunks().next();
    first.map_or("", |chunk| chunk.valid())
}

/// One event against another, field by field; places are those of a list of events.
fn event(
    index: usize,
    one: &Event<'_>,
    other: &Event<'_>,
    found: &mut Found<'_>,
    context: &mut Context<'_>,
) {
    let index = index.to_string();
    let offset = one.at.start as u64;
    let names = one
        .fields
        .iter()
        .chain(&other.fields)
        .map(|(name, _)| *name);
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        let text = |event: &'_ Event<'_>| -> Option<String> {
            let field = event.fields.iter().find(|(known, _)| *known == name);
            field.map(|(_, text)| text.clone())
        };
        let (ours, theirs) = (text(one), text(other));
        if ours != theirs {
            let base: Vec<&str> = match name {
                "" => vec![&index],
                name => vec![&index, name],
            };
            field(
                &base,
                (ours.as_deref(), theirs.as_deref()),
                offset,
                found,
                context,
            );
        }
    }
}

fn field(
    base: &[&str],
    (ours, theirs): (Option<&str>, Option<&str>),
    offset: u64,
    found: &mut Found<'_>,
    context: &mut Context<'_>,
) {
    if let (Some(ours), Some(theirs)) = (ours, theirs) {
        if let (Some(ours), Some(theirs)) = (read(ours.as_bytes()), read(theirs.as_bytes())) {
            return Diff::new(&ours, &theirs, found, context)
                .below(base, offset)
                .run();
        }
        if let Relation::Equal | Relation::Identifiers = context.relate(ours, theirs) {
            return found.by_class();
        }
    }
    let kind = match (ours, theirs) {
        (Some(_), None) => Kind::Missing,
        (None, _) => Kind::Extra,
        _ => Kind::Value,
    };
    let bit = |text: Option<&str>| text.map(str::to_owned);
    let (ours, theirs) = (bit(ours), bit(theirs));
    let bits = (
        ours.as_deref().map_or(Bit::Nothing, Bit::Text),
        theirs.as_deref().map_or(Bit::Nothing, Bit::Text),
    );
    let place = match base {
        [_, name] => format!("json:/*/{name}"),
        _ => "json:/*".to_owned(),
    };
    let names: Vec<_> = base
        .iter()
        .map(|name| std::borrow::Cow::Borrowed(*name))
        .collect();
    let place = (Place::new(place), Spot::Json(&names));
    found.add(place, kind, bits, Some(offset));
}
