//! What happens to bytes after a request to upgrade.

use super::*;

const SWITCH: &[u8] =
    b"GET /switch HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: shout\r\n\r\n";
const DECLINE: &[u8] =
    b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n";
const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test]
async fn an_accepted_upgrade_passes_anything() {
    let mut client = Client::connect();
    client.send(SWITCH).await;
    assert!(client.read_to("\r\n\r\n").await.starts_with("HTTP/1.1 101"));
    for text in ["a\n", "\r\n\r\n", "b\n"] {
        client.send(text.as_bytes()).await;
        assert_eq!(client.read_to("\n").await, text.to_uppercase());
    }
    assert_eq!(client.watch.phase(), Phase::Upgraded);
    assert_eq!(client.finish().await, "");
}

#[tokio::test]
async fn bytes_sent_with_the_request_to_upgrade_follow_it() {
    let mut client = Client::connect();
    client.send(&[GET, SWITCH, b"early\nGET "].concat()).await;
    let answer = client.read_to("EARLY\nGET ").await;
    assert!(
        answer.contains("200 OK") && answer.contains("101 Switching"),
        "{answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_declined_upgrade_goes_on_with_http() {
    let mut client = Client::connect();
    client.send(&[DECLINE, GET].concat()).await;
    client.settle().await;
    assert_eq!(client.watch.in_flight(), 1);
    client.read_to("GET /a \n").await;
    client.send(&[GET, SWITCH, b"x\n"].concat()).await;
    assert!(client.read_to("X\n").await.contains("101 Switching"));
}

#[tokio::test(start_paused = true)]
async fn a_bad_head_after_a_declined_upgrade_is_refused() {
    let mut client = Client::connect();
    client
        .send(&[DECLINE, b"GET / HTTP/1.1\r\n\r\n".as_slice()].concat())
        .await;
    assert!(client.rest().await.ends_with("refused: no-host\n"));
}

#[tokio::test(start_paused = true)]
async fn a_half_closed_client_learns_that_its_upgrade_was_declined() {
    let mut client = Client::connect();
    client.send(DECLINE).await;
    assert!(client.finish().await.ends_with("GET /slow \n"));
    client.server.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_body_of_a_request_to_upgrade_passes_first() {
    let mut client = Client::connect();
    let post = b"POST /b HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nContent-Length: 5\r\n\r\n";
    client.send(post).await;
    client.settle().await;
    client.send(&[b"hello", GET].concat()).await;
    assert!(
        client
            .read_to("GET /a \n")
            .await
            .contains("POST /b hello\n")
    );
}

#[tokio::test]
async fn a_request_that_ends_undecided_counts_as_declined() {
    let (mut pipe, socket) = duplex(1024);
    let mut guard = Guard::new(socket, Limits::default());
    let watch = guard.watch();
    pipe.write_all(&[SWITCH, GET].concat()).await.unwrap();
    let mut buf = [0; 256];
    assert_eq!(guard.read(&mut buf).await.unwrap(), SWITCH.len());
    let request = watch.request_started();
    let next = tokio::spawn(async move {
        let mut buf = [0; 256];
        guard.read(&mut buf).await.unwrap()
    });
    tokio::task::yield_now().await;
    assert!(!next.is_finished());
    drop(request);
    assert_eq!(next.await.unwrap(), GET.len());
}

#[tokio::test]
async fn a_client_that_floods_before_the_decision_is_held_back() {
    let (mut pipe, socket) = duplex(1 << 20);
    let mut guard = Guard::new(socket, Limits::default());
    let watch = guard.watch();
    pipe.write_all(SWITCH).await.unwrap();
    pipe.write_all(&[b'x'; 100_000]).await.unwrap();
    drop(pipe);
    let mut buf = vec![0; 8192];
    assert_eq!(guard.read(&mut buf).await.unwrap(), SWITCH.len());
    let waiting = tokio::time::timeout(Duration::from_millis(10), guard.read(&mut buf));
    assert!(waiting.await.is_err());
    assert!(!watch.is_eof(), "all of it was read");
    watch.switched();
    let mut rest = Vec::new();
    guard.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest.len(), 100_000);
}
