//! Why a fetch gave nothing.
//!
//! The surprise: the texts of what is refused as internal are the legacy gateway's own, because its clients read them.
//! They do not say which address a name had; the fields do, for a log.

use std::io;
use std::net::IpAddr;

use crate::range::Range;

/// Why a fetch gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The URL cannot be read.
    #[error("Invalid URL: {0}")]
    Url(#[from] url::ParseError),
    /// It is of another scheme, or has no host.
    #[error("Invalid URL: must be http or https")]
    Scheme,
    /// It has a user name or a password in it.
    #[error("Blocked: URL with credentials")]
    Credentials,
    /// The policy does not name this port.
    #[error("Blocked port: {0}")]
    Port(u16),
    /// The method is none that asks an origin for something.
    #[error("Blocked method: {0}")]
    Method(http::Method),
    /// The name belongs to some network inside, or is not on the policy's list.
    #[error("Blocked hostname: {0}")]
    Hostname(String),
    /// The URL has an address that is not public.
    #[error("Blocked: private/internal IP address")]
    Address {
        /// The address.
        address: IpAddr,
        /// The range it lies in.
        range: &'static Range,
    },
    /// Among the addresses of the name is one that is not public.
    #[error("Blocked: resolves to private/internal IP address")]
    Resolved {
        /// The first such address.
        address: IpAddr,
        /// The range it lies in.
        range: &'static Range,
    },
    /// The connection did not end where it was meant to, or it ended at this machine.
    #[error("Blocked: private/internal IP address")]
    Peer(IpAddr),

    /// Resolvers cannot be asked.
    #[error("no resolver to ask")]
    Resolver(#[source] hickory_resolver::net::NetError),
    /// The name has no addresses, or nobody could say.
    #[error("no address found for {host}")]
    NoAddress {
        /// The name.
        host: String,
        /// What the resolver said; nothing when it answered with an empty list.
        source: Option<hickory_resolver::net::NetError>,
    },
    /// No address of the name took the connection.
    #[error("cannot connect to {host}")]
    Connect {
        /// The name or address.
        host: String,
        /// What the last address said.
        source: io::Error,
    },
    /// No trust was found: a certificate for another name, an unknown issuer, a broken handshake.
    #[error("no trusted connection to {host}")]
    Tls {
        /// The name or address.
        host: String,
        /// What was wrong.
        source: io::Error,
    },
    /// The origin does not speak HTTP, or ended in the middle; a head above its limits is such a case too.
    #[error("the answer cannot be read")]
    Http(#[from] hyper::Error),
    /// The request cannot be put in HTTP's words.
    #[error("the request cannot be written")]
    Request(#[from] http::Error),
    /// All of it took longer than it may.
    #[error("not answered in time")]
    Timeout,
    /// The body is larger than it may be.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// Bytes that it may have.
        limit: usize,
    },
    /// The body is compressed, which was not asked for.
    #[error("encoded as {0}, which was not asked for")]
    Encoded(String),
    /// One redirect too many.
    #[error("more than {limit} redirects")]
    Redirects {
        /// Redirects that were followed.
        limit: usize,
    },
    /// A redirect that has no one place to go to.
    #[error("a redirect without a clear location")]
    Location,
    /// A redirect from https to http.
    #[error("Blocked: redirect from https to http")]
    Downgrade,
    /// A redirect that would hand the request's body to another origin.
    #[error("Blocked: redirect of a body to another origin")]
    Elsewhere,
}

/// Who has to change something for the next try to go better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Whoever named the URL: the same one is refused again.
    Asker,
    /// The origin, or the network on the way to it: later it may do.
    Origin,
    /// This machine.
    Us,
}

impl FetchError {
    /// Who has to change something for the next try to go better.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Url(_) | Self::Scheme | Self::Credentials | Self::Port(_) => Blame::Asker,
            Self::Method(_) | Self::Hostname(_) | Self::Request(_) => Blame::Asker,
            Self::Address { .. } | Self::Resolved { .. } | Self::Peer(_) => Blame::Asker,
            Self::Downgrade | Self::Elsewhere => Blame::Asker,
            Self::Resolver(_) => Blame::Us,
            _ => Blame::Origin,
        }
    }
}
