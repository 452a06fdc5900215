//! Who keeps the sidecar waiting is cut off, who merely takes long is not, and a legacy that is gone is told quickly.

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt};
use overgrow_tests::legacy::Fastify;
use overgrow_tests::origin::Origin;
use overgrow_tests::raw::{self, Answer, Outcome, Wire};
use overgrow_tests::sidecar::{Sidecar, forwarding};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::time::{interval, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

/// Short enough to be passed by several times within a test.
const SHORT: &str = "header_timeout = \"400ms\"\nidle_timeout = \"400ms\"";

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

fn answer(outcome: Outcome) -> Result<Answer> {
    match outcome {
        Outcome::Answer(answer) => Ok(answer),
        Outcome::Silence(silence) => anyhow::bail!("{silence:?}"),
    }
}

async fn sidecar(server: &str, legacy: SocketAddr, more: &str) -> Result<Sidecar> {
    let legacy = format!("url = \"http://{legacy}\"\n{more}");
    Sidecar::start(&forwarding(server, &legacy)).await
}

async fn get(to: SocketAddr, path: &str) -> Result<Answer> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    answer(raw::exchange(to, request.as_bytes()).await?)
}

fn problem(answer: &Answer, status: u16) -> Result<()> {
    let kind = answer.header("content-type");
    ensure!(answer.status() == status, "{}", answer.status_line);
    ensure!(kind == Some("application/problem+json"), "{kind:?}");
    let body: serde_json::Value = serde_json::from_slice(&answer.body)?;
    ensure!(body["status"] == status, "{body}");
    let id = answer.header("x-request-id").context("no request id")?;
    ensure!(body["request_id"] == id, "{body}");
    Ok(())
}

#[tokio::test]
async fn half_of_http2s_preface_is_no_way_to_stay() -> Result<()> {
    let origin = Origin::start().await?;
    let sidecar = sidecar(SHORT, origin.address(), "").await?;
    for half in ["PRI * HTTP/2.0\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n"] {
        let mut wire = Wire::connect(sidecar.addr()).await?;
        wire.send(half.as_bytes()).await?;
        ensure!(wire.closes().await, "{half:?} keeps the connection open");
    }
    Ok(())
}

