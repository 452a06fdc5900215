//! The gateways of our own behave as the other tests rely on, seen without a sidecar.

use anyhow::Result;
use overgrow_tests::legacy::{Fastify, Grpc};
use overgrow_tests::raw::{self, Answer, Outcome, Silence};

async fn get(gateway: &Fastify, path: &str) -> Result<Outcome> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    Ok(raw::exchange(gateway.address(), request.as_bytes()).await?)
}

async fn answered(gateway: &Fastify, path: &str) -> Result<Answer> {
    match get(gateway, path).await? {
        Outcome::Answer(answer) => Ok(answer),
        Outcome::Silence(silence) => anyhow::bail!("{path}: {silence:?}"),
    }
}

#[tokio::test]
async fn fastify_answers_like_a_real_gateway() -> Result<()> {
    let gateway = Fastify::start(&["--name", "A"]).await?;
    assert_eq!(
        answered(&gateway, "/status/204").await?.header("x-backend"),
        Some("A")
    );
    assert_eq!(answered(&gateway, "/trickle?n=3&ms=1").await?.text(), "abc");
    assert_eq!(answered(&gateway, "/trailers").await?.trailers.len(), 2);
    assert_eq!(
        answered(&gateway, "/informational").await?.interim,
        ["HTTP/1.1 103 Early Hints"]
    );
    assert_eq!(answered(&gateway, "/early").await?.status(), 413);
    assert_eq!(
        answered(&gateway, "/download?bytes=70000&chunked=1")
            .await?
            .body
            .len(),
        70000
    );
    assert!(
        answered(&gateway, "/case")
            .await?
            .lines()
            .contains(&"X-ODD-Case: 1".to_owned())
    );
    Ok(())
}

#[tokio::test]
async fn fastify_fails_like_a_broken_gateway() -> Result<()> {
    let gateway = Fastify::start(&[]).await?;
    assert!(matches!(
        get(&gateway, "/reset").await?,
        Outcome::Silence(Silence::Reset)
    ));
    assert!(!answered(&gateway, "/reset?when=after").await?.complete);
    assert!(!answered(&gateway, "/reset?when=mid").await?.complete);
    assert!(
        !answered(&gateway, "/garbage")
            .await
            .is_ok_and(|answer| answer.status() != 0)
    );
    Ok(())
}

#[tokio::test]
async fn grpc_server_speaks_h2c() -> Result<()> {
    let server = Grpc::start().await?;
    let mut wire = raw::Wire::connect(server.address()).await?;
    // The connection preface and an empty SETTINGS frame; Node answers with its own SETTINGS, type 4.
    wire.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await?;
    assert_eq!(wire.bytes(4).await?[3], 4);
    Ok(())
}
