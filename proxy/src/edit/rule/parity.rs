//! Where a route's rules are written, and how its first rule of a kind is added there.
//!
//! It must not know rules. The surprise: TOML has four ways to say the same table, and a route that uses one of them may
//! not be given another, because a table can be defined only once.

use toml_edit::{Array, InlineTable, Item, Table, Value};

use crate::edit::{EditError, Line, Place, Splice};

/// How `parity` is written.
#[derive(Clone, Copy)]
pub(super) enum Parity<'a> {
    /// Not at all.
    Absent,
    /// `parity = { .. }`.
    Braces(&'a InlineTable),
    /// `[route.parity]` with keys of its own below.
    Block(&'a Table),
    /// `parity.ignore = ..` among the route's own keys, within lines or within braces.
    Dotted(Place<'a>),
}

impl<'a> Parity<'a> {
    /// The rules of a route, or of the defaults.
    pub(super) fn of(place: Place<'a>) -> Self {
        match place {
            Place::Inline(table) => table.get("parity").map_or(Self::Absent, Self::of_value),
            Place::Block(table) => match table.get("parity") {
                Some(Item::Table(table)) if table.is_dotted() => Self::Dotted(Place::Block(table)),
                Some(Item::Table(table)) => Self::Block(table),
                Some(Item::Value(value)) => Self::of_value(value),
                _ => Self::Absent,
            },
        }
    }

    fn of_value(value: &'a Value) -> Self {
        match value.as_inline_table() {
            Some(table) if table.is_dotted() => Self::Dotted(Place::Inline(table)),
            Some(table) => Self::Braces(table),
            None => Self::Absent,
        }
    }

    /// The list of that name, if it is written.
    pub(super) fn list(self, name: &str) -> Result<Option<&'a Array>, EditError> {
        let table = match self {
            Self::Absent => return Ok(None),
            Self::Braces(table) | Self::Dotted(Place::Inline(table)) => {
                return Ok(table.get(name).and_then(Value::as_array));
            }
            Self::Block(table) | Self::Dotted(Place::Block(table)) => table,
        };
        match table.get(name) {
            Some(Item::ArrayOfTables(_)) => Err(EditError::Refused(format!(
                "this route's `{name}` is written as tables of their own, which are edited by hand"
            ))),
            item => Ok(item.and_then(Item::as_array)),
        }
    }

    /// What adds the line (`expect = [..]`), when the list is not there yet. None where there is no place for it.
    pub(super) fn first(self, source: &str, route: Place<'_>, line: &str) -> Option<Splice> {
        match (self, route) {
            (Self::Absent, Place::Block(_)) => below(
                source,
                route.lines().last()?,
                &format!("parity = {{ {line} }}"),
            ),
            (Self::Absent, Place::Inline(_)) => {
                beside(route.lines().last()?, &format!("parity = {{ {line} }}"))
            }
            (Self::Braces(table), _) => in_braces(table, line),
            (Self::Block(table), _) => match Place::Block(table).lines().last() {
                Some(last) => below(source, last, line),
                None => below_header(source, table, line),
            },
            (Self::Dotted(_), Place::Block(_)) => {
                below(source, &dotted(source, route)?, &format!("parity.{line}"))
            }
            (Self::Dotted(_), Place::Inline(_)) => {
                beside(&dotted(source, route)?, &format!("parity.{line}"))
            }
        }
    }
}

/// The last of the route's lines that is about parity.
fn dotted(source: &str, route: Place<'_>) -> Option<Line> {
    let mut lines = route.lines().into_iter();
    lines.rfind(|line| {
        let key = source[line.key.clone()]
            .split('.')
            .next()
            .unwrap_or_default();
        key.trim().trim_matches(['"', '\'']) == "parity"
    })
}

/// A line of its own, as far in as the one above.
fn below(source: &str, last: &Line, line: &str) -> Option<Splice> {
    let start = source[..last.key.start].rfind('\n').map_or(0, |at| at + 1);
    let before = source[start..last.key.start].chars();
    let indent: String = before.take_while(|c| matches!(c, ' ' | '\t')).collect();
    Some(under(source, last.value.end, &format!("{indent}{line}")))
}

/// The first line below a header that has none.
fn below_header(source: &str, table: &Table, line: &str) -> Option<Splice> {
    // A table that only its children's headers name has none of its own: what stands there is theirs.
    let header = table.span().filter(|_| !table.is_implicit())?;
    Some(under(source, header.start, line))
}

/// A line under the one that `at` is on.
fn under(source: &str, at: usize, line: &str) -> Splice {
    let rest = &source[at..];
    let end = rest
        .find('\n')
        .map_or(rest.len(), |end| rest[..end].trim_end_matches('\r').len());
    let newline = if source.contains("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    insert(at + end, format!("{newline}{line}"))
}

/// Another key within braces.
fn beside(last: &Line, line: &str) -> Option<Splice> {
    Some(insert(last.value.end, format!(", {line}")))
}

fn in_braces(table: &InlineTable, line: &str) -> Option<Splice> {
    match Place::Inline(table).lines().last() {
        Some(last) => beside(last, line),
        None => table.span().map(|at| Splice {
            at,
            text: format!("{{ {line} }}"),
        }),
    }
}

fn insert(at: usize, text: String) -> Splice {
    Splice { at: at..at, text }
}
