//! A plugin's own configuration: granted subtrees of the legacy's settings, and its own settings over them.
//!
//! The surprise: it is put together anew for each question, so that a plugin sees the settings that hold now; the legacy's
//! file is read by somebody else, when it changes.

use serde_json::{Map, Value};

use super::State;
use super::veil::{self, Place};
use crate::bindings::overgrow::plugin::config::{Error, Host};
use crate::grant::SecretSource;
use crate::who::Who;

impl Host for State {
    fn all(&mut self) -> wasmtime::Result<String> {
        Ok(self.who.document().to_string())
    }

    fn get(&mut self, path: String) -> wasmtime::Result<Result<String, Error>> {
        let document = self.who.document();
        let found = at(&document, &path).map(Value::to_string);
        Ok(found.ok_or(Error::NotFound))
    }
}

impl Who {
    /// The plugin's configuration as it may see it: secrets are names or marks.
    pub(crate) fn document(&self) -> Value {
        let mut document = Value::Object(Map::new());
        for path in &self.grant.config {
            if let Some(subtree) = self.subtree(path) {
                veil::lay(subtree, &mut document);
            }
        }
        veil::lay(Value::Object(self.grant.settings.clone()), &mut document);
        veil::redact(&mut document);
        document
    }

    fn subtree(&self, path: &str) -> Option<Value> {
        let settings = self.hands.settings.load()?;
        let mut subtree = settings.document.at(path)?.clone();
        let places = self.grant.secrets.iter().filter_map(|secret| {
            let name = &secret.name;
            match &secret.source {
                SecretSource::Config(path) => Some(Place { path, name }),
                _ => None,
            }
        });
        veil::name_secrets(&mut subtree, path, &places.collect::<Vec<_>>());
        Some(subtree)
    }
}

/// The value at a dotted path; a number steps into a list.
fn at<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    let step = |value: &'a Value, name: &str| match value {
        Value::Array(list) => list.get(name.parse::<usize>().ok()?),
        other => other.get(name),
    };
    path.split('.').try_fold(document, step)
}
