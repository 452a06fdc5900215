//! The simplest pool that is correct: idle connections of one worker, last in, first out.
//!
//! It must not know the chassis or what is sent. The surprise: a connection comes back when the answer's body is dropped, read to its end
//! or not; hyper closes the unfinished ones, and the next checkout sees that.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::SendRequest;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

thread_local! {
    /// One worker owns its idle connections, so the pool needs no lock.
    static IDLE: RefCell<Vec<Sender>> = const { RefCell::new(Vec::new()) };
}

/// One upstream connection.
pub(crate) type Sender = SendRequest<Incoming>;
/// Why there is no answer; the client sees a 502 whatever it is.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Sends on an idle connection, or on a new one. A connection that closed before the request was written hands it back unharmed.
pub(crate) async fn send(
    upstream: SocketAddr,
    mut request: Request<Incoming>,
) -> Result<(Response<Incoming>, Sender), Failure> {
    loop {
        let (mut sender, reused) = match idle().await {
            Some(sender) => (sender, true),
            None => (connect(upstream).await?, false),
        };
        match sender.try_send_request(request).await {
            Ok(answer) => return Ok((answer, sender)),
            Err(mut error) => match error.take_message() {
                Some(unsent) if reused => request = unsent,
                _ => return Err(error.into_error().into()),
            },
        }
    }
}

async fn idle() -> Option<Sender> {
    loop {
        let mut sender = IDLE.with_borrow_mut(Vec::pop)?;
        if sender.ready().await.is_ok() {
            return Some(sender);
        }
    }
}

async fn connect(upstream: SocketAddr) -> Result<Sender, Failure> {
    let stream = TcpStream::connect(upstream).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection.with_upgrades());
    Ok(sender)
}

/// The answer's body on its way to the client.
pub(crate) enum Forwarded {
    /// Forwarded; the connection is free again when this is dropped.
    Pooled {
        body: Incoming,
        sender: Option<Sender>,
    },
    /// Nothing to wait for: an upgrade, or our own refusal.
    Whole(UnsyncBoxBody<Bytes, Failure>),
}

impl Body for Forwarded {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        match self.get_mut() {
            Self::Pooled { body, .. } => Pin::new(body).poll_frame(cx).map_err(Into::into),
            Self::Whole(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Pooled { body, .. } => body.is_end_stream(),
            Self::Whole(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Pooled { body, .. } => body.size_hint(),
            Self::Whole(body) => body.size_hint(),
        }
    }
}

impl Drop for Forwarded {
    fn drop(&mut self) {
        if let Self::Pooled { sender, .. } = self
            && let Some(sender) = sender.take()
        {
            IDLE.with_borrow_mut(|idle| idle.push(sender));
        }
    }
}
