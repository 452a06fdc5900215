//! A service that counts, and misbehaves when its configuration says so: the text of the configuration is a misdeed's
//! name.

use std::cell::{Cell, RefCell};

use overgrow_sdk::host::types::{CallContext, Failure, RetryAdvice};

use crate::Hostile;
use crate::exports::overgrow::plugin::service::{Guest, Next, StopReason};

thread_local! {
    static TICKS: Cell<u64> = const { Cell::new(0) };
    static MISDEED: RefCell<String> = const { RefCell::new(String::new()) };
}

impl Guest for Hostile {
    fn start(_ctx: CallContext, config: String) -> Result<Next, Failure> {
        MISDEED.set(config);
        Ok(Next::After(1000))
    }

    /// The next tick is due after as many milliseconds as there were ticks.
    fn tick(ctx: CallContext) -> Result<Next, Failure> {
        TICKS.set(TICKS.get() + 1);
        match MISDEED.with_borrow(String::clone).as_str() {
            "trap" => panic!("on purpose"),
            "fail" => Err(Failure {
                code: "tired".into(),
                message: ctx.call_id,
                retry: RetryAdvice::Backoff,
            }),
            "spin" => loop {
                std::hint::spin_loop();
            },
            _ => Ok(Next::After(TICKS.get())),
        }
    }

    fn stop(_ctx: CallContext, _reason: StopReason) -> Result<(), Failure> {
        Ok(())
    }

    fn health() -> Result<String, String> {
        Ok(format!("{} ticks", TICKS.get()))
    }
}
