//! One keep-alive connection of a client.
//!
//! It knows HTTP and nothing of routes. A connection that the other end has closed is opened anew before the next
//! request, never within one: what fails is to be seen.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use overgrow_handler::BoxError;
use tokio::net::TcpStream;

/// A request of the demonstration.
pub(super) type Asked = Request<Full<Bytes>>;

/// A line to one address.
#[derive(Debug)]
pub(super) struct Line {
    address: SocketAddr,
    open: Option<SendRequest<Full<Bytes>>>,
}

impl Line {
    /// A line that opens with its first request.
    pub(super) fn to(address: SocketAddr) -> Self {
        Self {
            address,
            open: None,
        }
    }

    /// The answer, whole.
    pub(super) async fn ask(&mut self, mut request: Asked) -> Result<Response<Bytes>, BoxError> {
        let host = self.address.to_string().parse()?;
        request.headers_mut().insert(header::HOST, host);
        let mut sender = match self.open.take().filter(|sender| !sender.is_closed()) {
            Some(sender) => sender,
            None => self.dial().await?,
        };
        sender.ready().await?;
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        self.open = Some(sender);
        Ok(Response::from_parts(head, body))
    }

    async fn dial(&self) -> Result<SendRequest<Full<Bytes>>, BoxError> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Ends with the sender.
        tokio::spawn(connection);
        Ok(sender)
    }
}
