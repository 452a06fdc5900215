//! What of a configuration a plugin may see.
//!
//! Pure. Granted secrets become their names, whatever else looks like a secret becomes a mark. The surprise: a secret is
//! known by its key alone, so a value under a key such as `note` is shown; it should not be there.

use serde_json::{Map, Value, json};

/// Last words of keys whose texts are secrets, without the marks between words.
const SECRET: [&str; 14] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
    "signingkey",
    "authkey",
    "credential",
    "cookie",
    "authorization",
];

/// A secret's place in a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// A dotted path.
    pub(crate) path: &'a str,
    /// What the plugin calls it.
    pub(crate) name: &'a str,
}

/// Puts the names of granted secrets in their places; `path` is that of the value itself.
pub(crate) fn name_secrets(value: &mut Value, path: &str, places: &[Place<'_>]) {
    if let Some(place) = places.iter().find(|place| place.path == path) {
        *value = json!({ "$secret": place.name });
        return;
    }
    match value {
        Value::Object(members) => members
            .iter_mut()
            .for_each(|(name, member)| name_secrets(member, &below(path, name), places)),
        Value::Array(items) => items
            .iter_mut()
            .enumerate()
            .for_each(|(nth, item)| name_secrets(item, &below(path, &nth.to_string()), places)),
        _ => {}
    }
}

/// Marks what looks like a secret and is not named already.
pub(crate) fn redact(value: &mut Value) {
    match value {
        Value::Object(members) if !is_named(members) => {
            for (key, member) in members {
                match is_secret(key, member) {
                    true => *member = json!({ "$redacted": true }),
                    false => redact(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::String(text) if has_password(text) => *value = json!({ "$redacted": true }),
        _ => {}
    }
}

/// Lays one document over another, object by object.
pub(crate) fn lay(over: Value, under: &mut Value) {
    match (over, under) {
        (Value::Object(over), Value::Object(under)) => {
            for (key, value) in over {
                lay(value, under.entry(key).or_insert(Value::Null));
            }
        }
        (over, under) => *under = over,
    }
}

/// Whether a key of this name holds a secret.
pub(crate) fn is_secret_key(key: &str) -> bool {
    let letters = key.chars().filter(char::is_ascii_alphanumeric);
    let plain: String = letters.map(|it| it.to_ascii_lowercase()).collect();
    let one = plain.strip_suffix('s').unwrap_or(&plain);
    [plain.as_str(), one]
        .iter()
        .any(|word| *word == "key" || SECRET.iter().any(|secret| word.ends_with(secret)))
}

/// Numbers and flags are none: `maxTokens` is a number, and `requireToken` a flag.
fn is_secret(key: &str, value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => !text.is_empty() && is_secret_key(key),
        Value::Array(_) => is_secret_key(key),
        Value::Object(members) => is_secret_key(key) && !is_named(members),
    }
}

fn is_named(members: &Map<String, Value>) -> bool {
    members.len() == 1 && members.get("$secret").is_some_and(Value::is_string)
}

/// `scheme://user:password@host`.
fn has_password(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    user.is_some_and(|user| user.contains(':'))
}

fn below(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_marked_and_nothing_else() {
        let mut value = json!({
            "botToken": "s", "API_KEY": "s", "client-secret": "s", "passwords": ["s"], "tokens": {"a": "s"},
            "key": "s", "proxy": "http://u:p@h/", "nested": [{"signingKey": "s"}],
            "maxTokens": 5, "requireToken": true, "token": "", "keyboard": "k", "tokenFile": "/f",
            "publicUrl": "https://h/a:b@c", "named": {"$secret": "x"},
        });
        redact(&mut value);
        let marked = json!({ "$redacted": true });
        let expected = json!({
            "botToken": marked, "API_KEY": marked, "client-secret": marked, "passwords": marked, "tokens": marked,
            "key": marked, "proxy": marked, "nested": [{"signingKey": marked}],
            "maxTokens": 5, "requireToken": true, "token": "", "keyboard": "k", "tokenFile": "/f",
            "publicUrl": "https://h/a:b@c", "named": {"$secret": "x"},
        });
        assert_eq!(value, expected);
    }

    #[test]
    fn a_granted_secret_becomes_its_name_wherever_it_is() {
        let mut value = json!({"botToken": "s", "accounts": [{"token": "t"}]});
        let place = |path, name| Place { path, name };
        let places = [
            place("channels.zalo.botToken", "bot"),
            place("channels.zalo.accounts.0.token", "first"),
        ];
        name_secrets(&mut value, "channels.zalo", &places);
        redact(&mut value);
        let expected =
            json!({"botToken": {"$secret": "bot"}, "accounts": [{"token": {"$secret": "first"}}]});
        assert_eq!(value, expected);
    }

    #[test]
    fn one_document_lies_over_another() {
        let mut under = json!({"a": {"b": 1, "c": 2}, "d": [1]});
        lay(json!({"a": {"b": 3}, "d": [2], "e": null}), &mut under);
        assert_eq!(under, json!({"a": {"b": 3, "c": 2}, "d": [2], "e": null}));
    }
}
