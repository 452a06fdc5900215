//! Answers that are pulled piece by piece, and redirects that are handed back.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use overgrow_fetch::{FetchError, Fetcher, Limits, Streamed};

use crate::dns::Dns;
use crate::origin::{Origin, Script, to};
use crate::{HURRIED, INSIDE, LIMITS, OUTSIDE, policy};

/// An answer and the origin that goes on giving it.
type Sent = Result<(Streamed, Origin), FetchError>;

async fn send(script: Script, limits: Limits) -> Sent {
    send_at(OUTSIDE, script, limits).await
}

async fn send_at(ip: IpAddr, script: Script, limits: Limits) -> Sent {
    let origin = Origin::start(ip, move |_| script.clone()).await;
    let dns = Dns::start([("a.example", vec![vec![ip]])]).await;
    let fetcher = Fetcher::new(policy(&dns, &origin));
    let request = Request::post(origin.url("a.example")).body(Bytes::from_static(b"body"));
    let answer = fetcher.send(request.expect("a request"), limits).await?;
    Ok((answer, origin))
}

#[tokio::test]
async fn a_redirect_is_handed_back() {
    let (answer, _origin) = send(to(307, "http://b.example/"), LIMITS).await.unwrap();
    assert_eq!(answer.status, 307);
    assert_eq!(answer.headers["location"], "http://b.example/");
}

#[tokio::test]
async fn a_body_without_end_is_given_up_to_its_limit() {
    let endless = Script::Repeat("HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 64]);
    let (mut answer, _origin) = send(endless, LIMITS).await.unwrap();
    let mut read = 0;
    let error = loop {
        match answer.piece().await {
            Ok(piece) => read += piece.expect("it has no end").len(),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, FetchError::TooLarge { limit: 1000 }));
    assert!(read <= LIMITS.bytes);
}

#[tokio::test]
async fn the_time_is_for_the_body_too() {
    let slow = Script::Drip(
        "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        Duration::from_millis(10),
    );
    let (mut answer, _origin) = send(slow, HURRIED).await.unwrap();
    let error = loop {
        if let Err(error) = answer.piece().await {
            break error;
        }
    };
    assert!(matches!(error, FetchError::Timeout));
    let silent = send(Script::Silence, HURRIED).await;
    assert!(matches!(silent, Err(FetchError::Timeout)));
}

#[tokio::test]
async fn what_is_inside_is_not_sent_to() {
    let refused = send_at(INSIDE, to(200, "/"), LIMITS).await;
    assert!(matches!(refused, Err(FetchError::Resolved { .. })));
}
