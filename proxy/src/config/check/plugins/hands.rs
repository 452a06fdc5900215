//! The grants of a plugin that are lists of tables: secrets, hosts, programs, methods, planned answers.

use std::path::PathBuf;

use overgrow_plugins::grant::{
    Class, HostPattern, HttpGrant, KvGrant, LegacyGrant, MediaGrant, Network, PlanRule,
    ProcessGrant, Reveal, SecretGrant, SecretSource, TimersGrant, Write,
};
use toml::Spanned;

use super::grant::{json, names};
use super::{limits, whole};
use crate::config::Secret;
use crate::config::check::secret::Places;
use crate::config::field::Field;
use crate::config::read::{Item, Section, brief};
use crate::config::value::{boolean, filled, size, time_limit};

const SECRET: &str = "[{ name = \"token\", env = \"TOKEN\", hosts = [\"api.example.com\"] }]";
const HTTP: &str = "[{ hosts = [\"api.example.com\"], methods = [\"POST\"] }]";
const LEGACY: &str = "[{ method = \"channels.status\", effect = false }]";
const PROCESS: &str = "[{ name = \"zca\", program = \"/usr/local/bin/zca\" }]";
const PLAN: &str = "[{ target = \"POST https://api.example.com/*\", answer = { ok = true } }]";

/// A list of tables, each read by `read`, which gives nothing where it noted a fault.
fn tables<T>(
    item: &mut Item<'_, '_>,
    example: &str,
    mut read: impl FnMut(Section<'_, '_>) -> Option<T>,
) -> Option<Vec<T>> {
    let read = item.list(example, |item| item.table(example, &mut read)?)?;
    Some(read.into_iter().map(Spanned::into_inner).collect())
}

pub(super) fn secrets(item: &mut Item<'_, '_>) -> Option<Vec<SecretGrant>> {
    tables(item, SECRET, one_secret)
}

fn one_secret(mut section: Section<'_, '_>) -> Option<SecretGrant> {
    let name = section.require("name", SECRET, text);
    let mut places = Places::default();
    places.take(&mut section, "TOKEN");
    let config = section.take("config", |item| {
        filled(item, "\"channels.zalo.botToken\"").map(str::to_owned)
    });
    let hosts = section.take("hosts", hosts);
    let reveal = section.take("reveal", boolean).value() == Some(true);
    let write = section.take("write", boolean).value() == Some(true);
    let count = places.count + usize::from(!config.is_absent());
    let spelt = section.finish(&[("path", "write `config`")]);
    if count > 1 || (count == 0 && !write && spelt) {
        section
            .fault("a secret is kept in exactly one place")
            .help("write env, file, keyring, or config with a path in the legacy's settings; or write = true for one that the plugin stores itself");
        return None;
    }
    let source = places
        .secret
        .map(source)
        .or(config.value().map(SecretSource::Config))
        .or((count == 0).then_some(SecretSource::Stored));
    Some(SecretGrant {
        name: name?.into_inner(),
        source: source?,
        hosts: hosts.value().unwrap_or_default(),
        reveal: if reveal {
            Reveal::Audited
        } else {
            Reveal::Never
        },
        write: granted(write),
    })
}

fn source(secret: Secret) -> SecretSource {
    match secret {
        Secret::Env(name) => SecretSource::Env(name),
        Secret::File(path) => SecretSource::File(path),
        Secret::Keyring { service, user } => SecretSource::Keyring { service, user },
    }
}

pub(super) fn http(item: &mut Item<'_, '_>) -> Option<Vec<HttpGrant>> {
    tables(item, HTTP, |mut section| {
        let hosts = section.require("hosts", HTTP, hosts);
        let methods = section.take("methods", methods);
        let private = section.take("private", boolean);
        let read = section.take("read", |item| names(item, "[\"/search/*\"]"));
        section.finish(&[("host", "write hosts = [\"..\"]")]);
        Some(HttpGrant {
            hosts: hosts?.into_inner(),
            methods: methods.value().unwrap_or_default(),
            network: if private.get() == Some(&true) {
                Network::Private
            } else {
                Network::Public
            },
            read: read.value().unwrap_or_default(),
        })
    })
}

fn hosts(item: &mut Item<'_, '_>) -> Option<Vec<HostPattern>> {
    let hosts = item.list("[\"api.example.com\"]", |item| {
        let text = filled(item, "\"api.example.com\"")?;
        match HostPattern::parse(text) {
            Some(host) => Some(host),
            None => item.refuse(
                format!("`{}` is not a host", brief(text)),
                "a name as \"api.example.com\", \"*.example.com\" for those below one, a port behind it where it is not the usual one",
            ),
        }
    })?;
    Some(hosts.into_iter().map(Spanned::into_inner).collect())
}

fn methods(item: &mut Item<'_, '_>) -> Option<Vec<String>> {
    let methods = item.list("[\"POST\"]", |item| {
        let text = filled(item, "\"POST\"")?;
        match text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            true => Some(text.to_owned()),
            false => item.refuse(
                format!("`{}` is not a method", brief(text)),
                "in upper case, as \"POST\"",
            ),
        }
    })?;
    Some(methods.into_iter().map(Spanned::into_inner).collect())
}

