//! How a call of the legacy's gateway can fail, told apart by what is to be done about it.

use std::time::Duration;

use crate::deliver::verdict::Refusal;

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RpcError {
    /// The gateway is not there; nothing was sent.
    #[error("the legacy's gateway is away: {0}")]
    Away(String),
    /// The connection broke before the answer: the gateway may have done it or not.
    #[error("the legacy's gateway went away before it answered")]
    Broken,
    /// The answer took longer than it might: the gateway may still do it.
    #[error("the legacy's gateway did not answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// The gateway would close the connection on a frame of that size; nothing was sent.
    #[error("of {size} bytes, where the legacy's gateway takes {most}")]
    TooLarge {
        /// Bytes of the frame.
        size: usize,
        /// Bytes that the gateway takes.
        most: usize,
    },
    /// The gateway said no.
    #[error("{code}: {message}")]
    Refused {
        /// Its own word, such as `INVALID_REQUEST`.
        code: String,
        /// Its own text.
        message: String,
        /// Whether another try may help.
        retryable: bool,
        /// When it may, if the gateway said so.
        retry_after: Option<Duration>,
    },
}

impl RpcError {
    /// A word for programs: the gateway's own, or `unavailable`, `timeout` or `too_large`.
    pub fn code(&self) -> &str {
        match self {
            Self::Away(_) | Self::Broken => "unavailable",
            Self::Timeout(_) => "timeout",
            Self::TooLarge { .. } => "too_large",
            Self::Refused { code, .. } => code,
        }
    }

    /// Whether the same call may do better later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Away(_) | Self::Broken | Self::Timeout(_) => true,
            Self::TooLarge { .. } => false,
            Self::Refused { retryable, .. } => *retryable,
        }
    }

    /// Whether the gateway certainly did not do it. When not, the call is to be repeated under the same idempotency key.
    pub fn is_certain(&self) -> bool {
        !matches!(self, Self::Broken | Self::Timeout(_))
    }
}

impl From<Refusal> for RpcError {
    fn from(refusal: Refusal) -> Self {
        // 2026.1.29 never says whether; these two are what it answers when it fails itself.
        let own_fault = matches!(&*refusal.code, "UNAVAILABLE" | "AGENT_TIMEOUT");
        Self::Refused {
            retryable: refusal.retryable.unwrap_or(own_fault),
            retry_after: refusal.retry_after_ms.map(Duration::from_millis),
            code: refusal.code,
            message: refusal.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_final_unless_the_gateway_failed_or_says_otherwise() {
        let check = |code: &str, said: Option<bool>, expect: bool| {
            let refusal = Refusal {
                code: code.to_owned(),
                retryable: said,
                ..Refusal::default()
            };
            assert_eq!(RpcError::from(refusal).is_retryable(), expect, "{code}");
        };
        check("INVALID_REQUEST", None, false);
        check("INVALID_REQUEST", Some(true), true);
        check("UNAVAILABLE", None, true);
        check("UNAVAILABLE", Some(false), false);
    }
}
