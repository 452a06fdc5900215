//! The names that this program answers to in `handler = ".."`.

use std::collections::BTreeSet;

/// Names of the registered handlers; of a plugin with its `plugin:`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Handlers(BTreeSet<String>);

impl Handlers {
    /// The given names.
    pub fn new<I>(names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        Handlers(names.into_iter().map(Into::into).collect())
    }

    /// Whether a handler is registered under `name`.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
