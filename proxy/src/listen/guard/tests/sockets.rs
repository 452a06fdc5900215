//! What only real sockets do: resets.

use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Sends `first`, waits for the whole answer to arrive unread while `more` is sent, and reads it.
async fn answer_to(first: &[u8], more: &[u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    let (socket, _) = listener.accept().await.unwrap();
    let server = tokio::spawn(serve(Guard::new(socket, Limits::default())));
    client.write_all(first).await.unwrap();
    client.readable().await.unwrap();
    client.write_all(more).await.unwrap();
    client.shutdown().await.unwrap();
    server.await.unwrap().unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_answer_to_a_refused_head_survives_what_is_sent_after_it() {
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n";
    let answer = answer_to(head, &[b'x'; 30_000]).await;
    assert!(answer.ends_with("refused: content-length\n"), "{answer}");
}

#[tokio::test]
async fn the_answer_to_an_unwanted_body_survives_the_rest_of_it() {
    let head = b"POST /unwanted HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nx";
    let answer = answer_to(head, &[b'x'; 30_000]).await;
    assert!(answer.ends_with("unread\n"), "{answer}");
}
