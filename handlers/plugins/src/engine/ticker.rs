//! The clock that interrupts guests: each tick makes every guest that runs yield its thread.
//!
//! It decides nothing. The surprise: it ticks only while calls are under way, so that an idle proxy is not woken a
//! hundred times in a second.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Builder, Thread};
use std::time::Duration;

use wasmtime::EngineWeak;

/// How long a guest may compute before others get their turn.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Ticks while anything is [`Ticking`]; its thread ends with the engine.
pub(crate) struct Ticker {
    calls: Arc<AtomicUsize>,
    thread: Thread,
}

/// Keeps the clock going until it is dropped.
pub(crate) struct Ticking<'a>(&'a Ticker);

impl Ticker {
    /// Starts the thread.
    pub(crate) fn start(engine: EngineWeak) -> io::Result<Self> {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let clock = Builder::new().name("plugins-clock".to_owned());
        let thread = clock.spawn(move || tick(&engine, &counted))?;
        Ok(Self {
            calls,
            thread: thread.thread().clone(),
        })
    }

    /// A call begins.
    pub(crate) fn keep(&self) -> Ticking<'_> {
        if self.calls.fetch_add(1, Ordering::AcqRel) == 0 {
            self.thread.unpark();
        }
        Ticking(self)
    }
}

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for Ticker {
    /// Wakes the thread to see that the engine is gone, should it be waiting for calls.
    fn drop(&mut self) {
        self.calls.fetch_add(1, Ordering::AcqRel);
        self.thread.unpark();
    }
}

/// A call that comes between the look and the park is not missed: unparking first makes the park return at once.
fn tick(engine: &EngineWeak, calls: &AtomicUsize) {
    loop {
        while calls.load(Ordering::Acquire) == 0 {
            thread::park();
        }
        thread::sleep(TICK);
        let Some(engine) = engine.upgrade() else {
            return;
        };
        engine.increment_epoch();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine() -> wasmtime::Engine {
        let mut config = wasmtime::Config::new();
        config.epoch_interruption(true).concurrency_support(false);
        wasmtime::Engine::new(&config).expect("an engine")
    }

    #[test]
    fn it_ends_when_the_engine_is_gone() {
        let engine = engine();
        let calls = Arc::new(AtomicUsize::new(1));
        let (weak, counted) = (engine.weak(), Arc::clone(&calls));
        let clock = thread::spawn(move || tick(&weak, &counted));
        drop(engine);
        clock.join().expect("the thread ends");
    }

    #[test]
    fn calls_are_counted_in_and_out() {
        let engine = engine();
        let ticker = Ticker::start(engine.weak()).expect("a thread");
        let (one, two) = (ticker.keep(), ticker.keep());
        assert_eq!(ticker.calls.load(Ordering::Acquire), 2);
        drop((one, two));
        assert_eq!(ticker.calls.load(Ordering::Acquire), 0);
    }
}
