//! `[plugins]`: where plugins are, whose signatures count, and what each of them was granted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use overgrow_plugins::Grant;

/// `[plugins]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PluginsConfig {
    /// The keys of the table itself: read at start.
    pub host: PluginHost,
    /// `[plugins.NAME]`: hot.
    pub grants: BTreeMap<String, Grant>,
}

/// The keys of `[plugins]` itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginHost {
    /// The folder of `NAME.wasm` files.
    pub folder: PathBuf,
    /// Where compiled code is kept; absent: below `[server].data`.
    pub cache: Option<PathBuf>,
    /// Ed25519 public keys of those who may sign.
    pub trust: Vec<[u8; 32]>,
    /// What an unsigned plugin is worth.
    pub signatures: Signatures,
    /// Threads that plugins run on; 0 means one per core.
    pub threads: usize,
    /// Instances of all plugins at one time.
    pub instances: u32,
}

/// `signatures`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatures {
    /// A signature is checked where there is one.
    Optional,
    /// What is not signed is not loaded.
    Required,
}

impl Default for PluginHost {
    fn default() -> Self {
        PluginHost {
            folder: PathBuf::from("plugins"),
            cache: None,
            trust: Vec::new(),
            signatures: Signatures::Optional,
            threads: 0,
            instances: 1000,
        }
    }
}
