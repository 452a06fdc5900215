//! Nobody can tell the sidecar from the real gateway: every recording is replayed to the gateway and through the sidecar,
//! once forwarding everything and once with the native handlers answering what they can.
//!
//! The gateway must still answer as recorded, and the sidecar must answer as the gateway does, but for `allowed-differences.toml`.

mod media;
mod native;
mod shadowing;

use anyhow::{Result, ensure};
use overgrow_tests::golden::{
    AllowedDifferences, By, Difference, Masks, Recording, Transcript, conversation_differences,
    differences, parse_lines,
};
use overgrow_tests::kit;
use overgrow_tests::legacy::OpenClaw;
use overgrow_tests::raw;
use overgrow_tests::replay::{self, Device, SHAPES};
use overgrow_tests::sidecar::Sidecar;
use std::net::SocketAddr;
use std::path::Path;

#[tokio::test]
async fn every_http_recording_is_the_same_through_the_sidecar() -> Result<()> {
    let gateway = OpenClaw::start().await?;
    let sidecar = Sidecar::in_front_of(gateway.address()).await?;
    http(&gateway, sidecar.addr(), By::Forwarding).await
}

#[tokio::test]
async fn every_websocket_recording_is_the_same_through_the_sidecar() -> Result<()> {
    let gateway = OpenClaw::start().await?;
    let sidecar = Sidecar::in_front_of(gateway.address()).await?;
    websocket(&gateway, sidecar.addr()).await
}

#[tokio::test]
async fn upgrades_are_answered_the_same_through_the_sidecar() -> Result<()> {
    let gateway = OpenClaw::start().await?;
    let sidecar = Sidecar::in_front_of(gateway.address()).await?;
    upgrades(&gateway, sidecar.addr()).await
}

#[tokio::test]
async fn odd_requests_are_answered_the_same_through_the_sidecar() -> Result<()> {
    let gateway = OpenClaw::start().await?;
    let sidecar = Sidecar::in_front_of(gateway.address()).await?;
    shapes(&gateway, sidecar.addr(), By::Forwarding).await
}

#[tokio::test]
async fn a_refused_upload_leaves_its_connection_usable() -> Result<()> {
    let gateway = OpenClaw::start().await?;
    let sidecar = Sidecar::in_front_of(gateway.address()).await?;
    for to in [gateway.address(), sidecar.addr()] {
        let mut wire = raw::Wire::connect(to).await?;
        let head = "POST /hooks/wake HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n";
        let refused = wire
            .exchange(&[head.as_bytes(), &[b'x'; 300_000]].concat())
            .await;
        let next = wire.exchange(b"GET /ui HTTP/1.1\r\nHost: a\r\n\r\n").await;
        ensure!(
            status(&refused) == Some(401) && status(&next) == Some(404),
            "{to}: {refused:?} then {next:?}"
        );
    }
    Ok(())
}

fn status(outcome: &raw::Outcome) -> Option<u16> {
    match outcome {
        raw::Outcome::Answer(answer) => Some(answer.status()),
        raw::Outcome::Silence(_) => None,
    }
}

#[test]
fn every_allowed_difference_names_recordings_that_exist() -> Result<()> {
    let http: Vec<Recording> = parse_lines(&text("golden/openclaw-http.jsonl")?)?;
    let websocket: Vec<Transcript> = parse_lines(&text("golden/openclaw-ws.jsonl")?)?;
    let media = media::names()?;
    let known: Vec<&str> = http
        .iter()
        .map(|r| r.name.as_str())
        .chain(websocket.iter().map(|t| t.name.as_str()))
        .chain(media.iter().map(String::as_str))
        .collect();
    for allowed in allowed()?.entries() {
        let unknown: Vec<_> = allowed
            .recordings
            .iter()
            .filter(|name| !known.contains(&name.as_str()))
            .collect();
        ensure!(
            unknown.is_empty() && !allowed.why.is_empty(),
            "{}: no recordings {unknown:?}, or no reason",
            allowed.id
        );
    }
    Ok(())
}

