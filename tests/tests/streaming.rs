//! Bodies flow both ways without waiting for their end, and every shape of message comes through HTTP/1.

use anyhow::{Context, Result, ensure};
use overgrow_tests::legacy::Fastify;
use overgrow_tests::origin::{Origin, read_head};
use overgrow_tests::raw::{self, Answer, Outcome, Wire};
use overgrow_tests::sidecar::Sidecar;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};

fn answer(outcome: Outcome) -> Result<Answer> {
    match outcome {
        Outcome::Answer(answer) => Ok(answer),
        Outcome::Silence(silence) => anyhow::bail!("{silence:?}"),
    }
}

async fn exchange(to: SocketAddr, request: &str) -> Result<Answer> {
    answer(raw::exchange(to, request.as_bytes()).await?)
}

async fn fastify() -> Result<(Fastify, Sidecar)> {
    let legacy = Fastify::start(&[]).await?;
    let sidecar = Sidecar::in_front_of(legacy.address()).await?;
    Ok((legacy, sidecar))
}

/// How many pieces a trickle has.
const PIECES: usize = 5;

/// Answers with `head` and then one `piece` for every permit, so that a piece held back anywhere stops the test.
async fn trickle(mut stream: TcpStream, head: &str, piece: &str, go: &Semaphore) -> Result<()> {
    read_head(&mut BufReader::new(&mut stream)).await?;
    stream.write_all(head.as_bytes()).await?;
    for _ in 0..PIECES {
        go.acquire().await?.forget();
        stream.write_all(piece.as_bytes()).await?;
    }
    Ok(())
}

/// Receives every piece before the origin may send the next.
async fn check_trickle(head: &'static str, piece: &'static str) -> Result<()> {
    let go = Arc::new(Semaphore::new(0));
    let permits = Arc::clone(&go);
    let origin = Origin::start_with(move |stream| {
        let go = Arc::clone(&permits);
        async move { drop(trickle(stream, head, piece, &go).await) }
    })
    .await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let mut stream = TcpStream::connect(sidecar.addr()).await?;
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await?;
    let mut reader = BufReader::new(stream);
    // The head comes before the first piece is even written.
    let head = patient(read_head(&mut reader)).await??.context("no head")?;
    ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
    for n in 0..PIECES {
        go.add_permits(1);
        while patient(reader.read_u8())
            .await
            .with_context(|| format!("piece {n} of {head}"))??
            != b'#'
        {}
    }
    Ok(())
}

async fn patient<T>(step: impl Future<Output = T>) -> Result<T> {
    Ok(tokio::time::timeout(Duration::from_secs(5), step).await?)
}

