//! Where the queue lies, and where the legacy is.

use std::path::PathBuf;

use overgrow_settings::Secret;

/// Where the queue lies, and how much may wait in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BridgeConfig {
    /// The folder of `bridge.db`; it is made if it is not there.
    pub folder: PathBuf,
    /// How many entries may wait.
    pub cap: usize,
    /// How many bytes of JSON they may take together.
    pub bytes: u64,
}

/// Where the legacy is, and what it lets us in for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its address, `http://127.0.0.1:18789`: plain HTTP, because it is on this machine.
    pub url: String,
    /// The path of its hooks, `/hooks`.
    pub base: String,
    /// The token of its hooks.
    pub hooks_token: Secret,
    /// The gateway's token. Without it and the password its WebSocket is left alone: wakes go to its hooks, which do
    /// the same, and channels are never learned.
    pub gateway_token: Option<Secret>,
    /// The gateway's password, where it asks for one.
    pub password: Option<Secret>,
    /// Bytes that a body of its hooks may have; it cuts a larger one off without an answer.
    pub max_body: usize,
}

impl BridgeConfig {
    /// A queue in a folder with the usual bounds: 100,000 entries, 256 MiB.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            cap: 100_000,
            bytes: 256 * 1024 * 1024,
        }
    }
}

impl Target {
    /// `hooks.maxBodyBytes` of a legacy that does not say.
    pub const MAX_BODY: usize = 256 * 1024;
}
