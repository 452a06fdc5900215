//! Tells the route's book of a request that one side answered while the other is not asked.
//!
//! Only routes with a gate of their own pay for it. The surprise: where the legacy answered in the place of a native
//! side that failed, the failure is rust's all the same, although no client saw it, unless the legacy failed as well.

use std::sync::Arc;
use std::time::Instant;

use http::{Response, StatusCode};
use overgrow_handler::Body;
use overgrow_parity::Answered;

use super::account::Account;
use super::switch::Upgrade;
use crate::backend::Fault;
use crate::ledger::Book;
use crate::route::Side;

/// A request that nobody compares.
pub(super) struct Alone {
    book: Arc<Book>,
    asked: Side,
    since: Instant,
}

impl Alone {
    /// A request that is about to be asked. One that wants to leave HTTP is not counted.
    pub(super) fn begin(account: &Account, upgrade: Upgrade) -> Option<Self> {
        let book = account.route().book.as_ref()?;
        (upgrade == Upgrade::None).then(|| Self {
            book: Arc::clone(book),
            asked: account.side(),
            since: Instant::now(),
        })
    }

    /// Tells what came of it, up to the head of the answer. What was declined is nobody's success or failure, and
    /// neither is a request that broke off on the client's side.
    pub(super) fn end(self, answered: &Result<Response<Body>, Fault>, account: &Account) {
        let told = match answered {
            _ if account.is_declined() => None,
            Ok(response) => self.status(account.side(), response.status()),
            Err(fault) if fault.is_the_backends() => self.status(account.side(), fault.status()),
            Err(_) => None,
        };
        if let Some(status) = told {
            let (status, took) = (status.as_u16(), self.since.elapsed());
            self.book
                .served(evidence(self.asked), Answered { status, took });
        }
    }

    /// The status that counts for the side that was asked, when that one or the other gave `status`.
    fn status(&self, side: Side, status: StatusCode) -> Option<StatusCode> {
        match status {
            status if side == self.asked => Some(status),
            status if status.is_server_error() => None,
            _ => Some(StatusCode::BAD_GATEWAY),
        }
    }
}

fn evidence(side: Side) -> overgrow_parity::Side {
    match side {
        Side::Legacy => overgrow_parity::Side::Legacy,
        Side::Rust => overgrow_parity::Side::Rust,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Ledger;

    fn check(asked: Side, answered: Side, status: u16, expect: Option<u16>) {
        let alone = Alone {
            book: Ledger::in_memory().book("orders", "one"),
            asked,
            since: Instant::now(),
        };
        let status = StatusCode::from_u16(status).unwrap();
        let counted = alone.status(answered, status);
        let counted = counted.map(|status| status.as_u16());
        assert_eq!(counted, expect, "{asked:?} {answered:?} {status}");
    }

    #[test]
    fn what_a_side_answers_itself_counts_as_it_is() {
        check(Side::Rust, Side::Rust, 200, Some(200));
        check(Side::Rust, Side::Rust, 504, Some(504));
        check(Side::Legacy, Side::Legacy, 500, Some(500));
    }

    #[test]
    fn what_the_legacy_made_good_is_a_failure_of_rust() {
        check(Side::Rust, Side::Legacy, 200, Some(502));
        check(Side::Rust, Side::Legacy, 404, Some(502));
    }

    #[test]
    fn what_the_legacy_failed_at_too_is_held_against_nobody() {
        check(Side::Rust, Side::Legacy, 503, None);
    }
}
