//! What two servers could read differently is refused, and nginx lets none of it through that we would.
//!
//! Every shape of `smuggling/corpus.txt` goes as raw bytes to the sidecar and to a real nginx, each in front of an origin that keeps count.

use anyhow::{Context, Result, ensure};
use overgrow_tests::http2::{Http2, read};
use overgrow_tests::kit;
use overgrow_tests::nginx::Nginx;
use overgrow_tests::origin::Origin;
use overgrow_tests::raw::{self, Answer, Outcome};
use overgrow_tests::sidecar::Sidecar;
use std::net::SocketAddr;

/// A line of the corpus.
struct Shape {
    name: String,
    /// The status of the refusal; `None` for a request that everybody must accept.
    refused: Option<u16>,
    bytes: Vec<u8>,
}

impl Shape {
    /// Refused in its body: the head was good and has gone ahead.
    fn breaks_in_body(&self) -> bool {
        self.name.starts_with("chunk-") || self.name.starts_with("trailer")
    }

    /// One of the good requests.
    fn accepted(&self) -> bool {
        self.refused.is_none()
    }
}

fn corpus() -> Result<Vec<Shape>> {
    let text = std::fs::read_to_string(kit::tree("smuggling/corpus.txt"))?;
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(shape).collect()
}

fn shape(line: &str) -> Result<Shape> {
    let mut columns = line.split('\t');
    let mut column = || columns.next().with_context(|| line.to_owned());
    let (name, expect, bytes) = (column()?, column()?, column()?);
    let status = expect.split(' ').next().unwrap_or_default();
    Ok(Shape {
        name: name.to_owned(),
        refused: (expect != "accept").then(|| status.parse()).transpose()?,
        bytes: unescape(bytes)?,
    })
}

/// Undoes `{part*count}` and the escapes.
fn unescape(text: &str) -> Result<Vec<u8>> {
    let Some((before, rest)) = text.split_once('{') else {
        return unescape_plain(text);
    };
    let (repeated, after) = rest.split_once('}').context("no closing brace")?;
    let (part, count) = repeated.rsplit_once('*').context("no count")?;
    let repeated = unescape_plain(part)?.repeat(count.parse()?);
    Ok([unescape_plain(before)?, repeated, unescape(after)?].concat())
}

fn unescape_plain(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => escaped(&mut rest)?,
            plain => plain,
        });
    }
    Ok(bytes)
}

fn escaped(rest: &mut impl Iterator<Item = u8>) -> Result<u8> {
    Ok(match rest.next().context("a lone backslash")? {
        b'r' => b'\r',
        b'n' => b'\n',
        b't' => b'\t',
        b'x' => {
            let digits: Vec<u8> = rest.take(2).collect();
            u8::from_str_radix(std::str::from_utf8(&digits)?, 16)?
        }
        itself => itself,
    })
}

async fn answer_of(to: SocketAddr, shape: &Shape) -> Result<Answer> {
    match raw::exchange(to, &shape.bytes).await? {
        Outcome::Answer(answer) => Ok(answer),
        Outcome::Silence(silence) => anyhow::bail!("{}: {silence:?}", shape.name),
    }
}

/// Faults are collected, so that one run names them all.
fn verdict(faults: &[String]) -> Result<()> {
    ensure!(faults.is_empty(), "\n{}", faults.join("\n"));
    Ok(())
}

#[tokio::test]
async fn every_shape_is_answered_as_the_corpus_says_and_what_is_refused_is_closed() -> Result<()> {
    let origin = Origin::start().await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let mut faults = Vec::new();
    for shape in corpus()? {
        let answer = match answer_of(sidecar.addr(), &shape).await {
            Ok(answer) => answer,
            Err(error) => {
                faults.push(error.to_string());
                continue;
            }
        };
        let expected = shape.refused.unwrap_or(200);
        if answer.status() != expected {
            faults.push(format!(
                "{}: {}, not {expected}",
                shape.name, answer.status_line
            ));
        }
        if !shape.accepted() && !answer.closed {
            faults.push(format!("{}: refused but not closed", shape.name));
        }
    }
    verdict(&faults)
}

