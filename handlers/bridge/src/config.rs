//! Where the queue lies, and where the legacy is.

use std::path::PathBuf;
use std::time::Duration;

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
    /// The longest wait between two attempts to reach a legacy that is away; the first ones are shorter.
    pub longest_wait: Duration,
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
    /// A queue in a folder with the usual bounds: 100,000 entries, 256 MiB, attempts at least every 5 s. An attempt on
    /// this machine costs next to nothing, and a legacy that is back should not wait long for what it missed.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            cap: 100_000,
            bytes: 256 * 1024 * 1024,
            longest_wait: Duration::from_secs(5),
        }
    }
}

impl Target {
    /// `hooks.maxBodyBytes` of a legacy that does not say.
    pub const MAX_BODY: usize = 256 * 1024;

    /// Host and port, for connections and the `Host` header.
    ///
    /// # Errors
    /// Says what is wrong with the address.
    pub(crate) fn authority(&self) -> Result<String, String> {
        let wrong = || format!("{} is no address of plain HTTP", self.url);
        let url: http::Uri = self.url.parse().map_err(|_| wrong())?;
        if url.scheme_str() != Some("http") {
            return Err(wrong());
        }
        let host = url.host().ok_or_else(wrong)?;
        Ok(format!("{host}:{}", url.port_u16().unwrap_or(80)))
    }

    /// Whether its WebSocket would let us in.
    pub(crate) fn has_gateway(&self) -> bool {
        self.gateway_token.is_some() || self.password.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_plain_http() {
        let check = |url: &str, expect: Option<&str>| {
            let target = Target {
                url: url.to_owned(),
                base: "/hooks".to_owned(),
                hooks_token: Secret::new("t"),
                gateway_token: None,
                password: None,
                max_body: Target::MAX_BODY,
            };
            assert_eq!(target.authority().ok().as_deref(), expect, "{url}");
        };
        check("http://127.0.0.1:18789", Some("127.0.0.1:18789"));
        check("http://[::1]:9/", Some("[::1]:9"));
        check("http://legacy", Some("legacy:80"));
        check("https://legacy", None);
        check("127.0.0.1:18789", None);
        check("", None);
    }
}
