//! The world as the host gives it.
//!
//! Nothing is decided here.

use overgrow_sdk::host::env;
use overgrow_sdk::host::http::Redirects;
use overgrow_sdk::host::inbound::{self, Event, Receipt};
use overgrow_sdk::host::log::{self, Level};
use overgrow_sdk::host::types::Error;
use overgrow_sdk::host::{kv, media, secrets};
use overgrow_sdk::{Failure, http, secret};

use crate::world::{Body, File, Key, Onward, PASSWORD_MARK, Reply, Request, Saved, World};

/// How much of a file is read at a time, bytes.
const PIECE: u32 = 1024 * 1024;

/// The host of this plugin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Host;

impl World for Host {
    fn now(&self) -> u64 {
        env::now()
    }

    fn random(&self, length: u32) -> Vec<u8> {
        env::random(length)
    }

    fn log(&self, level: Level, message: &str, fields: &[(&str, &str)]) {
        let fields: Vec<(String, String)> = fields
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        log::write(level, message, &fields);
    }

    fn ask(&self, request: &Request) -> Result<Reply, Failure> {
        let answer = send(request)?;
        let wait = answer
            .retry_after()
            .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        Ok(Reply {
            status: answer.status(),
            wait,
            body: answer.bytes()?,
        })
    }

    fn save(
        &self,
        request: &Request,
        kind: Option<&str>,
        name: Option<&str>,
    ) -> Result<Saved, Failure> {
        let answer = send(request)?;
        if !(200..300).contains(&answer.status()) {
            return Ok(Saved::Not(answer.status()));
        }
        let told = answer.header("content-type").map(str::to_owned);
        let blob = answer.save(told.as_deref().or(kind), name)?;
        Ok(Saved::File(blob.info().id))
    }

    fn has_secret(&self, name: &str) -> bool {
        secrets::open(name).is_ok()
    }

    fn keep_secret(&self, name: &str, value: &str) -> Result<(), Failure> {
        Ok(secrets::store(name, value.as_bytes())?)
    }

    fn recall(&self, key: &str) -> Result<Option<(Vec<u8>, u64)>, Failure> {
        Ok(kv::get(key)?.map(|entry| (entry.value, entry.version)))
    }

    fn keep(&self, key: &str, value: &[u8], ttl: u64) -> Result<(), Failure> {
        kv::set(key, value, Some(ttl))?;
        Ok(())
    }

    fn swap(&self, key: &str, version: u64, value: &[u8], ttl: u64) -> Result<bool, Failure> {
        match kv::compare_and_set(key, version, value, Some(ttl)) {
            Ok(_) => Ok(true),
            Err(Error::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn forget(&self, key: &str) -> Result<bool, Failure> {
        Ok(kv::delete(key)?)
    }

    fn keys(&self, prefix: &str, after: Option<&str>, most: u32) -> Result<Vec<String>, Failure> {
        Ok(kv::list_keys(prefix, after, most)?)
    }

    fn file(&self, id: &str) -> Result<File, Failure> {
        let info = media::open(id)?.info();
        Ok(File {
            size: info.size,
            kind: info.content_type,
            name: info.filename,
        })
    }

    fn read(&self, id: &str, size: u64) -> Result<Vec<u8>, Failure> {
        let blob = media::open(id)?;
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < size {
            let piece = blob.read(bytes.len() as u64, PIECE)?;
            if piece.is_empty() {
                break;
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    fn put(&self, bytes: &[u8], kind: Option<&str>) -> Result<String, Failure> {
        Ok(media::put(bytes, kind, None)?.info().id)
    }

    fn submit(&self, event: &Event, files: &[String]) -> Result<Receipt, Failure> {
        Ok(inbound::submit(event, files)?)
    }
}

fn send(request: &Request) -> Result<http::Answer, Failure> {
    let token = match &request.key {
        Key::None => None,
        Key::Bearer(name) => Some(secret::open(name)?),
        Key::Password(name) => Some(secret::open(name)?),
    };
    let file = match &request.body {
        Body::File(id, _) => Some(media::open(id)?),
        Body::None | Body::Bytes(..) => None,
    };
    let mut out = http::request(request.method, &request.url).max_response(request.most);
    out = out.redirects(match request.onward {
        Onward::Nowhere => Redirects::Manual,
        Onward::Allowed => Redirects::AllowedHosts,
    });
    for (name, value) in &request.headers {
        out = out.header(*name, value);
    }
    out = match (&request.body, &file) {
        (Body::Bytes(bytes, kind), _) => out.body(kind, bytes.clone()),
        (Body::File(_, kind), Some(file)) => out.file(kind, file),
        _ => out,
    };
    out = match (&request.key, &token) {
        (Key::Bearer(_), Some(token)) => out.bearer(token),
        (Key::Password(_), Some(token)) => out.secret_in_body(PASSWORD_MARK, token),
        _ => out,
    };
    out.send()
}
