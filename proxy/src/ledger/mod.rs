//! The ledger: evidence and samples that outlive a restart.
//!
//! It must not know HTTP, sockets or the gateway: what it keeps is text and numbers. The surprise: nothing that is
//! stored or shown leaves this room before [`redact`] has gone over it.

mod book;
pub mod redact;
#[allow(dead_code, unused_imports, reason = "its writer comes next")]
mod store;

pub use self::store::{Filter, LedgerError, Limits};

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use overgrow_parity::Evidence;

pub use self::book::Book;

/// All books; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Arc<Mutex<BTreeMap<String, Arc<Book>>>>);

impl Ledger {
    /// A ledger that is gone with the process.
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// The book of a route. It goes on with its epoch when that depends on the same, else the next epoch begins.
    pub fn book(&self, route: &str, fingerprint: &str) -> Arc<Book> {
        let mut books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = |epoch| Evidence::begin(epoch, fingerprint.to_owned(), unix_seconds());
        let book = books
            .entry(route.to_owned())
            .or_insert_with(|| Arc::new(Book::new(route, begin(1))));
        book.depends_on(fingerprint, begin);
        Arc::clone(book)
    }

    /// Every book there is, by the route's id.
    pub fn books(&self) -> Vec<Arc<Book>> {
        let books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        books.values().cloned().collect()
    }
}

fn unix_seconds() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
