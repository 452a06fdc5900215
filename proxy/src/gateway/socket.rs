//! A WebSocket's place in the counts.

use prometheus::IntGauge;

use crate::listen::InFlight;

/// An open WebSocket, counted until it is dropped.
pub(super) struct Socket {
    open: IntGauge,
    _in_flight: InFlight,
}

impl Socket {
    /// Counts one from now on.
    pub(super) fn open(open: IntGauge, in_flight: InFlight) -> Self {
        open.inc();
        Self {
            open,
            _in_flight: in_flight,
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.open.dec();
    }
}
