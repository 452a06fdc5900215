//! What the operator wrote, checked.
//!
//! It must not know the host: the document comes in as JSON, with the names of secrets where their values stood. The
//! surprise: two paths answer, as the legacy's do: the one that is configured, and `/api/messages` always.

use serde_json::Value;

/// Where Bot Framework posts unless the operator says otherwise; it answers whatever they say.
pub const USUAL_PATH: &str = "/api/messages";
/// The name of the bot's password among the plugin's secrets, unless the document names another.
pub const PASSWORD: &str = "app-password";

/// A path in the document and what is wrong with it.
pub type Fault = (String, String);

/// The document as the rest of the crate needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether the channel is on at all.
    pub enabled: bool,
    /// The bot's application id: who tokens are for.
    pub app_id: String,
    /// The name of the secret that is its password.
    pub password: String,
    /// The tenant that the application is of.
    pub tenant: String,
    /// Where the Bot Framework posts, besides [`USUAL_PATH`].
    pub path: String,
    /// Longest text of one message, UTF-16 units.
    pub text_limit: usize,
    /// Largest file, bytes, either way.
    pub media_limit: u64,
    /// Hosts that files may be fetched from; `None` for Microsoft's own.
    pub media_hosts: Option<Vec<String>>,
    /// The SharePoint site that files for groups go to.
    pub site: Option<String>,
    /// Where the services are.
    pub services: Services,
    /// Whose tokens are believed.
    pub issuers: Issuers,
}

/// Addresses of what is asked, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Services {
    /// Where tokens are issued and tenants' keys are published.
    pub login: String,
    /// Where the Bot Framework says how its tokens are signed.
    pub metadata: String,
    /// Microsoft Graph, without a version.
    pub graph: String,
    /// When given, where every reply goes, whatever the message said.
    pub connector: Option<String>,
}

/// Whose tokens are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issuers {
    /// The Bot Framework's and the tenant's, as the legacy does: the emulator and other agents sign as the tenant.
    Tenant,
    /// Only the Bot Framework's.
    BotFramework,
}

impl Settings {
    /// Reads the document; all that is wrong with it, not the first.
    pub fn read(document: &Value) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader {
            document,
            faults: Vec::new(),
        };
        let settings = reader.settings();
        match reader.faults.is_empty() {
            true => Ok(settings),
            false => Err(reader.faults),
        }
    }
}

