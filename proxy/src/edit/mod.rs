//! Edits of `routes.toml` that change one value and leave every other byte as it was.
//!
//! Plain functions of the text; the file on the disk is the matter of [`apply`]. Nothing here knows who asks for an edit or whether
//! the result makes sense: checking is for the config room. The one surprise: the document is parsed only to find
//! places, and the text is spliced there, so that no printer can lay a hand on comments, order or spacing.

mod dials;
mod file;
mod note;
mod rule;
mod tail;

use std::ops::Range;

use toml_edit::{Document, InlineTable, Item, Key, Table, Value};

pub use self::dials::{move_dial, notes, resume, rollback_all, set_dial};
pub use self::file::{Edited, apply};
pub use self::note::{Mark, Note, What};
pub use self::rule::{Expected, Rule, Ruled, add_rule};
use crate::route::Dial;

/// Why an edit was not made.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The text cannot be read as TOML.
    #[error("the file is not TOML: {0}")]
    NotToml(String),
    /// No route has the id.
    #[error("no route is called `{0}`")]
    NoSuchRoute(String),
    /// Somebody else moved the dial after it was looked at; nothing was written.
    #[error("the dial of `{0}` was moved meanwhile")]
    Moved(String),
    /// Whoever asked for the edit does not want what it leads to.
    #[error("the edit was refused: {0}")]
    Refused(String),
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file lies where this process may not write, such as a mounted ConfigMap.
    #[error("{0} is read-only here; a mounted ConfigMap is edited where it comes from")]
    ReadOnly(std::path::PathBuf),
    /// The file is a mount of its own, and a mount cannot be replaced.
    #[error("{0} is mounted as a single file and cannot be replaced; mount its folder instead")]
    Mounted(std::path::PathBuf),
    /// Owner or mode could not be given to the new file.
    #[error("cannot keep owner and mode of {path}")]
    Owner {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Others changed the file each time between our reading and our writing.
    #[error("{0} kept changing while it was edited; nothing was written")]
    Busy(std::path::PathBuf),
}

/// A table of the file: lines of its own, or braces within one.
#[derive(Clone, Copy)]
enum Place<'a> {
    Block(&'a Table),
    Inline(&'a InlineTable),
}

/// A key of a table with its value, both by where they stand.
struct Line {
    key: Range<usize>,
    value: Range<usize>,
}

/// One replacement in a text.
struct Splice {
    at: Range<usize>,
    text: String,
}

impl<'a> Place<'a> {
    fn of(item: &'a Item) -> Option<Self> {
        let inline = || item.as_inline_table().map(Place::Inline);
        item.as_table().map(Place::Block).or_else(inline)
    }

    fn get(self, key: &str) -> Option<&'a Value> {
        match self {
            Place::Block(table) => table.get(key)?.as_value(),
            Place::Inline(table) => table.get(key),
        }
    }

    fn span(self) -> Option<Range<usize>> {
        match self {
            Place::Block(table) => table.span(),
            Place::Inline(table) => table.span(),
        }
    }

    /// The table's own keys in the order of the file; what stands under a header of its own is not among them.
    fn lines(self) -> Vec<Line> {
        let values = match self {
            Place::Block(table) => table.get_values(),
            Place::Inline(table) => table.get_values(),
        };
        let mut lines: Vec<Line> = values
            .into_iter()
            .filter_map(|(path, value)| Line::of(&path, value))
            .collect();
        lines.sort_by_key(|line| line.key.start);
        lines
    }
}

impl Line {
    fn of(path: &[&Key], value: &Value) -> Option<Self> {
        let key = path.first()?.span()?.start..path.last()?.span()?.end;
        Some(Line {
            key,
            value: value.span()?,
        })
    }

    /// A line of its own below this one, in the manner of the lines around it.
    fn followed_by(&self, source: &str, lines: &[Line], value: &str) -> Splice {
        let newline = if source.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let end = tail::line_end(source, self.value.end);
        let start = tail::line_start(source, self.key.start);
        let indent: String = source[start..self.key.start]
            .chars()
            .filter(|c| matches!(c, ' ' | '\t'))
            .collect();
        let equals = self.equals(source, lines);
        Splice::insert(end, format!("{newline}{indent}rust{equals}{value}"))
    }

    /// The equals sign and what is around it: in the column of the others where these stand in one column.
    fn equals(&self, source: &str, lines: &[Line]) -> String {
        let between = &source[self.key.end..self.value.start];
        let (before, after) = between.split_once('=').unwrap_or((" ", " "));
        let column = |line: &Line| {
            let between = &source[line.key.end..line.value.start];
            line.key.len() + between.find('=').unwrap_or(0)
        };
        let own = column(self);
        let aligned = lines.len() > 1 && lines.iter().all(|line| column(line) == own);
        let pad = if aligned {
            own.saturating_sub("rust".len())
        } else {
            before.len().min(1)
        };
        format!("{}={after}", " ".repeat(pad))
    }
}

impl Splice {
    fn insert(at: usize, text: String) -> Self {
        Splice { at: at..at, text }
    }
}

fn parse(source: &str) -> Result<Document<&str>, EditError> {
    Document::parse(source).map_err(|error| EditError::NotToml(error.message().to_owned()))
}

/// The routes in the order of the file, written as `[[route]]` or as a list of inline tables.
fn routes(document: &Table) -> Vec<Place<'_>> {
    match document.get("route") {
        Some(Item::ArrayOfTables(tables)) => tables.iter().map(Place::Block).collect(),
        Some(Item::Value(Value::Array(list))) => list
            .iter()
            .filter_map(Value::as_inline_table)
            .map(Place::Inline)
            .collect(),
        _ => Vec::new(),
    }
}

/// The new dial in place of the old one; nothing when the old one says the same.
fn replacement(old: &Value, dial: Dial) -> Option<Splice> {
    if meaning(old) == Some(dial) {
        return None;
    }
    let flag = old
        .as_bool()
        .and(as_flag(dial))
        .map(|flag| flag.to_string());
    Some(Splice {
        at: old.span()?,
        text: flag.unwrap_or_else(|| dial.to_string()),
    })
}

fn meaning(value: &Value) -> Option<Dial> {
    let flag = value.as_bool().map(|on| if on { 100.0 } else { 0.0 });
    let whole = value.as_integer().map(|whole| whole as f64);
    Dial::from_percent(flag.or(whole).or(value.as_float())?)
}

fn as_flag(dial: Dial) -> Option<bool> {
    match dial.percent() {
        0.0 => Some(false),
        100.0 => Some(true),
        _ => None,
    }
}

/// From the last place to the first, so that none of them moves before its turn.
fn spliced(source: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|splice| std::cmp::Reverse(splice.at.start));
    let mut text = source.to_owned();
    for splice in splices {
        text.replace_range(splice.at, &splice.text);
    }
    text
}

#[cfg(test)]
mod tests;
