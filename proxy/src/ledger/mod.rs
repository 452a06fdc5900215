//! The ledger: evidence and samples that outlive a restart.
//!
//! A [`Book`] per route is added to and read in memory; one thread writes what has changed. It must not know HTTP,
//! sockets or the gateway: what it keeps is text and numbers. The surprise: nothing in it fails anybody. What cannot be
//! opened is set aside, what cannot be written is kept in memory, and both are said.

mod book;
mod moves;
mod page;
mod post;
pub mod redact;
mod sample;
mod shelf;
mod store;
mod versions;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::broadcast;

pub use self::book::{Book, now};
pub use self::moves::{Move, RESUMED};
pub use self::page::Stop;
pub use self::sample::{Body, Request, Sample, Sampled, Side};
pub use self::shelf::Opened;
pub use self::store::{Filter, LedgerError, Limits};

use self::moves::History;
use self::page::Page;
use self::post::{Message, Post, Question};
use self::shelf::Shelf;
use self::store::Epoch;

/// The books of all routes, and their file. Cloned cheaply; the file is closed, with everything written, when the last
/// clone is dropped.
#[derive(Clone)]
pub struct Ledger(Arc<Desk>);

struct Desk {
    books: Arc<Books>,
    post: Post,
    writer: Option<JoinHandle<()>>,
}

/// What is kept of each route in this process.
#[derive(Default)]
struct Books {
    open: Mutex<BTreeMap<String, Arc<Book>>>,
    /// What the file knew when it was opened.
    found: Mutex<HashMap<String, Epoch>>,
    history: History,
}

impl Ledger {
    /// Opens the ledger in a folder, which is made where it is missing. It never fails: a file that cannot be used is
    /// renamed `ledger.db.corrupt-` and the unix time, and where there is no file to be had it lives in memory and
    /// tries again every half a minute. Reads the whole file, so it takes up to a few tenths of a second.
    pub fn open(folder: &Path, limits: Limits) -> (Self, Opened) {
        let (shelf, latest, opened) = Shelf::open(folder, limits);
        report(&opened);
        (Self::with(shelf, latest), opened)
    }

    /// A ledger that is gone with the process.
    pub fn in_memory() -> Self {
        Self::with(Shelf::in_memory(Limits::default()), Vec::new())
    }

    fn with(shelf: Shelf, latest: Vec<Epoch>) -> Self {
        let found = latest.into_iter().map(|epoch| (epoch.route.clone(), epoch));
        let books = Arc::new(Books {
            open: Mutex::default(),
            found: Mutex::new(found.collect()),
            history: History::of(shelf.moves()),
        });
        let (post, messages) = post::open();
        let writer = writer::spawn(shelf, Arc::clone(&books), post.clone(), messages);
        if let Err(error) = &writer {
            tracing::warn!(%error, "no thread for the ledger: nothing of it is written");
        }
        Self(Arc::new(Desk {
            books,
            post,
            writer: writer.ok(),
        }))
    }

    /// The book of a route. It continues the epoch of this fingerprint, or begins the next one. The same book for the
    /// same route while the process runs.
    pub fn book(&self, route: &str, fingerprint: &str) -> Arc<Book> {
        let desk = &self.0;
        let mut open = locked(&desk.books.open);
        if let Some(book) = open.get(route) {
            book.continue_under(fingerprint);
            return Arc::clone(book);
        }
        let page = match locked(&desk.books.found).remove(route) {
            Some(epoch) => Page::after(&epoch, fingerprint, now()),
            None => Page::first(fingerprint, now()),
        };
        let book = Arc::new(Book::new(route, page, desk.post.clone()));
        open.insert(route.to_owned(), Arc::clone(&book));
        book
    }

    /// The book of a route, if it was asked for.
    pub fn find(&self, route: &str) -> Option<Arc<Book>> {
        locked(&self.0.books.open).get(route).cloned()
    }

    /// Resolves when rust has failed on some route since the last time. For one listener; safe to drop.
    pub async fn alarmed(&self) {
        self.0.post.alarmed().await;
    }

    /// The books of routes on which rust has failed since this was asked last.
    pub fn take_alarms(&self) -> Vec<Arc<Book>> {
        let mut books = self.books();
        books.retain(|book| book.take_alarm());
        books
    }

    /// Every book that was asked for, by route.
    pub fn books(&self) -> Vec<Arc<Book>> {
        self.0.books.all()
    }

    /// A route's samples, the newest first. It waits for the disk, so it is not for a thread that serves.
    ///
    /// # Errors
    /// When the file cannot be read, or nobody reads it any more.
    pub fn samples(
        &self,
        route: &str,
        filter: Filter,
        limit: u32,
    ) -> Result<Vec<Sampled>, LedgerError> {
        let (answer, answered) = sync_channel(1);
        self.0.post.wait(Message::Find(Question {
            route: route.to_owned(),
            filter,
            limit,
            answer,
        }));
        answered.recv().map_err(|_| LedgerError::Closed)?
    }

    /// A dial moved: it is remembered, written soon, and told to whoever listens. Never waits for the disk.
    pub fn moved(&self, moved: Move) {
        self.0.books.history.add(moved);
        self.0.post.changed();
    }

    /// Moves of a route's dial, or of all, the newest first. Two hundred are remembered of each route.
    pub fn moves(&self, route: Option<&str>, limit: usize) -> Vec<Move> {
        self.0.books.history.newest(route, limit)
    }

    /// Every move from now on. A listener that is a thousand behind is told that it missed some.
    pub fn listen(&self) -> broadcast::Receiver<Move> {
        self.0.books.history.listen()
    }

    /// Samples that were not written, for want of room on their way or of a disk, since the start.
    pub fn dropped(&self) -> u64 {
        self.0.post.dropped()
    }

    /// Returns when everything that was given before is on disk, or cannot be brought there. It waits for the disk.
    pub fn flush(&self) {
        let (done, written) = sync_channel(1);
        self.0.post.wait(Message::Flush(done));
        // An error says that nobody writes any more.
        let _ = written.recv();
    }
}

impl Books {
    fn all(&self) -> Vec<Arc<Book>> {
        locked(&self.open).values().cloned().collect()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.post.wait(Message::Close);
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has said so.
            let _ = writer.join();
        }
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.books()).finish()
    }
}

fn report(opened: &Opened) {
    match opened {
        Opened::Fresh | Opened::Continued => {}
        Opened::SetAside { path, why } => {
            tracing::warn!(path = %path.display(), %why, "the ledger's file is set aside, and another one begun");
        }
        Opened::MemoryOnly { why } => {
            let why = why as &dyn std::error::Error;
            tracing::warn!(why, "the ledger is not written, evidence is kept in memory");
        }
    }
}

fn locked<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
