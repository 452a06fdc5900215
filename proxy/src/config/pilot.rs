//! What the file says of the pilot as a whole; which routes are its own is said by their gates.

use url::Url;

use super::Secret;

/// `[pilot]`: who is told of its moves; hot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PilotConfig {
    /// Where each move is sent to as JSON. Its path may be a secret, so it is never shown.
    pub webhook: Option<Url>,
    /// Sent along as a bearer token.
    pub webhook_token: Option<Secret>,
}
