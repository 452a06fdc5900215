//! The thread that writes: it owns the file, gathers what has changed and writes it a few times a second.
//!
//! The surprise: it sleeps without a timer while nothing changes, and longer than a tick after a write that took long,
//! so that a slow disk is busy with other things for most of the time.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use super::Books;
use super::book::Book;
use super::post::{Message, Post, Question};
use super::sample::Sampled;
use super::shelf::{Shelf, Shelved};
use super::store::{Draft, Epoch, LedgerError, SampleRow, Saved};

/// What a kill loses at most, unless the disk is slow.
const TICK: Duration = Duration::from_millis(250);

/// Time between writes, in times of what a write took: the disk is ours for a twentieth.
const DUTY: u32 = 20;

/// Characters of documents that are written at once at most, so that the log stays far below its share.
const BATCH: usize = 1024 * 1024;

/// Begins writing what changes in the books, until told to close.
///
/// # Errors
/// When there is no thread to be had.
pub(super) fn spawn(
    shelf: Shelf,
    books: Arc<Books>,
    post: Post,
    messages: Receiver<Message>,
) -> std::io::Result<thread::JoinHandle<()>> {
    let writer = Writer {
        shelf,
        books,
        post,
        samples: Vec::new(),
        due: None,
        rest: TICK,
    };
    thread::Builder::new()
        .name("ledger".to_owned())
        .spawn(move || writer.run(&messages))
}

struct Writer {
    shelf: Shelf,
    books: Arc<Books>,
    post: Post,
    /// Not yet written.
    samples: Vec<SampleRow>,
    /// When to write; none when nothing has changed.
    due: Option<Instant>,
    /// From a change to its being written.
    rest: Duration,
}

enum Next {
    Stay,
    Leave,
}

impl Writer {
    fn run(mut self, messages: &Receiver<Message>) {
        loop {
            match wait(messages, self.due) {
                Ok(message) => {
                    if matches!(self.take(message), Next::Leave) {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.write(),
                Err(RecvTimeoutError::Disconnected) => return self.write(),
            }
        }
    }

    fn take(&mut self, message: Message) -> Next {
        match message {
            Message::Changed => self.soon(),
            Message::Sample(route, sampled) => self.gather(route, *sampled),
            Message::Find(question) => self.find(question),
            Message::Flush(done) => self.flush(&done),
            Message::Close => {
                self.write();
                return Next::Leave;
            }
        }
        Next::Stay
    }

    /// Something is to be written at the next tick; while the disk is in trouble, when it is tried again.
    fn soon(&mut self) {
        let tick = Instant::now() + self.rest;
        let due = self.shelf.again().map_or(tick, |again| again.max(tick));
        self.due.get_or_insert(due);
    }

    fn gather(&mut self, route: String, sampled: Sampled) {
        match row(route, sampled) {
            Ok(row) => self.samples.push(row),
            Err(_) => self.post.lost(1),
        }
        let waiting: usize = self.samples.iter().map(|row| row.document.len()).sum();
        match waiting >= BATCH {
            true => self.write(),
            false => self.soon(),
        }
    }

    fn find(&mut self, question: Question) {
        if !self.samples.is_empty() {
            self.write();
        }
        let Question {
            route,
            filter,
            limit,
            answer,
        } = question;
        let documents = self.shelf.samples(&route, &filter, limit);
        // Whoever asked may have left.
        let _ = answer.send(documents.and_then(|documents| read(&documents)));
    }

    fn flush(&mut self, done: &SyncSender<()>) {
        self.write();
        let _ = done.send(());
    }

    /// Writes what has changed, and decides when that is done again.
    fn write(&mut self) {
        self.due = None;
        let began = Instant::now();
        if let Some(latest) = self.shelf.retry(began) {
            self.move_books(&latest);
        }
        let samples = std::mem::take(&mut self.samples);
        if let Shelved::Moved(latest) = self.save(&samples) {
            self.move_books(&latest);
            self.save(&samples);
        }
        self.save_moves();
        self.rest = TICK.max(began.elapsed() * DUTY);
    }

    /// Writes once, and tells the books what became of it.
    fn save(&mut self, samples: &[SampleRow]) -> Shelved {
        let (books, drafts): (Vec<_>, Vec<_>) = drafts(self.books.all()).unzip();
        if drafts.is_empty() && samples.is_empty() {
            return Shelved::Saved(Vec::new());
        }
        let shelved = self.shelf.save(&drafts, samples);
        match &shelved {
            Shelved::Saved(fates) => {
                let drafts = drafts.iter().zip(fates);
                books
                    .iter()
                    .zip(drafts)
                    .for_each(|(book, (draft, fate))| settle(book, draft, fate));
            }
            // What had changed is marked again by the move.
            Shelved::Moved(_) => {}
            Shelved::Not => {
                books.iter().for_each(|book| book.not_written());
                self.post.lost(samples.len() as u64);
                self.soon();
            }
        }
        shelved
    }

    /// Moves that could not be written are kept for the next time.
    fn save_moves(&mut self) {
        let moves = self.books.history.take_unwritten();
        if !moves.is_empty() && !self.shelf.add_moves(&moves) {
            self.books.history.not_written(moves);
            self.soon();
        }
    }

    /// There is another file: every book goes into it, and all that is remembered of the dials.
    fn move_books(&mut self, latest: &[Epoch]) {
        self.books.history.unfiled();
        for book in self.books.all() {
            book.move_to(latest.iter().find(|epoch| epoch.route == book.route()));
        }
    }
}

fn wait(messages: &Receiver<Message>, due: Option<Instant>) -> Result<Message, RecvTimeoutError> {
    match due {
        Some(due) => messages.recv_timeout(due.saturating_duration_since(Instant::now())),
        None => messages.recv().map_err(RecvTimeoutError::from),
    }
}

/// What has changed, each with its book. A page that cannot be put into JSON is a mistake of ours, and left out.
fn drafts(books: Vec<Arc<Book>>) -> impl Iterator<Item = (Arc<Book>, Draft)> {
    books.into_iter().filter_map(|book| {
        let draft = book.changes()?.draft(book.route()).ok()?;
        Some((book, draft))
    })
}

fn settle(book: &Book, draft: &Draft, fate: &Saved) {
    let number = draft.epoch.number;
    match fate {
        Saved::Written(revision) => book.settle(|page| page.filed(number, *revision)),
        Saved::Adopted(epoch) => {
            book.settle(|page| page.adopt(epoch));
            book.not_written();
        }
        Saved::TakenOver => {
            tracing::info!(
                route = book.route(),
                "another process continues this evidence"
            );
            book.settle(|page| page.taken_over(number));
        }
    }
}

fn row(route: String, sampled: Sampled) -> serde_json::Result<SampleRow> {
    let Sampled { keys, sample } = sampled;
    let names = |key: &overgrow_parity::Key| (key.place.to_string(), key.kind.to_string());
    let named = keys.iter().map(names).collect();
    let sampled = Sampled {
        keys,
        sample: sample.redacted(),
    };
    Ok(SampleRow {
        route,
        at: i64::try_from(sampled.sample.at).unwrap_or(i64::MAX),
        keys: named,
        document: serde_json::to_string(&sampled)?,
    })
}

/// A sample that cannot be read, of an older overgrow for instance, is left out.
fn read(documents: &[String]) -> Result<Vec<Sampled>, LedgerError> {
    let samples = documents
        .iter()
        .map(|document| serde_json::from_str(document));
    Ok(samples.filter_map(Result::ok).collect())
}
