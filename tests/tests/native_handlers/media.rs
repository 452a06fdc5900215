//! Media from the sidecar and from the gateway's own routes, over one folder.
//!
//! The surprise: a file can be had once. Whoever is asked second needs it to be put there again, but for a shadow request, which
//! only looks.

use anyhow::{Context, Result, ensure};
use overgrow_tests::admin::until;
use overgrow_tests::ask::get;
use overgrow_tests::golden::{Masks, Observation, differences};
use overgrow_tests::legacy::Media;
use overgrow_tests::raw;
use overgrow_tests::shadow::{judged, report, until_outcome};
use overgrow_tests::sidecar::{Sidecar, routes_toml};
use std::net::SocketAddr;
use std::path::Path;

/// The media route; `more` are its other keys.
fn route(more: &str) -> String {
    format!(
        "[[route]]\nid = \"media\"\nmatch = {{ path = \"/*\" }}\nhandler = \"media\"\n{more}\n\n"
    )
}

/// A sidecar in front of those routes whose own handler has its files in that folder.
async fn sidecar(legacy: &Media, root: &Path, more: &str) -> Result<Sidecar> {
    let root = root.to_str().context("a path of text")?;
    let rest = format!("{}[media]\nroot = {root:?}\n", route(more));
    Sidecar::start(&routes_toml(legacy.address(), &rest)).await
}

/// What a request is for, and how it is sent.
const REQUESTS: [&str; 18] = [
    "GET /media/a.txt",
    "HEAD /media/a.txt",
    "GET /media/pixel.png",
    "GET /media/page.html",
    "GET /media/data.json",
    "GET /media/noext",
    "GET /MEDIA/a.txt?x=1",
    "GET /media/%61.txt",
    "GET /media/a.txt\r\nIf-None-Match: W/\"6-9XLTlvrpIGYocU+yzgD3LpTyJY8\"",
    "GET /media/a.txt\r\nIf-None-Match: \"another\"",
    "GET /media/a.txt\r\nRange: bytes=0-0",
    "GET /media/none",
    "GET /media/..%2f..%2fetc%2fpasswd",
    "GET /media/",
    "OPTIONS /media/a.txt",
    "POST /media/a.txt",
    "DELETE /media/a.txt",
    "GET /other",
];

const FILES: [(&str, &[u8]); 5] = [
    ("a.txt", b"hello\n"),
    (
        "pixel.png",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89",
    ),
    ("page.html", b"<html>hi"),
    ("data.json", b"{\"a\":1}"),
    ("noext", b"x"),
];

fn fill(folder: &Path) -> Result<()> {
    for (name, bytes) in FILES {
        std::fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}

async fn observe(to: SocketAddr, request: &str) -> Result<Observation> {
    let request = match request.split_once("\r\n") {
        Some((line, headers)) => format!("{line} HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n"),
        None => format!("{request} HTTP/1.1\r\nHost: a\r\n\r\n"),
    };
    Ok(raw::exchange(to, request.as_bytes()).await?.into())
}

#[tokio::test]
async fn the_sidecars_answers_are_those_of_the_gateways_routes() -> Result<()> {
    let legacy = Media::start().await?;
    let folder = legacy.folder();
    let sidecar = sidecar(&legacy, &folder, "rust = true").await?;
    let masks = Masks::new(&folder, legacy.address().port());
    let mut found = Vec::new();
    for request in REQUESTS {
        fill(&folder)?;
        let direct = observe(legacy.address(), request).await?;
        if uses_up(request, &direct) {
            until_fewer(&folder).await?;
        }
        fill(&folder)?;
        let native = observe(sidecar.addr(), request).await?;
        found.extend(differences(
            request,
            &masks.apply(direct),
            &masks.apply(native),
        ));
    }
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    let found: Vec<_> = found
        .into_iter()
        .filter(|found| !is_etags_case(found))
        .collect();
    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

/// Express writes `ETag`. A native answer has no case of its own and is written as most servers write most names.
fn is_etags_case(difference: &str) -> bool {
    let Some((_, headers)) = difference.split_once("header:etag: expected ") else {
        return false;
    };
    let halves = headers.split_once(", got ");
    halves.is_some_and(|(legacy, native)| legacy.replace("ETag", "Etag") == native)
}

/// The routes remove what they have answered with, and then also after a `HEAD`, but not at once.
fn uses_up(request: &str, answered: &Observation) -> bool {
    let Observation::Answered(answered) = answered else {
        return false;
    };
    let status = answered.status_line.split(' ').nth(1);
    !request.starts_with("OPTIONS") && matches!(status, Some("200" | "304"))
}

async fn until_fewer(folder: &Path) -> Result<()> {
    until("the file to be removed", async || {
        let files = std::fs::read_dir(folder)?.count();
        Ok((files < FILES.len()).then_some(()))
    })
    .await
}

#[tokio::test]
async fn two_hundred_files_are_compared_without_a_mismatch() -> Result<()> {
    let legacy = Media::start().await?;
    let sidecar = sidecar(&legacy, &legacy.folder(), "shadow = { sample = 100 }").await?;
    for number in 0..200_usize {
        let (name, bytes) = FILES[number % FILES.len()];
        let name = format!("{number}-{name}");
        let bytes = [bytes, &vec![b'x'; number * 97]].concat();
        std::fs::write(legacy.folder().join(&name), &bytes)?;
        let answer = get(&format!("/media/{name}")).send(sidecar.addr()).await?;
        ensure!(
            answer.status() == 200 && answer.body == bytes,
            "{name}: {}",
            answer.status_line
        );
    }
    let scrape = until_outcome(sidecar.admin(), "media", "compared", 200).await?;
    let report = report(sidecar.admin(), "media").await?;
    assert_eq!(judged(&scrape, "media", "mismatch"), 0, "{report:#?}");
    assert_eq!((report.compared, report.mismatched), (200, 0));
    Ok(())
}

#[tokio::test]
async fn a_handler_that_is_only_compared_removes_nothing() -> Result<()> {
    let legacy = Media::start().await?;
    let own = tempfile::tempdir()?;
    let sidecar = sidecar(&legacy, own.path(), "shadow = { sample = 100 }").await?;
    for folder in [own.path(), &legacy.folder()] {
        fill(folder)?;
    }
    for (name, _) in FILES {
        let answer = get(&format!("/media/{name}")).send(sidecar.addr()).await?;
        assert_eq!(answer.status(), 200);
        legacy.used_up(name).await?;
    }
    let scrape = until_outcome(sidecar.admin(), "media", "compared", 5).await?;
    assert_eq!(judged(&scrape, "media", "mismatch"), 0);
    for (name, bytes) in FILES {
        assert_eq!(std::fs::read(own.path().join(name))?, bytes, "{name}");
    }
    Ok(())
}
