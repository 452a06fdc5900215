//! What became of a message: put together here, handed to the host as the guest's own `Delivery`.
//!
//! The types of an export are made in the guest's crate; [`ease!`](crate::ease) with `channel` makes `into()` lead from
//! [`Delivered`] to them.

use crate::host::types::{Failure, RetryAdvice};

/// What became of a message.
#[derive(Debug, Clone)]
pub enum Delivered {
    /// All of it is out.
    Sent(Parts),
    /// These parts are out and the rest failed: only the rest may be sent again.
    Partial(Parts, RetryAdvice, String),
    /// Nothing is out.
    Failed(RetryAdvice, String),
    /// This channel has no such operation.
    Unsupported,
}

/// The parts of a message that are out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// One id per message at the provider's, in order.
    pub message_ids: Vec<String>,
    /// The conversation it went to, when the provider said.
    pub conversation: Option<String>,
    /// Unix milliseconds, when the provider said.
    pub sent_at: Option<u64>,
    /// What else the provider said.
    pub extra: Vec<(String, String)>,
}

impl Delivered {
    /// One message, out.
    pub fn sent(id: impl Into<String>) -> Self {
        Self::Sent(Parts {
            message_ids: vec![id.into()],
            ..Parts::default()
        })
    }

    /// Sends parts one by one; `send` gives the id of each. The first failure ends it.
    pub fn each<P>(
        parts: impl IntoIterator<Item = P>,
        mut send: impl FnMut(P) -> Result<String, Failure>,
    ) -> Self {
        let mut out = Parts::default();
        for part in parts {
            match send(part) {
                Ok(id) => out.message_ids.push(id),
                Err(failure) => return out.failed(failure),
            }
        }
        Self::Sent(out)
    }
}

impl Parts {
    /// What became of a message whose next part failed.
    pub fn failed(self, failure: Failure) -> Delivered {
        let why = failure.line();
        match self.message_ids.is_empty() {
            true => Delivered::Failed(failure.retry, why),
            false => Delivered::Partial(self, failure.retry, why),
        }
    }
}

impl From<Result<String, Failure>> for Delivered {
    fn from(sent: Result<String, Failure>) -> Self {
        match sent {
            Ok(id) => Self::sent(id),
            Err(failure) => Parts::default().failed(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(parts: &[&str]) -> Delivered {
        Delivered::each(parts, |part| match *part {
            "bad" => Err(Failure::transient("busy", "later")),
            good => Ok(format!("id-{good}")),
        })
    }

    #[test]
    fn every_part_has_its_id() {
        let Delivered::Sent(parts) = send(&["a", "b"]) else {
            panic!("sent")
        };
        assert_eq!(parts.message_ids, ["id-a", "id-b"]);
    }

    #[test]
    fn a_failure_keeps_what_is_out() {
        let Delivered::Partial(parts, RetryAdvice::Backoff, why) = send(&["a", "bad", "c"]) else {
            panic!("partial")
        };
        assert_eq!(
            (parts.message_ids, &*why),
            (vec!["id-a".into()], "busy: later")
        );
        assert!(matches!(
            send(&["bad"]),
            Delivered::Failed(RetryAdvice::Backoff, _)
        ));
    }
}
