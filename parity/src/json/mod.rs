//! JSON as it came: a flat list of values over the bytes of the body, with numbers as their decimal text.
//!
//! Nothing here recurses, so a document may be as deep as it is long. The surprise: a value knows where the next one
//! after it and all it holds begins, and that is all the tree there is.

mod number;
mod read;
mod show;
mod text;

pub(crate) use number::{ordinal, same, within};
pub(crate) use read::read;
pub(crate) use show::{is_unprintable, shorten, show};
pub(crate) use text::unescape;

use std::borrow::Cow;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// A document.
#[derive(Debug)]
pub(crate) struct Doc<'a> {
    nodes: Vec<Node<'a>>,
}

/// Members up to which names are looked for one by one; few objects have more.
const FEW: usize = 16;

/// With what texts are hashed and numbers are not, so that `"5"` is never taken for the figures of 0.5.
const TEXT: u64 = 0x7465_7874;

/// Which value of a document.
pub(crate) type At = usize;

#[derive(Debug, Clone, Copy)]
struct Node<'a> {
    value: Value<'a>,
    /// Where the next value begins that is not inside this one.
    next: u32,
}

/// A value; of a container its children are asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    /// Its decimal text.
    Number(&'a str),
    /// Between its quotes, with its escapes.
    Text(&'a str),
    /// How many elements.
    Array(u32),
    /// How many members.
    Object(u32),
}

impl<'a> Doc<'a> {
    /// The outermost value.
    pub(crate) const ROOT: At = 0;

    /// One value.
    pub(crate) fn value(&self, at: At) -> Value<'a> {
        self.nodes[at].value
    }

    fn next(&self, at: At) -> At {
        self.nodes[at].next as usize
    }

    /// The elements of an array.
    pub(crate) fn elements(&self, at: At) -> impl Iterator<Item = At> {
        let (mut child, end) = (at + 1, self.next(at));
        std::iter::from_fn(move || {
            let this = child;
            (this < end).then(|| {
                child = self.next(this);
                this
            })
        })
    }

    /// The members of an object: the name as it is written, and the value.
    pub(crate) fn members(&self, at: At) -> impl Iterator<Item = (&'a str, At)> {
        let (mut child, end) = (at + 1, self.next(at));
        std::iter::from_fn(move || {
            let name = child;
            if name >= end {
                return None;
            }
            child = self.next(name + 1);
            match self.value(name) {
                Value::Text(text) => Some((text, name + 1)),
                _ => None,
            }
        })
    }

    /// All texts of so many bytes or more, names of members among them, as they are written.
    pub(crate) fn texts(&self, least: usize) -> impl Iterator<Item = &'a str> {
        self.nodes.iter().filter_map(move |node| match node.value {
            Value::Text(text) if text.len() >= least => Some(text),
            _ => None,
        })
    }

    /// The members by their names, unescaped and sorted. Of two with one name the last counts, as `JSON.parse` has it.
    pub(crate) fn sorted(&self, at: At) -> Vec<(Cow<'a, [u8]>, At)> {
        let mut members: Vec<_> = self
            .members(at)
            .map(|(name, value)| (unescape(name), value))
            .collect();
        members.sort_by(|left, right| left.0.cmp(&right.0).then(right.1.cmp(&left.1)));
        members.dedup_by(|later, earlier| later.0 == earlier.0);
        members
    }

    /// The name that stands before a member's value.
    pub(crate) fn name_of(&self, at: At) -> &'a str {
        match at.checked_sub(1).map(|name| self.value(name)) {
            Some(Value::Text(name)) => name,
            _ => "",
        }
    }

    /// A member's value.
    pub(crate) fn member(&self, at: At, name: &[u8]) -> Option<At> {
        let members = self
            .members(at)
            .filter(|(written, _)| *unescape(written) == *name);
        members.map(|(_, value)| value).last()
    }

    /// A hash of every value, equal for equal values whatever the order of an object's members or the spelling of
    /// texts and numbers. Computed from the end, where the leaves are.
    pub(crate) fn hashes(&self) -> Vec<u64> {
        self.hashes_from(Self::ROOT, |_| None)
    }

    /// Hashes in which some texts have another one than their own, such as all that are of one class.
    pub(crate) fn hashes_with(&self, instead: impl Fn(&str) -> Option<u64>) -> Vec<u64> {
        self.hashes_from(Self::ROOT, instead)
    }

    /// The hash of one value, at the cost of that value.
    pub(crate) fn hash_of(&self, at: At) -> u64 {
        self.hashes_from(at, |_| None)[0]
    }

    /// The hashes of a value and of all it holds, the value's own first.
    fn hashes_from(&self, first: At, instead: impl Fn(&str) -> Option<u64>) -> Vec<u64> {
        let count = self.next(first) - first;
        let mut hashes = vec![0; count];
        for at in (0..count).rev() {
            let other = match self.value(first + at) {
                Value::Text(text) => instead(text),
                _ => None,
            };
            let own = || self.hash(first + at, |below| hashes[below - first]);
            hashes[at] = other.unwrap_or_else(own);
        }
        hashes
    }

    fn hash(&self, at: At, below: impl Fn(At) -> u64) -> u64 {
        match self.value(at) {
            Value::Null => 1,
            Value::Bool(value) => 2 + u64::from(value),
            Value::Number(text) => number::hash(text),
            Value::Text(text) => xxh3_64_with_seed(&unescape(text), TEXT),
            Value::Array(_) => self
                .elements(at)
                .fold(5, |sum, element| mix(sum, below(element))),
            Value::Object(count) => {
                let few = (count as usize <= FEW).then(|| self.hash_of_few(at, &below));
                few.flatten().unwrap_or_else(|| {
                    let members = self.sorted(at);
                    members.iter().fold(7, |sum, (name, value)| {
                        mix(xxh3_64(name), below(*value)).wrapping_add(sum)
                    })
                })
            }
        }
    }

    /// The hash of an object with few members, without sorting them; nothing where one name stands there twice.
    fn hash_of_few(&self, at: At, below: impl Fn(At) -> u64) -> Option<u64> {
        let (mut names, mut count, mut sum) = ([0; FEW], 0, 7_u64);
        for (name, value) in self.members(at) {
            let name = xxh3_64(&unescape(name));
            if names[..count].contains(&name) {
                return None;
            }
            *names.get_mut(count)? = name;
            count += 1;
            sum = sum.wrapping_add(mix(name, below(value)));
        }
        Some(sum)
    }
}

fn mix(left: u64, right: u64) -> u64 {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&left.to_le_bytes());
    bytes[8..].copy_from_slice(&right.to_le_bytes());
    xxh3_64(&bytes)
}

#[cfg(test)]
mod tests;
