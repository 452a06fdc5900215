//! Has a request and its answer looked at by the route's shadow, if it has one.

use http::{Request, Response};
use overgrow_handler::Body;

use super::account::Account;
use super::caller::Caller;
use super::switch::Upgrade;
use crate::backend::Fault;
use crate::shadow::{Client, Witness};

/// The witness of a request that is about to be asked. A request that wants to leave HTTP has none.
pub(super) fn begin(
    account: &Account,
    caller: &Caller,
    request: &mut Request<Body>,
    upgrade: Upgrade,
) -> Option<Box<Witness>> {
    let shadow = account.route().shadow.as_ref()?;
    if upgrade != Upgrade::None {
        return None;
    }
    let client = Client {
        request_id: &caller.request_id,
        address: caller.client,
    };
    shadow.witness(request, account.side(), client)
}

/// Tells the witness what came of it. When the client's own request broke off there is nothing to tell.
pub(super) fn end(
    witness: Witness,
    answered: Result<Response<Body>, Fault>,
    account: &Account,
) -> Result<Response<Body>, Fault> {
    match answered {
        Ok(response) if account.is_declined() => {
            witness.declined();
            Ok(response)
        }
        Ok(response) => Ok(witness.answered(response, account.side())),
        Err(fault) => {
            if fault.is_the_backends() {
                witness.silent(fault.status(), fault.reason());
            }
            Err(fault)
        }
    }
}
