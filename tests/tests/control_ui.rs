//! The gateway's own control UI, opened in a real browser, connects over its WebSocket.

use anyhow::Result;
use overgrow_tests::browser;
use overgrow_tests::legacy::OpenClaw;
use overgrow_tests::sidecar::{self, Sidecar};
use std::net::SocketAddr;
use std::path::PathBuf;

fn picture() -> Result<PathBuf> {
    let target = sidecar::target()?;
    let folder = target.join("artifacts");
    std::fs::create_dir_all(&folder)?;
    Ok(folder.join("control-ui.png"))
}

fn page(at: SocketAddr) -> String {
    format!("http://{at}/?token={}", OpenClaw::TOKEN)
}

#[tokio::test]
async fn control_ui_connects_through_the_sidecar() -> Result<()> {
    let gateway = OpenClaw::start().await?;
    let sidecar = Sidecar::in_front_of(gateway.address()).await?;
    browser::control_ui(&page(sidecar.addr()), &picture()?).await
}
