//! What a component sends: by the same road as a plugin's requests, so the grant, the guard and the plan are the same.
//!
//! The surprise: a body is collected before anything is sent, and an answer before the component sees its head, because
//! a plan has to be able to tell the whole of both.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::bindings::overgrow::plugin::http::Error as Refusal;
use crate::call::Ask;
use crate::host::{Plain, State, WHOLE};
use crate::who::Who;

/// Sends a component's requests.
pub(super) struct Outbound {
    who: Arc<Who>,
    ask: Ask,
    /// The plugins that this call came through.
    through: Vec<String>,
}

/// What comes of a request, and what goes on while its body is read.
type Sent = Result<(Response<WasiBody>, Background), Error>;
type Background = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl Outbound {
    pub(super) fn new(who: Arc<Who>, ask: Ask) -> Self {
        Self {
            who,
            ask,
            through: Vec::new(),
        }
    }

    pub(super) fn came_through(&mut self, plugins: Vec<String>) {
        self.through = plugins;
    }
}

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Background,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let mut state = State::new(Arc::clone(&self.who), &self.ask);
        state.came_through(self.through.clone());
        Box::new(async move {
            let plain = plain(request).await?;
            let sent = state.send_whole(plain).await.map_err(told)?;
            let done: Background = Box::new(async { Ok(()) });
            Ok((answer(sent.0.status, &sent.0.headers, sent.1)?, done))
        })
    }
}

/// `Host` is the URL's: the host writes it.
async fn plain(request: Request<WasiBody>) -> Result<Plain, Error> {
    let (head, body) = request.into_parts();
    let most = usize::try_from(WHOLE).unwrap_or(usize::MAX);
    let body = Limited::new(body, most).collect().await;
    Ok(Plain {
        method: head.method.as_str().to_owned(),
        url: head.uri.to_string(),
        headers: pairs(&head.headers),
        body: body
            .map_err(|_| Error::HttpRequestBodySize(Some(WHOLE)))?
            .to_bytes(),
    })
}

fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let own = headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "host" | "content-length"));
    let latin1 = |value: &HeaderValue| -> String {
        value
            .as_bytes()
            .iter()
            .map(|&byte| char::from(byte))
            .collect()
    };
    own.map(|(name, value)| (name.as_str().to_owned(), latin1(value)))
        .collect()
}

fn answer(
    status: u16,
    headers: &[(String, String)],
    body: Bytes,
) -> Result<Response<WasiBody>, Error> {
    let body = Full::new(body)
        .map_err(|never| match never {})
        .boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).map_err(|_| Error::HttpProtocolError)?;
    for (name, value) in headers {
        let bytes: Option<Vec<u8>> = value
            .chars()
            .map(|character| u8::try_from(u32::from(character)).ok())
            .collect();
        let value = bytes.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok());
        if let (Ok(name), Some(value)) = (HeaderName::try_from(name.as_str()), value) {
            response.headers_mut().append(name, value);
        }
    }
    Ok(response)
}

/// The nearest that WASI has a word for.
fn told(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Denied(_) | Refusal::Other(_) => Error::HttpRequestDenied,
        Refusal::Invalid(_) => Error::HttpRequestUriInvalid,
        Refusal::Timeout => Error::ConnectionTimeout,
        Refusal::RateLimited(_) => Error::ConnectionLimitReached,
        Refusal::TooLarge(most) => Error::HttpResponseBodySize(Some(most)),
        _ => Error::DestinationUnavailable,
    }
}
