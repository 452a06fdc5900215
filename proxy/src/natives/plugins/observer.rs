//! What plugins do, as metrics.

use std::time::Duration;

use overgrow_plugins::Observer;

use crate::metrics::PluginMetrics;

pub(super) struct Counted(pub(super) PluginMetrics);

impl Observer for Counted {
    fn called(&self, plugin: &str, call: &'static str, result: &'static str, took: Duration) {
        self.0.called(plugin, call, result, took);
    }

    fn denied(&self, plugin: &str, capability: &'static str) {
        self.0.denied(plugin, capability);
    }

    fn states(&self, states: &[(&'static str, usize)]) {
        self.0.states(states.iter().copied());
    }
}
