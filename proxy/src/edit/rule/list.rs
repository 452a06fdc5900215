//! One more element in an array, in the manner of those that are there.
//!
//! It knows no rules. The surprise: where the last element is followed by a comma and a comment, the comment is that
//! element's, so the new one comes on the line below.

use toml_edit::Array;

use crate::edit::Splice;

/// The array's elements as they are written.
pub(super) fn elements<'a>(source: &'a str, array: &Array) -> Vec<&'a str> {
    let spans = array.iter().filter_map(|value| value.span());
    spans.map(|span| &source[span]).collect()
}

/// Whether the element is there already, however it is spaced and quoted.
pub(super) fn has(source: &str, array: &Array, element: &str) -> bool {
    let wanted = meaning(element);
    let mut there = elements(source, array).into_iter();
    there.any(|there| meaning(there) == wanted)
}

fn meaning(element: &str) -> Option<toml::Value> {
    let document: toml::Table = format!("v = {element}").parse().ok()?;
    document.get("v").cloned()
}

/// What adds the element at the end.
pub(super) fn appended(source: &str, array: &Array, element: &str) -> Vec<Splice> {
    let Some(whole) = array.span() else {
        return Vec::new();
    };
    match array.iter().last().and_then(|last| last.span()) {
        Some(last) => after(source, last.start..last.end, whole.end - 1, element),
        None => vec![alone(source, whole.start + 1..whole.end - 1, element)],
    }
}

/// The first element; what is between the brackets stays if it is more than blanks.
fn alone(source: &str, between: std::ops::Range<usize>, element: &str) -> Splice {
    let is_blank = source[between.clone()].trim().is_empty();
    let at = match is_blank {
        true => between,
        false => between.start..between.start,
    };
    Splice {
        at,
        text: element.to_owned(),
    }
}

/// An element behind the last one; `end` is where the bracket closes.
fn after(source: &str, last: std::ops::Range<usize>, end: usize, element: &str) -> Vec<Splice> {
    let line_start = source[..last.start].rfind('\n').map_or(0, |at| at + 1);
    let before = &source[line_start..last.start];
    let has_own_line = before.chars().all(char::is_whitespace);
    let comma = comma(&source[last.end..end]).map(|at| last.end + at + 1);
    if !has_own_line {
        return vec![match comma {
            Some(comma) => insert(comma, format!(" {element},")),
            None => insert(last.end, format!(", {element}")),
        }];
    }
    let newline = match source[..last.start].ends_with("\r\n") || source.contains("\r\n") {
        true => "\r\n",
        false => "\n",
    };
    let line = format!("{newline}{before}{element}");
    // The end of the last element's line, or of the array when that comes first.
    let from = comma.unwrap_or(last.end);
    let rest = &source[from..end];
    let line_end = rest
        .find('\n')
        .map(|at| from + rest[..at].trim_end_matches('\r').len());
    match (comma, line_end) {
        (Some(_), Some(line_end)) => vec![insert(line_end, format!("{line},"))],
        (Some(comma), None) => vec![insert(comma, format!("{line},"))],
        (None, Some(line_end)) if line_end > last.end => {
            vec![insert(last.end, ",".into()), insert(line_end, line)]
        }
        (None, _) => vec![insert(last.end, format!(",{line}"))],
    }
}

fn insert(at: usize, text: String) -> Splice {
    Splice { at: at..at, text }
}

/// The comma behind an element; one within a comment is none.
fn comma(rest: &str) -> Option<usize> {
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        let code = line.split('#').next().unwrap_or_default();
        if let Some(found) = code.find(',') {
            return Some(at + found);
        }
        at += line.len();
    }
    None
}
