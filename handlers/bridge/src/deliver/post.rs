//! The legacy's hooks over HTTP: one request at a time, on a connection that is kept for the next one.
//!
//! It must not know what an entry says. The surprise: the legacy cuts off a body that is too large for it without an
//! answer, and looks like one that went away; so after a cut it is asked for something harmless.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::trouble::Trouble;
use super::verdict::{Verdict, of_status};
use crate::{Agent, queue::Entry};
use crate::{Target, Wake};

/// How long the legacy may take for an answer: it gives one before it acts.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a connection is good for another request. The legacy closes one that idles for 5 s, and a request that
/// meets the closing would have to be sent twice.
const FRESH: Duration = Duration::from_secs(2);

/// What is read of an answer's body for the reason of a dead letter.
const SAID: usize = 1_024;

/// The way to the hooks.
#[derive(Debug, Default)]
pub(super) struct Hooks {
    kept: Option<(SendRequest<Full<Bytes>>, Instant)>,
}

/// Where something is posted, below the hooks' base.
#[derive(Debug, Clone, Copy)]
enum Place {
    Agent,
    Wake,
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Wake => "wake",
        }
    }
}

impl Hooks {
    /// Posts an agent's turn.
    ///
    /// # Errors
    /// When the legacy is away.
    pub(super) async fn agent(
        &mut self,
        target: &Target,
        entry: &Entry,
        agent: &Agent,
    ) -> Result<Verdict, Trouble> {
        let body = serde_json::to_vec(agent).unwrap_or_default();
        self.post(target, Place::Agent, &entry.key, body).await
    }

    /// Posts a system event, which does what it does over the WebSocket.
    ///
    /// # Errors
    /// When the legacy is away.
    pub(super) async fn wake(
        &mut self,
        target: &Target,
        entry: &Entry,
        wake: &Wake,
    ) -> Result<Verdict, Trouble> {
        let body = serde_json::to_vec(wake).unwrap_or_default();
        self.post(target, Place::Wake, &entry.key, body).await
    }

    async fn post(
        &mut self,
        target: &Target,
        place: Place,
        key: &str,
        body: Vec<u8>,
    ) -> Result<Verdict, Trouble> {
        let request = request(target, place, key, body)?;
        let mut sender = self.connection(target).await?;
        match timeout(PATIENCE, exchange(&mut sender, request)).await {
            Ok(Ok((status, said))) => {
                self.kept = Some((sender, Instant::now()));
                Ok(of_status(status, &said))
            }
            Ok(Err(cut)) => self.cut(target, &cut).await,
            Err(_) => Err(Trouble::away("its hooks did not answer within 10 s")),
        }
    }

    /// A connection was cut instead of an answer: the legacy went away, or could not bear the request.
    async fn cut(&mut self, target: &Target, cut: &hyper::Error) -> Result<Verdict, Trouble> {
        let harmless = bare(target, Method::GET, &target.base)?
            .body(Full::default())
            .map_err(Trouble::away)?;
        let mut sender = self.connection(target).await?;
        match timeout(PATIENCE, exchange(&mut sender, harmless)).await {
            Ok(Ok(_)) => Ok(Verdict::Strike(format!(
                "the legacy's hooks gave no answer to this, but to others: {cut}"
            ))),
            _ => Err(Trouble::away(cut)),
        }
    }

    /// The kept connection if it is good, else a new one.
    async fn connection(&mut self, target: &Target) -> Result<SendRequest<Full<Bytes>>, Trouble> {
        if let Some((mut sender, since)) = self.kept.take()
            && since.elapsed() < FRESH
            && sender.ready().await.is_ok()
        {
            return Ok(sender);
        }
        let connected = timeout(PATIENCE, connect(target)).await;
        connected.map_err(|_| Trouble::away("its hooks could not be connected to within 10 s"))?
    }
}

async fn connect(target: &Target) -> Result<SendRequest<Full<Bytes>>, Trouble> {
    let authority = target.authority().map_err(Trouble::Away)?;
    let stream = TcpStream::connect(&authority)
        .await
        .map_err(Trouble::away)?;
    stream.set_nodelay(true).map_err(Trouble::away)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(Trouble::away)?;
    // It ends with the sender, and what goes wrong with it is told to whoever waits for the answer.
    tokio::spawn(async { drop(connection.await) });
    Ok(sender)
}

fn request(
    target: &Target,
    place: Place,
    key: &str,
    body: Vec<u8>,
) -> Result<Request<Full<Bytes>>, Trouble> {
    let path = format!("{}/{}", target.base, place.name());
    let mut token = HeaderValue::try_from(format!("Bearer {}", target.hooks_token.reveal()))
        .map_err(|_| Trouble::Refused("the hooks' token is none for a header".to_owned()))?;
    token.set_sensitive(true);
    bare(target, Method::POST, &path)?
        .header(AUTHORIZATION, token)
        .header(CONTENT_TYPE, "application/json")
        .header("idempotency-key", key)
        .body(Full::from(body))
        .map_err(Trouble::away)
}

fn bare(target: &Target, method: Method, path: &str) -> Result<http::request::Builder, Trouble> {
    let authority = target.authority().map_err(Trouble::Away)?;
    let request = Request::builder().method(method).uri(path);
    Ok(request.header(HOST, authority))
}

async fn exchange(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> hyper::Result<(StatusCode, String)> {
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    Ok((status, said(answer).await))
}

/// The beginning of what it said; nothing when that is too long or breaks off.
async fn said(answer: Response<Incoming>) -> String {
    let body = Limited::new(answer.into_body(), SAID).collect().await;
    let bytes = body.map(|body| body.to_bytes()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim().to_owned()
}