#[tokio::test]
async fn a_head_that_trickles_is_answered_408_and_closed() -> Result<()> {
    let origin = Origin::start().await?;
    let sidecar = sidecar(SHORT, origin.address(), "").await?;
    let mut wire = Wire::connect(sidecar.addr()).await?;
    let started = Instant::now();
    let mut tick = interval(Duration::from_millis(50));
    // Far more bytes than the deadline has ticks; the sidecar stops taking them.
    for byte in b"GET / HTTP/1.1\r\nHost: x\r\nX: "
        .iter()
        .chain(&[b'a'; 12])
    {
        tick.tick().await;
        if wire.send(&[*byte]).await.is_err() {
            break;
        }
    }
    let got = answer(wire.answer("GET").await)?;
    ensure!(got.status() == 408, "{}", got.status_line);
    ensure!(wire.closes().await, "still open after 408");
    ensure!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    ensure!(origin.heads().is_empty(), "{:?}", origin.heads());
    Ok(())
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() -> Result<()> {
    let origin = Origin::start().await?;
    let sidecar = sidecar(SHORT, origin.address(), "").await?;
    let mut silent = Wire::connect(sidecar.addr()).await?;
    ensure!(silent.closes().await, "never said a word");
    let mut idle = Wire::connect(sidecar.addr()).await?;
    ensure!(answer(idle.exchange(GET).await)?.status() == 200);
    ensure!(idle.closes().await, "idle after an answer");
    Ok(())
}

#[tokio::test]
async fn a_head_beyond_the_limit_is_answered_431_and_closed() -> Result<()> {
    let origin = Origin::start().await?;
    let sidecar = sidecar("header_size = \"8KiB\"", origin.address(), "").await?;
    for (size, expect) in [(4_000, 200), (9_000, 431), (300_000, 431)] {
        let head = format!(
            "GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n",
            "a".repeat(size)
        );
        let got = answer(raw::exchange(sidecar.addr(), head.as_bytes()).await?)?;
        ensure!(got.status() == expect, "{size}: {}", got.status_line);
        ensure!(
            got.closed == (expect == 431),
            "{size}: closed {}",
            got.closed
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_stream_lives_on_past_every_deadline() -> Result<()> {
    let legacy = Fastify::start(&[]).await?;
    let sidecar = sidecar(SHORT, legacy.address(), "response_timeout = \"400ms\"").await?;
    let got = get(sidecar.addr(), "/sse?n=3&ms=700").await?;
    ensure!(
        got.complete && got.text().matches("data:").count() == 3,
        "{}",
        got.text()
    );
    Ok(())
}

#[tokio::test]
async fn a_quiet_socket_lives_on_past_every_deadline() -> Result<()> {
    let legacy = Fastify::start(&[]).await?;
    let sidecar = sidecar(SHORT, legacy.address(), "response_timeout = \"400ms\"").await?;
    let url = format!("ws://{}/ws", sidecar.addr());
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await?;
    // Silence is what is tested: nothing can be awaited but the time itself.
    let silence = timeout(Duration::from_millis(1500), socket.next()).await;
    ensure!(silence.is_err(), "{silence:?}");
    socket.send(Message::text("still here")).await?;
    let echo = socket.next().await.context("closed")??;
    ensure!(echo == Message::text("still here"), "{echo:?}");
    Ok(())
}

#[tokio::test]
async fn a_slow_upload_is_not_cut_by_the_response_timeout() -> Result<()> {
    let origin = Origin::start().await?;
    let sidecar = sidecar(SHORT, origin.address(), "response_timeout = \"400ms\"").await?;
    let mut wire = Wire::connect(sidecar.addr()).await?;
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n")
        .await?;
    let mut tick = interval(Duration::from_millis(120));
    for _ in 0..12 {
        tick.tick().await;
        wire.send(b"x").await?;
    }
    let got = answer(wire.answer("POST").await)?;
    ensure!(
        (got.status(), got.text().as_str()) == (200, "12"),
        "{got:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_legacy_that_is_down_is_a_502_within_a_second() -> Result<()> {
    let origin = Origin::start().await?;
    let address = origin.address();
    origin.stop().await;
    let sidecar = sidecar("", address, "").await?;
    let started = Instant::now();
    problem(&get(sidecar.addr(), "/").await?, 502)?;
    ensure!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
    Ok(())
}

#[tokio::test]
async fn a_legacy_that_breaks_off_is_a_502_and_one_that_stops_midway_is_cut() -> Result<()> {
    let legacy = Fastify::start(&[]).await?;
    let sidecar = sidecar("", legacy.address(), "").await?;
    for path in ["/reset", "/garbage"] {
        let got = get(sidecar.addr(), path).await.context(path)?;
        problem(&got, 502).context(path)?;
    }
    for path in ["/reset?when=after", "/reset?when=mid"] {
        let got = get(sidecar.addr(), path).await.context(path)?;
        ensure!(got.status() == 200 && !got.complete, "{path}: {got:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_legacy_that_does_not_answer_is_a_504_in_time() -> Result<()> {
    let legacy = Fastify::start(&[]).await?;
    let sidecar = sidecar("", legacy.address(), "response_timeout = \"300ms\"").await?;
    let started = Instant::now();
    problem(&get(sidecar.addr(), "/hang").await?, 504)?;
    let took = started.elapsed();
    ensure!(
        took >= Duration::from_millis(300) && took < Duration::from_secs(2),
        "{took:?}"
    );
    ensure!(get(sidecar.addr(), "/slow?ms=50").await?.status() == 200);
    Ok(())
}

fn balanced(origins: &[SocketAddr]) -> String {
    let urls: Vec<String> = origins
        .iter()
        .map(|at| format!("\"http://{at}\""))
        .collect();
    let health = "health = { path = \"/health\", interval = \"100ms\" }";
    forwarding("", &format!("urls = [{}]\n{health}", urls.join(", ")))
}

/// Requests of clients, without the health checks.
fn asked(origin: &Origin) -> usize {
    let heads = origin.heads();
    heads
        .iter()
        .filter(|head| head.starts_with("GET /n "))
        .count()
}

async fn ask(sidecar: &Sidecar, times: usize) -> Result<()> {
    for n in 0..times {
        let got = get(sidecar.addr(), "/n").await?;
        ensure!(got.status() == 200, "request {n}: {}", got.text());
    }
    Ok(())
}

/// Asks until `done`, for at most ten seconds.
async fn ask_until(sidecar: &Sidecar, done: impl Fn() -> bool) -> Result<()> {
    let asking = async {
        while !done() {
            ask(sidecar, 1).await?;
            // One request at a time and no busy loop.
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    };
    timeout(Duration::from_secs(10), asking).await?
}

#[tokio::test]
async fn several_legacies_share_the_requests_evenly() -> Result<()> {
    let origins = [
        Origin::start().await?,
        Origin::start().await?,
        Origin::start().await?,
    ];
    let addresses = origins.each_ref().map(Origin::address);
    let sidecar = Sidecar::start(&balanced(&addresses)).await?;
    ask(&sidecar, 90).await?;
    let shares = origins.each_ref().map(asked);
    ensure!(
        shares.iter().all(|share| (28..=32).contains(share)),
        "{shares:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_legacy_that_dies_costs_no_request_and_is_readmitted_when_it_is_back() -> Result<()> {
    let (stays, dies) = (Origin::start().await?, Origin::start().await?);
    let address = dies.address();
    let sidecar = Sidecar::start(&balanced(&[stays.address(), address])).await?;
    ask_until(&sidecar, || asked(&dies) > 2).await?;
    dies.stop().await;
    ask(&sidecar, 100).await?;
    let back = Origin::start_at(address).await?;
    ask_until(&sidecar, || asked(&back) > 2).await?;
    let before = asked(&back);
    ask(&sidecar, 20).await?;
    ensure!(asked(&back) - before >= 8, "no fair share after the return");
    Ok(())
}

#[tokio::test]
async fn a_legacy_that_fails_its_checks_gets_no_traffic_until_it_passes_them() -> Result<()> {
    let well = Origin::start().await?;
    let ill = Origin::start_with(|stream| async move { refuse(stream).await }).await?;
    let address = ill.address();
    let sidecar = Sidecar::start(&balanced(&[well.address(), address])).await?;
    let log = sidecar.process();
    let ejected = |line: &str| {
        line.contains("does not answer its health check")
            .then_some(())
    };
    log.line(Duration::from_secs(10), ejected).await?;
    ask(&sidecar, 30).await?;
    ill.stop().await;
    let cured = Origin::start_at(address).await?;
    ask_until(&sidecar, || asked(&cured) > 0).await
}

/// Answers one request with 503, as a service that is starting does.
async fn refuse(mut stream: tokio::net::TcpStream) {
    let mut reader = tokio::io::BufReader::new(&mut stream);
    let _ = overgrow_tests::origin::read_head(&mut reader).await;
    let says =
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, says).await;
}
