//! `[plugins]`.
//!
//! The surprise: a key with a table behind it is a plugin, any other is the host's, so that `[plugins.NAME]` needs no
//! table of its own.

mod grant;
mod hands;
mod limits;

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use overgrow_plugins::Grant;
use toml::Spanned;

use super::alone;
use crate::config::fault::Notes;
use crate::config::field::Field;
use crate::config::read::{Item, Section, brief};
use crate::config::value::{filled, word};
use crate::config::{PluginHost, PluginsConfig, Signatures};

/// The prefix under which OpenSSL writes an Ed25519 public key (RFC 8410, section 4).
const SPKI: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// The table as it is written.
#[derive(Debug, Default)]
pub(super) struct PluginsFile {
    folder: Field<PathBuf>,
    cache: Field<PathBuf>,
    trust: Field<Vec<[u8; 32]>>,
    signatures: Field<Signatures>,
    threads: Field<usize>,
    instances: Field<u32>,
    grants: BTreeMap<String, Spanned<Grant>>,
}

impl PluginsFile {
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
        let path = |item: &mut Item<'_, '_>| filled(item, "\"plugins\"").map(PathBuf::from);
        let mut file = PluginsFile {
            folder: section.take("folder", path),
            cache: section.take("cache", path),
            trust: section.take("trust", trust),
            signatures: section.take("signatures", |item| {
                let words = [
                    ("optional", Signatures::Optional),
                    ("required", Signatures::Required),
                ];
                word(item, &words)
            }),
            threads: section.take("threads", |item| {
                whole(item, 0..=1024, "2").map(|threads| threads as usize)
            }),
            instances: section.take("instances", |item| whole(item, 1..=100_000, "1000")),
            grants: BTreeMap::new(),
        };
        for (name, grant) in section.tables(plugin) {
            file.grants.insert(name, grant);
        }
        let required = file.signatures.get() == Some(&Signatures::Required);
        if required && file.trust.get().is_none_or(Vec::is_empty) {
            section
                .fault("signatures are required and nobody is trusted")
                .help("add trust = [\"..\"] with the public key of whoever signs");
        }
        section.finish(&[("path", "write `folder`"), ("keys", "write `trust`")]);
        file
    }

    /// Names that have a table.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.grants.keys().map(String::as_str)
    }

    /// Notes the plugins that call the legacy or hand it what they receive, where none is named.
    pub(super) fn stand_alone(&self, notes: &mut Notes) {
        for (name, grant) in &self.grants {
            let Grant {
                legacy, inbound, ..
            } = grant.get_ref();
            if !legacy.is_empty() || !inbound.is_empty() {
                alone::plugin(name, grant.span(), notes);
            }
        }
    }

    pub(super) fn check(self) -> PluginsConfig {
        let grants = self.grants.into_iter();
        let defaults = PluginHost::default();
        PluginsConfig {
            host: PluginHost {
                folder: self.folder.value().unwrap_or(defaults.folder),
                cache: self.cache.value(),
                trust: self.trust.value().unwrap_or_default(),
                signatures: self.signatures.value().unwrap_or(defaults.signatures),
                threads: self.threads.value().unwrap_or(defaults.threads),
                instances: self.instances.value().unwrap_or(defaults.instances),
            },
            grants: grants
                .map(|(name, grant)| (name, grant.into_inner()))
                .collect(),
        }
    }
}

/// One `[plugins.NAME]`.
fn plugin(name: &str, item: &mut Item<'_, '_>) -> Option<(String, Spanned<Grant>)> {
    if !is_name(name) {
        return item.refuse(
            format!("`{}` is no name of a plugin", brief(name)),
            "lower-case letters, digits and hyphens, at most 32, as the file without .wasm",
        );
    }
    let grant = item.table("[plugins.zalo]", grant::read)?;
    Some((name.to_owned(), Spanned::new(item.span(), grant)))
}

/// Whether a plugin may be called that.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=32).contains(&name.len()) && name.chars().all(plain) && !name.starts_with('-')
}

fn trust(item: &mut Item<'_, '_>) -> Option<Vec<[u8; 32]>> {
    let keys = item.list("[\"MCowBQYDK2VwAyEA..\"]", |item| {
        let text = filled(item, "\"MCowBQYDK2VwAyEA..\"")?;
        match public_key(text) {
            Some(key) => Some(key),
            None => item.refuse(
                "not an Ed25519 public key",
                "32 bytes in base64, or what `openssl pkey -pubout -outform DER | base64` writes",
            ),
        }
    })?;
    Some(keys.into_iter().map(Spanned::into_inner).collect())
}

fn public_key(text: &str) -> Option<[u8; 32]> {
    let bytes = STANDARD.decode(text.trim()).ok()?;
    let bare = bytes.strip_prefix(&SPKI).unwrap_or(&bytes);
    bare.try_into().ok()
}

/// A whole number within bounds.
fn whole(
    item: &mut Item<'_, '_>,
    bounds: std::ops::RangeInclusive<u32>,
    example: &str,
) -> Option<u32> {
    let Some(number) = item.integer() else {
        return item.mismatch("a whole number", example);
    };
    match u32::try_from(number) {
        Ok(number) if bounds.contains(&number) => Some(number),
        _ => item.refuse(
            format!("{number} is out of bounds"),
            format!("write a number from {} to {}", bounds.start(), bounds.end()),
        ),
    }
}
