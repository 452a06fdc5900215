//! The difference of two JSON documents.
//!
//! Documents are walked with a list of pairs that are still to be looked at, never by recursion. The surprise: hashes of
//! all values are computed when the first array is met, because without them nobody can tell whether an array was
//! reordered; from then on equal parts are skipped.

mod arrays;

use std::borrow::Cow;
use std::collections::HashSet;
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64;

use super::clue::is_of_time;
use super::found::{Bit, Found};
use super::path::{Names, StepId, Steps};
use crate::Kind;
use crate::alias::AliasBook;
use crate::class::{Relation, TOKEN, relate, relate_numbers};
use crate::json::{At, Doc, Value, ordinal, same, unescape, within};
use crate::rules::{Says, Spot};

/// What a comparison knows besides the two answers.
pub(super) struct Context<'n> {
    /// How far apart the answers were given.
    pub(super) gap: Duration,
    /// Which identifiers belong together, for which client.
    pub(super) names: Option<(&'n mut AliasBook, u64)>,
}

/// Two documents being compared.
pub(super) struct Diff<'d, 'c, 'n, 'r> {
    legacy: &'d Doc<'d>,
    rust: &'d Doc<'d>,
    found: &'c mut Found<'r>,
    context: &'c mut Context<'n>,
    steps: Steps<'d>,
    /// Where the documents stand in the answer: of an event in a stream the index and the field.
    base: &'c [&'c str],
    offset: Option<u64>,
    hashes: Option<[Vec<u64>; 2]>,
    /// Those that are the same for what may be equal by class.
    alike: Option<[Vec<u64>; 2]>,
    /// Hashes of the longer texts that stand in both documents.
    of_both: Option<HashSet<u64>>,
    todo: Vec<Todo>,
}

/// What is still to be looked at.
#[derive(Clone, Copy)]
enum Todo {
    Pair(At, At, Option<StepId>),
    Missing(At, Option<StepId>),
    Extra(At, Option<StepId>),
}

impl<'d, 'c, 'n, 'r> Diff<'d, 'c, 'n, 'r> {
    pub(super) fn new(
        legacy: &'d Doc<'d>,
        rust: &'d Doc<'d>,
        found: &'c mut Found<'r>,
        context: &'c mut Context<'n>,
    ) -> Self {
        Self {
            legacy,
            rust,
            found,
            context,
            steps: Steps::default(),
            base: &[],
            offset: None,
            hashes: None,
            alike: None,
            of_both: None,
            todo: Vec::new(),
        }
    }

