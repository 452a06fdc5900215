//! A host that only pretends, for tests: it answers from a script and remembers what it was asked.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, VecDeque};

use overgrow_sdk::host::inbound::{Event, Receipt};
use overgrow_sdk::host::log::Level;
use serde_json::Value;

use crate::trouble::{Cause, Trouble};
use crate::world::{Key, Reply, Request, Saved, Stored, World};

/// A value, and when it is gone, Unix ms.
type Kept = (Vec<u8>, Option<u64>);

/// The host that pretends.
#[derive(Default)]
pub(crate) struct Double {
    now: Cell<u64>,
    secrets: RefCell<HashMap<String, String>>,
    kept: RefCell<BTreeMap<String, Kept>>,
    answers: RefCell<HashMap<String, Answers>>,
    requests: RefCell<Vec<Request>>,
    files: RefCell<HashMap<String, Stored>>,
    submitted: RefCell<Vec<(Event, Vec<String>)>>,
    receipts: RefCell<VecDeque<Result<Receipt, Trouble>>>,
    lines: RefCell<Vec<String>>,
}

/// Answers to come, and the last one that was given.
#[derive(Default)]
struct Answers {
    next: VecDeque<Reply>,
    last: Option<Reply>,
}

impl Double {
    pub(crate) fn new() -> Self {
        let double = Self::default();
        double.now.set(1_700_000_000_000);
        double
    }

    pub(crate) fn pass(&self, ms: u64) {
        self.now.set(self.now.get() + ms);
    }

    pub(crate) fn secret(&self, name: &str, value: &str) {
        self.secrets.borrow_mut().insert(name.into(), value.into());
    }

    pub(crate) fn revealed(&self, name: &str) -> Option<String> {
        self.secrets.borrow().get(name).cloned()
    }

    pub(crate) fn put(&self, id: &str, file: Stored) {
        self.files.borrow_mut().insert(id.into(), file);
    }

    /// The next answer to `GET /path`; the last one is given again and again.
    pub(crate) fn answer(&self, to: &str, status: u16, body: Value) {
        let body = body.to_string().into_bytes();
        let reply = Reply {
            status,
            wait: None,
            body,
        };
        self.answers
            .borrow_mut()
            .entry(to.into())
            .or_default()
            .next
            .push_back(reply);
    }

    pub(crate) fn receipt(&self, receipt: Result<Receipt, Trouble>) {
        self.receipts.borrow_mut().push_back(receipt);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.borrow().clone()
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.requests.borrow().iter().map(line).collect()
    }

    pub(crate) fn submitted(&self) -> Vec<(Event, Vec<String>)> {
        self.submitted.borrow().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.borrow().clone()
    }

    fn reply(&self, request: &Request) -> Result<Reply, Trouble> {
        if let Key::Bearer(name) | Key::Password(name) = request.key {
            assert!(self.has_secret(name), "{name} is asked for");
        }
        self.requests.borrow_mut().push(request.clone());
        let mut answers = self.answers.borrow_mut();
        let answers = answers.entry(line(request)).or_default();
        answers.last = answers.next.pop_front().or_else(|| answers.last.take());
        let none = || Trouble::new(Cause::Away, format!("no answer to {}", line(request)));
        answers.last.clone().ok_or_else(none)
    }
}

/// Method and path of a request, without its query.
pub(crate) fn line(request: &Request) -> String {
    let path = request.url.splitn(4, '/').nth(3).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    format!("{} /{path}", request.method)
}

impl World for Double {
    fn now(&self) -> u64 {
        self.now.get()
    }

    fn log(&self, _: Level, message: &str, fields: &[(&str, &str)]) {
        self.lines
            .borrow_mut()
            .push(format!("{message} {fields:?}"));
    }

    fn ask(&self, request: &Request) -> Result<Reply, Trouble> {
        self.reply(request)
    }

    fn save(
        &self,
        request: &Request,
        as_type: Option<&str>,
        name: Option<&str>,
    ) -> Result<Saved, Trouble> {
        let reply = self.reply(request)?;
        if !reply.ok() {
            return Ok(Saved::Not(reply));
        }
        if reply.body.len() as u64 > request.most {
            return Err(Trouble::new(Cause::Large, "too large"));
        }
        let id = format!("media-{}", self.files.borrow().len() + 1);
        let stored = Stored {
            size: reply.body.len() as u64,
            content_type: as_type.map(str::to_owned),
            name: name.map(str::to_owned),
            head: reply.body,
        };
        self.put(&id, stored);
        Ok(Saved::File(id))
    }

    fn file(&self, id: &str) -> Result<Stored, Trouble> {
        let found = self.files.borrow().get(id).cloned();
        found.ok_or_else(|| Trouble::new(Cause::Absent, "no such file"))
    }

    fn has_secret(&self, name: &str) -> bool {
        self.secrets.borrow().contains_key(name)
    }

    fn keep_secret(&self, name: &str, value: &str) -> Result<(), Trouble> {
        self.secret(name, value);
        Ok(())
    }

    fn recall(&self, key: &str) -> Result<Option<Vec<u8>>, Trouble> {
        let kept = self.kept.borrow();
        let alive = |(_, until): &&Kept| until.is_none_or(|until| until > self.now());
        Ok(kept.get(key).filter(alive).map(|(value, _)| value.clone()))
    }

    fn keep(&self, key: &str, value: &[u8], ttl: Option<u64>) -> Result<(), Trouble> {
        let until = ttl.map(|ttl| self.now() + ttl);
        self.kept
            .borrow_mut()
            .insert(key.into(), (value.to_vec(), until));
        Ok(())
    }

    fn claim(&self, key: &str, ttl: u64) -> Result<bool, Trouble> {
        let free = self.recall(key)?.is_none();
        if free {
            self.keep(key, b"", Some(ttl))?;
        }
        Ok(free)
    }

    fn forget(&self, key: &str) -> Result<(), Trouble> {
        self.kept.borrow_mut().remove(key);
        Ok(())
    }

    fn submit(&self, event: &Event, files: &[String]) -> Result<Receipt, Trouble> {
        let next = self.receipts.borrow_mut().pop_front();
        let receipt = next.unwrap_or_else(|| Ok(Receipt::Accepted("run".into())))?;
        self.submitted
            .borrow_mut()
            .push((event.clone(), files.to_vec()));
        Ok(receipt)
    }
}
