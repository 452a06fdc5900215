//! How a handler leaves a request to the legacy.

use std::fmt;

/// The error of a handler that leaves this request to the legacy. It is no failure: the legacy is asked in its place,
/// whether or not the route has `fallback`, and a shadow call that ends with it is not compared.
///
/// A handler that gives it declares so by [`Handler::declining`](crate::Handler::declining), and gives it before it has
/// read more than [`BODY`](Self::BODY) bytes of the request's body: what is past that cannot be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declined(
    /// Why, in a word that metrics can bear: `[a-z_]`, one of few.
    pub &'static str,
);

impl Declined {
    /// Bytes of a request's body that are kept for the legacy.
    pub const BODY: usize = 256 * 1024;
}

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "left to the legacy: {}", self.0)
    }
}

impl std::error::Error for Declined {}
