//! A plugin's own configuration.

use serde_json::Value;

use super::State;
use crate::bindings::overgrow::plugin::config::{Error, Host};

impl Host for State {
    fn all(&mut self) -> wasmtime::Result<String> {
        Ok(self.document().to_string())
    }

    fn get(&mut self, path: String) -> wasmtime::Result<Result<String, Error>> {
        let document = self.document();
        let found = at(&document, &path).map(Value::to_string);
        Ok(found.ok_or(Error::NotFound))
    }
}

impl State {
    /// The plugin's configuration as it may see it.
    fn document(&self) -> Value {
        Value::Object(self.who.grant.settings.clone())
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
