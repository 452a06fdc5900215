//! Handlers by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::Handler;

/// What `handler = "NAME"` in routes.toml may name, and what is put around them.
#[derive(Clone, Default)]
pub struct Registry {
    handlers: BTreeMap<String, Handler>,
    layers: BTreeMap<String, Vec<Wrap>>,
}

/// Puts something around a handler.
type Wrap = Arc<dyn Fn(Handler) -> Handler + Send + Sync>;

impl Registry {
    /// Adds a handler; one of the same name is replaced.
    pub fn insert(&mut self, name: impl Into<String>, handler: Handler) {
        self.handlers.insert(name.into(), handler);
    }

    /// The handler of that name.
    pub fn get(&self, name: &str) -> Option<&Handler> {
        self.handlers.get(name)
    }

    /// All handlers with their names, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Handler)> {
        let handlers = self.handlers.iter();
        handlers.map(|(name, handler)| (&**name, handler))
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.handlers.keys().map(String::as_str)
    }

    /// Puts something around the handler of that name, whoever made it; the last one is outermost.
    pub fn wrap(
        &mut self,
        name: impl Into<String>,
        wrap: impl Fn(Handler) -> Handler + Send + Sync + 'static,
    ) {
        let wraps = self.layers.entry(name.into()).or_default();
        wraps.push(Arc::new(wrap));
    }

    /// The handler with everything around it that was put around handlers of that name.
    pub fn wrapped(&self, name: &str, handler: Handler) -> Handler {
        let wraps = self.layers.get(name).into_iter().flatten();
        wraps.fold(handler, |handler, wrap| wrap(handler))
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
