//! Decides who may: tokens, passwords, proxies, handshakes, JWTs, signatures.
//!
//! Plain functions from what was asked to whether it may be; whatever has to be looked up comes in by a trait or as a
//! value. It must not know sockets, files or clocks. The surprise: the handler here only ever says no. Whom it lets
//! pass is left to the legacy, which checks again.

mod answers;
mod credentials;
mod csrf;
mod gateway;
pub mod handshake;
mod headers;
mod hooks_token;
pub mod jwt;
mod local;
#[cfg(test)]
mod never_panics;
mod replays;
mod signature;
mod surface;
mod whois;

pub use answers::{Shape, method_not_allowed, unauthorized};
pub use credentials::{Method, Presented, Refused, bearer};
pub use csrf::{Csrf, Pages, SameSite, own_origin};
pub use gateway::{Asked, Passed, authorize, tailnet_user};
pub use hooks_token::{HooksToken, Place, hooks_token};
pub use local::{Forwarded, Origin, Proxies, Reading};
pub use replays::Replays;
pub use signature::{
    Algorithm, Encoding, Plain, Scheme, Seal, SignatureError, TOLERANCE, verify as verify_signature,
};
pub use surface::handler;
pub use whois::{Cached, Identity, Nobody, Whois, WhoisError};
