//! The whole configuration as one JSON document, for plugins whose keys are not known here.
//!
//! Files are included and variables filled in. It must not know which keys are secret, and so shows none in its `Debug`.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

/// The whole configuration; cheap to clone.
#[derive(Clone, Default, PartialEq)]
pub struct Document(Arc<Value>);

impl Document {
    /// The value at a dotted path, whose numbers step into lists; `None` where there is none.
    pub fn at(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(&*self.0, step)
    }
}

fn step<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Array(list) => list.get(name.parse::<usize>().ok()?),
        other => other.get(name),
    }
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self(Arc::new(value))
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Document")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_step_into_objects_and_lists() {
        let document = Document::from(json!({"a": {"b": [{"c": "s3cret"}]}}));
        assert_eq!(document.at("a.b.0.c"), Some(&json!("s3cret")));
        for absent in ["a.x", "a.b.1", "a.b.c", "a.b.0.c.d", ""] {
            assert_eq!(document.at(absent), None, "{absent}");
        }
        assert!(!format!("{document:?}").contains("s3cret"));
    }
}
