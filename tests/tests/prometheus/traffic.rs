//! What clients do in the scene.
//!
//! It must not know what is counted. A header chooses the side, which loopback may, so that no draw decides what is seen.

use anyhow::{Result, ensure};
use overgrow_tests::ask::{Ask, get, post};
use overgrow_tests::raw::{Wire, exchange};
use overgrow_tests::shadow::until_ended;
use overgrow_tests::sidecar::Sidecar;
use std::net::SocketAddr;

/// A WebSocket that stays open until it is dropped.
pub(crate) struct Socket(#[expect(dead_code, reason = "open for as long as it is kept")] Wire);

impl Socket {
    /// The handshake of RFC 6455's example.
    pub(crate) async fn open(to: SocketAddr) -> Result<Self> {
        let mut wire = Wire::connect(to).await?;
        let handshake = get("/socket")
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        let answer = handshake.on(&mut wire).await?;
        ensure!(answer.status() == 101, "{}", answer.status_line);
        Ok(Self(wire))
    }
}

/// One round of everything; returns when all shadow requests have come to an end.
pub(crate) async fn everything(sidecar: &Sidecar) -> Result<()> {
    let to = sidecar.addr();
    let before = ended(sidecar).await?;
    orders(to).await?;
    for _ in 0..8 {
        asked(get("/down/alike"), to).await?;
    }
    until_ended(sidecar.admin(), "down", before + 8).await?;
    plugin(to).await?;
    asked(post("/signed", "unsigned"), to).await?;
    asked(get("/elsewhere"), to).await?;
    let wake = post(
        "/hooks/wake",
        format!("{{\"text\":\"{before}\",\"mode\":\"next-heartbeat\"}}"),
    )
    .header("authorization", "Bearer a-token-of-hooks")
    .header("content-type", "application/json");
    asked(wake, to).await?;
    let twice = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n";
    exchange(to, twice).await?;
    Ok(())
}

/// Every path on both sides, and a write.
async fn orders(to: SocketAddr) -> Result<()> {
    for what in ["alike", "alike", "alike", "differs", "fails", "never"] {
        for side in ["legacy", "rust"] {
            let ask = get(&format!("/orders/{what}")).header("x-overgrow-backend", side);
            asked(ask, to).await?;
        }
    }
    asked(post("/orders/alike", "{}"), to).await
}

/// A call that is answered, one that fails, and one for what was not granted.
async fn plugin(to: SocketAddr) -> Result<()> {
    let commands = [
        r#"{"do":"echo","value":1}"#,
        r#"{"do":"fail","code":"x","message":"as told"}"#,
        r#"{"do":"legacy","method":"health","params":{}}"#,
    ];
    for command in commands {
        asked(post("/probe/do", command), to).await?;
    }
    Ok(())
}

async fn asked(ask: Ask, to: SocketAddr) -> Result<()> {
    ask.send(to).await?;
    Ok(())
}

async fn ended(sidecar: &Sidecar) -> Result<u64> {
    let counted = overgrow_tests::admin::scrape(sidecar.admin()).await?;
    Ok(overgrow_tests::shadow::ended_in_all(&counted, "down"))
}
