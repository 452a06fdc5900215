//! What is wrong with a file: collected while it is read, placed when reading ends.
//!
//! It does not know what a fault is about. The one surprise: a [`Fault`] owns the piece of the source it shows, so that
//! it can be kept and served after the text is gone, and secrets written into the file by mistake are blotted out of it.

use std::ops::Range;

use serde::{Serialize, Serializer};

use super::place::{Mark, Source};

/// Faults shown of one file. A file of megabytes of noise has millions, and nobody reads beyond the first few.
const SHOWN: usize = 200;

/// Everything that is wrong with a file, in the order of its lines; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    pub(super) file: String,
    pub(super) faults: Vec<Fault>,
    pub(super) omitted: usize,
}

/// One fault with its place. As JSON: `line`, `column`, `message`, `help`, `excerpt`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Line, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The line itself, cut when it is long.
    pub excerpt: String,
    #[serde(skip)]
    pub(super) mark: Mark,
    #[serde(skip)]
    pub(super) other: Option<(Mark, String)>,
}

/// Faults while a file is read.
#[derive(Debug, Default)]
pub(super) struct Notes {
    notes: Vec<Note>,
    secrets: Vec<Range<usize>>,
}

/// One fault while a file is read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Note {
    span: Range<usize>,
    message: String,
    help: Option<String>,
    other: Option<(Range<usize>, String)>,
}

impl Faults {
    /// The faults that are kept, in the order of the file; at most 200.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.faults.iter()
    }

    /// How many faults there are, those beyond the kept ones included.
    #[expect(
        clippy::len_without_is_empty,
        reason = "there is no such thing as no faults"
    )]
    pub fn len(&self) -> usize {
        self.faults.len() + self.omitted
    }

    /// The same faults under the name of the file they were found in; `routes.toml` until then.
    pub fn named(self, file: impl Into<String>) -> Self {
        Faults {
            file: file.into(),
            ..self
        }
    }
}

impl Serialize for Faults {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.faults.serialize(serializer)
    }
}

impl std::error::Error for Faults {}

impl Notes {
    /// Notes a fault at `span`; what is returned takes the help and a second place.
    pub(super) fn add(&mut self, span: Range<usize>, message: impl Into<String>) -> &mut Note {
        self.notes.push(Note {
            span,
            message: message.into(),
            help: None,
            other: None,
        });
        let last = self.notes.len() - 1;
        &mut self.notes[last]
    }

    /// Keeps what stands at `span` out of every excerpt.
    pub(super) fn hide(&mut self, span: Range<usize>) {
        self.secrets.push(span);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    /// The faults with their places. The same fault is reported once, however often the same text was read.
    pub(super) fn place(mut self, text: &str) -> Faults {
        self.notes.sort_by_key(|note| note.span.start);
        self.notes.dedup();
        let source = Source::new(text, &self.secrets);
        let omitted = self.notes.len().saturating_sub(SHOWN);
        let faults = self
            .notes
            .into_iter()
            .take(SHOWN)
            .map(|note| note.place(&source))
            .collect();
        Faults {
            file: "routes.toml".into(),
            faults,
            omitted,
        }
    }
}

impl Note {
    /// What to write instead.
    pub(super) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// A second place that has to do with it, and what it has to do with it.
    pub(super) fn other(&mut self, span: Range<usize>, label: impl Into<String>) -> &mut Self {
        self.other = Some((span, label.into()));
        self
    }

    fn place(self, source: &Source<'_>) -> Fault {
        let mark = source.mark(&self.span);
        Fault {
            line: mark.line,
            column: mark.column,
            message: self.message,
            help: self.help,
            excerpt: mark.excerpt.clone(),
            other: self.other.map(|(span, label)| (source.mark(&span), label)),
            mark,
        }
    }
}
