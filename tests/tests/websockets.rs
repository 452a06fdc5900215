//! A WebSocket through the sidecar is the same as one without it: bytes cross untouched for as long as both sides live.
//!
//! Where bytes matter the handshake and the frames are written by hand; a zero mask leaves a frame's payload readable.

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt};
use nix::sys::signal::Signal;
use overgrow_tests::certificate::Certificate;
use overgrow_tests::legacy::Fastify;
use overgrow_tests::origin::{Origin, read_head};
use overgrow_tests::raw::{self, Answer, Outcome, Wire};
use overgrow_tests::sidecar::{Sidecar, forwarding};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn fastify() -> Result<(Fastify, Sidecar)> {
    let legacy = Fastify::start(&[]).await?;
    let sidecar = Sidecar::in_front_of(legacy.address()).await?;
    Ok((legacy, sidecar))
}

async fn connect(to: SocketAddr, path: &str) -> Result<Socket> {
    let limitless = WebSocketConfig::default()
        .max_message_size(None)
        .max_frame_size(None);
    let url = format!("ws://{to}{path}");
    Ok(connect_async_with_config(url, Some(limitless), true)
        .await?
        .0)
}

async fn next(socket: &mut Socket) -> Result<Message> {
    let next = tokio::time::timeout(Duration::from_secs(20), socket.next());
    Ok(next.await?.context("closed")??)
}

/// A handshake by hand, with further header lines.
fn handshake(path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    )
}

/// A frame whose first byte is `first`, masked with zeros; short payloads only.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = 0x80 | u8::try_from(payload.len()).unwrap_or(0);
    [&[first, length, 0, 0, 0, 0], payload].concat()
}

fn answer(outcome: Outcome) -> Result<Answer> {
    match outcome {
        Outcome::Answer(answer) => Ok(answer),
        Outcome::Silence(silence) => anyhow::bail!("{silence:?}"),
    }
}

/// The answer's head without what belongs to a moment or a connection that stays HTTP.
fn lines(answer: &Answer) -> Vec<String> {
    let mut lines = answer.lines();
    lines.retain(|line| {
        let name = line.to_lowercase();
        answer.status() == 101
            || !["date:", "connection:", "keep-alive:"]
                .iter()
                .any(|it| name.starts_with(it))
    });
    lines.insert(0, answer.status_line.clone());
    lines
}

