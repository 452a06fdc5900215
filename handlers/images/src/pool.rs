//! The images that are worked on at once, and those that wait.
//!
//! Codecs never yield, so they run on the runtime's blocking threads, as many at once as the limits say. The surprise: a place
//! is held by the work, not by the caller: who leaves while waiting frees it at once, who leaves while a codec runs
//! frees it at the next step.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::reduce::{Declared, Patience, Reduced};
use crate::{Encoding, ImageError, Info, Limits, Wanted};

/// Works on images under [`Limits`]. Cheap to clone; clones share the limits.
#[derive(Debug, Clone)]
pub struct Images {
    limits: Arc<Limits>,
    /// One for each image under way or waiting.
    places: Arc<Semaphore>,
    workers: Arc<Semaphore>,
}

/// What is asked about the bytes that are sent, owned so that it can go to another thread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    /// The media type, without parameters.
    pub mime: Option<String>,
    /// The file's name.
    pub name: Option<String>,
}

/// Whether the caller is still there.
#[derive(Debug, Clone, Default)]
struct Caller(Arc<AtomicBool>);

/// Says so when the caller is gone.
struct Presence(Caller);

impl Images {
    /// Nothing runs until something is asked.
    pub fn new(limits: Limits) -> Self {
        let workers = limits.workers.clamp(1, Semaphore::MAX_PERMITS / 2);
        let places = workers + limits.queue.min(Semaphore::MAX_PERMITS / 2);
        Self {
            limits: Arc::new(limits),
            places: Arc::new(Semaphore::new(places)),
            workers: Arc::new(Semaphore::new(workers)),
        }
    }

    /// What an image says of itself. Takes no place, because it takes no time.
    ///
    /// # Errors
    /// As [`inspect`](crate::inspect).
    pub fn inspect(&self, bytes: &Bytes) -> Result<Info, ImageError> {
        crate::inspect(bytes)
    }

    /// Makes what is sent fit under `cap` bytes: see [`reduce`](crate::reduce).
    ///
    /// Dropping the future gives up: what is waiting is forgotten, what is running stops after the current step.
    ///
    /// # Errors
    /// As [`reduce`](crate::reduce); [`ImageError::Busy`] and [`ImageError::Panicked`].
    pub async fn reduce(&self, bytes: Bytes, sent: Sent, cap: u64) -> Result<Reduced, ImageError> {
        self.run(move |limits, caller| {
            let declared = Declared {
                mime: sent.mime.as_deref(),
                name: sent.name.as_deref(),
            };
            crate::reduce(&bytes, declared, cap, limits, caller)
        })
        .await
    }

    /// The image upright, in sRGB, inside a square of `side` pixels, without metadata. It is never enlarged.
    ///
    /// Dropping the future gives up, as for [`reduce`](Self::reduce).
    ///
    /// # Errors
    /// As [`decode`](crate::decode) and [`encode`](crate::encode); [`ImageError::Busy`] and [`ImageError::Panicked`].
    pub async fn resize(
        &self,
        bytes: Bytes,
        side: u32,
        encoding: Encoding,
    ) -> Result<Bytes, ImageError> {
        self.run(move |limits, caller| {
            let picture = crate::decode(&bytes, Wanted::Inside(side), limits)?;
            caller.check()?;
            let picture = crate::to_srgb(crate::resize(&picture, side)?).turned()?;
            caller.check()?;
            crate::encode(&picture, encoding).map(Bytes::from)
        })
        .await
    }

    async fn run<T, W>(&self, work: W) -> Result<T, ImageError>
    where
        T: Send + 'static,
        W: FnOnce(&Limits, &Caller) -> Result<T, ImageError> + Send + 'static,
    {
        let places = self.admitted().await?;
        let caller = Caller::default();
        let _presence = Presence(caller.clone());
        let limits = self.limits.clone();
        let work = tokio::task::spawn_blocking(move || {
            let _places = places;
            caller.check()?;
            work(&limits, &caller)
        });
        work.await.unwrap_or_else(|gone| Err(ended(gone)))
    }

