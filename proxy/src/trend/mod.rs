//! The last half hour of every route: rates, errors and percentiles of both sides, sampled from the metrics.
//!
//! It must not know HTTP, routes or files: a route is a name that something was counted under. The surprise: requests pay
//! nothing for it. Every five seconds the counters that exist anyway are read, and differences are kept.

mod history;
mod quantile;
mod ring;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::{Instant, MissedTickBehavior, interval};

pub use self::history::{History, Line, Rates, Share};
pub use self::quantile::quantile;
use crate::metrics::Metrics;

/// Between two samples.
pub const STEP: Duration = Duration::from_secs(5);

/// Samples that are kept: half an hour.
pub const KEPT: usize = 360;

/// The samples of one sidecar; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Trend(Arc<Mutex<History>>);

impl Trend {
    /// Samples until the future is dropped.
    pub async fn sample(self, metrics: Metrics) {
        let mut tick = interval(STEP);
        // A late sample covers what really passed, and the next one is a whole step away.
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = Instant::now();
        tick.tick().await;
        loop {
            let now = tick.tick().await;
            let passed = now - last;
            last = now;
            let reading = metrics.reading();
            self.read_mut().take(&reading, unix(), passed);
        }
    }

    /// Looks at the samples. `look` must be short: the next sample waits for it.
    pub fn read<T>(&self, look: impl FnOnce(&History) -> T) -> T {
        look(&self.read_mut())
    }

    fn read_mut(&self) -> MutexGuard<'_, History> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unix() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::metrics::StatusClass;
    use crate::route::Side;

    #[tokio::test(start_paused = true)]
    async fn a_sample_is_taken_every_five_seconds_and_counts_what_came_between() {
        let metrics = Metrics::new().unwrap();
        let trend = Trend::default();
        let sampling = tokio::spawn(trend.clone().sample(metrics.clone()));
        tokio::time::sleep(Duration::from_secs(1)).await;
        for _ in 0..10 {
            let ok = StatusClass::of(StatusCode::OK);
            metrics.route("orders").finished(Side::Rust, ok, 0.02);
        }
        tokio::time::sleep(Duration::from_secs(11)).await;
        let line = trend.read(|history| history.line(Some("orders")));
        assert_eq!(line.at.len(), 2);
        assert_eq!(line.rust.rates.len(), 2);
        assert_eq!(line.rust.rates[0].map(|rates| rates.rps), Some(2.0));
        assert_eq!(line.rust.rates[1], None);
        sampling.abort();
    }
}
