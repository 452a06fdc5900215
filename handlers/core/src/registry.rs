//! Handlers by name.

use std::collections::BTreeMap;

use crate::Handler;

/// What `handler = "NAME"` in routes.toml may name.
#[derive(Debug, Clone, Default)]
pub struct Registry(BTreeMap<String, Handler>);

impl Registry {
    /// Adds a handler; one of the same name is replaced.
    pub fn insert(&mut self, name: impl Into<String>, handler: Handler) {
        self.0.insert(name.into(), handler);
    }

    /// The handler of that name.
    pub fn get(&self, name: &str) -> Option<&Handler> {
        self.0.get(name)
    }

    /// All handlers with their names, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Handler)> {
        self.0.iter().map(|(name, handler)| (&**name, handler))
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
