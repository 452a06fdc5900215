//! The recorded answers of the gateway's media routes, from the native handler.
//!
//! The surprise: the recordings are one session. What one request uses up the next one no longer gets.

use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use overgrow_tests::golden::{Answered, Body, By, Difference, Observation, differences};
use overgrow_tests::raw;
use overgrow_tests::service::Service;
use overgrow_tests::sidecar::{Sidecar, routes_toml};

/// One exchange of the file.
struct Exchange {
    name: String,
    request: String,
    answer: Observation,
}

/// Names of all exchanges, for the list of allowed differences.
pub(crate) fn names() -> Result<Vec<String>> {
    Ok(session()?.into_iter().map(|one| one.name).collect())
}

#[tokio::test]
async fn every_media_recording_is_the_same_from_the_native_handler() -> Result<()> {
    let session = session()?;
    ensure!(session.len() == 29, "{} recordings", session.len());
    let folder = tempfile::tempdir()?;
    fill(folder.path(), &session)?;
    let legacy = Service::start("legacy").await?;
    let media = format!("[media]\nroot = {:?}\n", folder.path());
    let route =
        "[[route]]\nid = \"media\"\nmatch = { path = \"/*\" }\nhandler = \"media\"\nrust = true\n";
    let sidecar =
        Sidecar::start(&routes_toml(legacy.address(), &format!("{media}{route}"))).await?;
    let mut found: Vec<Difference> = Vec::new();
    for exchange in &session {
        if exchange.request.contains("/media/old.txt") {
            outdated(&folder.path().join("old.txt"))?;
        }
        let outcome = raw::exchange(sidecar.addr(), exchange.request.as_bytes()).await?;
        let answer = bare(outcome.into());
        found.extend(differences(&exchange.name, &exchange.answer, &answer));
    }
    let suite: Vec<&str> = session.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(legacy.asked(), 0);
    crate::allowed()?.judge(By::Native, &suite, &found)
}

/// What was recorded was recorded without them, or says nothing of the answer.
fn bare(observation: Observation) -> Observation {
    const CONNECTION: [&str; 3] = ["date:", "connection:", "keep-alive:"];
    let Observation::Answered(mut answered) = observation else {
        return observation;
    };
    answered.headers.retain(|line| {
        let line = line.to_ascii_lowercase();
        !CONNECTION.iter().any(|name| line.starts_with(name))
    });
    // The engine knows one case for names that it writes itself, and `ETag` is not in it.
    for line in &mut answered.headers {
        *line = line.replacen("ETag:", "Etag:", 1);
    }
    Observation::Answered(answered)
}

fn session() -> Result<Vec<Exchange>> {
    let path = overgrow_tests::kit::tree("golden/openclaw-media.txt");
    let text = String::from_utf8_lossy(&std::fs::read(path)?).into_owned();
    let parts = text.split("\n---\n").filter(|part| part.contains("### "));
    parts
        .enumerate()
        .map(|(number, part)| exchange(number, part))
        .collect()
}

fn exchange(number: usize, part: &str) -> Result<Exchange> {
    let (_, part) = part.split_once("### ").context("a request")?;
    let (asked, answer) = part.split_once('\n').context("an answer")?;
    let (head, body) = answer.split_once("\r\n\r\n").context("a head")?;
    let mut lines = head.split("\r\n");
    let answered = Answered {
        status_line: lines.next().context("a status line")?.to_owned(),
        headers: lines.map(str::to_owned).collect(),
        body: Body::Bytes(Vec::new()),
        complete: true,
    };
    // A line's end follows each body in the file.
    let length = answered.header("content-length").context("a length")?;
    let length: usize = length.parse()?;
    // What is no text did not survive; its entity tag still tells its bytes.
    let body = match body.contains('\u{fffd}') {
        true => Body::Size(length),
        false => Body::Bytes(body.as_bytes()[..length.min(body.len())].to_vec()),
    };
    let answered = Answered { body, ..answered };
    let (options, url) = asked.rsplit_once(' ').unwrap_or(("", asked));
    let target = url
        .strip_prefix("http://127.0.0.1:42873")
        .context("a target")?;
    Ok(Exchange {
        name: format!("media.{number}"),
        request: request(options, target),
        answer: bare(Observation::Answered(answered)),
    })
}

/// What curl sent with those options.
fn request(options: &str, target: &str) -> String {
    let method = match options {
        "-X POST" => "POST",
        "-X OPTIONS" => "OPTIONS",
        "-I" => "HEAD",
        _ => "GET",
    };
    let header = options
        .strip_prefix("-H ")
        .map(|header| format!("{header}\r\n"));
    let header = header.unwrap_or_default();
    format!("{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:42873\r\n{header}\r\n")
}

/// The files of that session, as far as its answers tell them.
fn fill(folder: &Path, session: &[Exchange]) -> Result<()> {
    for exchange in session {
        let Observation::Answered(answered) = &exchange.answer else {
            continue;
        };
        let target = exchange.request.split(' ').nth(1).unwrap_or_default();
        let name = target.strip_prefix("/media/").unwrap_or_default();
        if let (true, Body::Bytes(bytes)) = (answered.status_line.contains(" 200 "), &answered.body)
            && !exchange.request.starts_with("OPTIONS")
        {
            let name = name.replace("%C3%BC", "ü").replace("%C3%AF", "ï");
            std::fs::write(folder.join(name), bytes)?;
        }
    }
    let image = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
    std::fs::write(folder.join("img.png"), image)?;
    std::fs::write(folder.join("h.txt"), "h\n")?;
    std::fs::write(folder.join("big.bin"), vec![0; 5 * 1024 * 1024 + 1])?;
    std::fs::create_dir(folder.join("sub"))?;
    std::os::unix::fs::symlink("/etc/hostname", folder.join("link.txt"))?;
    Ok(())
}

/// A file whose time is over and that nobody has swept away yet.
fn outdated(path: &Path) -> Result<()> {
    let old = std::fs::File::create(path)?;
    Ok(old.set_modified(SystemTime::now() - Duration::from_secs(300))?)
}
