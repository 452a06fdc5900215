//! The conditions of a rule, and when one rule's conditions take everything another's do.
//!
//! The path is not judged here: the index has already done so when these are asked. The one surprise: a header or a
//! parameter that is there several times holds when any of its values does.

use http::{HeaderMap, HeaderName, Method};

use super::{HostPattern, RequestHead, host, query};

/// What a rule takes; all of it must hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Match {
    /// As written in the file: `/a/b`, `/a/{name}`, `/a/*`.
    pub path: String,
    /// Allowed methods; empty: all.
    pub methods: Vec<Method>,
    /// Allowed host.
    pub host: Option<HostPattern>,
    /// Headers that must be present; `Some` value: and equal.
    pub headers: Vec<(HeaderName, Option<String>)>,
    /// Query parameters that must be present; `Some` value: and equal.
    pub query: Vec<(String, Option<String>)>,
    /// `Some(true)`: only WebSocket upgrades; `Some(false)`: never upgrades.
    pub websocket: Option<bool>,
}

impl Match {
    /// Whether everything but the path holds.
    pub(super) fn takes(&self, head: &RequestHead<'_>) -> bool {
        (self.methods.is_empty() || self.methods.contains(head.method))
            && self
                .websocket
                .is_none_or(|upgrade| upgrade == head.websocket)
            && self.host.as_ref().is_none_or(|pattern| {
                head.host
                    .is_some_and(|sent| pattern.takes(host::bare(sent)))
            })
            && self
                .headers
                .iter()
                .all(|(name, value)| has_header(head.headers, name, value.as_deref()))
            && self.query.iter().all(|(name, value)| {
                head.query
                    .is_some_and(|sent| query::has(sent, name, value.as_deref()))
            })
    }

    /// Whether, paths aside, every request that `other` takes is taken by this too. Never a wrong yes.
    pub(super) fn covers(&self, other: &Self) -> bool {
        covers_methods(&self.methods, &other.methods)
            && self
                .websocket
                .is_none_or(|upgrade| other.websocket == Some(upgrade))
            && covers_host(self.host.as_ref(), other.host.as_ref())
            && self
                .headers
                .iter()
                .all(|condition| is_implied(condition, &other.headers))
            && self
                .query
                .iter()
                .all(|condition| is_implied(condition, &other.query))
    }
}

fn has_header(headers: &HeaderMap, name: &HeaderName, value: Option<&str>) -> bool {
    match value {
        Some(value) => headers
            .get_all(name)
            .iter()
            .any(|found| found.as_bytes() == value.as_bytes()),
        None => headers.contains_key(name),
    }
}

fn covers_methods(ours: &[Method], theirs: &[Method]) -> bool {
    ours.is_empty() || (!theirs.is_empty() && theirs.iter().all(|method| ours.contains(method)))
}

fn covers_host(ours: Option<&HostPattern>, theirs: Option<&HostPattern>) -> bool {
    ours.is_none_or(|ours| theirs.is_some_and(|theirs| ours.covers(theirs)))
}

/// Equal to a value implies present.
fn is_implied<N: PartialEq>(
    (name, value): &(N, Option<String>),
    given: &[(N, Option<String>)],
) -> bool {
    given
        .iter()
        .any(|(key, found)| key == name && (value.is_none() || value == found))
}
