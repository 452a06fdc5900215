//! `hooks`: the webhooks and their mappings, presets already put behind the mappings.
//!
//! It must not know how a request is matched. The surprise: nothing below `hooks` is looked at while it is not enabled,
//! except that known keys must hold what they can hold.

use std::path::Path;

use crate::environment::trim;
use crate::key::Key;
use crate::{Environment, Mapping, Secret};

/// What a body may measure when the file does not say, in bytes.
const MAX_BODY: u64 = 256 * 1024;

/// `hooks`, when it is enabled.
#[derive(Debug, Clone, PartialEq)]
pub struct Hooks {
    /// Normalised `hooks.path`: a leading slash, none at the end.
    pub base: String,
    /// `hooks.token`, trimmed and not empty.
    pub token: Secret,
    /// Largest body in bytes.
    pub max_body: u64,
    /// Mappings, then those of presets, in order; the first match wins.
    pub mappings: Vec<Mapping>,
}

impl Hooks {
    /// Takes `hooks`; `None` unless it is enabled. `folder` is that of the configuration.
    pub(crate) fn of(hooks: &Key<'_>, folder: &Path, environment: &Environment) -> Option<Self> {
        let known = Self {
            base: base(&hooks.at("path")),
            token: Secret::new(trim(hooks.at("token").text().unwrap_or_default())),
            max_body: max_body(&hooks.at("maxBodyBytes")),
            mappings: mappings(hooks, folder, environment),
        };
        if hooks.at("enabled").flag() != Some(true) {
            return None;
        }
        if known.token.reveal().is_empty() {
            hooks
                .at("token")
                .wrong("must be set where hooks are enabled");
        }
        if known.base == "/" {
            hooks.at("path").wrong("must not be `/`");
        }
        Some(known)
    }
}

/// One leading slash is added, all at the end go. Of `///` the legacy makes an empty base that takes every request; here
/// it is refused like `/`.
fn base(path: &Key<'_>) -> String {
    let written = match trim(path.text().unwrap_or_default()) {
        "" => "/hooks",
        written => written,
    };
    let lead = if written.starts_with('/') { "" } else { "/" };
    match format!("{lead}{written}").trim_end_matches('/') {
        "" => "/".to_owned(),
        base => base.to_owned(),
    }
}

fn max_body(key: &Key<'_>) -> u64 {
    match key.whole() {
        Some(bytes) if bytes > 0 => bytes.unsigned_abs(),
        _ => MAX_BODY,
    }
}

fn mappings(hooks: &Key<'_>, folder: &Path, environment: &Environment) -> Vec<Mapping> {
    let transforms = match hooks.at("transformsDir").text() {
        Some(written) if !written.is_empty() => environment.path(folder, written),
        _ => folder.to_owned(),
    };
    let gmail = hooks.at("gmail").at("allowUnsafeExternalContent").flag();
    let presets = hooks.at("presets").texts();
    let presets = presets
        .iter()
        .filter_map(|name| Mapping::of_preset(name, gmail));
    let entries = hooks.at("mappings").list();
    let entries = entries.iter().enumerate();
    entries
        .map(|(nth, entry)| Mapping::of(entry, nth, &transforms))
        .chain(presets)
        .collect()
}
