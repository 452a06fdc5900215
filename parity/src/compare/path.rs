//! The way to a value: kept as steps while the document is walked, written out only for a difference.

use std::borrow::Cow;

use crate::Place;
use crate::class::is_id;
use crate::json::{At, Doc, Value, is_unprintable, unescape};

/// Members from which an object is a map: nobody names so many fields.
const MAP: u32 = 50;

/// Characters of a name in a place.
const NAME: usize = 64;

/// Steps that a place has. What lies deeper is counted where the last of them is: a body that is nothing but brackets
/// must not make places as long as itself, nor a walk from the top for each of its values.
const DEEPEST: u32 = 32;

/// Which step.
pub(super) type StepId = u32;

/// One step down.
#[derive(Debug)]
struct Step<'a> {
    above: Option<StepId>,
    name: Name<'a>,
    /// How many steps down it is.
    depth: u32,
}

#[derive(Debug)]
enum Name<'a> {
    Index(usize),
    /// As it is written.
    Member(&'a str, Names),
}

/// What the names in an object are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// Chosen by whoever wrote the program.
    Fields,
    /// Data: the object is a map.
    Keys,
}

impl Names {
    /// Of two objects that are compared; a map on one side is one on both.
    pub(super) fn of(legacy: (&Doc<'_>, At), rust: (&Doc<'_>, At)) -> Self {
        match is_map(legacy.0, legacy.1) || is_map(rust.0, rust.1) {
            true => Self::Keys,
            false => Self::Fields,
        }
    }
}

/// All steps that were taken.
#[derive(Debug, Default)]
pub(super) struct Steps<'a>(Vec<Step<'a>>);

impl<'a> Steps<'a> {
    pub(super) fn index(&mut self, above: Option<StepId>, index: usize) -> StepId {
        self.add(above, Name::Index(index))
    }

    pub(super) fn member(&mut self, above: Option<StepId>, name: &'a str, names: Names) -> StepId {
        self.add(above, Name::Member(name, names))
    }

    fn add(&mut self, above: Option<StepId>, name: Name<'a>) -> StepId {
        let depth = above.map_or(0, |above| self.0[above as usize].depth + 1);
        match above {
            Some(above) if depth >= DEEPEST => above,
            _ => {
                self.0.push(Step { above, name, depth });
                (self.0.len() - 1) as StepId
            }
        }
    }

    fn upward(&self, from: Option<StepId>) -> impl Iterator<Item = &Step<'a>> {
        let mut next = from;
        std::iter::from_fn(move || {
            let step = &self.0[next? as usize];
            next = step.above;
            Some(step)
        })
    }

    /// The field that a value stands in, perhaps as an element of its list or as an entry of its map.
    pub(super) fn field(&self, of: Option<StepId>) -> Option<Cow<'a, str>> {
        self.upward(of).find_map(|step| match step.name {
            Name::Member(name, Names::Fields) => Some(plain(name)),
            Name::Member(_, Names::Keys) | Name::Index(_) => None,
        })
    }

    /// The real indexes and names, from the top.
    pub(super) fn names(&self, to: Option<StepId>) -> Vec<Cow<'a, str>> {
        let mut names: Vec<_> = self.upward(to).map(|step| real(&step.name)).collect();
        names.reverse();
        names
    }

    /// The place that it is counted under, below `base`.
    pub(super) fn place(&self, to: Option<StepId>, base: &str) -> Place {
        let mut names: Vec<_> = self.upward(to).map(|step| folded(&step.name)).collect();
        names.reverse();
        let mut text = base.to_owned();
        for name in names {
            text.push('/');
            text.push_str(&name);
        }
        Place::new(text)
    }
}

fn real<'a>(name: &Name<'a>) -> Cow<'a, str> {
    match name {
        Name::Index(index) => Cow::Owned(index.to_string()),
        Name::Member(name, ..) => plain(name),
    }
}

fn plain(name: &str) -> Cow<'_, str> {
    match unescape(name) {
        Cow::Borrowed(_) => Cow::Borrowed(name),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

fn folded(name: &Name<'_>) -> Cow<'static, str> {
    match name {
        Name::Index(_) | Name::Member(_, Names::Keys) => "*".into(),
        // An identifier is no field, whatever stands beside it.
        Name::Member(name, Names::Fields) => match plain(name) {
            name if is_id(&name) => "*".into(),
            name => written(&name).into(),
        },
    }
}

/// A name in a place: as a JSON pointer has it, printable and not too long.
fn written(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars().take(NAME) {
        match character {
            '~' => text.push_str("~0"),
            '/' => text.push_str("~1"),
            character if is_unprintable(character) => text.push('\u{fffd}'),
            character => text.push(character),
        }
    }
    if name.chars().nth(NAME).is_some() {
        text.push('…');
    }
    text
}

/// Whether an object's names are data: very many, or all of them identifiers.
fn is_map(doc: &Doc<'_>, at: At) -> bool {
    match doc.value(at) {
        Value::Object(0) => false,
        Value::Object(count) if count > MAP => true,
        Value::Object(_) => doc.members(at).all(|(name, _)| is_id(name)),
        _ => false,
    }
}
