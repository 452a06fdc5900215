//! What a shadow request carries, in both directions, and what it leaves behind.

use crate::front::{Pair, ROUTE, shadowed_by, shadows};
use anyhow::{Context, Result};
use overgrow_tests::admin::until_config;
use overgrow_tests::ask::{Client, get, post};
use overgrow_tests::legacy::Asked;
use overgrow_tests::origin::{Origin, read_head};
use overgrow_tests::raw::{Outcome, Wire};
use overgrow_tests::shadow::{ended, judged, until_ended};
use overgrow_tests::sidecar::{Sidecar, routes_toml};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// The one request that came to a side off the client's path.
fn only(asked: &[Asked]) -> Result<&Asked> {
    let shadows = shadows(asked);
    assert_eq!(shadows.len(), 1, "{asked:?}");
    shadows.first().copied().context("one")
}

fn count(asked: &Asked, name: &str) -> usize {
    let named = |(sent, _): &&(String, String)| sent.eq_ignore_ascii_case(name);
    asked.headers.iter().filter(named).count()
}

/// What holds for every shadow request, whoever gets it.
fn check_marks(asked: &Asked, id: &str) {
    assert_eq!(asked.header("x-overgrow-shadow"), Some("1"), "{asked:?}");
    assert_eq!(asked.header("x-overgrow-request-id"), Some(id), "{asked:?}");
    for hop in ["x-hop", "te", "expect", "keep-alive", "upgrade", "trailer"] {
        assert_eq!(asked.header(hop), None, "{asked:?}");
    }
    let framed = count(asked, "content-length") + count(asked, "transfer-encoding");
    assert_eq!(framed, usize::from(!asked.body.is_empty()), "{asked:?}");
}

async fn a_get_is_asked_of_the_other(rust: &str) -> Result<()> {
    let pair = Pair::start(rust, "", &[]).await?;
    let ask = get("/orders/7?x=%20y&x=2")
        .header("host", "shop.example:8443")
        .header("x-request-id", "r-1")
        .header("cookie", "a=1; b=2")
        .header("x-client", "one")
        .header("te", "trailers")
        .header("x-hop", "1")
        .header("connection", "x-hop, te");
    let answer = ask.send(pair.sidecar.addr()).await?;
    let scrape = until_ended(pair.sidecar.admin(), ROUTE, 1).await?;
    assert_eq!(ended(&scrape, ROUTE, "compared"), 1);
    let (legacy, service) = (pair.legacy.asked().await?, pair.rust.asked().await?);
    let (served, shadowed, name) = match rust {
        "true" => (&service, &legacy, "rust"),
        _ => (&legacy, &service, "legacy"),
    };
    assert_eq!(answer.header("x-backend"), Some(name));
    assert_eq!((served.len(), shadows(served).len()), (1, 0), "{served:?}");
    let asked = only(shadowed)?;
    check_marks(asked, "r-1");
    assert_eq!(
        (asked.method.as_str(), asked.url.as_str()),
        ("GET", "/orders/7?x=%20y&x=2")
    );
    assert_eq!(asked.header("host"), Some("shop.example:8443"));
    assert_eq!(asked.header("cookie"), Some("a=1; b=2"));
    assert_eq!(asked.header("x-client"), Some("one"));
    assert_eq!(answer.header("x-overgrow-shadow"), None);
    Ok(())
}

#[tokio::test]
async fn the_service_is_asked_what_the_legacy_answers() -> Result<()> {
    a_get_is_asked_of_the_other("false").await
}

#[tokio::test]
async fn the_legacy_is_asked_what_the_service_answers() -> Result<()> {
    a_get_is_asked_of_the_other("true").await
}

/// An upload of `one two` in two chunks, after a go-ahead; `ends` are the lines behind the last chunk.
async fn upload_in_chunks(head: &str, ends: &str) -> Result<()> {
    let pair = Pair::start("false", "writes = \"send\"", &[]).await?;
    let mut wire = Wire::connect(pair.sidecar.addr()).await?;
    let request = format!(
        "POST /writes HTTP/1.1\r\nHost: x\r\nX-Request-Id: r-2\r\nExpect: 100-continue\r\n{head}\
         Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n4\r\n two\r\n0\r\n{ends}\r\n"
    );
    let Outcome::Answer(answer) = wire.exchange(request.as_bytes()).await else {
        anyhow::bail!("no answer");
    };
    assert_eq!(answer.status(), 201, "{}", answer.text());
    let scrape = until_ended(pair.sidecar.admin(), ROUTE, 1).await?;
    assert_eq!(ended(&scrape, ROUTE, "incomplete"), 0, "it was whole");
    assert_eq!(ended(&scrape, ROUTE, "compared"), 1);
    let asked = pair.rust.asked().await?;
    let asked = only(&asked)?;
    check_marks(asked, "r-2");
    assert_eq!(asked.body, "one two");
    Ok(())
}

