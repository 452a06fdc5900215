//! A typed walk over a TOML document that notes faults and goes on.
//!
//! It knows TOML and places, not what the keys of `routes.toml` mean. Deserialising stops at the first fault, so here each
//! key is taken by name, read by a function that may note faults, and what nobody took is an unknown key. The one
//! surprise: an item is refused by noting the fault and giving nothing, so a reader that gives nothing has always said why.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::fault::{Note, Notes};
use super::field::Field;
use super::suggest::{listed, nearest};

/// One table while its keys are taken.
pub(super) struct Section<'a, 'i> {
    span: Range<usize>,
    table: &'a DeTable<'i>,
    notes: &'a mut Notes,
    known: Vec<&'static str>,
    named: Vec<String>,
}

/// One value while it is read.
pub(super) struct Item<'a, 'i> {
    value: &'a Spanned<DeValue<'i>>,
    notes: &'a mut Notes,
}

impl<'a, 'i> Section<'a, 'i> {
    pub(super) fn new(span: Range<usize>, table: &'a DeTable<'i>, notes: &'a mut Notes) -> Self {
        Section {
            span,
            table,
            notes,
            known: Vec::new(),
            named: Vec::new(),
        }
    }

    /// Reads the value of `key` and counts the key as known.
    pub(super) fn take<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Item<'_, 'i>) -> Option<T>,
    ) -> Field<T> {
        self.known.push(key);
        let Some(value) = self.table.get(key) else {
            return Field::Absent;
        };
        match read(&mut Item {
            value,
            notes: self.notes,
        }) {
            Some(read) => Field::Given(Spanned::new(value.span(), read)),
            None => Field::Faulty,
        }
    }

    /// As [`take`](Self::take); an absent key is a fault with `help`.
    pub(super) fn require<T>(
        &mut self,
        key: &'static str,
        help: &str,
        read: impl FnOnce(&mut Item<'_, 'i>) -> Option<T>,
    ) -> Option<Spanned<T>> {
        let field = self.take(key, read);
        if field.is_absent() {
            self.fault(format!("`{key}` is missing")).help(help);
        }
        field.into_given()
    }

    /// Reads every key that has a table behind it, in the order of the file, and counts it as known: for tables whose
    /// other keys were taken before.
    pub(super) fn tables<T>(
        &mut self,
        mut read: impl FnMut(&str, &mut Item<'_, 'i>) -> Option<T>,
    ) -> Vec<T> {
        let is_table = |value: &Spanned<DeValue<'_>>| matches!(value.get_ref(), DeValue::Table(_));
        let tables = self.table.iter().filter(|(_, value)| is_table(value));
        let mut tables: Vec<_> = tables.collect();
        tables.sort_by_key(|(key, _)| key.span().start);
        let mut one = |(key, value): (&Spanned<std::borrow::Cow<'_, str>>, _)| {
            self.named.push(key.get_ref().to_string());
            read(
                key.get_ref(),
                &mut Item {
                    value,
                    notes: self.notes,
                },
            )
        };
        tables.into_iter().filter_map(&mut one).collect()
    }

    /// Notes a fault of the table as a whole.
    pub(super) fn fault(&mut self, message: impl Into<String>) -> &mut Note {
        self.notes.add(self.span.clone(), message)
    }

    /// Where a key stands, when it is there.
    pub(super) fn key(&self, key: &str) -> Option<Range<usize>> {
        self.table.get_key_value(key).map(|(key, _)| key.span())
    }

    pub(super) fn notes(&mut self) -> &mut Notes {
        self.notes
    }

    /// Reports the keys that nobody took, and says whether there were none. `homes` has the help for keys that are
    /// right elsewhere.
    pub(super) fn finish(&mut self, homes: &[(&str, &str)]) -> bool {
        let mut clean = true;
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if !self.known.contains(&name) && !self.named.iter().any(|known| known == name) {
                clean = false;
                self.notes
                    .add(key.span(), format!("unknown key `{}`", brief(name)))
                    .help(help(name, &self.known, homes));
            }
        }
        clean
    }
}

impl<'a, 'i> Item<'a, 'i> {
    pub(super) fn span(&self) -> Range<usize> {
        self.value.span()
    }

    /// Notes a fault of this value.
    pub(super) fn fault(&mut self, message: impl Into<String>) -> &mut Note {
        self.notes.add(self.value.span(), message)
    }

