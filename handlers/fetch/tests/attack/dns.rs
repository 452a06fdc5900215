//! A resolver on loopback that may give another answer each time it is asked.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use hickory_resolver::proto::op::Message;
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

/// Stops when dropped.
pub(crate) struct Dns {
    address: SocketAddr,
    asked: Arc<Mutex<HashMap<(String, RecordType), usize>>>,
    _task: JoinSet<()>,
}

type Zone = HashMap<String, Vec<Vec<IpAddr>>>;

impl Dns {
    /// For each name the answers in turn; the last one is repeated. Nothing may be remembered of them.
    pub(crate) async fn start<'a>(
        names: impl IntoIterator<Item = (&'a str, Vec<Vec<IpAddr>>)>,
    ) -> Self {
        let owned = |(name, turns): (&str, _)| (name.to_owned(), turns);
        let zone: Zone = names.into_iter().map(owned).collect();
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let address = socket.local_addr().expect("an address");
        let asked = Arc::default();
        let mut task = JoinSet::new();
        task.spawn(serve(socket, zone, Arc::clone(&asked)));
        Self {
            address,
            asked,
            _task: task,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often the A records of a name were asked for.
    pub(crate) fn asked(&self, name: &str) -> usize {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked
            .get(&(name.to_owned(), RecordType::A))
            .copied()
            .unwrap_or(0)
    }
}

async fn serve(
    socket: UdpSocket,
    zone: Zone,
    asked: Arc<Mutex<HashMap<(String, RecordType), usize>>>,
) {
    let mut buffer = [0; 4096];
    while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
        let Ok(question) = Message::from_vec(&buffer[..length]) else {
            continue;
        };
        let answer = answer(question, &zone, &asked);
        let bytes = answer.to_vec().expect("an answer can be written");
        let _ = socket.send_to(&bytes, peer).await;
    }
}

fn answer(
    question: Message,
    zone: &Zone,
    asked: &Mutex<HashMap<(String, RecordType), usize>>,
) -> Message {
    let mut message = question.into_response();
    let query = message.queries[0].clone();
    let name = query
        .name()
        .to_string()
        .trim_end_matches('.')
        .to_lowercase();
    let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
    let turn = asked.entry((name.clone(), query.query_type())).or_default();
    let turns = zone.get(&name).map(Vec::as_slice).unwrap_or_default();
    let addresses = turns
        .get(*turn)
        .or(turns.last())
        .cloned()
        .unwrap_or_default();
    *turn += 1;
    let of_type = |address: &IpAddr| address.is_ipv4() == (query.query_type() == RecordType::A);
    for address in addresses.into_iter().filter(of_type) {
        message.add_answer(Record::from_rdata(
            query.name().clone(),
            0,
            RData::from(address),
        ));
    }
    message
}
