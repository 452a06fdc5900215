//! Of what type a file is by its bytes alone.
//!
//! Pure, and bounded: it looks at the first 512 bytes and follows a container's own structure at most a megabyte deep. The
//! surprise is that it answers as the `file-type` package 21 does, oddities included, because its answers are the legacy's
//! `Content-Type`: text in UTF-16 is `audio/mpeg` to both.

mod boxes;
mod containers;
mod rules;
mod zip;

use rules::{LOOSE, Match, RULES, Rule};

/// Times that a sample may begin anew, behind a byte order mark or an ID3 tag.
const RESTARTS: u16 = 256;

/// Bytes that rules with a fixed place see; zeros where the file is shorter.
const WINDOW: usize = 512;

/// What one rule says of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It is this.
    Is(&'static str),
    /// It is not mine: ask the next rule.
    Next,
    /// No other sure rule will know; the loose ones may.
    Unsure,
    /// It began like something and is not: nobody will know.
    Broken,
    /// What counts begins that many bytes on, and the sure rules are to look there.
    Behind(usize),
    /// What counts begins that many bytes on, and all rules are to look there.
    Tagged(usize),
}

/// The bytes from where they count on.
#[derive(Debug)]
struct Sample<'a> {
    rest: &'a [u8],
    window: [u8; WINDOW],
}

/// The type that the bytes speak for.
pub(crate) fn sniff(bytes: &[u8]) -> Option<&'static str> {
    match bytes.len() {
        // One byte is too little for any rule; the package says so before it looks.
        0 | 1 => None,
        _ => by_all_rules(bytes, &mut 0),
    }
}

fn by_all_rules(bytes: &[u8], restarts: &mut u16) -> Option<&'static str> {
    match by_sure_rules(bytes, restarts) {
        Verdict::Is(found) => Some(found),
        Verdict::Next | Verdict::Unsure => by_loose_rules(&Sample::new(bytes)),
        _ => None,
    }
}

fn by_sure_rules(bytes: &[u8], restarts: &mut u16) -> Verdict {
    let sample = Sample::new(bytes);
    match first(RULES, &sample) {
        Verdict::Behind(skip) if begins_anew(restarts) => {
            match by_sure_rules(sample.from(skip), restarts) {
                Verdict::Is(found) => Verdict::Is(found),
                _ => Verdict::Broken,
            }
        }
        Verdict::Tagged(skip) if begins_anew(restarts) => {
            by_all_rules(sample.from(skip), restarts).map_or(Verdict::Broken, Verdict::Is)
        }
        Verdict::Behind(_) | Verdict::Tagged(_) => Verdict::Broken,
        verdict => verdict,
    }
}

fn by_loose_rules(sample: &Sample<'_>) -> Option<&'static str> {
    match first(LOOSE, sample) {
        Verdict::Is(found) => Some(found),
        _ => None,
    }
}

fn begins_anew(restarts: &mut u16) -> bool {
    *restarts += 1;
    *restarts <= RESTARTS
}

fn first(rules: &[Rule], sample: &Sample<'_>) -> Verdict {
    rules
        .iter()
        .map(|rule| rule.judge(sample))
        .find(|verdict| *verdict != Verdict::Next)
        .unwrap_or(Verdict::Next)
}

impl Rule {
    fn judge(&self, sample: &Sample<'_>) -> Verdict {
        match self.0 {
            Match::Bytes(at, magic) if sample.has(at, magic) => Verdict::Is(self.1),
            Match::Bytes(..) => Verdict::Next,
            Match::Ask(ask) => ask(sample),
        }
    }
}

impl<'a> Sample<'a> {
    fn new(rest: &'a [u8]) -> Self {
        let mut window = [0; WINDOW];
        let seen = rest.len().min(WINDOW);
        window[..seen].copy_from_slice(&rest[..seen]);
        Self { rest, window }
    }

    /// Whether bytes stand at a place in the window.
    fn has(&self, at: usize, bytes: &[u8]) -> bool {
        self.window.get(at..at + bytes.len()) == Some(bytes)
    }

    /// The bytes from a place on; none when it is past the end.
    fn from(&self, at: usize) -> &'a [u8] {
        self.rest.get(at..).unwrap_or_default()
    }

    /// So many bytes of the file at a place, if it has them.
    fn read<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        let bytes = self.rest.get(at..at.checked_add(N)?)?;
        bytes.try_into().ok()
    }
}

#[cfg(test)]
mod tests;
