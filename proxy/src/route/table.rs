//! The rules compiled to an index, and the decision made from it.
//!
//! The first rule in file order that takes a request has it; the index only finds it without walking the list. It knows
//! no handlers, only whether a rule has one. The one surprise: rules for one exact host live in a tree of that host, so
//! that a table of ten thousand tenants with the same paths is as quick as one of ten thousand paths.

use std::collections::HashMap;
use std::sync::Arc;

use super::trie::{NOTHING, Trie};
use super::{Dial, HostPattern, Key, Match, Pattern, RequestHead, Side, Sticky, host};

/// No DNS name is longer; a longer one can only match a suffix.
const LONGEST_HOST: usize = 253;

/// One route, as far as the decision cares.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Salts the draw.
    pub id: Arc<str>,
    /// What it takes.
    pub matcher: Match,
    /// Share of requests for rust.
    pub dial: Dial,
    /// Who stays on one side.
    pub sticky: Sticky,
    /// Whether there is a handler on the rust side.
    pub handled: bool,
}

/// The rules in file order with their index.
#[derive(Debug, Default)]
pub struct Table {
    rules: Vec<Rule>,
    index: Index,
}

/// Which side answers a request and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The rule that took it, by its place in the file; none: nothing matched.
    pub route: Option<usize>,
    /// Who answers.
    pub side: Side,
    /// Why.
    pub because: Because,
}

/// Why a side answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// No rule takes the request.
    Unmatched,
    /// The rule has no handler.
    NoHandler,
    /// A trusted peer asked for the side.
    Forced,
    /// The dial is at 0.
    Off,
    /// The dial is at 100.
    Full,
    /// The draw was compared with the dial.
    Drawn {
        /// 0..10 000; rust when below the dial.
        drawn: u16,
        /// The rule's dial.
        dial: Dial,
        /// What the draw was made by.
        by: Key,
    },
}

impl Table {
    /// Compiles rules given in file order. A rule whose path is no [`Pattern`] takes nothing; the check of the file
    /// refuses such a path before it comes here.
    pub fn new(rules: Vec<Rule>) -> Self {
        let index = Index::new(rules.iter().map(|rule| &rule.matcher));
        Self { rules, index }
    }

    /// The rules in file order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Which rule takes the request and who answers it; `draw` is a fresh random number.
    pub fn decide(&self, head: &RequestHead<'_>, draw: u64) -> Decision {
        let Some(route) = self.find(head) else {
            return Decision {
                route: None,
                side: Side::Legacy,
                because: Because::Unmatched,
            };
        };
        let (side, because) = self.rules[route].choose(head, draw);
        Decision {
            route: Some(route),
            side,
            because,
        }
    }

    fn find(&self, head: &RequestHead<'_>) -> Option<usize> {
        let takes = |index: u32| self.rules[index as usize].matcher.takes(head);
        let limit = match head.host {
            Some(sent) if !self.index.hosts.is_empty() => self
                .index
                .of_host(host::bare(sent))
                .map_or(NOTHING, |trie| {
                    trie.first_for_path(head.path, NOTHING, takes)
                }),
            _ => NOTHING,
        };
        let found = self.index.others.first_for_path(head.path, limit, takes);
        (found != NOTHING).then_some(found as usize)
    }
}

impl Rule {
    fn choose(&self, head: &RequestHead<'_>, draw: u64) -> (Side, Because) {
        match head.forced {
            Some(Side::Legacy) => (Side::Legacy, Because::Forced),
            _ if !self.handled => (Side::Legacy, Because::NoHandler),
            Some(Side::Rust) => (Side::Rust, Because::Forced),
            None if self.dial.is_off() => (Side::Legacy, Because::Off),
            None if self.dial.is_full() => (Side::Rust, Because::Full),
            None => self.split(head, draw),
        }
    }

    fn split(&self, head: &RequestHead<'_>, draw: u64) -> (Side, Because) {
        let (drawn, by) = self.sticky.draw(&self.id, head, draw);
        let side = if self.dial.takes(drawn) {
            Side::Rust
        } else {
            Side::Legacy
        };
        (
            side,
            Because::Drawn {
                drawn,
                dial: self.dial,
                by,
            },
        )
    }
}

/// Trees of path patterns: one for each exact host, one for all other rules.
#[derive(Debug, Default)]
struct Index {
    hosts: HashMap<String, Trie>,
    others: Trie,
}

impl Index {
    fn new<'a>(matches: impl Iterator<Item = &'a Match>) -> Self {
        let mut index = Self::default();
        for (at, matcher) in matches.enumerate() {
            if let Ok(pattern) = Pattern::parse(&matcher.path) {
                index
                    .trie_for(matcher.host.as_ref())
                    .insert(&pattern, at as u32);
            }
        }
        index
    }

    /// The tree of a bare host name in any case.
    fn of_host(&self, name: &str) -> Option<&Trie> {
        let mut buffer = [0; LONGEST_HOST];
        let lower = buffer.get_mut(..name.len())?;
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        self.hosts.get(std::str::from_utf8(lower).ok()?)
    }

    fn trie_for(&mut self, pattern: Option<&HostPattern>) -> &mut Trie {
        match pattern {
            Some(HostPattern::Exact(name)) => self
                .hosts
                .entry(host::bare(name).to_ascii_lowercase())
                .or_default(),
            _ => &mut self.others,
        }
    }
}

#[cfg(test)]
mod tests;
