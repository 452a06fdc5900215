//! Clients that ask without a pause, and a record of every answer they got.
//!
//! It must not know what a good answer is. The surprise: an instant is taken before a request is sent and after its answer is
//! whole, so that a test can say "asked after the change was seen" without a doubt.

use crate::ask::{Ask, Client};
use crate::raw::Answer;
use anyhow::Result;
use std::net::SocketAddr;
use std::time::Instant;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Clients at work; they end when this is dropped or stopped.
pub struct Load {
    stop: watch::Sender<bool>,
    clients: Vec<JoinHandle<Record>>,
}

/// One request and what came of it.
#[derive(Debug)]
pub struct Shot {
    /// Before the first byte was sent.
    pub sent: Instant,
    /// The answer, or why there was none.
    pub answer: Result<Answer>,
}

/// Everything that happened.
#[derive(Debug, Default)]
pub struct Record {
    /// Each request, by client.
    pub shots: Vec<Shot>,
    /// Kept connections that ended between two requests.
    pub reopened: usize,
}

impl Load {
    /// Starts so many clients, each with a connection of its own that it keeps.
    pub fn start(clients: usize, to: SocketAddr, request: &Ask) -> Self {
        let stop = watch::Sender::new(false);
        let client = |_| {
            let (request, stopped) = (request.clone(), stop.subscribe());
            tokio::spawn(hammer(to, request, stopped))
        };
        let clients = (0..clients).map(client).collect();
        Self { stop, clients }
    }

    /// Lets each client finish its request, and gives what they saw.
    pub async fn stop(self) -> Result<Record> {
        self.stop.send_replace(true);
        let mut all = Record::default();
        for client in self.clients {
            let record = client.await?;
            all.shots.extend(record.shots);
            all.reopened += record.reopened;
        }
        Ok(all)
    }
}

impl Record {
    /// The requests that got no whole answer or not a 200, described.
    pub fn failures(&self) -> Vec<String> {
        let failed = |shot: &Shot| match &shot.answer {
            Ok(answer) if answer.complete && answer.status() == 200 => None,
            Ok(answer) => Some(format!("{}: {}", answer.status_line, answer.text())),
            Err(error) => Some(format!("{error:#}")),
        };
        self.shots.iter().filter_map(failed).collect()
    }
}

async fn hammer(to: SocketAddr, request: Ask, stop: watch::Receiver<bool>) -> Record {
    let mut client = Client::new(to);
    let mut shots = Vec::new();
    while !*stop.borrow() && stop.has_changed().is_ok() {
        let sent = Instant::now();
        let answer = client.ask(&request).await;
        shots.push(Shot { sent, answer });
    }
    Record {
        shots,
        reopened: client.reopened(),
    }
}
