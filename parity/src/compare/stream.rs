//! Event streams, cut into events: each is compared on its own, as a client meets them.

use std::ops::Range;

use crate::Extent;

/// What a stream consists of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Events<'a> {
    pub(super) complete: Vec<Event<'a>>,
    /// What stands behind the last of them without its end.
    pub(super) unfinished: Option<Event<'a>>,
}

/// One event of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event<'a> {
    /// Its fields; a line of NDJSON is one field without a name.
    pub(super) fields: Vec<(&'a str, String)>,
    /// Where it stands in the body.
    pub(super) at: Range<usize>,
}

/// Which kind of stream a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// `text/event-stream`.
    Sse,
    /// A JSON document per line.
    Lines,
}

/// The events of a body. The last line of a whole one needs no end.
pub(super) fn events(framing: Framing, text: &str, extent: Extent) -> Events<'_> {
    match (framing, extent) {
        (Framing::Sse, _) => sse(text),
        (Framing::Lines, Extent::Whole) => lines(text),
        (Framing::Lines, Extent::Cut) => lines(&text[..text.rfind('\n').map_or(0, |at| at + 1)]),
    }
}

fn lines(text: &str) -> Events<'_> {
    let mut at = 0;
    let mut events = Events::default();
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        let whole = line.trim();
        if !whole.is_empty() {
            events.complete.push(Event {
                fields: vec![("", whole.to_owned())],
                at: range,
            });
        }
    }
    events
}

fn sse(text: &str) -> Events<'_> {
    let (mut complete, mut fields) = (Vec::new(), Vec::new());
    let marked = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut at = text.len() - marked.len();
    let mut began = at;
    let event = |fields: &mut Vec<_>, at| {
        let fields = std::mem::take(fields);
        (!fields.is_empty()).then_some(Event { fields, at })
    };
    for line in lines_of_any_end(marked) {
        at += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        match line.split_once(':') {
            _ if line.is_empty() => {
                complete.extend(event(&mut fields, began..at));
                began = at;
            }
            // A comment keeps the connection open and says nothing.
            Some(("", _)) => {}
            Some((name, value)) => add(&mut fields, name, value.strip_prefix(' ').unwrap_or(value)),
            None => add(&mut fields, line, ""),
        }
    }
    let unfinished = event(&mut fields, began..at);
    Events {
        complete,
        unfinished,
    }
}

/// Lines with their ends, of which the standard knows three: `\r\n`, `\n` and `\r`.
fn lines_of_any_end(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = match rest.find(['\r', '\n']) {
            None if rest.is_empty() => return None,
            None => rest.len(),
            Some(at) if rest[at..].starts_with("\r\n") => at + 2,
            Some(at) => at + 1,
        };
        let (line, behind) = rest.split_at(end);
        rest = behind;
        Some(line)
    })
}

/// Several lines of data are one. Names that the standard does not know are not read by anybody.
fn add<'a>(fields: &mut Vec<(&'a str, String)>, name: &'a str, value: &str) {
    if !matches!(name, "event" | "data" | "id" | "retry") {
        return;
    }
    match fields.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) if name == "data" => {
            known.push('\n');
            known.push_str(value);
        }
        Some((_, known)) => value.clone_into(known),
        None => fields.push((name, value.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field<'a>(name: &'a str, value: &str) -> (&'a str, String) {
        (name, value.to_owned())
    }

    #[test]
    fn server_sent_events() {
        let text = ": hello\n\nevent: a\ndata: 1\ndata: 2\n\nid:7\r\n\r\ndata: cut";
        let Events {
            complete: events,
            unfinished,
        } = events(Framing::Sse, text, Extent::Whole);
        assert_eq!(events.len(), 2);
        assert_eq!(unfinished.unwrap().fields, [field("data", "cut")]);
        assert_eq!(
            events[0].fields,
            [field("event", "a"), field("data", "1\n2")]
        );
        assert_eq!(events[1].fields, [field("id", "7")]);
        assert_eq!(
            &text[events[0].at.clone()],
            "event: a\ndata: 1\ndata: 2\n\n"
        );
    }

    #[test]
    fn lines_end_in_three_ways_and_unknown_fields_say_nothing() {
        let check = |text: &str, expect: &str| {
            let events = events(Framing::Sse, text, Extent::Whole).complete;
            assert_eq!(events[0].fields, [field("data", expect)], "{text:?}");
        };
        check("data: 1\rdata: 2\r\rdata", "1\n2");
        check("data: 1\r\ndata: 2\r\n\r\n", "1\n2");
        check("\u{feff}data: 1\n\n", "1");
        check("colour: red\n\ndata: 1\nsize: 7\n\n", "1");
    }

    #[test]
    fn a_line_that_was_cut_off_is_none() {
        let count = |text, extent| events(Framing::Lines, text, extent).complete.len();
        assert_eq!(count("1\n2", Extent::Whole), 2);
        assert_eq!(count("1\n2", Extent::Cut), 1);
        assert_eq!(count("1\n2\n", Extent::Cut), 2);
        assert_eq!(count("1", Extent::Cut), 0);
    }

    #[test]
    fn lines_of_json() {
        let events = events(Framing::Lines, "{\"a\":1}\n\n{\"a\":2}\n", Extent::Whole).complete;
        assert_eq!(events.len(), 2);
        assert_eq!(
            (events[1].fields[0].1.as_str(), events[1].at.start),
            ("{\"a\":2}", 9)
        );
    }
}
