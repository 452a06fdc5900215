//! The operator's settings: `channels.zalouser` of the legacy's, with the plugin's own over it.
//!
//! It must not know the host.

use std::collections::BTreeMap;

use overgrow_sdk::config::Fault;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The account that the top of the settings stands for.
pub(crate) const DEFAULT: &str = "default";

/// The settings, checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    pub(crate) listens: Listens,
    /// Those that are enabled.
    pub(crate) accounts: Vec<Account>,
}

/// Who listens for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Listens {
    /// The legacy gateway, whose own plugin still runs: two that listen would both answer.
    #[default]
    Gateway,
    /// This plugin.
    Plugin,
}

/// One person's account.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Account {
    pub(crate) name: String,
    /// What `zca` calls it.
    pub(crate) profile: String,
    pub(crate) group_policy: GroupPolicy,
    pub(crate) groups: BTreeMap<String, Group>,
}

/// From which groups messages are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub(crate) enum GroupPolicy {
    #[default]
    Open,
    Allowlist,
    Disabled,
}

/// What is said of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Group {
    #[serde(default = "yes")]
    allow: bool,
    #[serde(default = "yes")]
    enabled: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Top {
    #[serde(default)]
    listens: Listens,
    #[serde(default)]
    accounts: BTreeMap<String, Map<String, Value>>,
    #[serde(flatten)]
    base: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    enabled: Option<bool>,
    profile: Option<String>,
    #[serde(default)]
    group_policy: GroupPolicy,
    #[serde(default)]
    groups: BTreeMap<String, Group>,
}

impl Settings {
    /// Reads the settings; an account takes whatever it does not say from the top.
    pub(crate) fn read(config: &str) -> Result<Self, Fault> {
        let top: Top = overgrow_sdk::config::parse(config)?;
        let mut accounts = Vec::new();
        if top.base.get("enabled") != Some(&Value::Bool(false)) {
            for (name, own) in top.named() {
                accounts.extend(top.account(name, own)?);
            }
        }
        Ok(Self {
            listens: top.listens,
            accounts,
        })
    }

    /// The account of that name; without a name the default one, else the first.
    pub(crate) fn account(&self, name: Option<&str>) -> Option<&Account> {
        let named = |name: &str| self.accounts.iter().find(|account| account.name == name);
        match name {
            Some(name) => named(name),
            None => named(DEFAULT).or_else(|| self.accounts.first()),
        }
    }
}

impl Top {
    /// The top alone is an account when it names none.
    fn named(&self) -> BTreeMap<String, Map<String, Value>> {
        match self.accounts.is_empty() {
            true => BTreeMap::from([(DEFAULT.into(), Map::new())]),
            false => self.accounts.clone(),
        }
    }

    /// `None` for one that is switched off.
    fn account(&self, name: String, own: Map<String, Value>) -> Result<Option<Account>, Fault> {
        let mut merged = self.base.clone();
        merged.extend(own);
        let raw: Raw = overgrow_sdk::config::parse(&Value::Object(merged).to_string())
            .map_err(|fault| Fault::new(place(&name, &fault.path), fault.message))?;
        let profile = raw
            .profile
            .as_deref()
            .map(str::trim)
            .filter(|profile| !profile.is_empty());
        let account = Account {
            profile: profile.unwrap_or(&name).to_owned(),
            group_policy: raw.group_policy,
            groups: raw.groups,
            name,
        };
        Ok((raw.enabled != Some(false)).then_some(account))
    }
}

fn place(account: &str, key: &str) -> String {
    match account {
        DEFAULT => key.into(),
        _ => format!("accounts.{account}.{key}"),
    }
}

impl Account {
    /// Whether messages of a group are taken.
    pub(crate) fn takes_group(&self, id: &str, name: &str) -> bool {
        match self.group_policy {
            GroupPolicy::Open => true,
            GroupPolicy::Disabled => false,
            GroupPolicy::Allowlist => self.allows_group(id, name),
        }
    }

    /// The first entry that names it decides: by id, by name, by the name made plain; else the one for all.
    fn allows_group(&self, id: &str, name: &str) -> bool {
        let names = [
            id.to_owned(),
            format!("group:{id}"),
            name.to_owned(),
            plain(name),
            "*".into(),
        ];
        let mut entries = names.iter().filter_map(|name| self.groups.get(name));
        entries
            .next()
            .is_some_and(|group| group.allow && group.enabled)
    }
}

/// A name in lower case, with one hyphen for whatever is neither letter nor digit.
fn plain(name: &str) -> String {
    let name = name.trim().to_lowercase();
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(config: Value) -> Settings {
        Settings::read(&config.to_string()).expect("settings")
    }

    #[test]
    fn the_top_alone_is_the_default_account() {
        let settings = read(json!({ "dmPolicy": "open" }));
        let account = settings.account(None).expect("an account");
        assert_eq!((&*account.name, &*account.profile), (DEFAULT, DEFAULT));
        assert_eq!(settings.listens, Listens::Gateway);
    }

    #[test]
    fn accounts_take_from_the_top() {
        let settings = read(json!({
            "groupPolicy": "disabled", "listens": "plugin",
            "accounts": { "work": { "profile": " w " }, "home": { "groupPolicy": "open" }, "off": { "enabled": false } },
        }));
        let profiles: Vec<_> = settings
            .accounts
            .iter()
            .map(|account| &*account.profile)
            .collect();
        assert_eq!(profiles, ["home", "w"]);
        assert!(
            settings.accounts[0].takes_group("1", "") && !settings.accounts[1].takes_group("1", "")
        );
        assert_eq!(read(json!({ "enabled": false })).accounts, []);
    }

    #[test]
    fn groups_are_allowed_by_id_name_or_all() {
        let settings = read(json!({ "groupPolicy": "allowlist", "groups": {
            "7": {}, "group:8": { "enabled": false }, "book-club": {}, "Family": { "allow": false },
        } }));
        let takes = |id: &str, name: &str| settings.accounts[0].takes_group(id, name);
        assert!(takes("7", "") && takes("9", " Book  Club! "));
        assert!(!takes("8", "") && !takes("9", "Family") && !takes("9", ""));
        let all = read(json!({ "groupPolicy": "allowlist", "groups": { "*": {} } }));
        assert!(all.accounts[0].takes_group("1", "x"));
        assert!(!read(json!({ "groupPolicy": "allowlist" })).accounts[0].takes_group("1", "x"));
    }

    #[test]
    fn a_fault_has_its_place() {
        let fault = Settings::read(r#"{"accounts":{"a":{"groupPolicy":"x"}}}"#)
            .expect_err("no such policy");
        assert_eq!(fault.path, "accounts.a.groupPolicy");
    }
}