    /// The documents stand below `base`, at `offset` of a body.
    pub(super) fn below(mut self, base: &'c [&'c str], offset: u64) -> Self {
        self.base = base;
        self.offset = Some(offset);
        self
    }

    /// Finds all differences.
    pub(super) fn run(mut self) {
        self.todo.push(Todo::Pair(Doc::ROOT, Doc::ROOT, None));
        while let Some(todo) = self.todo.pop() {
            match todo {
                Todo::Pair(legacy, rust, step) => self.pair(legacy, rust, step),
                Todo::Missing(at, step) => {
                    let bits = (Bit::Json(self.legacy, at), Bit::Nothing);
                    self.report(step, Kind::Missing, bits);
                }
                Todo::Extra(at, step) => {
                    let bits = (Bit::Nothing, Bit::Json(self.rust, at));
                    self.report(step, Kind::Extra, bits);
                }
            }
        }
    }

    fn pair(&mut self, legacy: At, rust: At, step: Option<StepId>) {
        if let Some([of_legacy, of_rust]) = &self.hashes
            && of_legacy[legacy] == of_rust[rust]
        {
            return;
        }
        match (self.legacy.value(legacy), self.rust.value(rust)) {
            (Value::Object(_) | Value::Array(_), Value::Object(_) | Value::Array(_))
                if self.is_expected_whole(legacy, rust, step) =>
            {
                let bits = (Bit::Json(self.legacy, legacy), Bit::Json(self.rust, rust));
                self.report(step, Kind::Value, bits);
            }
            (Value::Object(_), Value::Object(_)) => self.objects(legacy, rust, step),
            (Value::Array(_), Value::Array(_)) => self.arrays(legacy, rust, step),
            (one, other) => self.scalars(one, other, (legacy, rust), step),
        }
    }

    /// Whether a rule expects just these two, so that what they hold is not looked at one by one.
    fn is_expected_whole(&self, legacy: At, rust: At, step: Option<StepId>) -> bool {
        if !self.found.rules.expect_any() {
            return false;
        }
        let names = self.names(step);
        let bits = (Bit::Json(self.legacy, legacy), Bit::Json(self.rust, rust));
        let rule = self.found.expected(Spot::Json(&names), bits.0, bits.1);
        rule.is_some() && self.legacy.hash_of(legacy) != self.rust.hash_of(rust)
    }

    fn scalars(&mut self, one: Value<'_>, other: Value<'_>, at: (At, At), step: Option<StepId>) {
        let relation = match (one, other) {
            (Value::Text(one), Value::Text(other)) => self.texts(one, other),
            (Value::Number(one), Value::Number(other)) => self.numbers(one, other, step),
            (Value::Null, Value::Null) => return,
            (Value::Bool(one), Value::Bool(other)) if one == other => return,
            (Value::Bool(_), Value::Bool(_)) => Some(Relation::Different),
            _ => Some(Relation::OtherClass),
        };
        let kind = match relation {
            None => return,
            Some(Relation::Counts) if self.is_time(step) => return self.found.by_class(),
            Some(Relation::Counts | Relation::Different) => Kind::Value,
            Some(Relation::OtherClass) => Kind::Type,
            Some(Relation::Equal | Relation::Identifiers) => return self.found.by_class(),
        };
        let bits = (Bit::Json(self.legacy, at.0), Bit::Json(self.rust, at.1));
        self.report(step, kind, bits);
    }

    /// Whether a number there counts the time, by the name that it has.
    fn is_time(&self, step: Option<StepId>) -> bool {
        let field = self.steps.field(step);
        field.is_some_and(|name| is_of_time(&name))
    }

    /// `None` when they are the same.
    fn texts(&mut self, one: &str, other: &str) -> Option<Relation> {
        if one == other {
            return None;
        }
        let (one, other) = (unescape(one), unescape(other));
        if one == other {
            return None;
        }
        let (one, other) = (std::str::from_utf8(&one), std::str::from_utf8(&other));
        let (Ok(one), Ok(other)) = (one, other) else {
            return Some(Relation::Different);
        };
        let relation = relate(one, other, self.context.gap);
        if relation == Relation::Identifiers && (self.is_of_both(one) || self.is_of_both(other)) {
            return Some(Relation::Different);
        }
        Some(self.context.confirm(relation, one, other))
    }

    /// Whether both documents say it. An identifier that only one side made up is not known to the other, so two of
    /// them that stand in each other's place are a difference.
    fn is_of_both(&mut self, text: &str) -> bool {
        let (legacy, rust) = (self.legacy, self.rust);
        let of_both = self.of_both.get_or_insert_with(|| {
            let ours: HashSet<u64> = legacy
                .texts(TOKEN)
                .map(|text| xxh3_64(&unescape(text)))
                .collect();
            let theirs = rust.texts(TOKEN).map(|text| xxh3_64(&unescape(text)));
            theirs.filter(|text| ours.contains(text)).collect()
        });
        of_both.contains(&xxh3_64(text.as_bytes()))
    }

    fn numbers(&mut self, one: &str, other: &str, step: Option<StepId>) -> Option<Relation> {
        if same(one, other) {
            return None;
        }
        if let Some((rule, amount)) = self.tolerance(step)
            && within(one, other, amount)
        {
            self.found.applied(rule);
            return None;
        }
        Some(relate_numbers(
            ordinal(one),
            ordinal(other),
            self.context.gap,
        ))
    }

    fn tolerance(&self, step: Option<StepId>) -> Option<(u16, f64)> {
        self.rule(step, |says| match says {
            Says::Tolerance(amount) => Some(*amount),
            _ => None,
        })
    }

    /// What the first rule for that place that has an opinion says.
    fn rule<T>(
        &self,
        step: Option<StepId>,
        opinion: impl Fn(&Says) -> Option<T>,
    ) -> Option<(u16, T)> {
        let rules = self.found.rules;
        if rules.is_empty() {
            return None;
        }
        let names = self.names(step);
        let mut said = rules.at(Spot::Json(&names));
        said.find_map(|(rule, says)| Some((rule, opinion(says)?)))
    }

    fn names(&self, step: Option<StepId>) -> Vec<Cow<'_, str>> {
        let base = self.base.iter().map(|name| Cow::Borrowed(*name));
        base.chain(self.steps.names(step)).collect()
    }

    fn report(&mut self, step: Option<StepId>, kind: Kind, bits: (Bit<'_>, Bit<'_>)) {
        let mut base = "json:".to_owned();
        for name in self.base {
            base.push('/');
            // The index of an event folds like any other.
            let is_index = name.bytes().all(|byte| byte.is_ascii_digit());
            base.push_str(if is_index { "*" } else { name });
        }
        let base_names = self.base.iter().map(|name| Cow::Borrowed(*name));
        let names: Vec<Cow<'_, str>> = base_names.chain(self.steps.names(step)).collect();
        let place = self.steps.place(step, &base);
        let spot = Spot::Json(&names);
        self.found.add((place, spot), kind, bits, self.offset);
    }
}

