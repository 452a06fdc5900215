//! The environment the legacy runs in, as a value.
//!
//! It must not know what any variable is for. The surprise: variables come from the configuration too (`env`), but only
//! where the environment itself has nothing but white space.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::include::normal;

/// Variables by name. Its `Debug` tells only the names, since some of the values are secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process as they are now; what is not text in them is replaced. Where `HOME` is not among
    /// them, as in many services, it is the home folder of the user.
    pub fn of_process() -> Self {
        let text = |os: OsString| os.to_string_lossy().into_owned();
        let home = std::env::home_dir().map(|home| ("HOME".into(), home.into()));
        home.into_iter()
            .chain(std::env::vars_os())
            .map(|(name, value)| (text(name), text(value)))
            .collect()
    }

    /// The value of a variable, as it is; an empty one is a value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The first of some variables that holds more than white space, trimmed.
    pub(crate) fn first_filled(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.filled(name))
    }

    /// The first of some variables that is set at all, be it empty.
    pub(crate) fn first_set(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// Adds the variables of the configuration's `env`: those of `env.vars`, and over them those of `env` itself.
    pub(crate) fn with_config(mut self, env: Option<&Value>) -> Self {
        for (name, value) in configured(env) {
            if self.filled(name).is_none() {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
        self
    }

    /// The user's home folder.
    pub(crate) fn home(&self) -> PathBuf {
        self.filled("HOME")
            .map_or(PathBuf::from("/"), PathBuf::from)
    }

    /// A path as a user writes it: `~` is the home folder, anything else starts at `folder`.
    pub(crate) fn path(&self, folder: &Path, written: &str) -> PathBuf {
        let written = trim(written);
        let path = match written.strip_prefix('~') {
            Some("") => self.home(),
            Some(rest) if rest.starts_with('/') => self.home().join(rest.trim_start_matches('/')),
            _ => folder.join(written),
        };
        normal(&path)
    }

    fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).map(trim).filter(|value| !value.is_empty())
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let owned = variables.into_iter().map(|(n, v)| (n.into(), v.into()));
        Self(owned.collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Without the white space that JavaScript trims: U+FEFF is part of it, U+0085 is not.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}'))
}

/// Later entries win over earlier ones of the same name.
fn configured(env: Option<&Value>) -> BTreeMap<&str, &str> {
    let vars = texts(env.and_then(|env| env.get("vars")));
    let own = texts(env).filter(|(name, _)| !["shellEnv", "vars"].contains(name));
    vars.filter(|(_, value)| !value.is_empty())
        .chain(own.filter(|(_, value)| !trim(value).is_empty()))
        .collect()
}

fn texts(object: Option<&Value>) -> impl Iterator<Item = (&str, &str)> {
    let members = object.and_then(Value::as_object).into_iter().flatten();
    members.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_environment_wins_over_the_file_unless_it_is_blank() {
        let process: Environment = [("SET", "process"), ("BLANK", " ")].into_iter().collect();
        let env = json!({
            "SET": "file", "BLANK": "file", "BOTH": "env", "EMPTY": " ", "shellEnv": {"enabled": true},
            "vars": {"BOTH": "vars", "VARS": "vars", "NONE": ""},
        });
        let all = process.with_config(Some(&env));
        assert_eq!(all.get("SET"), Some("process"));
        assert_eq!(all.get("BLANK"), Some("file"));
        assert_eq!(all.get("BOTH"), Some("env"));
        assert_eq!(all.get("VARS"), Some("vars"));
        for absent in ["EMPTY", "NONE", "shellEnv", "vars"] {
            assert_eq!(all.get(absent), None, "{absent}");
        }
    }

    #[test]
    fn paths_start_at_home_or_at_the_folder() {
        let environment: Environment = [("HOME", "/home/ann")].into_iter().collect();
        let check = |written: &str, expected: &str| {
            let path = environment.path(Path::new("/etc/claw"), written);
            assert_eq!(path, Path::new(expected), "{written}");
        };
        check("~", "/home/ann");
        check(" ~/x/../y ", "/home/ann/y");
        check("~bob/x", "/etc/claw/~bob/x");
        check("./a", "/etc/claw/a");
        check("/a", "/a");
    }

    #[test]
    fn debug_tells_names_alone() {
        let environment: Environment = [("TOKEN", "s3cret")].into_iter().collect();
        assert_eq!(format!("{environment:?}"), r#"{"TOKEN"}"#);
    }

    #[test]
    fn the_process_has_variables() {
        // Cargo sets this one for every test.
        let name = Environment::of_process();
        assert_eq!(name.get("CARGO_PKG_NAME"), Some("overgrow-settings"));
        assert!(name.get("HOME").is_some());
    }
}
