//! Answers that are too long, too slow or not what they say.

use std::time::Duration;

use overgrow_fetch::FetchError;

use crate::origin::{Script, ok};
use crate::{HURRIED, LIMITS, get_from};

const DRIP: Duration = Duration::from_millis(10);

fn headers(count: usize) -> String {
    let lines: String = (0..count)
        .map(|number| format!("X-{number}: x\r\n"))
        .collect();
    format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 2\r\n\r\nok")
}

#[tokio::test]
async fn a_body_is_taken_up_to_its_limit() {
    let fetched = get_from(ok(&"x".repeat(LIMITS.bytes)), LIMITS)
        .await
        .expect("fits");
    assert_eq!(fetched.body.len(), LIMITS.bytes);
    let fetched = get_from(ok(&"x".repeat(LIMITS.bytes + 1)), LIMITS).await;
    assert!(
        matches!(fetched, Err(FetchError::TooLarge { limit: 1000 })),
        "{fetched:?}"
    );
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let chunk = b"40\r\n0123456789012345678901234567890123456789012345678901234567890123\r\n";
    for endless in [
        Script::Repeat(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            chunk.to_vec(),
        ),
        Script::Repeat("HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 64]),
    ] {
        let fetched = get_from(endless, LIMITS).await;
        assert!(
            matches!(fetched, Err(FetchError::TooLarge { .. })),
            "{fetched:?}"
        );
    }
}

#[tokio::test]
async fn a_slow_answer_ends_with_the_time() {
    for slow in [
        Script::Silence,
        Script::Drip("HTTP/1.1 200 ", DRIP),
        Script::Drip("HTTP/1.1 200 OK\r\nX-Slow: ", DRIP),
        Script::Drip("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", DRIP),
        Script::Repeat("", b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
    ] {
        let fetched = get_from(slow.clone(), HURRIED).await;
        assert!(
            matches!(fetched, Err(FetchError::Timeout)),
            "{slow:?}: {fetched:?}"
        );
    }
}

#[tokio::test]
async fn a_length_is_not_believed() {
    let short = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    let fetched = get_from(Script::Repeat(short, vec![b'x'; 64]), LIMITS)
        .await
        .expect("fits");
    assert_eq!(&fetched.body[..], b"xxxxx");
    let cut = get_from(
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nxxxxx",
        LIMITS,
    )
    .await;
    assert!(matches!(cut, Err(FetchError::Http(_))), "{cut:?}");
    let huge = "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999\r\n\r\n";
    let huge = get_from(Script::Drip(huge, DRIP), LIMITS).await;
    assert!(matches!(huge, Err(FetchError::TooLarge { .. })), "{huge:?}");
    let two = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nhello";
    let two = get_from(two, LIMITS).await;
    assert!(matches!(two, Err(FetchError::Http(_))), "{two:?}");
}

#[tokio::test]
async fn a_compressed_body_is_not_unpacked() {
    for coding in ["gzip", "br", "identity, deflate", "zstd"] {
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: 2\r\n\r\n\x1f\u{8}"
        );
        let fetched = get_from(answer, LIMITS).await;
        assert!(
            matches!(&fetched, Err(FetchError::Encoded(said)) if said == coding),
            "{fetched:?}"
        );
    }
}

#[tokio::test]
async fn a_head_is_limited_in_number_and_size() {
    let fetched = get_from(headers(90), LIMITS)
        .await
        .expect("an honest number");
    assert_eq!(fetched.headers.len(), 91);
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    let trailers: String = (0..10_000)
        .map(|number| format!("X-{number}: x\r\n"))
        .collect();
    let trailers =
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n{trailers}\r\n");
    for answer in [headers(10_000), headers(101), long, trailers] {
        let fetched = get_from(answer, LIMITS).await;
        assert!(matches!(fetched, Err(FetchError::Http(_))), "{fetched:?}");
    }
    let endless = Script::Repeat("HTTP/1.1 200 OK\r\nX: ", vec![b'x'; 64]);
    let fetched = get_from(endless, LIMITS).await;
    assert!(matches!(fetched, Err(FetchError::Http(_))), "{fetched:?}");
}

#[tokio::test]
async fn what_is_not_http_is_no_answer() {
    for odd in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "<html>",
        "",
        "-ERR unknown command\r\n",
    ] {
        let fetched = get_from(odd, LIMITS).await;
        assert!(
            matches!(fetched, Err(FetchError::Http(_))),
            "{odd:?}: {fetched:?}"
        );
    }
}

#[tokio::test]
async fn a_body_is_known_by_its_look() {
    let lying =
        "HTTP/1.1 200 OK\r\nContent-Type: image/PNG; x=y\r\nContent-Length: 12\r\n\r\n<svg onload>";
    let fetched = get_from(lying, LIMITS).await.expect("fetched");
    assert_eq!(fetched.content_type.as_deref(), Some("image/png"));
    assert_eq!(fetched.sniffed(), Some("image/svg+xml"));
}
