//! The legacy gateway's own configuration, as the native handlers need it, so that both sides agree.
//!
//! It is read (JSON5, `$include`, `${ENV}`), never written; a key that is not known here is left alone. The surprise:
//! a file that cannot be read keeps the last good settings, and without any the handlers leave every request to the
//! legacy.

mod bell;
mod document;
mod environment;
mod fault;
mod folders;
mod gateway;
mod hooks;
mod include;
mod key;
mod live;
mod mapping;
mod read;
mod secret;
mod substitute;
mod text;
mod watch;

use std::path::PathBuf;

pub use document::Document;
pub use environment::Environment;
pub use fault::{At, SettingsError};
pub use gateway::{Auth, Bind, Endpoint, Endpoints, Gateway, Mode, Tailscale};
pub use hooks::Hooks;
pub use live::{Changes, Live, LiveStatus};
pub use mapping::{Action, Mapping, Transform, WakeMode};
pub use secret::Secret;

/// What the native handlers take from the legacy's configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The folder of the configuration file: what relative paths in it start from.
    pub folder: PathBuf,
    /// The legacy's state folder; its media lie in `media` below it.
    pub state: PathBuf,
    /// `gateway`.
    pub gateway: Gateway,
    /// `hooks`; absent unless `hooks.enabled` is `true`.
    pub hooks: Option<Hooks>,
    /// All of it, for plugins.
    pub document: Document,
}
