//! Rules that can never match because one earlier rule takes everything they take.
//!
//! It compares rules with each other and never with a request. The one surprise: a yes is always right, a no need not
//! be: two rules that only together cover a third are not noticed.

use std::collections::HashMap;

use http::HeaderName;

use super::trie::Trie;
use super::{HostPattern, Match, Pattern, Rule, host};

/// A rule in the shadow of another, both by their place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreachable {
    /// The rule that never matches.
    pub rule: usize,
    /// The first rule that takes everything it takes.
    pub by: usize,
}

/// All rules that can never match, in file order. Rules whose path is no pattern are passed over.
pub fn unreachable(rules: &[Rule]) -> Vec<Unreachable> {
    let mut earlier = Earlier::default();
    let each = rules.iter().enumerate();
    each.filter_map(|(at, rule)| earlier.cover_then_add(at, &rule.matcher))
        .collect()
}

/// The rules seen so far, by anchor and then by path.
#[derive(Default)]
struct Earlier<'a> {
    matches: Vec<&'a Match>,
    tries: HashMap<Anchor<'a>, Trie>,
}

/// A condition of a rule that every rule it covers must have as well. Filing each rule under one of its own keeps the
/// candidates few where thousands of rules share a path and differ in a header.
#[derive(PartialEq, Eq, Hash)]
enum Anchor<'a> {
    Nothing,
    Host(String),
    Header(&'a HeaderName, &'a str),
    Query(&'a str, &'a str),
}

impl<'a> Earlier<'a> {
    fn cover_then_add(&mut self, rule: usize, matcher: &'a Match) -> Option<Unreachable> {
        self.matches.push(matcher);
        let pattern = Pattern::parse(&matcher.path).ok()?;
        let by = self.first_over(&pattern, matcher, rule as u32);
        let anchor = anchors(matcher).next().unwrap_or(Anchor::Nothing);
        self.tries
            .entry(anchor)
            .or_default()
            .insert(&pattern, rule as u32);
        by.map(|by| Unreachable { rule, by })
    }

    fn first_over(&self, pattern: &Pattern, matcher: &'a Match, limit: u32) -> Option<usize> {
        let covers = |at: u32| self.matches[at as usize].covers(matcher);
        let shared = anchors(matcher).chain([Anchor::Nothing]);
        let tries = shared.filter_map(|anchor| self.tries.get(&anchor));
        let found = tries.fold(limit, |best, trie| trie.first_over(pattern, best, covers));
        (found != limit).then_some(found as usize)
    }
}

/// The conditions that name one value; "present" and `*.example.com` are implied by too many others.
fn anchors(matcher: &Match) -> impl Iterator<Item = Anchor<'_>> {
    let host = match &matcher.host {
        Some(HostPattern::Exact(name)) => Some(Anchor::Host(host::bare(name).to_ascii_lowercase())),
        _ => None,
    };
    let headers = matcher.headers.iter();
    let query = matcher.query.iter();
    host.into_iter()
        .chain(headers.filter_map(|(name, value)| Some(Anchor::Header(name, value.as_deref()?))))
        .chain(query.filter_map(|(name, value)| Some(Anchor::Query(name, value.as_deref()?))))
}

#[cfg(test)]
mod tests;
