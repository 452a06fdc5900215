//! A rule in the words of routes.toml.
//!
//! The surprise: strings are always written with escapes on one line, though TOML has prettier ways, so that no value can
//! break out of the line that it is shown on.

use serde_json::Value as Json;

use super::Rule;
use crate::edit::EditError;

impl Rule {
    /// The list of `parity` that it belongs to.
    pub(super) fn list(&self) -> &'static str {
        match self {
            Self::Expect(_) => "expect",
            Self::Ignore(_) => "ignore",
        }
    }

    /// The element of that list.
    pub(super) fn written(&self) -> Result<String, EditError> {
        let expected = match self {
            Self::Ignore(at) => return Ok(quoted(at)),
            Self::Expect(expected) => expected,
        };
        let mut fields = vec![format!("at = {}", quoted(&expected.at))];
        for (side, value) in [("legacy", &expected.legacy), ("rust", &expected.rust)] {
            if let Some(value) = value {
                fields.push(format!("{side} = {}", toml(value)?));
            }
        }
        fields.push(format!("why = {}", quoted(&expected.why)));
        Ok(format!("{{ {} }}", fields.join(", ")))
    }
}

fn toml(value: &Json) -> Result<String, EditError> {
    match value {
        Json::Null => Err(EditError::Refused("TOML has no null".into())),
        Json::Bool(flag) => Ok(flag.to_string()),
        Json::Number(number) if number.is_u64() && !number.is_i64() => Err(EditError::Refused(
            format!("{number} does not fit TOML's 64 bits"),
        )),
        Json::Number(number) => Ok(number.to_string()),
        Json::String(text) => Ok(quoted(text)),
        Json::Array(items) => {
            let items: Result<Vec<_>, _> = items.iter().map(toml).collect();
            Ok(format!("[{}]", items?.join(", ")))
        }
        Json::Object(members) => {
            let member = |(name, value): (&String, &Json)| {
                Ok(format!("{} = {}", quoted(name), toml(value)?))
            };
            let members: Result<Vec<_>, EditError> = members.iter().map(member).collect();
            Ok(format!("{{ {} }}", members?.join(", ")))
        }
    }
}

/// JSON's escapes are TOML's, but for one character that JSON leaves as it is.
fn quoted(text: &str) -> String {
    Json::from(text).to_string().replace('\u{7f}', "\\u007F")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(written: &str) -> Json {
        let document: toml::Table = format!("v = {written}").parse().unwrap();
        serde_json::to_value(&document["v"]).unwrap()
    }

    #[test]
    fn values_are_written_as_toml_reads_them() {
        for value in [
            json!(true),
            json!(-5),
            json!(1e30),
            json!(0.1),
            json!("a \"b\" \\ é\u{7f}\u{1}\n'''"),
            json!([1, "a", [true]]),
            json!({"a b": {"c": 1}}),
        ] {
            assert_eq!(read(&toml(&value).unwrap()), value);
        }
    }

    #[test]
    fn what_toml_lacks_is_refused() {
        for value in [json!(null), json!([null]), json!(u64::MAX)] {
            assert!(
                matches!(toml(&value), Err(EditError::Refused(_))),
                "{value}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_stays_on_its_line_and_is_read_back(text in "(\\PC|[\\x00-\\x7f]){0,40}") {
            let written = quoted(&text);
            prop_assert!(!written.contains('\n'));
            prop_assert_eq!(read(&written), json!(text));
        }
    }
}
