//! Turning dials in the text: the value, and the note behind it that says who.
//!
//! The surprise: a dial that is written in `[defaults]` only has its note there too, and a move of the route writes a
//! value of its own.

use std::collections::BTreeMap;

use toml_edit::{Document, Value};

use super::note::{Mark, Note, What};
use super::tail::{self, Tail};
use super::{EditError, Line, Place, Splice, meaning, parse, replacement, routes, spliced};
use crate::route::{By, Dial};

/// The text with the dial of one route set, who did it noted behind it, and nothing else changed.
///
/// A route without a `rust` key gets one after `handler`, or after its last key. A dial written as `true` or `false`
/// stays one when it can, and a dial that says so already is left as it is written, its note too. The note takes the
/// place of the one before it and leaves a person's comment standing. Where two routes share a line there is none.
///
/// # Errors
/// When the text is not TOML or no route has the id.
pub fn set_dial(source: &str, route: &str, dial: Dial, mark: &Mark) -> Result<String, EditError> {
    let file = File::parse(source)?;
    let place = file.place(route)?;
    let from = file.standing(place);
    let splices = file.turned(place, dial, &mark.moved(from, dial));
    Ok(spliced(source, splices))
}

/// As [`set_dial`], unless somebody else was there since the dial stood at `from`.
///
/// # Errors
/// As [`set_dial`], and [`EditError::Moved`] when the dial stands elsewhere or is noted as another's.
pub fn move_dial(
    source: &str,
    route: &str,
    from: Dial,
    to: Dial,
    mark: &Mark,
) -> Result<String, EditError> {
    let file = File::parse(source)?;
    let place = file.place(route)?;
    let note = file.note(place).filter(|note| note.leaves() == from);
    let others = note.is_some_and(|note| note.by != mark.by);
    if others || file.standing(place) != from {
        return Err(EditError::Moved(route.to_owned()));
    }
    Ok(spliced(
        source,
        file.turned(place, to, &mark.moved(from, to)),
    ))
}

/// The text with a note that hands a route's dial back to the pilot, at a time in unix seconds. The dial stays.
///
/// # Errors
/// When the text is not TOML, no route has the id, or two routes share a line and with it the room for a note.
pub fn resume(source: &str, route: &str, at: u64) -> Result<String, EditError> {
    let file = File::parse(source)?;
    let place = file.place(route)?;
    let dial = file.standing(place);
    let note = Note {
        by: By::Pilot,
        at,
        what: What::Resumed(dial),
    };
    let splices = match place.get("rust").and_then(Value::span) {
        Some(value) => file.noted(place, value.end, &note).into_iter().collect(),
        None => file.added(place, dial, &note),
    };
    if splices.is_empty() {
        const CROWDED: &str = "two routes share a line; write each as [[route]]";
        return Err(EditError::Refused(CROWDED.to_owned()));
    }
    Ok(spliced(source, splices))
}

/// What is noted behind each route's dial; of a route without one of its own, behind the one of `[defaults]`.
///
/// # Errors
/// When the text is not TOML.
pub fn notes(source: &str) -> Result<BTreeMap<String, Note>, EditError> {
    let file = File::parse(source)?;
    let noted = routes(&file.document).into_iter().filter_map(|place| {
        let id = place.get("id").and_then(Value::as_str)?;
        Some((id.to_owned(), file.note(place)?))
    });
    Ok(noted.collect())
}

/// The text with every dial at zero, the one of `[defaults]` included, each with its note.
///
/// # Errors
/// When the text is not TOML.
pub fn rollback_all(source: &str, mark: &Mark) -> Result<String, EditError> {
    let file = File::parse(source)?;
    let places = file.defaults().into_iter().chain(routes(&file.document));
    let written = places.filter(|place| place.get("rust").is_some());
    let turned = written.flat_map(|place| {
        let note = mark.moved(file.standing(place), Dial::OFF);
        file.turned(place, Dial::OFF, &note)
    });
    Ok(spliced(source, turned.collect()))
}

/// A text, and what was found in it.
struct File<'a> {
    source: &'a str,
    document: Document<&'a str>,
}

impl<'a> File<'a> {
    fn parse(source: &'a str) -> Result<Self, EditError> {
        Ok(Self {
            source,
            document: parse(source)?,
        })
    }

