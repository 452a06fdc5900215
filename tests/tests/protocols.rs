//! Every version of HTTP a client may speak, gRPC over h2c to the upstream, and how connections to the upstream are kept.

use anyhow::{Context, Result, ensure};
use overgrow_tests::certificate::Certificate;
use overgrow_tests::http2::{Http2, Read, read};
use overgrow_tests::legacy::{Fastify, Grpc};
use overgrow_tests::origin::{Origin, read_head};
use overgrow_tests::raw::{self, Answer, Outcome, Wire};
use overgrow_tests::sidecar::{Sidecar, forwarding};
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::sleep;

fn answer(outcome: Outcome) -> Result<Answer> {
    match outcome {
        Outcome::Answer(answer) => Ok(answer),
        Outcome::Silence(silence) => anyhow::bail!("{silence:?}"),
    }
}

/// A gateway and a sidecar that speaks TLS.
async fn encrypted() -> Result<(Fastify, Certificate, Sidecar)> {
    let (legacy, certificate) = (Fastify::start(&[]).await?, Certificate::new()?);
    let url = format!("url = \"http://{}\"", legacy.address());
    let sidecar = Sidecar::start(&forwarding(&certificate.server_line(), &url)).await?;
    Ok((legacy, certificate, sidecar))
}

async fn in_front_of_h2c(upstream: SocketAddr) -> Result<Sidecar> {
    Sidecar::start(&forwarding("", &format!("url = \"h2c://{upstream}\""))).await
}

/// What a client of each kind sees of the same requests.
async fn check_http2(client: &Http2) -> Result<()> {
    let got = client.get("/trickle?n=3&ms=1").await?;
    ensure!(
        got.body == "abc" && !got.head.headers.contains_key("connection"),
        "{:?}",
        got.head
    );
    ensure!(
        !got.head.headers.contains_key("transfer-encoding"),
        "{:?}",
        got.head
    );
    let got = client.get("/trailers").await?;
    ensure!(
        got.trailers
            .get("x-checksum")
            .is_some_and(|sum| sum == "abc"),
        "{:?}",
        got.trailers
    );
    let body = vec![b'x'; 300_000];
    let got = read(client.send("POST", "/upload", &[], body).await?).await?;
    ensure!(text(&got).contains("\"bytes\":300000"), "{}", text(&got));
    let got = read(client.send("HEAD", "/download?bytes=9", &[], "").await?).await?;
    ensure!(
        got.head.headers["content-length"] == "9" && got.body.is_empty(),
        "{:?}",
        got.head
    );
    let got = read(client.send("GET", "/status/204", &[], "").await?).await?;
    ensure!(got.head.status == 204, "{}", got.head.status);
    Ok(())
}

fn text(read: &Read) -> String {
    String::from_utf8_lossy(&read.body).into_owned()
}

#[tokio::test]
async fn a_client_may_speak_http2_in_the_clear() -> Result<()> {
    let legacy = Fastify::start(&[]).await?;
    let sidecar = Sidecar::in_front_of(legacy.address()).await?;
    check_http2(&Http2::connect(sidecar.addr()).await?).await
}

#[tokio::test]
async fn a_client_may_speak_http2_over_tls() -> Result<()> {
    let (_legacy, certificate, sidecar) = encrypted().await?;
    let stream = certificate
        .connect(sidecar.addr(), &["h2", "http/1.1"])
        .await?;
    ensure!(stream.get_ref().1.alpn_protocol() == Some(&b"h2"[..]));
    check_http2(&Http2::over(stream, "localhost".to_owned()).await?).await
}

