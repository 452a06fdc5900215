//! The threads that guests run on.
//!
//! A tokio runtime beside the caller's own. It knows nothing of WebAssembly. The surprise: a call is a task here and a
//! future at the caller's, and dropping the future ends the task at its next yield, ten milliseconds later at most.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

/// Runs the guests' futures until it is dropped; those under way then end at their next yield.
pub(crate) struct Guests {
    handle: Handle,
    /// Taken by `drop`, which may happen on a thread that must not wait.
    runtime: Option<Runtime>,
}

/// A guest's future ended without a value: it panicked in the host's own code, or the threads are gone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Lost(String);

/// A guest's future that runs by itself and is ended when this is dropped, at its next yield.
pub(crate) struct Leash<T>(JoinHandle<T>);

/// Polls of guests between two looks at the clock and at sockets. A spinning guest takes a tick for each poll, so that
/// tokio's own 61 would let a timer be late by half a second.
const POLLS: u32 = 3;

impl Guests {
    /// Starts `threads` of them, at least one.
    pub(crate) fn start(threads: usize) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads.max(1))
            .thread_name("plugins")
            .event_interval(POLLS)
            .global_queue_interval(POLLS)
            .enable_all()
            .build()?;
        Ok(Self {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
        })
    }

    /// Runs a future there. Dropping this one drops that one, at its next yield.
    ///
    /// # Errors
    /// [`Lost`] when it panicked, or the threads ended first.
    pub(crate) async fn run<F>(&self, guest: F) -> Result<F::Output, Lost>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn(guest).await
    }

    /// As [`run`](Self::run), and begins at once.
    pub(crate) fn spawn<F>(&self, guest: F) -> Leash<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Leash(self.handle.spawn(guest))
    }
}

impl Drop for Guests {
    /// Waits for nobody: it may be a thread of another runtime's, which must not block.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl<T> Future for Leash<T> {
    type Output = Result<T, Lost>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = ready!(Pin::new(&mut self.0).poll(cx));
        Poll::Ready(ended.map_err(|end| Lost(end.to_string())))
    }
}

impl<T> Drop for Leash<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::sync::oneshot;

    use super::*;

    struct Tell(Option<oneshot::Sender<()>>);

    impl Drop for Tell {
        fn drop(&mut self) {
            if let Some(tell) = self.0.take() {
                let _ = tell.send(());
            }
        }
    }

    #[tokio::test]
    async fn a_guest_runs_on_a_thread_of_its_own() {
        let guests = Guests::start(1).expect("threads");
        let name = guests
            .run(async { std::thread::current().name().map(str::to_owned) })
            .await;
        assert_eq!(name, Ok(Some("plugins".to_owned())));
    }

    #[tokio::test]
    async fn who_no_longer_waits_ends_the_guest() {
        let guests = Guests::start(1).expect("threads");
        let (tell, told) = oneshot::channel();
        let (started, start) = oneshot::channel();
        let call = guests.run(async move {
            let _tell = Tell(Some(tell));
            let _ = started.send(());
            pending::<()>().await;
        });
        tokio::select! {
            _ = call => panic!("it never ends by itself"),
            started = start => started.expect("started"),
        }
        told.await.expect("dropped, not forgotten");
    }

    #[tokio::test]
    async fn a_panic_is_lost_and_the_threads_stay() {
        let guests = Guests::start(1).expect("threads");
        let lost = guests.run(async { panic!("on purpose") }).await;
        assert!(lost.is_err_and(|lost: Lost| lost.to_string().contains("panic")));
        assert_eq!(guests.run(async { 1 }).await, Ok(1));
    }
}
