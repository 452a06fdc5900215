//! Where a byte of the source stands: line, column, and the piece of the line that is shown for it.
//!
//! It knows nothing of TOML. The one surprise: what is shown is not the line but a rendering of it, in which tabs are
//! spaces, control and bidirectional characters are replaced and a long line is cut, so that carets stay under their text.

use std::borrow::Cow;
use std::ops::Range;

use unicode_width::UnicodeWidthChar;

/// Characters of a line kept before a fault and after it: with the gutter, a cut line still fits a wide terminal.
const BEFORE: usize = 60;
const AFTER: usize = 100;

/// The text of a file, indexed by line.
#[derive(Debug)]
pub(super) struct Source<'a> {
    text: Cow<'a, str>,
    starts: Vec<usize>,
}

/// A span of the source, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// Line, from 1.
    pub(super) line: usize,
    /// Character in the line, from 1.
    pub(super) column: usize,
    /// The line as shown.
    pub(super) excerpt: String,
    /// Terminal cells before the marked piece.
    pub(super) indent: usize,
    /// Terminal cells of the marked piece, at least one.
    pub(super) width: usize,
}

impl<'a> Source<'a> {
    /// The text with the `hidden` spans blotted out, for they hold what nobody may see in a log.
    pub(super) fn new(text: &'a str, hidden: &[Range<usize>]) -> Self {
        let newlines = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        Source {
            starts: std::iter::once(0).chain(newlines).collect(),
            text: blotted(text, hidden),
        }
    }

    /// Where `span` stands. A span past the end stands at the end; of one that runs over lines the first is marked.
    pub(super) fn mark(&self, span: &Range<usize>) -> Mark {
        let line = self
            .starts
            .partition_point(|&start| start <= span.start)
            .max(1);
        let range = self.line(line);
        let start = self.boundary(span.start.clamp(range.start, range.end));
        let end = self.boundary(span.end.clamp(start, range.end));
        let from = back(&self.text[range.start..start], BEFORE);
        let to = forth(&self.text[start..range.end], AFTER);
        let (head, body, tail) = (
            &self.text[start - from..start],
            start..end.min(start + to),
            start + to,
        );
        let lead = shown(head, start - from > range.start, false);
        let body_end = body.end;
        let piece = shown(&self.text[body], false, false);
        let rest = shown(&self.text[body_end..tail], false, tail < range.end);
        Mark {
            line,
            column: self.text[range.start..start].chars().count() + 1,
            indent: cells(&lead),
            width: cells(&piece).max(1),
            excerpt: lead + &piece + &rest,
        }
    }

    fn line(&self, line: usize) -> Range<usize> {
        let start = self.starts[line - 1];
        let end = self
            .starts
            .get(line)
            .map_or(self.text.len(), |next| next - 1);
        let text = &self.text[start..end];
        start..start + text.strip_suffix('\r').unwrap_or(text).len()
    }

    fn boundary(&self, mut at: usize) -> usize {
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// Stars of the same length in bytes, so that every other place keeps its offset.
fn blotted<'a>(text: &'a str, hidden: &[Range<usize>]) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(text);
    for span in hidden {
        if let Some(secret) = text.get(span.clone()) {
            let stars: String = secret
                .bytes()
                .map(|byte| if byte == b'\n' { '\n' } else { '*' })
                .collect();
            text.to_mut().replace_range(span.clone(), &stars);
        }
    }
    text
}

/// Bytes of the last `count` characters.
fn back(text: &str, count: usize) -> usize {
    text.char_indices()
        .rev()
        .take(count)
        .last()
        .map_or(0, |(at, _)| text.len() - at)
}

/// Bytes of the first `count` characters.
fn forth(text: &str, count: usize) -> usize {
    text.char_indices()
        .nth(count)
        .map_or(text.len(), |(at, _)| at)
}

fn shown(text: &str, cut_before: bool, cut_after: bool) -> String {
    let mut shown = String::from(if cut_before { "…" } else { "" });
    for character in text.chars() {
        match character {
            '\t' => shown.push_str("    "),
            control if control.is_control() || is_bidi(control) => shown.push('\u{fffd}'),
            other => shown.push(other),
        }
    }
    shown + if cut_after { "…" } else { "" }
}

/// Characters that turn the direction of what follows: an excerpt must read in the order of the file.
fn is_bidi(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

fn cells(text: &str) -> usize {
    text.chars()
        .map(|character| character.width().unwrap_or(1))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, span: Range<usize>, expect: (usize, usize, &str, usize, usize)) {
        let mark = Source::new(text, &[]).mark(&span);
        assert_eq!(
            (
                mark.line,
                mark.column,
                mark.excerpt.as_str(),
                mark.indent,
                mark.width
            ),
            expect
        );
    }

    #[test]
    fn places_are_lines_and_characters() {
        check("", 0..0, (1, 1, "", 0, 1));
        check("a = 1", 4..5, (1, 5, "a = 1", 4, 1));
        check("a = 1\nb = 22\n", 10..12, (2, 5, "b = 22", 4, 2));
        check("a\n", 2..2, (2, 1, "", 0, 1));
        check("a", 70..90, (1, 2, "a", 1, 1));
    }

    #[test]
    fn carriage_returns_are_not_shown() {
        check("a = 1\r\nb = 2\r\n", 11..12, (2, 5, "b = 2", 4, 1));
        check("a = 1\r\n", 5..6, (1, 6, "a = 1", 5, 1));
    }

    #[test]
    fn tabs_and_wide_characters_count_as_the_cells_they_take() {
        check("\ta = 1", 5..6, (1, 6, "    a = 1", 8, 1));
        check("é = '日本'", 5..13, (1, 5, "é = '日本'", 4, 6));
        check("a\u{7}\u{202e}b", 5..6, (1, 4, "a\u{fffd}\u{fffd}b", 3, 1));
        check("日", 1..2, (1, 1, "日", 0, 1));
    }

    #[test]
    fn a_span_over_lines_is_marked_on_its_first() {
        check("a = [\n1,\n]", 4..10, (1, 5, "a = [", 4, 1));
    }

    #[test]
    fn a_long_line_is_cut_around_the_fault() {
        let text = format!("{}X{}", "a".repeat(5_000_000), "b".repeat(5_000_000));
        let mark = Source::new(&text, &[]).mark(&(5_000_000..5_000_001));
        assert_eq!(
            mark.excerpt,
            format!("…{}X{}…", "a".repeat(60), "b".repeat(99))
        );
        assert_eq!((mark.column, mark.indent, mark.width), (5_000_001, 61, 1));
    }

    #[test]
    fn hidden_spans_are_blotted_out_and_move_nothing() {
        let mark =
            Source::new("token = 'sécret' x", std::slice::from_ref(&(8..17))).mark(&(18..19));
        assert_eq!(mark.excerpt, "token = ********* x");
    }
}
