//! What a plugin asks for beside what it was granted, and what to write to grant the rest.
//!
//! Plain comparison. The surprise: importing an interface gives nothing and costs nothing; it is the grant that counts,
//! so one that is not granted is a row here and no fault.

use serde::Serialize;

use crate::folder::{Shelf, Version};
use crate::grant::{Grant, HttpGrant, Reveal, SecretGrant, Write};
use crate::status::{self, PluginStatus};

/// A plugin, its imports against its grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// As the list tells it.
    pub status: PluginStatus,
    /// Each interface it imports; none when it is not loaded.
    pub imports: Vec<Import>,
    /// WASI's interfaces that it imports: closed but for the clock and random bytes, and for `wasi:http` of a component
    /// that is no plugin.
    pub wasi: Vec<String>,
    /// What of it cannot be of use here, and why.
    pub remarks: Vec<String>,
}

/// An interface that a plugin imports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Import {
    /// Its name in the contract: `http`, `kv`.
    pub interface: String,
    /// Whether it was granted.
    pub given: Given,
    /// What exactly was granted, for people; empty when nothing was.
    pub granted: Vec<String>,
    /// Lines for `[plugins.NAME]` that would grant it, to be adapted.
    pub lines: Vec<String>,
}

/// Whether an interface is of use to a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Given {
    /// Every plugin has it.
    Always,
    /// It was granted, within bounds.
    Granted,
    /// It was not: each call of it is denied.
    Missing,
}

/// Inspects one plugin; `None` when there is no file of that name.
pub(crate) fn inspect(shelf: &Shelf, name: &str) -> Option<Inspection> {
    let slot = shelf.slot(name)?;
    let version = slot.version();
    let version = version.as_deref();
    Some(Inspection {
        status: status::status(shelf, &slot),
        imports: version.map(imports).unwrap_or_default(),
        wasi: version
            .map(|version| version.imports().wasi.clone())
            .unwrap_or_default(),
        remarks: version.map(remarks).unwrap_or_default(),
    })
}

/// Interfaces that a version imports and that nothing was granted of.
pub(crate) fn ungranted(version: &Version) -> Vec<String> {
    let missing = imports(version).into_iter();
    let missing = missing.filter(|import| import.given == Given::Missing);
    missing.map(|import| import.interface).collect()
}

fn imports(version: &Version) -> Vec<Import> {
    let interfaces = version.imports().overgrow.iter();
    interfaces
        .map(|interface| import(interface, version.grant()))
        .collect()
}

fn import(interface: &str, grant: &Grant) -> Import {
    let granted = granted(interface, grant);
    let given = match interface {
        "log" | "env" | "config" => Given::Always,
        _ if granted.is_empty() => Given::Missing,
        _ => Given::Granted,
    };
    let lines = match given {
        Given::Granted => Vec::new(),
        Given::Always | Given::Missing => lines(interface),
    };
    Import {
        interface: interface.to_owned(),
        given,
        lines: if granted.is_empty() {
            lines
        } else {
            Vec::new()
        },
        granted,
    }
}

/// What was granted of an interface, one line each.
fn granted(interface: &str, grant: &Grant) -> Vec<String> {
    match interface {
        "config" => grant.config.clone(),
        "secrets" => grant.secrets.iter().map(secret).collect(),
        "http" => grant.http.iter().map(http).collect(),
        "media" => list(&grant.media, |media| {
            let may = match (media.read, media.write) {
                (true, Write::Granted) => "read and write",
                (true, Write::Denied) => "read",
                (false, Write::Granted) => "write",
                (false, Write::Denied) => "nothing",
            };
            format!("{may}, {} bytes a file", media.max_bytes)
        }),
        "kv" => list(&grant.kv, |kv| {
            format!("{} keys, {} bytes", kv.max_keys, kv.max_bytes)
        }),
        "timers" => list(&grant.timers, |timers| {
            format!("{} at a time", timers.max_pending)
        }),
        "inbound" => grant.inbound.clone(),
        "legacy" => {
            let method = |legacy: &crate::grant::LegacyGrant| legacy.method.clone();
            grant.legacy.iter().map(method).collect()
        }
        "process" => {
            let program = |process: &crate::grant::ProcessGrant| {
                format!("{}: {}", process.name, process.program.display())
            };
            grant.process.iter().map(program).collect()
        }
        _ => Vec::new(),
    }
}

