//! Which names say that what they name is a secret.
//!
//! The surprise: `code` and `key` are secrets in a query or a form and are not in JSON, where they are countries,
//! currencies and error codes, and a sample without them shows nobody what differs.

/// Parts of a name, with case and punctuation taken out, that make it a secret wherever they stand.
const PARTS: [&str; 12] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "accesskey",
    "privatekey",
    "authorization",
    "credential",
    "signature",
    "sessionid",
];

/// Whole names that are secrets. As parts they would hide too much: `author`, `opinion`.
const WHOLE: [&str; 14] = [
    "auth",
    "xauth",
    "pwd",
    "pass",
    "pin",
    "otp",
    "jwt",
    "cvv",
    "cvc",
    "sid",
    "sig",
    "cookie",
    "cookies",
    "setcookie",
];

/// Whole names that are secrets only as parameters of a query or a form.
const PARAMETERS: [&str; 4] = ["code", "key", "session", "ticket"];

/// Whether a header or a JSON member of this name is a secret.
pub(super) fn is_secret(name: &str) -> bool {
    let plain = plain(name);
    WHOLE.contains(&plain.as_str()) || PARTS.iter().any(|part| plain.contains(part))
}

/// Whether a parameter of this name, as written in a query or a form, is a secret.
pub(super) fn is_secret_parameter(encoded: &str) -> bool {
    let decoded = url::form_urlencoded::parse(encoded.as_bytes());
    let name: String = decoded.map(|(name, _)| name).collect();
    is_secret(&name) || PARAMETERS.contains(&plain(&name).as_str())
}

/// Lower case letters and digits only: `X-Api-Key`, `api_key` and `apiKey` are one name.
fn plain(name: &str) -> String {
    let kept = name.chars().filter(|letter| letter.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

/// Whether this is a number of tokens, as services of language models count them: `"max_tokens": 100`.
///
/// Only whole names that end so, and only numbers: what signs somebody in is a string.
pub(super) fn is_amount(name: &str, value: &str) -> bool {
    let number = value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty();
    let plain = plain(name);
    number && (plain.ends_with("tokens") || plain.ends_with("tokencount"))
}