#[tokio::test]
async fn a_client_may_speak_http1_over_tls() -> Result<()> {
    let (_legacy, certificate, sidecar) = encrypted().await?;
    for (offers, agreed) in [(&["http/1.1"][..], Some(&b"http/1.1"[..])), (&[], None)] {
        let mut stream = certificate.connect(sidecar.addr(), offers).await?;
        ensure!(stream.get_ref().1.alpn_protocol() == agreed, "{offers:?}");
        stream
            .write_all(b"GET /headers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        ensure!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        let proto = answer
            .to_lowercase()
            .contains("[\"x-forwarded-proto\",\"https\"]");
        ensure!(
            proto,
            "the legacy is not told that the client came by TLS: {answer}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn clear_text_on_a_tls_listener_does_no_harm() -> Result<()> {
    let (_legacy, certificate, sidecar) = encrypted().await?;
    let outcome = raw::exchange(sidecar.addr(), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await?;
    ensure!(
        !matches!(&outcome, Outcome::Answer(answer) if answer.status() == 200),
        "{outcome:?}"
    );
    certificate.connect(sidecar.addr(), &["h2"]).await.map(drop)
}

/// The same with a client that shares no code with the sidecar.
#[tokio::test]
async fn curl_gets_through_in_every_version() -> Result<()> {
    let (legacy, certificate, tls) = encrypted().await?;
    let clear = Sidecar::in_front_of(legacy.address()).await?;
    let secure = format!("https://localhost:{}/upload", tls.addr().port());
    let plain = format!("http://{}/upload", clear.addr());
    for (version, url, expect) in [
        ("--http1.0", &plain, "1.1"),
        ("--http1.1", &plain, "1.1"),
        ("--http2-prior-knowledge", &plain, "2"),
        ("--http1.1", &secure, "1.1"),
        ("--http2", &secure, "2"),
    ] {
        let mut curl = Command::new("curl");
        curl.args([
            "-sS",
            "-m",
            "10",
            version,
            "--data-binary",
            "hello",
            "-w",
            " %{http_version}",
        ]);
        let curl = curl.arg("--cacert").arg(certificate.file()).arg(url);
        // Blocking is fine: the servers are processes of their own.
        let output = curl.output().context("curl is missing: run `make setup`")?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success() && said.contains("\"bytes\":5"),
            "{version} {url}: {output:?}"
        );
        ensure!(
            version == "--http1.0" || said.ends_with(&format!(" {expect}")),
            "{version} {url}: {said}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn streams_of_one_connection_do_not_wait_for_each_other() -> Result<()> {
    let legacy = Fastify::start(&[]).await?;
    let sidecar = Sidecar::in_front_of(legacy.address()).await?;
    let client = Arc::new(Http2::connect(sidecar.addr()).await?);
    let started = Instant::now();
    let slow: Vec<_> = (0..20)
        .map(|_| {
            let client = Arc::clone(&client);
            tokio::spawn(async move { client.get("/slow?ms=300").await })
        })
        .collect();
    client.get("/echo").await?;
    let first = started.elapsed();
    for each in slow {
        each.await??;
    }
    ensure!(
        first < Duration::from_millis(300),
        "the fast one took {first:?}"
    );
    ensure!(
        started.elapsed() < Duration::from_secs(3),
        "one after the other: {:?}",
        started.elapsed()
    );
    Ok(())
}

#[tokio::test]
async fn cookies_of_http2_arrive_as_one_header_and_the_authority_as_host() -> Result<()> {
    let origin = Origin::start().await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let client = Http2::connect(sidecar.addr()).await?;
    let cookies = [("cookie", "a=1"), ("cookie", "b=2")];
    read(client.send("GET", "/a%2Fb?x=%zz", &cookies, "").await?).await?;
    let head = origin
        .heads()
        .pop()
        .context("nothing arrived")?
        .to_lowercase();
    ensure!(head.starts_with("get /a%2fb?x=%zz http/1.1\r\n"), "{head}");
    ensure!(head.contains("\r\ncookie: a=1; b=2\r\n"), "{head}");
    ensure!(
        head.contains(&format!("\r\nhost: {}\r\n", sidecar.addr())),
        "{head}"
    );
    Ok(())
}

/// A gRPC message: not compressed, four bytes of length, the payload.
fn message(payload: &str) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(0).to_be_bytes();
    [&[0], &length[..], payload.as_bytes()].concat()
}

const GRPC: [(&str, &str); 2] = [("content-type", "application/grpc"), ("te", "trailers")];

#[tokio::test]
async fn grpc_calls_come_through_with_their_trailers() -> Result<()> {
    let server = Grpc::start().await?;
    let sidecar = in_front_of_h2c(server.address()).await?;
    for client in [
        Http2::connect(server.address()).await?,
        Http2::connect(sidecar.addr()).await?,
    ] {
        for (method, times) in [("/test.Echo/Unary", 1), ("/test.Echo/Stream", 3)] {
            let got = read(client.send("POST", method, &GRPC, message("hello")).await?).await?;
            ensure!(
                got.body == message("hello").repeat(times),
                "{method}: {:?}",
                got.body
            );
            ensure!(
                got.head.headers["content-type"] == "application/grpc",
                "{:?}",
                got.head
            );
            ensure!(
                got.trailers["grpc-status"] == "0" && got.trailers["grpc-message"] == "fine",
                "{:?}",
                got.trailers
            );
        }
        let got = read(
            client
                .send("POST", "/test.Echo/No", &GRPC, message("hello"))
                .await?,
        )
        .await?;
        ensure!(
            got.head.headers["grpc-status"] == "12" && got.body.is_empty(),
            "{:?}",
            got.head
        );
    }
    Ok(())
}

#[tokio::test]
async fn an_http1_client_reaches_an_http2_upstream() -> Result<()> {
    let legacy = Fastify::start(&["--h2c"]).await?;
    let sidecar = in_front_of_h2c(legacy.address()).await?;
    let mut wire = Wire::connect(sidecar.addr()).await?;
    let got = answer(
        wire.exchange(b"GET /echo/1?a=b HTTP/1.1\r\nHost: front\r\n\r\n")
            .await,
    )?;
    ensure!(
        got.status() == 200 && got.text().contains("\"version\":\"2.0\""),
        "{}",
        got.text()
    );
    ensure!(
        got.text().contains("[\":authority\",\"front\"]"),
        "{}",
        got.text()
    );
    let post = b"POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let got = answer(wire.exchange(post).await)?;
    ensure!(got.text().contains("\"bytes\":5"), "{}", got.text());
    Ok(())
}

#[tokio::test]
async fn a_body_that_is_refused_on_its_way_to_an_http2_upstream_is_a_400() -> Result<()> {
    let legacy = Fastify::start(&["--h2c"]).await?;
    let sidecar = in_front_of_h2c(legacy.address()).await?;
    let bad = b"POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n";
    let got = answer(raw::exchange(sidecar.addr(), bad).await?)?;
    ensure!(got.status() == 400 && got.closed, "{got:?}");
    Ok(())
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn many_requests_share_few_upstream_connections() -> Result<()> {
    let origin = Origin::start().await?;
    let url = format!("url = \"http://{}\"", origin.address());
    let sidecar = Sidecar::start(&forwarding("threads = 2", &url)).await?;
    let mut wire = Wire::connect(sidecar.addr()).await?;
    for _ in 0..200 {
        ensure!(answer(wire.exchange(GET).await)?.status() == 200);
    }
    ensure!(
        origin.connections() == 1,
        "{} for one client",
        origin.connections()
    );
    for _ in 0..50 {
        ensure!(answer(raw::exchange(sidecar.addr(), GET).await?)?.status() == 200);
    }
    // One for each of the two threads at most: requests come one at a time.
    ensure!(origin.connections() <= 2, "{} in all", origin.connections());
    Ok(())
}

/// Answers with `head`, then closes as soon as it has been idle for `idle`.
async fn impatient(stream: TcpStream, head: &str, idle: Duration) -> Result<()> {
    let mut stream = BufReader::new(stream);
    while let Ok(Ok(Some(_))) = tokio::time::timeout(idle, read_head(&mut stream)).await {
        stream.write_all(head.as_bytes()).await?;
    }
    Ok(())
}

/// Asks with pauses of every length up to a little more than the origin's patience.
async fn check_impatient(head: &'static str, idle: Duration) -> Result<()> {
    let origin =
        Origin::start_with(move |stream| async move { drop(impatient(stream, head, idle).await) })
            .await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let mut wire = Wire::connect(sidecar.addr()).await?;
    for n in 0..40 {
        let got = answer(wire.exchange(GET).await)?;
        ensure!(got.status() == 200, "request {n}: {}", got.text());
        sleep(idle * n / 32).await;
    }
    ensure!(origin.connections() > 1, "the origin never closed");
    Ok(())
}

#[tokio::test]
async fn a_pooled_connection_that_was_closed_meanwhile_costs_no_request() -> Result<()> {
    let silent = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    check_impatient(silent, Duration::from_millis(30)).await?;
    let announced = "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 0\r\n\r\n";
    check_impatient(announced, Duration::from_millis(30)).await
}

/// Answers the first request of a connection and hangs up on the second, as a server does whose idle timer fires while it arrives.
async fn hang_up(stream: TcpStream, hung_up: &AtomicUsize) -> Result<()> {
    let mut stream = BufReader::new(stream);
    read_head(&mut stream).await?;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        .await?;
    if read_head(&mut stream).await?.is_some() {
        hung_up.fetch_add(1, Ordering::SeqCst);
    }
    Ok(())
}

/// Longer than a connection lies idle under load; origins close those that have.
const REST: Duration = Duration::from_millis(20);

#[tokio::test]
async fn a_get_that_crosses_with_the_close_of_a_pooled_connection_is_asked_again() -> Result<()> {
    let hung_up = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&hung_up);
    let origin = Origin::start_with(move |stream| {
        let count = Arc::clone(&count);
        async move { drop(hang_up(stream, &count).await) }
    })
    .await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let mut wire = Wire::connect(sidecar.addr()).await?;
    for n in 0..10 {
        let got = answer(wire.exchange(GET).await)?;
        ensure!(got.status() == 200, "request {n}: {}", got.text());
        sleep(REST).await;
    }
    ensure!(
        hung_up.load(Ordering::SeqCst) > 0,
        "no pooled connection was used"
    );
    // A POST may have been carried out before the connection broke: nobody may send it twice.
    let post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    let before = hung_up.load(Ordering::SeqCst);
    let got = answer(wire.exchange(post).await)?;
    let met = hung_up.load(Ordering::SeqCst) - before;
    ensure!(
        (got.status() == 502) == (met == 1),
        "{} after {met} hang-ups",
        got.status_line
    );
    Ok(())
}

#[tokio::test]
async fn a_get_that_makes_the_origin_hang_up_does_not_try_every_pooled_connection() -> Result<()> {
    const POOLED: usize = 4;
    let hung_up = Arc::new(AtomicUsize::new(0));
    let together = Arc::new(tokio::sync::Barrier::new(POOLED));
    let (count, all) = (Arc::clone(&hung_up), Arc::clone(&together));
    let origin = Origin::start_with(move |stream| {
        let (count, all) = (Arc::clone(&count), Arc::clone(&all));
        async move {
            // Nobody is answered before each has a connection of its own.
            if count.load(Ordering::SeqCst) == 0 {
                all.wait().await;
            }
            drop(hang_up(stream, &count).await);
        }
    })
    .await?;
    let legacy = format!("url = \"http://{}\"", origin.address());
    let sidecar = Sidecar::start(&forwarding("threads = 1", &legacy)).await?;
    let ask = || raw::exchange(sidecar.addr(), GET);
    tokio::try_join!(ask(), ask(), ask(), ask())?;
    sleep(REST).await;
    ensure!(answer(ask().await?)?.status() == 200);
    let times = hung_up.load(Ordering::SeqCst);
    ensure!(times == 1, "{times} connections were tried");
    Ok(())
}

#[tokio::test]
async fn an_upstream_connection_is_not_used_again_after_an_upgrade_was_declined() -> Result<()> {
    let origin = Origin::start().await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let mut wire = Wire::connect(sidecar.addr()).await?;
    let upgrade = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    for n in 1..=3 {
        ensure!(answer(wire.exchange(upgrade).await)?.status() == 200);
        // The connection is closed behind it; the next request needs another one.
        ensure!(
            origin.connections() == n,
            "{} after {n}",
            origin.connections()
        );
    }
    Ok(())
}