#[tokio::test]
async fn every_byte_is_delivered_when_it_is_written_whatever_the_framing() -> Result<()> {
    check_trickle(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "1\r\n#\r\n",
    )
    .await?;
    check_trickle("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "#").await?;
    check_trickle("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", "#").await?;
    check_trickle(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
        "9\r\ndata: #\n\n\r\n",
    )
    .await
}

#[tokio::test]
async fn events_of_a_real_gateway_arrive_spread_over_time() -> Result<()> {
    let (_legacy, sidecar) = fastify().await?;
    let mut stream = TcpStream::connect(sidecar.addr()).await?;
    stream
        .write_all(b"GET /sse?n=5&ms=100 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await?;
    let (mut text, mut arrivals) = (String::new(), Vec::new());
    let mut buffer = [0; 4096];
    loop {
        let n = patient(stream.read(&mut buffer)).await??;
        if n == 0 {
            break;
        }
        let before = text.matches("data:").count();
        text.push_str(&String::from_utf8_lossy(&buffer[..n]));
        let new = text.matches("data:").count() - before;
        arrivals.extend(std::iter::repeat_n(Instant::now(), new));
    }
    ensure!(arrivals.len() == 5, "{text}");
    let spread = arrivals[4] - arrivals[0];
    ensure!(spread > Duration::from_millis(300), "{spread:?}");
    Ok(())
}

#[tokio::test]
async fn both_directions_flow_at_once() -> Result<()> {
    let (_legacy, sidecar) = fastify().await?;
    let mut stream = TcpStream::connect(sidecar.addr()).await?;
    stream
        .write_all(b"POST /upload-echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await?;
    let (read, mut write) = stream.into_split();
    let mut reader = BufReader::new(read);
    patient(read_head(&mut reader)).await??.context("no head")?;
    for n in 0..PIECES {
        write.write_all(b"1\r\n#\r\n").await?;
        while patient(reader.read_u8())
            .await
            .with_context(|| format!("piece {n}"))??
            != b'#'
        {}
    }
    write.write_all(b"0\r\n\r\n").await?;
    while patient(reader.read_u8()).await?? != b'0' {}
    Ok(())
}

#[tokio::test]
async fn trailers_come_down() -> Result<()> {
    let (_legacy, sidecar) = fastify().await?;
    let got = exchange(
        sidecar.addr(),
        "GET /trailers HTTP/1.1\r\nHost: x\r\nTE: trailers\r\n\r\n",
    )
    .await?;
    let trailers: Vec<String> = got
        .trailers
        .iter()
        .map(|it| it.line().to_lowercase())
        .collect();
    ensure!(got.text() == "onetwo", "{got:?}");
    ensure!(
        trailers == ["x-checksum: abc", "x-count: 2"],
        "{trailers:?}"
    );
    Ok(())
}

#[tokio::test]
async fn trailers_go_up() -> Result<()> {
    let (seen, mut saw) = mpsc::unbounded_channel();
    let origin = Origin::start_with(move |mut stream| {
        let seen = seen.clone();
        async move {
            let mut bytes = Vec::new();
            while !bytes.ends_with(b"\r\n\r\n") || !bytes.windows(3).any(|w| w == b"0\r\n") {
                match stream.read_buf(&mut bytes).await {
                    Ok(n) if n > 0 => {}
                    _ => return,
                }
            }
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            let _ = seen.send(String::from_utf8_lossy(&bytes).to_lowercase());
        }
    })
    .await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let head = "POST / HTTP/1.1\r\nHost: x\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n";
    let got = exchange(
        sidecar.addr(),
        &format!("{head}2\r\nhi\r\n0\r\nX-Sum: 7\r\n\r\n"),
    )
    .await?;
    ensure!(got.status() == 204, "{}", got.status_line);
    let text = patient(saw.recv()).await?.context("nothing arrived")?;
    ensure!(text.ends_with("0\r\nx-sum: 7\r\n\r\n"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_client_that_expects_100_continue_is_told_to_and_its_body_arrives() -> Result<()> {
    let (_legacy, sidecar) = fastify().await?;
    let request = "POST /upload HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello";
    let got = exchange(sidecar.addr(), request).await?;
    ensure!(got.interim == ["HTTP/1.1 100 Continue"], "{got:?}");
    ensure!(got.text().contains("\"bytes\":5"), "{}", got.text());
    Ok(())
}

#[tokio::test]
async fn answers_without_a_body_leave_the_connection_in_order() -> Result<()> {
    let (legacy, sidecar) = fastify().await?;
    let (mut direct, mut through) = (
        Wire::connect(legacy.address()).await?,
        Wire::connect(sidecar.addr()).await?,
    );
    let comparable = |answer: &Answer| {
        let mut lines = answer.lines();
        lines.retain(|line| {
            !["date", "connection", "keep-alive"]
                .iter()
                .any(|name| line.to_lowercase().starts_with(name))
        });
        (
            answer.status_line.clone(),
            lines,
            answer.body.clone(),
            answer.complete,
        )
    };
    for (method, path) in [
        ("HEAD", "/download?bytes=1000"),
        ("HEAD", "/echo"),
        ("HEAD", "/missing"),
        ("GET", "/status/204"),
        ("GET", "/status/304"),
        ("DELETE", "/status/204"),
        ("GET", "/status/205"),
        ("GET", "/download?bytes=0"),
        ("GET", "/download?bytes=3&chunked=1"),
    ] {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: same\r\n\r\n");
        let expect = answer(direct.exchange(request.as_bytes()).await)?;
        let got = answer(through.exchange(request.as_bytes()).await)
            .with_context(|| format!("{method} {path}"))?;
        ensure!(
            comparable(&got) == comparable(&expect),
            "{method} {path}: {got:#?}\nnot {expect:#?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_comes_early_reaches_a_client_that_is_still_sending() -> Result<()> {
    let (_legacy, sidecar) = fastify().await?;
    for path in ["/early", "/early?close=1"] {
        let mut wire = Wire::connect(sidecar.addr()).await?;
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n");
        wire.send(head.as_bytes()).await?;
        wire.send(&[b'x'; 1000]).await?;
        let got = answer(wire.answer("POST").await)?;
        ensure!(got.status() == 413 && got.complete, "{path}: {got:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_client_that_has_closed_its_sending_side_gets_its_answer() -> Result<()> {
    let (_legacy, sidecar) = fastify().await?;
    let mut wire = Wire::connect(sidecar.addr()).await?;
    wire.send(b"GET /slow?ms=300 HTTP/1.1\r\nHost: x\r\n\r\n")
        .await?;
    wire.finish().await?;
    let got = answer(wire.answer("GET").await)?;
    ensure!(
        (got.status(), got.text().as_str()) == (200, "slow\n"),
        "{got:?}"
    );
    ensure!(wire.closes().await, "nothing more can be asked");
    Ok(())
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_request_along() -> Result<()> {
    let (gone, mut went) = mpsc::unbounded_channel();
    let (asked, mut arrived) = mpsc::unbounded_channel();
    let origin = Origin::start_with(move |mut stream| {
        let (gone, asked) = (gone.clone(), asked.clone());
        async move {
            let _ = read_head(&mut BufReader::new(&mut stream)).await;
            let _ = asked.send(());
            // Never answered: what ends the wait is the sidecar letting go.
            let _ = stream.read(&mut [0; 1]).await;
            let _ = gone.send(());
        }
    })
    .await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let mut wire = Wire::connect(sidecar.addr()).await?;
    wire.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await?;
    patient(arrived.recv()).await?.context("no request")?;
    drop(wire);
    patient(went.recv()).await?.context("still waiting")
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() -> Result<()> {
    let (_legacy, sidecar) = fastify().await?;
    let mut wire = Wire::connect(sidecar.addr()).await?;
    let paths = [
        "/slow?ms=200",
        "/echo/1",
        "/status/204",
        "/echo/2",
        "/status/404",
        "/echo/3",
    ];
    let requests: Vec<String> = paths
        .iter()
        .map(|path| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"))
        .collect();
    wire.send(requests.concat().as_bytes()).await?;
    for path in paths {
        let got = answer(wire.answer("GET").await).context(path)?;
        let expect = match path.split('/').nth(1) {
            Some("echo") => got.text().contains(&format!("\"{path}\"")),
            Some("status") => path.ends_with(&got.status().to_string()),
            _ => got.text() == "slow\n",
        };
        ensure!(expect, "{path}: {got:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_http_10_client_gets_what_it_understands() -> Result<()> {
    let (_legacy, sidecar) = fastify().await?;
    let got = exchange(sidecar.addr(), "GET /trickle?n=3&ms=1 HTTP/1.0\r\n\r\n").await?;
    ensure!(
        got.header("transfer-encoding").is_none(),
        "{:?}",
        got.lines()
    );
    ensure!(got.text() == "abc" && got.closed, "{got:?}");
    let got = exchange(
        sidecar.addr(),
        "GET /download?bytes=5 HTTP/1.0\r\nHost: x\r\n\r\n",
    )
    .await?;
    ensure!(got.body.len() == 5 && got.complete, "{got:?}");
    let mut wire = Wire::connect(sidecar.addr()).await?;
    for _ in 0..2 {
        let keep = b"GET /download?bytes=5 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
        let got = answer(wire.exchange(keep).await)?;
        ensure!(
            got.body.len() == 5 && got.header("connection") == Some("keep-alive"),
            "{got:?}"
        );
    }
    Ok(())
}
