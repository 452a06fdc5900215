//! The whole outbox on a real file, with a scripted carrier.

mod delivery;
mod kill;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use overgrow_handler::Effects;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::{
    Attempt, Carrier, Content, Delivery, Message, Outbox, OutboxConfig, OutboxError, Posted,
    Receipt,
};

/// Longer than anything here takes.
const SOON: Duration = Duration::from_secs(20);

fn config(folder: &Path) -> OutboxConfig {
    OutboxConfig {
        first_wait: Duration::from_millis(10),
        longest_wait: Duration::from_millis(20),
        attempts: 3,
        ..OutboxConfig::new(folder)
    }
}

fn open(folder: &Path) -> Outbox {
    Outbox::open(config(folder)).unwrap()
}

fn message(to: &str, text: &str) -> Message {
    Message {
        channel: "zalo".to_owned(),
        to: to.to_owned(),
        content: Content::text(text),
        ..Message::default()
    }
}

async fn post(outbox: &Outbox, message: Message, key: &str) -> Result<Posted, OutboxError> {
    let effects = Effects::performing();
    outbox.post(&effects, message, Some(key.to_owned())).await
}

async fn id(outbox: &Outbox, to: &str, text: &str) -> String {
    let effects = Effects::performing();
    let posted = outbox.post(&effects, message(to, text), None);
    posted.await.unwrap().id().to_owned()
}

type Script = dyn Fn(&Message, &Attempt) -> Option<Delivery> + Send + Sync;

/// A carrier that does what a test tells it, and notes what it was asked.
struct Scripted {
    script: Mutex<Arc<Script>>,
    asked: mpsc::UnboundedSender<(Message, Attempt)>,
}

#[async_trait]
impl Carrier for Scripted {
    async fn deliver(&self, message: &Message, attempt: &Attempt) -> Delivery {
        let script = Arc::clone(&self.script.lock().unwrap());
        drop(self.asked.send((message.clone(), attempt.clone())));
        match script(message, attempt) {
            Some(delivery) => delivery,
            None => std::future::pending().await,
        }
    }
}

/// What a carrier was asked.
struct Asked(mpsc::UnboundedReceiver<(Message, Attempt)>);

impl Asked {
    async fn next(&mut self) -> (Message, Attempt) {
        let next = timeout(SOON, self.0.recv()).await;
        next.expect("asked in time").expect("a carrier")
    }

    async fn texts(&mut self, count: usize) -> Vec<String> {
        let mut texts = Vec::new();
        for _ in 0..count {
            texts.push(self.next().await.0.content.text);
        }
        texts
    }

    fn nothing_more(&mut self) -> bool {
        self.0.try_recv().is_err()
    }
}

fn carry(
    outbox: &Outbox,
    script: impl Fn(&Message, &Attempt) -> Option<Delivery> + Send + Sync + 'static,
) -> Asked {
    let (asked, heard) = mpsc::unbounded_channel();
    outbox.carry(Arc::new(Scripted {
        script: Mutex::new(Arc::new(script)),
        asked,
    }));
    Asked(heard)
}

fn sent(message: &Message, _: &Attempt) -> Option<Delivery> {
    Some(Delivery::Sent(Receipt::of(&message.content.text)))
}
