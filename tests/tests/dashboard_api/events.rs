//! The stream that keeps the page up to date.

use crate::scene::Scene;
use anyhow::{Context, Result, bail};
use overgrow_tests::admin::patch;
use overgrow_tests::ask::get;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The stream's limit, as the page's users meet it.
const MOST: usize = 64;

/// Longer than the slowest machine needs for an event that comes once a second.
const SOON: Duration = Duration::from_secs(20);

/// An open stream of events.
struct Events(Lines<BufReader<TcpStream>>);

impl Events {
    async fn open(admin: SocketAddr) -> Result<Self> {
        let mut socket = TcpStream::connect(admin).await?;
        socket
            .write_all(b"GET /api/events HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await?;
        let mut lines = BufReader::new(socket).lines();
        let head = lines.next_line().await?.context("no answer")?;
        if !head.contains("200") {
            bail!("{head}");
        }
        Ok(Self(lines))
    }

    /// The next event's name and data; none at the end. Lines that frame chunks are passed over.
    async fn next(&mut self) -> Result<Option<(String, Value)>> {
        let mut name = None;
        loop {
            let Some(line) = timeout(SOON, self.0.next_line())
                .await
                .context("no event")??
            else {
                return Ok(None);
            };
            if let Some(event) = line.strip_prefix("event: ") {
                name = Some(event.to_owned());
            } else if let (Some(data), Some(name)) = (line.strip_prefix("data: "), &name) {
                return Ok(Some((name.clone(), serde_json::from_str(data)?)));
            }
        }
    }

    /// The next event of that name.
    async fn until(&mut self, wanted: &str) -> Result<Value> {
        while let Some((name, data)) = self.next().await? {
            if name == wanted {
                return Ok(data);
            }
        }
        bail!("the stream ended before {wanted}")
    }
}

#[tokio::test]
async fn the_whole_comes_first_and_then_what_changed() -> Result<()> {
    let scene = Scene::start("").await?;
    let mut events = Events::open(scene.sidecar.admin()).await?;
    let (name, whole) = events.next().await?.context("nothing came")?;
    assert_eq!(name, "snapshot");
    assert_eq!(whole["routes"].as_array().map(Vec::len), Some(2));
    assert_eq!(scene.ask(patch("half", "75")).await?.status(), 200);
    loop {
        let change = events.until("change").await?;
        let rows = change["routes"].as_array().cloned().unwrap_or_default();
        assert!(rows.iter().all(|row| row["id"] == "half"), "{change}");
        if rows.iter().any(|row| row["rust"] == 75) {
            assert!(rows[0]["match"].is_object(), "a row is whole: {change}");
            assert!(change["glance"].is_object(), "{change}");
            return Ok(());
        }
    }
}

#[tokio::test]
async fn a_move_is_told_with_who_and_why() -> Result<()> {
    let scene = Scene::start("").await?;
    let mut events = Events::open(scene.sidecar.admin()).await?;
    events.until("snapshot").await?;
    assert_eq!(scene.ask(patch("half", "75")).await?.status(), 200);
    let moved = events.until("move").await?;
    assert_eq!(
        (&moved["route"], &moved["from"], &moved["to"]),
        (&"half".into(), &50.into(), &75.into())
    );
    assert!(
        moved["by"].is_string() && moved["at"].is_string(),
        "{moved}"
    );
    Ok(())
}

#[tokio::test]
async fn a_changed_table_comes_whole() -> Result<()> {
    let scene = Scene::start("").await?;
    let mut events = Events::open(scene.sidecar.admin()).await?;
    events.until("snapshot").await?;
    let more = "\n[[route]]\nid = \"more\"\nmatch = { path = \"/more\" }\n";
    scene.sidecar.edit(&(scene.file()? + more))?;
    let whole = events.until("snapshot").await?;
    assert_eq!(whole["routes"][2]["id"], "more");
    Ok(())
}

#[tokio::test]
async fn too_many_pages_are_turned_away_until_one_is_closed() -> Result<()> {
    let scene = Scene::start("").await?;
    let mut open = Vec::new();
    for _ in 0..MOST {
        let mut events = Events::open(scene.sidecar.admin()).await?;
        events.until("snapshot").await?;
        open.push(events);
    }
    assert_eq!(scene.ask(get("/api/events")).await?.status(), 503);
    drop(open.pop());
    overgrow_tests::admin::until("a free seat", async || {
        Ok(Events::open(scene.sidecar.admin()).await.ok())
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn streams_end_with_the_sidecar_and_do_not_hold_it_up() -> Result<()> {
    let scene = Scene::start("").await?;
    let mut events = Events::open(scene.sidecar.admin()).await?;
    events.until("snapshot").await?;
    let reading = tokio::spawn(async move {
        while events.next().await?.is_some() {}
        anyhow::Ok(())
    });
    let status = timeout(SOON, scene.sidecar.stop())
        .await
        .context("it hangs")??;
    assert!(status.success());
    // Ended or broken off: over in any case.
    let _ = timeout(SOON, reading).await.context("the stream goes on")?;
    Ok(())
}
