//! The words. Places in them are counted in UTF-16 units.

/// Units that V8 quotes to either side of an unexpected token, when the text is too long to be quoted whole.
const WINDOW: usize = 10;

/// Texts that V8 quotes alone, whatever is wrong in them: they come of printing a value that is no JSON.
const PRINTED: [&str; 4] = ["undefined", "NaN", "Infinity", "[object Object]"];

/// What is wrong where.
pub(super) struct Fault {
    pub(super) wrong: Wrong,
    /// In bytes, at the start of a letter or at the end.
    pub(super) at: usize,
}

pub(super) enum Wrong {
    /// The text ends where a value goes on.
    End,
    /// A letter that nothing can begin with.
    Token,
    /// What is said of a place.
    Place(&'static str),
}

impl Fault {
    pub(super) fn words(&self, source: &str) -> String {
        match self.wrong {
            Wrong::End => "Unexpected end of JSON input".into(),
            Wrong::Token => self.token(source),
            Wrong::Place(what) => self.placed(what, source),
        }
    }

    fn placed(&self, what: &str, source: &str) -> String {
        let before = &source[..self.at];
        let position = before.encode_utf16().count();
        let (line, column) = line_and_column(before);
        format!("{what} at position {position} (line {line} column {column})")
    }

    fn token(&self, source: &str) -> String {
        let quoted = self.quoted(source);
        if PRINTED.contains(&source) {
            return format!("{quoted} is not valid JSON");
        }
        let unit: Vec<u16> = source[self.at..].encode_utf16().take(1).collect();
        let token = String::from_utf16_lossy(&unit);
        format!("Unexpected token '{token}', {quoted} is not valid JSON")
    }

    /// The text, or the part of it around the fault, with dots where something is left out.
    fn quoted(&self, source: &str) -> String {
        let units: Vec<u16> = source.encode_utf16().collect();
        let at = source[..self.at].encode_utf16().count();
        let whole = units.len() <= 2 * WINDOW;
        let starts = whole || at < WINDOW;
        let ends = whole || at + WINDOW >= units.len();
        let start = if starts { 0 } else { at - WINDOW };
        let end = if ends { units.len() } else { at + WINDOW };
        let part = String::from_utf16_lossy(&units[start..end]);
        let dots = |none: bool| if none { "" } else { "..." };
        format!("{}\"{part}\"{}", dots(starts), dots(ends))
    }
}

/// Both from 1. A line ends with `\n`, `\r` or `\r\n`.
fn line_and_column(before: &str) -> (usize, usize) {
    let bytes = before.as_bytes();
    let ends = |at: &usize| match bytes[*at] {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    let breaks = (0..bytes.len()).filter(ends);
    let (line, start) = breaks.fold((1, 0), |(line, _), at| (line + 1, at + 1));
    (line, before[start..].encode_utf16().count() + 1)
}
