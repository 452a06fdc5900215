//! A thread that owns a connection, and a handle to ask it through.
//!
//! It must not know what is asked. The surprise is the group commit: whatever arrives while a transaction is written
//! shares the next one, and nobody is answered before it is on the disk; one that fails is undone without the others.

use std::sync::{Arc, mpsc};
use std::thread;

use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use crate::KeepError;

/// Questions that may wait for the thread; whoever comes later waits to be let in.
const WAITING: usize = 1024;

/// Questions that share a transaction. With more, the first would wait too long for the last.
const GROUP: usize = 256;

/// A handle on the thread, which ends when the last one is gone and what was asked is answered.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    questions: mpsc::Sender<Question>,
    places: Arc<Semaphore>,
}

/// What is asked: it is given the file, or why there is none to be had.
type Question = Box<dyn FnOnce(Result<&Connection, KeepError>) -> Done + Send>;

/// A question that was carried out and not answered yet.
struct Done {
    outcome: Outcome,
    /// Answers, when it is known whether the transaction holds.
    answer: Box<dyn FnOnce(Result<(), KeepError>) + Send>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Well,
    Failed,
}

impl Desk {
    /// A desk whose questions change nothing; each sees what is committed when it is asked.
    pub(crate) fn reading(file: Connection) -> Result<Self, KeepError> {
        Self::open("keep-read", move |asked| read(&file, &asked))
    }

    /// A desk whose questions share transactions.
    pub(crate) fn writing(file: Connection) -> Result<Self, KeepError> {
        Self::open("keep-write", move |asked| write(&file, &asked))
    }

    fn open(
        name: &str,
        work: impl FnOnce(mpsc::Receiver<Question>) + Send + 'static,
    ) -> Result<Self, KeepError> {
        let (questions, asked) = mpsc::channel();
        let thread = thread::Builder::new().name(name.to_owned());
        thread.spawn(move || work(asked))?;
        let places = Arc::new(Semaphore::new(WAITING));
        Ok(Self { questions, places })
    }

    /// Asks, and gives the answer when it is as durable as the desk makes it. A question that was let in is carried out
    /// although nobody waits for its answer any more.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, KeepError> + Send + 'static,
    ) -> Result<T, KeepError> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|_| KeepError::Closed)?;
        let (reply, answer) = oneshot::channel();
        let question = move |file: Result<&Connection, KeepError>| {
            let found = file.and_then(question);
            Done {
                outcome: Outcome::of(&found),
                answer: Box::new(move |held| {
                    drop(reply.send(held.and(found)));
                    drop(place);
                }),
            }
        };
        let sent = self.questions.send(Box::new(question));
        sent.map_err(|_| KeepError::Closed)?;
        answer.await.map_err(|_| KeepError::Closed)?
    }
}

impl Outcome {
    fn of<T>(found: &Result<T, KeepError>) -> Self {
        match found {
            Ok(_) => Self::Well,
            Err(_) => Self::Failed,
        }
    }
}

fn read(file: &Connection, asked: &mpsc::Receiver<Question>) {
    while let Ok(question) = asked.recv() {
        (question(Ok(file)).answer)(Ok(()));
    }
}

fn write(file: &Connection, asked: &mpsc::Receiver<Question>) {
    while let Ok(first) = asked.recv() {
        let rest = std::iter::from_fn(|| asked.try_recv().ok());
        let group = std::iter::once(first).chain(rest).take(GROUP);
        let begun = file.execute_batch("BEGIN IMMEDIATE");
        let begun = begun.map_err(KeepError::from);
        let done: Vec<_> = group.map(|question| one(file, &begun, question)).collect();
        let held = begun.and_then(|()| commit(file));
        for done in done {
            (done.answer)(held.clone());
        }
    }
}

/// Carries out one question of a transaction, and undoes it alone when it fails.
fn one(file: &Connection, begun: &Result<(), KeepError>, question: Question) -> Done {
    match begun.clone().and_then(|()| mark(file)) {
        Ok(()) => undone_if_failed(file, question(Ok(file))),
        Err(error) => question(Err(error)),
    }
}

/// A full disk makes SQLite end the transaction by itself; what comes then must not begin one of its own.
fn mark(file: &Connection) -> Result<(), KeepError> {
    if file.is_autocommit() {
        return Err(KeepError::Closed);
    }
    Ok(file.execute_batch("SAVEPOINT one")?)
}

fn undone_if_failed(file: &Connection, done: Done) -> Done {
    let sql = match done.outcome {
        Outcome::Well => "RELEASE one",
        Outcome::Failed => "ROLLBACK TO one; RELEASE one",
    };
    // When this fails, the transaction is gone and its commit fails for all.
    let _ = file.execute_batch(sql);
    done
}

fn commit(file: &Connection) -> Result<(), KeepError> {
    let committed = file.execute_batch("COMMIT");
    if committed.is_err() && !file.is_autocommit() {
        let _ = file.execute_batch("ROLLBACK");
    }
    Ok(committed?)
}
