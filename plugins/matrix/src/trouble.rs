//! Why the homeserver or the host did not do what was asked, and whether to ask again.

use std::fmt;

use overgrow_sdk::host::types::{Error, Failure, RetryAdvice};
use serde_json::Value;

/// Longest wait that a server may ask for, ms: an hour. A longer one is a mistake or a trick.
const LONGEST_WAIT: u64 = 3_600_000;

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What sort it is.
    pub cause: Cause,
    /// For people; without secrets.
    pub message: String,
}

/// What sort of trouble it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The token is not known any more.
    Token(Logout),
    /// Nothing lets the plugin in: not before an operator does something.
    Barred,
    /// Too many requests; again after so many ms.
    Limited(Option<u64>),
    /// There is no such thing.
    Absent,
    /// The server does not know this endpoint.
    Unrecognized,
    /// The server or the host said no, for good.
    Refused,
    /// It is so already.
    Already,
    /// The answer is larger than asked for.
    Large,
    /// Nobody answered, or with an error of the server's own.
    Away,
}

/// How a token was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logout {
    /// The device stays and may log in again.
    Soft,
    /// The device is gone.
    Hard,
}

impl Trouble {
    /// Trouble of a sort.
    pub fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self {
            cause,
            message: message.into(),
        }
    }

    /// What cannot become better by asking again.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Cause::Refused, message)
    }

    /// What an answer says that is not a success. `wait` is what its headers say, ms.
    pub fn answered(doing: &str, status: u16, wait: Option<u64>, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let code: String = text("errcode").chars().take(64).collect();
        let said: String = text("error").chars().take(200).collect();
        let cause = cause(status, &code, &body, wait);
        Self::new(cause, format!("{doing}: {status} {code} {said}").trim())
    }

    /// Whether asking again may help, and when.
    pub fn advice(&self) -> RetryAdvice {
        match self.cause {
            Cause::Limited(Some(wait)) => RetryAdvice::After(wait),
            Cause::Limited(None) | Cause::Away => RetryAdvice::Backoff,
            _ => RetryAdvice::Never,
        }
    }

    /// The stable word for it.
    pub fn code(&self) -> &'static str {
        match self.cause {
            Cause::Token(_) | Cause::Barred => "logged-out",
            Cause::Limited(_) => "rate-limited",
            Cause::Absent => "not-found",
            Cause::Unrecognized => "unrecognized",
            Cause::Refused => "refused",
            Cause::Already => "already",
            Cause::Large => "too-large",
            Cause::Away => "unavailable",
        }
    }
}

fn cause(status: u16, code: &str, body: &Value, wait: Option<u64>) -> Cause {
    let named = body.get("retry_after_ms").and_then(Value::as_f64);
    let named = named.map(|wait| wait.max(0.0) as u64);
    match (status, code) {
        (_, "M_UNKNOWN_TOKEN") => match body.get("soft_logout") {
            Some(Value::Bool(true)) => Cause::Token(Logout::Soft),
            _ => Cause::Token(Logout::Hard),
        },
        (429, _) | (_, "M_LIMIT_EXCEEDED") => {
            Cause::Limited(wait.or(named).map(|wait| wait.min(LONGEST_WAIT)))
        }
        (_, "M_UNRECOGNIZED") | (405, _) => Cause::Unrecognized,
        (_, "M_DUPLICATE_ANNOTATION") => Cause::Already,
        (404, _) => Cause::Absent,
        (413, _) => Cause::Large,
        (408 | 500.., _) => Cause::Away,
        _ => Cause::Refused,
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let (cause, message) = match error {
            Error::Denied(what) => (Cause::Refused, format!("denied: {what}")),
            Error::Invalid(what) => (Cause::Refused, format!("invalid: {what}")),
            Error::NotFound => (Cause::Absent, "not found".into()),
            Error::Conflict => (Cause::Away, "somebody else was faster".into()),
            Error::TooLarge(cap) => (Cause::Large, format!("larger than {cap} bytes")),
            Error::RateLimited(wait) => (Cause::Limited(wait), "the plugin's own rate".into()),
            Error::Timeout => (Cause::Away, "no answer in time".into()),
            Error::Unavailable(what) => (Cause::Away, what),
            Error::Other((code, what)) => (Cause::Refused, format!("{code}: {what}")),
        };
        Self { cause, message }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self {
            code: trouble.code().into(),
            retry: trouble.advice(),
            message: trouble.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, body: &str, wait: Option<u64>, expect: Cause) {
        let trouble = Trouble::answered("asking", status, wait, body.as_bytes());
        assert_eq!(trouble.cause, expect, "{status} {body}");
    }

    /// The specification's § "Standard error response" and § "Soft logout".
    #[test]
    fn standard_errors_have_their_meaning() {
        let limited =
            r#"{"errcode":"M_LIMIT_EXCEEDED","error":"Too many requests","retry_after_ms":2000}"#;
        check(429, limited, None, Cause::Limited(Some(2000)));
        check(429, limited, Some(5000), Cause::Limited(Some(5000)));
        check(429, "{}", None, Cause::Limited(None));
        check(
            429,
            r#"{"retry_after_ms":1e18}"#,
            None,
            Cause::Limited(Some(LONGEST_WAIT)),
        );
        check(
            401,
            r#"{"errcode":"M_UNKNOWN_TOKEN","soft_logout":true}"#,
            None,
            Cause::Token(Logout::Soft),
        );
        check(
            401,
            r#"{"errcode":"M_UNKNOWN_TOKEN"}"#,
            None,
            Cause::Token(Logout::Hard),
        );
        check(
            401,
            r#"{"errcode":"M_MISSING_TOKEN"}"#,
            None,
            Cause::Refused,
        );
        check(
            403,
            r#"{"errcode":"M_FORBIDDEN","error":"You are not allowed"}"#,
            None,
            Cause::Refused,
        );
        check(404, r#"{"errcode":"M_NOT_FOUND"}"#, None, Cause::Absent);
        check(
            404,
            r#"{"errcode":"M_UNRECOGNIZED"}"#,
            None,
            Cause::Unrecognized,
        );
        check(413, r#"{"errcode":"M_TOO_LARGE"}"#, None, Cause::Large);
        check(502, "<html>", None, Cause::Away);
        check(504, "", None, Cause::Away);
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let advice = |cause| Trouble::new(cause, "").advice();
        assert!(matches!(
            advice(Cause::Limited(Some(7))),
            RetryAdvice::After(7)
        ));
        assert!(matches!(advice(Cause::Limited(None)), RetryAdvice::Backoff));
        assert!(matches!(advice(Cause::Away), RetryAdvice::Backoff));
        for cause in [
            Cause::Refused,
            Cause::Absent,
            Cause::Large,
            Cause::Token(Logout::Hard),
        ] {
            assert!(matches!(advice(cause), RetryAdvice::Never), "{cause:?}");
        }
    }

    #[test]
    fn what_a_server_says_is_cut() {
        let body = format!(
            r#"{{"errcode":"M_FORBIDDEN","error":"{}"}}"#,
            "x".repeat(5000)
        );
        let trouble = Trouble::answered("joining", 403, None, body.as_bytes());
        assert!(trouble.message.starts_with("joining: 403 M_FORBIDDEN xxx"));
        assert!(trouble.message.len() < 300);
    }
}