    /// Notes a fault of this value with its help; the answer is always `None`, so that a reader may end with it.
    pub(super) fn refuse<T>(
        &mut self,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Option<T> {
        self.fault(message).help(help);
        None
    }

    /// The fault of a value that is of another kind than `expected`, which is shown by an example.
    pub(super) fn mismatch<T>(&mut self, expected: &str, example: &str) -> Option<T> {
        let message = format!("expected {expected}, found {}", self.kind());
        self.refuse(message, format!("for example {example}"))
    }

    /// Keeps this value out of every excerpt.
    pub(super) fn hide(&mut self) {
        self.notes.hide(self.value.span());
    }

    pub(super) fn raw(&self) -> &'a Spanned<DeValue<'i>> {
        self.value
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.value.get_ref(), DeValue::Table(_))
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.value.get_ref(), DeValue::Array(_))
    }

    pub(super) fn text(&self) -> Option<&'a str> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// A string; of another kind is a fault that shows `example`.
    pub(super) fn string(&mut self, example: &str) -> Option<&'a str> {
        self.text().or_else(|| self.mismatch("a string", example))
    }

    pub(super) fn flag(&self) -> Option<bool> {
        match self.value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            _ => None,
        }
    }

    /// A number, whole or not.
    pub(super) fn number(&self) -> Option<f64> {
        match self.value.get_ref() {
            DeValue::Integer(whole) => integer(whole).map(|whole| whole as f64),
            DeValue::Float(float) => float.as_str().parse().ok(),
            _ => None,
        }
    }

    pub(super) fn integer(&self) -> Option<i128> {
        match self.value.get_ref() {
            DeValue::Integer(whole) => integer(whole),
            _ => None,
        }
    }

    /// Reads every element; a fault in one does not keep the others from being read.
    pub(super) fn list<T>(
        &mut self,
        example: &str,
        mut read: impl FnMut(&mut Item<'_, 'i>) -> Option<T>,
    ) -> Option<Vec<Spanned<T>>> {
        let DeValue::Array(elements) = self.value.get_ref() else {
            return self.mismatch("a list", example);
        };
        let mut one = |value: &Spanned<DeValue<'i>>| {
            let read = read(&mut Item {
                value,
                notes: self.notes,
            })?;
            Some(Spanned::new(value.span(), read))
        };
        let read: Vec<Option<Spanned<T>>> = elements.iter().map(&mut one).collect();
        read.into_iter().collect()
    }

    /// Reads a table by its keys.
    pub(super) fn table<T>(
        &mut self,
        example: &str,
        read: impl FnOnce(Section<'_, 'i>) -> T,
    ) -> Option<T> {
        let DeValue::Table(table) = self.value.get_ref() else {
            return self.mismatch("a table", example);
        };
        Some(read(Section::new(self.value.span(), table, self.notes)))
    }

    /// Reads a table whose keys are chosen by the writer, in the order of the file.
    pub(super) fn entries<T>(
        &mut self,
        example: &str,
        mut read: impl FnMut(&Spanned<&str>, &mut Item<'_, 'i>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let DeValue::Table(table) = self.value.get_ref() else {
            return self.mismatch("a table", example);
        };
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let mut one = |(key, value): (&Spanned<_>, _)| {
            let name: &std::borrow::Cow<'_, str> = key.get_ref();
            read(
                &Spanned::new(key.span(), name.as_ref()),
                &mut Item {
                    value,
                    notes: self.notes,
                },
            )
        };
        let read: Vec<Option<T>> = entries.into_iter().map(&mut one).collect();
        read.into_iter().collect()
    }

    /// Notes a fault at another place than this value, such as its key.
    pub(super) fn fault_at(&mut self, span: Range<usize>, message: impl Into<String>) -> &mut Note {
        self.notes.add(span, message)
    }

    /// What people call this kind of value.
    fn kind(&self) -> &'static str {
        match self.value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        }
    }
}

/// What was written, short enough to stand in a message.
pub(super) fn brief(text: &str) -> String {
    /// Longer than any name that makes sense; the rest is in the excerpt.
    const LONGEST: usize = 60;
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(LONGEST + 1)
        .collect();
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

fn integer(whole: &DeInteger<'_>) -> Option<i128> {
    i128::from_str_radix(whole.as_str(), whole.radix()).ok()
}

fn help(name: &str, known: &[&'static str], homes: &[(&str, &str)]) -> String {
    if let Some((_, home)) = homes.iter().find(|(key, _)| *key == name) {
        return (*home).to_owned();
    }
    match nearest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("known here: {}", listed(known.iter().copied())),
    }
}