#[tokio::test]
async fn an_upload_in_chunks_that_waits_for_a_go_ahead_is_framed_anew() -> Result<()> {
    upload_in_chunks("", "").await
}

#[tokio::test]
async fn an_upload_with_trailers_goes_on_without_them() -> Result<()> {
    upload_in_chunks("Trailer: x-sum\r\n", "X-Sum: 9\r\n").await
}

/// Answers everything in two chunks and a trailer.
async fn with_trailers(stream: TcpStream) -> Result<()> {
    let mut stream = BufReader::new(stream);
    while read_head(&mut stream).await?.is_some() {
        let answer = b"HTTP/1.1 200 OK\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n\
                       3\r\none\r\n4\r\n two\r\n0\r\nX-Sum: 9\r\n\r\n";
        stream.get_mut().write_all(answer).await?;
    }
    Ok(())
}

#[tokio::test]
async fn answers_with_trailers_are_compared() -> Result<()> {
    let start = || Origin::start_with(|stream| async { drop(with_trailers(stream).await) });
    let (legacy, rust) = (start().await?, start().await?);
    let routes = routes_toml(legacy.address(), &shadowed_by(rust.address(), ""));
    let sidecar = Sidecar::start(&routes).await?;
    for count in 1..=3 {
        let ask = get("/").header("te", "trailers");
        assert_eq!(ask.send(sidecar.addr()).await?.text(), "one two");
        let scrape = until_ended(sidecar.admin(), ROUTE, count).await?;
        assert_eq!(ended(&scrape, ROUTE, "incomplete"), 0, "it was whole");
        assert_eq!(judged(&scrape, ROUTE, "match"), count);
    }
    Ok(())
}

#[tokio::test]
async fn an_upload_with_a_length_keeps_it() -> Result<()> {
    let pair = Pair::start("false", "writes = \"send\"", &[]).await?;
    let body = "0123456789".repeat(5_000);
    let ask = post("/writes", body.clone()).header("x-request-id", "r-3");
    let answer = ask.send(pair.sidecar.addr()).await?;
    assert_eq!(answer.status(), 201, "{}", answer.text());
    until_ended(pair.sidecar.admin(), ROUTE, 1).await?;
    let asked = pair.rust.asked().await?;
    let asked = only(&asked)?;
    check_marks(asked, "r-3");
    assert_eq!(asked.header("content-length"), Some("50000"));
    assert!(asked.body == body, "another body");
    Ok(())
}

/// Whether a request of that id is in a sample of half.
fn is_drawn(id: &str) -> bool {
    xxhash_rust::xxh3::xxh3_64(id.as_bytes()) % 10_000 < 5_000
}

#[tokio::test]
async fn the_sample_is_drawn_from_the_request_id() -> Result<()> {
    let pair = Pair::start("false", "", &[]).await?;
    let (to, admin) = (pair.sidecar.addr(), pair.sidecar.admin());
    let routes = std::fs::read_to_string(pair.sidecar.routes())?;
    pair.sidecar
        .edit(&routes.replace("sample = 100", "sample = 50"))?;
    until_config(admin, "the edit", |config| config["generation"] == 2).await?;
    let ids: Vec<_> = (0..200).map(|id| format!("request-{id}")).collect();
    let mut client = Client::new(to);
    for id in &ids {
        let ask = get("/cached").header("x-request-id", id);
        assert_eq!(client.ask(&ask).await?.status(), 200);
    }
    let mut drawn: Vec<_> = ids.into_iter().filter(|id| is_drawn(id)).collect();
    assert!((60..140).contains(&drawn.len()), "{} of 200", drawn.len());
    let scrape = until_ended(admin, ROUTE, drawn.len() as u64).await?;
    assert_eq!(judged(&scrape, ROUTE, "match"), drawn.len() as u64);
    let asked = pair.rust.asked().await?;
    let mut seen: Vec<_> = asked
        .iter()
        .filter_map(|asked| asked.header("x-overgrow-request-id"))
        .collect();
    drawn.sort_unstable();
    seen.sort_unstable();
    assert_eq!(seen, drawn);
    Ok(())
}
