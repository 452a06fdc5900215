//! What an answer of the legacy means for the entry it answers.
//!
//! It decides and touches nothing. The surprise: a refusal is not always the entry's fault. A wrong token is an
//! operator's, who will mend it, so the entry waits; only what says that this very entry is wrong makes it a dead letter.

use http::StatusCode;

/// What is to be done about an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The legacy has it.
    Delivered,
    /// It never will.
    Dead(String),
    /// It would not now; the entry is not at fault.
    Later(String),
    /// It failed at it, and the entry may be at fault: after several times it is dead.
    Strike(String),
}

/// A `res` frame that is not `ok`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) message: String,
    /// Whether asking again may help, where the gateway says so.
    pub(crate) retryable: Option<bool>,
    /// Milliseconds after which it may.
    pub(crate) retry_after_ms: Option<u64>,
}

/// As much of it as people read: it goes to the log, the status and every dead letter, and a frame has megabytes.
impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.64}: {:.1024}", self.code, self.message)
    }
}

/// The verdict of an answer of the hooks.
pub(crate) fn of_status(status: StatusCode, said: &str) -> Verdict {
    let reason = format!("the legacy's hooks answered {status}: {said}");
    match status.as_u16() {
        200..=299 => Verdict::Delivered,
        // A token, a path, a switch: none of them is in the entry. 408 and 429 say so themselves.
        401 | 403 | 404 | 405 | 408 | 429 => Verdict::Later(reason),
        400..=499 => Verdict::Dead(reason),
        500 => Verdict::Strike(reason),
        _ => Verdict::Later(reason),
    }
}

/// The verdict of a refusal over the WebSocket.
pub(crate) fn of_refusal(refusal: &Refusal) -> Verdict {
    let reason = format!("the legacy's gateway answered {refusal}");
    let of_the_caller = ["missing scope", "unauthorized role", "unknown method"];
    let is_of_the_caller = of_the_caller
        .iter()
        .any(|start| refusal.message.starts_with(start));
    match &*refusal.code {
        "INVALID_REQUEST" if is_of_the_caller => Verdict::Later(reason),
        "INVALID_REQUEST" => Verdict::Dead(reason),
        "NOT_PAIRED" | "NOT_LINKED" => Verdict::Later(reason),
        _ => Verdict::Strike(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wrong_with_the_entry_kills_it() {
        let check = |status: u16, expect: fn(String) -> Verdict| {
            let verdict = of_status(StatusCode::from_u16(status).unwrap(), "so");
            let status = StatusCode::from_u16(status).unwrap();
            let reason = format!("the legacy's hooks answered {status}: so");
            assert_eq!(verdict, expect(reason));
        };
        check(202, |_| Verdict::Delivered);
        check(400, Verdict::Dead);
        check(413, Verdict::Dead);
        check(401, Verdict::Later);
        check(404, Verdict::Later);
        check(500, Verdict::Strike);
        check(503, Verdict::Later);
        check(302, Verdict::Later);
    }

    #[test]
    fn a_long_refusal_is_cut() {
        let refusal = Refusal {
            code: "x".repeat(1 << 20),
            message: "é".repeat(1 << 20),
            ..Refusal::default()
        };
        assert_eq!(refusal.to_string().chars().count(), 64 + 2 + 1024);
    }

    #[test]
    fn a_refusal_of_the_caller_is_not_one_of_the_entry() {
        let check = |code: &str, message: &str, expect: fn(String) -> Verdict| {
            let refusal = Refusal {
                code: code.to_owned(),
                message: message.to_owned(),
                ..Refusal::default()
            };
            let reason = format!("the legacy's gateway answered {code}: {message}");
            assert_eq!(of_refusal(&refusal), expect(reason));
        };
        check(
            "INVALID_REQUEST",
            "invalid wake params: at /text",
            Verdict::Dead,
        );
        check(
            "INVALID_REQUEST",
            "missing scope: operator.write",
            Verdict::Later,
        );
        check("UNAVAILABLE", "Error: x", Verdict::Strike);
        check("NOT_PAIRED", "pairing required", Verdict::Later);
    }
}
