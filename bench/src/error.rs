//! What can keep a comparison from being made. A contestant that cannot start is one of them, and costs only its own row.

use std::io;
use std::time::Duration;

/// Why a figure is missing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A name that is not in the catalogue.
    #[error("no comparison is called {0}; `overgrow-bench list` names them")]
    Unknown(String),
    /// The kernel refused something.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// The refusal.
        source: io::Error,
    },
    /// A process ended, or did not answer in time.
    #[error("{name} was not ready in time: {log}")]
    NotReady {
        /// The contestant or the origin.
        name: String,
        /// The end of what it wrote to standard error.
        log: String,
    },
    /// A load generator printed something else than a summary.
    #[error("{program} printed no summary: {output}")]
    Output {
        /// The load generator.
        program: String,
        /// What it printed.
        output: String,
    },
    /// The gateway did not take what it was owed.
    #[error("the bridge still holds wakes after {0:?}")]
    Unsettled(Duration),
    /// The proxy and the load share a core, so neither is measured.
    #[error("two cores are needed, one for the proxy and one for the load")]
    OneCore,
}

/// The result of a step of the harness.
pub type Result<T> = std::result::Result<T, Error>;

/// Names what was being done when the kernel refused.
pub trait During<T> {
    /// Turns the refusal into an [`Error::Io`].
    fn during(self, what: &str) -> Result<T>;
}

impl<T> During<T> for io::Result<T> {
    fn during(self, what: &str) -> Result<T> {
        self.map_err(|source| Error::Io {
            what: what.into(),
            source,
        })
    }
}
