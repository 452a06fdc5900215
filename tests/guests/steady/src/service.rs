//! A service that counts its ticks in `kv` and writes there how it ended.

use overgrow_sdk::host::types::{CallContext, Failure};
use overgrow_sdk::kv;

use crate::exports::overgrow::plugin::service::{Guest, Next, StopReason};
use crate::{Steady, settings};

impl Guest for Steady {
    fn start(_ctx: CallContext, _config: String) -> Result<Next, Failure> {
        note("started", &settings().greeting);
        Ok(Next::After(5))
    }

    fn tick(_ctx: CallContext) -> Result<Next, Failure> {
        note("ticked", &settings().greeting);
        Ok(Next::Idle)
    }

    fn stop(_ctx: CallContext, reason: StopReason) -> Result<(), Failure> {
        let reason = match reason {
            StopReason::Shutdown => "shutdown",
            StopReason::Reload => "reload",
            StopReason::Disabled => "disabled",
            StopReason::RolledBack => "rolled back",
        };
        note("stopped", &format!("{} {reason}", settings().greeting));
        Ok(())
    }

    fn health() -> Result<String, String> {
        Ok("well".to_owned())
    }
}

/// Adds a line to what happened; without `kv` nobody wants to know.
fn note(what: &str, more: &str) {
    let mut lines: Vec<String> = kv::get("service").ok().flatten().unwrap_or_default();
    lines.push(format!("{what} {more}"));
    let _ = kv::set("service", &lines);
}
