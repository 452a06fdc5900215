//! Path patterns compiled to a tree of segments, each place holding the rules that end there in file order.
//!
//! It knows paths and numbers, not what a rule is. The one surprise: it looks up patterns as well as paths, because
//! "which earlier pattern takes everything this one takes" is the same walk.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::pattern::{End, Pattern, Segment};

/// Found nothing; larger than any index.
pub(super) const NOTHING: u32 = u32::MAX;

/// The index. Node 0 is the root.
#[derive(Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    /// The smallest index in or under this node: what the walk may skip.
    first: u32,
    literals: HashMap<Box<str>, u32, BuildHasherDefault<SegmentHasher>>,
    /// The node behind `{name}`.
    any: Option<u32>,
    /// Patterns that end here, rising.
    exact: Vec<u32>,
    /// Patterns that end here with `/*`, rising.
    below: Vec<u32>,
}

impl Default for Trie {
    fn default() -> Self {
        Self {
            nodes: vec![Node::new()],
        }
    }
}

impl Trie {
    /// Adds a pattern; indices must rise from call to call.
    pub(super) fn insert(&mut self, pattern: &Pattern, index: u32) {
        let mut at = 0;
        self.nodes[0].first = self.nodes[0].first.min(index);
        for segment in &pattern.segments {
            at = self.child(at, segment);
            self.nodes[at].first = self.nodes[at].first.min(index);
        }
        match pattern.end {
            End::Exact => self.nodes[at].exact.push(index),
            End::Below => self.nodes[at].below.push(index),
        }
    }

    /// The smallest index before `limit` whose pattern takes `path` and that `takes` agrees to; else `limit`.
    pub(super) fn first_for_path(
        &self,
        path: &str,
        limit: u32,
        takes: impl Fn(u32) -> bool,
    ) -> u32 {
        let Some(path) = path.strip_prefix('/') else {
            return limit;
        };
        let mut walk = Walk {
            nodes: &self.nodes,
            best: limit,
            end: End::Exact,
            takes,
        };
        walk.visit(0, path.split('/').map(Step::Literal));
        walk.best
    }

    /// The same for patterns that take everything `pattern` takes.
    pub(super) fn first_over(
        &self,
        pattern: &Pattern,
        limit: u32,
        takes: impl Fn(u32) -> bool,
    ) -> u32 {
        let mut walk = Walk {
            nodes: &self.nodes,
            best: limit,
            end: pattern.end,
            takes,
        };
        walk.visit(0, pattern.segments.iter().map(Step::from));
        walk.best
    }

    fn child(&mut self, at: usize, segment: &Segment) -> usize {
        let next = self.nodes.len() as u32;
        let node = &mut self.nodes[at];
        let child = match segment {
            Segment::Any => *node.any.get_or_insert(next),
            Segment::Literal(text) => *node.literals.entry(text.as_str().into()).or_insert(next),
        };
        if child == next {
            self.nodes.push(Node::new());
        }
        child as usize
    }
}

impl Node {
    fn new() -> Self {
        Self {
            first: NOTHING,
            literals: HashMap::default(),
            any: None,
            exact: Vec::new(),
            below: Vec::new(),
        }
    }
}

/// One segment of what is looked up.
#[derive(Clone, Copy)]
enum Step<'a> {
    Literal(&'a str),
    Any,
}

impl<'a> From<&'a Segment> for Step<'a> {
    fn from(segment: &'a Segment) -> Self {
        match segment {
            Segment::Literal(text) => Self::Literal(text),
            Segment::Any => Self::Any,
        }
    }
}

/// A walk down all branches that fit, remembering the smallest index.
struct Walk<'t, F> {
    nodes: &'t [Node],
    best: u32,
    end: End,
    takes: F,
}

impl<F: Fn(u32) -> bool> Walk<'_, F> {
    /// Loops down the literal branch and recurses into `{name}` branches only.
    fn visit<'a>(&mut self, mut at: u32, mut steps: impl Iterator<Item = Step<'a>> + Clone) {
        let nodes = self.nodes;
        loop {
            let node = &nodes[at as usize];
            if node.first >= self.best {
                return;
            }
            self.offer(&node.below);
            let Some(step) = steps.next() else { break };
            let (literal, any) = node.follow(step);
            match (literal, any) {
                (Some(next), None) | (None, Some(next)) => at = next,
                (Some(next), Some(other)) => {
                    self.visit(other, steps.clone());
                    at = next;
                }
                (None, None) => return,
            }
        }
        if self.end == End::Exact {
            self.offer(&nodes[at as usize].exact);
        }
    }

    /// Keeps the first index of the list that is better than what is known and is agreed to.
    fn offer(&mut self, list: &[u32]) {
        let better = list.iter().copied().take_while(|&index| index < self.best);
        if let Some(found) = better.into_iter().find(|&index| (self.takes)(index)) {
            self.best = found;
        }
    }
}

impl Node {
    /// The branches that take everything the step stands for; `{name}` takes no empty segment.
    fn follow(&self, step: Step<'_>) -> (Option<u32>, Option<u32>) {
        match step {
            Step::Literal("") => (self.literals.get("").copied(), None),
            Step::Literal(text) => (self.literals.get(text).copied(), self.any),
            Step::Any => (None, self.any),
        }
    }
}

/// Hashes a segment in one go. The keys come from the operator's own file, so nobody can flood the map, and std's
/// keyed hash would cost more than the rest of the step.
#[derive(Debug, Default)]
struct SegmentHasher(u64);

impl Hasher for SegmentHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    /// The end mark of a string; a segment is hashed alone and needs none.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
