//! What sends plugins' HTTP requests: one way to the public, one to the operator's own network.
//!
//! Which of them a request takes is for its grant to say. The surprise: hosts and ports are not narrowed here, since
//! each request was checked against its grant and redirects are not followed.

use std::sync::Arc;

use overgrow_fetch::{Fetcher, Policy};

use crate::grant::Network;

/// Requests of all plugins at once to one kind of network; what is above waits within its own time.
const AT_ONCE: usize = 256;

/// Sends plugins' HTTP requests; cheap to clone.
#[derive(Debug, Clone)]
pub struct Fetchers(Arc<Both>);

#[derive(Debug)]
struct Both {
    public: Fetcher,
    private: Fetcher,
}

impl Fetchers {
    /// Under other policies than usual: a proxy's resolver, a certificate of one's own.
    pub fn new(public: Policy, private: Policy) -> Self {
        Self(Arc::new(Both {
            public: Fetcher::new(public.any_port().at_once(AT_ONCE)),
            private: Fetcher::new(private.any_port().at_once(AT_ONCE)),
        }))
    }

    pub(crate) fn of(&self, network: Network) -> &Fetcher {
        match network {
            Network::Public => &self.0.public,
            Network::Private => &self.0.private,
        }
    }
}

impl Default for Fetchers {
    fn default() -> Self {
        Self::new(Policy::public(), Policy::operator())
    }
}
