//! Where a path such as `a.b[0].c` leads.
//!
//! The surprise: in JavaScript every object has more than its own members. What a path can reach of that is here by
//! name, as far as printing tells it apart: functions print as `undefined`, prototypes as empty.

use crate::js::Text;
use crate::json::{Kind, Value};

/// What a path leads to.
#[derive(Clone, Copy)]
pub(super) enum Reached<'a> {
    /// Nothing, or a prototype's end.
    Nothing,
    Value(Value<'a>),
    /// Of a list.
    Length(usize),
    /// Any function.
    Function,
    /// What all objects inherit from.
    OfObjects,
    /// What all lists inherit from.
    OfArrays,
}

/// One step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step<'a> {
    Name(&'a str),
    /// `[0]`: of lists only. A number that is too large for any list is the largest.
    Index(usize),
}

/// Functions of objects.
const OBJECT: [&str; 11] = [
    "constructor",
    "__defineGetter__",
    "__defineSetter__",
    "hasOwnProperty",
    "__lookupGetter__",
    "__lookupSetter__",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toString",
    "valueOf",
    "toLocaleString",
];

/// Functions that lists have besides.
#[rustfmt::skip]
const ARRAY: [&str; 36] = [
    "at", "concat", "copyWithin", "entries", "every", "fill", "filter", "find", "findIndex", "findLast", "findLastIndex",
    "flat", "flatMap", "forEach", "includes", "indexOf", "join", "keys", "lastIndexOf", "map", "pop", "push", "reduce",
    "reduceRight", "reverse", "shift", "slice", "some", "sort", "splice", "toReversed", "toSorted", "toSpliced",
    "unshift", "values", "with",
];

/// Walks a path from a value. An empty path leads nowhere, one without any step, such as `.`, stays.
pub(super) fn reach<'a>(from: Value<'a>, path: &str) -> Reached<'a> {
    if path.is_empty() {
        return Reached::Nothing;
    }
    steps(path).fold(Reached::Value(from), Reached::step)
}

impl<'a> Reached<'a> {
    fn step(self, step: Step<'_>) -> Self {
        match (self, step) {
            (Self::Value(value), Step::Index(index)) => value.element(index).into(),
            (Self::Value(value), Step::Name(name)) => member(value, name),
            (Self::OfObjects, Step::Name("__proto__")) => Self::Nothing,
            (Self::OfObjects, Step::Name(name)) => of_objects(name),
            (Self::OfArrays, Step::Name("__proto__")) => Self::OfObjects,
            (Self::OfArrays, Step::Name("length")) => Self::Length(0),
            (Self::OfArrays, Step::Name(name)) => of_arrays(name),
            _ => Self::Nothing,
        }
    }
}

impl<'a> From<Option<Value<'a>>> for Reached<'a> {
    fn from(value: Option<Value<'a>>) -> Self {
        value.map_or(Self::Nothing, Self::Value)
    }
}

fn member<'a>(value: Value<'a>, name: &str) -> Reached<'a> {
    match value.kind() {
        Kind::Object => match value.member(&Text::from(name)) {
            Some(member) => Reached::Value(member),
            None => of_objects(name),
        },
        Kind::Array => list_member(value, name),
        _ => Reached::Nothing,
    }
}

fn list_member<'a>(list: Value<'a>, name: &str) -> Reached<'a> {
    if let Some(index) = index(name) {
        return list.element(index).into();
    }
    match list.length() {
        Some(length) if name == "length" => Reached::Length(length),
        _ => of_arrays(name),
    }
}

fn of_objects(name: &str) -> Reached<'static> {
    match name {
        "__proto__" => Reached::OfObjects,
        _ if OBJECT.contains(&name) => Reached::Function,
        _ => Reached::Nothing,
    }
}

fn of_arrays(name: &str) -> Reached<'static> {
    match name {
        "__proto__" => Reached::OfArrays,
        _ if ARRAY.contains(&name) => Reached::Function,
        _ => of_objects(name),
    }
}

/// A name that is a place in a list: as a number prints itself, so without a leading zero.
fn index(name: &str) -> Option<usize> {
    let index: usize = name.parse().ok()?;
    (index.to_string() == name).then_some(index)
}

/// The steps of a path: names between dots and brackets, and numbers in brackets. A bracket that holds no number, or
/// is not closed, only parts names.
fn steps(path: &str) -> impl Iterator<Item = Step<'_>> {
    let mut rest = path;
    std::iter::from_fn(move || {
        loop {
            let length = rest.find(['.', '[', ']']).unwrap_or(rest.len());
            if length > 0 {
                let (name, after) = rest.split_at(length);
                rest = after;
                return Some(Step::Name(name));
            }
            if let Some((index, after)) = bracket(rest) {
                rest = after;
                return Some(Step::Index(index));
            }
            rest = rest.get(1..)?;
        }
    })
}

/// The number of `[12]` at the start of a path, and what comes after.
fn bracket(path: &str) -> Option<(usize, &str)> {
    let (digits, after) = path.strip_prefix('[')?.split_once(']')?;
    let number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    number.then(|| (digits.parse().unwrap_or(usize::MAX), after))
}