/// Gathers faults while values are taken out.
struct Reader<'a> {
    document: &'a Value,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn settings(&mut self) -> Settings {
        let enabled = self.flag("enabled");
        Settings {
            enabled,
            app_id: self.needed("appId", enabled),
            password: self.password(enabled),
            tenant: self.tenant(enabled),
            path: self.path(),
            text_limit: self.count("textChunkLimit", 4000).clamp(1, 4000) as usize,
            media_limit: self.count("mediaMaxMb", 100).clamp(1, 100) << 20,
            media_hosts: self.hosts(),
            site: self.text("sharePointSiteId"),
            services: self.services(),
            issuers: self.issuers(),
        }
    }

    fn services(&mut self) -> Services {
        Services {
            login: self.base("loginBase", "https://login.microsoftonline.com"),
            metadata: self.base(
                "metadataUrl",
                "https://login.botframework.com/v1/.well-known/openidconfiguration",
            ),
            graph: self.base("graphBase", "https://graph.microsoft.com"),
            connector: self.text("connectorBase").map(trimmed),
        }
    }

    /// A tenant stands in addresses: nothing may be in it that would change them.
    fn tenant(&mut self, needed: bool) -> String {
        let tenant = self.needed("tenantId", needed);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        if !tenant.chars().all(plain) {
            self.fault("tenantId", "it is neither an id nor a domain");
        }
        tenant
    }

    fn password(&mut self, needed: bool) -> String {
        let value = &self.document["appPassword"];
        if let Some(name) = value["$secret"].as_str() {
            return name.to_owned();
        }
        // A password that is not granted is redacted; one that came from the environment is not in the document.
        let foreign = value.is_null() || value["$redacted"] == true;
        if needed && !foreign && value.as_str().is_none_or(|text| text.trim().is_empty()) {
            self.fault("appPassword", "it is not a text");
        }
        PASSWORD.to_owned()
    }

    fn path(&mut self) -> String {
        let path = self.document["webhook"]["path"]
            .as_str()
            .unwrap_or(USUAL_PATH);
        if !path.starts_with('/') {
            self.fault("webhook.path", "it does not begin with a slash");
        }
        path.to_owned()
    }

    fn hosts(&mut self) -> Option<Vec<String>> {
        let list = self.document["mediaAllowHosts"].as_array()?;
        let hosts: Vec<String> = list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        (!hosts.is_empty()).then_some(hosts)
    }

    fn issuers(&mut self) -> Issuers {
        match self.document["issuers"].as_str() {
            None | Some("tenant") => Issuers::Tenant,
            Some("botframework") => Issuers::BotFramework,
            Some(_) => {
                self.fault("issuers", "it is neither `tenant` nor `botframework`");
                Issuers::BotFramework
            }
        }
    }

    fn base(&mut self, key: &str, usual: &str) -> String {
        let base = trimmed(self.text(key).unwrap_or_else(|| usual.to_owned()));
        let web = ["https://", "http://"]
            .iter()
            .any(|scheme| base.starts_with(scheme));
        if !web {
            self.fault(key, "it is not an http address");
        }
        base
    }

    fn needed(&mut self, key: &str, needed: bool) -> String {
        let text = self.text(key);
        if needed && text.is_none() {
            self.fault(key, "it is missing");
        }
        text.unwrap_or_default()
    }

    fn text(&self, key: &str) -> Option<String> {
        let text = self.document[key].as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn flag(&self, key: &str) -> bool {
        self.document[key] == true
    }

    fn count(&self, key: &str, usual: u64) -> u64 {
        let number = self.document[key].as_f64().filter(|number| *number >= 1.0);
        number.map_or(usual, |number| number as u64)
    }

    fn fault(&mut self, path: &str, what: &str) {
        self.faults.push((path.to_owned(), what.to_owned()));
    }
}

fn trimmed(base: String) -> String {
    base.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(document: Value) -> Vec<String> {
        let faults = Settings::read(&document).err().unwrap_or_default();
        faults.into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn the_legacys_document_is_read() {
        let settings = Settings::read(&json!({
            "enabled": true, "appId": " app ", "appPassword": {"$secret": "teams"}, "tenantId": "contoso.example",
            "webhook": {"port": 3978, "path": "/teams"}, "mediaMaxMb": 5, "mediaAllowHosts": ["files.example"],
            "sharePointSiteId": "contoso.sharepoint.com,a,b",
        }))
        .unwrap();
        assert_eq!(settings.app_id, "app");
        assert_eq!(settings.password, "teams");
        assert_eq!(settings.path, "/teams");
        assert_eq!(settings.media_limit, 5 << 20);
        assert_eq!(settings.text_limit, 4000);
        assert_eq!(settings.services.login, "https://login.microsoftonline.com");
        assert_eq!(settings.issuers, Issuers::Tenant);
    }

    #[test]
    fn a_channel_that_is_off_needs_nothing() {
        let settings = Settings::read(&json!({})).unwrap();
        assert!(!settings.enabled);
        assert_eq!(settings.path, USUAL_PATH);
        assert_eq!(settings.password, PASSWORD);
    }

    #[test]
    fn every_fault_is_told() {
        let document = json!({
            "enabled": true, "tenantId": "a/../b", "webhook": {"path": "teams"}, "issuers": "anybody",
            "graphBase": "ftp://x", "appPassword": 7,
        });
        let told = faults(document);
        for path in [
            "appId",
            "appPassword",
            "tenantId",
            "webhook.path",
            "graphBase",
            "issuers",
        ] {
            assert!(told.iter().any(|fault| fault == path), "{path} of {told:?}");
        }
    }

    #[test]
    fn a_slash_at_the_end_of_an_address_does_not_count() {
        let settings = Settings::read(&json!({"graphBase": "http://127.0.0.1:1/"})).unwrap();
        assert_eq!(settings.services.graph, "http://127.0.0.1:1");
    }
}
