//! Whether the service being replaced can be switched off.
//!
//! It counts when the legacy was last asked for a client, across restarts, and judges from plain facts what stands in
//! the way of switching it off. It must not know requests, files of routes, or who shows the verdict. The surprise: a
//! request that the legacy could not answer counts as well, for the client that got a 502 still needs it.

mod kept;
mod reason;
mod verdict;
mod watch;

pub use self::reason::Reason;
pub use self::verdict::{Facts, Gate, Legacy, RouteFacts, judge};
pub use self::watch::Watch;
