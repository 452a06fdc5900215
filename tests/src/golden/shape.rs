//! Takes out of a JSON frame what is different on every run, by reducing it to its shape.
//!
//! It must not know what a frame is compared with. The surprise: an array is reduced to one element that has the keys of all of
//! them, because the elements of the gateway's lists have optional keys.

use super::Masks;
use serde_json::{Map, Value, json};

/// Fresh on every run; compared by type.
const FRESH: [&str; 15] = [
    "age",
    "connId",
    "deviceToken",
    "durationMs",
    "health",
    "host",
    "issuedAtMs",
    "nonce",
    "presence",
    "requestId",
    "runId",
    "seq",
    "ts",
    "updatedAt",
    "uptimeMs",
];

/// A payload with this key is a health report, under whatever key it comes.
const HEALTH: &str = "heartbeatSeconds";

/// Stands for all elements of an array that is compared by shape.
pub(super) const EACH: &str = "<each>";

/// The frame with fresh values and health reports reduced to their shape, and `masks` applied to the rest.
pub(super) fn masked(value: &Value, masks: &Masks) -> Value {
    match value {
        Value::Object(object) if object.contains_key(HEALTH) => shape(value),
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (key.clone(), member(key, value, masks)))
            .collect(),
        Value::Array(array) => array.iter().map(|value| masked(value, masks)).collect(),
        Value::String(text) => masks.text(text).into(),
        other => other.clone(),
    }
}

fn member(key: &str, value: &Value, masks: &Masks) -> Value {
    match FRESH.contains(&key) {
        true => shape(value),
        false => masked(value, masks),
    }
}

fn shape(value: &Value) -> Value {
    match value {
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (key.clone(), shape(value)))
            .collect(),
        Value::Array(array) => array
            .iter()
            .map(shape)
            .reduce(union)
            .map_or(json!({ EACH: Value::Null }), |each| json!({ EACH: each })),
        Value::String(_) => json!("<string>"),
        Value::Number(_) => json!("<number>"),
        Value::Bool(_) => json!("<bool>"),
        Value::Null => Value::Null,
    }
}

fn union(a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Object(mut a), Value::Object(b)) => {
            a.extend(b);
            Value::Object(a)
        }
        (a, _) => a,
    }
}

/// Whether `object` is what an array was reduced to.
pub(super) fn is_shape(object: &Map<String, Value>) -> bool {
    object.contains_key(EACH)
}
