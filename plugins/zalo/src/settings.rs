//! The operator's settings: `channels.zalo` of the legacy's, with the plugin's own over it.
//!
//! It must not know the host. The surprise: an account takes whatever it does not say from the top, except for the bot
//! token, which is the top's own account's only.

use std::collections::BTreeMap;

use overgrow_sdk::config::Fault;
use overgrow_sdk::secret::Place;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The account that the top of the settings stands for.
pub(crate) const DEFAULT: &str = "default";

/// Where the provider is, unless `apiBase` says otherwise.
const API: &str = "https://bot-api.zaloplatforms.com";

/// Largest picture taken from a chat when nothing is said, in MiB.
const MEDIA_MIB: f64 = 5.0;

/// The settings, checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    /// Base of the provider's API, without a slash at its end.
    pub(crate) api: String,
    pub(crate) registers: Registers,
    /// Those that are enabled, by name.
    pub(crate) accounts: Vec<Account>,
}

/// Who tells the provider where updates go, or asks it for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Registers {
    /// The legacy gateway, whose own plugin still runs: two that poll would take each other's updates.
    #[default]
    Gateway,
    /// This plugin.
    Plugin,
}

/// One bot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Account {
    pub(crate) name: String,
    /// Name of the secret that is its token.
    pub(crate) token: String,
    /// Without one the bot is polled.
    pub(crate) webhook: Option<Webhook>,
    /// Largest picture taken from a chat, in bytes.
    pub(crate) media_max: u64,
    /// Ids of people that the operator knows.
    pub(crate) people: Vec<String>,
}

/// Where a bot's updates come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Webhook {
    pub(crate) url: String,
    /// As the provider calls it.
    pub(crate) called: String,
    /// By which requests are told apart: without a slash at its end.
    pub(crate) path: String,
    /// Name of the secret that its sender shows.
    pub(crate) secret: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Top {
    #[serde(default)]
    api_base: Option<String>,
    #[serde(default)]
    registers: Registers,
    #[serde(default)]
    accounts: BTreeMap<String, Map<String, Value>>,
    #[serde(flatten)]
    base: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    enabled: Option<bool>,
    bot_token: Option<Place>,
    webhook_url: Option<String>,
    webhook_secret: Option<Place>,
    webhook_path: Option<String>,
    media_max_mb: Option<f64>,
    #[serde(default)]
    allow_from: Vec<Value>,
}

impl Settings {
    /// Reads the settings and gives all that is wrong with them; an account that is wrong is left out, the others run.
    pub(crate) fn read(config: &str) -> (Self, Vec<Fault>) {
        match overgrow_sdk::config::parse::<Top>(config) {
            Ok(top) => top.checked(),
            Err(fault) => (Self::none(), vec![fault]),
        }
    }

    fn none() -> Self {
        Self {
            api: API.into(),
            registers: Registers::default(),
            accounts: Vec::new(),
        }
    }

    /// The account of that name; without a name the default one, else the first.
    pub(crate) fn account(&self, name: Option<&str>) -> Option<&Account> {
        let named = |name: &str| self.accounts.iter().find(|account| account.name == name);
        match name {
            Some(name) => named(name),
            None => named(DEFAULT).or_else(|| self.accounts.first()),
        }
    }

    /// Those whose updates come in at a path.
    pub(crate) fn at(&self, path: &str) -> impl Iterator<Item = (&Account, &Webhook)> {
        let webhooks = self
            .accounts
            .iter()
            .filter_map(|account| Some((account, account.webhook.as_ref()?)));
        webhooks.filter(move |(_, webhook)| webhook.path == path)
    }

    /// Every path that the provider calls, once.
    pub(crate) fn paths(&self) -> Vec<String> {
        let webhooks = self
            .accounts
            .iter()
            .filter_map(|account| account.webhook.as_ref());
        let mut paths: Vec<_> = webhooks.map(|webhook| webhook.called.clone()).collect();
        paths.sort();
        paths.dedup();
        paths
    }
}

impl Top {
    fn checked(self) -> (Settings, Vec<Fault>) {
        let mut settings = Settings::none();
        let mut faults = Vec::new();
        if let Some(base) = &self.api_base {
            settings.api = base.trim().trim_end_matches('/').into();
        }
        settings.registers = self.registers;
        for (name, own) in self.named() {
            match self.account(&name, &own) {
                Ok(found) => settings.accounts.extend(found),
                Err(fault) => faults.push(fault),
            }
        }
        (settings, faults)
    }

    /// Accounts by name; the top alone is one when it names none.
    fn named(&self) -> BTreeMap<String, Map<String, Value>> {
        match self.accounts.is_empty() {
            true => BTreeMap::from([(DEFAULT.into(), Map::new())]),
            false => self.accounts.clone(),
        }
    }

