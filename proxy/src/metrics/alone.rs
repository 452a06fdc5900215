//! One at a time: a scrape sees all gauges of the routes or waits.
//!
//! Routes that are gone lose their series, so gauges are emptied and filled again. The surprise: two Prometheus servers that
//! scrape the same sidecar, as pairs do, would each see the other's emptiness, and every alert would begin its wait anew.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What whoever empties gauges or reads them holds. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Alone(Arc<Mutex<()>>);

impl Alone {
    pub(super) fn take(&self) -> MutexGuard<'_, ()> {
        // It guards no value that a panic could have left half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use crate::metrics::Metrics;

    /// How many dials a scrape sees.
    fn told(metrics: &Metrics) -> usize {
        let _alone = metrics.alone();
        let text = metrics.text().unwrap();
        text.matches("overgrow_route_rust_percent{").count()
    }

    #[test]
    fn a_scrape_never_sees_a_part_of_the_dials() {
        let metrics = Metrics::new().unwrap();
        let routes: Vec<_> = (0..200).map(|number| number.to_string()).collect();
        let turn = || {
            let _alone = metrics.alone();
            metrics.dials(routes.iter().map(|route| (route.as_str(), 5.0)));
        };
        turn();
        std::thread::scope(|scope| {
            let turning = scope.spawn(|| (0..200).for_each(|_| turn()));
            while !turning.is_finished() {
                assert_eq!(told(&metrics), routes.len());
            }
        });
    }
}
