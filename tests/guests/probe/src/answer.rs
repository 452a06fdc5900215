//! What a host call gave, as JSON: `{"ok": …}`, or `{"error": "denied", "detail": …}` with the contract's own words.

use overgrow_sdk::host::types::Error;
use serde_json::{Value, json};

pub(crate) fn answer<T: Into<Value>>(given: Result<T, Error>) -> Value {
    match given {
        Ok(value) => json!({ "ok": value.into() }),
        Err(error) => failed(error),
    }
}

/// For calls that give nothing when they do what was asked.
pub(crate) fn done(given: Result<(), Error>) -> Value {
    answer(given.map(|()| Value::Null))
}

pub(crate) fn failed(error: Error) -> Value {
    let (word, detail) = match error {
        Error::Denied(text) => ("denied", json!(text)),
        Error::Invalid(text) => ("invalid", json!(text)),
        Error::NotFound => ("not-found", Value::Null),
        Error::Conflict => ("conflict", Value::Null),
        Error::TooLarge(cap) => ("too-large", json!(cap)),
        Error::RateLimited(wait) => ("rate-limited", json!(wait)),
        Error::Timeout => ("timeout", Value::Null),
        Error::Unavailable(text) => ("unavailable", json!(text)),
        Error::Other(pair) => ("other", json!(pair)),
    };
    json!({ "error": word, "detail": detail })
}

/// Bytes as a text where they are one.
pub(crate) fn bytes(bytes: Vec<u8>) -> Value {
    match String::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(error) => error.into_bytes().into(),
    }
}