#[tokio::test]
async fn frames_of_every_size_come_back_as_sent() -> Result<()> {
    let (_legacy, sidecar) = fastify().await?;
    let mut socket = connect(sidecar.addr(), "/ws").await?;
    for size in [0, 1, 2, 125, 126, 127, 65_535, 65_536, 1 << 20, 16 << 20] {
        let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
        let text: String = bytes.iter().map(|byte| char::from(byte % 128)).collect();
        for sent in [Message::binary(bytes), Message::text(text)] {
            socket.send(sent.clone()).await?;
            ensure!(next(&mut socket).await? == sent, "{size} bytes differ");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_frame_that_arrives_byte_by_byte_is_still_a_frame() -> Result<()> {
    let (_legacy, sidecar) = fastify().await?;
    let mut wire = Wire::connect(sidecar.addr()).await?;
    let got = answer(wire.exchange(handshake("/ws", "").as_bytes()).await)?;
    ensure!(got.status() == 101, "{}", got.status_line);
    for byte in frame(0x81, b"slow") {
        wire.send(&[byte]).await?;
    }
    ensure!(wire.bytes(6).await? == b"\x81\x04slow");
    for n in 0..200 {
        wire.send(&frame(0x82, &[n])).await?;
    }
    for n in 0..200 {
        ensure!(wire.bytes(3).await? == [0x82, 1, n], "frame {n}");
    }
    Ok(())
}

#[tokio::test]
async fn compression_is_between_client_and_legacy() -> Result<()> {
    let (legacy, sidecar) = fastify().await?;
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    let mut heads = Vec::new();
    let mut echoes = Vec::new();
    for to in [legacy.address(), sidecar.addr()] {
        let mut wire = Wire::connect(to).await?;
        let got = answer(wire.exchange(handshake("/ws", offer).as_bytes()).await)?;
        // "Hello" as in RFC 7692, 7.2.3.1; the first reserved bit says that it is compressed.
        wire.send(&frame(0xc1, b"\xf2\x48\xcd\xc9\xc9\x07\x00"))
            .await?;
        echoes.push(wire.bytes(9).await?);
        heads.push((
            got.header("sec-websocket-extensions").map(str::to_owned),
            lines(&got),
        ));
    }
    ensure!(
        heads[0].0.is_some(),
        "the legacy does not compress: {:?}",
        heads[0].1
    );
    ensure!(heads[0] == heads[1], "{heads:#?}");
    ensure!(echoes[0] == echoes[1] && echoes[0][0] == 0xc1, "{echoes:?}");
    Ok(())
}

#[tokio::test]
async fn subprotocols_are_offered_and_chosen() -> Result<()> {
    let (_legacy, sidecar) = fastify().await?;
    for (offers, chosen) in [("a, chat", "chat"), ("b, a", "b")] {
        let mut request = format!("ws://{}/ws", sidecar.addr()).into_client_request()?;
        let value = HeaderValue::from_static(offers);
        request
            .headers_mut()
            .insert("sec-websocket-protocol", value);
        let (_socket, response) = tokio_tungstenite::connect_async(request).await?;
        ensure!(
            response.headers()["sec-websocket-protocol"] == chosen,
            "{response:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn pings_are_answered_by_the_other_side_and_not_by_the_sidecar() -> Result<()> {
    let (_legacy, sidecar) = fastify().await?;
    let mut socket = connect(sidecar.addr(), "/ws?ping=beat").await?;
    ensure!(next(&mut socket).await? == Message::Ping(Bytes::from_static(b"beat")));
    // The client library answers the ping when it reads on; the legacy reports the pong it got.
    ensure!(next(&mut socket).await? == Message::text("pong beat"));
    socket
        .send(Message::Ping(Bytes::from_static(b"mine")))
        .await?;
    ensure!(next(&mut socket).await? == Message::Pong(Bytes::from_static(b"mine")));
    Ok(())
}

fn close(code: u16, reason: &'static str) -> CloseFrame {
    CloseFrame {
        code: CloseCode::from(code),
        reason: reason.into(),
    }
}

#[tokio::test]
async fn close_codes_cross_in_both_directions() -> Result<()> {
    let (_legacy, sidecar) = fastify().await?;
    for code in [1000, 1001, 1008, 1011, 3000, 4999] {
        let mut socket = connect(sidecar.addr(), &format!("/ws?close={code}&reason=bye")).await?;
        let got = next(&mut socket).await?;
        ensure!(
            got == Message::Close(Some(close(code, "bye"))),
            "{code}: {got:?}"
        );
        let mut socket = connect(sidecar.addr(), "/ws").await?;
        socket.close(Some(close(code, "enough"))).await?;
        // The legacy repeats the code it was given.
        let Message::Close(Some(got)) = next(&mut socket).await? else {
            anyhow::bail!("{code}: not closed");
        };
        ensure!(got.code == CloseCode::from(code), "{code}: {got:?}");
        ensure!(
            socket.next().await.is_none(),
            "{code}: the connection is still open"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_handshake_is_refused_in_the_legacys_own_words() -> Result<()> {
    let (legacy, sidecar) = fastify().await?;
    let no_key =
        handshake("/ws", "").replace("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "");
    for request in [
        handshake("/ws", "").replace("websocket\r\n", "h2c\r\n"),
        handshake("/download?bytes=3", "").replace("websocket\r\n", "h2c\r\n"),
        no_key,
        handshake("/ws", "").replace("Version: 13", "Version: 12"),
        handshake("/missing", ""),
        handshake("/status/403", ""),
        handshake("/ws", "").replace("GET", "POST"),
    ] {
        let direct = answer(raw::exchange(legacy.address(), request.as_bytes()).await?)
            .context(request.clone())?;
        let through = answer(raw::exchange(sidecar.addr(), request.as_bytes()).await?)
            .context(request.clone())?;
        ensure!(direct.status() != 101, "the legacy agrees: {request}");
        ensure!(
            lines(&direct) == lines(&through),
            "{request}{:#?}\nnot {:#?}",
            lines(&through),
            lines(&direct)
        );
    }
    Ok(())
}

#[tokio::test]
async fn bytes_sent_along_with_the_handshake_are_not_lost() -> Result<()> {
    let (_legacy, sidecar) = fastify().await?;
    let mut wire = Wire::connect(sidecar.addr()).await?;
    let first = [handshake("/ws", "").into_bytes(), frame(0x81, b"early")].concat();
    wire.send(&first).await?;
    let got = answer(wire.answer("GET").await)?;
    ensure!(got.status() == 101, "{}", got.status_line);
    ensure!(wire.bytes(7).await? == b"\x81\x05early");
    Ok(())
}

/// Agrees to any handshake, hands its head on, and then sends back what it gets until the end.
async fn agree(mut stream: TcpStream, heads: mpsc::UnboundedSender<String>) -> Result<()> {
    let mut reader = BufReader::new(&mut stream);
    let head = read_head(&mut reader).await?.context("no head")?;
    heads.send(head)?;
    let agrees = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                  Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhi";
    stream.write_all(agrees.as_bytes()).await?;
    let mut buffer = [0; 256];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            n => stream.write_all(&buffer[..n]).await?,
        }
    }
}

async fn agreeing() -> Result<(Origin, mpsc::UnboundedReceiver<String>)> {
    let (heads, seen) = mpsc::unbounded_channel();
    let origin = Origin::start_with(move |stream| {
        let heads = heads.clone();
        async move { drop(agree(stream, heads).await) }
    });
    Ok((origin.await?, seen))
}

/// Opens a socket by hand and reads the two bytes that came with the agreement.
async fn open(to: SocketAddr, path: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(to).await?;
    stream.write_all(handshake(path, "").as_bytes()).await?;
    // Byte by byte to the end of the head: a buffered reader would swallow what follows.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    ensure!(
        head.starts_with(b"HTTP/1.1 101 "),
        "{}",
        String::from_utf8_lossy(&head)
    );
    ensure!(stream.read_u16().await?.to_be_bytes() == *b"hi");
    Ok(stream)
}

// The sidecar drains when it is dropped, which blocks; the origin needs a thread of its own to see its sockets closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn any_path_may_hold_a_socket() -> Result<()> {
    let (origin, mut heads) = agreeing().await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    for path in [
        "/",
        "/ws",
        "/a/b/c?token=x%20y",
        "/a%2Fb/../c",
        "//x",
        "/socket.io/?EIO=4&transport=websocket",
    ] {
        let mut stream = open(sidecar.addr(), path).await?;
        let head = heads.recv().await.context("nothing arrived")?;
        ensure!(
            head.starts_with(&format!("GET {path} HTTP/1.1\r\n")),
            "{head}"
        );
        stream.write_all(b"\0raw\xff").await?;
        let mut echo = [0; 5];
        stream.read_exact(&mut echo).await?;
        ensure!(echo == *b"\0raw\xff", "{echo:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_socket_opened_before_a_reload_keeps_its_backend() -> Result<()> {
    let (a, b) = tokio::try_join!(
        Fastify::start(&["--name", "A"]),
        Fastify::start(&["--name", "B"])
    )?;
    let routes = |dial: u8| {
        let forwarding = forwarding("", &format!("url = \"http://{}\"", a.address()));
        let handler = format!("http://{}", b.address());
        format!(
            "{forwarding}\n[[route]]\nid = \"ws\"\nmatch = {{ path = \"/ws/*\" }}\nhandler = \"{handler}\"\nrust = {dial}\n"
        )
    };
    let sidecar = Sidecar::start(&routes(0)).await?;
    let mut old = connect(sidecar.addr(), "/ws/backend").await?;
    ensure!(next(&mut old).await? == Message::text("A"));
    sidecar.edit(&routes(100))?;
    let turned = async {
        loop {
            let mut new = connect(sidecar.addr(), "/ws/backend").await?;
            if next(&mut new).await? == Message::text("B") {
                return anyhow::Ok(());
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), turned).await??;
    old.send(Message::text("still with A")).await?;
    ensure!(next(&mut old).await? == Message::text("still with A"));
    a.process().signal(Signal::SIGKILL)?;
    ensure!(
        !matches!(old.next().await, Some(Ok(Message::Text(_)))),
        "it was not A"
    );
    Ok(())
}

#[tokio::test]
async fn a_client_that_dies_is_noticed_by_the_legacy() -> Result<()> {
    let (gone, mut went) = mpsc::unbounded_channel();
    let (heads, _seen) = mpsc::unbounded_channel();
    let origin = Origin::start_with(move |stream| {
        let (gone, heads) = (gone.clone(), heads.clone());
        async move {
            let _ = agree(stream, heads).await;
            let _ = gone.send(());
        }
    })
    .await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    for death in [Death::Close, Death::Reset] {
        let stream = open(sidecar.addr(), "/ws").await?;
        if death == Death::Reset {
            // With no time to linger the kernel resets the connection, as it does for a process that was killed.
            stream.set_zero_linger()?;
        }
        drop(stream);
        let end = tokio::time::timeout(Duration::from_secs(5), went.recv()).await;
        end.with_context(|| format!("{death:?} went unnoticed"))?;
    }
    Ok(())
}

#[derive(Debug, PartialEq)]
enum Death {
    Close,
    Reset,
}

#[tokio::test]
async fn a_legacy_that_dies_is_noticed_by_the_client() -> Result<()> {
    let (legacy, sidecar) = fastify().await?;
    let mut socket = connect(sidecar.addr(), "/ws").await?;
    socket.send(Message::text("alive")).await?;
    ensure!(next(&mut socket).await? == Message::text("alive"));
    legacy.process().signal(Signal::SIGKILL)?;
    let end = tokio::time::timeout(Duration::from_secs(5), socket.next()).await?;
    ensure!(!matches!(end, Some(Ok(_))), "{end:?}");
    Ok(())
}

/// Many clients with nothing to say, as a gateway for agents has.
const IDLE: u64 = 10_000;

/// What one idle socket may cost the sidecar, which holds two connections for it. A debug build is the larger one.
const PER_SOCKET: u64 = 40 * 1024;

/// Files beside the sockets: listeners, pipes, libraries.
const OTHER_FILES: u64 = 200;

/// As many sockets as files allow, at most `IDLE`. The sidecar needs two files for each, and so does this process, which holds
/// both ends. Where nobody may raise a limit of 20,000 files that is a few less than ten thousand.
fn affordable() -> Result<u64> {
    let files = rlimit::increase_nofile_limit(2 * IDLE + OTHER_FILES)?;
    let sockets = IDLE.min(files.saturating_sub(OTHER_FILES) / 2);
    ensure!(
        sockets > IDLE * 9 / 10,
        "{files} open files are too few (ulimit -Hn)"
    );
    Ok(sockets)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn ten_thousand_idle_sockets_or_what_the_file_limit_allows_are_cheap_and_alive() -> Result<()>
{
    let count = affordable()?;
    let (origin, _heads) = agreeing().await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let mut sockets = vec![open(sidecar.addr(), "/ws").await?];
    let before = sidecar.process().resident_bytes()?;
    while sockets.len() as u64 <= count {
        sockets.push(open(sidecar.addr(), "/ws").await?);
    }
    let after = sidecar.process().resident_bytes()?;
    let each = after.saturating_sub(before) / count;
    eprintln!(
        "{count} idle sockets: {each} bytes each, {} MiB in all",
        after >> 20
    );
    ensure!(each < PER_SOCKET, "{each} bytes per socket");
    for socket in sockets.iter_mut().step_by(97) {
        socket.write_all(b"?").await?;
        ensure!(socket.read_u8().await? == b'?');
    }
    Ok(())
}

/// Answers 200 to what does not ask to upgrade; else 101, and then whatever comes.
async fn echo_after_upgrade(stream: TcpStream) -> Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(head) = read_head(&mut stream).await? {
        if head.to_lowercase().contains("upgrade: websocket") {
            let switch = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
            stream.write_all(switch).await?;
            let (mut from, mut to) = tokio::io::split(stream);
            tokio::io::copy(&mut from, &mut to).await?;
            return Ok(());
        }
        let none = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(none).await?;
    }
    Ok(())
}

/// HTTP/1.0 has no upgrades, so its answer says nothing about the upgrade of the request behind it.
#[tokio::test]
async fn an_upgrade_header_of_http10_does_not_decline_the_upgrade_behind_it() -> Result<()> {
    let serve = |stream| async move { drop(echo_after_upgrade(stream).await) };
    let origin = Origin::start_with(serve).await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let mut wire = Wire::connect(sidecar.addr()).await?;
    let old = "GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nUpgrade: websocket\r\n\r\n";
    wire.send(format!("{old}{}", handshake("/", "")).as_bytes())
        .await?;
    ensure!(answer(wire.answer("GET").await)?.status() == 200);
    ensure!(answer(wire.answer("GET").await)?.status() == 101);
    wire.send(b"not a head\r\n").await?;
    ensure!(wire.bytes(12).await? == b"not a head\r\n");
    Ok(())
}

#[tokio::test]
async fn a_socket_reaches_an_https_upstream_that_would_rather_speak_http2() -> Result<()> {
    let legacy = Fastify::start(&[]).await?;
    let certificate = Certificate::new()?;
    let url = format!("url = \"http://{}\"", legacy.address());
    let upstream = Sidecar::start(&forwarding(&certificate.server_line(), &url)).await?;
    let url = format!("url = \"https://localhost:{}\"", upstream.addr().port());
    let sidecar = Sidecar::start_trusting(&certificate.file(), &forwarding("", &url)).await?;
    // A plain request first, so that a connection of HTTP/2 is there to be taken by mistake.
    let plain = raw::exchange(sidecar.addr(), b"GET /headers HTTP/1.1\r\nHost: x\r\n\r\n").await?;
    ensure!(answer(plain)?.status() == 200);
    let mut socket = connect(sidecar.addr(), "/ws").await?;
    socket.send(Message::text("hello")).await?;
    ensure!(next(&mut socket).await? == Message::text("hello"));
    Ok(())
}