/// `true` for the usual bounds, `false` for none of it, or a table.
fn or_usual<T: Default>(
    item: &mut Item<'_, '_>,
    example: &str,
    read: impl FnOnce(Section<'_, '_>) -> T,
) -> Option<Option<T>> {
    match item.flag() {
        Some(on) => Some(on.then(T::default)),
        None => item.table(example, read).map(Some),
    }
}

pub(super) fn kv(item: &mut Item<'_, '_>) -> Option<Option<KvGrant>> {
    or_usual(item, "{ max_bytes = \"1MiB\" }", |mut section| {
        let usual = KvGrant::default();
        let grant = KvGrant {
            namespace: section.take("namespace", text).value(),
            max_bytes: section
                .take("max_bytes", |item| limits::bounded(item, 1..=1 << 30))
                .value()
                .unwrap_or(usual.max_bytes),
            max_keys: section
                .take("max_keys", |item| whole(item, 1..=1_000_000, "1000"))
                .value()
                .unwrap_or(usual.max_keys),
        };
        section.finish(&[]);
        grant
    })
}

pub(super) fn media(item: &mut Item<'_, '_>) -> Option<Option<MediaGrant>> {
    or_usual(item, "{ read = true, write = true }", |mut section| {
        let usual = MediaGrant::default();
        let grant = MediaGrant {
            read: section.take("read", boolean).value().unwrap_or(usual.read),
            write: granted(section.take("write", boolean).value() == Some(true)),
            max_bytes: section
                .take("max_bytes", size)
                .value()
                .unwrap_or(usual.max_bytes),
        };
        section.finish(&[]);
        grant
    })
}

pub(super) fn timers(item: &mut Item<'_, '_>) -> Option<Option<TimersGrant>> {
    or_usual(item, "{ max_pending = 100 }", |mut section| {
        let usual = TimersGrant::default();
        let grant = TimersGrant {
            max_pending: section
                .take("max_pending", |item| whole(item, 1..=100_000, "100"))
                .value()
                .unwrap_or(usual.max_pending),
            min_interval: section
                .take("min_interval", time_limit)
                .value()
                .unwrap_or(usual.min_interval),
        };
        section.finish(&[]);
        grant
    })
}

pub(super) fn legacy(item: &mut Item<'_, '_>) -> Option<Vec<LegacyGrant>> {
    tables(item, LEGACY, |mut section| {
        let method = section.require("method", LEGACY, text);
        let effect = section.take("effect", boolean);
        section.finish(&[]);
        Some(LegacyGrant {
            method: method?.into_inner(),
            class: if effect.get() == Some(&false) {
                Class::Read
            } else {
                Class::Effect
            },
        })
    })
}

pub(super) fn process(item: &mut Item<'_, '_>) -> Option<Vec<ProcessGrant>> {
    tables(item, PROCESS, |mut section| {
        let name = section.require("name", PROCESS, text);
        let program = section.require("program", PROCESS, |item| {
            let path = PathBuf::from(filled(item, "\"/usr/local/bin/zca\"")?);
            match path.is_absolute() {
                true => Some(path),
                false => item.refuse(
                    "not an absolute path",
                    "a program is named by its whole path, so that nobody slips another one under its name",
                ),
            }
        });
        let args = section.take("args", |item| names(item, "[\"--profile\", \"work\"]"));
        let env = section.take("env", |item| names(item, "[\"HOME\"]"));
        section.finish(&[]);
        Some(ProcessGrant {
            name: name?.into_inner(),
            program: program?.into_inner(),
            args: args.value().unwrap_or_default(),
            env: env.value().unwrap_or_default(),
        })
    })
}

pub(super) fn plan(item: &mut Item<'_, '_>) -> Option<Vec<PlanRule>> {
    const KINDS: [(&str, &str); 3] = [
        ("http", "http"),
        ("legacy", "legacy"),
        ("process", "process"),
    ];
    tables(item, PLAN, |mut section| {
        let kind = section.take("kind", |item| crate::config::value::word(item, &KINDS));
        let target = section.require("target", PLAN, text);
        let status = section.take("status", |item| whole(item, 100..=599, "200"));
        let answer: Field<_> = section.take("answer", |item| match json(item.raw().get_ref()) {
            Some(answer) => Some(answer),
            None => item.refuse("a value in it has no JSON form", "write dates as strings"),
        });
        section.finish(&[("url", "write target = \"POST https://..\"")]);
        Some(PlanRule {
            kind: kind.value().unwrap_or("http").to_owned(),
            target: target?.into_inner(),
            status: status.value().map_or(200, |status| status as u16),
            answer: answer.value().unwrap_or_else(|| serde_json::json!({})),
        })
    })
}

fn granted(granted: bool) -> Write {
    match granted {
        true => Write::Granted,
        false => Write::Denied,
    }
}

fn text(item: &mut Item<'_, '_>) -> Option<String> {
    filled(item, "\"name\"").map(str::to_owned)
}
