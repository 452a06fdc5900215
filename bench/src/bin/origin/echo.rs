//! The WebSocket of the origin: every frame comes back as it was.
//!
//! It must not know who asks. The surprise: it parses frames itself, because a library's message layer costs more than the proxies it
//! is there to measure.

use bytes::BytesMut;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use hyper::upgrade::OnUpgrade;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use overgrow_bench::frame::{self, Head};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::{Answer, plain, refuse};

/// Switches protocols and echoes from then on; refuses what is no handshake.
pub(crate) fn upgrade(mut request: Request<Incoming>) -> Answer {
    let Some(accept) = accept(&request) else {
        return refuse();
    };
    tokio::spawn(echo(hyper::upgrade::on(&mut request)));
    let mut answer = plain(Default::default());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    answer
}

fn accept(request: &Request<Incoming>) -> Option<HeaderValue> {
    let key = request.headers().get(SEC_WEBSOCKET_KEY)?;
    HeaderValue::try_from(derive_accept_key(key.as_bytes())).ok()
}

async fn echo(client: OnUpgrade) -> anyhow::Result<()> {
    let mut client = TokioIo::new(client.await?);
    let (mut input, mut output) = (BytesMut::new(), Vec::new());
    while client.read_buf(&mut input).await? > 0 {
        let closed = echo_frames(&mut input, &mut output);
        client.write_all(&output).await?;
        output.clear();
        if closed {
            break;
        }
    }
    Ok(client.shutdown().await?)
}

/// Echoes every whole frame of `input`, and says whether the last of them closed the connection.
fn echo_frames(input: &mut BytesMut, output: &mut Vec<u8>) -> bool {
    while let Some(head) = Head::parse(input).filter(|head| head.frame() <= input.len()) {
        let bytes = input.split_to(head.frame());
        frame::echo(&head, &bytes[head.size..], output);
        if head.is_close() {
            return true;
        }
    }
    false
}
