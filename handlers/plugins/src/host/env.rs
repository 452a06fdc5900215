//! Clock and random bytes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ring::rand::{SecureRandom, SystemRandom};

use super::State;
use crate::bindings::overgrow::plugin::env::{Host, Millis};

/// Bytes that one call gives at most; the contract says so.
const MOST: u32 = 4096;

impl Host for State {
    fn now(&mut self) -> wasmtime::Result<Millis> {
        Ok(now())
    }

    fn monotonic(&mut self) -> wasmtime::Result<u64> {
        let since = self.began.elapsed().as_nanos();
        Ok(u64::try_from(since).unwrap_or(u64::MAX))
    }

    fn random(&mut self, len: u32) -> wasmtime::Result<Vec<u8>> {
        let mut bytes = vec![0; len.min(MOST) as usize];
        let filled = SystemRandom::new().fill(&mut bytes);
        filled.map_err(|_| wasmtime::Error::msg("the system gives no random bytes"))?;
        Ok(bytes)
    }

    async fn pause(&mut self, span: Millis) -> wasmtime::Result<()> {
        tokio::time::sleep(Duration::from_millis(span)).await;
        Ok(())
    }
}

/// Unix milliseconds.
pub(super) fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
