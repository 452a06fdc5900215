//! The names that this program answers to in `handler = ".."`, and what their handlers declare.

use std::collections::BTreeMap;

use overgrow_handler::Registry;

/// Names of the registered handlers; of a plugin with its `plugin:`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Handlers(BTreeMap<String, Declared>);

/// What a handler declares of its effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declared {
    Nothing,
    ThroughEffects,
    /// As well, and it answers as the legacy's own configuration says.
    BySettings,
    /// As well, and part of its work stays with the legacy.
    WithLegacy,
}

/// What a handler of overgrow's own needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// `[legacy].config`.
    Settings,
    /// As well, and the legacy itself: part of the work stays there.
    Legacy,
    /// Nothing.
    Nothing,
}

impl Handlers {
    /// The given names, of handlers that declare nothing.
    pub fn new<I>(names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let silent = |name: I::Item| (name.into(), Declared::Nothing);
        Handlers(names.into_iter().map(silent).collect())
    }

    /// Adds a name of a handler that declares to do everything through `Effects`, or has it declare that.
    pub fn with_planner(mut self, name: impl Into<String>) -> Self {
        self.0.insert(name.into(), Declared::ThroughEffects);
        self
    }

    /// Adds the name of a handler of overgrow's own, unless the program has one of that name.
    pub fn with_builtin(mut self, name: impl Into<String>, needs: Needs) -> Self {
        let declared = match needs {
            Needs::Settings => Declared::BySettings,
            Needs::Legacy => Declared::WithLegacy,
            Needs::Nothing => Declared::ThroughEffects,
        };
        self.0.entry(name.into()).or_insert(declared);
        self
    }

    /// The names of a registry.
    pub fn of(registry: &Registry) -> Self {
        let planners = registry
            .iter()
            .filter(|(_, handler)| handler.is_through_effects());
        planners.fold(Self::new(registry.names()), |known, (name, _)| {
            known.with_planner(name)
        })
    }

    /// Whether a handler is registered under `name`.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether the handler of that name can be asked for a plan.
    pub fn can_plan(&self, name: &str) -> bool {
        matches!(
            self.0.get(name),
            Some(Declared::ThroughEffects | Declared::BySettings | Declared::WithLegacy)
        )
    }

    /// Whether the handler of that name needs `[legacy].config`.
    pub fn needs_settings(&self, name: &str) -> bool {
        matches!(
            self.0.get(name),
            Some(Declared::BySettings | Declared::WithLegacy)
        )
    }

    /// Whether the handler of that name cannot do without the legacy, whatever its settings are.
    pub fn leaves_to_legacy(&self, name: &str) -> bool {
        self.0.get(name) == Some(&Declared::WithLegacy)
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use http::Response;
    use overgrow_handler::{Body, Handler};

    use super::*;

    #[test]
    fn a_declaration_comes_from_the_registry() {
        let handler = || Handler::from_fn(|_| async { Ok(Response::new(Body::empty())) });
        let mut registry = Registry::default();
        registry.insert("silent", handler());
        registry.insert("planner", handler().through_effects());
        let known = Handlers::of(&registry);
        assert!(known.contains("silent") && !known.can_plan("silent"));
        assert!(known.contains("planner") && known.can_plan("planner"));
        assert_eq!(known.names().collect::<Vec<_>>(), ["planner", "silent"]);
    }
}
