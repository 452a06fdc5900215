//! Told of what plugins do, for whoever counts it.
//!
//! It keeps nothing. The surprise: every word it is told is one of few, so that each may become a label of a metric.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::call::CallError;
use crate::hands::Counter;

/// Told of what plugins do. It is called on the way of requests and must not block.
pub trait Observer: Send + Sync {
    /// A call ended. `call` is the export's name such as `send-text`; `result` is `ok` or [`CallError::word`];
    /// `took` includes waiting for a turn.
    fn called(&self, plugin: &str, call: &'static str, result: &'static str, took: Duration);

    /// A plugin asked for what it was not granted. `capability` is a word such as `http`.
    fn denied(&self, plugin: &str, capability: &'static str);

    /// The state of some plugin changed: how many plugins are in each state now.
    fn states(&self, states: &[(&'static str, usize)]);
}

/// An observer that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn called(&self, _: &str, _: &'static str, _: &'static str, _: Duration) {}
    fn denied(&self, _: &str, _: &'static str) {}
    fn states(&self, _: &[(&'static str, usize)]) {}
}

/// Whoever is told; cheap to clone.
#[derive(Clone)]
pub(crate) struct Watcher(Arc<dyn Observer>);

impl Watcher {
    pub(crate) fn new(observer: Arc<dyn Observer>) -> Self {
        Self(observer)
    }

    /// Waits for a call and tells how it ended. A call whose future is dropped is not told: nobody knows how it ended.
    pub(crate) async fn call<T>(
        &self,
        plugin: &str,
        call: &'static str,
        calling: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let began = Instant::now();
        let ended = calling.await;
        let result = ended.as_ref().err().map_or("ok", CallError::word);
        self.0.called(plugin, call, result, began.elapsed());
        ended
    }

    pub(crate) fn states(&self, states: &[(&'static str, usize)]) {
        self.0.states(states);
    }
}

impl Counter for Watcher {
    fn on_denied(&self, plugin: &str, capability: &'static str) {
        self.0.denied(plugin, capability);
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watcher")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Notes(Mutex<Vec<String>>);

    impl Observer for Notes {
        fn called(&self, plugin: &str, call: &'static str, result: &'static str, _: Duration) {
            let note = format!("{plugin} {call} {result}");
            self.0.lock().expect("notes").push(note);
        }
        fn denied(&self, _: &str, _: &'static str) {}
        fn states(&self, _: &[(&'static str, usize)]) {}
    }

    #[tokio::test]
    async fn calls_are_told_by_how_they_ended() {
        let notes = Arc::new(Notes::default());
        let watcher = Watcher::new(Arc::clone(&notes) as Arc<dyn Observer>);
        let well = watcher.call("zalo", "handle", async { Ok(1) }).await;
        let ill: Result<(), _> = watcher
            .call("zalo", "run", async { Err(CallError::Busy) })
            .await;
        assert_eq!((well, ill), (Ok(1), Err(CallError::Busy)));
        let notes = notes.0.lock().expect("notes");
        assert_eq!(*notes, ["zalo handle ok", "zalo run busy"]);
    }
}
