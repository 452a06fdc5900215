//! A world of a test's own: services that answer from a script, and state in maps.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};

use overgrow_sdk::Failure;
use overgrow_sdk::host::inbound::{Event, Receipt};
use overgrow_sdk::host::log::Level;
use serde_json::{Value, json};

use crate::settings::Settings;
use crate::world::{Body, File, Key, Reply, Request, Saved, World};

/// The time in every test until it is moved, Unix ms.
pub(crate) const NOW: u64 = 1_800_000_000_000;

/// What a service answers to a request that it knows.
type Script = Box<dyn Fn(&Request) -> Option<Result<Reply, Failure>>>;

/// The world.
#[derive(Default)]
pub(crate) struct Double {
    pub(crate) now: Cell<u64>,
    pub(crate) asked: RefCell<Vec<Request>>,
    pub(crate) script: RefCell<Vec<Script>>,
    pub(crate) secrets: RefCell<HashMap<String, String>>,
    pub(crate) kept: RefCell<BTreeMap<String, (Vec<u8>, u64)>>,
    pub(crate) files: RefCell<BTreeMap<String, (Vec<u8>, File)>>,
    pub(crate) submitted: RefCell<Vec<(Event, Vec<String>)>>,
    pub(crate) receipt: RefCell<Option<Receipt>>,
    pub(crate) logged: RefCell<Vec<String>>,
    random: Cell<u8>,
}

impl Double {
    pub(crate) fn new() -> Self {
        let world = Self::default();
        world.now.set(NOW);
        let issue = |request: &Request| {
            let ours = request.url.ends_with("/oauth2/v2.0/token");
            ours.then(|| {
                Ok(reply(
                    200,
                    json!({"access_token": "issued", "expires_in": 3600}),
                ))
            })
        };
        world.script.borrow_mut().push(Box::new(issue));
        world
    }

    /// Has requests of a method, to URLs with that in them, answered so.
    pub(crate) fn on(&self, method: &'static str, part: &'static str, status: u16, body: Value) {
        self.answer(method, part, move || Ok(reply(status, body.clone())));
    }

    pub(crate) fn answer(
        &self,
        method: &'static str,
        part: &'static str,
        answer: impl Fn() -> Result<Reply, Failure> + 'static,
    ) {
        let script = move |request: &Request| {
            (request.method == method && request.url.contains(part)).then(&answer)
        };
        self.script.borrow_mut().insert(0, Box::new(script));
    }

    /// Requests to URLs with that in them.
    pub(crate) fn requests(&self, part: &str) -> Vec<Request> {
        let asked = self.asked.borrow();
        asked
            .iter()
            .filter(|request| request.url.contains(part))
            .cloned()
            .collect()
    }

    /// Documents that were sent to URLs with that in them.
    pub(crate) fn documents(&self, part: &str) -> Vec<Value> {
        self.requests(part).iter().map(document).collect()
    }

    pub(crate) fn store(&self, id: &str, bytes: &[u8], kind: &str, name: &str) {
        let file = File {
            size: bytes.len() as u64,
            kind: Some(kind.to_owned()),
            name: Some(name.to_owned()),
        };
        self.files
            .borrow_mut()
            .insert(id.to_owned(), (bytes.to_vec(), file));
    }

    pub(crate) fn pass(&self, ms: u64) {
        self.now.set(self.now.get() + ms);
    }
}

/// Settings of a bot.
pub(crate) fn settings(more: Value) -> Settings {
    let mut document = json!({
        "enabled": true, "appId": "app", "appPassword": {"$secret": "app-password"}, "tenantId": "tenant",
    });
    document
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    Settings::read(&document).unwrap()
}

pub(crate) fn reply(status: u16, body: Value) -> Reply {
    Reply {
        status,
        wait: None,
        body: body.to_string().into_bytes(),
    }
}

pub(crate) fn document(request: &Request) -> Value {
    match &request.body {
        Body::Bytes(bytes, _) => serde_json::from_slice(bytes).unwrap_or_default(),
        _ => Value::Null,
    }
}

