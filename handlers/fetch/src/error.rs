//! Why nothing was fetched.

use std::net::IpAddr;

/// Nothing was fetched. The texts of what is blocked are the legacy's, which clients may know.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// It is no address that can be fetched.
    #[error("Invalid URL")]
    Url,
    /// Neither http nor https.
    #[error("Invalid URL protocol: {0}. Only HTTP/HTTPS allowed.")]
    Scheme(String),
    /// A user or a password in the address.
    #[error("Blocked: credentials in the address")]
    Credentials,
    /// A port that services inside listen on.
    #[error("Blocked: port {0}")]
    Port(u16),
    /// A name that stands for something inside, or is not on the list.
    #[error("Blocked hostname: {0}")]
    Hostname(String),
    /// An address that is not the public internet's.
    #[error("Blocked: private/internal IP address")]
    Address(IpAddr),
    /// A name with such an address among its own.
    #[error("Blocked: resolves to private/internal IP address")]
    ResolvesInside(IpAddr),
    /// The name is not known, or nobody could be asked.
    #[error("{0} cannot be resolved")]
    Unresolved(
        String,
        #[source] Option<Box<hickory_resolver::net::NetError>>,
    ),
    /// No connection, or it broke off.
    #[error("no connection to {0}")]
    Connect(String, #[source] std::io::Error),
    /// The certificate is not for that host, or nobody vouches for it.
    #[error("no TLS with {0}")]
    Tls(String, #[source] std::io::Error),
    /// What came is not HTTP.
    #[error("no HTTP answer from {0}")]
    Http(String, #[source] hyper::Error),
    /// A redirect without an address, or one too many.
    #[error("Redirect loop or missing Location header")]
    Redirect,
    /// A redirect from https to http.
    #[error("Blocked: redirect to an unprotected address")]
    Downgrade,
    /// The body is larger than it may be.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    /// The body is packed, though nobody asked for that.
    #[error("the answer is packed: {0}")]
    Packed(String),
    /// It took too long.
    #[error("no whole answer in time")]
    Late,
    /// As much is being fetched as may be.
    #[error("too much is being fetched already")]
    Busy,
}

impl FetchError {
    /// Whether the address itself is refused, whoever answers there.
    pub fn is_blocked(&self) -> bool {
        matches!(
            self,
            Self::Url
                | Self::Scheme(_)
                | Self::Credentials
                | Self::Port(_)
                | Self::Hostname(_)
                | Self::Address(_)
                | Self::ResolvesInside(_)
                | Self::Downgrade
        )
    }
}