#[tokio::test]
async fn nothing_of_a_refused_request_reaches_the_legacy() -> Result<()> {
    let origin = Origin::start().await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let mut faults = Vec::new();
    for shape in corpus()?.iter().filter(|shape| !shape.accepted()) {
        let (heads, completed) = (origin.heads().len(), origin.completed());
        let _ = raw::exchange(sidecar.addr(), &shape.bytes).await?;
        // An accepted request after it: whatever the refused one left behind has arrived before.
        let probe = b"GET /probe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        raw::exchange(sidecar.addr(), probe).await?;
        let ahead = usize::from(shape.breaks_in_body());
        let (new, done) = (origin.heads().len() - heads, origin.completed() - completed);
        if new > 1 + ahead || done != 1 {
            faults.push(format!(
                "{}: {new} heads, {done} whole requests",
                shape.name
            ));
        }
    }
    verdict(&faults)
}

#[tokio::test]
async fn a_request_hidden_behind_a_refused_one_is_never_seen() -> Result<()> {
    let origin = Origin::start().await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    for shape in corpus()?.iter().filter(|shape| !shape.accepted()) {
        let hidden = b"\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
        let bytes = [&shape.bytes[..], hidden].concat();
        let _ = raw::exchange(sidecar.addr(), &bytes).await?;
        let heads = origin.heads();
        let slipped = heads.iter().find(|head| head.starts_with("GET /hidden"));
        ensure!(slipped.is_none(), "{}: {slipped:?}", shape.name);
    }
    Ok(())
}

#[tokio::test]
async fn we_are_no_laxer_than_nginx_and_where_stricter_it_is_written_down() -> Result<()> {
    let origin = Origin::start().await?;
    let nginx = Nginx::in_front_of(origin.address()).await?;
    let listed = std::fs::read_to_string(kit::tree("smuggling/nginx.txt"))?;
    let mut faults = Vec::new();
    for shape in corpus()? {
        let answer = raw::exchange(nginx.address(), &shape.bytes).await?;
        let passes = matches!(&answer, Outcome::Answer(answer) if answer.status() == 200);
        if shape.accepted() && !passes {
            faults.push(format!("{}: nginx refuses it: {answer:?}", shape.name));
        }
        if !shape.accepted() && passes && !listed.lines().any(|name| name == shape.name) {
            faults.push(format!("{}: nginx lets it pass", shape.name));
        }
    }
    verdict(&faults)
}

#[tokio::test]
async fn extensions_of_many_chunks_are_refused_as_such() -> Result<()> {
    let origin = Origin::start().await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunks = format!("1;{}\r\nx\r\n", "a".repeat(250)).repeat(100);
    let request = format!("{head}{chunks}0\r\n\r\n");
    let Outcome::Answer(answer) = raw::exchange(sidecar.addr(), request.as_bytes()).await? else {
        anyhow::bail!("no answer");
    };
    ensure!(answer.status() == 400 && answer.closed, "{answer:?}");
    ensure!(answer.text().contains("extensions"), "{}", answer.text());
    ensure!(origin.completed() == 0, "the origin took it for whole");
    Ok(())
}

#[tokio::test]
async fn a_client_that_reads_nothing_until_it_has_sent_all_still_gets_the_refusal() -> Result<()> {
    let origin = Origin::start().await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let mut wire = raw::Wire::connect(sidecar.addr()).await?;
    // More than the socket buffers hold: without lingering, the close would reset the connection and lose the answer.
    wire.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n")
        .await?;
    for _ in 0..16 {
        wire.send(&[b'x'; 64 * 1024]).await?;
    }
    match wire.answer("POST").await {
        Outcome::Answer(answer) => ensure!(answer.status() == 400, "{}", answer.status_line),
        Outcome::Silence(silence) => anyhow::bail!("{silence:?}"),
    }
    Ok(())
}

#[tokio::test]
async fn what_http2_could_bring_into_http1_is_refused() -> Result<()> {
    let origin = Origin::start().await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let client = Http2::connect(sidecar.addr()).await?;
    for (method, headers, slug) in [
        ("GET", &[("host", "admin.example")][..], "different hosts"),
        ("GET", &[("host", "a"), ("host", "a")], "more than one host"),
        ("get", &[], "capital letters"),
        ("OVERGROW-REFUSED", &[], "reserved"),
    ] {
        let refused = read(client.send(method, "/", headers, "").await?).await?;
        let text = String::from_utf8_lossy(&refused.body).into_owned();
        ensure!(text.contains(slug), "{slug}: {text}");
    }
    ensure!(origin.heads().is_empty(), "{:?}", origin.heads());
    // The connection itself is as good as before.
    let host = sidecar.addr().to_string();
    let same = read(client.send("GET", "/", &[("host", &host)], "").await?).await?;
    ensure!(same.head.status == 200, "{}", same.head.status);
    Ok(())
}
