//! The real host.
//!
//! It must not decide anything. The surprise: a secret that is not granted counts as one that is not there, so that an
//! operator grants only what is used.

use overgrow_sdk::host::http::{Redirects, ResponseHead};
use overgrow_sdk::host::inbound::{self, Event, Receipt};
use overgrow_sdk::host::log::{self, Level};
use overgrow_sdk::host::types::Error;
use overgrow_sdk::host::{env, http, kv, media, secrets};

use crate::trouble::Trouble;
use crate::world::{Body, Key, PASSWORD_MARK, Reply, Request, Saved, Stored, World};

/// How much of a file is looked at for its size in pixels, bytes: photographs have their thumbnails in front of it.
const HEAD: u32 = 128 * 1024;

/// The real host.
#[derive(Debug, Clone, Copy)]
pub struct Host;

impl World for Host {
    fn now(&self) -> u64 {
        env::now()
    }

    fn log(&self, level: Level, message: &str, fields: &[(&str, &str)]) {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        log::write(
            level,
            message,
            &fields.iter().map(owned).collect::<Vec<_>>(),
        );
    }

    fn ask(&self, request: &Request) -> Result<Reply, Trouble> {
        let response = send(request, Redirects::SameHost)?;
        Ok(reply(&response.head(), response.body()?))
    }

    fn save(
        &self,
        request: &Request,
        as_type: Option<&str>,
        name: Option<&str>,
    ) -> Result<Saved, Trouble> {
        // Files may be kept at another server; the host drops the token on the way there.
        let response = send(request, Redirects::AllowedHosts)?;
        let head = response.head();
        if !(200..300).contains(&head.status) {
            return Ok(Saved::Not(reply(&head, response.body()?)));
        }
        Ok(Saved::File(response.save(as_type, name)?.info().id))
    }

    fn file(&self, id: &str) -> Result<Stored, Trouble> {
        let file = media::open(id)?;
        let info = file.info();
        Ok(Stored {
            head: file.read(0, HEAD)?,
            size: info.size,
            content_type: info.content_type,
            name: info.filename,
        })
    }

    fn has_secret(&self, name: &str) -> bool {
        secrets::open(name).is_ok()
    }

    fn keep_secret(&self, name: &str, value: &str) -> Result<(), Trouble> {
        Ok(secrets::store(name, value.as_bytes())?)
    }

    fn recall(&self, key: &str) -> Result<Option<Vec<u8>>, Trouble> {
        Ok(kv::get(key)?.map(|entry| entry.value))
    }

    fn keep(&self, key: &str, value: &[u8], ttl: Option<u64>) -> Result<(), Trouble> {
        kv::set(key, value, ttl)?;
        Ok(())
    }

    fn claim(&self, key: &str, ttl: u64) -> Result<bool, Trouble> {
        match kv::compare_and_set(key, 0, b"1", Some(ttl)) {
            Ok(_) => Ok(true),
            Err(Error::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn forget(&self, key: &str) -> Result<(), Trouble> {
        kv::delete(key)?;
        Ok(())
    }

    fn submit(&self, event: &Event, files: &[String]) -> Result<Receipt, Trouble> {
        Ok(inbound::submit(event, files)?)
    }
}

fn send(request: &Request, redirects: Redirects) -> Result<http::Response, Trouble> {
    let secret = match request.key {
        Key::None => None,
        Key::Bearer(name) | Key::Password(name) => Some(secrets::open(name)?),
    };
    let credential = secret.as_ref().map(|secret| match request.key {
        Key::Password(_) => http::Credential::InBody((PASSWORD_MARK.into(), secret)),
        _ => http::Credential::Bearer(secret),
    });
    let file = match &request.body {
        Body::File(id, _) => Some(media::open(id)?),
        _ => None,
    };
    let (body, content_type) = match (&request.body, &file) {
        (Body::Json(value), _) => (
            http::Body::Bytes(value.to_string().into_bytes()),
            Some("application/json"),
        ),
        (Body::File(_, kind), Some(file)) => (http::Body::Blob(file), Some(kind.as_str())),
        _ => (http::Body::None, None),
    };
    let content_type = content_type.map(|kind| ("Content-Type".to_owned(), kind.to_owned()));
    Ok(http::send(&http::Request {
        method: request.method.into(),
        url: request.url.clone(),
        headers: content_type.into_iter().collect(),
        body,
        credentials: credential.into_iter().collect(),
        redirects,
        timeout: Some(request.timeout),
        max_response: Some(request.most),
        idempotency_key: None,
    })?)
}

fn reply(head: &ResponseHead, body: Vec<u8>) -> Reply {
    Reply {
        status: head.status,
        wait: head.retry_after,
        body,
    }
}
