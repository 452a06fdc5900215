//! One request to one checked target, and its answer under limits.
//!
//! The surprise: the body is counted as it comes, whatever length was promised, and one that is packed is refused
//! unseen: what it would become has no limit.

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HOST, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Request, Response, Uri};
use http_body::Body as _;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::task::AbortHandle;

use crate::connect::{Connection, host_of};
use crate::{FetchError, Target};

/// Largest head of an answer; what is larger is no answer but an attack.
const HEAD: usize = 64 * 1024;

/// An answer whose body is still to come.
pub(crate) struct Answer {
    pub(crate) response: Response<Incoming>,
    _connection: Driven,
}

/// The connection's task; it ends when this is dropped.
struct Driven(AbortHandle);

impl Drop for Driven {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends a request, up to the answer's head.
pub(crate) async fn send(
    connection: Connection,
    target: &Target,
    parts: &Parts,
    body: Bytes,
) -> Result<Answer, FetchError> {
    let failed = |error| FetchError::Http(host_of(target), error);
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD);
    let shaken = builder.handshake(TokioIo::new(connection)).await;
    let (mut sender, driver) = shaken.map_err(failed)?;
    let driven = Driven(tokio::spawn(driver).abort_handle());
    let request = request(target, parts, body)?;
    let response = sender.send_request(request).await.map_err(failed)?;
    Ok(Answer {
        response,
        _connection: driven,
    })
}

fn request(
    target: &Target,
    parts: &Parts,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, FetchError> {
    let url = target.url();
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = path.parse::<Uri>().map_err(|_| FetchError::Url)?;
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let mut headers = parts.headers.clone();
    let host = HeaderValue::from_str(host).map_err(|_| FetchError::Url)?;
    headers.insert(HOST, host);
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    *request.headers_mut() = headers;
    Ok(request)
}

impl Answer {
    /// The whole body, of at most so many bytes.
    pub(crate) async fn body(mut self, target: &Target, most: u64) -> Result<Bytes, FetchError> {
        refuse_packed(self.response.headers())?;
        let promised = promised(self.response.headers());
        if promised.is_some_and(|length| length > most) {
            return Err(FetchError::TooLarge(most));
        }
        let body = self.response.body_mut();
        let mut whole = BytesMut::new();
        while !body.is_end_stream() {
            let Some(frame) = body.frame().await else {
                break;
            };
            let frame = frame.map_err(|error| FetchError::Http(host_of(target), error))?;
            let Some(data) = frame.data_ref() else {
                continue;
            };
            if (whole.len() + data.len()) as u64 > most {
                return Err(FetchError::TooLarge(most));
            }
            whole.extend_from_slice(data);
        }
        Ok(whole.freeze())
    }
}

fn promised(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn refuse_packed(headers: &HeaderMap) -> Result<(), FetchError> {
    let packed = headers.get_all(CONTENT_ENCODING).iter();
    let mut packed = packed.filter(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"));
    match packed.next() {
        None => Ok(()),
        Some(value) => Err(FetchError::Packed(
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )),
    }
}