    /// A place and a worker; the place at once or not at all.
    async fn admitted(&self) -> Result<[OwnedSemaphorePermit; 2], ImageError> {
        let place = self
            .places
            .clone()
            .try_acquire_owned()
            .map_err(|_| ImageError::Busy)?;
        let worker = self.workers.clone().acquire_owned().await;
        Ok([place, worker.map_err(|_| ImageError::Busy)?])
    }
}

impl Patience for Caller {
    fn check(&self) -> Result<(), ImageError> {
        if self.0.load(Ordering::Relaxed) {
            return Err(ImageError::Abandoned);
        }
        Ok(())
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// A panic outside the codecs, or a runtime that shuts down.
fn ended(gone: tokio::task::JoinError) -> ImageError {
    if gone.is_cancelled() {
        ImageError::Abandoned
    } else {
        ImageError::Panicked(gone.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use futures_util::poll;
    use tokio::sync::oneshot;

    use super::*;

    fn images(workers: usize, queue: usize) -> Images {
        Images::new(Limits {
            workers,
            queue,
            ..Limits::default()
        })
    }

    /// Work that says when it has begun and what it found when it was let go.
    struct Gate {
        begun: oneshot::Receiver<()>,
        go: Sender<()>,
        found: oneshot::Receiver<Result<(), ImageError>>,
    }

    fn gated(images: &Images) -> (impl Future<Output = Result<(), ImageError>> + use<>, Gate) {
        let (begin, begun) = oneshot::channel();
        let (go, gate) = channel();
        let (find, found) = oneshot::channel();
        let images = images.clone();
        let work = move |_: &Limits, caller: &Caller| {
            let _ = begin.send(());
            let _ = gate.recv();
            let _ = find.send(caller.check());
            Ok(())
        };
        (
            async move { images.run(work).await },
            Gate { begun, go, found },
        )
    }

    #[tokio::test]
    async fn one_more_than_the_queue_holds_is_refused() {
        let images = images(1, 1);
        let (running, gate) = gated(&images);
        let running = tokio::spawn(running);
        gate.begun.await.expect("begun");
        let mut waiting = Box::pin(images.run(|_, _| Ok(())));
        assert!(poll!(&mut waiting).is_pending());
        assert_eq!(images.run(|_, _| Ok(())).await, Err(ImageError::Busy));
        gate.go.send(()).expect("waits");
        assert_eq!(running.await.expect("joined"), Ok(()));
        assert_eq!(waiting.await, Ok(()));
    }

    #[tokio::test]
    async fn who_stops_waiting_frees_the_place() {
        let images = images(1, 1);
        let (running, gate) = gated(&images);
        let running = tokio::spawn(running);
        gate.begun.await.expect("begun");
        let mut left = Box::pin(images.run(|_, _| Ok(())));
        assert!(poll!(&mut left).is_pending());
        drop(left);
        let mut instead = Box::pin(images.run(|_, _| Ok(())));
        assert!(poll!(&mut instead).is_pending());
        gate.go.send(()).expect("waits");
        assert_eq!(running.await.expect("joined"), Ok(()));
        assert_eq!(instead.await, Ok(()));
    }

    #[tokio::test]
    async fn who_leaves_while_it_runs_stops_it_at_the_next_step() {
        let images = images(1, 0);
        let (running, gate) = gated(&images);
        let running = tokio::spawn(running);
        gate.begun.await.expect("begun");
        running.abort();
        assert!(running.await.expect_err("aborted").is_cancelled());
        // The codec still has its place.
        assert_eq!(images.run(|_, _| Ok(())).await, Err(ImageError::Busy));
        gate.go.send(()).expect("waits");
        assert_eq!(gate.found.await, Ok(Err(ImageError::Abandoned)));
        assert!(images.places.acquire().await.is_ok());
    }

    #[tokio::test]
    async fn a_panic_is_one_callers_error() {
        let images = images(1, 0);
        let fallen = images.run(|_, _| -> Result<(), _> { panic!("fell") }).await;
        assert!(matches!(fallen, Err(ImageError::Panicked(_))), "{fallen:?}");
        assert!(images.places.acquire().await.is_ok());
    }
}
