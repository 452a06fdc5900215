//! Why a request ends before anything is dispatched.

use overgrow_handler::{BoxError, Declined};

use crate::json::TooDeep;
use crate::reply::Reply;

/// How it ends.
#[derive(Debug)]
pub(crate) enum Stop {
    /// By an answer.
    Answer(Reply),
    /// The legacy answers.
    Leave(Declined),
    /// By an error: the client is gone.
    Fail(BoxError),
}

impl Stop {
    /// A payload that is at fault.
    pub(crate) fn bad(why: &str) -> Self {
        Self::Answer(Reply::bad(why))
    }
}

impl From<Reply> for Stop {
    fn from(reply: Reply) -> Self {
        Self::Answer(reply)
    }
}

impl From<Declined> for Stop {
    fn from(declined: Declined) -> Self {
        Self::Leave(declined)
    }
}

/// Where the legacy's stack ends only the legacy knows.
impl From<TooDeep> for Stop {
    fn from(_: TooDeep) -> Self {
        Self::Leave(Declined("deep"))
    }
}
