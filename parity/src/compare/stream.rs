//! Event streams, cut into events: each is compared on its own, as a client meets them.

use std::ops::Range;

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

/// The complete events of a body; an event that the body's end cut off is none.
pub(super) fn events(framing: Framing, text: &str) -> Vec<Event<'_>> {
    match framing {
        Framing::Sse => sse(text),
        Framing::Lines => lines(text),
    }
}

fn lines(text: &str) -> Vec<Event<'_>> {
    let mut at = 0;
    let mut events = Vec::new();
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        let whole = line.trim();
        if !whole.is_empty() {
            events.push(Event {
                fields: vec![("", whole.to_owned())],
                at: range,
            });
        }
    }
    events
}

fn sse(text: &str) -> Vec<Event<'_>> {
    let (mut events, mut fields, mut at, mut began) = (Vec::new(), Vec::new(), 0, 0);
    for line in text.split_inclusive('\n') {
        at += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        match line.split_once(':') {
            _ if line.is_empty() => {
                let fields = std::mem::take(&mut fields);
                if !fields.is_empty() {
                    events.push(Event {
                        fields,
                        at: began..at,
                    });
                }
                began = at;
            }
            // A comment keeps the connection open and says nothing.
            Some(("", _)) => {}
            Some((name, value)) => add(&mut fields, name, value.strip_prefix(' ').unwrap_or(value)),
            None => add(&mut fields, line, ""),
        }
    }
    events
}

/// Several lines of data are one.
fn add<'a>(fields: &mut Vec<(&'a str, String)>, name: &'a str, value: &str) {
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
        let events = events(Framing::Sse, text);
        assert_eq!(events.len(), 2);
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
    fn lines_of_json() {
        let events = events(Framing::Lines, "{\"a\":1}\n\n{\"a\":2}\n");
        assert_eq!(events.len(), 2);
        assert_eq!(
            (events[1].fields[0].1.as_str(), events[1].at.start),
            ("{\"a\":2}", 9)
        );
    }
}
