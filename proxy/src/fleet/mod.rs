//! One pilot for many sidecars: what they know comes from Prometheus, what is decided goes into one file.
//!
//! The modules stand in the order of a look: the prometheus is asked, its series become [`Sidecar`]s, each route is
//! [decided](decide), and the file's pen writes. It must not know who runs the loop or how it prints. The surprise:
//! nothing here remembers a route. All that counts stands in the metrics and in the file, so that the pilot may be
//! restarted, or run as a job every minute.

mod decide;
mod pen;
mod prometheus;
mod sidecar;

pub use self::decide::{Sight, Stance, Verdict, decide};
pub use self::pen::{Standing, standings, write};
pub use self::prometheus::{Prometheus, Sample, Series};
pub use self::sidecar::{Sidecar, query, sidecars};

/// Why nothing is known of the fleet.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// The address of Prometheus is none.
    #[error("{0} is not the address of a Prometheus; write for example http://prometheus:9090")]
    Address(String),
    /// It did not answer.
    #[error("Prometheus does not answer at {0}")]
    Silent(String, #[source] Box<overgrow_fetch::FetchError>),
    /// It answered something else than was asked.
    #[error("{0} answers {1}, and not as Prometheus would: is it one?")]
    Foreign(String, http::StatusCode),
    /// It refused to answer.
    #[error("Prometheus refuses to answer: {0}")]
    Refused(String),
    /// It knows no sidecar.
    #[error(
        "Prometheus has no evidence of {selector} that is younger than {seconds} s: does it scrape the sidecars, and is this the selector?"
    )]
    NoSeries {
        /// As it was asked.
        selector: String,
        /// How old series may be.
        seconds: u64,
    },
}