impl World for Double {
    fn now(&self) -> u64 {
        self.now.get()
    }

    fn random(&self, length: u32) -> Vec<u8> {
        self.random.set(self.random.get().wrapping_add(1));
        vec![self.random.get(); length as usize]
    }

    fn log(&self, _: Level, message: &str, fields: &[(&str, &str)]) {
        self.logged
            .borrow_mut()
            .push(format!("{message} {fields:?}"));
    }

    fn ask(&self, request: &Request) -> Result<Reply, Failure> {
        self.asked.borrow_mut().push(request.clone());
        if let Key::Bearer(name) = request.key {
            assert!(self.has_secret(name), "{name} is not there");
        }
        let script = self.script.borrow();
        let answer = script.iter().find_map(|script| script(request));
        answer.unwrap_or_else(|| panic!("nobody answers {} {}", request.method, request.url))
    }

    fn save(
        &self,
        request: &Request,
        kind: Option<&str>,
        name: Option<&str>,
    ) -> Result<Saved, Failure> {
        let reply = self.ask(request)?;
        if !reply.is_good() {
            return Ok(Saved::Not(reply.status));
        }
        let id = format!("m{}", self.files.borrow().len());
        self.store(
            &id,
            &reply.body,
            kind.unwrap_or("x/y"),
            name.unwrap_or("unnamed"),
        );
        Ok(Saved::File(id))
    }

    fn has_secret(&self, name: &str) -> bool {
        self.secrets.borrow().contains_key(name)
    }

    fn keep_secret(&self, name: &str, value: &str) -> Result<(), Failure> {
        self.secrets
            .borrow_mut()
            .insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    fn recall(&self, key: &str) -> Result<Option<(Vec<u8>, u64)>, Failure> {
        Ok(self.kept.borrow().get(key).cloned())
    }

    fn keep(&self, key: &str, value: &[u8], ttl: u64) -> Result<(), Failure> {
        assert!(ttl > 0, "{key} is kept for no time");
        let mut kept = self.kept.borrow_mut();
        let version = kept.get(key).map_or(0, |(_, version)| *version);
        kept.insert(key.to_owned(), (value.to_vec(), version + 1));
        Ok(())
    }

    fn swap(&self, key: &str, version: u64, value: &[u8], ttl: u64) -> Result<bool, Failure> {
        let there = self.recall(key)?.map_or(0, |(_, version)| version);
        if there == version {
            self.keep(key, value, ttl)?;
        }
        Ok(there == version)
    }

    fn forget(&self, key: &str) -> Result<bool, Failure> {
        Ok(self.kept.borrow_mut().remove(key).is_some())
    }

    fn keys(&self, prefix: &str, after: Option<&str>, most: u32) -> Result<Vec<String>, Failure> {
        let kept = self.kept.borrow();
        let behind = kept
            .keys()
            .filter(|key| after.is_none_or(|after| key.as_str() > after));
        Ok(behind
            .filter(|key| key.starts_with(prefix))
            .take(most as usize)
            .cloned()
            .collect())
    }

    fn file(&self, id: &str) -> Result<File, Failure> {
        let files = self.files.borrow();
        files
            .get(id)
            .map(|(_, file)| file.clone())
            .ok_or_else(|| Failure::permanent("not-found", id))
    }

    fn read(&self, id: &str, _: u64) -> Result<Vec<u8>, Failure> {
        Ok(self.files.borrow()[id].0.clone())
    }

    fn put(&self, bytes: &[u8], kind: Option<&str>) -> Result<String, Failure> {
        let id = format!("m{}", self.files.borrow().len());
        self.store(&id, bytes, kind.unwrap_or("x/y"), "put");
        Ok(id)
    }

    fn submit(&self, event: &Event, files: &[String]) -> Result<Receipt, Failure> {
        self.submitted
            .borrow_mut()
            .push((event.clone(), files.to_vec()));
        Ok(self
            .receipt
            .borrow()
            .clone()
            .unwrap_or(Receipt::Accepted("run".to_owned())))
    }
}