fn list<T>(grant: &Option<T>, tell: impl Fn(&T) -> String) -> Vec<String> {
    grant.iter().map(tell).collect()
}

fn secret(secret: &SecretGrant) -> String {
    let hosts: Vec<_> = secret.hosts.iter().map(|host| host.as_str()).collect();
    let mut text = secret.name.clone();
    if !hosts.is_empty() {
        text = format!("{text} for {}", hosts.join(", "));
    }
    if secret.reveal == Reveal::Audited {
        text += ", revealed";
    }
    if secret.write == Write::Granted {
        text += ", written";
    }
    text
}

fn http(http: &HttpGrant) -> String {
    let hosts: Vec<_> = http.hosts.iter().map(|host| host.as_str()).collect();
    let methods = match http.methods.is_empty() {
        true => "GET, HEAD".to_owned(),
        false => http.methods.join(", "),
    };
    format!("{methods} to {}", hosts.join(", "))
}

/// Examples in the words of routes.toml.
fn lines(interface: &str) -> Vec<String> {
    let line = match interface {
        "config" => r#"config = ["channels.NAME"]"#,
        "secrets" => {
            r#"secrets = [{ name = "token", env = "TOKEN", hosts = ["api.example.com"] }]"#
        }
        "http" => r#"http = [{ hosts = ["api.example.com"], methods = ["GET", "POST"] }]"#,
        "media" => "media = { read = true, write = true }",
        "kv" => "kv = true",
        "timers" => "timers = true",
        "inbound" => r#"inbound = ["NAME"]"#,
        "legacy" => r#"legacy = [{ method = "channels.status", effect = false }]"#,
        "process" => r#"process = [{ name = "helper", program = "/usr/local/bin/helper" }]"#,
        _ => return Vec::new(),
    };
    vec![line.to_owned()]
}

fn remarks(version: &Version) -> Vec<String> {
    let mut remarks = Vec::new();
    if !version.events.is_empty() {
        let names = version.events.join(", ");
        remarks.push(format!(
            "it would like to see {names}: the gateway tells nobody of its events, so it sees none"
        ));
    }
    let exports = version.exports();
    if exports.contains(&"webhook") && version.routes.iter().next().is_none() {
        remarks.push("it answers requests nowhere under this configuration".to_owned());
    }
    if version.grant().timers.is_some() && !exports.contains(&"jobs") {
        remarks.push("it may arm timers and exports no `jobs` to run them".to_owned());
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::{HostPattern, KvGrant, Network};

    #[test]
    fn what_is_missing_comes_with_a_line_that_grants_it() {
        let bare = Grant::default();
        for interface in [
            "http", "secrets", "kv", "media", "timers", "inbound", "legacy", "process",
        ] {
            let import = import(interface, &bare);
            assert_eq!(import.given, Given::Missing, "{interface}");
            assert!(
                import.lines[0].starts_with(&format!("{interface} = ")),
                "{interface}"
            );
        }
        for interface in ["log", "env", "config"] {
            assert_eq!(import(interface, &bare).given, Given::Always, "{interface}");
        }
    }

    #[test]
    fn what_is_granted_is_told() {
        let grant = Grant {
            http: vec![HttpGrant {
                hosts: vec![HostPattern::parse("api.example").expect("a host")],
                methods: Vec::new(),
                network: Network::Public,
                read: Vec::new(),
            }],
            kv: Some(KvGrant::default()),
            ..Grant::default()
        };
        let http = import("http", &grant);
        assert_eq!(http.given, Given::Granted);
        assert_eq!(http.granted, ["GET, HEAD to api.example"]);
        assert!(http.lines.is_empty());
        assert_eq!(import("kv", &grant).granted, ["1000 keys, 1048576 bytes"]);
    }
}
