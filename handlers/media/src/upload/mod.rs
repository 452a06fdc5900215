//! Keeps what is sent: native only, and only where it is switched on.
//!
//! It must not know how a link is fetched or an image reduced. The surprise: it does not ask who sends; that is for the gate in
//! front of the route.

mod fault;
mod helpers;
mod incoming;

use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use overgrow_handler::{Body, BoxError, Effects};
use overgrow_store::{New, Saved, Shelf, Store};
use serde_json::json;

pub use helpers::{Fetched, Helpers, Reduce, Refusal, Source, Upload};

use crate::MediaLimits;
use fault::Fault;
use incoming::Incoming;

/// One request to keep a file.
pub(crate) struct Request<'a> {
    pub(crate) store: &'a Store,
    pub(crate) limits: MediaLimits,
    pub(crate) helpers: &'a Helpers,
    pub(crate) effects: &'a Effects,
    pub(crate) query: Option<&'a str>,
    pub(crate) headers: &'a HeaderMap,
}

/// What is to be done with a file before it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    AsItIs,
    Reduced,
}

impl Request<'_> {
    /// Keeps the file and says where, or says why not.
    pub(crate) async fn answer(&self, body: Body) -> Result<Response<Body>, BoxError> {
        match self.keep(body).await {
            Ok(saved) => Ok(told(&saved)),
            Err(fault) => fault.answer(),
        }
    }

    async fn keep(&self, body: Body) -> Result<Saved, Fault> {
        let wish = wish(self.query);
        let max_bytes = match wish {
            Wish::AsItIs => self.limits.max_bytes,
            Wish::Reduced => self.limits.max_unreduced_bytes,
        };
        let file = match Incoming::read(self.headers, body, max_bytes).await? {
            Incoming::File(file) => file,
            Incoming::Link(url) => self.fetch(&url, max_bytes).await?,
        };
        let file = match wish {
            Wish::AsItIs => file,
            // Planned, a fetch gives nothing, and nothing cannot be reduced.
            Wish::Reduced if self.effects.is_planning() && file.bytes.is_empty() => file,
            Wish::Reduced => self.reduce(file).await?,
        };
        self.save(file).await
    }

    async fn fetch(&self, url: &str, max_bytes: u64) -> Result<Fetched, Fault> {
        let source = self.helpers.source.as_ref().ok_or(Fault::Unhelped)?;
        Ok(source.get(self.effects, url, max_bytes).await?)
    }

    async fn reduce(&self, file: Fetched) -> Result<Fetched, Fault> {
        let reducer = self.helpers.reducer.as_ref().ok_or(Fault::Unhelped)?;
        Ok(reducer.reduce(file, self.limits.max_bytes).await?)
    }

    async fn save(&self, file: Fetched) -> Result<Saved, Fault> {
        let new = New {
            bytes: file.bytes,
            content_type: file.content_type.as_deref(),
            shelf: Shelf::Top,
            original_name: file.name.as_deref(),
            max_bytes: self.limits.max_bytes,
        };
        Ok(self.store.save(self.effects, new).await?)
    }
}

/// `?reduce=1` among the query's parts.
fn wish(query: Option<&str>) -> Wish {
    match query
        .unwrap_or("")
        .split('&')
        .any(|part| part == "reduce=1")
    {
        true => Wish::Reduced,
        false => Wish::AsItIs,
    }
}

fn told(saved: &Saved) -> Response<Body> {
    let url = format!("/media/{}", encoded(&saved.id));
    let location = HeaderValue::try_from(&url).ok();
    let body = json!({ "id": saved.id, "size": saved.size, "contentType": saved.content_type, "url": url });
    let mut response = fault::answer(StatusCode::CREATED, &body);
    response
        .headers_mut()
        .extend(location.map(|url| (LOCATION, url)));
    response
}

/// An id as a part of a URL: what is not ASCII is encoded, and nothing else in an id needs to be.
fn encoded(id: &str) -> String {
    let encode = |byte: u8| match byte.is_ascii() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    id.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests;