    /// `None` for one that is switched off.
    fn account(&self, name: &str, own: &Map<String, Value>) -> Result<Option<Account>, Fault> {
        if self.base.get("enabled") == Some(&Value::Bool(false)) {
            return Ok(None);
        }
        let mut merged = self.base.clone();
        merged.extend(own.clone());
        if name != DEFAULT {
            merged.remove("botToken");
            merged.extend(
                own.get("botToken")
                    .map(|token| ("botToken".into(), token.clone())),
            );
        }
        let raw: Raw = overgrow_sdk::config::parse(&Value::Object(merged).to_string())
            .map_err(|fault| Fault::new(place(name, &fault.path), fault.message))?;
        match raw.enabled {
            Some(false) => Ok(None),
            _ => raw.checked(name).map(Some),
        }
    }
}

impl Raw {
    fn checked(self, name: &str) -> Result<Account, Fault> {
        let account = Account {
            token: token(name, self.bot_token.as_ref())?,
            webhook: self.webhook(name)?,
            media_max: (self.media_max_mb.unwrap_or(MEDIA_MIB).max(0.0) * 1_048_576.0) as u64,
            people: self.allow_from.iter().filter_map(person).collect(),
            name: name.into(),
        };
        Ok(account)
    }

    fn webhook(&self, name: &str) -> Result<Option<Webhook>, Fault> {
        let Some(url) = self.webhook_url.as_deref().filter(|url| !url.is_empty()) else {
            return Ok(None);
        };
        let wrong = |key: &str, what: &str| Err(Fault::new(place(name, key), what));
        let Some(behind) = url.strip_prefix("https://") else {
            return wrong("webhookUrl", "must begin with https://");
        };
        let secret = match &self.webhook_secret {
            Some(Place::Granted { name }) => name.clone(),
            Some(_) => return wrong("webhookSecret", "is not among the plugin's granted secrets"),
            None => return wrong("webhookSecret", "is missing"),
        };
        let path = self
            .webhook_path
            .as_deref()
            .filter(|path| !path.trim().is_empty());
        let called = path.unwrap_or_else(|| path_of(behind));
        Ok(Some(Webhook {
            url: url.into(),
            called: rooted(called),
            path: plain_path(called),
            secret,
        }))
    }
}

/// A token that is not in the settings comes of a file or of the environment: the operator grants it by this name.
fn token(name: &str, there: Option<&Place>) -> Result<String, Fault> {
    let hidden = "is not among the plugin's granted secrets";
    match there {
        Some(Place::Granted { name }) => Ok(name.clone()),
        Some(Place::Plain(text)) if text.trim().is_empty() => Ok(usual_token(name)),
        Some(_) => Err(Fault::new(place(name, "botToken"), hidden)),
        None => Ok(usual_token(name)),
    }
}

fn usual_token(name: &str) -> String {
    match name {
        DEFAULT => "bot-token".into(),
        _ => format!("bot-token-{name}"),
    }
}

fn place(account: &str, key: &str) -> String {
    match account {
        DEFAULT => key.into(),
        _ => format!("accounts.{account}.{key}"),
    }
}

/// What stands behind the host of a URL whose scheme was taken off.
fn path_of(behind: &str) -> &str {
    let path = behind.find('/').map_or("/", |at| &behind[at..]);
    path.split(['?', '#']).next().unwrap_or("/")
}

/// A path with a slash in front.
fn rooted(path: &str) -> String {
    let path = path.trim();
    match path.starts_with('/') {
        true => path.to_owned(),
        false => format!("/{path}"),
    }
}

/// A path as the legacy keeps it: with a slash in front, and one less at the end.
pub(crate) fn plain_path(path: &str) -> String {
    let path = rooted(path);
    match path.strip_suffix('/') {
        Some(shorter) if !shorter.is_empty() => shorter.into(),
        _ => path,
    }
}

/// An entry of `allowFrom` as an id: numbers are written out, the channel's name in front falls away.
fn person(entry: &Value) -> Option<String> {
    let text = match entry {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let id = plain_target(&text);
    (!id.is_empty() && id != "*").then(|| id.to_owned())
}

/// A target without the channel's name in front.
pub(crate) fn plain_target(target: &str) -> &str {
    let target = target.trim();
    let prefixed = |prefix: &str| {
        let (head, rest) = target.split_at_checked(prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then_some(rest)
    };
    prefixed("zalo:")
        .or_else(|| prefixed("zl:"))
        .unwrap_or(target)
}

#[cfg(test)]
mod tests;