async fn http(gateway: &OpenClaw, through: SocketAddr, by: By) -> Result<()> {
    let recordings: Vec<Recording> = parse_lines(&text("golden/openclaw-http.jsonl")?)?;
    let (recorded, masks) = (recorded(), masks(gateway));
    let (mut from_recording, mut from_gateway) = (Vec::new(), Vec::new());
    for recording in &recordings {
        let name = &recording.name;
        let direct = masks.apply(replay::exchange(gateway.address(), recording).await?);
        let carried = masks.apply(replay::exchange(through, recording).await?);
        from_gateway.extend(differences(name, &direct, &carried));
        from_recording.extend(differences(
            name,
            &recorded.apply(recording.observation()),
            &direct.without_date(),
        ));
    }
    let suite: Vec<&str> = recordings.iter().map(|r| r.name.as_str()).collect();
    judge(by, &suite, &from_recording, &from_gateway)
}

async fn websocket(gateway: &OpenClaw, through: SocketAddr) -> Result<()> {
    let transcripts: Vec<Transcript> = parse_lines(&text("golden/openclaw-ws.jsonl")?)?;
    let (recorded, masks) = (recorded(), masks(gateway));
    let (ours, theirs) = (Device::fresh(), Device::fresh());
    let (mut from_recording, mut from_gateway) = (Vec::new(), Vec::new());
    for transcript in &transcripts {
        let name = &transcript.name;
        let direct = replay::conversation(gateway.address(), transcript, &theirs).await?;
        let carried = replay::conversation(through, transcript, &ours).await?;
        from_gateway.extend(conversation_differences(
            name,
            (&direct, &masks),
            (&carried, &masks),
        ));
        from_recording.extend(conversation_differences(
            name,
            (&transcript.conversation(), &recorded),
            (&direct, &masks),
        ));
    }
    let suite: Vec<&str> = transcripts.iter().map(|t| t.name.as_str()).collect();
    judge(By::Forwarding, &suite, &from_recording, &from_gateway)
}

/// Heads of upgrades: accepted, with a subprotocol, and refused for each of the gateway's reasons.
const UPGRADES: [(&str, &str); 6] = [
    (
        "plain",
        "GET / HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n",
    ),
    (
        "subprotocol",
        "GET /x HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: one, two\r\n",
    ),
    (
        "deflate",
        "GET / HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
    ),
    ("no-key", "GET / HTTP/1.1\r\nSec-WebSocket-Version: 13\r\n"),
    (
        "version",
        "GET / HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 7\r\n",
    ),
    (
        "post",
        "POST / HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n",
    ),
];

async fn upgrades(gateway: &OpenClaw, through: SocketAddr) -> Result<()> {
    let mut found = Vec::new();
    for (name, head) in UPGRADES {
        let request = format!(
            "{head}Host: 127.0.0.1:18789\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        );
        found.extend(side_by_side(gateway, through, name, request.as_bytes()).await?);
    }
    judge(By::Forwarding, &[], &[], &found)
}

async fn shapes(gateway: &OpenClaw, through: SocketAddr, by: By) -> Result<()> {
    let mut found = Vec::new();
    for (name, request) in SHAPES {
        found.extend(side_by_side(gateway, through, name, request).await?);
    }
    judge(by, &[], &[], &found)
}

async fn side_by_side(
    gateway: &OpenClaw,
    through: SocketAddr,
    name: &str,
    request: &[u8],
) -> Result<Vec<Difference>> {
    let masks = masks(gateway);
    let direct = masks.apply(raw::exchange(gateway.address(), request).await?.into());
    let carried = masks.apply(raw::exchange(through, request).await?.into());
    Ok(differences(name, &direct, &carried))
}

fn judge(
    by: By,
    suite: &[&str],
    from_recording: &[Difference],
    from_gateway: &[Difference],
) -> Result<()> {
    let drift: Vec<String> = from_recording.iter().map(ToString::to_string).collect();
    ensure!(
        drift.is_empty(),
        "the gateway no longer answers as recorded:\n{}",
        drift.join("\n")
    );
    allowed()?.judge(by, suite, from_gateway)
}

fn allowed() -> Result<AllowedDifferences> {
    AllowedDifferences::parse(&text("allowed-differences.toml")?)
}

fn text(path: &str) -> Result<String> {
    Ok(std::fs::read_to_string(kit::tree(path))?)
}

fn masks(gateway: &OpenClaw) -> Masks {
    Masks::new(gateway.folder(), gateway.address().port())
}

// The recordings carry their own paths and port, so only ids and times are taken out of them.
fn recorded() -> Masks {
    Masks::new(Path::new("/srv/legacy"), 18789)
}
