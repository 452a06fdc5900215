//! Work for later.

use std::time::Duration;

use super::{State, answer};
use crate::bindings::overgrow::plugin::timers::{Error, Host, Timer};
use crate::grant::TimersGrant;

/// Longest name, bytes.
const NAME: usize = 256;

/// Bytes of a payload: a few ids and numbers; what is more belongs in `kv`.
const PAYLOAD: usize = 64 * 1024;

impl Host for State {
    async fn arm(&mut self, timer: Timer) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.arm_timer(timer).await)
    }

    async fn cancel(&mut self, name: String) -> wasmtime::Result<Result<bool, Error>> {
        Ok(self.cancel_timer(&name).await)
    }
}

impl State {
    async fn arm_timer(&mut self, timer: Timer) -> Result<(), Error> {
        let grant = self.timers_grant()?;
        check(&timer, grant)?;
        let most = u64::from(grant.max_pending);
        let timer = overgrow_keep::Timer {
            plugin: self.who.name.clone(),
            name: timer.name,
            at: timer.at,
            every: timer.every,
            payload: timer.payload,
        };
        let keep = self.who.keep()?;
        let armed = keep.arm(&self.ask.effects, timer, most).await;
        armed.map_err(answer::kept)
    }

    async fn cancel_timer(&mut self, name: &str) -> Result<bool, Error> {
        self.timers_grant()?;
        let keep = self.who.keep()?;
        let cancelled = keep.cancel(&self.ask.effects, &self.who.name, name).await;
        cancelled.map_err(answer::kept)
    }

    fn timers_grant(&self) -> Result<&TimersGrant, Error> {
        let grant = self.who.grant.timers.as_ref();
        grant.ok_or_else(|| self.who.denied("timers", "timers = true"))
    }
}

fn check(timer: &Timer, grant: &TimersGrant) -> Result<(), Error> {
    if timer.name.is_empty() || timer.name.len() > NAME {
        return Err(answer::invalid(format!("a name has 1 to {NAME} bytes")));
    }
    if timer.payload.len() > PAYLOAD {
        return Err(Error::TooLarge(PAYLOAD as u64));
    }
    if serde_json::from_str::<serde::de::IgnoredAny>(&timer.payload).is_err() {
        return Err(answer::invalid("the payload is not JSON"));
    }
    let every = timer.every.map(Duration::from_millis);
    if every.is_some_and(|every| every < grant.min_interval) {
        let least = grant.min_interval.as_millis();
        return Err(answer::invalid(format!(
            "it may repeat every {least} ms at most"
        )));
    }
    Ok(())
}
