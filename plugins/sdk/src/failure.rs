//! One failure for everything, so that `?` does.
//!
//! What the host could not do says whether another try may help; a text that is not the JSON it should be never gets
//! better by itself. The surprise: a denied call is permanent as well, although an operator may grant it, because the
//! host starts the plugin afresh then.

use std::fmt;
use std::time::Duration;

use crate::host::types::{Error, Failure, RetryAdvice};

impl Failure {
    /// One that another try cannot help. `code` is a stable word such as `bad-target`, `message` is for people and has
    /// no secrets in it.
    pub fn permanent(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(code, message, RetryAdvice::Never)
    }

    /// One that may pass: the host's own back-off applies.
    pub fn transient(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(code, message, RetryAdvice::Backoff)
    }

    /// One that passes after a time that the far side named.
    pub fn after(time: Duration, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(code, message, RetryAdvice::After(millis(time)))
    }

    /// One with the advice given.
    pub fn new(code: impl Into<String>, message: impl Into<String>, retry: RetryAdvice) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            retry,
        }
    }

    /// The same, with what was being done in front of its message.
    #[must_use]
    pub fn context(mut self, doing: impl fmt::Display) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }

    /// Code and message in one line, for a log; `Display`, which comes with the bindings, is for debugging.
    pub fn line(&self) -> String {
        format!("{}: {}", self.code, self.message)
    }

    /// Whether another try may help.
    pub fn is_transient(&self) -> bool {
        !matches!(self.retry, RetryAdvice::Never)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (code, message, retry) = match error {
            Error::Denied(what) => ("denied".into(), what, RetryAdvice::Never),
            Error::Invalid(what) => ("invalid".into(), what, RetryAdvice::Never),
            Error::NotFound => ("not-found".into(), "not found".into(), RetryAdvice::Never),
            Error::Conflict => ("conflict".into(), "conflict".into(), RetryAdvice::Backoff),
            Error::TooLarge(cap) => {
                let message = format!("larger than {cap} bytes");
                ("too-large".into(), message, RetryAdvice::Never)
            }
            Error::RateLimited(wait) => {
                let retry = wait.map_or(RetryAdvice::Backoff, RetryAdvice::After);
                ("rate-limited".into(), "too many calls".into(), retry)
            }
            Error::Timeout => (
                "timeout".into(),
                "no time left".into(),
                RetryAdvice::Backoff,
            ),
            Error::Unavailable(what) => ("unavailable".into(), what, RetryAdvice::Backoff),
            Error::Other((code, message)) => (code, message, RetryAdvice::Never),
        };
        Self {
            code,
            message,
            retry,
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::permanent("bad-json", error.to_string())
    }
}

/// Whole milliseconds, which is how the contract counts.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: Error, code: &str, transient: bool) {
        let failure = Failure::from(error);
        assert_eq!(failure.code, code);
        assert_eq!(failure.is_transient(), transient, "{code}");
    }

    #[test]
    fn what_the_host_could_not_do_says_whether_to_try_again() {
        check(Error::Denied("http".into()), "denied", false);
        check(Error::Invalid("url".into()), "invalid", false);
        check(Error::NotFound, "not-found", false);
        check(Error::Conflict, "conflict", true);
        check(Error::TooLarge(5), "too-large", false);
        check(Error::RateLimited(None), "rate-limited", true);
        check(Error::Timeout, "timeout", true);
        check(Error::Unavailable("legacy".into()), "unavailable", true);
        check(Error::Other(("odd".into(), "it is".into())), "odd", false);
    }

    #[test]
    fn a_named_wait_is_kept() {
        let limited = Failure::from(Error::RateLimited(Some(1500)));
        assert!(matches!(limited.retry, RetryAdvice::After(1500)));
        let asked = Failure::after(Duration::from_secs(2), "busy", "later");
        assert!(matches!(asked.retry, RetryAdvice::After(2000)));
    }

    #[test]
    fn context_stands_in_front() {
        let failure = Failure::permanent("a", "b").context("sending");
        assert_eq!(failure.line(), "a: sending: b");
    }
}
