//! The contract between overgrow and whoever answers a request.
//!
//! A [`Handler`] is any `tower::Service<http::Request<Body>>`: an axum `Router`, a hand-written service, a plugin.
//! It gets the request with a streaming [`Body`] and a [`Call`] in its extensions, and answers with a streaming
//! body of its own. What it does to the world beside the answer, it does through [`Effects`]. Nothing here knows the proxy, Pingora or Wasmtime.
//!
//! What a handler may rely on:
//! - **Declining**: a handler may leave a request to the legacy by the error [`Declined`].
//! - **Cancellation**: its future, and later its body, is dropped when the client leaves or the time is up.
//! - **Panics** become a 500 and are counted; they never take a neighbour down.
//! - **Upgrades**: `hyper::upgrade::on(&mut request)` works when the answer is a `101`.

mod body;
mod call;
mod declined;
mod effects;
mod handler;
mod registry;

pub use body::{Body, BoxError};
pub use call::{Call, RequestId, Role};
pub use declined::Declined;
pub use effects::{Effect, Effects, Plan};
pub use handler::{Answering, Handler};
pub use registry::Registry;
