//! What the TOML parser found, in words that say what to write instead.
//!
//! It knows no key but one: what stands behind `admin_token` in a file that no parser has made sense of is hidden, for
//! it may well be the token. The one surprise: of several errors on a line only the first is kept, because the others
//! are mostly the parser stumbling on.

use std::ops::Range;

use toml::de::Error;

use crate::config::fault::Notes;

/// How the parser calls a key that was written before.
const DUPLICATE: &str = "duplicate key";

/// Notes the errors, and says whether the document can be read nevertheless.
///
/// What recovery made of a broken line is a guess, and faults of a guess would send people astray. A key that is
/// written twice breaks nothing.
pub(super) fn note(source: &str, errors: &[Error], notes: &mut Notes) -> bool {
    let mut errors: Vec<_> = errors
        .iter()
        .map(|error| (place(error, source), error.message()))
        .collect();
    errors.sort_by_key(|(span, _)| span.start);
    let mut before: Option<usize> = None;
    for (span, message) in &errors {
        let follows = before.is_some_and(|before| !source[before..span.start].contains('\n'));
        if !follows || message.starts_with("unclosed") {
            one(source, span.clone(), message, notes);
        }
        before = Some(span.start);
    }
    let readable = errors.iter().all(|(_, message)| *message == DUPLICATE);
    if !readable {
        hide_secrets(source, notes);
    }
    readable
}

/// Where an error is; one without a place is at the end.
fn place(error: &Error, source: &str) -> Range<usize> {
    let span = error.span().unwrap_or(source.len()..source.len());
    if source.is_char_boundary(span.start) {
        span
    } else {
        source.len()..source.len()
    }
}

fn one(source: &str, span: Range<usize>, message: &str, notes: &mut Notes) {
    let (message, help) = explained(message, span.is_empty());
    let whole = if message == TWICE {
        message.to_owned()
    } else {
        format!("not TOML: {message}")
    };
    let note = notes.add(span.start..span.end.min(source.len()), whole);
    if let Some(help) = help {
        note.help(help);
    }
}

const TWICE: &str = "this key is written twice";

/// The parser's words, and for the slips that people make what to write instead.
fn explained(message: &str, empty: bool) -> (&str, Option<&'static str>) {
    let (what, _) = message.split_once(", expected").unwrap_or((message, ""));
    let help = match what {
        DUPLICATE => return (TWICE, Some("keep one of the two")),
        "string values must be quoted" if empty => {
            return (
                "a key without a value",
                Some("write a value behind the `=`"),
            );
        }
        "string values must be quoted" => "put it in quotes",
        "key with no value" => "write key = value",
        "unclosed table" => "close the header with `]`",
        "unclosed array" => "close the list with `]`",
        "unclosed inline table" => "close the table with `}`",
        "invalid basic string" => "close the string with `\"`; a backslash is written twice",
        "invalid literal string" => "close the string with `'`",
        "extra `=`" => "write one `=`",
        "missing comma between array elements" => "write a comma, or close the list before it",
        _ => return (message, None),
    };
    (what, Some(help))
}

/// Keeps what stands behind `admin_token` out of the report.
fn hide_secrets(source: &str, notes: &mut Notes) {
    const KEY: &str = "admin_token";
    for (at, _) in source.match_indices(KEY) {
        let line = source[at..].lines().next().unwrap_or_default();
        let value = line[KEY.len()..].trim_start_matches(['=', '"', '\'', ' ', '\t']);
        if !value.starts_with('{') {
            notes.hide(at + line.len() - value.len()..at + line.len());
        }
    }
}
