//! Whom to greet and how.
//!
//! It must not know the host: everything it needs comes in as a value.

use serde::Deserialize;

/// What the tool takes, as the agent is told.
pub(crate) const PARAMETERS: &str =
    r#"{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}"#;

/// The plugin's configuration: `settings` of `[plugins.template]`.
#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Settings {
    greeting: String,
}

/// The arguments of one call.
#[derive(Debug, Deserialize)]
pub(crate) struct Whom {
    pub(crate) name: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            greeting: "hello".into(),
        }
    }
}

/// The greeting.
pub(crate) fn greet(settings: &Settings, whom: &Whom) -> String {
    format!("{}, {}", settings.greeting, whom.name.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_greeted_in_the_words_configured() {
        let settings: Settings =
            overgrow_sdk::config::parse(r#"{"greeting":"good day"}"#).expect("settings");
        let whom = Whom {
            name: " Ann ".into(),
        };
        assert_eq!(greet(&settings, &whom), "good day, Ann");
        assert_eq!(greet(&Settings::default(), &whom), "hello, Ann");
    }
}
