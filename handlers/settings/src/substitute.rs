//! `${VARIABLE}` in the texts of a configuration.
//!
//! It must not know any key. The surprise: only names of capitals, digits and underscores are variables; whatever else
//! stands between the braces is text, as is a brace that never closes.

use serde_json::Value;

use crate::{Environment, SettingsError};

/// Puts variables into every text of a tree.
///
/// # Errors
/// When a variable is not set, or is empty.
pub(crate) fn substitute(tree: Value, environment: &Environment) -> Result<Value, SettingsError> {
    within(tree, environment, String::new())
}

fn within(value: Value, environment: &Environment, key: String) -> Result<Value, SettingsError> {
    match value {
        Value::String(text) => fill(&text, environment, &key).map(Value::String),
        Value::Array(items) => items
            .into_iter()
            .enumerate()
            .map(|(nth, item)| within(item, environment, format!("{key}[{nth}]")))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let value = within(value, environment, below(&key, &name))?;
                Ok((name, value))
            })
            .collect::<Result<_, _>>()
            .map(Value::Object),
        plain => Ok(plain),
    }
}

/// The JSON path of a member.
pub(crate) fn below(key: &str, name: &str) -> String {
    match key {
        "" => name.to_owned(),
        key => format!("{key}.{name}"),
    }
}

fn fill(text: &str, environment: &Environment, key: &str) -> Result<String, SettingsError> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        let piece = Piece::at(rest);
        filled.push_str(piece.value(environment, key)?);
        rest = &rest[piece.length()..];
    }
    filled.push_str(rest);
    Ok(filled)
}

/// What a dollar begins.
enum Piece<'a> {
    /// `${NAME}`.
    Variable(&'a str),
    /// `$${NAME}`, which stands for the text without its first dollar.
    Escaped(&'a str),
    /// A dollar.
    Dollar,
}

impl<'a> Piece<'a> {
    /// `text` begins with a dollar.
    fn at(text: &'a str) -> Self {
        if let Some(name) = text.strip_prefix("${").and_then(name) {
            return Self::Variable(name);
        }
        match text.strip_prefix("$${").and_then(name) {
            Some(name) => Self::Escaped(&text[1..name.len() + 4]),
            None => Self::Dollar,
        }
    }

    fn value(&self, environment: &'a Environment, key: &str) -> Result<&'a str, SettingsError> {
        match self {
            Self::Variable(name) => {
                let value = environment.get(name).filter(|value| !value.is_empty());
                value.ok_or_else(|| SettingsError::Variable {
                    key: key.to_owned(),
                    variable: (*name).to_owned(),
                })
            }
            Self::Escaped(text) => Ok(text),
            Self::Dollar => Ok("$"),
        }
    }

    /// Bytes of the text it takes.
    fn length(&self) -> usize {
        match self {
            Self::Variable(name) => name.len() + 3,
            Self::Escaped(text) => text.len() + 1,
            Self::Dollar => 1,
        }
    }
}

/// The name before the closing brace, if it is one. It looks no further than a name goes: a text of a million braces that
/// never close would else be read a million times.
fn name(text: &str) -> Option<&str> {
    let fits = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
    let length = text.bytes().take_while(fits).count();
    let (name, rest) = text.split_at(length);
    let first = !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
    (first && rest.starts_with('}')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn environment() -> Environment {
        [("A", "one"), ("_B2", "${A}"), ("EMPTY", "")]
            .into_iter()
            .collect()
    }

    #[test]
    fn texts_are_filled() {
        let check = |text: &str, expected: &str| {
            assert_eq!(fill(text, &environment(), "").unwrap(), expected, "{text}");
        };
        check("plain", "plain");
        check("${A}", "one");
        check("<${A}${A}>", "<oneone>");
        // What comes in is not looked at again.
        check("${_B2}", "${A}");
        check("$${A}", "${A}");
        check("$$${A}", "$${A}");
        check("$${A}${A}", "${A}one");
        check(
            "${a} ${1A} ${} ${A-B} $A ${A",
            "${a} ${1A} ${} ${A-B} $A ${A",
        );
        check("$${a} $$ $", "$${a} $$ $");
        check("${x${A}", "${xone");
        check("\u{e9}$\u{e9}${A}\u{e9}", "\u{e9}$\u{e9}one\u{e9}");
    }

    /// Half a minute and more when the whole rest is searched for each brace.
    #[test]
    fn braces_that_never_close_take_no_time() {
        let text = "${A".repeat(500_000);
        let began = std::time::Instant::now();
        assert_eq!(fill(&text, &environment(), "").unwrap(), text);
        let took = began.elapsed();
        assert!(took < std::time::Duration::from_secs(2), "{took:?}");
    }

    #[test]
    fn every_text_of_a_tree_is_filled_and_no_key() {
        let tree = json!({"${A}": ["${A}", {"x": "${A}"}, 1, null, true]});
        let expected = json!({"${A}": ["one", {"x": "one"}, 1, null, true]});
        assert_eq!(substitute(tree, &environment()).unwrap(), expected);
    }

    #[test]
    fn a_missing_variable_is_named_with_its_place() {
        let check = |tree: Value, expected: &str| {
            let fault = substitute(tree, &environment()).unwrap_err();
            assert_eq!(fault.to_string(), expected);
        };
        check(
            json!({"a": {"b": ["x", "${GONE}"]}}),
            "a.b[1]: environment variable GONE is not set",
        );
        check(
            json!({"a": "${EMPTY}"}),
            "a: environment variable EMPTY is not set",
        );
    }
}
