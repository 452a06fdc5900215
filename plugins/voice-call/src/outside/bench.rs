//! A host of maps and lists, for tests. What was done can be looked at afterwards.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

use super::{Note, Order, Outside, Trouble, Write};
use crate::ask::Ask;
use crate::desk::Desk;
use crate::settings::Settings;
use crate::signature::{Digest, Keyed, testing};

/// A value, its version and when it is forgotten.
type Kept = (Vec<u8>, u64, u64);

type Somebody = Box<dyn FnOnce(&Bench)>;

pub(crate) struct Bench {
    pub(crate) time: Cell<u64>,
    ids: Cell<u32>,
    kept: RefCell<BTreeMap<String, Kept>>,
    pub(crate) timers: RefCell<BTreeMap<String, (u64, Order)>>,
    pub(crate) sent: RefCell<Vec<Ask>>,
    pub(crate) answers: RefCell<VecDeque<Result<String, Trouble>>>,
    pub(crate) notes: RefCell<Vec<String>>,
    /// Run once, before the next conditional write of a call: somebody who is faster.
    pub(crate) rival: RefCell<Option<Somebody>>,
    /// Run one by one at each pause: what happens while somebody waits.
    pub(crate) meanwhile: RefCell<VecDeque<Somebody>>,
}

pub(crate) struct Token;

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            time: Cell::new(1_700_000_000_000),
            ids: Cell::new(0),
            kept: RefCell::default(),
            timers: RefCell::default(),
            sent: RefCell::default(),
            answers: RefCell::default(),
            notes: RefCell::default(),
            rival: RefCell::default(),
            meanwhile: RefCell::default(),
        }
    }

    /// What the provider answers next.
    pub(crate) fn answers(&self, answer: Result<&str, Trouble>) {
        let answer = answer.map(str::to_owned);
        self.answers.borrow_mut().push_back(answer);
    }

    pub(crate) fn pass(&self, ms: u64) {
        self.time.set(self.time.get() + ms);
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        let sent = self.sent.borrow();
        sent.iter().map(|ask| ask.url.clone()).collect()
    }

    /// The body of what was sent last.
    pub(crate) fn last_body(&self) -> String {
        let sent = self.sent.borrow();
        let (_, body) = sent
            .last()
            .and_then(|ask| ask.body.clone())
            .expect("a body");
        String::from_utf8(body).expect("text")
    }

    fn keep(&self, key: &str, value: &[u8], lives: u64) {
        let until = self.time.get() + lives;
        let mut kept = self.kept.borrow_mut();
        let version = kept.get(key).map_or(0, |(_, version, _)| *version) + 1;
        kept.insert(key.to_owned(), (value.to_vec(), version, until));
    }

    fn alive(&self, key: &str) -> Option<(Vec<u8>, u64)> {
        let kept = self.kept.borrow();
        let (value, version, until) = kept.get(key)?;
        (*until > self.time.get()).then(|| (value.clone(), *version))
    }
}

pub(crate) fn settings(text: &str) -> Settings {
    Settings::parse(text).expect("settings")
}

pub(crate) fn desk<'a>(bench: &'a Bench, settings: &'a Settings) -> Desk<'a, Bench> {
    Desk {
        outside: bench,
        settings,
        task: "task",
        deadline: u64::MAX,
    }
}

impl Keyed for Token {
    type Error = Trouble;

    fn digest(&self, digest: Digest, data: &[u8]) -> Result<Vec<u8>, Trouble> {
        let Ok(digest) = testing::Secret("token").digest(digest, data);
        Ok(digest)
    }
}

impl Outside for Bench {
    type Secret = Token;

    fn now(&self) -> u64 {
        self.time.get()
    }

    fn unique(&self) -> String {
        self.ids.set(self.ids.get() + 1);
        format!("id-{}", self.ids.get())
    }

    fn read(&self, key: &str) -> Result<Option<(Vec<u8>, u64)>, Trouble> {
        Ok(self.alive(key))
    }

    fn write(&self, key: &str, expected: u64, value: &[u8], lives: u64) -> Result<Write, Trouble> {
        if key.starts_with("call/") {
            let rival = self.rival.borrow_mut().take();
            if let Some(rival) = rival {
                rival(self);
            }
        }
        let version = self.alive(key).map_or(0, |(_, version)| version);
        if version != expected {
            return Ok(Write::Lost);
        }
        self.keep(key, value, lives);
        Ok(Write::Done)
    }

    fn put(&self, key: &str, value: &[u8], lives: u64) -> Result<(), Trouble> {
        self.keep(key, value, lives);
        Ok(())
    }

    fn erase(&self, key: &str) -> Result<(), Trouble> {
        self.kept.borrow_mut().remove(key);
        Ok(())
    }

    fn keys(&self, prefix: &str, limit: u32) -> Result<Vec<String>, Trouble> {
        let kept = self.kept.borrow();
        let keys = kept.keys().filter(|key| key.starts_with(prefix));
        Ok(keys.take(limit as usize).cloned().collect())
    }

    fn arm(&self, name: &str, at: u64, order: &Order) -> Result<(), Trouble> {
        let timer = (at, order.clone());
        self.timers.borrow_mut().insert(name.to_owned(), timer);
        Ok(())
    }

    fn disarm(&self, name: &str) -> Result<(), Trouble> {
        self.timers.borrow_mut().remove(name);
        Ok(())
    }

    fn send(&self, ask: &Ask) -> Result<Vec<u8>, Trouble> {
        self.sent.borrow_mut().push(ask.clone());
        let answer = self.answers.borrow_mut().pop_front();
        answer.unwrap_or(Ok("{}".into())).map(String::into_bytes)
    }

    fn secret(&self, _name: &str) -> Result<Token, Trouble> {
        Ok(Token)
    }

    fn reveal(&self, name: &str) -> Result<String, Trouble> {
        Ok(name.to_owned())
    }

    fn note(&self, _note: Note, message: &str, _call_id: &str) {
        self.notes.borrow_mut().push(message.to_owned());
    }

    fn pause(&self, ms: u64) -> Result<(), Trouble> {
        self.pass(ms);
        let meanwhile = self.meanwhile.borrow_mut().pop_front();
        if let Some(meanwhile) = meanwhile {
            meanwhile(self);
        }
        Ok(())
    }
}
