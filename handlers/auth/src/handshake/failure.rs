//! How a handshake that fails is answered and closed, in the legacy's words.
//!
//! It must not decide anything. The surprise: the hint in an `unauthorized` depends on the client, for it is shown to
//! whoever sits before that one.

use serde::Serialize;

use super::connect::Client;
use crate::credentials::Refused;

/// Bytes of a close reason: RFC 6455 leaves 123, and the legacy cuts here.
const REASON: usize = 120;

/// A handshake that failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What the request is answered with; nothing when it was none.
    pub answer: Option<Box<Answer>>,
    /// The close code.
    pub code: u16,
    /// The close reason: 120 bytes at most.
    pub reason: String,
    /// The pairing that somebody has to approve: to be kept, if it is not kept yet.
    pub pairing: Option<Box<super::Pairing>>,
}

/// The frame of an answer, as it is written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    #[serde(rename = "type")]
    kind: &'static str,
    /// The name of the request.
    pub id: String,
    ok: bool,
    /// What is wrong.
    pub error: ErrorShape,
}

/// The error of an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorShape {
    /// `INVALID_REQUEST` or `NOT_PAIRED`.
    pub code: &'static str,
    /// For people.
    pub message: String,
    /// For programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
}

/// What programs are told of an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Details {
    /// The protocol that is spoken here.
    ExpectedProtocol(u32),
    /// The pairing to be approved.
    RequestId(String),
}

impl Failure {
    /// Answers the request of that name.
    pub(super) fn to(mut self, id: String) -> Self {
        if let Some(answer) = &mut self.answer {
            answer.id = id;
        }
        self
    }

    /// Closes without an answer.
    pub(super) fn silent(code: u16, reason: &str) -> Self {
        Self {
            answer: None,
            code,
            reason: reason.to_owned(),
            pairing: None,
        }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::told("INVALID_REQUEST", message.into(), None)
    }

    pub(super) fn not_paired(message: &str) -> Self {
        Self::told("NOT_PAIRED", message.to_owned(), None)
    }

    pub(super) fn protocol() -> Self {
        let details = Some(Details::ExpectedProtocol(super::PROTOCOL));
        let told = Self::told("INVALID_REQUEST", "protocol mismatch".to_owned(), details);
        Self { code: 1002, ..told }
    }

    pub(super) fn pairing(pairing: super::Pairing) -> Self {
        let details = Some(Details::RequestId(pairing.request.clone()));
        let told = Self::told("NOT_PAIRED", "pairing required".to_owned(), details);
        Self {
            pairing: Some(Box::new(pairing)),
            ..told
        }
    }

    pub(super) fn unauthorized(refused: Refused, client: &Client) -> Self {
        let hints = Hints::of(client);
        Self::invalid(match refused {
            Refused::TokenMissing => {
                format!("unauthorized: gateway token missing ({})", hints.token)
            }
            Refused::TokenMismatch => {
                format!("unauthorized: gateway token mismatch ({})", hints.token)
            }
            Refused::TokenMissingConfig => {
                "unauthorized: gateway token not configured on gateway (set gateway.auth.token)"
                    .to_owned()
            }
            Refused::PasswordMissing => {
                format!("unauthorized: gateway password missing ({})", hints.password)
            }
            Refused::PasswordMismatch => {
                format!("unauthorized: gateway password mismatch ({})", hints.password)
            }
            Refused::PasswordMissingConfig => {
                "unauthorized: gateway password not configured on gateway (set gateway.auth.password)"
                    .to_owned()
            }
        })
    }

    fn told(code: &'static str, message: String, details: Option<Details>) -> Self {
        Self {
            reason: cut(&message),
            answer: Some(Box::new(Answer {
                kind: "res",
                id: String::new(),
                ok: false,
                error: ErrorShape {
                    code,
                    message,
                    details,
                },
            })),
            code: 1008,
            pairing: None,
        }
    }
}

/// What a client's user may do about it.
struct Hints {
    token: &'static str,
    password: &'static str,
}

impl Hints {
    fn of(client: &Client) -> Self {
        let is_page =
            client.mode == "webchat" || matches!(&*client.id, "webchat-ui" | "openclaw-control-ui");
        if client.mode == "cli" {
            Self {
                token: "set gateway.remote.token to match gateway.auth.token",
                password: "set gateway.remote.password to match gateway.auth.password",
            }
        } else if is_page {
            Self {
                token: "open a tokenized dashboard URL or paste token in Control UI settings",
                password: "enter the password in Control UI settings",
            }
        } else {
            Self {
                token: "provide gateway auth token",
                password: "provide gateway auth password",
            }
        }
    }
}

/// Cut at a byte; half a letter becomes U+FFFD, as it does there.
fn cut(message: &str) -> String {
    let bytes = message.as_bytes();
    String::from_utf8_lossy(&bytes[..bytes.len().min(REASON)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_cut_at_120_bytes() {
        assert_eq!(cut(&"a".repeat(121)), "a".repeat(120));
        let long = format!("{}é", "a".repeat(119));
        assert_eq!(cut(&long), format!("{}\u{fffd}", "a".repeat(119)));
        assert_eq!(cut("short"), "short");
    }
}
