//! A service that counts its ticks and does at each what its configuration says.
//!
//! `{"service": {"every": MS, "tick": COMMAND, "start": COMMAND}}`; it is idle without `every`. The count is in the
//! instance, so it starts over with a new one; `service:start`, `service:ticks` and `service:stop` in `kv` are what others see.

use std::cell::RefCell;

use overgrow_sdk::host::types::CallContext;
use overgrow_sdk::{Failure, kv};
use serde_json::{Value, json};

use crate::exports::overgrow::plugin::service::{Guest, Next, StopReason};
use crate::{Probe, command};

/// What lives as long as the instance.
#[derive(Default)]
struct Life {
    told: Value,
    ticks: u64,
}

thread_local! {
    static LIFE: RefCell<Life> = RefCell::default();
}

impl Guest for Probe {
    fn start(ctx: CallContext, config: String) -> Result<Next, Failure> {
        let config: Value = serde_json::from_str(&config)?;
        let told = config["service"].clone();
        kv::update("service:start", |count: Option<u64>| {
            Ok(count.unwrap_or(0) + 1)
        })?;
        command::run(&told["start"], &ctx)?;
        let next = next(&told);
        LIFE.set(Life { told, ticks: 0 });
        Ok(next)
    }

    fn tick(ctx: CallContext) -> Result<Next, Failure> {
        let (told, ticks) = LIFE.with_borrow_mut(|life| {
            life.ticks += 1;
            (life.told.clone(), life.ticks)
        });
        kv::set("service:ticks", &ticks)?;
        command::run(&told["tick"], &ctx)?;
        Ok(next(&told))
    }

    fn stop(_: CallContext, reason: StopReason) -> Result<(), Failure> {
        let word = match reason {
            StopReason::Shutdown => "shutdown",
            StopReason::Reload => "reload",
            StopReason::Disabled => "disabled",
            StopReason::RolledBack => "rolled-back",
        };
        kv::set("service:stop", &json!(word))
    }

    fn health() -> Result<String, String> {
        LIFE.with_borrow(|life| Ok(format!("{} ticks", life.ticks)))
    }
}

fn next(told: &Value) -> Next {
    told["every"].as_u64().map_or(Next::Idle, Next::After)
}
