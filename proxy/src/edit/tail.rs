//! The end of a line of TOML: what is code and what is comment.
//!
//! The surprise: within braces a line goes on behind a value, and a `#` there may stand in a string.

use std::ops::Range;

/// The end of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tail {
    /// Where the code ends, spaces behind it left out.
    pub(super) code: usize,
    /// From the `#` to the end of the line; empty at its end without one.
    pub(super) comment: Range<usize>,
}

impl Tail {
    /// The rest of the line that `from`, the end of a value, stands on. None when a string goes on to the next line.
    pub(super) fn behind(source: &str, from: usize) -> Option<Self> {
        let end = line_end(source, from);
        let line = &source[from..end];
        let comment = comment(line)?;
        let code = from + line[..comment].trim_end().len();
        Some(Self {
            code,
            comment: from + comment..end,
        })
    }
}

/// Where the line of a place ends, its break left out.
pub(super) fn line_end(source: &str, at: usize) -> usize {
    let rest = &source[at..];
    let line = rest.split('\n').next().unwrap_or_default();
    at + line.trim_end_matches('\r').len()
}

/// Where the line of a place begins.
pub(super) fn line_start(source: &str, at: usize) -> usize {
    source[..at].rfind('\n').map_or(0, |before| before + 1)
}

/// Where the comment begins, at the end of the line without one.
fn comment(line: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, letter) in line.char_indices() {
        match (quote, letter) {
            (None, '#') => return Some(at),
            (None, '"' | '\'') if is_long(&line[at..]) => return None,
            (None, '"' | '\'') => quote = Some(letter),
            (Some('"'), '\\') if !escaped => {
                escaped = true;
                continue;
            }
            (Some(open), _) if open == letter && !escaped => quote = None,
            _ => {}
        }
        escaped = false;
    }
    quote.is_none().then_some(line.len())
}

/// Whether a string begins here that may have line breaks in it.
fn is_long(text: &str) -> bool {
    text.starts_with("\"\"\"") || text.starts_with("'''")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expect: Option<(&str, &str)>) {
        let source = format!("before\n{line}\nafter");
        let found = Tail::behind(&source, 7);
        let found = found.map(|tail| (&source[7..tail.code], &source[tail.comment]));
        assert_eq!(found, expect, "{line}");
    }

    #[test]
    fn code_and_comment_are_told_apart() {
        check("", Some(("", "")));
        check("  # dial", Some(("", "# dial")));
        check("  # it's \"\"\"", Some(("", "# it's \"\"\"")));
        check("  # dial\r", Some(("", "# dial")));
        check(", a = '#' } # \"x", Some((", a = '#' }", "# \"x")));
        check(r##", a = "\"#" }, "##, Some((r##", a = "\"#" },"##, "")));
        check(r##", a = "\\" # b"##, Some((r##", a = "\\""##, "# b")));
    }

    #[test]
    fn a_string_that_goes_on_has_no_end_here() {
        check("a = \"\"\"#", None);
        check("a = '''", None);
        check("a = \"", None);
    }
}
