//! Files that are sent to the sidecar, which has them for the legacy's media routes and for its own.
//!
//! The legacy knows no uploads. The surprise: nothing is kept for anybody who shows no credentials, because the route asks for some.

use crate::rig::with_settings;
use anyhow::{Context, Result, ensure};
use overgrow_tests::ask::{Ask, get, post};
use overgrow_tests::raw::Answer;
use overgrow_tests::service::Service;
use overgrow_tests::sidecar::Sidecar;
use serde_json::Value;
use std::path::PathBuf;
use tempfile::TempDir;

const SETTINGS: &str = r#"{ gateway: { auth: { mode: "token", token: "the-gateway-token" } } }"#;

/// A PNG of 30,000 by 30,000 pixels, 69 bytes long; decoded it would take 2.7 GB.
const BOMB: &[u8] = b"\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x75\x30\x00\x00\x75\x30\x08\
    \x02\x00\x00\x00\xe9\x45\x6f\xed\x00\x00\x00\x0c\x49\x44\x41\x54\x78\x9c\x63\x60\xa0\x0c\x00\x00\x00\
    \x40\x00\x01\xb7\x34\x7c\xef\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";

/// A sidecar that takes uploads, a service that stands where links must not lead, and the folder of files.
struct Rig {
    inside: Service,
    sidecar: Sidecar,
    folder: TempDir,
}

impl Rig {
    /// `limits` are further keys of `[media]`.
    async fn start(limits: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let settings = folder.path().join("openclaw.json");
        std::fs::write(&settings, SETTINGS)?;
        let root = folder.path().join("media");
        std::fs::create_dir(&root)?;
        let inside = Service::start("inside").await?;
        let route = "[[route]]\nid = \"media\"\nmatch = { path = \"/*\" }\nhandler = \"media\"\nrust = true\nauth = \"gateway\"";
        let media = format!("[media]\nroot = {root:?}\nupload = true\n{limits}");
        let routes = with_settings(
            inside.address(),
            &settings,
            &format!("\n{route}\n\n{media}\n"),
        )?;
        Ok(Self {
            inside,
            sidecar: Sidecar::start(&routes).await?,
            folder,
        })
    }

    async fn ask(&self, ask: Ask) -> Result<Answer> {
        ask.header("authorization", "Bearer the-gateway-token")
            .send(self.sidecar.addr())
            .await
    }

    /// Sends a file that is kept, and gets it back, once.
    async fn keeps(&self, upload: Ask, kind: &str, bytes: &[u8]) -> Result<()> {
        let kept = self.ask(upload).await?;
        ensure!(
            kept.status() == 201,
            "{}: {}",
            kept.status_line,
            kept.text()
        );
        let told: Value = serde_json::from_str(&kept.text())?;
        let url = told["url"].as_str().context("a url")?;
        assert_eq!(kept.header("location"), Some(url));
        assert_eq!(
            (&told["size"], &told["contentType"]),
            (&bytes.len().into(), &kind.into())
        );
        let given = self.ask(get(url)).await?;
        assert_eq!((given.status(), &*given.body), (200, bytes));
        assert_eq!(self.ask(get(url)).await?.status(), 404);
        Ok(())
    }

    async fn refuses(&self, upload: Ask, status: u16, why: &str) -> Result<()> {
        let refused = self.ask(upload).await?;
        let told: Value = serde_json::from_str(&refused.text()).with_context(|| refused.text())?;
        assert_eq!(refused.status(), status, "{told}");
        let error = told["error"].as_str().unwrap_or_default();
        ensure!(told["ok"] == false && error.contains(why), "{told}");
        Ok(())
    }

    fn files(&self) -> Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(self.folder.path().join("media"))?;
        Ok(entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?)
    }
}

fn plain(kind: &str, bytes: &[u8]) -> Ask {
    post("/media", bytes).header("content-type", kind)
}

fn link(url: &str) -> Ask {
    let body = serde_json::json!({ "url": url });
    plain("application/json", body.to_string().as_bytes())
}

#[tokio::test]
async fn what_is_sent_is_kept_and_given_once() -> Result<()> {
    let rig = Rig::start("").await?;
    rig.keeps(plain("text/plain", b"hello"), "text/plain", b"hello")
        .await?;
    let form = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nsmall\r\n\
        --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.txt\"\r\nContent-Type: text/plain\r\n\r\nin a form\r\n--b--\r\n";
    let form = plain("multipart/form-data; boundary=b", form.as_bytes());
    rig.keeps(form, "text/plain", b"in a form").await?;
    assert_eq!(rig.files()?, Vec::<PathBuf>::new());
    Ok(())
}

#[tokio::test]
async fn nothing_is_kept_for_who_shows_no_credentials() -> Result<()> {
    let rig = Rig::start("").await?;
    let refused = plain("text/plain", b"hello")
        .send(rig.sidecar.addr())
        .await?;
    assert_eq!(refused.status(), 401);
    assert_eq!(rig.files()?, Vec::<PathBuf>::new());
    Ok(())
}

/// Whoever may upload may not use the sidecar to look at what only this machine sees.
#[tokio::test]
async fn links_to_the_inside_are_refused_and_not_followed() -> Result<()> {
    let rig = Rig::start("").await?;
    let port = rig.inside.address().port();
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "169.254.169.254",
        "10.0.0.1",
    ] {
        let url = format!("http://{host}:{port}/x");
        rig.refuses(link(&url), 422, "Blocked: private/internal IP address")
            .await
            .context(url)?;
    }
    rig.refuses(link(&format!("http://localhost:{port}/x")), 422, "Blocked")
        .await?;
    assert_eq!((rig.inside.asked(), rig.files()?.len()), (0, 0));
    Ok(())
}

#[tokio::test]
async fn a_full_disk_takes_nothing_more_until_something_is_taken() -> Result<()> {
    let rig = Rig::start("disk = \"1KiB\"").await?;
    let file = |byte: u8| plain("application/octet-stream", &vec![byte; 600]);
    let kept = rig.ask(file(1)).await?;
    assert_eq!(kept.status(), 201);
    rig.refuses(file(2), 507, "full").await?;
    assert_eq!(rig.files()?.len(), 1);
    let url = kept.header("location").context("a location")?;
    assert_eq!(rig.ask(get(url)).await?.status(), 200);
    assert_eq!(rig.ask(file(3)).await?.status(), 201);
    Ok(())
}

#[tokio::test]
async fn a_file_larger_than_allowed_is_refused_however_it_is_sent() -> Result<()> {
    let rig = Rig::start("max = \"1KiB\"").await?;
    rig.refuses(plain("text/plain", &[b'x'; 1025]), 413, "1024 bytes")
        .await?;
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{}\r\n--b--\r\n",
        "x".repeat(1025)
    );
    let form = plain("multipart/form-data; boundary=b", form.as_bytes());
    rig.refuses(form, 413, "1024 bytes").await?;
    assert_eq!(rig.files()?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn an_image_that_would_fill_the_memory_is_refused() -> Result<()> {
    let rig = Rig::start("").await?;
    let before = rig.sidecar.process().resident_bytes()?;
    let bomb = post("/media?reduce=1", BOMB).header("content-type", "image/png");
    rig.refuses(bomb, 422, "900000000 pixels").await?;
    let grown = rig
        .sidecar
        .process()
        .resident_bytes()?
        .saturating_sub(before);
    ensure!(grown < 64 << 20, "{grown} bytes more");
    assert_eq!(rig.files()?.len(), 0);
    Ok(())
}
