//! A bounded copy of a body, taken while somebody else reads it.
//!
//! It never waits, never reads ahead and never changes what the reader gets; it must not know who reads the copy. The
//! surprise: the copy ends before the body does when there is no room for more of it, and it says so at once, so that
//! nothing is kept in memory for a comparison that will not take place.

mod budget;

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame, SizeHint};
use overgrow_handler::{Body, BoxError};

pub use self::budget::{Budget, Lease};

/// Capacity to begin with, when the length is not known, and when it is: a promise of more costs its sender nothing.
const BEGIN: usize = 4 * 1024;
const PROMISED: usize = 64 * 1024;

/// A body's bytes, or their beginning.
#[derive(Debug)]
pub struct Copied {
    /// The bytes.
    pub bytes: Bytes,
    /// Why there are no more of them.
    pub end: End,
    /// Their share of the budget, given back when this is dropped.
    pub lease: Lease,
}

/// Why a copy ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The body was over: this is all of it.
    Whole,
    /// The cap was reached.
    Full,
    /// All copies together took too much memory.
    Crowded,
    /// The body failed.
    Failed,
    /// The reader left.
    Left,
    /// Whoever wanted the copy did not wait for more.
    Late,
}

/// Told once, at the end of the copy, on the thread that noticed it.
pub type OnEnd = Box<dyn FnOnce(Copied) + Send>;

/// Ends a copy before the body ends.
#[derive(Clone)]
pub struct Cutter(Arc<Mutex<Option<Copy>>>);

impl std::fmt::Debug for Cutter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cutter")
    }
}

impl Cutter {
    /// Hands over what there is, with [`End::Late`]. Nothing happens when the copy has ended already.
    pub fn cut(&self) {
        end(&self.0, End::Late);
    }
}

struct Copy {
    bytes: BytesMut,
    room: usize,
    lease: Lease,
    on_end: OnEnd,
}

/// Copies up to `cap` bytes of a body, as far as `budget` has room, while somebody else reads it. `length` is the number
/// of bytes the body's head promised: a reader that took so many need not ask whether there are more.
pub fn tee(
    body: Body,
    length: Option<u64>,
    cap: usize,
    budget: &Budget,
    on_end: OnEnd,
) -> (Body, Cutter) {
    let length = length.or_else(|| body.size_hint().exact());
    let expected = length.and_then(|length| usize::try_from(length).ok());
    let copy = Arc::new(Mutex::new(Some(Copy {
        bytes: BytesMut::with_capacity(expected.unwrap_or(BEGIN).min(PROMISED).min(cap)),
        room: cap,
        lease: budget.lease(),
        on_end,
    })));
    let cutter = Cutter(Arc::clone(&copy));
    if body.is_end_stream() {
        end(&copy, End::Whole);
        return (body, cutter);
    }
    let teed = Teed {
        body,
        copy,
        awaited: length,
    };
    (Body::new(teed), cutter)
}

fn locked(copy: &Mutex<Option<Copy>>) -> MutexGuard<'_, Option<Copy>> {
    copy.lock().unwrap_or_else(PoisonError::into_inner)
}

fn end(copy: &Mutex<Option<Copy>>, end: End) {
    // Out of the lock first: what is told may take its time.
    let ended = locked(copy).take();
    if let Some(copy) = ended {
        (copy.on_end)(Copied {
            bytes: copy.bytes.freeze(),
            end,
            lease: copy.lease,
        });
    }
}

impl Copy {
    /// Takes a frame, or its beginning; says why when it could not take all of it.
    fn take(&mut self, data: &[u8]) -> Result<(), End> {
        let fits = data.len().min(self.room);
        if !self.lease.grow(fits) {
            return Err(End::Crowded);
        }
        self.room -= fits;
        self.bytes.extend_from_slice(&data[..fits]);
        if fits < data.len() {
            return Err(End::Full);
        }
        Ok(())
    }
}

/// The body as its reader gets it: unchanged.
struct Teed {
    body: Body,
    copy: Arc<Mutex<Option<Copy>>>,
    /// Bytes that the head promised and that have not come by yet.
    awaited: Option<u64>,
}

impl Teed {
    fn saw(&mut self, frame: &Frame<Bytes>) {
        let Some(data) = frame.data_ref() else { return };
        if let Some(awaited) = &mut self.awaited {
            *awaited = awaited.saturating_sub(data.len() as u64);
        }
        let taken = match &mut *locked(&self.copy) {
            Some(copy) => copy.take(data),
            None => return,
        };
        if let Err(why) = taken {
            end(&self.copy, why);
        }
    }

    fn is_over(&self) -> bool {
        self.awaited == Some(0) || self.body.is_end_stream()
    }
}

impl http_body::Body for Teed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                self.saw(frame);
                // Behind trailers comes nothing, and whoever writes them on does not ask.
                if frame.is_trailers() || self.is_over() {
                    end(&self.copy, End::Whole);
                }
            }
            Poll::Ready(Some(Err(_))) => end(&self.copy, End::Failed),
            Poll::Ready(None) => end(&self.copy, End::Whole),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Teed {
    fn drop(&mut self) {
        let over = self.is_over();
        end(&self.copy, if over { End::Whole } else { End::Left });
    }
}

#[cfg(test)]
mod tests;
