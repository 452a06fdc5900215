//! The series of messages on their way out of plugins and in to the agent, read when somebody looks.

use overgrow_outbox::OutboxStatus;
use prometheus::{IntGaugeVec, Registry};

use super::gauges;

/// What is told of both queues. Neither has a series before it is open.
#[derive(Debug, Clone)]
pub(super) struct OutboxMetrics {
    waiting: IntGaugeVec,
    dead: IntGaugeVec,
}

impl OutboxMetrics {
    pub(super) fn new() -> prometheus::Result<Self> {
        let ways = ["way"];
        Ok(Self {
            waiting: gauges("outbox_waiting", "Messages of plugins that wait", &ways)?,
            dead: gauges(
                "outbox_dead_letters",
                "Messages of plugins that were given up",
                &ways,
            )?,
        })
    }

    pub(super) fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        registry.register(Box::new(self.waiting.clone()))?;
        registry.register(Box::new(self.dead.clone()))
    }

    /// `way` is `out` or `in`.
    pub(super) fn show(&self, way: &'static str, status: &OutboxStatus) {
        let set = |gauge: &IntGaugeVec, count: usize| {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            gauge.with_label_values(&[way]).set(count);
        };
        set(&self.waiting, status.waiting);
        set(&self.dead, status.dead);
    }
}
