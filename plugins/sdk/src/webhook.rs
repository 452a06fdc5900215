//! Answers of a webhook.
//!
//! [`ease!`](crate::ease) with `webhook` makes `into()` lead from [`Reply`] to the guest's own types. The surprise: a
//! reply has no Content-Type unless it is given one, since some providers' own servers send none.

use serde::Serialize;

use crate::host::types::Failure;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// In wire order.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

/// An answer, and work that the host has done behind it: `jobs.run` with this name and payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyThen {
    /// The answer.
    pub reply: Reply,
    /// Name of the work.
    pub job: String,
    /// JSON.
    pub payload: String,
}

impl Reply {
    /// An empty answer.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// An answer whose body is a bare text, without a Content-Type.
    pub fn bare(status: u16, text: impl Into<String>) -> Self {
        Self {
            body: text.into().into_bytes(),
            ..Self::new(status)
        }
    }

    /// An answer of `text/plain`.
    pub fn text(status: u16, text: impl Into<String>) -> Self {
        Self::bare(status, text).header("Content-Type", "text/plain; charset=utf-8")
    }

    /// An answer of `application/json`.
    ///
    /// # Errors
    /// `bad-json` for a value that JSON cannot hold.
    pub fn json(status: u16, value: &impl Serialize) -> Result<Self, Failure> {
        let text = serde_json::to_string(value)?;
        Ok(Self::bare(status, text).header("Content-Type", "application/json"))
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Answers now, and has the host run `job` afterwards, at least once.
    ///
    /// # Errors
    /// `bad-json` for a payload that JSON cannot hold.
    pub fn then(
        self,
        job: impl Into<String>,
        payload: &impl Serialize,
    ) -> Result<ReplyThen, Failure> {
        Ok(ReplyThen {
            reply: self,
            job: job.into(),
            payload: serde_json::to_string(payload)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_given_is_sent() {
        let reply = Reply::bare(405, "Method Not Allowed").header("Allow", "POST");
        assert_eq!(reply.headers, [("Allow".into(), "POST".into())]);
        let then = Reply::bare(200, "ok")
            .then("update", &[1, 2])
            .expect("JSON");
        assert_eq!((&*then.payload, then.reply.headers.len()), ("[1,2]", 0));
    }
}