    fn place(&self, route: &str) -> Result<Place<'_>, EditError> {
        let mut routes = routes(&self.document).into_iter();
        let place = routes.find(|place| place.get("id").and_then(Value::as_str) == Some(route));
        place.ok_or_else(|| EditError::NoSuchRoute(route.to_owned()))
    }

    fn defaults(&self) -> Option<Place<'_>> {
        self.document.get("defaults").and_then(Place::of)
    }

    /// A route's dial as it is written there or in `[defaults]`.
    fn written<'f>(&'f self, place: Place<'f>) -> Option<(Place<'f>, &'f Value)> {
        let own = place.get("rust").map(|value| (place, value));
        let inherited = || {
            self.defaults()
                .and_then(|all| Some((all, all.get("rust")?)))
        };
        own.or_else(inherited)
    }

    /// Where a route's dial stands; off where nothing says so.
    fn standing(&self, place: Place<'_>) -> Dial {
        let written = self.written(place);
        written
            .and_then(|(_, value)| meaning(value))
            .unwrap_or_default()
    }

    fn note(&self, place: Place<'_>) -> Option<Note> {
        let (place, value) = self.written(place)?;
        let end = value.span()?.end;
        if self.is_shared(place, end) {
            return None;
        }
        let comment = Tail::behind(self.source, end)?.comment;
        Note::find(&self.source[comment]).map(|(_, note)| note)
    }

    /// The dial turned and noted; nothing when it says the same.
    fn turned(&self, place: Place<'_>, dial: Dial, note: &Note) -> Vec<Splice> {
        let Some(old) = place.get("rust") else {
            return self.added(place, dial, note);
        };
        let Some(value) = replacement(old, dial) else {
            return Vec::new();
        };
        let note = self.noted(place, value.at.end, note);
        [value].into_iter().chain(note).collect()
    }

    /// A `rust` key with its note after `handler`, or else after the last key.
    fn added(&self, place: Place<'_>, dial: Dial, note: &Note) -> Vec<Splice> {
        let lines = place.lines();
        let is_handler = |line: &&Line| &self.source[line.key.clone()] == "handler";
        let Some(after) = lines.iter().find(is_handler).or(lines.last()) else {
            return Vec::new();
        };
        match place {
            Place::Inline(_) => {
                let end = after.value.end;
                let value = Splice::insert(end, format!(", rust = {dial}"));
                let note = self.noted(place, end, note);
                [value].into_iter().chain(note).collect()
            }
            Place::Block(_) => {
                let value = format!("{dial}  {note}");
                vec![after.followed_by(self.source, &lines, &value)]
            }
        }
    }

    /// The note at the end of the line on which a value ends.
    fn noted(&self, place: Place<'_>, end: usize, note: &Note) -> Option<Splice> {
        if self.is_shared(place, end) {
            return None;
        }
        let tail = Tail::behind(self.source, end)?;
        let comment = &self.source[tail.comment.clone()];
        let persons = Note::find(comment).map_or(comment, |(at, _)| &comment[..at]);
        let persons = persons.trim_end();
        let (start, gap) = match persons {
            "" => (tail.code, "  "),
            _ => (tail.comment.start + persons.len(), " "),
        };
        Some(Splice {
            at: start..tail.comment.end,
            text: format!("{gap}{note}"),
        })
    }

    /// Whether another route stands on the same line, so that a note there could be either's.
    fn is_shared(&self, place: Place<'_>, at: usize) -> bool {
        let line = tail::line_start(self.source, at)..tail::line_end(self.source, at);
        let own = place.span();
        let others = routes(&self.document).into_iter().filter_map(Place::span);
        matches!(place, Place::Inline(_))
            && others
                .filter(|other| Some(other) != own.as_ref())
                .any(|other| other.start < line.end && line.start < other.end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AT: u64 = 1_763_661_600;

    fn dial(percent: f64) -> Dial {
        Dial::from_percent(percent).unwrap()
    }

    fn pilot(why: &str) -> Mark {
        Mark {
            why: why.into(),
            ..Mark::of(By::Pilot, AT)
        }
    }

    #[track_caller]
    fn check(source: &str, expect: &str) {
        let edited = set_dial(source, "a", dial(25.0), &pilot("0 of 3 differ")).unwrap();
        let note = "# pilot 2025-11-20T18:00:00Z 5 -> 25: 0 of 3 differ";
        assert_eq!(edited, expect.replace("NOTE", note));
        let noted = notes(&edited).unwrap();
        assert_eq!(
            noted.get("a").map(Note::leaves),
            Some(dial(25.0)),
            "{edited}"
        );
    }

    #[test]
    fn a_move_is_noted_behind_its_value() {
        check(
            "[[route]]\nid = 'a'\nrust = 5\nfallback = true\n",
            "[[route]]\nid = 'a'\nrust = 25  NOTE\nfallback = true\n",
        );
        check(
            "[[route]]\r\nid = 'a'\r\nrust = 5\r\n",
            "[[route]]\r\nid = 'a'\r\nrust = 25  NOTE\r\n",
        );
        check(
            "[[route]]\nid = 'a'\nrust = 5",
            "[[route]]\nid = 'a'\nrust = 25  NOTE",
        );
    }

    #[test]
    fn a_persons_comment_stays_and_the_note_before_goes() {
        check(
            "[[route]]\nid = 'a'\nrust = 5   # canary\n",
            "[[route]]\nid = 'a'\nrust = 25   # canary NOTE\n",
        );
        check(
            "[[route]]\nid = 'a'\nrust = 5 # canary # cli 2025-01-01T00:00:00Z 0 -> 5\n",
            "[[route]]\nid = 'a'\nrust = 25 # canary NOTE\n",
        );
        check(
            "[[route]]\nid = 'a'\nrust = 5  # cli 2025-01-01T00:00:00Z 0 -> 5\n",
            "[[route]]\nid = 'a'\nrust = 25  NOTE\n",
        );
    }

    #[test]
    fn a_route_in_braces_has_its_note_at_the_end_of_its_line() {
        check(
            "route = [\n  { id = 'a', rust = 5, match = { path = '/#' } }, # first\n  { id = 'b' },\n]\n",
            "route = [\n  { id = 'a', rust = 25, match = { path = '/#' } }, # first NOTE\n  { id = 'b' },\n]\n",
        );
    }

    #[test]
    fn two_routes_on_one_line_have_no_room_for_a_note() {
        let source = "route = [{ id = 'a', rust = 5 }, { id = 'b', rust = 5 }]\n";
        let edited = set_dial(source, "a", dial(25.0), &pilot("")).unwrap();
        assert_eq!(edited, source.replacen("rust = 5", "rust = 25", 1));
        assert!(matches!(
            resume(source, "a", AT),
            Err(EditError::Refused(_))
        ));
    }

    #[test]
    fn a_dial_of_the_defaults_is_where_a_route_starts_from() {
        check(
            "[defaults]\nrust = 5\n[[route]]\nid = 'a'\n",
            "[defaults]\nrust = 5\n[[route]]\nid = 'a'\nrust = 25  NOTE\n",
        );
        let all = "[defaults]\nrust = 5\n[[route]]\nid = 'a'\n";
        let noted = notes(&rollback_all(all, &pilot("")).unwrap()).unwrap();
        assert_eq!(noted["a"].leaves(), Dial::OFF);
    }

    #[test]
    fn a_dial_is_handed_back_where_it_stands() {
        let resumed = |source: &str| resume(source, "a", AT).unwrap();
        let note = "# pilot 2025-11-20T18:00:00Z resumed at 10";
        assert_eq!(
            resumed("[[route]]\nid = 'a'\nrust = 10 # mine # cli 2025-01-01T00:00:00Z 5 -> 10\n"),
            format!("[[route]]\nid = 'a'\nrust = 10 # mine {note}\n"),
        );
        assert_eq!(
            resumed("[defaults]\nrust = 10\n[[route]]\nid = 'a'\n"),
            format!("[defaults]\nrust = 10\n[[route]]\nid = 'a'\nrust = 10  {note}\n"),
        );
    }

    #[test]
    fn whoever_was_there_first_is_not_overwritten() {
        let source = |rust: &str| format!("[[route]]\nid = 'a'\nrust = {rust}\n");
        let moved = |rust: &str| {
            let mark = pilot("");
            move_dial(&source(rust), "a", dial(5.0), dial(25.0), &mark).map(|_| ())
        };
        assert!(moved("5").is_ok());
        assert!(moved("5 # pilot 2025-01-01T00:00:00Z 0 -> 5").is_ok());
        // A note that is not of this value says nothing.
        assert!(moved("5 # cli 2025-01-01T00:00:00Z 0 -> 10").is_ok());
        for other in ["10", "5 # cli 2025-01-01T00:00:00Z 10 -> 5"] {
            assert!(matches!(moved(other), Err(EditError::Moved(_))), "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_comment_survives_any_number_of_moves(
            comment in "( # [a-z#'\"]{0,9})?",
            newline in "\r?\n",
            moves in prop::collection::vec(0u32..=10_000, 1..5),
        ) {
            let comment = comment.trim_end();
            let source = format!("[[route]]{newline}id = 'a'{newline}rust = 200e-2{comment}{newline}# end");
            let mut text = source.clone();
            for to in moves {
                let to = dial(f64::from(to) / 100.0);
                text = set_dial(&text, "a", to, &pilot("why: # so")).unwrap();
                let noted = notes(&text).unwrap();
                prop_assert!(noted.get("a").is_none_or(|note| note.leaves() == to));
            }
            let ends = format!("{newline}# end");
            prop_assert!(text.contains(&format!("{comment} # pilot")) || text == source, "{text}");
            prop_assert!(text.ends_with(&ends), "{text}");
            prop_assert_eq!(text.lines().count(), source.lines().count());
        }
    }
}
