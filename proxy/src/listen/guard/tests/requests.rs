//! Requests, refusals and closes.

use tokio::time::{Instant, sleep};

use super::*;

const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
const SLOW: &[u8] = b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n";
const POST: &[u8] = b"POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

fn count(answer: &str, part: &str) -> usize {
    answer.matches(part).count()
}

#[tokio::test]
async fn pipelined_requests_are_all_answered() {
    let mut client = Client::connect();
    let body = b"POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    client
        .send(&[GET, body, POST, b"2\r\nhi\r\n0\r\n\r\n", b"\r\n", GET].concat())
        .await;
    let answer = client.finish().await;
    assert_eq!(count(&answer, "200 OK"), 4, "{answer}");
    assert!(
        answer.contains("POST /b hello\n") && answer.contains("POST /p hi\n"),
        "{answer}"
    );
    client.server.await.unwrap().unwrap();
    assert_eq!(
        (client.watch.in_flight(), client.watch.phase()),
        (0, Phase::Idle)
    );
}

#[tokio::test]
async fn targets_the_engine_refuses_are_respelled_in_their_place() {
    let odd = b"POST /<q>?a=\"b\" HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n<>``";
    let mut client = Client::connect();
    client
        .send(&[GET, odd, odd, GET, &odd[..20]].concat())
        .await;
    client.settle().await;
    client.send(&odd[20..]).await;
    let answer = client.finish().await;
    assert_eq!(count(&answer, "200 OK"), 5, "{answer}");
    assert_eq!(count(&answer, "POST /%3Cq%3E <>``\n"), 3, "{answer}");
    client.server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_partial_head_is_not_shown_to_the_engine() {
    let mut client = Client::connect();
    client.send(&GET[..10]).await;
    client.settle().await;
    assert_eq!(client.watch.phase(), Phase::Head);
    client.send(&GET[10..]).await;
    assert!(
        client
            .read_to("GET /a \n")
            .await
            .starts_with("HTTP/1.1 200")
    );
    assert_eq!(client.watch.phase(), Phase::Idle);
}

#[tokio::test]
async fn a_refused_head_is_answered_after_the_requests_before_it() {
    let mut client = Client::connect();
    client
        .send(&[GET, SLOW, b"GET / HTTP/1.1\nHost: a\r\n\r\n", GET].concat())
        .await;
    let answer = client.finish().await;
    assert_eq!(count(&answer, "200 OK"), 2, "{answer}");
    assert!(answer.contains("GET /slow"), "{answer}");
    assert!(answer.ends_with("refused: bare-lf\n"), "{answer}");
    client.server.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_that_stays_is_left_after_a_second() {
    let mut client = Client::connect();
    client.send(b"GET / HTTP/1.1\r\n\r\n").await;
    let start = Instant::now();
    assert!(client.rest().await.ends_with("refused: no-host\n"));
    assert_eq!(start.elapsed().as_millis(), 0);
    client.server.await.unwrap().unwrap();
    assert!((1000..1010).contains(&start.elapsed().as_millis()));
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_that_floods_is_left_at_the_limit() {
    let mut client = Client::connect();
    client.send(b"GET / HTTP/1.1\r\n\r\n").await;
    assert!(client.rest().await.ends_with("refused: no-host\n"));
    client.send(&[0; 70_000]).await;
    let start = Instant::now();
    client.server.await.unwrap().unwrap();
    assert_eq!(start.elapsed().as_millis(), 0);
}

#[tokio::test]
async fn a_refused_chunk_fails_the_body() {
    let mut client = Client::connect();
    client
        .send(&[POST, b"2\r\nhi\r\n+1\r\nx\r\n0\r\n\r\n"].concat())
        .await;
    let answer = client.finish().await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.ends_with("bad body: chunk-size\n"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_half_closed_client_gets_its_answer() {
    let mut client = Client::connect();
    client.send(SLOW).await;
    client.pipe.shutdown().await.unwrap();
    client.settle().await;
    assert!(client.watch.is_eof());
    assert!(client.rest().await.ends_with("GET /slow \n"));
    client.server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_half_closed_client_that_reads_slowly_gets_all_of_a_big_answer() {
    let mut client = Client::connect();
    client.send(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n").await;
    client.pipe.shutdown().await.unwrap();
    client.settle().await;
    assert_eq!(
        client.watch.in_flight(),
        0,
        "the engine still holds the answer"
    );
    assert!(client.rest().await.len() > BIG);
    client.server.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_half_closed_client_gets_all_pipelined_answers() {
    let mut client = Client::connect();
    client.send(&[SLOW, SLOW].concat()).await;
    let answer = client.finish().await;
    assert_eq!(count(&answer, "GET /slow"), 2, "{answer}");
    client.server.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_half_closed_client_with_half_a_head_gets_its_answers() {
    let mut client = Client::connect();
    client.send(&[SLOW, &GET[..7]].concat()).await;
    let answer = client.finish().await;
    assert_eq!(count(&answer, "HTTP/1.1 "), 1, "{answer}");
    client.server.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_end_inside_a_body_is_told_at_once() {
    let mut client = Client::connect();
    client
        .send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
        .await;
    let answer = client.finish().await;
    assert!(answer.ends_with("bad body: broken\n"), "{answer}");
}

#[tokio::test]
async fn an_end_inside_a_head_just_ends() {
    let mut client = Client::connect();
    client.send(&GET[..20]).await;
    assert_eq!(client.finish().await, "");
    client.server.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_slow_head_is_answered_408() {
    let mut client = Client::connect();
    let deadlines = Deadlines {
        head: Duration::from_secs(5),
        idle: Duration::from_secs(60),
        half_closed: Duration::from_secs(5),
    };
    let watch = Arc::clone(&client.watch);
    tokio::spawn(async move {
        assert_eq!(
            watch_deadlines(Arc::clone(&watch), deadlines).await,
            Expired::Head
        );
        watch.time_out();
    });
    for byte in &GET[..20] {
        client.send(&[*byte]).await;
        sleep(Duration::from_millis(240)).await;
    }
    let answer = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    client.server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_time_out_without_a_head_does_nothing() {
    let mut client = Client::connect();
    client.watch.time_out();
    client.send(&GET[..9]).await;
    client.settle().await;
    client.send(&GET[9..]).await;
    assert!(
        client
            .read_to("GET /a \n")
            .await
            .starts_with("HTTP/1.1 200")
    );
}

#[tokio::test]
async fn a_head_longer_than_the_engines_buffer_passes() {
    let mut client = Client::connect();
    let long = format!(
        "GET /a HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
        "x".repeat(60_000)
    );
    client.send(long.as_bytes()).await;
    client.send(GET).await;
    let answer = client.finish().await;
    assert_eq!(count(&answer, "200 OK"), 2, "{answer}");
}

#[tokio::test]
async fn a_head_beyond_the_limit_is_answered_431() {
    let mut client = Client::connect();
    let long = format!("GET /a HTTP/1.1\r\nHost: a\r\nX: {}", "x".repeat(66_000));
    client.send(long.as_bytes()).await;
    assert!(client.finish().await.ends_with("refused: head-too-long\n"));
}

async fn sniff(bytes: &[u8]) -> (Protocol, Vec<u8>) {
    let (mut pipe, socket) = duplex(64);
    pipe.write_all(bytes).await.unwrap();
    drop(pipe);
    let mut guard = Guard::new(socket, Limits::default());
    let protocol = guard.sniff().await.unwrap();
    let mut rest = Vec::new();
    if guard.watch().in_flight() == 0 {
        guard.read_to_end(&mut rest).await.unwrap();
    }
    (protocol, rest)
}

#[tokio::test]
async fn the_protocol_is_told_by_the_first_bytes() {
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0";
    assert_eq!(sniff(preface).await, (Protocol::Http2, preface.to_vec()));
    assert_eq!(sniff(b"").await.0, Protocol::Closed);
    assert_eq!(sniff(b"PRI * HT").await, (Protocol::Http1, vec![]));
    assert_eq!(sniff(GET).await.0, Protocol::Http1);
}

#[tokio::test]
async fn one_byte_that_differs_from_the_preface_is_enough() {
    let (mut pipe, socket) = duplex(64);
    let mut guard = Guard::new(socket, Limits::default());
    pipe.write_all(b"PO").await.unwrap();
    assert_eq!(guard.sniff().await.unwrap(), Protocol::Http1);
    assert_eq!(guard.watch().phase(), Phase::Head);
}