/// Objects.
impl<'d> Diff<'d, '_, '_, '_> {
    fn objects(&mut self, legacy: At, rust: At, step: Option<StepId>) {
        let before = self.todo.len();
        let names = Names::of((self.legacy, legacy), (self.rust, rust));
        if !self.side_by_side(legacy, rust, names, step) {
            self.todo.truncate(before);
            self.by_name(legacy, rust, names, step);
        }
        self.todo[before..].reverse();
    }

    /// The usual case: the same names in the same order, none of them twice. `false` when it is another one.
    fn side_by_side(&mut self, legacy: At, rust: At, names: Names, step: Option<StepId>) -> bool {
        let mut seen = 0u64;
        let (mut ours, mut theirs) = (self.legacy.members(legacy), self.rust.members(rust));
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return true,
                (Some((name, one)), Some((other_name, other))) if name == other_name => {
                    let bit = bit_of(name);
                    if seen & bit != 0 {
                        return false;
                    }
                    seen |= bit;
                    if self.is_same_leaf(one, other) {
                        continue;
                    }
                    let step = self.steps.member(step, name, names);
                    self.todo.push(Todo::Pair(one, other, Some(step)));
                }
                _ => return false,
            }
        }
    }

    /// Whether two values need no further look, without any work.
    fn is_same_leaf(&self, one: At, other: At) -> bool {
        let (one, other) = (self.legacy.value(one), self.rust.value(other));
        !matches!(one, Value::Array(_) | Value::Object(_)) && one == other
    }

    fn by_name(&mut self, legacy: At, rust: At, names: Names, step: Option<StepId>) {
        let (ours, theirs) = (self.legacy.sorted(legacy), self.rust.sorted(rust));
        let (mut ours, mut theirs) = (ours.iter().peekable(), theirs.iter().peekable());
        loop {
            let order = match (ours.peek(), theirs.peek()) {
                (None, None) => return,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(one), Some(other)) => one.0.cmp(&other.0),
            };
            let one = ours.next_if(|_| order.is_le()).map(|(_, at)| *at);
            let other = theirs.next_if(|_| order.is_ge()).map(|(_, at)| *at);
            let name = one.map(|at| self.legacy.name_of(at));
            let name = name.or_else(|| other.map(|at| self.rust.name_of(at)));
            let step = Some(self.steps.member(step, name.unwrap_or(""), names));
            match (one, other) {
                (Some(one), Some(other)) => self.todo.push(Todo::Pair(one, other, step)),
                (Some(one), None) => self.todo.push(Todo::Missing(one, step)),
                (None, Some(other)) => self.todo.push(Todo::Extra(other, step)),
                (None, None) => {}
            }
        }
    }
}

/// Where a name stands in a set of 64.
fn bit_of(name: &str) -> u64 {
    1 << (xxh3_64(name.as_bytes()) & 63)
}

impl Context<'_> {
    /// How two texts that are not the same are related, where identifiers are kept account of.
    pub(super) fn relate(&mut self, legacy: &str, rust: &str) -> Relation {
        self.confirm(relate(legacy, rust, self.gap), legacy, rust)
    }

    /// The relation, unless the two are identifiers that correspond to others.
    fn confirm(&mut self, relation: Relation, legacy: &str, rust: &str) -> Relation {
        let Some((book, client)) = &mut self.names else {
            return relation;
        };
        let is_made_up = relation == Relation::Identifiers;
        if is_made_up && !book.correspond(*client, legacy, rust) {
            Relation::Different
        } else {
            relation
        }
    }
}
