//! A name server on loopback that gives every name the same addresses, and other ones the next time.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// The server; it ends when it is dropped.
pub(crate) struct Names {
    pub(crate) at: SocketAddr,
    asked: Arc<AtomicUsize>,
    answering: JoinHandle<()>,
}

impl Names {
    /// Questions for IPv4 addresses are answered by one list after the other; the last one stays.
    pub(crate) async fn start(answers: Vec<Vec<IpAddr>>) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = socket.local_addr().unwrap();
        let asked = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&asked);
        let answering = tokio::spawn(async move {
            let mut question = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut question).await {
                let question = &question[..length];
                let addresses = match is_for_ipv4(question) {
                    true => {
                        let number = counted.fetch_add(1, Ordering::Relaxed);
                        &answers[number.min(answers.len() - 1)][..]
                    }
                    false => &[],
                };
                let _ = socket.send_to(&answer(question, addresses), from).await;
            }
        });
        Self {
            at,
            asked,
            answering,
        }
    }

    /// How often it was asked for IPv4 addresses.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.answering.abort();
    }
}

/// The end of the question: name, type and class.
fn end_of_question(message: &[u8]) -> usize {
    let mut at = 12;
    while message[at] != 0 {
        at += usize::from(message[at]) + 1;
    }
    at + 5
}

fn is_for_ipv4(message: &[u8]) -> bool {
    message[end_of_question(message) - 3] == 1
}

/// The question with these A records behind it (RFC 1035).
fn answer(message: &[u8], addresses: &[IpAddr]) -> Vec<u8> {
    let end = end_of_question(message);
    let mut answer = message[..2].to_vec();
    answer.extend([
        0x81,
        0x80,
        0,
        1,
        0,
        u8::try_from(addresses.len()).unwrap(),
        0,
        0,
        0,
        0,
    ]);
    answer.extend(&message[12..end]);
    for address in addresses {
        let IpAddr::V4(address) = address else {
            continue;
        };
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
        answer.extend(address.octets());
    }
    answer
}
